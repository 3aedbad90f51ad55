/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The encoder's entry: 7x7 convolution, ReLU and four poolings of it in one go, tile by tile. */
#include "kernel.h"

#include <string.h>

#include "simd.h"

enum
{
  TILE_ROWS = 8, /* of the pooled map */
  TILE_COLUMNS = 32,
  GROUP = 6, /* pixels that are summed at once */
  PANEL = P3M_STEM_PANEL,
  TAPS = 3 * 7 * 7,
  WIDEST = (2 * TILE_COLUMNS + GROUP) / GROUP * GROUP, /* at least 2 * TILE_COLUMNS + 1 */
  PATCH_WIDTH = WIDEST + 6,
  PATCH_HEIGHT = 2 * TILE_ROWS + 1 + 6
};

/* The part of the full-size map that a block needs, [height][width][outputs]. */
static P3mTile
block_tile (const P3mStemJob *job, int block, float *values)
{
  const int across = (job->width / 2 - 1) / TILE_COLUMNS + 1;
  const int top = block / across * TILE_ROWS * 2, left = block % across * TILE_COLUMNS * 2;
  const int y = MAX (top - 1, 0), x = MAX (left - 1, 0);
  return (P3mTile){ .values = values,
                    .y = y,
                    .x = x,
                    .height = MIN (top + TILE_ROWS * 2, job->height) - y,
                    .width = MIN (left + TILE_COLUMNS * 2, job->width) - x,
                    .channels = job->stem->outputs };
}

/* The picture around a tile, zero outside of it: [3][PATCH_HEIGHT][PATCH_WIDTH]. */
static void
gather_patch (const P3mStemJob *job, const P3mTile *tile, float *patch)
{
  const int left = tile->x - 3;
  const int before = MAX (-left, 0), end = MIN (job->width - left, PATCH_WIDTH);
  memset (patch, 0, sizeof (float) * 3 * PATCH_HEIGHT * PATCH_WIDTH);
  for (int c = 0; c < 3; c++)
    for (int row = 0; row < tile->height + 6; row++)
      {
        const int y = tile->y - 3 + row;
        if (y >= 0 && y < job->height)
          memcpy (patch + (c * PATCH_HEIGHT + row) * PATCH_WIDTH + before,
                  job->rgb + ((gsize) c * job->height + y) * job->width + left + before,
                  (end - before) * sizeof (float));
      }
}

/* GROUP neighbouring pixels of one panel of outputs. Every pixel's sum has the same order wherever it
 * lies: tiles overlap, and where they do they must agree to the last bit, since pooled maps hold the
 * same value twice and ties decide indices. */
P3M_INLINE void
convolve_group (const float *patch, const float *weights, const float *bias,
                float values[GROUP][PANEL])
{
  P3mLanes sums[GROUP][2];
#pragma GCC unroll 6
  for (int i = 0; i < GROUP; i++)
    {
      sums[i][0] = *(const P3mLanes *) bias;
      sums[i][1] = *(const P3mLanes *) (bias + P3M_LANES);
    }
  for (int c = 0; c < 3; c++)
    for (int row = 0; row < 7; row++)
      {
        const float *pixels = patch + (c * PATCH_HEIGHT + row) * PATCH_WIDTH;
        for (int column = 0; column < 7; column++, pixels++, weights += PANEL)
          {
            const P3mLanes low = *(const P3mLanes *) weights;
            const P3mLanes high = *(const P3mLanes *) (weights + P3M_LANES);
#pragma GCC unroll 6
            for (int i = 0; i < GROUP; i++)
              {
                sums[i][0] += low * pixels[i];
                sums[i][1] += high * pixels[i];
              }
          }
      }
#pragma GCC unroll 6
  for (int i = 0; i < GROUP; i++)
    for (int k = 0; k < 2; k++)
      {
        p3m_relu_lanes (&sums[i][k]);
        *(P3mLanes *) (values[i] + k * P3M_LANES) = sums[i][k];
      }
}

/* The full-size map of a tile from the picture around it. */
P3M_INLINE void
convolve_tile (const P3mStem *stem, const P3mTile *tile, const float *patch, float *map)
{
  float values[GROUP][PANEL];
  for (int panel = 0; panel * PANEL < stem->outputs; panel++)
    for (int y = 0; y < tile->height; y++)
      for (int x = 0; x < tile->width; x += GROUP)
        {
          convolve_group (patch + y * PATCH_WIDTH + x, stem->weights + (gsize) panel * TAPS * PANEL,
                          stem->bias + panel * PANEL, values);
          for (int i = 0; i < MIN (GROUP, tile->width - x); i++)
            memcpy (map + ((gsize) y * tile->width + x + i) * stem->outputs + panel * PANEL,
                    values[i], MIN (PANEL, stem->outputs - panel * PANEL) * sizeof (float));
        }
}

