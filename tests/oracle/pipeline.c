/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Whole pictures through the published strategies, against the alphas of the reference implementation. */
#include "matte/matte.h"

#include "formula.h"
#include "kernels.h"
#include "matte/reader.h"
#include "model.h"
#include "tensors.h"

#include <gdk-pixbuf/gdk-pixbuf.h>
#include <glib/gstdio.h>
#include <math.h>

/* Alphas further apart than this come from a flip: a class or a pool index that was decided otherwise. */
#define TOLERANCE (1.0 / 255.0)

/* One flip in the network changes a patch of the picture. Two runs of ours of which one is fed with
 * inputs resized in float64, 1e-7 away, differ in up to 3e-4 of the pixels of these pictures. */
#define MOST_FLIPS          1e-4
#define MOST_FLIPPED_PIXELS 1e-3

/* Flipped pixels at most this far apart belong to one flip, px of the stored rows and columns. */
#define PATCH_GAP 4

static P3mModel *model;

typedef struct
{
  const char *file;
  const char *tensor;
  P3mStrategy strategy;
  int stride;
} Case;

static const Case cases[] = {
  { "photo_180x150.png", "resize_180x150", P3M_STRATEGY_RESIZE, 1 },
  { "photo_180x150.png", "hybrid_180x150", P3M_STRATEGY_HYBRID, 1 },
  { "photo_437x611.png", "resize_437x611", P3M_STRATEGY_RESIZE, 1 },
  { "photo_437x611.png", "hybrid_437x611", P3M_STRATEGY_HYBRID, 1 },
  { "photo_1100x840.png", "resize_1100x840", P3M_STRATEGY_RESIZE, 1 },
  { "photo_1100x840.png", "hybrid_1100x840", P3M_STRATEGY_HYBRID, 1 },
  { "photo_1400x3600.jpg", "resize_1400x3600", P3M_STRATEGY_RESIZE, 4 },
};

static gboolean
read_pixbuf (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  (void) error;
  GdkPixbuf *pixbuf = user_data;
  const int stride = gdk_pixbuf_get_rowstride (pixbuf);
  const guint8 *pixels = gdk_pixbuf_read_pixels (pixbuf);
  for (int y = area->y; y < area->y + area->height; y++)
    for (int i = 0; i < 3 * area->width; i++)
      *rgb++ = (float) (pixels[(gsize) y * stride + i] / 255.0);
  return TRUE;
}

static float *
render_whole (const P3mMatte *matte)
{
  const int width = p3m_matte_get_width (matte), height = p3m_matte_get_height (matte);
  GError *error = NULL;
  float *alpha = g_new (float, (gsize) width *height);
  p3m_matte_render (matte, width, height, &(P3mRectangle){ 0, 0, width, height }, alpha, &error);
  g_assert_no_error (error);
  return alpha;
}

/* Where new sample i lies in the old ones, as SciPy computes it: sample `first`, and `part` of the way
 * to sample `second`. */
static void
locate (int i, int length, int size, int *first, int *second, double *part)
{
  double position = (i + 0.5) * ((double) size / length) - 0.5;
  if (position < 0)
    position = -position;
  if (position > size - 1)
    position = 2 * (size - 1) - position;
  *first = (int) floor (position);
  *second = *first + 1 < size ? *first + 1 : size - 2;
  *part = position - *first;
}

/* The reference resizes its class map in float64 and takes the foreground class where the result
 * "== 255". Between four pixels of 255 the weights' sum is off 1 by a rounding error for 1.5 % of all
 * positions, and there the reference shows the matting decoder's alpha. This tells those positions. */
static gboolean
reference_rounds_away (const P3mMatte *matte, int x, int y)
{
  static const double values[] = { 0.0, 128.0 / 255.0, 1.0 };
  int x_samples[2], y_samples[2];
  double x_weights[2], y_weights[2], sum = 0.0;
  locate (x, matte->columns.length, matte->classes_width, &x_samples[0], &x_samples[1],
          &x_weights[1]);
  locate (y, matte->rows.length, matte->classes_height, &y_samples[0], &y_samples[1],
          &y_weights[1]);
  x_weights[0] = 1.0 - x_weights[1];
  y_weights[0] = 1.0 - y_weights[1];
  for (int i = 0; i < 4; i++)
    {
      const int row = y_samples[i / 2], column = x_samples[i % 2];
      const double value = values[matte->classes[row * matte->classes_width + column]];
      sum += value * y_weights[i / 2] * x_weights[i % 2];
    }
  return MIN (sum, 1.0) * 255.0 != 255.0;
}

