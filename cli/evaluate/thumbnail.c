/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Small pictures for the report, as data URIs. */
#include "evaluate/thumbnail.h"

#include <math.h>

#include "jpeg-file.h"

enum
{
  LONG_SIDE = 320, /* px */
  QUALITY = 90     /* percent */
};

typedef struct
{
  int width, height; /* px */
  guint8 *rgb;       /* [height][width][3] */
} Thumbnail;

static Thumbnail
thumbnail_new (int width, int height)
{
  const double scale = MIN (1.0, LONG_SIDE / (double) MAX (width, height));
  Thumbnail thumbnail
      = { MAX (1, (int) lrint (width * scale)), MAX (1, (int) lrint (height * scale)), NULL };
  thumbnail.rgb = g_new (guint8, (gsize) 3 * thumbnail.width * thumbnail.height);
  return thumbnail;
}

/* Frees the pixels. */
static char *
thumbnail_finish (Thumbnail *thumbnail)
{
  g_autofree guint8 *rgb = thumbnail->rgb;
  g_autoptr (GBytes) bytes = jpeg_encode (rgb, thumbnail->width, thumbnail->height, QUALITY, NULL);
  if (!bytes)
    return g_strdup ("data:,");
  g_autofree char *text
      = g_base64_encode (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  return g_strconcat ("data:image/jpeg;base64,", text, NULL);
}

char *
thumbnail_of_picture (GeglBuffer *picture)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (picture);
  Thumbnail thumbnail = thumbnail_new (extent->width, extent->height);
  const double scale = thumbnail.width / (double) extent->width;
  const GeglRectangle area
      = { (int) (extent->x * scale), (int) (extent->y * scale), thumbnail.width, thumbnail.height };
  gegl_buffer_get (picture, &area, scale, babl_format ("R'G'B' u8"), thumbnail.rgb,
                   GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_CLAMP);
  return thumbnail_finish (&thumbnail);
}

/* The sums over a cell of pixels. */
typedef struct
{
  double above, below; /* of the differences of either sign */
  int pixels;
} Cell;

/* Pixels of cell (x, y); of an alpha alone `subtrahend` is NULL. */
static Cell
sum_cell (const Grey *alpha, const double *subtrahend, const Thumbnail *thumbnail, int x, int y)
{
  const int left = (int) ((gint64) x * alpha->width / thumbnail->width);
  const int right = (int) ((gint64) (x + 1) * alpha->width / thumbnail->width);
  const int top = (int) ((gint64) y * alpha->height / thumbnail->height);
  const int bottom = (int) ((gint64) (y + 1) * alpha->height / thumbnail->height);
  Cell cell = { 0.0, 0.0, (right - left) * (bottom - top) };
  for (int row = top; row < bottom; row++)
    for (int column = left; column < right; column++)
      {
        const gsize i = (gsize) row * alpha->width + column;
        const double value = alpha->values[i] - (subtrahend ? subtrahend[i] : 0.0);
        cell.above += MAX (value, 0.0);
        cell.below += MAX (-value, 0.0);
      }
  return cell;
}

static guint8
to_byte (double value)
{
  return (guint8) lrint (CLAMP (value, 0.0, 1.0) * 255.0);
}

char *
thumbnail_of_alpha (const Grey *alpha)
{
  Thumbnail thumbnail = thumbnail_new (alpha->width, alpha->height);
  guint8 *rgb = thumbnail.rgb;
  for (int y = 0; y < thumbnail.height; y++)
    for (int x = 0; x < thumbnail.width; x++, rgb += 3)
      {
        const Cell cell = sum_cell (alpha, NULL, &thumbnail, x, y);
        rgb[0] = rgb[1] = rgb[2] = to_byte (cell.above / cell.pixels);
      }
  return thumbnail_finish (&thumbnail);
}

char *
thumbnail_of_error (const Grey *prediction, const Grey *truth)
{
  Thumbnail thumbnail = thumbnail_new (truth->width, truth->height);
  guint8 *rgb = thumbnail.rgb;
  for (int y = 0; y < thumbnail.height; y++)
    for (int x = 0; x < thumbnail.width; x++, rgb += 3)
      {
        const Cell cell = sum_cell (prediction, truth->values, &thumbnail, x, y);
        const double opaque = sqrt (cell.above / cell.pixels);
        const double clear = sqrt (cell.below / cell.pixels);
        rgb[0] = to_byte (1.0 - clear);
        rgb[1] = to_byte (1.0 - MAX (opaque, clear));
        rgb[2] = to_byte (1.0 - opaque);
      }
  return thumbnail_finish (&thumbnail);
}
