/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures and alphas put together into the pixels that are stored. */
#include "cutout.h"

#include <string.h>

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

/* pixels: [count][components], the last of which is alpha; alpha: [count] */
static void
multiply_alpha (float *pixels, const float *alpha, gsize count, int components)
{
  for (gsize i = 0; i < count; i++)
    pixels[(i + 1) * components - 1] *= alpha[i];
}

/* Fills `cutout` through pixels of `floats`, which has the channels of its format. */
static void
fill_cutout (GeglBuffer *cutout, GeglBuffer *picture, GeglBuffer *alpha, const Babl *floats)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (picture);
  const int components = babl_format_get_n_components (floats);
  const gsize room = (gsize) extent->width * BAND;
  g_autofree float *pixels = g_new (float, room *components);
  g_autofree float *band_alpha = g_new (float, room);
  for (int y = 0; y < extent->height; y += BAND)
    {
      const GeglRectangle band = { 0, y, extent->width, MIN (BAND, extent->height - y) };
      GeglRectangle place = band;
      place.x += extent->x;
      place.y += extent->y;
      gegl_buffer_get (picture, &place, 1.0, floats, pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      gegl_buffer_get (alpha, &band, 1.0, babl_format ("Y float"), band_alpha, GEGL_AUTO_ROWSTRIDE,
                       GEGL_ABYSS_NONE);
      multiply_alpha (pixels, band_alpha, (gsize) band.width * band.height, components);
      gegl_buffer_set (cutout, &band, 0, floats, pixels, GEGL_AUTO_ROWSTRIDE);
    }
}

GeglBuffer *
cutout_new (GeglBuffer *picture, GeglBuffer *alpha, const Babl *format)
{
  const Babl *own = babl_format_get_space (gegl_buffer_get_format (picture));
  const Babl *wanted = babl_format_get_space (format);
  const gboolean is_grey = babl_format_get_n_components (format) == 2;
  GeglBuffer *cutout = gegl_buffer_new (
      GEGL_RECTANGLE (0, 0, gegl_buffer_get_width (picture), gegl_buffer_get_height (picture)),
      babl_format_with_space (babl_format_get_encoding (format), babl_space ("sRGB")));
  /* babl goes from integers to floats and back without a loss in sRGB only: while both say that they are
   * in sRGB the numbers pass as they are */
  if (wanted == own)
    buffer_set_space (picture, babl_space ("sRGB"));
  fill_cutout (cutout, picture, alpha, babl_format (is_grey ? "Y'A float" : "R'G'B'A float"));
  buffer_set_space (picture, own);
  buffer_set_space (cutout, wanted);
  return cutout;
}

GeglBuffer *
cutout_new_mask (GeglBuffer *alpha, const char *encoding)
{
  const int width = gegl_buffer_get_width (alpha), height = gegl_buffer_get_height (alpha);
  GeglBuffer *mask = gegl_buffer_new (GEGL_RECTANGLE (0, 0, width, height), babl_format (encoding));
  /* handed over with the tone curve that the mask is said to have, so that none is applied */
  const Babl *as_stored = babl_format (strchr (encoding, '\'') ? "Y' float" : "Y float");
  g_autofree float *band_alpha = g_new (float, (gsize) width *BAND);
  for (int y = 0; y < height; y += BAND)
    {
      const GeglRectangle band = { 0, y, width, MIN (BAND, height - y) };
      gegl_buffer_get (alpha, &band, 1.0, babl_format ("Y float"), band_alpha, GEGL_AUTO_ROWSTRIDE,
                       GEGL_ABYSS_NONE);
      gegl_buffer_set (mask, &band, 0, as_stored, band_alpha, GEGL_AUTO_ROWSTRIDE);
    }
  return mask;
}
