/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Edge detail: the fit against its definition, and strands that the network was too small to see. */
#include "matte/detail.h"

#include <math.h>

/* The network saw a picture of a quarter of each side, px. */
enum
{
  SIDE = 320,
  STEP = 4,
  MAP = SIDE / STEP
};

static const float no_gain[3] = { 1.0f, 1.0f, 1.0f };
static const float no_offset[3] = { 0.0f, 0.0f, 0.0f };

/* Hair: strands 3 px wide, in every direction, whose tips end in the background. */
static float
get_strands (int x, int y)
{
  const double u = x - SIDE / 2.0, v = y - SIDE / 2.0, radius = hypot (u, v);
  const double strand = 0.5 + 0.5 * sin (atan2 (v, u) * 90.0 + radius * 0.05);
  const double fade = CLAMP ((150.0 - radius) / 40.0, 0.0, 1.0);
  return (float) (radius < 70.0 ? 1.0 : strand * strand * fade);
}

static float
get_colour (float alpha, int channel)
{
  static const float hair[] = { 0.25f, 0.15f, 0.1f }, sky[] = { 0.55f, 0.7f, 0.9f };
  return alpha * hair[channel] + (1.0f - alpha) * sky[channel];
}

static gboolean
read_hair (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  (void) user_data;
  (void) error;
  for (int y = area->y; y < area->y + area->height; y++)
    for (int x = area->x; x < area->x + area->width; x++)
      for (int channel = 0; channel < 3; channel++)
        *rgb++ = get_colour (get_strands (x, y), channel);
  return TRUE;
}

/* What a perfect network would have said at its size. */
static P3mMatte *
hair_matte_new (void)
{
  GError *error = NULL;
  P3mMatte *matte = p3m_matte_alloc (SIDE, SIDE);
  matte->alpha_width = matte->alpha_height = MAP;
  matte->alpha = g_new0 (float, MAP *MAP);
  g_autofree float *rgb = g_new (float, 3 * MAP * MAP);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      matte->alpha[y / STEP * MAP + x / STEP] += get_strands (x, y) / (STEP * STEP);
  for (int i = 0; i < MAP * MAP; i++)
    for (int channel = 0; channel < 3; channel++)
      rgb[channel * MAP * MAP + i] = get_colour (matte->alpha[i], channel);
  p3m_detail_fit (matte, rgb, no_gain, no_offset, &error);
  g_assert_no_error (error);
  return matte;
}

static float *
render (const P3mMatte *matte, const P3mRefinement *refinement, const P3mGuide *guide,
        const P3mRectangle *area)
{
  GError *error = NULL;
  float *alpha = g_new (float, area->width * area->height);
  p3m_matte_render_refined (matte, refinement, guide, SIDE, SIDE, area, alpha, &error);
  g_assert_no_error (error);
  for (int i = 0; i < area->width * area->height; i++)
    g_assert_true (alpha[i] >= 0.0f && alpha[i] <= 1.0f);
  return alpha;
}

/* Mean distance from the strands, over the hair. */
static double
get_error (double detail)
{
  P3mMatte *matte = hair_matte_new ();
  const P3mGuide guide = { read_hair, NULL };
  P3mRefinement refinement;
  p3m_refinement_init (&refinement);
  refinement.edge_detail = detail;
  g_autofree float *alpha
      = render (matte, &refinement, &guide, &(P3mRectangle){ 0, 0, SIDE, SIDE });
  double sum = 0.0;
  int count = 0;
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      {
        const double radius = hypot (x - SIDE / 2.0, y - SIDE / 2.0);
        if (radius < 72.0 || radius > 140.0)
          continue;
        sum += fabs (alpha[y * SIDE + x] - get_strands (x, y));
        count++;
      }
  p3m_matte_unref (matte);
  return sum / count;
}

static void
test_strands (void)
{
  const double none = get_error (0.0), half = get_error (50.0), full = get_error (100.0);
  g_test_message (
      "mean distance from the strands: %.4f without, %.4f with half, %.4f with all detail", none,
      half, full);
  g_assert_cmpfloat (half, <, 0.65 * none);
  g_assert_cmpfloat (full, <, 0.2 * none);
}

