/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The metrics against the figures that the benchmark's own evaluation prints for the same files. */
#include "p3m.h"

#include "tensors.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <json-glib/json-glib.h>
#include <math.h>

/* Relative: six digits. */
#define TOLERANCE 5e-7

/* One channel of a grey 8-bit file; NULL and a skipped test when there is none. */
static guint8 *
read_grey (int number, const char *kind, int *width, int *height)
{
  GError *error = NULL;
  g_autofree char *name = g_strdup_printf ("metric%d_%s.png", number, kind);
  g_autofree char *path = tensors_get_oracle_path (name);
  if (!path)
    return NULL;
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new_from_file (path, &error);
  g_assert_no_error (error);
  *width = gdk_pixbuf_get_width (pixbuf);
  *height = gdk_pixbuf_get_height (pixbuf);
  const int step = gdk_pixbuf_get_n_channels (pixbuf), stride = gdk_pixbuf_get_rowstride (pixbuf);
  const guint8 *pixels = gdk_pixbuf_read_pixels (pixbuf);
  guint8 *grey = g_new (guint8, (gsize) *width * *height);
  for (int y = 0; y < *height; y++)
    for (int x = 0; x < *width; x++)
      grey[y * *width + x] = pixels[y * stride + x * step];
  return grey;
}

static double *
read_alpha (int number, const char *kind)
{
  int width, height;
  g_autofree guint8 *grey = read_grey (number, kind, &width, &height);
  if (!grey)
    return NULL;
  double *alpha = g_new (double, (gsize) width *height);
  for (int i = 0; i < width * height; i++)
    alpha[i] = grey[i] / 255.0;
  return alpha;
}

static void
check_value (JsonObject *expected, const char *name, double value)
{
  const double reference = json_object_get_double_member (expected, name);
  g_test_message ("%s: %.9f, reference %.9f", name, value, reference);
  g_assert_cmpfloat (fabs (value - reference), <=, TOLERANCE * fabs (reference));
}

static void
check_case (JsonObject *expected)
{
  const int number = (int) json_object_get_int_member (expected, "case");
  int width, height;
  P3mMetrics metrics;
  GError *error = NULL;
  g_autofree guint8 *trimap = read_grey (number, "trimap", &width, &height);
  g_autofree double *prediction = read_alpha (number, "pred");
  g_autofree double *truth = read_alpha (number, "gt");
  if (!trimap || !prediction || !truth)
    return;
  p3m_metrics_compute (prediction, truth, trimap, width, height, &metrics, &error);
  g_assert_no_error (error);
  g_test_message ("case %d, %d x %d px", number, width, height);
  check_value (expected, "sad", metrics.sad);
  check_value (expected, "mse", metrics.mse);
  check_value (expected, "mad", metrics.mad);
  check_value (expected, "sad_trimap", metrics.sad_trimap);
  check_value (expected, "sad_fg", metrics.sad_fg);
  check_value (expected, "sad_bg", metrics.sad_bg);
  check_value (expected, "conn", metrics.conn);
  check_value (expected, "grad", metrics.grad);
  g_assert_true (metrics.has_trimap);
  g_assert_cmpint (metrics.has_transition, ==,
                   !json_object_get_null_member (expected, "mse_trimap"));
  if (!metrics.has_transition)
    return;
  check_value (expected, "mse_trimap", metrics.mse_trimap);
  check_value (expected, "mad_trimap", metrics.mad_trimap);
}

static void
test_benchmark (void)
{
  GError *error = NULL;
  g_autofree char *path = tensors_get_oracle_path ("metrics.json");
  if (!path)
    return;
  g_autoptr (JsonParser) parser = json_parser_new ();
  json_parser_load_from_file (parser, path, &error);
  g_assert_no_error (error);
  JsonArray *expected = json_node_get_array (json_parser_get_root (parser));
  g_assert_cmpint (json_array_get_length (expected), >=, 3);
  for (guint i = 0; i < json_array_get_length (expected); i++)
    check_case (json_array_get_object_element (expected, i));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/oracle/metrics", test_benchmark);
  return g_test_run ();
}