static void
convolve_tile_baseline (const P3mStem *stem, const P3mTile *tile, const float *patch, float *map)
{
  convolve_tile (stem, tile, patch, map);
}

#ifdef P3M_HAVE_AVX2
P3M_AVX2 static void
convolve_tile_avx2 (const P3mStem *stem, const P3mTile *tile, const float *patch, float *map)
{
  convolve_tile (stem, tile, patch, map);
}
#endif

/* The cells of a sparse pool whose 2x2 pixels start in the rows and columns of the block. */
static void
pool_sparse (const P3mStemJob *job, const P3mTile *tile, int top, int left, int stride,
             float *output)
{
  for (int row = top / stride; row * stride < tile->y + tile->height; row++)
    for (int column = left / stride; column * stride < tile->x + tile->width; column++)
      p3m_sparse_pool_cell (tile, stride, row, column,
                            output
                                + ((gsize) row * (job->width / stride) + column) * tile->channels);
}

static void
stem_block (gconstpointer data, int block, float *scratch)
{
  const P3mStemJob *job = data;
  const int outputs = job->stem->outputs;
  float *patch = scratch, *map = scratch + 3 * PATCH_HEIGHT * PATCH_WIDTH;
  const P3mTile tile = block_tile (job, block, map);
  const int top = (tile.y + 1) / 2, left = (tile.x + 1) / 2; /* of the pooled map */
  gather_patch (job, &tile, patch);
#ifdef P3M_HAVE_AVX2
  if (p3m_has_avx2 ())
    convolve_tile_avx2 (job->stem, &tile, patch, map);
  else
#endif
    convolve_tile_baseline (job->stem, &tile, patch, map);
  for (int row = top; row * 2 < tile.y + tile.height; row++)
    for (int column = left; column * 2 < tile.x + tile.width; column++)
      {
        const gsize at = ((gsize) row * (job->width / 2) + column) * outputs;
        p3m_pool_cell (&tile, row, column, job->pooled + at, job->index ? job->index + at : NULL);
      }
  for (int i = 0; i < 3; i++)
    if (job->sparse[i])
      pool_sparse (job, &tile, top * 2, left * 2, 2 << i, job->sparse[i]);
}

P3mWork
p3m_stem_work (const P3mStemJob *job)
{
  return (P3mWork){
    .run = stem_block,
    .blocks = ((job->width / 2 - 1) / TILE_COLUMNS + 1) * ((job->height / 2 - 1) / TILE_ROWS + 1),
    .scratch = 3 * PATCH_HEIGHT * PATCH_WIDTH
               + (gsize) (2 * TILE_ROWS + 1) * (2 * TILE_COLUMNS + 1) * job->stem->outputs
  };
}

void
p3m_stem_map_plain (const P3mStem *stem, const float *rgb, int height, int width, float *output)
{
  const gsize count = (gsize) height * width * stem->outputs;
  for (gsize i = 0; i < count; i++)
    {
      const int o = i % stem->outputs, x = i / stem->outputs % width, y = i / stem->outputs / width;
      double sum = stem->bias[o];
      for (int tap = 0; tap < TAPS; tap++)
        {
          const int v = y + tap / 7 % 7 - 3, u = x + tap % 7 - 3;
          if (v >= 0 && v < height && u >= 0 && u < width)
            sum += (double) rgb[((gsize) (tap / 49) * height + v) * width + u]
                   * stem->weights[((gsize) (o / PANEL) * TAPS + tap) * PANEL + o % PANEL];
        }
      output[i] = MAX (sum, 0.0);
    }
}

void
p3m_stem_plain (const P3mStemJob *job)
{
  const int outputs = job->stem->outputs;
  g_autofree float *map = g_new (float, (gsize) job->height * job->width * outputs);
  p3m_stem_map_plain (job->stem, job->rgb, job->height, job->width, map);
  p3m_pool_plain (&(P3mPoolJob){ .input = map,
                                 .height = job->height,
                                 .width = job->width,
                                 .channels = outputs,
                                 .output = job->pooled,
                                 .index = job->index });
  for (int i = 0; i < 3; i++)
    if (job->sparse[i])
      p3m_sparse_pool_plain (map, job->height, job->width, outputs, 2 << i, job->sparse[i]);
}
