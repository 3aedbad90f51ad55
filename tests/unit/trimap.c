/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Trimaps against their definition, at every scale and without seams. */
#include "matte/matte.h"

#include <math.h>

enum
{
  SIDE = 128
};

/* A disc with a soft right half, and a hard square. */
static P3mMatte *
matte_new (void)
{
  P3mMatte *matte = p3m_matte_alloc (SIDE, SIDE);
  matte->alpha_width = matte->alpha_height = SIDE;
  matte->alpha = g_new (float, SIDE *SIDE);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      {
        const double radius = hypot (x - 50.0, y - 60.0);
        const double disc = x < 50 ? radius < 30.0 : (34.0 - radius) / 8.0;
        const gboolean square = x >= 100 && x < 120 && y >= 90 && y < 110;
        matte->alpha[y * SIDE + x] = square ? 1.0f : (float) CLAMP (disc, 0.0, 1.0);
      }
  return matte;
}

static P3mRefinement
get_refinement (void)
{
  P3mRefinement refinement;
  p3m_refinement_init (&refinement);
  return refinement;
}

static guint8 *
render (const P3mMatte *matte, double band, int width, int height, const P3mRectangle *area)
{
  GError *error = NULL;
  const P3mRefinement refinement = get_refinement ();
  guint8 *trimap = g_new (guint8, area->width * area->height);
  p3m_matte_render_trimap (matte, &refinement, NULL, band, width, height, area, trimap, &error);
  g_assert_no_error (error);
  return trimap;
}

static guint8 *
render_whole (const P3mMatte *matte, double band)
{
  return render (matte, band, SIDE, SIDE, &(P3mRectangle){ 0, 0, SIDE, SIDE });
}

static gboolean
is_person (const float *alpha, int x, int y)
{
  return alpha[y * SIDE + x] >= 0.98f;
}

static gboolean
is_edge (const float *alpha, int x, int y)
{
  static const int steps[][2] = { { -1, 0 }, { 1, 0 }, { 0, -1 }, { 0, 1 } };
  if (alpha[y * SIDE + x] > 0.02f && alpha[y * SIDE + x] < 0.98f)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      const int column = x + steps[i][0], row = y + steps[i][1];
      if (column >= 0 && row >= 0 && column < SIDE && row < SIDE
          && is_person (alpha, column, row) != is_person (alpha, x, y))
        return TRUE;
    }
  return FALSE;
}

static guint8
get_expected (const float *alpha, int x, int y, int band)
{
  for (int row = MAX (y - band, 0); row <= MIN (y + band, SIDE - 1); row++)
    for (int column = MAX (x - band, 0); column <= MIN (x + band, SIDE - 1); column++)
      if ((column - x) * (column - x) + (row - y) * (row - y) <= band * band
          && is_edge (alpha, column, row))
        return 128;
  return is_person (alpha, x, y) ? 255 : 0;
}

static void
test_definition (void)
{
  P3mMatte *matte = matte_new ();
  for (int band = 0; band <= 12; band += 4)
    {
      g_autofree guint8 *trimap = render_whole (matte, band);
      for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++)
          g_assert_cmpint (trimap[y * SIDE + x], ==, get_expected (matte->alpha, x, y, band));
    }
  p3m_matte_unref (matte);
}

static void
test_parts (void)
{
  P3mMatte *matte = matte_new ();
  for (int i = 0; i < 40; i++)
    {
      const int width = g_test_rand_int_range (1, 200), height = g_test_rand_int_range (1, 200);
      const double band = g_test_rand_double_range (0.0, 20.0);
      g_autofree guint8 *whole
          = render (matte, band, width, height, &(P3mRectangle){ 0, 0, width, height });
      P3mRectangle area = { g_test_rand_int_range (0, width), g_test_rand_int_range (0, height) };
      area.width = g_test_rand_int_range (1, width - area.x + 1);
      area.height = g_test_rand_int_range (1, height - area.y + 1);
      g_autofree guint8 *part = render (matte, band, width, height, &area);
      for (int y = 0; y < area.height; y++)
        g_assert_cmpmem (part + y * area.width, area.width, whole + (area.y + y) * width + area.x,
                         area.width);
    }
  p3m_matte_unref (matte);
}

/* Everything is unknown under a band as wide as the picture; what is no number counts as none. */
static void
test_wild_bands (void)
{
  static const double bands[] = { -3.0, NAN, 0.0, 1e9, INFINITY };
  P3mMatte *matte = matte_new ();
  g_autofree guint8 *narrow = render_whole (matte, 0.0);
  for (gsize i = 0; i < G_N_ELEMENTS (bands); i++)
    {
      g_autofree guint8 *trimap = render_whole (matte, bands[i]);
      for (int n = 0; n < SIDE * SIDE; n++)
        g_assert_cmpint (trimap[n], ==, bands[i] > 1.0 ? 128 : narrow[n]);
    }
  p3m_matte_unref (matte);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trimap/definition", test_definition);
  g_test_add_func ("/trimap/parts", test_parts);
  g_test_add_func ("/trimap/wild-bands", test_wild_bands);
  return g_test_run ();
}
