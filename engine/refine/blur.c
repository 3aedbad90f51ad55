/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Three extended boxes in a row (P. Gwosdek et al., "Theoretical Foundations of Gaussian Convolution by
 * Extended Box Filtering", SSVM 2011), on integers: their running sums are exact, so that a pixel's value
 * does not depend on where the sum began. */
#include "refine/blur.h"

#include "memory.h"

#include <math.h>

#define PASSES 3

/* Alpha 1 as an integer; its 24 bits are those of a float. */
#define ONE (1 << 24)

/* Columns that are blurred together: a strip of a picture of 1000 rows stays in the second-level cache. */
#define STRIP 32

/* Added to a double of up to 2^51 and taken away again, it rounds to an integer as rint() does, without a
 * call. */
#define ROUNDING (3.0 * (G_GINT64_CONSTANT (1) << 51))

/* The weights of one pass add to 2^32. */
#define WEIGHT_BITS 32

/* One pass: the 2 * radius + 1 cells around a cell count `inner` each, the two cells beyond count `edge`,
 * and what rounding has left of the sum goes to the cell itself. */
typedef struct
{
  int radius;
  gint64 inner, edge, rest;
} Box;

/* Solves for the box whose variance is a third of sigma squared (equations 4 to 6). */
static Box
box_new (double sigma)
{
  const double variance = sigma * sigma / PASSES;
  const int radius = (int) ((sqrt (1.0 + 12.0 * variance) - 1.0) / 2.0);
  const double length = 2.0 * radius + 1.0, next = radius + 1.0;
  const double edge = length * (variance - radius * next / 3.0) / (2.0 * (next * next - variance));
  const double one = (double) (G_GINT64_CONSTANT (1) << WEIGHT_BITS) / (length + 2.0 * edge);
  Box box = { .radius = radius, .inner = (gint64) one, .edge = (gint64) (MAX (edge, 0.0) * one) };
  box.rest = (G_GINT64_CONSTANT (1) << WEIGHT_BITS) - (2 * radius + 1) * box.inner - 2 * box.edge;
  return box;
}

static gint32
box_weigh (const Box *box, gint64 sum, gint64 edges, gint64 centre)
{
  const gint64 half = G_GINT64_CONSTANT (1) << (WEIGHT_BITS - 1);
  return (gint32) ((sum * box->inner + edges * box->edge + centre * box->rest + half)
                   >> WEIGHT_BITS);
}

/* In place: cell i becomes that of what was around cell i + radius + 1. */
static void
pass_along (const Box *box, gint32 *cells, int count)
{
  const int radius = box->radius;
  gint64 sum = 0;
  for (int i = 1; i <= 2 * radius + 1; i++)
    sum += cells[i];
  for (int i = 0; i < count - 2 * (radius + 1); i++)
    {
      const gint32 last = cells[i + 2 * radius + 2];
      const gint32 first = cells[i + 1];
      cells[i] = box_weigh (box, sum, (gint64) cells[i] + last, cells[i + radius + 1]);
      sum += last - first;
    }
}

/* The same from row to row of a strip of [height][count] cells, `stride` cells from row to row. */
static void
pass_down (const Box *box, gint32 *cells, gsize stride, int count, int height)
{
  const gsize radius = box->radius;
  gint64 sums[STRIP] = { 0 };
  for (gsize y = 1; y <= 2 * radius + 1; y++)
    for (int x = 0; x < count; x++)
      sums[x] += cells[y * stride + x];
  for (gsize y = 0; y + 2 * (radius + 1) < (gsize) height; y++)
    {
      gint32 *row = cells + y * stride;
      const gint32 *first = row + stride, *centre = row + (radius + 1) * stride;
      const gint32 *last = row + 2 * (radius + 1) * stride;
      for (int x = 0; x < count; x++)
        {
          row[x] = box_weigh (box, sums[x], (gint64) row[x] + last[x], centre[x]);
          sums[x] += last[x] - first[x];
        }
    }
}

/* Whether all cells are the same: then blurring them changes nothing, as the weights add to one. Most of a
 * matte is like that. */
static gboolean
is_flat (const gint32 *cells, gsize stride, int count, int height)
{
  for (int y = 0; y < height; y++)
    {
      const gint32 *row = cells + y * stride;
      gint32 difference = 0;
      for (int x = 0; x < count; x++)
        difference |= row[x] ^ cells[0];
      if (difference)
        return FALSE;
    }
  return TRUE;
}

int
p3m_blur_get_halo (double sigma)
{
  return sigma > 0.0 ? PASSES * (box_new (sigma).radius + 1) : 0;
}

static void
blur_cells (const Box *box, gint32 *cells, int width, int height)
{
  const int step = 2 * (box->radius + 1);
  const gsize stride = width;
  for (int y = 0; y < height; y++)
    for (int pass = 0; pass < PASSES && !is_flat (cells + y * stride, 0, width, 1); pass++)
      pass_along (box, cells + y * stride, width - pass * step);
  const int kept = width - PASSES * step;
  for (int x = 0; x < kept; x += STRIP)
    {
      const int count = MIN (STRIP, kept - x);
      for (int pass = 0; pass < PASSES && !is_flat (cells + x, stride, count, height); pass++)
        pass_down (box, cells + x, stride, count, height - pass * step);
    }
}

P3mPlane *
p3m_blur (const P3mPlane *plane, double sigma, GError **error)
{
  const int halo = p3m_blur_get_halo (sigma);
  if (halo == 0)
    return p3m_plane_crop (plane, 0, error);
  const int width = plane->width, height = plane->height;
  g_autoptr (P3mPlane) blurred = p3m_plane_new (width - 2 * halo, height - 2 * halo, error);
  g_autofree gint32 *cells = blurred ? p3m_try_alloc (error, sizeof (gint32), height, width) : NULL;
  if (!cells)
    return NULL;
  for (gsize i = 0; i < (gsize) width * height; i++)
    cells[i] = (gint32) (plane->values[i] * (double) ONE + ROUNDING - ROUNDING);
  const Box box = box_new (sigma);
  blur_cells (&box, cells, width, height);
  for (int y = 0; y < blurred->height; y++)
    for (int x = 0; x < blurred->width; x++)
      blurred->values[(gsize) y * blurred->width + x] = (float) cells[(gsize) y * width + x] / ONE;
  return g_steal_pointer (&blurred);
}
