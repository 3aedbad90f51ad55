/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Convolution as matrix products: im2col of a block of pixels, one kernel row at a time, and OpenBLAS. */
#include "kernel.h"

#include <cblas.h>
#include <string.h>

/* OpenBLAS works on one thread a call; the blocks are shared among our own threads. */
static void
single_thread_blas (void)
{
  static gsize done = 0;
  if (g_once_init_enter (&done))
    {
      openblas_set_num_threads (1);
      g_once_init_leave (&done, 1);
    }
}

/* A block is this many pixels by this many output channels: enough for a matrix product to run near its
 * peak, few enough that a wide layer at 1/32 scale still has blocks for every thread. */
static int
block_pixels (const P3mConvolution *convolution)
{
  return convolution->inputs > 256 ? 128 : 256;
}

static int
block_outputs (const P3mConvolution *convolution)
{
  return MIN (convolution->outputs, 256);
}

/* im2col of kernel row `row` for the pixels first .. first + count: columns [count][size][inputs]. */
static void
gather_row (const P3mConvolutionJob *job, int first, int count, int row, float *columns)
{
  const int size = job->convolution->size, inputs = job->convolution->inputs;
  const gsize length = (gsize) size * inputs;
  for (int i = 0; i < count; i++, columns += length)
    {
      const int y = (first + i) / job->width + row - size / 2;
      const int left = (first + i) % job->width - size / 2;
      if (y < 0 || y >= job->height)
        {
          memset (columns, 0, length * sizeof (float));
          continue;
        }
      if (job->n_parts == 1 && !job->parts[0].index && left >= 0 && left + size <= job->width)
        {
          memcpy (columns, job->parts[0].values + ((gsize) y * job->width + left) * inputs,
                  length * sizeof (float));
          continue;
        }
      for (int k = 0; k < size; k++)
        if (left + k < 0 || left + k >= job->width)
          memset (columns + (gsize) k * inputs, 0, inputs * sizeof (float));
        else
          p3m_convolution_gather (job, y, left + k, columns + (gsize) k * inputs);
    }
}

/* Bias, residual and ReLU of one pixel: sums, residual, output [count]. */
static void
finish_pixel (P3mActivation activation, int count, const float *sums, const float *bias,
              const float *residual, float *output)
{
  switch (activation)
    {
    case P3M_ACTIVATION_NONE:
      for (int i = 0; i < count; i++)
        output[i] = sums[i] + bias[i];
      break;
    case P3M_ACTIVATION_RELU:
      for (int i = 0; i < count; i++)
        output[i] = MAX (sums[i] + bias[i], 0.0f);
      break;
    case P3M_ACTIVATION_ADD_RELU:
      for (int i = 0; i < count; i++)
        output[i] = MAX (sums[i] + bias[i] + residual[i], 0.0f);
      break;
    case P3M_ACTIVATION_RELU_ADD:
      for (int i = 0; i < count; i++)
        output[i] = residual[i] + MAX (sums[i] + bias[i], 0.0f);
      break;
    }
}

static void
blas_block (gconstpointer data, int block, float *scratch)
{
  const P3mConvolutionJob *job = data;
  const P3mConvolution *convolution = job->convolution;
  const int size = convolution->size, outputs = convolution->outputs;
  const int slices = (outputs - 1) / block_outputs (convolution) + 1;
  const int slice = block % slices * block_outputs (convolution);
  const int width = MIN (block_outputs (convolution), outputs - slice);
  const int first = block / slices * block_pixels (convolution);
  const int count = MIN (block_pixels (convolution), job->height * job->width - first);
  const gsize length = (gsize) size * convolution->inputs;
  const gboolean direct = size == 1 && job->n_parts == 1 && !job->parts[0].index;

  float *columns = scratch;
  float *sums = scratch + block_pixels (convolution) * length; /* [count][width] */
  for (int row = 0; row < size; row++)
    {
      if (!direct)
        gather_row (job, first, count, row, columns);
      cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, count, width, length, 1.0f,
                   direct ? job->parts[0].values + first * length : columns, length,
                   convolution->weights + row * length * outputs + slice, outputs,
                   row > 0 ? 1.0f : 0.0f, sums, width);
    }
  for (int i = 0; i < count; i++)
    {
      const gsize at = (gsize) (first + i) * outputs + slice;
      finish_pixel (job->activation, width, sums + (gsize) i * width, convolution->bias + slice,
                    job->residual ? job->residual + at : NULL, job->output + at);
    }
}

P3mWork
p3m_blas_work (const P3mConvolutionJob *job)
{
  const P3mConvolution *convolution = job->convolution;
  const int pixels = block_pixels (convolution);
  const int slices = (convolution->outputs - 1) / block_outputs (convolution) + 1;
  single_thread_blas ();
  return (P3mWork){ .run = blas_block,
                    .blocks = ((job->height * job->width - 1) / pixels + 1) * slices,
                    .scratch
                    = (gsize) pixels
                      * (convolution->size * convolution->inputs + block_outputs (convolution)) };
}
