/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The gradient error: row by row, down the columns first, so that it needs memory for a few rows only. */
#include "metric/metric.h"

#include "memory.h"

#include <math.h>

#define SIGMA 1.4

/* The Gaussian is cut at 4 sigma. */
#define RADIUS 6

/* The Gaussian and the magnitude of its derivative at 0..RADIUS px from the centre. */
typedef struct
{
  double smooth[RADIUS + 1];
  double slope[RADIUS + 1];
} Kernel;

/* Two rows of one picture after the pass down the columns, with RADIUS px more at both ends. */
typedef struct
{
  double *smooth;
  double *slope;
} Lines;

static Kernel
kernel_new (void)
{
  Kernel kernel;
  double total = 0.0;
  for (int k = 0; k <= RADIUS; k++)
    {
      kernel.smooth[k] = exp (-0.5 * k * k / (SIGMA * SIGMA));
      total += (k ? 2.0 : 1.0) * kernel.smooth[k];
    }
  for (int k = 0; k <= RADIUS; k++)
    {
      kernel.smooth[k] /= total;
      kernel.slope[k] = kernel.smooth[k] * k / (SIGMA * SIGMA);
    }
  return kernel;
}

/* d c b a | a b c d | d c b a */
static int
reflect (int i, int length)
{
  const int period = 2 * length;
  i %= period;
  if (i < 0)
    i += period;
  return i < length ? i : period - 1 - i;
}

static void
extend (double *line, int width)
{
  for (int k = 1; k <= RADIUS; k++)
    {
      line[RADIUS - k] = line[RADIUS + reflect (-k, width)];
      line[RADIUS + width - 1 + k] = line[RADIUS + reflect (width - 1 + k, width)];
    }
}

static void
pass_down (const Kernel *kernel, const double *alpha, int width, int height, int y, Lines *lines)
{
  double *smooth = lines->smooth + RADIUS, *slope = lines->slope + RADIUS;
  const double *centre = alpha + (gsize) y * width;
  for (int x = 0; x < width; x++)
    {
      smooth[x] = kernel->smooth[0] * centre[x];
      slope[x] = 0.0;
    }
  for (int k = 1; k <= RADIUS; k++)
    {
      const double *above = alpha + (gsize) reflect (y - k, height) * width;
      const double *below = alpha + (gsize) reflect (y + k, height) * width;
      for (int x = 0; x < width; x++)
        {
          smooth[x] += kernel->smooth[k] * (below[x] + above[x]);
          slope[x] += kernel->slope[k] * (below[x] - above[x]);
        }
    }
  extend (lines->smooth, width);
  extend (lines->slope, width);
}

static double
magnitude (const Kernel *kernel, const Lines *lines, int x)
{
  const double *smooth = lines->smooth + RADIUS + x, *slope = lines->slope + RADIUS + x;
  double across = 0.0, down = kernel->smooth[0] * slope[0];
  for (int k = 1; k <= RADIUS; k++)
    {
      across += kernel->slope[k] * (smooth[k] - smooth[-k]);
      down += kernel->smooth[k] * (slope[k] + slope[-k]);
    }
  return sqrt (across * across + down * down);
}

gboolean
p3m_metric_gradient (const double *prediction, const double *truth, int width, int height,
                     double *value, GError **error)
{
  const gsize length = (gsize) width + 2 * RADIUS;
  g_autofree double *block = p3m_try_alloc (error, sizeof (double), 4, length);
  if (!block)
    return FALSE;
  const Kernel kernel = kernel_new ();
  Lines predicted = { block, block + length };
  Lines true_lines = { block + 2 * length, block + 3 * length };
  double sum = 0.0;
  for (int y = 0; y < height; y++)
    {
      pass_down (&kernel, prediction, width, height, y, &predicted);
      pass_down (&kernel, truth, width, height, y, &true_lines);
      for (int x = 0; x < width; x++)
        {
          const double distance
              = magnitude (&kernel, &predicted, x) - magnitude (&kernel, &true_lines, x);
          sum += distance * distance;
        }
    }
  *value = sum / 10.0;
  return TRUE;
}
