/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Max pooling 3x3 with stride 2, and P3M-Net's sparse 2x2 pooling. */
#include "kernel.h"

#include <math.h>

#include "simd.h"

/* Pooled rows a block. */
enum
{
  BLOCK_ROWS = 4
};

static const float *
tile_pixel (const P3mTile *tile, int y, int x)
{
  return tile->values + ((gsize) (y - tile->y) * tile->width + (x - tile->x)) * tile->channels;
}

/* The pixels of a window that exist, and where in the window they are. */
typedef struct
{
  int count;
  const float *pixels[9];
  int positions[9];
} Window;

static void
find_window (const P3mTile *tile, int row, int column, Window *window)
{
  window->count = 0;
  for (int k = 0; k < 9; k++)
    {
      const int y = 2 * row - 1 + k / 3, x = 2 * column - 1 + k % 3;
      if (y < tile->y || y >= tile->y + tile->height || x < tile->x || x >= tile->x + tile->width)
        continue;
      window->pixels[window->count] = tile_pixel (tile, y, x);
      window->positions[window->count++] = k;
    }
}

/* The maximum of eight channels and the position of the first pixel that has it. */
P3M_INLINE void
pool_lanes (const Window *window, int channel, float *values, guint8 *index)
{
  P3mLanes maximum = *(const P3mLanes *) (window->pixels[0] + channel);
  P3mMask position = (P3mMask){ 0 } + window->positions[0];
  for (int i = 1; i < window->count; i++)
    {
      const P3mLanes value = *(const P3mLanes *) (window->pixels[i] + channel);
      const P3mMask greater = value > maximum;
      p3m_select_lanes (&greater, &value, &maximum);
      position = (greater & window->positions[i]) | (~greater & position);
    }
  *(P3mLanes *) (values + channel) = maximum;
  if (index)
    *(P3mBytes *) (index + channel) = __builtin_convertvector(position, P3mBytes);
}

P3M_INLINE void
pool_channel (const Window *window, int channel, float *values, guint8 *index)
{
  int best = 0;
  for (int i = 1; i < window->count; i++)
    if (window->pixels[i][channel] > window->pixels[best][channel])
      best = i;
  values[channel] = window->pixels[best][channel];
  if (index)
    index[channel] = window->positions[best];
}

P3M_INLINE void
pool_window (const Window *window, int channels, float *values, guint8 *index)
{
  int c = 0;
  for (; c + P3M_LANES <= channels; c += P3M_LANES)
    pool_lanes (window, c, values, index);
  for (; c < channels; c++)
    pool_channel (window, c, values, index);
}

static void
pool_window_baseline (const Window *window, int channels, float *values, guint8 *index)
{
  pool_window (window, channels, values, index);
}

#ifdef P3M_HAVE_AVX2
P3M_AVX2 static void
pool_window_avx2 (const Window *window, int channels, float *values, guint8 *index)
{
  pool_window (window, channels, values, index);
}
#endif

static void
pool_window_fastest (const Window *window, int channels, float *values, guint8 *index)
{
#ifdef P3M_HAVE_AVX2
  if (p3m_has_avx2 ())
    {
      pool_window_avx2 (window, channels, values, index);
      return;
    }
#endif
  pool_window_baseline (window, channels, values, index);
}

void
p3m_pool_cell (const P3mTile *tile, int row, int column, float *values, guint8 *index)
{
  Window window;
  find_window (tile, row, column, &window);
  pool_window_fastest (&window, tile->channels, values, index);
}

void
p3m_sparse_pool_cell (const P3mTile *tile, int stride, int row, int column, float *values)
{
  const int y = row * stride, x = column * stride;
  const Window window
      = { .count = 4,
          .pixels = { tile_pixel (tile, y, x), tile_pixel (tile, y, x + 1),
                      tile_pixel (tile, y + 1, x), tile_pixel (tile, y + 1, x + 1) } };
  pool_window_fastest (&window, tile->channels, values, NULL);
}

static void
pool_block (gconstpointer data, int block, float *scratch G_GNUC_UNUSED)
{
  const P3mPoolJob *job = data;
  const P3mTile whole = { job->input, 0, 0, job->height, job->width, job->channels };
  const int end = MIN (job->height / 2, (block + 1) * BLOCK_ROWS);
  for (int row = block * BLOCK_ROWS; row < end; row++)
    for (int column = 0; column < job->width / 2; column++)
      {
        const gsize at = ((gsize) row * (job->width / 2) + column) * job->channels;
        p3m_pool_cell (&whole, row, column, job->output + at, job->index ? job->index + at : NULL);
      }
}

P3mWork
p3m_pool_work (const P3mPoolJob *job)
{
  return (P3mWork){ .run = pool_block, .blocks = (job->height / 2 - 1) / BLOCK_ROWS + 1 };
}

void
p3m_pool_plain (const P3mPoolJob *job)
{
  const int channels = job->channels;
  const gsize cells = (gsize) (job->height / 2) * (job->width / 2);
  for (gsize i = 0; i < cells * channels; i++)
    {
      const int c = i % channels;
      const int column = i / channels % (job->width / 2), row = i / channels / (job->width / 2);
      float maximum = -INFINITY;
      int position = 0;
      for (int k = 0; k < 9; k++)
        {
          const int y = 2 * row - 1 + k / 3, x = 2 * column - 1 + k % 3;
          if (y < 0 || y >= job->height || x < 0 || x >= job->width)
            continue;
          const float value = job->input[((gsize) y * job->width + x) * channels + c];
          if (value > maximum)
            {
              maximum = value;
              position = k;
            }
        }
      job->output[i] = maximum;
      if (job->index)
        job->index[i] = position;
    }
}

void
p3m_sparse_pool_plain (const float *input, int height, int width, int channels, int stride,
                       float *output)
{
  for (int y = 0; y < height; y += stride)
    for (int x = 0; x < width; x += stride)
      for (int c = 0; c < channels; c++)
        {
          float maximum = -INFINITY;
          for (int k = 0; k < 4; k++)
            maximum
                = MAX (maximum, input[((gsize) (y + k / 2) * width + (x + k % 2)) * channels + c]);
          *output++ = maximum;
        }
}
