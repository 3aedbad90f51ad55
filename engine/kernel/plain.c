/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The plain twins of all kernels: what each of them computes, in few lines. */
#include "kernel.h"

#include <math.h>
#include <string.h>

float
p3m_sigmoid (float x)
{
  const float e = expf (-fabsf (x));
  return (x >= 0.0f ? 1.0f : e) / (1.0f + e);
}

static float
finish_plain (P3mActivation activation, float sum, float residual)
{
  if (activation == P3M_ACTIVATION_ADD_RELU)
    return MAX (sum + residual, 0.0f);
  if (activation == P3M_ACTIVATION_RELU_ADD)
    return MAX (sum, 0.0f) + residual;
  return activation == P3M_ACTIVATION_RELU ? MAX (sum, 0.0f) : sum;
}

/* One output before its activation, summed in double. */
static double
sum_plain (const P3mConvolutionJob *job, const float *weights, const float *input, int y, int x,
           int output)
{
  const P3mConvolution *convolution = job->convolution;
  const int size = convolution->size, inputs = convolution->inputs;
  double sum = convolution->bias[output];
  for (int row = 0; row < size; row++)
    for (int column = 0; column < size; column++)
      {
        const int v = y + row - size / 2, u = x + column - size / 2;
        if (v < 0 || v >= job->height || u < 0 || u >= job->width)
          continue;
        for (int i = 0; i < inputs; i++)
          sum += (double) input[((gsize) v * job->width + u) * inputs + i]
                 * weights[((gsize) (row * size + column) * inputs + i) * convolution->outputs
                           + output];
      }
  return sum;
}

void
p3m_convolution_plain (const P3mConvolutionJob *job, const float *weights)
{
  const int inputs = job->convolution->inputs, outputs = job->convolution->outputs;
  g_autofree float *input = g_new (float, (gsize) job->height * job->width * inputs);
  for (int y = 0; y < job->height; y++)
    for (int x = 0; x < job->width; x++)
      p3m_convolution_gather (job, y, x, input + ((gsize) y * job->width + x) * inputs);
  for (int y = 0; y < job->height; y++)
    for (int x = 0; x < job->width; x++)
      for (int o = 0; o < outputs; o++)
        {
          const gsize at = ((gsize) y * job->width + x) * outputs + o;
          const float sum = sum_plain (job, weights, input, y, x, o);
          job->output[at]
              = finish_plain (job->activation, sum, job->residual ? job->residual[at] : 0.0f);
        }
}

void
p3m_head_plain (const P3mHeadJob *job)
{
  const P3mPart part = { job->input, job->index, job->narrow->inputs };
  const gsize pixels = (gsize) job->height * job->width;
  g_autofree float *unpooled = g_new (float, pixels *part.channels);
  g_autofree float *sums = g_new (float, pixels);
  p3m_unpool_plain (&part, job->height, job->width, unpooled);
  p3m_narrow_plain (&(P3mNarrowJob){ .narrow = job->narrow,
                                     .input = unpooled,
                                     .height = job->height,
                                     .width = job->width,
                                     .output = sums });
  for (gsize i = 0; i < pixels; i++)
    {
      const float local = 1.0 / (1.0 + exp (-(double) sums[i]));
      if (job->local)
        job->local[i] = local;
      if (job->alpha)
        job->alpha[i] = job->classes[i] == 1 ? local : job->classes[i] / 2;
    }
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

void
p3m_stem_map_plain (const P3mStem *stem, const float *rgb, int height, int width, float *output)
{
  const int taps = 3 * 7 * 7;
  const gsize count = (gsize) height * width * stem->outputs;
  for (gsize i = 0; i < count; i++)
    {
      const int o = i % stem->outputs, x = i / stem->outputs % width, y = i / stem->outputs / width;
      double sum = stem->bias[o];
      for (int tap = 0; tap < taps; tap++)
        {
          const int v = y + tap % 7 - 3, u = x + tap / 21 - 3;
          if (v >= 0 && v < height && u >= 0 && u < width)
            sum += (double) rgb[((gsize) (tap / 7 % 3) * height + v) * width + u]
                   * stem->weights[((gsize) (o / P3M_STEM_PANEL) * taps + tap) * P3M_STEM_PANEL
                                   + o % P3M_STEM_PANEL];
        }
      output[i] = MAX (sum, 0.0);
    }
}

void
p3m_stem_plain (const P3mStemJob *job)
{
  const int outputs = job->stem->outputs;
  g_autofree float *map = g_new (float, (gsize) job->height * job->width * outputs);
  p3m_stem_map_plain (job->stem, job->rgb, job->height, job->width, map);
  p3m_pool_plain (&(P3mPoolJob){ .input = map,
                                 .height = job->height,
                                 .width = job->width,
                                 .channels = outputs,
                                 .output = job->pooled,
                                 .index = job->index });
  for (int i = 0; i < 3; i++)
    if (job->sparse[i])
      p3m_sparse_pool_plain (map, job->height, job->width, outputs, 2 << i, job->sparse[i]);
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

void
p3m_upsample_plain (const P3mUpsampleJob *job)
{
  const int height = job->height * job->factor, width = job->width * job->factor;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (int c = 0; c < job->channels; c++)
        {
          const double v = MAX ((y + 0.5) / job->factor - 0.5, 0.0);
          const double u = MAX ((x + 0.5) / job->factor - 0.5, 0.0);
          const int y0 = v, x0 = u;
          const int y1 = MIN (y0 + 1, job->height - 1), x1 = MIN (x0 + 1, job->width - 1);
#define AT(row, column)                                                                            \
  ((double) job->input[((gsize) (row) *job->width + (column)) * job->channels + c])
          job->output[((gsize) y * width + x) * job->channels + c]
              = (1 - (v - y0)) * ((1 - (u - x0)) * AT (y0, x0) + (u - x0) * AT (y0, x1))
                + (v - y0) * ((1 - (u - x0)) * AT (y1, x0) + (u - x0) * AT (y1, x1));
#undef AT
        }
}

void
p3m_classes_plain (const P3mClassesJob *job)
{
  const gsize plane = (gsize) job->height * job->width * 4;
  g_autofree float *logits = g_new (float, plane * 3);
  p3m_upsample_plain (&(P3mUpsampleJob){ .input = job->input,
                                         .height = job->height,
                                         .width = job->width,
                                         .channels = 3,
                                         .factor = 2,
                                         .output = logits });
  for (gsize i = 0; i < plane; i++)
    {
      if (job->classes)
        job->classes[i] = p3m_classify (logits + i * 3);
      for (int c = 0; c < 3 && job->logits; c++)
        job->logits[c * plane + i] = logits[i * 3 + c];
    }
}
