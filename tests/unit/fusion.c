/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* How passes are joined: hybrid's second pass where the picture shows it, and auto's two opinions. */
#include "matte/fusion.h"

#include "matte/matte.h"

#include <math.h>
#include <string.h>

static P3mMatte *
make_matte (int width, int height, int alpha_width, int alpha_height, int classes_width,
            int classes_height)
{
  P3mMatte *matte = p3m_matte_alloc (width, height);
  const int count = alpha_width * alpha_height;
  matte->alpha_width = alpha_width;
  matte->alpha_height = alpha_height;
  matte->alpha = g_new (float, count);
  for (int i = 0; i < count; i++)
    matte->alpha[i] = (float) g_test_rand_double ();
  matte->classes_width = classes_width;
  matte->classes_height = classes_height;
  matte->classes = g_new (guint8, classes_width * classes_height);
  const int size = g_test_rand_int_range (4, 20);
  for (int y = 0; y < classes_height; y++)
    for (int x = 0; x < classes_width; x++)
      matte->classes[y * classes_width + x] = (x / size + y / size * 2 + (x * y % 97 == 5)) % 3;
  return matte;
}

static float *
render (const P3mMatte *matte)
{
  GError *error = NULL;
  const P3mRectangle all = { 0, 0, matte->columns.length, matte->rows.length };
  float *alpha = g_new (float, (gsize) all.width *all.height);
  p3m_matte_render (matte, all.width, all.height, &all, alpha, &error);
  g_assert_no_error (error);
  return alpha;
}

/* What the second pass of hybrid leaves out shows in no pixel of the picture; and it leaves out much. */
static void
check_spread (int width, int height, int alpha_width, int alpha_height, int classes_width,
              int classes_height)
{
  g_autoptr (P3mMatte) matte
      = make_matte (width, height, alpha_width, alpha_height, classes_width, classes_height);
  const int count = alpha_width * alpha_height;
  g_autofree guint8 *spread = g_new (guint8, count);
  g_autofree float *dense = render (matte);
  p3m_fusion_spread (matte->classes, classes_width, classes_height, alpha_width, alpha_height,
                     spread);
  int left_out = 0;
  for (int i = 0; i < count; i++)
    if (spread[i] != 1)
      {
        matte->alpha[i] = spread[i] / 2;
        left_out++;
      }
  g_autofree float *sparse = render (matte);
  g_assert_cmpmem (sparse, sizeof (float) * width * height, dense, sizeof (float) * width * height);
  g_assert_cmpint (left_out, >, count / 20);
}

static void
test_spread (void)
{
  for (int i = 0; i < 5; i++)
    {
      check_spread (611, 437, 608, 416, 288, 192);
      check_spread (160, 223, 160, 192, 64, 96);
      check_spread (3300, 70, 1600, 64, 1600, 32);
      check_spread (64, 64, 64, 64, 32, 32);
      check_spread (95, 127, 64, 96, 32, 32);
    }
}

static double
logit (double alpha)
{
  return log (alpha / (1.0 - alpha));
}

/* Certainty stays; between, the joint opinion lies between the two and does not depend on their order. */
static void
test_join (void)
{
  enum
  {
    COUNT = 1000
  };
  float look[COUNT], fine[COUNT], joined[COUNT], swapped[COUNT];
  for (int i = 0; i < COUNT; i++)
    {
      look[i] = i % 10 == 0   ? 0.0f
                : i % 10 == 1 ? 1.0f
                              : (float) g_test_rand_double_range (0.01, 0.99);
      fine[i] = i % 10 < 2 ? look[i] : (float) g_test_rand_double_range (0.01, 0.99);
    }
  memcpy (joined, fine, sizeof joined);
  memcpy (swapped, look, sizeof swapped);
  p3m_fusion_join (look, COUNT, joined);
  p3m_fusion_join (fine, COUNT, swapped);
  for (int i = 0; i < COUNT; i++)
    {
      g_assert_cmpfloat (joined[i], >=, MIN (look[i], fine[i]) - 1e-6f);
      g_assert_cmpfloat (joined[i], <=, MAX (look[i], fine[i]) + 1e-6f);
      g_assert_cmpfloat (joined[i], ==, swapped[i]);
      if (i % 10 >= 2)
        g_assert_cmpfloat_with_epsilon (logit (joined[i]), (logit (look[i]) + logit (fine[i])) / 2,
                                        1e-4);
    }
}