/* The second pass as published: the matting decoder everywhere, [alpha_height][alpha_width]. */
static float *
make_local (const P3mSource *source, const P3mMatte *matte)
{
  const int width = matte->alpha_width, height = matte->alpha_height;
  const gsize count = (gsize) width * height;
  g_autofree float *values = g_new (float, 3 * count);
  float *local = g_new (float, count);
  const P3mInput input
      = { width, height, { 0.0, 0.0, matte->columns.extent, matte->rows.extent }, values };
  const P3mNetOutput output = { .local = local };
  GError *error = NULL;
  p3m_reader_run (source, &matte->columns, &matte->rows, &input, 1, 2, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  p3m_net_run (p3m_model_get_net (model), height, width, values, &output, 2, NULL, NULL, NULL, NULL,
               NULL, NULL, &error);
  g_assert_no_error (error);
  return local;
}

/* Takes back our exactness where the reference has none. Returns the number of pixels changed. */
static int
round_like_reference (const P3mSource *source, const P3mMatte *matte, float *alpha)
{
  int count = 0;
  P3mMatte without_classes = *matte;
  without_classes.classes = NULL;
  without_classes.alpha = make_local (source, matte);
  g_autofree float *local = render_whole (&without_classes);
  g_free (without_classes.alpha);
  for (int y = 0; y < matte->rows.length; y++)
    for (int x = 0; x < matte->columns.length; x++)
      {
        const gsize i = (gsize) y * matte->columns.length + x;
        if (alpha[i] != 1.0f || !reference_rounds_away (matte, x, y))
          continue;
        alpha[i] = local[i];
        count++;
      }
  return count;
}

static GdkPixbuf *
open_picture (const char *path)
{
  GError *error = NULL;
  GdkPixbuf *pixbuf = gdk_pixbuf_new_from_file (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gdk_pixbuf_get_n_channels (pixbuf), ==, 3);
  return pixbuf;
}

/* Clears the patch of flipped pixels around (x, y). */
static void
clear_patch (guint8 *flipped, int width, int height, int x, int y)
{
  if (x < 0 || y < 0 || x >= width || y >= height || !flipped[y * width + x])
    return;
  flipped[y * width + x] = FALSE;
  for (int down = -PATCH_GAP; down <= PATCH_GAP; down++)
    for (int across = -PATCH_GAP; across <= PATCH_GAP; across++)
      clear_patch (flipped, width, height, x + across, y + down);
}

static int
count_patches (guint8 *flipped, int width, int height)
{
  int count = 0;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      if (flipped[y * width + x])
        {
          clear_patch (flipped, width, height, x, y);
          count++;
        }
  return count;
}

static void
compare (const Case *self, const P3mMatte *matte, const float *alpha, const Tensor *expected)
{
  const int width = (int) expected->shape[1], height = (int) expected->shape[0];
  const int stride = self->stride, count = width * height;
  g_autofree guint8 *flipped = g_new0 (guint8, count);
  double largest = 0.0, sum = 0.0;
  int pixels = 0;
  g_assert_cmpint (width, ==, (matte->columns.length + stride - 1) / stride);
  g_assert_cmpint (height, ==, (matte->rows.length + stride - 1) / stride);
  for (int i = 0; i < count; i++)
    {
      const gsize row = (gsize) (i / width) * stride, column = (gsize) (i % width) * stride;
      const float ours = alpha[row * matte->columns.length + column];
      const double distance = fabs ((double) ours - expected->values[i]);
      sum += distance;
      flipped[i] = !(distance <= TOLERANCE);
      pixels += flipped[i];
      largest = MAX (largest, flipped[i] ? 0.0 : distance);
    }
  const int flips = count_patches (flipped, width, height);
  g_test_message (
      "%s: mean distance %.1e, largest but flips %.1e; %d flips (%.1e of the pixels) with "
      "%d px (%.1e)",
      self->tensor, sum / count, largest, flips, (double) flips / count, pixels,
      (double) pixels / count);
  g_assert_cmpfloat (flips, <, MOST_FLIPS * count);
  g_assert_cmpfloat (pixels, <, MOST_FLIPPED_PIXELS * count);
}

static void
test_picture (gconstpointer data)
{
  const Case *self = data;
  g_autoptr (TensorFile) file = tensors_open_oracle ("pipeline.safetensors");
  if (!file)
    return;
  g_autofree char *path = tensors_get_oracle_path (self->file);
  if (!path)
    return;
  const Tensor *expected = tensors_get (file, self->tensor);
  g_assert_nonnull (expected);
  GError *error = NULL;
  g_autoptr (GdkPixbuf) pixbuf = open_picture (path);
  const P3mSource source
      = { gdk_pixbuf_get_width (pixbuf), gdk_pixbuf_get_height (pixbuf), read_pixbuf, pixbuf };
  g_autoptr (P3mMatte) matte
      = p3m_matte_new (model, &source, self->strategy, 0, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_autofree float *alpha = render_whole (matte);
  if (matte->classes)
    g_test_message ("%s: the reference rounds %d px of sure foreground away", self->tensor,
                    round_like_reference (&source, matte, alpha));
  compare (self, matte, alpha, expected);
}

static P3mModel *
load_formula_model (void)
{
  g_autofree char *folder = g_dir_make_tmp ("p3m-oracle-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "formula.safetensors", NULL);
  GError *error = NULL;
  formula_write_model (path, 64, "F32");
  P3mModel *loaded = p3m_model_load (path, NULL, &error);
  g_remove (path);
  g_rmdir (folder);
  g_assert_no_error (error);
  return loaded;
}

int
main (int argc, char **argv)
{
  if (kernels_are_missing ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  model = load_formula_model ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("/oracle/pipeline/%s", cases[i].tensor);
      g_test_add_data_func (name, &cases[i], test_picture);
    }
  const int status = g_test_run ();
  p3m_model_unref (model);
  return status;
}
