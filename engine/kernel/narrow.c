/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* 3x3 convolution to one to four channels: a dot product for each. */
#include "kernel.h"

#include <string.h>

enum
{
  LANES = 8,
  BLOCK_ROWS = 4
};

typedef float Lanes __attribute__ ((vector_size (LANES * sizeof (float)), aligned (4)));

static float
sum_lanes (const float *v)
{
  return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
}

static float
dot (const float *a, const float *b, gsize count)
{
  Lanes sums = { 0 };
  float rest = 0.0f;
  gsize i = 0;
  for (; i + LANES <= count; i += LANES)
    sums += *(const Lanes *) (a + i) * *(const Lanes *) (b + i);
  for (; i < count; i++)
    rest += a[i] * b[i];
  return sum_lanes ((const float *) &sums) + rest;
}

void
p3m_narrow_pixel (const P3mNarrow *narrow, const float *pixel, gsize stride, int top, int bottom,
                  int left, int right, float *output)
{
  const gsize inputs = narrow->inputs;
  for (int o = 0; o < narrow->outputs; o++)
    {
      const float *weights = narrow->weights + o * 9 * inputs;
      float sum = narrow->bias[o];
      for (int row = top; row <= bottom; row++)
        sum += dot (pixel + (row - 1) * (gssize) stride + (left - 1) * (gssize) inputs,
                    weights + (row * 3 + left) * inputs, (right - left + 1) * inputs);
      output[o] = sum;
    }
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
