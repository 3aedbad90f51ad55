/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The metrics against answers worked out by hand and by NumPy, SciPy and scikit-image. */
#include "p3m.h"

#include <math.h>

static P3mMetrics
measure (const double *prediction, const double *truth, const guint8 *trimap, int width, int height)
{
  P3mMetrics metrics;
  GError *error = NULL;
  p3m_metrics_compute (prediction, truth, trimap, width, height, &metrics, &error);
  g_assert_no_error (error);
  return metrics;
}

static void
assert_close (double value, double expected)
{
  g_assert_cmpfloat (fabs (value - expected), <=, 1e-8 * MAX (fabs (expected), 1e-4));
}

static double
predicted (int x, int y)
{
  return (x * 7 + y * 13) % 11 / 10.0;
}

static double
true_alpha (int x, int y)
{
  return MIN ((x * 2 + y) % 17 / 12.0, 1.0);
}

static P3mMetrics
measure_pattern (int width, int height)
{
  static const guint8 levels[] = { 0, 128, 255 };
  g_autofree double *prediction = g_new (double, width *height);
  g_autofree double *truth = g_new (double, width *height);
  g_autofree guint8 *trimap = g_new (guint8, width * height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        prediction[y * width + x] = predicted (x, y);
        truth[y * width + x] = true_alpha (x, y);
        trimap[y * width + x] = levels[(x + y) % 3];
      }
  return measure (prediction, truth, trimap, width, height);
}

static void
test_pattern (void)
{
  static const struct
  {
    int width, height;
    double sad, mse, mad, grad, conn, sad_fg, sad_bg, sad_trimap, mse_trimap, mad_trimap;
  } cases[] = {
    { 3, 2, 0.00141666667, 0.121435185, 0.236111111, 3.31492048e-05, 0.0015, 0.000683333333,
      8.33333333e-05, 0.00248333333, 0.739305556, 1.24166667 },
    { 9, 7, 0.0246833333, 0.228769841, 0.391798942, 0.0624315922, 0.0260333333, 0.00868333333,
      0.00768333333, 0.02865, 0.958373016, 1.36428571 },
    { 40, 33, 0.518516667, 0.231101641, 0.392815657, 1.52575914, 0.534283333, 0.173733333,
      0.171966667, 0.612483333, 0.997206439, 1.39200758 },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const P3mMetrics metrics = measure_pattern (cases[i].width, cases[i].height);
      assert_close (metrics.sad, cases[i].sad);
      assert_close (metrics.mse, cases[i].mse);
      assert_close (metrics.mad, cases[i].mad);
      assert_close (metrics.grad, cases[i].grad);
      assert_close (metrics.conn, cases[i].conn);
      assert_close (metrics.sad_fg, cases[i].sad_fg);
      assert_close (metrics.sad_bg, cases[i].sad_bg);
      assert_close (metrics.sad_trimap, cases[i].sad_trimap);
      assert_close (metrics.mse_trimap, cases[i].mse_trimap);
      assert_close (metrics.mad_trimap, cases[i].mad_trimap);
    }
}

static void
test_identical (void)
{
  double alpha[12 * 9];
  guint8 trimap[12 * 9];
  for (int i = 0; i < 12 * 9; i++)
    {
      alpha[i] = i % 5 / 4.0;
      trimap[i] = alpha[i] == 0.0 ? 0 : alpha[i] == 1.0 ? 255 : 128;
    }
  const P3mMetrics metrics = measure (alpha, alpha, trimap, 12, 9);
  g_assert_cmpfloat (metrics.sad, ==, 0.0);
  g_assert_cmpfloat (metrics.mse, ==, 0.0);
  g_assert_cmpfloat (metrics.mad, ==, 0.0);
  g_assert_cmpfloat (metrics.grad, ==, 0.0);
  g_assert_cmpfloat (metrics.conn, ==, 0.0);
  g_assert_cmpfloat (metrics.sad_trimap, ==, 0.0);
  g_assert_true (metrics.has_transition);
  g_assert_cmpfloat (metrics.mse_trimap, ==, 0.0);
}

