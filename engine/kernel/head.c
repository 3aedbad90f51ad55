/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The matting decoder's end: max-unpooling, 3x3 convolution to one channel and sigmoid, tile by tile. */
#include "kernel.h"

#include <math.h>

enum
{
  TILE_HEIGHT = 8,
  TILE_WIDTH = 64
};

float
p3m_sigmoid (float x)
{
  const float e = expf (-fabsf (x));
  return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}

/* Unpools the rectangle from (left, top) to (right, bottom), exclusive, into [..][..][inputs]. */
static void
unpool_tile (const P3mHeadJob *job, int left, int top, int right, int bottom, float *values)
{
  const P3mPart part = { job->input, job->index, job->narrow->inputs };
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++, values += part.channels)
      p3m_unpool_pixel (&part, job->height, job->width, y, x, values);
}

static void
head_block (gconstpointer data, int block, float *scratch)
{
  const P3mHeadJob *job = data;
  const int across = (job->width - 1) / TILE_WIDTH + 1;
  const int y0 = block / across * TILE_HEIGHT, x0 = block % across * TILE_WIDTH;
  const int y1 = MIN (y0 + TILE_HEIGHT, job->height), x1 = MIN (x0 + TILE_WIDTH, job->width);
  const int top = MAX (y0 - 1, 0), left = MAX (x0 - 1, 0);
  const int right = MIN (x1 + 1, job->width), bottom = MIN (y1 + 1, job->height);
  const gsize stride = (gsize) (right - left) * job->narrow->inputs;
  unpool_tile (job, left, top, right, bottom, scratch);
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      {
        float sum;
        p3m_narrow_pixel (job->narrow,
                          scratch + (y - top) * stride + (gsize) (x - left) * job->narrow->inputs,
                          stride, y == 0, y == job->height - 1 ? 1 : 2, x == 0,
                          x == job->width - 1 ? 1 : 2, &sum);
        job->alpha[(gsize) y * job->width + x] = p3m_sigmoid (sum);
      }
}

P3mWork
p3m_head_work (const P3mHeadJob *job)
{
  return (P3mWork){ .run = head_block,
                    .blocks
                    = ((job->width - 1) / TILE_WIDTH + 1) * ((job->height - 1) / TILE_HEIGHT + 1),
                    .scratch = (gsize) (TILE_HEIGHT + 2) * (TILE_WIDTH + 2) * job->narrow->inputs };
}

void
p3m_head_plain (const P3mHeadJob *job)
{
  const P3mPart part = { job->input, job->index, job->narrow->inputs };
  const gsize pixels = (gsize) job->height * job->width;
  g_autofree float *unpooled = g_new (float, pixels *part.channels);
  p3m_unpool_plain (&part, job->height, job->width, unpooled);
  p3m_narrow_plain (&(P3mNarrowJob){ .narrow = job->narrow,
                                     .input = unpooled,
                                     .height = job->height,
                                     .width = job->width,
                                     .output = job->alpha });
  for (gsize i = 0; i < pixels; i++)
    job->alpha[i] = 1.0 / (1.0 + exp (-(double) job->alpha[i]));
}
