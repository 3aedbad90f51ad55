/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Keeping some of the people in a matte, removing specks, filling holes. */
#include "matte/matte.h"

#include <math.h>
#include <string.h>

/* The picture is twice as large as the map. */
enum
{
  MAP = 96,
  PICTURE = 192
};

static float
soft_disc (double x, double y, double centre_x, double centre_y, double radius)
{
  const double alpha = (radius - hypot (x - centre_x, y - centre_y)) / 6.0 + 0.5;
  return (float) CLAMP (alpha, 0.0, 1.0);
}

/* In map cells: a person on the left with a hole of radius 3, a smaller one on the right, a speck of
 * radius 2 between them and one of alpha 0.2 at the top right. */
static float
scene (double x, double y)
{
  const float left = soft_disc (x, y, 28, 50, 22), right = soft_disc (x, y, 76, 60, 14);
  if (hypot (x - 28, y - 50) < 3.0)
    return 0.0f;
  if (hypot (x - 55, y - 20) < 2.0)
    return 1.0f;
  if (hypot (x - 88, y - 6) < 2.0)
    return 0.2f;
  return MAX (left, right);
}

static P3mMatte *
scene_new (gboolean hybrid)
{
  P3mMatte *matte = p3m_matte_alloc (PICTURE, PICTURE);
  matte->alpha_width = matte->alpha_height = MAP;
  matte->alpha = g_new (float, MAP *MAP);
  for (int i = 0; i < MAP * MAP; i++)
    matte->alpha[i] = scene (i % MAP + 0.5, i / MAP + 0.5);
  if (hybrid)
    {
      matte->classes_width = matte->classes_height = MAP / 2;
      matte->classes = g_new (guint8, MAP * MAP / 4);
      for (int i = 0; i < MAP * MAP / 4; i++)
        {
          const float alpha = scene (2 * (i % (MAP / 2)) + 1, 2 * (i / (MAP / 2)) + 1);
          matte->classes[i] = alpha == 0.0f ? 0 : alpha == 1.0f ? 2 : 1;
        }
    }
  return matte;
}

static P3mMatte *
select_subjects (P3mMatte *matte, const P3mSubjects *subjects)
{
  GError *error = NULL;
  P3mMatte *result = p3m_matte_select (matte, subjects, &error);
  g_assert_no_error (error);
  g_assert_nonnull (result);
  return result;
}

static float *
render_whole (const P3mMatte *matte)
{
  GError *error = NULL;
  float *alpha = g_new (float, PICTURE *PICTURE);
  p3m_matte_render (matte, PICTURE, PICTURE, &(P3mRectangle){ 0, 0, PICTURE, PICTURE }, alpha,
                    &error);
  g_assert_no_error (error);
  return alpha;
}

/* In the columns first..last-1 of the picture, the selection has left everything or removed everything. */
static void
check_columns (const P3mMatte *before, const P3mMatte *after, int first, int last, gboolean removed)
{
  g_autofree float *old = render_whole (before);
  g_autofree float *new = render_whole (after);
  for (int y = 0; y < PICTURE; y++)
    for (int x = first; x < last; x++)
      g_assert_cmpfloat (new[y * PICTURE + x], ==, removed ? 0.0f : old[y * PICTURE + x]);
}

static void
test_nothing_to_do (void)
{
  P3mMatte *matte = scene_new (FALSE);
  const P3mSubjects subjects = { P3M_KEEP_EVERYTHING };
  P3mMatte *same = select_subjects (matte, &subjects);
  g_assert_true (same == matte);
  p3m_matte_unref (same);
  p3m_matte_unref (matte);
}

static void
test_largest (gconstpointer hybrid)
{
  P3mMatte *matte = scene_new (GPOINTER_TO_INT (hybrid));
  const P3mSubjects subjects = { P3M_KEEP_LARGEST };
  P3mMatte *result = select_subjects (matte, &subjects);
  check_columns (matte, result, 0, 104, FALSE);
  check_columns (matte, result, 120, PICTURE, TRUE);
  p3m_matte_unref (result);
  p3m_matte_unref (matte);
}

