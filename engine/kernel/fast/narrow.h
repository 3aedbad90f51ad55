/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One pixel of a 3x3 convolution to one to four channels: a dot product for each. */
#pragma once

#include "kernel/kernel.h"
#include "simd.h"

enum
{
  P3M_CHAINS = 4 /* sums side by side, so that one addition need not wait for the one before */
};

/* sums += a * b; what does not fill a vector is returned. */
P3M_INLINE float
p3m_add_products (const float *a, const float *b, gsize count, P3mLanes sums[P3M_CHAINS])
{
  float rest = 0.0f;
  gsize i = 0;
  for (; i + P3M_CHAINS * P3M_LANES <= count; i += P3M_CHAINS * P3M_LANES)
    {
#pragma GCC unroll 4
      for (int k = 0; k < P3M_CHAINS; k++)
        sums[k] += *(const P3mLanes *) (a + i + k * P3M_LANES)
                   * *(const P3mLanes *) (b + i + k * P3M_LANES);
    }
  for (; i + P3M_LANES <= count; i += P3M_LANES)
    sums[0] += *(const P3mLanes *) (a + i) * *(const P3mLanes *) (b + i);
  for (; i < count; i++)
    rest += a[i] * b[i];
  return rest;
}

/* `pixel` is where the input pixel lies and `stride` the floats between its rows; top .. right say which of
 * the 3x3 cells around it exist: rows top..bottom and columns left..right, each 0..2. */
P3M_INLINE void
p3m_narrow_pixel (const P3mNarrow *narrow, const float *pixel, gsize stride, int top, int bottom,
                  int left, int right, float *output)
{
  const gsize inputs = narrow->inputs;
  for (int o = 0; o < narrow->outputs; o++)
    {
      const float *weights = narrow->weights + o * 9 * inputs;
      P3mLanes sums[P3M_CHAINS] = { { 0 } };
      float sum = narrow->bias[o];
      for (int row = top; row <= bottom; row++)
        sum += p3m_add_products (pixel + (row - 1) * (gssize) stride + (left - 1) * (gssize) inputs,
                                 weights + (row * 3 + left) * inputs, (right - left + 1) * inputs,
                                 sums);
      sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
      output[o] = sum + p3m_sum_lanes (&sums[0]);
    }
}