/* An extreme opinion of the fine pass counts in full, without a division by zero. */
static void
test_join_extremes (void)
{
  const float look[] = { 1e-30f, 1e-30f, 0.5f, 0.5f, 0.0f, 1.0f };
  float fine[] = { 0.0f, 1.0f, 0.0f, 1.0f, 0.0f, 1.0f };
  const float expected[] = { 0.0f, 1.0f, 0.0f, 1.0f, 0.0f, 1.0f };
  p3m_fusion_join (look, G_N_ELEMENTS (look), fine);
  g_assert_cmpmem (fine, sizeof fine, expected, sizeof expected);
}

/* Only what lies between equal certain cells is certain. */
static void
test_enlarge (void)
{
  const float look[] = { 0.0f, 0.0f, 1.0f, 1.0f, 1.0f, 0.5f, 1.0f, 1.0f };
  const guint8 expected[] = { 0, 0, 0, 1, 1, 2, 2, 2, 2, 1, 1, 1, 1, 2, 2, 2 };
  float enlarged[16];
  guint8 classes[16];
  GError *error = NULL;
  p3m_fusion_enlarge (look, 8, 1, 16, 1, enlarged, classes, &error);
  g_assert_no_error (error);
  for (int i = 0; i < 16; i++)
    {
      g_assert_cmpint (classes[i], ==, expected[i]);
      if (classes[i] != 1)
        g_assert_cmpfloat (enlarged[i], ==, classes[i] / 2);
    }
  g_assert_cmpfloat_with_epsilon (enlarged[3], 0.25, 1e-6);
}

static void
put (float *alpha, int side, int x, int y, int width, int height, float value)
{
  for (int row = y; row < y + height; row++)
    for (int column = x; column < x + width; column++)
      alpha[row * side + column] = value;
}

/* A speck goes with its faint rim; a part of a hundredth of the largest one stays, and nothing else changes. */
static void
test_specks (void)
{
  enum
  {
    SIDE = 100
  };
  g_autofree float *alpha = g_new0 (float, SIDE *SIDE);
  g_autofree float *expected = g_new (float, SIDE *SIDE);
  GError *error = NULL;
  put (alpha, SIDE, 10, 10, 60, 50, 0.05f); /* its rim */
  put (alpha, SIDE, 11, 11, 58, 48, 1.0f);
  put (alpha, SIDE, 20, 90, 6, 6, 0.7f);
  memcpy (expected, alpha, sizeof (float) * SIDE * SIDE);
  put (alpha, SIDE, 80, 4, 7, 7, 0.1f);
  put (alpha, SIDE, 81, 5, 5, 5, 0.9f);
  g_assert_true (p3m_fusion_drop_specks (alpha, SIDE, SIDE, &error));
  g_assert_cmpmem (alpha, sizeof (float) * SIDE * SIDE, expected, sizeof (float) * SIDE * SIDE);
  put (alpha, SIDE, 0, 0, SIDE, SIDE, 0.0f); /* nobody */
  put (expected, SIDE, 0, 0, SIDE, SIDE, 0.0f);
  g_assert_true (p3m_fusion_drop_specks (alpha, SIDE, SIDE, &error));
  g_assert_cmpmem (alpha, sizeof (float) * SIDE * SIDE, expected, sizeof (float) * SIDE * SIDE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fusion/spread", test_spread);
  g_test_add_func ("/fusion/specks", test_specks);
  g_test_add_func ("/fusion/join", test_join);
  g_test_add_func ("/fusion/join/extremes", test_join_extremes);
  g_test_add_func ("/fusion/enlarge", test_enlarge);
  return g_test_run ();
}
