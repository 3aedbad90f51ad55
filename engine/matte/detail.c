/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Fits and applies the local linear model of the alpha. Window sums run along the columns, then along the
 * row, so that the time does not depend on the window. Most of a picture is all background or all person: there the
 * model is the alpha, whatever the colours, and nothing is summed. */
#include "matte/detail.h"

#include "kernel/team.h"
#include "memory.h"

#include <string.h>

/* A window has 2 * RADIUS + 1 cells a side. Larger ones see more of each colour, smaller ones mix fewer
 * pairs of colours. */
#define RADIUS 3

/* Variance of a colour under which it says nothing about alpha (the paper's epsilon). */
#define EPSILON 1e-4

/* Alphas count as soft in full between about 0.07 and 0.93. */
#define SOFT_GAIN 16.0f

/* Cells, or pixels, a side of the squares in which all is worked out or nothing. */
#define TILE 32

/* Sums over a window: count, R, G, B, alpha, RR, RG, RB, GG, GB, BB, R alpha, G alpha, B alpha. */
#define N_SUMS 14

/* The maps of one fit. */
typedef struct
{
  int width, height;
  const float *rgb; /* [3][height][width] */
  const float *gain, *offset;
  const float *alpha; /* [height][width] */
  float *means;       /* [4][height][width], the result; zero at first */
} Fit;

/* Some cells of the maps: rows top..bottom - 1, columns left..right - 1. */
typedef struct
{
  int top, bottom, left, right;
} Cells;

/* What a tile's models are made of: one for each window that holds one of its cells. */
typedef struct
{
  const Fit *fit;
  Cells windows;
  float models[4][(TILE + 2 * RADIUS) * (TILE + 2 * RADIUS)];
} Tile;

/* Window sums of some terms of each cell and what becomes of them. */
typedef struct
{
  int n_terms;
  void (*get_terms) (const Tile *tile, int x, int y, double *terms);
  void (*put) (Tile *tile, const double *window, int x, int y);
} Sums;

