/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Max pooling of one cell, for maps and for the stem's tiles of one. */
#pragma once

#include "kernel/kernel.h"
#include "simd.h"

/* A piece of a map, its top left pixel at (x, y) of the map. */
typedef struct
{
  const float *values; /* [height][width][channels] */
  int y, x;
  int height, width;
  int channels;
} P3mTile;

/* The pixels of a window that exist, and where in the window they are. */
typedef struct
{
  int count;
  const float *pixels[9];
  int positions[9];
} P3mWindow;

P3M_INLINE const float *
p3m_tile_pixel (const P3mTile *tile, int y, int x)
{
  return tile->values + ((gsize) (y - tile->y) * tile->width + (x - tile->x)) * tile->channels;
}

P3M_INLINE void
p3m_find_window (const P3mTile *tile, int row, int column, P3mWindow *window)
{
  window->count = 0;
  for (int k = 0; k < 9; k++)
    {
      const int y = 2 * row - 1 + k / 3, x = 2 * column - 1 + k % 3;
      if (y < tile->y || y >= tile->y + tile->height || x < tile->x || x >= tile->x + tile->width)
        continue;
      window->pixels[window->count] = p3m_tile_pixel (tile, y, x);
      window->positions[window->count++] = k;
    }
}

/* The maximum of a vector of channels and the position of the first pixel that has it. */
P3M_INLINE void
p3m_pool_lanes (const P3mWindow *window, int channel, float *values, guint8 *index)
{
  P3mLanes maximum = *(const P3mLanes *) (window->pixels[0] + channel);
  P3mMask position = (P3mMask){ 0 } + window->positions[0];
  for (int i = 1; i < window->count; i++)
    {
      const P3mLanes value = *(const P3mLanes *) (window->pixels[i] + channel);
      const P3mMask greater = value > maximum;
      position = (greater & window->positions[i]) | (~greater & position);
      p3m_max_lanes (&maximum, &value);
    }
  *(P3mLanes *) (values + channel) = maximum;
  if (index)
    p3m_store_bytes (&position, index + channel);
}

P3M_INLINE void
p3m_pool_channel (const P3mWindow *window, int channel, float *values, guint8 *index)
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
p3m_pool_window (const P3mWindow *window, int channels, float *values, guint8 *index)
{
  int c = 0;
  for (; c + P3M_LANES <= channels; c += P3M_LANES)
    p3m_pool_lanes (window, c, values, index);
  for (; c < channels; c++)
    p3m_pool_channel (window, c, values, index);
}

/* Pools cell (row, column) of the pooled map from a tile that holds all of its window that is inside
 * the map. values and index: [channels]; index may be NULL. */
P3M_INLINE void
p3m_pool_cell (const P3mTile *tile, int row, int column, float *values, guint8 *index)
{
  P3mWindow window;
  p3m_find_window (tile, row, column, &window);
  p3m_pool_window (&window, tile->channels, values, index);
}
