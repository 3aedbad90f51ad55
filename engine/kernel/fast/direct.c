/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Convolution 1x1 and 3x3 straight from the maps: the micro-kernel reads its pixels where they lie, for
 * every tap and part; nothing is copied. */
#include "fast.h"

#include <string.h>

#include "micro.h"
#include "unpool.h"

enum
{
  TILE = 4,
  MOST_PIXELS = 192 /* a block */
};

/* The pixels of a block, in the order in which they are computed. */
typedef struct
{
  int count;
  int y[MOST_PIXELS], x[MOST_PIXELS];
} Pixels;

/* Wide layers have many weights and, at 1/32 scale, few pixels. */
static int
block_pixels (const P3mConvolution *convolution)
{
  return convolution->size == 3 ? MOST_PIXELS / 4 : MOST_PIXELS;
}

/* Tiles that a block of them has. */
static int
block_tiles (const P3mConvolution *convolution)
{
  return block_pixels (convolution) / (TILE * TILE);
}

static void
list_tile (const P3mConvolutionJob *job, int tile, Pixels *pixels)
{
  const int across = (job->width - 1) / TILE + 1;
  const int top = tile / across * TILE, left = tile % across * TILE;
  for (int y = top; y < MIN (top + TILE, job->height); y++)
    for (int x = left; x < MIN (left + TILE, job->width); x++, pixels->count++)
      {
        pixels->y[pixels->count] = y;
        pixels->x[pixels->count] = x;
      }
}

static void
list_pixels (const P3mConvolutionJob *job, int block, Pixels *pixels)
{
  pixels->count = 0;
  if (job->tiles)
    {
      const int first = block * block_tiles (job->convolution);
      const int end = MIN (first + block_tiles (job->convolution), job->n_tiles);
      for (int i = first; i < end; i++)
        list_tile (job, job->tiles[i], pixels);
      return;
    }
  const int first = block * block_pixels (job->convolution);
  const int end = MIN (first + block_pixels (job->convolution), job->height * job->width);
  for (int i = first; i < end; i++, pixels->count++)
    {
      pixels->y[pixels->count] = i / job->width;
      pixels->x[pixels->count] = i % job->width;
    }
}

/* One tap of one part for a group of pixels. unpooled: [MOST_PIXELS][channels], of the block's pixels, if the part
 * has an index. */
P3M_INLINE void
add_tap (const P3mConvolutionJob *job, const P3mPart *part, const Pixels *pixels, int first,
         int tap, const float *zeros, const float *unpooled, const float *panel, gsize next,
         P3mSums *sums)
{
  const int size = job->convolution->size;
  const float *rows[P3M_MICRO_ROWS];
  for (int i = 0; i < P3M_MICRO_ROWS; i++)
    {
      const int pixel = MIN (first + i, pixels->count - 1);
      const int y = pixels->y[pixel] + tap / size - size / 2;
      const int x = pixels->x[pixel] + tap % size - size / 2;
      if (part->index)
        rows[i] = unpooled + (gsize) pixel * part->channels;
      else if (y < 0 || y >= job->height || x < 0 || x >= job->width)
        rows[i] = zeros;
      else
        rows[i] = part->values + ((gsize) y * job->width + x) * part->channels;
    }
  p3m_micro_add (sums, part->channels, rows, panel, next);
}

/* The sums of one pixel, from output `output` on, to the map. */
P3M_INLINE void
finish_pixel (const P3mConvolutionJob *job, int y, int x, int output, const P3mLanes *sums)
{
  const P3mConvolution *convolution = job->convolution;
  for (int v = 0; v < P3M_MICRO_VECTORS; v++)
    {
      const int o = output + v * P3M_LANES;
      if (o >= convolution->outputs)
        return;
      const gsize at = ((gsize) y * job->width + x) * convolution->outputs + o;
      const P3mLanes sum = sums[v] + *(const P3mLanes *) (convolution->bias + o);
      const float *residual = job->residual ? job->residual + at : NULL;
      if (o + P3M_LANES <= convolution->outputs)
        p3m_finish_lanes (job->activation, &sum, residual, job->output + at);
      else
        p3m_finish_some (job->activation, &sum, convolution->outputs - o, residual,
                         job->output + at);
    }
}

/* One or two panels of outputs, the first of which is `output`, for a group of pixels. */
P3M_INLINE void
convolve_group (const P3mConvolutionJob *job, const Pixels *pixels, int first, int output,
                const float *zeros, const float *unpooled)
{
  const P3mConvolution *convolution = job->convolution;
  const int taps = convolution->size * convolution->size;
  const gsize length = (gsize) taps * convolution->inputs * P3M_PANEL; /* of a panel */
  const float *panel = convolution->weights + output / P3M_PANEL * length;
  const gsize next = output + P3M_PANEL < convolution->outputs ? length : 0;
  P3mSums sums = { 0 };
  for (int tap = 0; tap < taps; tap++)
    for (int i = 0; i < job->n_parts; i++)
      {
        add_tap (job, &job->parts[i], pixels, first, tap, zeros, unpooled, panel, next, &sums);
        panel += (gsize) job->parts[i].channels * P3M_PANEL;
      }
#define FINISH(i)                                                                                  \
  if (first + i < pixels->count)                                                                   \
    finish_pixel (job, pixels->y[first + i], pixels->x[first + i], output, sums.v[i]);
  P3M_EACH_ROW (FINISH)
#undef FINISH
}

static void
direct_block (gconstpointer data, int block, float *scratch)
{
  const P3mConvolutionJob *job = data;
  const P3mConvolution *convolution = job->convolution;
  const P3mPart *part = &job->parts[0];
  float *zeros = scratch, *unpooled = scratch + convolution->inputs;
  Pixels pixels;
  list_pixels (job, block, &pixels);
  memset (zeros, 0, convolution->inputs * sizeof (float));
  for (int i = 0; i < pixels.count && part->index; i++)
    p3m_fast_unpool_pixel (part, job->height, job->width, pixels.y[i], pixels.x[i],
                           unpooled + (gsize) i * part->channels);
  for (int output = 0; output < convolution->outputs; output += P3M_MICRO_WIDTH)
    for (int first = 0; first < pixels.count; first += P3M_MICRO_ROWS)
      convolve_group (job, &pixels, first, output, zeros, unpooled);
}

P3mWork
P3M_FAST (p3m_direct_work) (const P3mConvolutionJob *job)
{
  const P3mConvolution *convolution = job->convolution;
  const int pixels = block_pixels (convolution), tiles = block_tiles (convolution);
  P3mWork work = { .run = direct_block,
                   .blocks = job->tiles ? (job->n_tiles + tiles - 1) / tiles
                                        : (job->height * job->width + pixels - 1) / pixels,
                   .scratch = convolution->inputs };
  if (job->parts[0].index)
    work.scratch += (gsize) MOST_PIXELS * job->parts[0].channels;
  return work;
}