/* The definition: a regression in every window, and the mean of the regressions of all windows that hold
 * the cell. One channel tells alpha, the others are flat, so that the regression is a fraction. Alpha is soft in the
 * upper left, and all person and all background elsewhere, so that some tiles of cells are skipped, and some
 * of those that are not have sides that touch flat ones. */
enum
{
  SMALL = 109,
  SOFT = 60, /* between one and two radii from a tile */
  RADIUS = 3
};

static void
regress (const float *red, const float *alpha, int x, int y, double *slope, double *rest)
{
  double n = 0.0, i = 0.0, p = 0.0, ii = 0.0, ip = 0.0;
  for (int row = MAX (y - RADIUS, 0); row <= MIN (y + RADIUS, SMALL - 1); row++)
    for (int column = MAX (x - RADIUS, 0); column <= MIN (x + RADIUS, SMALL - 1); column++)
      {
        const int cell = row * SMALL + column;
        n += 1.0;
        i += red[cell];
        p += alpha[cell];
        ii += (double) red[cell] * red[cell];
        ip += (double) red[cell] * alpha[cell];
      }
  *slope = (ip / n - i / n * p / n) / (ii / n - i / n * i / n + 1e-4);
  *rest = p / n - *slope * i / n;
}

static void
check_cell (const P3mMatte *matte, const float *red, int x, int y)
{
  double slopes = 0.0, rests = 0.0, n = 0.0;
  for (int row = MAX (y - RADIUS, 0); row <= MIN (y + RADIUS, SMALL - 1); row++)
    for (int column = MAX (x - RADIUS, 0); column <= MIN (x + RADIUS, SMALL - 1); column++)
      {
        double slope, rest;
        regress (red, matte->alpha, column, row, &slope, &rest);
        slopes += slope;
        rests += rest;
        n += 1.0;
      }
  const float *model = matte->model + y * SMALL + x;
  g_assert_cmpfloat_with_epsilon (model[0], slopes / n, 1e-4);
  g_assert_cmpfloat_with_epsilon (model[SMALL * SMALL], 0.0, 1e-4);
  g_assert_cmpfloat_with_epsilon (model[2 * SMALL * SMALL], 0.0, 1e-4);
  g_assert_cmpfloat_with_epsilon (model[3 * SMALL * SMALL], rests / n, 1e-4);
}

static void
test_fit (void)
{
  static const float gain[3] = { 0.5f, 1.0f, 1.0f }, offset[3] = { 0.25f, 0.0f, 0.0f };
  GError *error = NULL;
  P3mMatte *matte = p3m_matte_alloc (100, 100);
  matte->alpha_width = matte->alpha_height = SMALL;
  matte->alpha = g_new (float, SMALL *SMALL);
  g_autofree float *rgb = g_new (float, 3 * SMALL * SMALL);
  float red[SMALL * SMALL];
  for (int i = 0; i < SMALL * SMALL; i++)
    {
      const gboolean is_soft = i / SMALL < SOFT && i % SMALL < SOFT;
      matte->alpha[i] = is_soft                      ? (float) g_test_rand_double ()
                        : i % SMALL < SMALL - RADIUS ? 1.0f
                                                     : 0.0f;
      rgb[i] = (float) g_test_rand_double ();
      red[i] = rgb[i] * 0.5f + 0.25f;
      rgb[SMALL * SMALL + i] = 0.5f;
      rgb[2 * SMALL * SMALL + i] = 0.25f;
    }
  p3m_detail_fit (matte, rgb, gain, offset, &error);
  g_assert_no_error (error);
  for (int y = 0; y < SMALL; y++)
    for (int x = 0; x < SMALL; x++)
      check_cell (matte, red, x, y);
  p3m_matte_unref (matte);
}

