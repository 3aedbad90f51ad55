/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Fits and applies the local linear model of the alpha. Window sums run along the columns, then along the
 * row, so that the time does not depend on the window. */
#include "matte/detail.h"

#include "bands.h"
#include "memory.h"

/* A window has 2 * RADIUS + 1 cells a side. Larger ones see more of each colour, smaller ones mix fewer
 * pairs of colours. */
#define RADIUS 3

/* Variance of a colour under which it says nothing about alpha (the paper's epsilon). */
#define EPSILON 1e-4

/* Alphas count as soft in full between about 0.07 and 0.93. */
#define SOFT_GAIN 16.0f

/* Rows that a thread is worth. */
#define LEAST_ROWS 64

/* Sums over a window: count, R, G, B, alpha, RR, RG, RB, GG, GB, BB, R alpha, G alpha, B alpha. */
#define N_SUMS 14

/* The maps from which window sums are taken. */
typedef struct
{
  int width, height;
  const float *rgb; /* [3][height][width] */
  const float *gain, *offset;
  const float *alpha; /* [height][width] */
  float *models;      /* [4][height][width], one for each window */
} Fit;

/* Window sums of some terms of each cell and what becomes of them. */
typedef struct
{
  Fit maps;
  int n_terms;
  void (*get_terms) (const Fit *fit, gsize cell, double *terms);
  void (*put) (const double *window, gsize cell, gsize plane, float *result);
  float *result;
} Windows;

static void
get_moments (const Fit *fit, gsize cell, double *terms)
{
  const gsize plane = (gsize) fit->width * fit->height;
  double colour[3];
  for (int i = 0; i < 3; i++)
    colour[i] = fit->rgb[i * plane + cell] * fit->gain[i] + fit->offset[i];
  const double alpha = fit->alpha[cell];
  *terms++ = 1.0;
  for (int i = 0; i < 3; i++)
    *terms++ = colour[i];
  *terms++ = alpha;
  for (int i = 0; i < 3; i++)
    for (int k = i; k < 3; k++)
      *terms++ = colour[i] * colour[k];
  for (int i = 0; i < 3; i++)
    *terms++ = colour[i] * alpha;
}

static void
get_model (const Fit *fit, gsize cell, double *terms)
{
  const gsize plane = (gsize) fit->width * fit->height;
  terms[0] = 1.0;
  for (int i = 0; i < 4; i++)
    terms[i + 1] = fit->models[i * plane + cell];
}

/* Adds the terms of a row, times sign, to those of its columns: [width][n_terms]. */
static void
add_row (const Windows *self, int y, double sign, double *columns)
{
  const Fit *maps = &self->maps;
  double terms[N_SUMS];
  if (y < 0 || y >= maps->height)
    return;
  for (int x = 0; x < maps->width; x++)
    {
      self->get_terms (maps, (gsize) y * maps->width + x, terms);
      for (int i = 0; i < self->n_terms; i++)
        columns[x * self->n_terms + i] += sign * terms[i];
    }
}

static void
add_column (const double *columns, int n_terms, int width, int x, double sign, double *window)
{
  if (x >= 0 && x < width)
    for (int i = 0; i < n_terms; i++)
      window[i] += sign * columns[x * n_terms + i];
}

/* Puts what becomes of the sums over the window around each cell of some rows. */
static gboolean
sum_band (const P3mRectangle *band, gpointer data, GError **error)
{
  const Windows *self = data;
  const int n_terms = self->n_terms, width = band->width;
  const gsize plane = (gsize) width * self->maps.height;
  g_autofree double *columns = p3m_try_alloc (error, sizeof (double), n_terms, width);
  if (!columns)
    return FALSE;
  for (int i = 0; i < n_terms * width; i++)
    columns[i] = 0.0;
  for (int y = band->y - RADIUS; y < band->y + RADIUS; y++)
    add_row (self, y, 1.0, columns);
  for (int y = band->y; y < band->y + band->height; y++)
    {
      double window[N_SUMS] = { 0.0 };
      add_row (self, y + RADIUS, 1.0, columns);
      for (int x = 0; x < RADIUS; x++)
        add_column (columns, n_terms, width, x, 1.0, window);
      for (int x = 0; x < width; x++)
        {
          add_column (columns, n_terms, width, x + RADIUS, 1.0, window);
          add_column (columns, n_terms, width, x - RADIUS - 1, -1.0, window);
          self->put (window, (gsize) y * width + x, plane, self->result);
        }
      add_row (self, y - RADIUS, -1.0, columns);
    }
  return TRUE;
}

static gboolean
sum_windows (Windows *self, int threads, GError **error)
{
  const P3mRectangle all = { 0, 0, self->maps.width, self->maps.height };
  return p3m_bands_run (&all, threads, LEAST_ROWS, 1, sum_band, self, error);
}