/* Two regions, the left one larger: the right one is connected at no threshold, so its whole alpha
 * counts; the cell of 0.1 is too close to 0 to count, that of 0.2 is not. */
static void
test_connectivity (void)
{
  const double truth[] = { 1, 1, 1, 0, 1, 1, 0 };
  const double prediction[] = { 1, 1, 1, 0.1, 0.5, 1, 0.2 };
  const P3mMetrics metrics = measure (prediction, truth, NULL, 7, 1);
  assert_close (metrics.conn, (0.5 + 0.2) / 1000.0);
  g_assert_false (metrics.has_trimap);
  g_assert_false (metrics.has_transition);
}

/* Neighbours over a corner are not connected; of equal regions the first is the source. */
static void
test_connectivity_corner (void)
{
  const double truth[] = { 1, 0, 0, 1 };
  const double prediction[] = { 0.6, 0, 0, 1 };
  const P3mMetrics metrics = measure (prediction, truth, NULL, 2, 2);
  /* Up to 0.5 the first cell is the source (0.6 is under 6 * 0.1 in float64), after that the last one,
   * which by then has been cut off at 0: lambda is 0.5 and 0. */
  assert_close (metrics.conn, (0.5 - 0.0) / 1000.0);
}

static void
test_no_transition (void)
{
  const double truth[] = { 1, 0 }, prediction[] = { 0.5, 0.25 };
  const guint8 trimap[] = { 255, 0 };
  const P3mMetrics metrics = measure (prediction, truth, trimap, 2, 1);
  g_assert_true (metrics.has_trimap);
  g_assert_false (metrics.has_transition);
  assert_close (metrics.sad_fg, 0.0005);
  assert_close (metrics.sad_bg, 0.00025);
  g_assert_cmpfloat (metrics.sad_trimap, ==, 0.0);
  g_assert_true (isfinite (metrics.mse_trimap) && isfinite (metrics.mad_trimap));
}

static void
test_empty (void)
{
  static const int sizes[][2] = { { 0, 4 }, { 4, 0 }, { -2, -2 } };
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      P3mMetrics metrics;
      const double alpha = 0.0;
      g_assert_false (
          p3m_metrics_compute (&alpha, &alpha, NULL, sizes[i][0], sizes[i][1], &metrics, &error));
      g_assert_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE);
    }
}

/* A disc with a soft edge and specks, at 1080 p: how long it takes is told, not tested. */
static void
test_speed (void)
{
  const int width = 1920, height = 1080;
  g_autofree double *prediction = g_new (double, width *height);
  g_autofree double *truth = g_new (double, width *height);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        const double radius = hypot (x - 960, y - 540);
        truth[y * width + x] = CLAMP ((450 - radius) / 60.0, 0.0, 1.0);
        prediction[y * width + x] = CLAMP ((440 - radius) / 50.0 + (x * y % 7) / 20.0, 0.0, 1.0);
      }
  const gint64 start = g_get_monotonic_time ();
  const P3mMetrics metrics = measure (prediction, truth, NULL, width, height);
  g_test_message ("%d x %d px: %.3f s", width, height, (g_get_monotonic_time () - start) / 1e6);
  g_assert_cmpfloat (metrics.conn, >, 0.0);
  g_assert_cmpfloat (metrics.grad, >, 0.0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/metric/pattern", test_pattern);
  g_test_add_func ("/metric/identical", test_identical);
  g_test_add_func ("/metric/connectivity", test_connectivity);
  g_test_add_func ("/metric/connectivity-corner", test_connectivity_corner);
  g_test_add_func ("/metric/no-transition", test_no_transition);
  g_test_add_func ("/metric/empty", test_empty);
  g_test_add_func ("/metric/speed", test_speed);
  return g_test_run ();
}
