/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The stem's weights, plain and transformed. */
#include "stem.h"

enum
{
  PANEL = P3M_STEM_PANEL,
  POINTS = P3M_STEM_POINTS
};

/* The transform of four taps, weights of each tap for each point. */
static void
get_transform (double weights[POINTS][P3M_STEM_HALF])
{
  for (int i = 0; i < POINTS - 1; i++)
    {
      const double root = p3m_stem_roots[i / 2], point = i % 2 ? -root : root;
      double scale = 1.0 / (2.0 * point);
      for (int k = 0; k < 3; k++)
        if (k != i / 2)
          scale /= root * root - (double) p3m_stem_roots[k] * p3m_stem_roots[k];
      for (int k = 0; k < P3M_STEM_HALF; k++, scale *= point)
        weights[i][k] = scale;
    }
  for (int k = 0; k < P3M_STEM_HALF; k++)
    weights[POINTS - 1][k] = k == P3M_STEM_HALF - 1;
}

gsize
p3m_stem_count_weights (int outputs)
{
  const gsize padded = (gsize) (outputs + PANEL - 1) / PANEL * PANEL;
  return padded * (P3M_STEM_TAPS + POINTS * P3M_STEM_POINT_TAPS);
}

void
p3m_stem_put_kernels (int outputs, int input, int output, const double *kernels, float *weights)
{
  const gsize panels = (outputs + PANEL - 1) / PANEL, panel = output / PANEL;
  float *plain = weights + panel * P3M_STEM_TAPS * PANEL;
  float *points = weights + (panels * P3M_STEM_TAPS + panel * POINTS * P3M_STEM_POINT_TAPS) * PANEL;
  double transform[POINTS][P3M_STEM_HALF];
  get_transform (transform);
  for (int i = 0; i < 7 * 7 * PANEL; i++)
    {
      const int row = i / PANEL / 7, column = i / PANEL % 7, k = i % PANEL;
      plain[((column * 3 + input) * 7 + row) * PANEL + k] = kernels[i];
    }
  for (int i = 0; i < POINTS * 2 * 7 * PANEL; i++)
    {
      const int k = i % PANEL, row = i / PANEL % 7, half = i / PANEL / 7 % 2;
      const int point = i / PANEL / 7 / 2;
      double sum = 0.0;
      for (int tap = 0; tap < MIN (P3M_STEM_HALF, 7 - half * P3M_STEM_HALF); tap++)
        sum += transform[point][tap] * kernels[(row * 7 + half * P3M_STEM_HALF + tap) * PANEL + k];
      points[(point * P3M_STEM_POINT_TAPS + (half * 3 + input) * 7 + row) * PANEL + k] = sum;
    }
}