/* The faint speck at columns 172..180 is nearer to the other speck, a subject that no point chooses. */
static void
test_points (void)
{
  P3mMatte *matte = scene_new (FALSE);
  const P3mPoint points[] = { { 60, 100 }, { 150, 110 }, { 56, 100 }, { -1000, NAN }, { -5, 120 } };
  P3mSubjects subjects = { P3M_KEEP_POINTS, points, 0 };

  P3mMatte *everything = select_subjects (matte, &subjects);
  g_assert_true (everything == matte);
  p3m_matte_unref (everything);

  subjects.n_points = 2;
  P3mMatte *both = select_subjects (matte, &subjects);
  check_columns (matte, both, 120, 168, FALSE);
  check_columns (matte, both, 0, 96, FALSE);
  p3m_matte_unref (both);

  subjects.n_points = 3;
  P3mMatte *right = select_subjects (matte, &subjects);
  check_columns (matte, right, 0, 96, TRUE);
  check_columns (matte, right, 120, 168, FALSE);
  p3m_matte_unref (right);

  subjects.n_points = 5;
  P3mMatte *twice_more = select_subjects (matte, &subjects);
  check_columns (matte, twice_more, 0, 96, TRUE);
  p3m_matte_unref (twice_more);
  p3m_matte_unref (matte);
}

static float
get_alpha (const P3mMatte *matte, int x, int y)
{
  float alpha;
  GError *error = NULL;
  const P3mRectangle area = { x, y, 1, 1 };
  p3m_matte_render (matte, PICTURE, PICTURE, &area, &alpha, &error);
  g_assert_no_error (error);
  return alpha;
}

/* The specks have 12 cells: 48 px of the picture. */
static void
test_specks (gconstpointer hybrid)
{
  P3mMatte *matte = scene_new (GPOINTER_TO_INT (hybrid));
  P3mSubjects subjects = { .specks = 40.0 };
  P3mMatte *few = select_subjects (matte, &subjects);
  check_columns (matte, few, 0, PICTURE, FALSE);
  p3m_matte_unref (few);

  subjects.specks = 60.0;
  P3mMatte *clean = select_subjects (matte, &subjects);
  check_columns (matte, clean, 0, 100, FALSE);
  g_assert_cmpfloat (get_alpha (matte, 110, 40), >, 0.9f);
  g_assert_cmpfloat (get_alpha (clean, 110, 40), ==, 0.0f);
  g_assert_cmpfloat (get_alpha (matte, 176, 12), >, 0.1f);
  g_assert_cmpfloat (get_alpha (clean, 176, 12), ==, 0.0f);
  g_assert_cmpfloat (get_alpha (clean, 152, 120), ==, 1.0f);
  p3m_matte_unref (clean);
  p3m_matte_unref (matte);
}

/* The hole has 32 cells: 128 px of the picture. The background is no hole, however large the limit. */
static void
test_holes (gconstpointer hybrid)
{
  P3mMatte *matte = scene_new (GPOINTER_TO_INT (hybrid));
  P3mSubjects subjects = { .holes = 100.0 };
  P3mMatte *same = select_subjects (matte, &subjects);
  g_assert_cmpfloat (get_alpha (same, 56, 100), ==, 0.0f);
  p3m_matte_unref (same);

  subjects.holes = 1e9;
  P3mMatte *filled = select_subjects (matte, &subjects);
  g_assert_cmpfloat (get_alpha (filled, 56, 100), ==, 1.0f);
  check_columns (matte, filled, 80, PICTURE, FALSE);
  p3m_matte_unref (filled);
  p3m_matte_unref (matte);
}

static void
test_nobody (void)
{
  P3mMatte *matte = scene_new (FALSE);
  memset (matte->alpha, 0, sizeof (float) * MAP * MAP);
  const P3mPoint point = { 5, 5 };
  const P3mSubjects all[] = { { .keep = P3M_KEEP_LARGEST, .specks = 10, .holes = 10 },
                              { .keep = P3M_KEEP_POINTS, .points = &point, .n_points = 1 } };
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    {
      P3mMatte *result = select_subjects (matte, &all[i]);
      check_columns (matte, result, 0, PICTURE, TRUE);
      p3m_matte_unref (result);
    }
  p3m_matte_unref (matte);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/subjects/nothing-to-do", test_nothing_to_do);
  g_test_add_data_func ("/subjects/largest", GINT_TO_POINTER (FALSE), test_largest);
  g_test_add_data_func ("/subjects/largest-hybrid", GINT_TO_POINTER (TRUE), test_largest);
  g_test_add_func ("/subjects/points", test_points);
  g_test_add_data_func ("/subjects/specks", GINT_TO_POINTER (FALSE), test_specks);
  g_test_add_data_func ("/subjects/specks-hybrid", GINT_TO_POINTER (TRUE), test_specks);
  g_test_add_data_func ("/subjects/holes", GINT_TO_POINTER (FALSE), test_holes);
  g_test_add_data_func ("/subjects/holes-hybrid", GINT_TO_POINTER (TRUE), test_holes);
  g_test_add_func ("/subjects/nobody", test_nobody);
  return g_test_run ();
}
