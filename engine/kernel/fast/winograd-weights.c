/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Winograd's transform of the weights; winograd.c says what it is. */
#include "fast.h"

#include "kernel/winograd.h"

/* One-dimensional, of a panel of kernels: three weights to six points, `step` apart each. */
static void
transform_kernels (const double (*w)[P3M_PANEL], int step, double (*u)[P3M_PANEL], int u_step)
{
  const double a = A, b = B, near = 1.0 / (2.0 * a * a * (a * a - b * b));
  const double far = 1.0 / (2.0 * b * b * (b * b - a * a)), zero = 1.0 / (a * a * b * b);
  for (int i = 0; i < P3M_PANEL; i++)
    {
      const double w0 = w[0][i], w1 = w[step][i], w2 = w[2 * step][i];
      u[0][i] = w0 * zero;
      u[u_step][i] = (w0 + a * w1 + a * a * w2) * near;
      u[2 * u_step][i] = (w0 - a * w1 + a * a * w2) * near;
      u[3 * u_step][i] = (w0 + b * w1 + b * b * w2) * far;
      u[4 * u_step][i] = (w0 - b * w1 + b * b * w2) * far;
      u[5 * u_step][i] = w2;
    }
}

void
P3M_FAST (p3m_winograd_put_kernels) (int inputs, int outputs, int input, int output,
                                     const double *kernels, float *weights)
{
  const gsize padded = (gsize) (outputs + P3M_PANEL - 1) / P3M_PANEL * P3M_PANEL;
  const double (*const w)[P3M_PANEL] = (const double (*)[P3M_PANEL]) kernels;
  double half[P3M_WINOGRAD_PATCH * 3][P3M_PANEL], points[P3M_WINOGRAD_POINTS][P3M_PANEL];
  for (int i = 0; i < 3; i++)
    transform_kernels (w + i, 3, half + i, 3);
  for (int i = 0; i < P3M_WINOGRAD_PATCH; i++)
    transform_kernels ((const double (*)[P3M_PANEL]) (half + i * 3), 1,
                       points + i * P3M_WINOGRAD_PATCH, 1);
  for (int i = 0; i < P3M_WINOGRAD_POINTS; i++)
    for (int k = 0; k < P3M_PANEL; k++)
      weights[(i * padded + output) * inputs + (gsize) input * P3M_PANEL + k] = points[i][k];
}
