/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The encoder's entry: 7x7 convolution, ReLU and four poolings of it in one go, tile by tile. */
#include "fast.h"

#include <string.h>

#include "pool.h"

enum
{
  TILE_ROWS = 8, /* of the pooled map */
  TILE_COLUMNS = 32,
  PANEL = P3M_STEM_PANEL,
  VECTORS = PANEL / P3M_LANES,
/* GROUP pixels are summed at once, so that the sums fill the registers. */
#if defined(__AVX512F__)
  GROUP = 13,
#elif defined(__AVX2__) || defined(__ARM_NEON)
  GROUP = 6,
#else
  GROUP = 3,
#endif
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
  P3mLanes sums[GROUP][VECTORS];
#pragma GCC unroll 16
  for (int i = 0; i < GROUP * VECTORS; i++)
    sums[i / VECTORS][i % VECTORS] = *(const P3mLanes *) (bias + i % VECTORS * P3M_LANES);
  for (int row = 0; row < 3 * 7; row++)
    {
      const float *pixels = patch + (row / 7 * PATCH_HEIGHT + row % 7) * PATCH_WIDTH;
#pragma GCC unroll 1 /* or the compiler mixes the columns and runs out of registers */
      for (int column = 0; column < 7; column++, pixels++, weights += PANEL)
        {
#pragma GCC unroll 16
          for (int i = 0; i < GROUP * VECTORS; i++)
            sums[i / VECTORS][i % VECTORS]
                += *(const P3mLanes *) (weights + i % VECTORS * P3M_LANES) * pixels[i / VECTORS];
        }
    }
#pragma GCC unroll 16
  for (int i = 0; i < GROUP * VECTORS; i++)
    {
      p3m_relu_lanes (&sums[i / VECTORS][i % VECTORS]);
      *(P3mLanes *) (values[i / VECTORS] + i % VECTORS * P3M_LANES)
          = sums[i / VECTORS][i % VECTORS];
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

/* The cells of a sparse pool whose 2x2 pixels start in the rows and columns of the block. */
static void
pool_sparse (const P3mStemJob *job, const P3mTile *tile, int top, int left, int stride,
             float *output)
{
  for (int row = top / stride; row * stride < tile->y + tile->height; row++)
    for (int column = left / stride; column * stride < tile->x + tile->width; column++)
      {
        const int y = row * stride, x = column * stride;
        const P3mWindow window
            = { .count = 4,
                .pixels
                = { p3m_tile_pixel (tile, y, x), p3m_tile_pixel (tile, y, x + 1),
                    p3m_tile_pixel (tile, y + 1, x), p3m_tile_pixel (tile, y + 1, x + 1) } };
        p3m_pool_window (&window, tile->channels,
                         output + ((gsize) row * (job->width / stride) + column) * tile->channels,
                         NULL);
      }
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
  convolve_tile (job->stem, &tile, patch, map);
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
P3M_FAST (p3m_stem_work) (const P3mStemJob *job)
{
  return (P3mWork){
    .run = stem_block,
    .blocks = ((job->width / 2 - 1) / TILE_COLUMNS + 1) * ((job->height / 2 - 1) / TILE_ROWS + 1),
    .scratch = 3 * PATCH_HEIGHT * PATCH_WIDTH
               + (gsize) (2 * TILE_ROWS + 1) * (2 * TILE_COLUMNS + 1) * job->stem->outputs
  };
}
