/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The faces of one layer, obfuscated at any size: the layer's own, or that of a preview. */
#include "obfuscate/job.h"

#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "faces.h"

static const char *const from_names[] = {
  [P3M_FACES_AUTO] = "auto",
  [P3M_FACES_FOUND] = "found",
  [P3M_FACES_SELECTION] = "selection",
};

struct _P3mFacesJob
{
  GeglBuffer *picture;
  float *selection; /* [height][width], NULL = none */
  P3mProgress progress;
  gpointer progress_data;
  GArray *faces;   /* P3mRectangle, NULL = not looked for yet */
  P3mMatte *matte; /* NULL = not made yet */
};

void
p3m_faces_settings_init (P3mFacesSettings *settings)
{
  *settings = (P3mFacesSettings){
    .from = P3M_FACES_AUTO,
    .obfuscation = { P3M_OBFUSCATION_BLUR, P3M_OBFUSCATION_USUAL },
    .softness = P3M_OBFUSCATION_SOFTNESS,
    .keep_hair = TRUE,
    .strip = TRUE,
  };
}

gboolean
p3m_faces_from_from_name (const char *name, P3mFacesFrom *from)
{
  for (gsize i = 0; i < G_N_ELEMENTS (from_names); i++)
    if (g_str_equal (name, from_names[i]))
      {
        *from = (P3mFacesFrom) i;
        return TRUE;
      }
  return FALSE;
}

const char *
p3m_faces_from_get_name (P3mFacesFrom from)
{
  return from_names[from];
}

P3mFacesJob *
p3m_faces_job_new (GeglBuffer *picture, float *selection, P3mProgress progress,
                   gpointer progress_data)
{
  P3mFacesJob *job = g_new0 (P3mFacesJob, 1);
  job->picture = g_object_ref (picture);
  job->selection = selection;
  job->progress = progress;
  job->progress_data = progress_data;
  return job;
}

void
p3m_faces_job_free (P3mFacesJob *job)
{
  g_clear_pointer (&job->faces, g_array_unref);
  g_clear_pointer (&job->matte, p3m_matte_unref);
  g_free (job->selection);
  g_object_unref (job->picture);
  g_free (job);
}

int
p3m_faces_job_get_longer_side (const P3mFacesJob *job)
{
  return MAX (gegl_buffer_get_width (job->picture), gegl_buffer_get_height (job->picture));
}

gboolean
p3m_faces_job_has_selection (const P3mFacesJob *job)
{
  return job->selection != NULL;
}

GeglBuffer *
p3m_faces_job_copy (const P3mFacesJob *job, double scale)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (job->picture);
  const Babl *format = babl_format ("R'G'B'A u8");
  const GeglRectangle place
      = { 0, 0, MAX (1, (int) (extent->width * scale)), MAX (1, (int) (extent->height * scale)) };
  GeglBuffer *copy = gegl_buffer_new (&place, format);
  g_autofree guint8 *pixels = g_malloc_n ((gsize) place.width * 4, place.height);
  gegl_buffer_get (job->picture, &place, scale, format, pixels, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_CLAMP);
  gegl_buffer_set (copy, &place, 0, format, pixels, GEGL_AUTO_ROWSTRIDE);
  return copy;
}

/* ---- where faces are ---------------------------------------------------------------------- */

static void
tell (const P3mFacesJob *job, double fraction, const char *stage)
{
  if (job->progress)
    job->progress (fraction, stage, job->progress_data);
}

/* Of a picture of width x height px. */
static GPtrArray *
make_found_regions (P3mFacesJob *job, double softness, int width, int height, GError **error)
{
  const double scale = (double) width / gegl_buffer_get_width (job->picture);
  tell (job, 0.0, _ ("Looking for faces"));
  if (!job->faces && !(job->faces = p3m_faces_find (job->picture, error)))
    return NULL;
  g_autoptr (GPtrArray) regions
      = g_ptr_array_new_with_free_func ((GDestroyNotify) p3m_face_region_free);
  for (guint i = 0; i < job->faces->len; i++)
    {
      const P3mRectangle *face = &g_array_index (job->faces, P3mRectangle, i);
      const P3mRectangle scaled = { (int) (face->x * scale), (int) (face->y * scale),
                                    (int) (face->width * scale), (int) (face->height * scale) };
      P3mFaceRegion *region = p3m_face_region_new_oval (&scaled, softness, width, height, error);
      if (!region)
        return NULL;
      g_ptr_array_add (regions, region);
    }
  return g_steal_pointer (&regions);
}

static GPtrArray *
fail_without_selection (GError **error)
{
  g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                       _ ("Nothing of this layer is selected: select the face first."));
  return NULL;
}

static GPtrArray *
make_selected_regions (const P3mFacesJob *job, double softness, int width, int height,
                       GError **error)
{
  const int own_width = gegl_buffer_get_width (job->picture);
  const int own_height = gegl_buffer_get_height (job->picture);
  if (!job->selection)
    return fail_without_selection (error);
  g_autofree float *mask = g_new (float, (gsize) width *height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        const gint64 from_y = (gint64) y * own_height / height;
        const gint64 from_x = (gint64) x * own_width / width;
        mask[(gsize) y * width + x] = job->selection[from_y * own_width + from_x];
      }
  GPtrArray *regions = p3m_face_regions_new_from_mask (mask, width, height, softness, error);
  if (!regions || regions->len > 0)
    return regions;
  g_ptr_array_unref (regions);
  return fail_without_selection (error);
}

/* ---- hair --------------------------------------------------------------------------------- */

static gboolean
ensure_matte (P3mFacesJob *job, GError **error)
{
  if (job->matte)
    return TRUE;
  const P3mSource source = p3m_source_from_buffer (job->picture);
  g_autoptr (P3mModel) model = p3m_model_load (NULL, NULL, error);
  if (model)
    job->matte = p3m_matte_new (model, &source, P3M_STRATEGY_AUTO, 0, job->progress,
                                job->progress_data, NULL, error);
  return job->matte != NULL;
}

static gboolean
spare_hair (P3mFacesJob *job, GPtrArray *regions, int width, int height, GError **error)
{
  if (regions->len > 0 && !ensure_matte (job, error))
    return FALSE;
  for (guint i = 0; i < regions->len; i++)
    {
      P3mFaceRegion *region = g_ptr_array_index (regions, i);
      g_autofree float *alpha = g_new (float, (gsize) region->area.width * region->area.height);
      if (!p3m_matte_render (job->matte, width, height, &region->area, alpha, error)
          || !p3m_face_region_spare_hair (region, alpha, error))
        return FALSE;
    }
  return TRUE;
}

int
p3m_faces_job_run (P3mFacesJob *job, const P3mFacesSettings *settings, GeglBuffer *target,
                   GError **error)
{
  const int width = gegl_buffer_get_width (target), height = gegl_buffer_get_height (target);
  const gboolean is_selected = settings->from == P3M_FACES_SELECTION
                               || (settings->from == P3M_FACES_AUTO && job->selection);
  g_autoptr (GPtrArray) regions
      = is_selected ? make_selected_regions (job, settings->softness, width, height, error)
                    : make_found_regions (job, settings->softness, width, height, error);
  if (!regions || (settings->keep_hair && !spare_hair (job, regions, width, height, error)))
    return -1;
  for (guint i = 0; i < regions->len; i++)
    if (!p3m_obfuscate (target, g_ptr_array_index (regions, i), &settings->obfuscation, error))
      return -1;
  return (int) regions->len;
}
