/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* 3x3 convolution to one to four channels: a dot product for each. */
#include "kernel.h"

#include "simd.h"

enum
{
  BLOCK_ROWS = 4,
  CHAINS = 4 /* sums side by side, so that one addition need not wait for the one before */
};

P3M_INLINE float
sum_lanes (const P3mLanes *v)
{
  const float *f = (const float *) v;
  return ((f[0] + f[4]) + (f[2] + f[6])) + ((f[1] + f[5]) + (f[3] + f[7]));
}

/* sums += a * b; what does not fill a vector is returned. */
P3M_INLINE float
add_products (const float *a, const float *b, gsize count, P3mLanes sums[CHAINS])
{
  float rest = 0.0f;
  gsize i = 0;
  for (; i + CHAINS * P3M_LANES <= count; i += CHAINS * P3M_LANES)
    {
#pragma GCC unroll 4
      for (int k = 0; k < CHAINS; k++)
        sums[k] += *(const P3mLanes *) (a + i + k * P3M_LANES)
                   * *(const P3mLanes *) (b + i + k * P3M_LANES);
    }
  for (; i + P3M_LANES <= count; i += P3M_LANES)
    sums[0] += *(const P3mLanes *) (a + i) * *(const P3mLanes *) (b + i);
  for (; i < count; i++)
    rest += a[i] * b[i];
  return rest;
}

P3M_INLINE void
narrow_pixel (const P3mNarrow *narrow, const float *pixel, gsize stride, int top, int bottom,
              int left, int right, float *output)
{
  const gsize inputs = narrow->inputs;
  for (int o = 0; o < narrow->outputs; o++)
    {
      const float *weights = narrow->weights + o * 9 * inputs;
      P3mLanes sums[CHAINS] = { { 0 } };
      float sum = narrow->bias[o];
      for (int row = top; row <= bottom; row++)
        sum += add_products (pixel + (row - 1) * (gssize) stride + (left - 1) * (gssize) inputs,
                             weights + (row * 3 + left) * inputs, (right - left + 1) * inputs,
                             sums);
      sums[0] = (sums[0] + sums[1]) + (sums[2] + sums[3]);
      output[o] = sum + sum_lanes (&sums[0]);
    }
}

#ifdef P3M_HAVE_AVX2
P3M_AVX2 static void
narrow_pixel_avx2 (const P3mNarrow *narrow, const float *pixel, gsize stride, int top, int bottom,
                   int left, int right, float *output)
{
  narrow_pixel (narrow, pixel, stride, top, bottom, left, right, output);
}
#endif

void
p3m_narrow_pixel (const P3mNarrow *narrow, const float *pixel, gsize stride, int top, int bottom,
                  int left, int right, float *output)
{
#ifdef P3M_HAVE_AVX2
  if (p3m_has_avx2 ())
    {
      narrow_pixel_avx2 (narrow, pixel, stride, top, bottom, left, right, output);
      return;
    }
#endif
  narrow_pixel (narrow, pixel, stride, top, bottom, left, right, output);
}

static void
narrow_block (gconstpointer data, int block, float *scratch G_GNUC_UNUSED)
{
  const P3mNarrowJob *job = data;
  const gsize stride = (gsize) job->width * job->narrow->inputs;
  const int end = MIN (job->height, (block + 1) * BLOCK_ROWS);
  for (int y = block * BLOCK_ROWS; y < end; y++)
    for (int x = 0; x < job->width; x++)
      p3m_narrow_pixel (job->narrow, job->input + y * stride + (gsize) x * job->narrow->inputs,
                        stride, y == 0, y == job->height - 1 ? 1 : 2, x == 0,
                        x == job->width - 1 ? 1 : 2,
                        job->output + ((gsize) y * job->width + x) * job->narrow->outputs);
}

P3mWork
p3m_narrow_work (const P3mNarrowJob *job)
{
  return (P3mWork){ .run = narrow_block, .blocks = (job->height - 1) / BLOCK_ROWS + 1 };
}

void
p3m_narrow_plain (const P3mNarrowJob *job)
{
  const int inputs = job->narrow->inputs, outputs = job->narrow->outputs;
  const gsize pixels = (gsize) job->height * job->width;
  for (gsize i = 0; i < pixels * outputs; i++)
    {
      const int o = i % outputs, x = i / outputs % job->width, y = i / outputs / job->width;
      double sum = job->narrow->bias[o];
      for (int k = 0; k < 9; k++)
        {
          const int v = y + k / 3 - 1, u = x + k % 3 - 1;
          if (v < 0 || v >= job->height || u < 0 || u >= job->width)
            continue;
          for (int c = 0; c < inputs; c++)
            sum += (double) job->input[((gsize) v * job->width + u) * inputs + c]
                   * job->narrow->weights[((gsize) o * 9 + k) * inputs + c];
        }
      job->output[i] = sum;
    }
}
