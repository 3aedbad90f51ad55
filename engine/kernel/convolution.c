/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Convolution: from a method to its kernel and its order of weights, and the plain twin of all of them. */
#include "kernel.h"

#include <string.h>

#include "winograd.h"

P3mWork
p3m_convolution_work (const P3mConvolutionJob *job)
{
  switch (job->convolution->method)
    {
    case P3M_METHOD_DIRECT:
      return p3m_direct_work (job);
    case P3M_METHOD_WINOGRAD:
    case P3M_METHOD_WINOGRAD_LATE:
      return p3m_winograd_work (job);
    default:
      return p3m_blas_work (job);
    }
}

gsize
p3m_convolution_count_weights (P3mMethod method, int size, int inputs, int outputs)
{
  const gsize padded = (gsize) (outputs + P3M_PANEL - 1) / P3M_PANEL * P3M_PANEL;
  if (method == P3M_METHOD_WINOGRAD)
    return P3M_WINOGRAD_POINTS * padded * inputs;
  return (method == P3M_METHOD_BLAS ? (gsize) outputs : padded) * size * size * inputs;
}

/* BLAS: [size][size][inputs][outputs]; direct and late: [panels][size][size][inputs][panel]. */
void
p3m_convolution_put_kernels (P3mMethod method, int size, int inputs, int outputs, int input,
                             int output, const double *kernels, float *weights)
{
  const int taps = size * size;
  if (method == P3M_METHOD_WINOGRAD)
    {
      p3m_winograd_put_kernels (inputs, outputs, input, output, kernels, weights);
      return;
    }
  for (int tap = 0; tap < taps; tap++, kernels += P3M_PANEL)
    if (method != P3M_METHOD_BLAS)
      for (int k = 0; k < P3M_PANEL; k++)
        weights[((gsize) output * taps + (gsize) tap * P3M_PANEL) * inputs
                + (gsize) input * P3M_PANEL + k]
            = kernels[k];
    else
      for (int k = 0; k < MIN (P3M_PANEL, outputs - output); k++)
        weights[((gsize) tap * inputs + input) * outputs + output + k] = kernels[k];
}

void
p3m_convolution_gather (const P3mConvolutionJob *job, int y, int x, float *values)
{
  for (int i = 0; i < job->n_parts; i++)
    {
      const P3mPart *part = &job->parts[i];
      if (part->index)
        p3m_unpool_pixel (part, job->height, job->width, y, x, values);
      else
        memcpy (values, part->values + ((gsize) y * job->width + x) * part->channels,
                part->channels * sizeof (float));
      values += part->channels;
    }
}
