/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The matting decoder's end: max-unpooling, 3x3 convolution to one channel, sigmoid and fusion, tile by tile. */
#include "fast.h"

#include <math.h>
#include <string.h>

#include "narrow.h"
#include "unpool.h"

enum
{
  TILE_HEIGHT = 8,
  TILE_WIDTH = 64,
  CELL = 8 /* what is left out for want of transition is whole cells of a tile */
};

/* Unpools the rectangle from (left, top) to (right, bottom), exclusive, into [..][..][inputs]. */
static void
unpool_tile (const P3mHeadJob *job, int left, int top, int right, int bottom, float *values)
{
  const P3mPart part = { job->input, job->index, job->narrow->inputs };
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++, values += part.channels)
      p3m_fast_unpool_pixel (&part, job->height, job->width, y, x, values);
}

static void
put (const P3mHeadJob *job, gsize at, float local)
{
  if (job->local)
    job->local[at] = local;
  if (job->alpha)
    job->alpha[at] = job->classes[at] == 1 ? local : job->classes[at] / 2;
}

/* The matting decoder's alpha from (x0, y0) to (x1, y1), exclusive. */
static void
compute (const P3mHeadJob *job, int x0, int y0, int x1, int y1, float *scratch)
{
  const int inputs = job->narrow->inputs;
  const int top = MAX (y0 - 1, 0), left = MAX (x0 - 1, 0);
  const int right = MIN (x1 + 1, job->width), bottom = MIN (y1 + 1, job->height);
  const gsize stride = (gsize) (right - left) * inputs;
  unpool_tile (job, left, top, right, bottom, scratch);
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      {
        float sum;
        p3m_narrow_pixel (job->narrow, scratch + (y - top) * stride + (gsize) (x - left) * inputs,
                          stride, y == 0, y == job->height - 1 ? 1 : 2, x == 0,
                          x == job->width - 1 ? 1 : 2, &sum);
        put (job, (gsize) y * job->width + x, p3m_sigmoid (sum));
      }
}

/* Whether the matting decoder's alpha shows anywhere in the rectangle. */
static gboolean
is_shown (const P3mHeadJob *job, int x0, int y0, int x1, int y1)
{
  if (job->local)
    return TRUE;
  for (int y = y0; y < y1; y++)
    if (memchr (job->classes + (gsize) y * job->width + x0, 1, x1 - x0))
      return TRUE;
  return FALSE;
}

static void
fill (const P3mHeadJob *job, int x0, int y0, int x1, int y1)
{
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      put (job, (gsize) y * job->width + x, 0.0f);
}

static void
head_block (gconstpointer data, int block, float *scratch)
{
  const P3mHeadJob *job = data;
  const int across = (job->width - 1) / TILE_WIDTH + 1;
  const int y0 = block / across * TILE_HEIGHT, y1 = MIN (y0 + TILE_HEIGHT, job->height);
  const int left = block % across * TILE_WIDTH, right = MIN (left + TILE_WIDTH, job->width);
  for (int x0 = left, x1; x0 < right; x0 = x1)
    {
      const gboolean shown = is_shown (job, x0, y0, MIN (x0 + CELL, right), y1);
      for (x1 = MIN (x0 + CELL, right);
           x1 < right && is_shown (job, x1, y0, MIN (x1 + CELL, right), y1) == shown;)
        x1 = MIN (x1 + CELL, right);
      if (shown)
        compute (job, x0, y0, x1, y1, scratch);
      else
        fill (job, x0, y0, x1, y1);
    }
}

P3mWork
P3M_FAST (p3m_head_work) (const P3mHeadJob *job)
{
  return (P3mWork){ .run = head_block,
                    .blocks
                    = ((job->width - 1) / TILE_WIDTH + 1) * ((job->height - 1) / TILE_HEIGHT + 1),
                    .scratch = (gsize) (TILE_HEIGHT + 2) * (TILE_WIDTH + 2) * job->narrow->inputs };
}
