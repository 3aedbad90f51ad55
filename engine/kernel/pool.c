/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Max pooling 3x3 with stride 2, and P3M-Net's sparse 2x2 pooling. */
#include "kernel.h"

#include <math.h>
#include <string.h>

/* Pooled rows a block. */
enum
{
  BLOCK_ROWS = 4
};

/* Where values beats maximum: takes it and notes its position. All [channels]. */
static void
take_greater (int channels, const float *restrict values, guint8 position, float *restrict maximum,
              guint8 *restrict index)
{
  for (int c = 0; c < channels; c++)
    index[c] = values[c] > maximum[c] ? position : index[c];
  for (int c = 0; c < channels; c++)
    maximum[c] = values[c] > maximum[c] ? values[c] : maximum[c];
}

static void
take_greater_value (int channels, const float *restrict values, float *restrict maximum)
{
  for (int c = 0; c < channels; c++)
    maximum[c] = values[c] > maximum[c] ? values[c] : maximum[c];
}

static const float *
tile_pixel (const P3mTile *tile, int y, int x)
{
  return tile->values + ((gsize) (y - tile->y) * tile->width + (x - tile->x)) * tile->channels;
}

void
p3m_pool_cell (const P3mTile *tile, int row, int column, float *values, guint8 *index)
{
  gboolean first = TRUE;
  for (int k = 0; k < 9; k++)
    {
      const int y = 2 * row - 1 + k / 3, x = 2 * column - 1 + k % 3;
      if (y < tile->y || y >= tile->y + tile->height || x < tile->x || x >= tile->x + tile->width)
        continue;
      const float *pixel = tile_pixel (tile, y, x);
      if (first)
        {
          memcpy (values, pixel, tile->channels * sizeof (float));
          if (index)
            memset (index, k, tile->channels);
          first = FALSE;
        }
      else if (index)
        take_greater (tile->channels, pixel, k, values, index);
      else
        take_greater_value (tile->channels, pixel, values);
    }
}

void
p3m_sparse_pool_cell (const P3mTile *tile, int stride, int row, int column, float *values)
{
  const int y = row * stride, x = column * stride;
  memcpy (values, tile_pixel (tile, y, x), tile->channels * sizeof (float));
  take_greater_value (tile->channels, tile_pixel (tile, y, x + 1), values);
  take_greater_value (tile->channels, tile_pixel (tile, y + 1, x), values);
  take_greater_value (tile->channels, tile_pixel (tile, y + 1, x + 1), values);
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
