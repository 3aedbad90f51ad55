/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* From a matte to the alpha of any rectangle of the picture at any scale. */
#include "matte/matte.h"

#include "memory.h"

#include <glib/gi18n-lib.h>

/* Bytes of one band of alpha that is handed to a sink. */
#define BAND_BYTES ((gsize) 16 << 20)

/* Class c counts as bit 1 << c, so that OR tells which classes a new pixel is made of. */
#define ONLY_BACKGROUND (1 << 0)
#define ONLY_PERSON     (1 << 2)

/* One map of the network's answer on its way to an area. Rows are resized into `line` first, then `line`
 * along x; so each pixel is summed in one order, whatever the area. */
typedef struct
{
  P3mTaps *rows, *columns;
  int first, count; /* columns of the map that the area needs */
} Resize;

static void
resize_init (Resize *self, const P3mMatte *matte, int map_width, int map_height, int width,
             int height, const P3mRectangle *area)
{
  self->columns = p3m_taps_new_to_picture (&matte->columns, map_width, width, area->x, area->width);
  self->rows = p3m_taps_new_to_picture (&matte->rows, map_height, height, area->y, area->height);
  int first = G_MAXINT, end = 0;
  for (int i = 0; i < area->width; i++)
    {
      const P3mTap *tap = &self->columns->taps[i];
      first = MIN (first, tap->first);
      end = MAX (end, tap->first + tap->count);
    }
  self->first = first;
  self->count = end - first;
}

static void
resize_clear (Resize *self)
{
  g_clear_pointer (&self->columns, p3m_taps_free);
  g_clear_pointer (&self->rows, p3m_taps_free);
}

/* Sums are taken as the first sample plus weighted differences from it: where all samples are equal the
 * result is exactly that value. */
static void
resize_row (const Resize *resize, const float *map, int map_width, int y, float *line,
            float *values)
{
  const P3mTap *row = &resize->rows->taps[y];
  const float *base = map + (gsize) row->first * map_width + resize->first;
  for (int x = 0; x < resize->count; x++)
    line[x] = base[x];
  for (int k = 1; k < row->count; k++)
    {
      const float *other = base + (gsize) k * map_width;
      for (int x = 0; x < resize->count; x++)
        line[x] += row->weights[k] * (other[x] - base[x]);
    }
  for (int x = 0; x < resize->columns->count; x++)
    {
      const P3mTap *tap = &resize->columns->taps[x];
      const float *samples = line + tap->first - resize->first;
      float sum = samples[0];
      for (int k = 1; k < tap->count; k++)
        sum += tap->weights[k] * (samples[k] - samples[0]);
      values[x] = sum;
    }
}

/* The published hybrid test resizes the classes as 0, 128 and 255 and takes the class where the result
 * is exactly 0 or exactly 255: where every pixel that it is made of is of that class. */
static void
render_class_row (const Resize *resize, const guint8 *map, int map_width, int y, guint8 *line,
                  float *alpha)
{
  const P3mTap *row = &resize->rows->taps[y];
  for (int x = 0; x < resize->count; x++)
    line[x] = 0;
  for (int k = 0; k < row->count; k++)
    {
      const guint8 *classes = map + (gsize) (row->first + k) * map_width + resize->first;
      if (row->weights[k] > 0.0f)
        for (int x = 0; x < resize->count; x++)
          line[x] |= 1 << classes[x];
    }
  for (int x = 0; x < resize->columns->count; x++)
    {
      const P3mTap *tap = &resize->columns->taps[x];
      const guint8 *samples = line + tap->first - resize->first;
      guint8 bits = 0;
      for (int k = 0; k < tap->count; k++)
        if (tap->weights[k] > 0.0f)
          bits |= samples[k];
      if (bits == ONLY_BACKGROUND)
        alpha[x] = 0.0f;
      else if (bits == ONLY_PERSON)
        alpha[x] = 1.0f;
    }
}

gboolean
p3m_matte_resize_maps (const P3mMatte *matte, const float *maps, int count, int width, int height,
                       const P3mRectangle *area, float *values, GError **error)
{
  const int map_width = matte->alpha_width;
  const gsize plane = (gsize) map_width * matte->alpha_height;
  float *line = p3m_try_alloc (error, sizeof (float), 1, map_width);
  if (!line)
    return FALSE;
  Resize resize;
  resize_init (&resize, matte, map_width, matte->alpha_height, width, height, area);
  for (int i = 0; i < count; i++, maps += plane)
    for (int y = 0; y < area->height; y++, values += area->width)
      resize_row (&resize, maps, map_width, y, line, values);
  resize_clear (&resize);
  g_free (line);
  return TRUE;
}

static gboolean
render_classes (const P3mMatte *matte, int width, int height, const P3mRectangle *area,
                float *alpha, GError **error)
{
  guint8 *line = p3m_try_alloc (error, 1, 1, matte->classes_width);
  if (!line)
    return FALSE;
  Resize resize;
  resize_init (&resize, matte, matte->classes_width, matte->classes_height, width, height, area);
  for (int y = 0; y < area->height; y++)
    render_class_row (&resize, matte->classes, matte->classes_width, y, line,
                      alpha + (gsize) y * area->width);
  resize_clear (&resize);
  g_free (line);
  return TRUE;
}

gboolean
p3m_matte_render (const P3mMatte *matte, int width, int height, const P3mRectangle *area,
                  float *alpha, GError **error)
{
  g_return_val_if_fail (area->x >= 0 && area->width >= 1 && area->width <= width - area->x, FALSE);
  g_return_val_if_fail (area->y >= 0 && area->height >= 1 && area->height <= height - area->y,
                        FALSE);
  if (!p3m_matte_resize_maps (matte, matte->alpha, 1, width, height, area, alpha, error))
    return FALSE;
  for (gsize i = 0; i < (gsize) area->width * area->height; i++)
    alpha[i] = CLAMP (alpha[i], 0.0f, 1.0f);
  return !matte->classes || render_classes (matte, width, height, area, alpha, error);
}

gboolean
p3m_matte_render_padded (const P3mMatte *matte, float *alpha, GError **error)
{
  P3mMatte padded = *matte;
  padded.columns = p3m_axis_new (matte->columns.extent, 0);
  padded.rows = p3m_axis_new (matte->rows.extent, 0);
  const P3mRectangle all = { 0, 0, matte->alpha_width, matte->alpha_height };
  return p3m_matte_render (&padded, all.width, all.height, &all, alpha, error);
}

gboolean
p3m_matte_write (const P3mMatte *matte, const P3mSink *sink, P3mProgress progress,
                 gpointer progress_data, GCancellable *cancellable, GError **error)
{
  const int width = p3m_matte_get_width (matte), height = p3m_matte_get_height (matte);
  const int rows = (int) CLAMP (BAND_BYTES / (sizeof (float) * width), 1, (gsize) height);
  g_autofree float *alpha = p3m_try_alloc (error, sizeof (float), rows, width);
  if (!alpha)
    return FALSE;
  for (int y = 0; y < height; y += rows)
    {
      const P3mRectangle area = { 0, y, width, MIN (rows, height - y) };
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !p3m_matte_render (matte, width, height, &area, alpha, error)
          || !sink->write (&area, alpha, sink->user_data, error))
        return FALSE;
      if (progress)
        progress ((double) (y + area.height) / height, _ ("Writing the matte"), progress_data);
    }
  return TRUE;
}