static void
get_moments (const Tile *tile, int x, int y, double *terms)
{
  const Fit *fit = tile->fit;
  const gsize plane = (gsize) fit->width * fit->height, cell = (gsize) y * fit->width + x;
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

static int
locate (const Tile *tile, int x, int y)
{
  return (y - tile->windows.top) * (TILE + 2 * RADIUS) + (x - tile->windows.left);
}

static void
get_model (const Tile *tile, int x, int y, double *terms)
{
  terms[0] = 1.0;
  for (int i = 0; i < 4; i++)
    terms[i + 1] = tile->models[i][locate (tile, x, y)];
}

static Cells
grow (const Cells *cells, int margin, const Fit *fit)
{
  return (Cells){ MAX (cells->top - margin, 0), MIN (cells->bottom + margin, fit->height),
                  MAX (cells->left - margin, 0), MIN (cells->right + margin, fit->width) };
}

/* Adds the terms of a row, times sign, to those of its columns: [right - left][n_terms]. */
static void
add_row (const Sums *self, const Tile *tile, const Cells *around, int y, double sign,
         double *columns)
{
  double terms[N_SUMS];
  if (y < around->top || y >= around->bottom)
    return;
  for (int x = around->left; x < around->right; x++, columns += self->n_terms)
    {
      self->get_terms (tile, x, y, terms);
      for (int i = 0; i < self->n_terms; i++)
        columns[i] += sign * terms[i];
    }
}

static void
add_column (const double *columns, int n_terms, const Cells *around, int x, double sign,
            double *window)
{
  if (x >= around->left && x < around->right)
    for (int i = 0; i < n_terms; i++)
      window[i] += sign * columns[(x - around->left) * n_terms + i];
}

/* Puts what becomes of the sums over the window around each cell. */
static void
sum_windows (const Sums *self, Tile *tile, const Cells *cells)
{
  const int n_terms = self->n_terms;
  const Cells around = grow (cells, RADIUS, tile->fit);
  double columns[N_SUMS * (TILE + 4 * RADIUS)] = { 0.0 };
  for (int y = cells->top - RADIUS; y < cells->top + RADIUS; y++)
    add_row (self, tile, &around, y, 1.0, columns);
  for (int y = cells->top; y < cells->bottom; y++)
    {
      double window[N_SUMS] = { 0.0 };
      add_row (self, tile, &around, y + RADIUS, 1.0, columns);
      for (int x = cells->left - RADIUS; x < cells->left + RADIUS; x++)
        add_column (columns, n_terms, &around, x, 1.0, window);
      for (int x = cells->left; x < cells->right; x++)
        {
          add_column (columns, n_terms, &around, x + RADIUS, 1.0, window);
          self->put (tile, window, x, y);
          add_column (columns, n_terms, &around, x - RADIUS, -1.0, window);
        }
      add_row (self, tile, &around, y - RADIUS, -1.0, columns);
    }
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
put_regression (Tile *tile, const double *window, int x, int y)
{
  const double count = window[0], alpha = window[4] / count;
  const int cell = locate (tile, x, y);
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
      tile->models[i][cell] = (float) slopes[i];
      rest -= slopes[i] * mean[i];
    }
  tile->models[3][cell] = (float) rest;
}

static void
put_mean (Tile *tile, const double *window, int x, int y)
{
  const Fit *fit = tile->fit;
  const gsize plane = (gsize) fit->width * fit->height, cell = (gsize) y * fit->width + x;
  for (int i = 0; i < 4; i++)
    fit->means[i * plane + cell] = (float) (window[i + 1] / window[0]);
}

static gboolean
is_flat (const Fit *fit, const Cells *cells)
{
  const float alpha = fit->alpha[(gsize) cells->top * fit->width + cells->left];
  for (int y = cells->top; y < cells->bottom; y++)
    for (int x = cells->left; x < cells->right; x++)
      if (fit->alpha[(gsize) y * fit->width + x] != alpha)
        return FALSE;
  return TRUE;
}

/* The model of an alpha that does not change: no slopes. */
static void
put_flat (const Fit *fit, const Cells *cells)
{
  float *rest = fit->means + 3 * (gsize) fit->width * fit->height;
  for (int y = cells->top; y < cells->bottom; y++)
    {
      const gsize first = (gsize) y * fit->width + cells->left;
      memcpy (rest + first, fit->alpha + first, sizeof (float) * (cells->right - cells->left));
    }
}

static void
fit_tile (const Fit *fit, const Cells *cells)
{
  static const Sums regressions = { N_SUMS, get_moments, put_regression };
  static const Sums averages = { 5, get_model, put_mean };
  const Cells seen = grow (cells, 2 * RADIUS, fit);
  if (is_flat (fit, &seen))
    {
      put_flat (fit, cells);
      return;
    }
  Tile tile;
  tile.fit = fit;
  tile.windows = grow (cells, RADIUS, fit);
  sum_windows (&regressions, &tile, &tile.windows);
  sum_windows (&averages, &tile, cells);
}

static void
fit_row (int row, int worker G_GNUC_UNUSED, gpointer data)
{
  const Fit *fit = data;
  for (int left = 0; left < fit->width; left += TILE)
    fit_tile (fit, &(Cells){ row * TILE, MIN ((row + 1) * TILE, fit->height), left,
                             MIN (left + TILE, fit->width) });
}

gboolean
p3m_detail_fit (P3mMatte *matte, const float *rgb, const float gain[3], const float offset[3],
                GError **error)
{
  const gsize plane = (gsize) matte->alpha_width * matte->alpha_height;
  g_autofree float *alpha = p3m_try_alloc (error, sizeof (float), 1, plane);
  float *means = alpha ? p3m_try_alloc_zeroed (error, sizeof (float), 4, plane) : NULL;
  if (!means || !p3m_matte_render_padded (matte, alpha, error))
    {
      g_free (means);
      return FALSE;
    }
  Fit fit = { matte->alpha_width, matte->alpha_height, rgb, gain, offset, alpha, means };
  g_autoptr (P3mTeam) team = p3m_team_new (matte->threads, NULL);
  p3m_team_run (team, (fit.height + TILE - 1) / TILE, fit_row, &fit, NULL, NULL);
  g_free (matte->model);
  matte->model = means;
  return TRUE;
}

/* NaN counts as 0, as when the network saw it. */
static float
clamp (float value)
{
  return value > 0.0f ? MIN (value, 1.0f) : 0.0f;
}

static float
get_softness (float alpha)
{
  return MIN (SOFT_GAIN * alpha * (1.0f - alpha), 1.0f);
}

/* Does p3m_detail_add() in a part of the area, of at most TILE x TILE px. */
static gboolean
add_to_tile (const P3mMatte *matte, float amount, int width, int height, const P3mRectangle *area,
             const P3mRectangle *tile, const float *rgb, float *alpha, GError **error)
{
  const gsize first = (gsize) (tile->y - area->y) * area->width + (tile->x - area->x);
  const int count = tile->width * tile->height;
  float model[4 * TILE * TILE];
  if (!p3m_matte_resize_maps (matte, matte->model, 4, width, height, tile, model, error))
    return FALSE;
  for (int y = 0; y < tile->height; y++)
    for (int x = 0; x < tile->width; x++)
      {
        const int i = y * tile->width + x;
        const gsize pixel = first + (gsize) y * area->width + x;
        float sum = model[3 * count + i];
        for (int channel = 0; channel < 3; channel++)
          sum += model[channel * count + i] * clamp (rgb[3 * pixel + channel]);
        alpha[pixel] += amount * get_softness (alpha[pixel]) * (clamp (sum) - alpha[pixel]);
      }
  return TRUE;
}

static gboolean
is_soft (const P3mRectangle *area, const P3mRectangle *tile, const float *alpha)
{
  for (int y = tile->y; y < tile->y + tile->height; y++)
    {
      const float *row = alpha + (gsize) (y - area->y) * area->width + (tile->x - area->x);
      for (int x = 0; x < tile->width; x++)
        if (get_softness (row[x]) > 0.0f)
          return TRUE;
    }
  return FALSE;
}

gboolean
p3m_detail_add (const P3mMatte *matte, double amount, int width, int height,
                const P3mRectangle *area, const float *rgb, float *alpha, GError **error)
{
  const int right = area->x + area->width, bottom = area->y + area->height;
  for (int y = area->y; y < bottom; y += TILE)
    for (int x = area->x; x < right; x += TILE)
      {
        const P3mRectangle tile = { x, y, MIN (TILE, right - x), MIN (TILE, bottom - y) };
        if (is_soft (area, &tile, alpha)
            && !add_to_tile (matte, (float) amount, width, height, area, &tile, rgb, alpha, error))
          return FALSE;
      }
  return TRUE;
}
