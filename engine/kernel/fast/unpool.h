/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Max-unpooling of one pixel with the indices of a 3x3 pooling, whose windows overlap. */
#pragma once

#include "kernel/kernel.h"
#include "simd.h"

/* The windows that hold a pixel, in row-major order, and the position of the pixel in each: one, two or
 * four of them, as the row, the column or both are odd. */
typedef struct
{
  int count;
  gsize at[4]; /* of the window's first channel */
  int positions[4];
} P3mWindows;

P3M_INLINE void
p3m_find_windows (const P3mPart *part, int height, int width, int y, int x, P3mWindows *windows)
{
  const int last_row = MIN ((y + 1) / 2, height / 2 - 1);
  const int last_column = MIN ((x + 1) / 2, width / 2 - 1);
  windows->count = 0;
  for (int row = y / 2; row <= last_row; row++)
    for (int column = x / 2; column <= last_column; column++)
      {
        windows->at[windows->count] = ((gsize) row * (width / 2) + column) * part->channels;
        windows->positions[windows->count++] = (y - (2 * row - 1)) * 3 + (x - (2 * column - 1));
      }
}

/* Where a window names the pixel, its value goes there; the later window wins. */
P3M_INLINE void
p3m_unpool_windows (const P3mPart *part, const P3mWindows *windows, float *values)
{
  int c = 0;
  for (; c + P3M_LANES <= part->channels; c += P3M_LANES)
    {
      P3mLanes value = { 0 };
      for (int i = 0; i < windows->count; i++)
        {
          P3mMask index;
          p3m_load_bytes (part->index + windows->at[i] + c, &index);
          const P3mMask named = index == windows->positions[i];
          p3m_select_lanes (&named, (const P3mLanes *) (part->values + windows->at[i] + c), &value);
        }
      *(P3mLanes *) (values + c) = value;
    }
  for (; c < part->channels; c++)
    {
      values[c] = 0.0f;
      for (int i = 0; i < windows->count; i++)
        if (part->index[windows->at[i] + c] == windows->positions[i])
          values[c] = part->values[windows->at[i] + c];
    }
}

/* As p3m_unpool_pixel(). */
P3M_INLINE void
p3m_fast_unpool_pixel (const P3mPart *part, int height, int width, int y, int x, float *values)
{
  P3mWindows windows;
  p3m_find_windows (part, height, width, y, x, &windows);
  p3m_unpool_windows (part, &windows, values);
}