/* However many threads share the tiles, the model is the same. */
static void
test_threads (void)
{
  enum
  {
    WIDTH = 12,
    HEIGHT = 300,
    CELLS = WIDTH * HEIGHT
  };
  static const int threads[] = { 1, 3 };
  g_autofree float *rgb = g_new (float, 3 * CELLS);
  P3mMatte *mattes[2];
  for (int i = 0; i < 3 * CELLS; i++)
    rgb[i] = (float) g_test_rand_double ();
  for (int i = 0; i < 2; i++)
    {
      GError *error = NULL;
      mattes[i] = p3m_matte_alloc (WIDTH * STEP, HEIGHT * STEP);
      mattes[i]->alpha_width = WIDTH;
      mattes[i]->alpha_height = HEIGHT;
      mattes[i]->threads = threads[i];
      mattes[i]->alpha = g_memdup2 (rgb + CELLS, CELLS * sizeof (float));
      p3m_detail_fit (mattes[i], rgb, no_gain, no_offset, &error);
      g_assert_no_error (error);
    }
  for (int i = 0; i < 4 * CELLS; i++)
    g_assert_cmpfloat (mattes[0]->model[i], ==, mattes[1]->model[i]);
  for (int i = 0; i < 2; i++)
    p3m_matte_unref (mattes[i]);
}

/* Alphas of 0 and 1 are the network's word, whatever the colours. */
static void
test_sure_stays (void)
{
  P3mMatte *matte = hair_matte_new ();
  const P3mGuide guide = { read_hair, NULL };
  P3mRefinement refinement;
  p3m_refinement_init (&refinement);
  refinement.edge_detail = 100.0;
  for (int i = 0; i < MAP * MAP; i++)
    matte->alpha[i] = i % MAP < MAP / 2 ? 0.0f : 1.0f;
  g_autofree float *alpha
      = render (matte, &refinement, &guide, &(P3mRectangle){ 0, 0, SIDE, SIDE });
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      if (x < SIDE / 2 - STEP || x >= SIDE / 2 + STEP)
        g_assert_cmpfloat (alpha[y * SIDE + x], ==, x < SIDE / 2 ? 0.0f : 1.0f);
  p3m_matte_unref (matte);
}

static void
test_parts (void)
{
  P3mMatte *matte = hair_matte_new ();
  const P3mGuide guide = { read_hair, NULL };
  const P3mRefinement refinement
      = { .edge_detail = 80, .smooth = 50, .shift_edge = -30, .feather = 6, .white_point = 0.9 };
  g_autofree float *whole
      = render (matte, &refinement, &guide, &(P3mRectangle){ 0, 0, SIDE, SIDE });
  for (int i = 0; i < 30; i++)
    {
      P3mRectangle area = { g_test_rand_int_range (0, SIDE), g_test_rand_int_range (0, SIDE) };
      area.width = g_test_rand_int_range (1, SIDE - area.x + 1);
      area.height = g_test_rand_int_range (1, SIDE - area.y + 1);
      g_autofree float *part = render (matte, &refinement, &guide, &area);
      for (int y = 0; y < area.height; y++)
        g_assert_cmpmem (part + y * area.width, sizeof (float) * area.width,
                         whole + (area.y + y) * SIDE + area.x, sizeof (float) * area.width);
    }
  p3m_matte_unref (matte);
}

static gboolean
read_nan (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  (void) user_data;
  (void) error;
  static const float values[] = { NAN, INFINITY, -INFINITY, 1e30f };
  for (int i = 0; i < 3 * area->width * area->height; i++)
    rgb[i] = values[i % G_N_ELEMENTS (values)];
  return TRUE;
}

static gboolean
refuse (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  (void) area;
  (void) rgb;
  (void) user_data;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "torn");
  return FALSE;
}

static void
test_wild_guides (void)
{
  P3mMatte *matte = hair_matte_new ();
  const P3mGuide wild = { read_nan, NULL }, torn = { refuse, NULL };
  const P3mRectangle area = { 10, 10, 200, 200 };
  P3mRefinement refinement;
  p3m_refinement_init (&refinement);
  g_autofree float *alpha = render (matte, &refinement, &wild, &area);
  g_autoptr (GError) error = NULL;
  g_assert_false (
      p3m_matte_render_refined (matte, &refinement, &torn, SIDE, SIDE, &area, alpha, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  p3m_matte_unref (matte);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/detail/strands", test_strands);
  g_test_add_func ("/detail/fit", test_fit);
  g_test_add_func ("/detail/threads", test_threads);
  g_test_add_func ("/detail/sure-stays", test_sure_stays);
  g_test_add_func ("/detail/parts", test_parts);
  g_test_add_func ("/detail/wild-guides", test_wild_guides);
  return g_test_run ();
}
