/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures and alphas put together into the pixels that are stored. */
#include "cutout.h"

#include <math.h>
#include <string.h>

#include "samples.h"

enum
{
  BAND = 128 /* rows that are computed at once, px: a GEGL tile */
};

void
buffer_set_space (GeglBuffer *buffer, const Babl *space)
{
  const char *encoding = babl_format_get_encoding (gegl_buffer_get_format (buffer));
  gegl_buffer_set_format (buffer, babl_format_with_space (encoding, space));
}

/* ---- cutouts ---------------------------------------------------------------------------- */

/* Whether pixels of `from` are those of `to`, a format with alpha, but for a channel of alpha that is
 * missing. */
static gboolean
lacks_only_alpha (const Babl *from, const Babl *to)
{
  const char *given = babl_format_get_encoding (from); /* e.g. "R'G'B' u16" */
  const char *wanted = babl_format_get_encoding (to);  /* then "R'G'B'A u16" */
  const gsize model = strcspn (wanted, " ");
  return babl_format_get_space (from) == babl_format_get_space (to)
         && strncmp (given, wanted, model - 1) == 0
         && g_str_equal (given + model - 1, wanted + model);
}

/* Gives opaque pixels a channel of alpha. from: [count][channels - 1], to: [count][channels] */
static void
add_alpha (const guint8 *from, guint8 *to, gsize count, int channels, const P3mSamples *samples)
{
  const gsize colours = (gsize) (channels - 1) * samples->size;
  for (gsize i = 0; i < count; i++)
    {
      memcpy (to, from, colours);
      memcpy (to + colours, samples->opaque, samples->size);
      from += colours;
      to += colours + samples->size;
    }
}

/* Reads a part of `picture` as `format`, with room of the same size to work in. */
static void
read_pixels (GeglBuffer *picture, const GeglRectangle *place, const Babl *format, guint8 *room,
             guint8 *pixels)
{
  const Babl *own = gegl_buffer_get_format (picture);
  if (!lacks_only_alpha (own, format))
    {
      gegl_buffer_get (picture, place, 1.0, format, pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      return;
    }
  gegl_buffer_get (picture, place, 1.0, own, room, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  add_alpha (room, pixels, (gsize) place->width * place->height,
             babl_format_get_n_components (format), p3m_samples_find (format));
}

/* Exchanges the colours of the pixels whose alpha is under 1. from, to: [count][channels] */
static void
exchange_colours (const guint8 *from, guint8 *to, const float *alpha, gsize count, int channels,
                  const P3mSamples *samples)
{
  const gsize size = (gsize) channels * samples->size;
  for (gsize i = 0; i < count; i++)
    if (alpha[i] < 1)
      memcpy (to + i * size, from + i * size, size - samples->size);
}

GeglBuffer *
cutout_new (GeglBuffer *picture, GeglBuffer *colours, GeglBuffer *alpha, const Babl *format)
{
  const P3mSamples *samples = p3m_samples_find (format);
  const int channels = babl_format_get_n_components (format);
  const GeglRectangle *extent = gegl_buffer_get_extent (picture);
  const int width = extent->width, height = extent->height;
  const gsize room_size = (gsize) width * BAND;
  GeglBuffer *cutout = gegl_buffer_new (GEGL_RECTANGLE (0, 0, width, height), format);
  g_autofree guint8 *room = g_malloc_n (room_size, babl_format_get_bytes_per_pixel (format));
  g_autofree guint8 *pixels = g_malloc_n (room_size, babl_format_get_bytes_per_pixel (format));
  g_autofree guint8 *person = g_malloc_n (room_size, babl_format_get_bytes_per_pixel (format));
  g_autofree float *band_alpha = g_new (float, room_size);
  for (int y = 0; y < height; y += BAND)
    {
      const GeglRectangle band = { 0, y, width, MIN (BAND, height - y) };
      const GeglRectangle place = { extent->x, extent->y + y, width, band.height };
      read_pixels (picture, &place, format, room, pixels);
      gegl_buffer_get (alpha, &band, 1.0, babl_format ("Y float"), band_alpha, GEGL_AUTO_ROWSTRIDE,
                       GEGL_ABYSS_NONE);
      if (colours)
        {
          read_pixels (colours, &band, format, room, person);
          exchange_colours (person, pixels, band_alpha, (gsize) width * band.height, channels,
                            samples);
        }
      samples->multiply (pixels, band_alpha, (gsize) width * band.height, channels);
      gegl_buffer_set (cutout, &band, 0, format, pixels, GEGL_AUTO_ROWSTRIDE);
    }
  return cutout;
}

GeglBuffer *
cutout_new_mask (GeglBuffer *alpha)
{
  const int width = gegl_buffer_get_width (alpha), height = gegl_buffer_get_height (alpha);
  const Babl *format = babl_format ("Y' u16");
  GeglBuffer *mask = gegl_buffer_new (GEGL_RECTANGLE (0, 0, width, height), format);
  g_autofree float *band_alpha = g_new (float, (gsize) width *BAND);
  g_autofree guint16 *values = g_new (guint16, (gsize) width * BAND);
  for (int y = 0; y < height; y += BAND)
    {
      const GeglRectangle band = { 0, y, width, MIN (BAND, height - y) };
      gegl_buffer_get (alpha, &band, 1.0, babl_format ("Y float"), band_alpha, GEGL_AUTO_ROWSTRIDE,
                       GEGL_ABYSS_NONE);
      for (gsize i = 0; i < (gsize) width * band.height; i++)
        values[i] = (guint16) lrintf (band_alpha[i] * G_MAXUINT16);
      gegl_buffer_set (mask, &band, 0, format, values, GEGL_AUTO_ROWSTRIDE);
    }
  return mask;
}
