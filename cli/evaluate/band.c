/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Trimaps for truths that come without one. */
#include "evaluate/band.h"

typedef enum
{
  HAS_OPAQUE = 1,
  HAS_CLEAR = 2,
  HAS_PARTIAL = HAS_OPAQUE | HAS_CLEAR /* is in the band by itself */
} Kinds;

/* For each sample the union of the kinds up to `radius` samples away on a line: of each kind, the
 * distance to the last one seen, forwards and then backwards. */
static void
spread_line (const guint8 *kinds, gsize stride, int length, int radius, guint8 *spread)
{
  for (int kind = HAS_OPAQUE; kind <= HAS_CLEAR; kind <<= 1)
    {
      int far = radius + 1;
      for (int i = 0; i < length; i++)
        {
          far = kinds[i * stride] & kind ? 0 : MIN (far + 1, radius + 1);
          spread[i] = (spread[i] & ~kind) | (far <= radius ? kind : 0);
        }
      far = radius + 1;
      for (int i = length - 1; i >= 0; i--)
        {
          far = kinds[i * stride] & kind ? 0 : MIN (far + 1, radius + 1);
          spread[i] |= far <= radius ? kind : 0;
        }
    }
}

static void
spread_all (guint8 *kinds, guint8 *line, int width, int height, int radius)
{
  for (int y = 0; y < height; y++)
    {
      guint8 *row = kinds + (gsize) y * width;
      spread_line (row, 1, width, radius, line);
      for (int x = 0; x < width; x++)
        row[x] = line[x];
    }
  for (int x = 0; x < width; x++)
    {
      spread_line (kinds + x, width, height, radius, line);
      for (int y = 0; y < height; y++)
        kinds[(gsize) y * width + x] = line[y];
    }
}

guint8 *
band_trimap_new (const double *truth, int width, int height, int radius)
{
  const gsize count = (gsize) width * height;
  g_autofree guint8 *line = g_try_malloc0 (MAX (width, height));
  guint8 *trimap = line ? g_try_malloc (count) : NULL; /* [height][width], Kinds at first */
  if (!trimap)
    return NULL;
  for (gsize i = 0; i < count; i++)
    trimap[i] = truth[i] >= 1.0 ? HAS_OPAQUE : truth[i] <= 0.0 ? HAS_CLEAR : HAS_PARTIAL;
  spread_all (trimap, line, width, height, radius);
  for (gsize i = 0; i < count; i++)
    trimap[i] = trimap[i] == HAS_OPAQUE ? 255 : trimap[i] == HAS_CLEAR ? 0 : 128;
  return trimap;
}