/* Solves the symmetric 3x3 system m x = v, m = { RR, RG, RB, GG, GB, BB } positive definite, by its
 * adjoint. */
static void
solve_symmetric (const double m[6], const double v[3], double x[3])
{
  const double a = m[3] * m[5] - m[4] * m[4];
  const double b = m[2] * m[4] - m[1] * m[5];
  const double c = m[1] * m[4] - m[2] * m[3];
  const double d = m[0] * m[5] - m[2] * m[2];
  const double e = m[1] * m[2] - m[0] * m[4];
  const double f = m[0] * m[3] - m[1] * m[1];
  const double determinant = m[0] * a + m[1] * b + m[2] * c;
  x[0] = (a * v[0] + b * v[1] + c * v[2]) / determinant;
  x[1] = (b * v[0] + d * v[1] + e * v[2]) / determinant;
  x[2] = (c * v[0] + e * v[1] + f * v[2]) / determinant;
}

/* The linear regression of one window (equations 5 and 6, in colour 19 and 20). */
static void
put_regression (const double *window, gsize cell, gsize plane, float *models)
{
  const double count = window[0], alpha = window[4] / count;
  double mean[3], covariances[3], variances[6], slopes[3];
  for (int i = 0; i < 3; i++)
    mean[i] = window[1 + i] / count;
  for (int i = 0, n = 0; i < 3; i++)
    {
      covariances[i] = window[11 + i] / count - mean[i] * alpha;
      for (int k = i; k < 3; k++, n++)
        variances[n] = window[5 + n] / count - mean[i] * mean[k] + (i == k ? EPSILON : 0.0);
    }
  solve_symmetric (variances, covariances, slopes);
  double rest = alpha;
  for (int i = 0; i < 3; i++)
    {
      models[i * plane + cell] = (float) slopes[i];
      rest -= slopes[i] * mean[i];
    }
  models[3 * plane + cell] = (float) rest;
}

static void
put_mean (const double *window, gsize cell, gsize plane, float *models)
{
  for (int i = 0; i < 4; i++)
    models[i * plane + cell] = (float) (window[i + 1] / window[0]);
}

gboolean
p3m_detail_fit (P3mMatte *matte, const float *rgb, const float gain[3], const float offset[3],
                GError **error)
{
  Fit fit = { matte->alpha_width, matte->alpha_height, rgb, gain, offset, NULL, NULL };
  const gsize plane = (gsize) fit.width * fit.height;
  g_autofree float *alpha = p3m_try_alloc (error, sizeof (float), 1, plane);
  g_autofree float *models = alpha ? p3m_try_alloc (error, sizeof (float), 4, plane) : NULL;
  g_autofree float *means = models ? p3m_try_alloc (error, sizeof (float), 4, plane) : NULL;
  if (!means || !p3m_matte_render_padded (matte, alpha, error))
    return FALSE;
  fit.alpha = alpha;
  fit.models = models;
  Windows regressions = { fit, N_SUMS, get_moments, put_regression, models };
  Windows averages = { fit, 5, get_model, put_mean, means };
  if (!sum_windows (&regressions, matte->threads, error)
      || !sum_windows (&averages, matte->threads, error))
    return FALSE;
  g_free (matte->model);
  matte->model = g_steal_pointer (&means);
  return TRUE;
}

/* NaN counts as 0, as when the network saw it. */
static float
clamp (float value)
{
  return value > 0.0f ? MIN (value, 1.0f) : 0.0f;
}

gboolean
p3m_detail_add (const P3mMatte *matte, double amount, int width, int height,
                const P3mRectangle *area, const float *rgb, float *alpha, GError **error)
{
  const gsize count = (gsize) area->width * area->height;
  const gsize plane = (gsize) matte->alpha_width * matte->alpha_height;
  g_autofree float *sum = p3m_try_alloc (error, sizeof (float), 2, count);
  if (!sum)
    return FALSE;
  float *slope = sum + count;
  if (!p3m_matte_resize_map (matte, matte->model + 3 * plane, width, height, area, sum, error))
    return FALSE;
  for (int channel = 0; channel < 3; channel++)
    {
      if (!p3m_matte_resize_map (matte, matte->model + channel * plane, width, height, area, slope,
                                 error))
        return FALSE;
      for (gsize i = 0; i < count; i++)
        sum[i] += slope[i] * clamp (rgb[3 * i + channel]);
    }
  for (gsize i = 0; i < count; i++)
    {
      const float soft = MIN (SOFT_GAIN * alpha[i] * (1.0f - alpha[i]), 1.0f);
      alpha[i] += (float) amount * soft * (clamp (sum[i]) - alpha[i]);
    }
  return TRUE;
}
