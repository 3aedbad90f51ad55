/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A piece at half its size, for when the full one takes too long to follow a slider, and back. */
#include "half.h"

/* Halves of less px a side are not worth it. */
#define LEAST_SIDE 16

/* Parts of a px in which places are counted. */
#define PARTS 256

/* The mean of the pixels under one of the half; rgba: [4]. */
static void
average (const P3mPiece *piece, const guint8 *pixels, int x, int y, guint8 *rgba)
{
  const int left = CLAMP (x - piece->area.x, 0, piece->area.width - 1);
  const int top = CLAMP (y - piece->area.y, 0, piece->area.height - 1);
  const int right = MIN (left + 1, piece->area.width - 1);
  const int bottom = MIN (top + 1, piece->area.height - 1);
  const gsize stride = piece->area.width;
  for (int i = 0; i < 4; i++)
    rgba[i]
        = (guint8) ((pixels[4 * (top * stride + left) + i] + pixels[4 * (top * stride + right) + i]
                     + pixels[4 * (bottom * stride + left) + i]
                     + pixels[4 * (bottom * stride + right) + i] + 2)
                    / 4);
}

gboolean
p3m_half_make (const P3mPiece *piece, P3mPiece *half)
{
  const P3mRectangle *area = &piece->area;
  const int x = area->x / 2, y = area->y / 2;
  const P3mRectangle small
      = { x, y, (area->x + area->width) / 2 - x, (area->y + area->height) / 2 - y };
  if (small.width < LEAST_SIDE || small.height < LEAST_SIDE)
    return FALSE;
  const gsize size = (gsize) small.width * small.height * 4;
  guint8 *rgba = g_try_malloc (size), *target = rgba;
  if (!rgba)
    return FALSE;
  const guint8 *pixels = g_bytes_get_data (piece->rgba, NULL);
  for (int row = 0; row < small.height; row++)
    for (int column = 0; column < small.width; column++, target += 4)
      average (piece, pixels, 2 * (x + column), 2 * (y + row), target);
  *half = (P3mPiece){ small, piece->scale / 2, g_bytes_new_take (rgba, size) };
  return TRUE;
}

/* Where a place of the piece lies in the half: the value before it, and how far it is from there to the next,
 * 0..PARTS. */
typedef struct
{
  int before, after, part;
} Place;

static Place
get_place (int position, int begin, int length)
{
  const int centre
      = position * PARTS / 2 - PARTS / 4 - begin * PARTS; /* of the px, from the first's */
  const int before = CLAMP (centre >= 0 ? centre / PARTS : -1, 0, length - 1);
  return (Place){ before, MIN (before + 1, length - 1), CLAMP (centre - before * PARTS, 0, PARTS) };
}

static guint8
interpolate (const guint8 *upper, const guint8 *lower, Place column, int part)
{
  const int above
      = upper[column.before] * (PARTS - column.part) + upper[column.after] * column.part;
  const int below
      = lower[column.before] * (PARTS - column.part) + lower[column.after] * column.part;
  return (guint8) ((above * (PARTS - part) + below * part + PARTS * PARTS / 2) / (PARTS * PARTS));
}

GBytes *
p3m_half_enlarge (const P3mPiece *half, GBytes *alpha, const P3mPiece *piece, gboolean smooth)
{
  const P3mRectangle *small = &half->area, *area = &piece->area;
  const gsize size = (gsize) area->width * area->height;
  const guint8 *values = g_bytes_get_data (alpha, NULL);
  guint8 *enlarged = g_try_malloc (size), *target = enlarged;
  for (int y = 0; enlarged && y < area->height; y++)
    {
      const Place row = get_place (area->y + y, small->y, small->height);
      const guint8 *upper = values + (gsize) row.before * small->width;
      const guint8 *lower = values + (gsize) row.after * small->width;
      for (int x = 0; x < area->width; x++)
        {
          const Place column = get_place (area->x + x, small->x, small->width);
          *target++ = smooth
                          ? interpolate (upper, lower, column, row.part)
                          : (row.part > PARTS / 2
                                 ? lower
                                 : upper)[column.part > PARTS / 2 ? column.after : column.before];
        }
    }
  return enlarged ? g_bytes_new_take (enlarged, size) : NULL;
}
