/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The taps of a resize: a Gaussian and a linear interpolation, convolved and folded at the ends. */
#include "matte/resample.h"

#include <math.h>

/* Positions that differ from a sample centre by rounding only are on it. */
#define SNAP 1e-9

/* scipy.ndimage cuts its Gaussian here, in sigmas. */
#define TRUNCATE 4.0

/* New sample i lies at (i + 0.5) * scale + shift - 0.5 of the old ones. */
typedef struct
{
  const P3mAxis *axis;
  double scale;
  double shift;
  int radius;       /* of the Gaussian, in old samples */
  double *gaussian; /* [2 * radius + 1] */
  double *sums;     /* [2 * radius + 2], scratch: the weights of one tap before folding */
  double *folded;   /* [2 * radius + 2], scratch */
} Operator;

P3mAxis
p3m_axis_new (int length, int minimum)
{
  const int extent = MAX (length, minimum);
  return (P3mAxis){ length, (extent - length) / 2, extent };
}

/* d c b | a b c d | c b a */
static int
fold (int i, int length)
{
  if (length == 1)
    return 0;
  const int period = 2 * (length - 1);
  i %= period;
  if (i < 0)
    i += period;
  return i < length ? i : period - i;
}

static int
fold_to_picture (const P3mAxis *axis, int i)
{
  return fold (fold (i, axis->extent) - axis->before, axis->length);
}

static void
operator_init (Operator *self, const P3mAxis *axis, double scale, double shift)
{
  const double sigma = MAX (0.0, (scale - 1.0) / 2.0);
  *self = (Operator){ axis, scale, shift, (int) (TRUNCATE * sigma + 0.5) };
  self->gaussian = g_new (double, 2 * self->radius + 1);
  self->sums = g_new (double, 2 * self->radius + 2);
  self->folded = g_new (double, 2 * self->radius + 2);

  double total = 0.0;
  for (int k = -self->radius; k <= self->radius; k++)
    {
      const double value = k ? exp (-0.5 * k * k / (sigma * sigma)) : 1.0;
      self->gaussian[k + self->radius] = value;
      total += value;
    }
  for (int k = 0; k <= 2 * self->radius; k++)
    self->gaussian[k] /= total;
}

static void
operator_clear (Operator *self)
{
  g_free (self->gaussian);
  g_free (self->sums);
  g_free (self->folded);
}

/* Writes the weights before folding and returns the sample to which the first of them belongs. */
static int
operator_spread (const Operator *self, int i, int *count)
{
  const double position = (i + 0.5) * self->scale + self->shift - 0.5;
  double whole = floor (position);
  double part = position - whole;
  if (part > 1.0 - SNAP)
    {
      whole += 1.0;
      part = 0.0;
    }
  if (part < SNAP)
    part = 0.0;

  const int width = 2 * self->radius + 1;
  *count = width + (part > 0.0);
  for (int k = 0; k < *count; k++)
    self->sums[k] = (k < width ? self->gaussian[k] * (1.0 - part) : 0.0)
                    + (k > 0 ? self->gaussian[k - 1] * part : 0.0);
  return (int) whole - self->radius;
}

static void
operator_write_tap (const Operator *self, int i, P3mTap *tap)
{
  int count;
  const int start = operator_spread (self, i, &count);
  int first = G_MAXINT, last = -1;
  for (int k = 0; k < count; k++)
    {
      const int sample = fold_to_picture (self->axis, start + k);
      first = MIN (first, sample);
      last = MAX (last, sample);
    }
  for (int k = first; k <= last; k++)
    self->folded[k - first] = 0.0;
  for (int k = 0; k < count; k++)
    self->folded[fold_to_picture (self->axis, start + k) - first] += self->sums[k];
  tap->first = first;
  tap->count = last - first + 1;
  for (int k = 0; k < tap->count; k++)
    tap->weights[k] = (float) self->folded[k];
}

static P3mTaps *
operator_make_taps (Operator *self, int first, int count)
{
  const gsize most = 2 * (gsize) self->radius + 2;
  P3mTaps *taps = g_new (P3mTaps, 1);
  taps->count = count;
  taps->taps = g_new (P3mTap, count);
  taps->weights = g_new (float, most *count);
  float *weights = taps->weights;
  for (int i = 0; i < count; i++)
    {
      taps->taps[i].weights = weights;
      operator_write_tap (self, first + i, &taps->taps[i]);
      weights += taps->taps[i].count;
    }
  return taps;
}

P3mTaps *
p3m_taps_new_to_network (const P3mAxis *axis, double from, double span, int size)
{
  Operator operator;
  operator_init (&operator, axis, span / size, from);
  P3mTaps *taps = operator_make_taps (&operator, 0, size);
  operator_clear (&operator);
  return taps;
}

P3mTaps *
p3m_taps_new_to_picture (const P3mAxis *axis, int size, int whole, int first, int count)
{
  const P3mAxis network = p3m_axis_new (size, 0);
  const double step = (double) size / axis->extent;
  Operator operator;
  operator_init (&operator, & network, step * axis->length / whole, step * axis->before);
  P3mTaps *taps = operator_make_taps (&operator, first, count);
  operator_clear (&operator);
  return taps;
}

void
p3m_taps_free (P3mTaps *taps)
{
  g_free (taps->taps);
  g_free (taps->weights);
  g_free (taps);
}
