/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Max-unpooling with the indices of a 3x3 pooling, whose windows overlap. */
#include "kernel.h"

#include <string.h>

#include "simd.h"

/* The windows that hold a pixel, in row-major order, and the position of the pixel in each: one, two or
 * four of them, as the row, the column or both are odd. */
typedef struct
{
  int count;
  gsize at[4]; /* of the window's first channel */
  int positions[4];
} Windows;

static void
find_windows (const P3mPart *part, int height, int width, int y, int x, Windows *windows)
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
unpool_pixel (const P3mPart *part, const Windows *windows, float *values)
{
  int c = 0;
  for (; c + P3M_LANES <= part->channels; c += P3M_LANES)
    {
      P3mLanes value = { 0 };
      for (int i = 0; i < windows->count; i++)
        {
          const P3mBytes index = *(const P3mBytes *) (part->index + windows->at[i] + c);
          const P3mMask named = __builtin_convertvector(index, P3mMask) == windows->positions[i];
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

#ifdef P3M_HAVE_AVX2
P3M_AVX2 static void
unpool_pixel_avx2 (const P3mPart *part, const Windows *windows, float *values)
{
  unpool_pixel (part, windows, values);
}
#endif

void
p3m_unpool_pixel (const P3mPart *part, int height, int width, int y, int x, float *values)
{
  Windows windows;
  find_windows (part, height, width, y, x, &windows);
#ifdef P3M_HAVE_AVX2
  if (p3m_has_avx2 ())
    {
      unpool_pixel_avx2 (part, &windows, values);
      return;
    }
#endif
  unpool_pixel (part, &windows, values);
}

void
p3m_unpool_plain (const P3mPart *part, int height, int width, float *output)
{
  const int channels = part->channels;
  const gsize cells = (gsize) (height / 2) * (width / 2);
  memset (output, 0, (gsize) height * width * channels * sizeof (float));
  for (gsize i = 0; i < cells * channels; i++)
    {
      const int column = i / channels % (width / 2), row = i / channels / (width / 2);
      const int y = 2 * row - 1 + part->index[i] / 3, x = 2 * column - 1 + part->index[i] % 3;
      output[((gsize) y * width + x) * channels + i % channels] = part->values[i];
    }
}
