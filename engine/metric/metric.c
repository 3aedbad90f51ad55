/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The distances of a matte from the truth that the benchmark of P3M-10k reports. */
#include "metric/metric.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* Sums over the pixels of one region. */
typedef struct
{
  double absolute;
  double squared;
  gsize pixels;
} Sums;

static void
sums_add (Sums *sums, double prediction, double truth)
{
  const double distance = prediction - truth;
  sums->absolute += fabs (distance);
  sums->squared += distance * distance;
  sums->pixels++;
}

static void
measure_whole (const double *prediction, const double *truth, gsize count, P3mMetrics *metrics)
{
  Sums whole = { 0 };
  for (gsize i = 0; i < count; i++)
    sums_add (&whole, prediction[i], truth[i]);
  metrics->sad = whole.absolute / 1000.0;
  metrics->mse = whole.squared / (double) count;
  metrics->mad = whole.absolute / (double) count;
}

/* The published transition errors run over the whole picture with the prediction set to 0 and 1 where
 * the trimap is sure, and divide by the transition pixels only. */
static void
measure_regions (const double *prediction, const double *truth, const guint8 *trimap, gsize count,
                 P3mMetrics *metrics)
{
  Sums transition = { 0 }, foreground = { 0 }, background = { 0 };
  gsize unsure = 0;
  for (gsize i = 0; i < count; i++)
    {
      const gboolean inside = trimap[i] == 255, outside = trimap[i] == 0;
      if (inside)
        sums_add (&foreground, prediction[i], truth[i]);
      else if (outside)
        sums_add (&background, prediction[i], truth[i]);
      sums_add (&transition, inside ? 1.0 : outside ? 0.0 : prediction[i], truth[i]);
      unsure += trimap[i] == 128;
    }
  metrics->sad_trimap = transition.absolute / 1000.0;
  metrics->sad_fg = foreground.absolute / 1000.0;
  metrics->sad_bg = background.absolute / 1000.0;
  metrics->has_transition = unsure > 0;
  if (unsure > 0)
    {
      metrics->mse_trimap = transition.squared / (double) unsure;
      metrics->mad_trimap = transition.absolute / (double) unsure;
    }
}

gboolean
p3m_metrics_compute (const double *prediction, const double *truth, const guint8 *trimap, int width,
                     int height, P3mMetrics *metrics, GError **error)
{
  if (width < 1 || height < 1)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("The picture is empty."));
      return FALSE;
    }
  const gsize count = (gsize) width * height;
  if (count > G_MAXUINT32)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                           _ ("The picture is too large to be measured."));
      return FALSE;
    }
  *metrics = (P3mMetrics){ .has_trimap = trimap != NULL };
  measure_whole (prediction, truth, count, metrics);
  if (trimap)
    measure_regions (prediction, truth, trimap, count, metrics);
  return p3m_metric_gradient (prediction, truth, width, height, &metrics->grad, error)
         && p3m_metric_connectivity (prediction, truth, width, height, &metrics->conn, error);
}
