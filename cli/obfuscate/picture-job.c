/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One picture: find its faces, spare its hair, obfuscate, write. */
#include "obfuscate/picture-job.h"

#include <errno.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "evaluate/input.h"
#include "faces.h"
#include "output.h"
#include "picture.h"

/* ---- faces ---- */

static gboolean
read_partner (const Task *task, const char *path, GeglBuffer *picture, Grey *grey, GError **error)
{
  g_autofree char *partner = task_find_partner (task, path);
  if (!partner)
    {
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("It has no partner in “%s”."), path);
      return FALSE;
    }
  return input_read_alpha (partner, grey, error)
         && input_check_size (partner, grey->width, grey->height, gegl_buffer_get_width (picture),
                              gegl_buffer_get_height (picture), error);
}

static void
copy_area (const Grey *grey, const P3mRectangle *area, float *values)
{
  for (int y = 0; y < area->height; y++)
    for (int x = 0; x < area->width; x++)
      *values++ = (float) grey->values[(gsize) (area->y + y) * grey->width + area->x + x];
}

static GPtrArray *
read_regions (const PictureJob *job, const Task *task, GeglBuffer *picture, GError **error)
{
  g_auto (Grey) mask = { 0 };
  if (!read_partner (task, job->masks, picture, &mask, error))
    return NULL;
  const P3mRectangle all = { 0, 0, mask.width, mask.height };
  g_autofree float *values = g_new (float, (gsize) mask.width *mask.height);
  copy_area (&mask, &all, values);
  return p3m_face_regions_new_from_mask (values, mask.width, mask.height, job->softness, error);
}

static GPtrArray *
find_regions (const PictureJob *job, GeglBuffer *picture, GError **error)
{
  g_autoptr (GArray) faces = p3m_faces_find (picture, error);
  g_autoptr (GPtrArray) regions
      = g_ptr_array_new_with_free_func ((GDestroyNotify) p3m_face_region_free);
  for (guint i = 0; faces && i < faces->len; i++)
    {
      P3mFaceRegion *region = p3m_face_region_new_oval (
          &g_array_index (faces, P3mRectangle, i), job->softness, gegl_buffer_get_width (picture),
          gegl_buffer_get_height (picture), error);
      if (!region)
        return NULL;
      g_ptr_array_add (regions, region);
    }
  return faces ? g_steal_pointer (&regions) : NULL;
}

/* ---- hair ---- */

/* alpha: of the whole picture, or NULL for that of `matte`. */
static gboolean
spare_hair (GPtrArray *regions, const Grey *alpha, const P3mMatte *matte, GError **error)
{
  for (guint i = 0; i < regions->len; i++)
    {
      P3mFaceRegion *region = g_ptr_array_index (regions, i);
      g_autofree float *values = g_new (float, (gsize) region->area.width * region->area.height);
      if (alpha)
        copy_area (alpha, &region->area, values);
      else if (!p3m_matte_render (matte, p3m_matte_get_width (matte), p3m_matte_get_height (matte),
                                  &region->area, values, error))
        return FALSE;
      if (!p3m_face_region_spare_hair (region, values, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
find_hair (const PictureJob *job, const Task *task, GeglBuffer *picture, GPtrArray *regions,
           GError **error)
{
  if (job->alphas)
    {
      g_auto (Grey) alpha = { 0 };
      return read_partner (task, job->alphas, picture, &alpha, error)
             && spare_hair (regions, &alpha, NULL, error);
    }
  if (!job->model || regions->len == 0)
    return TRUE;
  const P3mSource source = p3m_source_from_buffer (picture);
  g_autoptr (P3mMatte) matte
      = p3m_matte_new (job->model, &source, P3M_STRATEGY_AUTO, job->threads, progress_line_update,
                       job->line, job->cancellable, error);
  return matte && spare_hair (regions, NULL, matte, error);
}

/* ---- outputs ---- */

/* Makes the folder in which the output will lie, and begins it. */
static gboolean
begin (Output *output, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  if (g_mkdir_with_parents (folder, 0777) == 0)
    return output_begin (output, path, error);
  const int code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               _ ("The folder “%s” cannot be made: %s."), folder, g_strerror (code));
  return FALSE;
}

/* What is obfuscated, as an alpha: the most that any region covers. */
static GeglBuffer *
join_regions (GPtrArray *regions, GeglBuffer *picture)
{
  const int width = gegl_buffer_get_width (picture), height = gegl_buffer_get_height (picture);
  const Babl *format = babl_format ("Y float");
  GeglBuffer *all = gegl_buffer_new (GEGL_RECTANGLE (0, 0, width, height), format);
  for (guint i = 0; i < regions->len; i++)
    {
      const P3mFaceRegion *region = g_ptr_array_index (regions, i);
      const GeglRectangle place
          = { region->area.x, region->area.y, region->area.width, region->area.height };
      const gsize count = (gsize) place.width * place.height;
      g_autofree float *values = g_new (float, count);
      gegl_buffer_get (all, &place, 1.0, format, values, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      for (gsize k = 0; k < count; k++)
        values[k] = MAX (values[k], region->cover[k]);
      gegl_buffer_set (all, &place, 0, format, values, GEGL_AUTO_ROWSTRIDE);
    }
  return all;
}

static gboolean
write_outputs (const PictureJob *job, const Task *task, GeglBuffer *picture, GPtrArray *regions,
               GError **error)
{
  g_auto (Output) output = { 0 };
  g_auto (Output) mask = { 0 };
  if (!begin (&output, task->output, error)
      || !picture_write (picture, output.temporary, task->output, error))
    return FALSE;
  if (job->regions)
    {
      g_autofree char *path = task_build_png_name (task, job->regions);
      g_autoptr (GeglBuffer) all = join_regions (regions, picture);
      if (!begin (&mask, path, error) || !picture_write_mask (all, mask.temporary, path, error))
        return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (job->cancellable, error))
    return FALSE;
  return (!job->regions || output_finish (&mask, error)) && output_finish (&output, error);
}

int
picture_job_run (const PictureJob *job, const Task *task, GError **error)
{
  g_autoptr (GeglBuffer) picture = input_read_picture (task->input, job->as_stored, error);
  if (!picture)
    return -1;
  progress_line_update (0, _ ("Looking for faces"), job->line);
  g_autoptr (GPtrArray) regions
      = job->masks ? read_regions (job, task, picture, error) : find_regions (job, picture, error);
  if (!regions || !find_hair (job, task, picture, regions, error))
    return -1;
  for (guint i = 0; i < regions->len; i++)
    if (!p3m_obfuscate (picture, g_ptr_array_index (regions, i), &job->obfuscation, error))
      return -1;
  return write_outputs (job, task, picture, regions, error) ? (int) regions->len : -1;
}
