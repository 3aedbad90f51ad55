/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The refinements: nothing at their defaults, known answers on discs and edges, and never a seam. */
#include "matte/matte.h"

#include "refine/blur.h"
#include "refine/edge.h"

#include <math.h>

/* The side of the square mattes of these tests, px. */
#define SIDE 256

static P3mMatte *
matte_new (float (*value) (double x, double y))
{
  P3mMatte *matte = p3m_matte_alloc (SIDE, SIDE);
  matte->alpha_width = matte->alpha_height = SIDE;
  matte->alpha = g_new (float, SIDE *SIDE);
  for (int y = 0; y < SIDE; y++)
    for (int x = 0; x < SIDE; x++)
      matte->alpha[y * SIDE + x] = value (x + 0.5, y + 0.5);
  return matte;
}

static float
disc (double x, double y)
{
  return (float) CLAMP (60.5 - hypot (x - 128.0, y - 128.0), 0.0, 1.0);
}

static float
soft_edge (double x, double y)
{
  (void) y;
  return (float) CLAMP ((x - 108.0) / 40.0, 0.0, 1.0);
}

static float
inverse_disc (double x, double y)
{
  return 1.0f - disc (x, y);
}

/* A clean edge at x = 128 with teeth, 4 px high and 2 px wide. */
static float
teeth (double x, double y)
{
  return (float) CLAMP (x - 128.0 + (((int) y / 4) % 2 ? 1.0 : -1.0) + 0.5, 0.0, 1.0);
}

/* Strands of hair: a soft comb over half of the picture. */
static float
hair (double x, double y)
{
  return (float) (x < 128.0 ? 1.0 : x < 200.0 ? 0.5 + 0.45 * sin (y * 0.9) : 0.0);
}

static float
noise (double x, double y)
{
  (void) x;
  (void) y;
  const double value = g_test_rand_double_range (-0.5, 1.5);
  return (float) CLAMP (value, 0.0, 1.0);
}

static float *
render (const P3mMatte *matte, const P3mRefinement *refinement, int width, int height,
        const P3mRectangle *area)
{
  GError *error = NULL;
  float *alpha = g_new (float, (gsize) area->width * area->height);
  p3m_matte_render_refined (matte, refinement, NULL, width, height, area, alpha, &error);
  g_assert_no_error (error);
  for (int i = 0; i < area->width * area->height; i++)
    g_assert_true (alpha[i] >= 0.0f && alpha[i] <= 1.0f);
  return alpha;
}

static float *
render_whole (const P3mMatte *matte, const P3mRefinement *refinement)
{
  return render (matte, refinement, SIDE, SIDE, &(P3mRectangle){ 0, 0, SIDE, SIDE });
}

static double
get_area (const float *alpha)
{
  double sum = 0.0;
  for (int i = 0; i < SIDE * SIDE; i++)
    sum += alpha[i];
  return sum;
}

static P3mRefinement
refinement_new (void)
{
  P3mRefinement refinement;
  p3m_refinement_init (&refinement);
  return refinement;
}

static void
test_default (void)
{
  const P3mRefinement refinement = refinement_new ();
  P3mMatte *matte = matte_new (noise);
  g_autofree float *alpha = render_whole (matte, &refinement);
  g_assert_cmpmem (alpha, sizeof (float) * SIDE * SIDE, matte->alpha, sizeof (float) * SIDE * SIDE);
  p3m_matte_unref (matte);
}

static void
randomise (P3mRefinement *refinement)
{
  refinement->smooth = g_test_rand_double_range (0.0, 300.0) - 100.0;
  refinement->shift_edge = g_test_rand_double_range (-150.0, 150.0);
  refinement->feather = g_test_rand_double_range (-5.0, 30.0);
  refinement->contrast = g_test_rand_double_range (-20.0, 120.0);
  refinement->black_point = g_test_rand_double_range (-0.2, 0.6);
  refinement->white_point = g_test_rand_double_range (0.4, 1.2);
}

static void
check_part (const P3mMatte *matte, const P3mRefinement *refinement, int width, int height,
            const float *whole)
{
  P3mRectangle area = { g_test_rand_int_range (0, width), g_test_rand_int_range (0, height) };
  area.width = g_test_rand_int_range (1, width - area.x + 1);
  area.height = g_test_rand_int_range (1, height - area.y + 1);
  g_autofree float *part = render (matte, refinement, width, height, &area);
  for (int y = 0; y < area.height; y++)
    g_assert_cmpmem (part + y * area.width, sizeof (float) * area.width,
                     whole + (area.y + y) * width + area.x, sizeof (float) * area.width);
}

static void
test_parts (void)
{
  P3mMatte *matte = matte_new (noise);
  for (int i = 0; i < 30; i++)
    {
      P3mRefinement refinement = refinement_new ();
      randomise (&refinement);
      const int width = g_test_rand_int_range (1, 400), height = g_test_rand_int_range (1, 400);
      g_autofree float *whole
          = render (matte, &refinement, width, height, &(P3mRectangle){ 0, 0, width, height });
      for (int k = 0; k < 6; k++)
        check_part (matte, &refinement, width, height, whole);
    }
  p3m_matte_unref (matte);
}

/* A blurred edge is the integral of a Gaussian; three boxes come within 1 % of it. */
static void
test_blur (void)
{
  static const double sigmas[] = { 0.2, 0.7, 1.0, 2.5, 6.0, 11.3, 20.0 };
  for (gsize i = 0; i < G_N_ELEMENTS (sigmas); i++)
    {
      const int halo = p3m_blur_get_halo (sigmas[i]), width = 100;
      g_autoptr (P3mPlane) plane = p3m_plane_new (width + 2 * halo, 3 + 2 * halo, NULL);
      for (int n = 0; n < plane->width * plane->height; n++)
        plane->values[n] = n % plane->width >= halo + width / 2 ? 1.0f : 0.0f;
      g_autoptr (P3mPlane) blurred = p3m_blur (plane, sigmas[i], NULL);
      g_assert_cmpint (blurred->width, ==, width);
      g_assert_cmpint (blurred->height, ==, 3);
      for (int x = 0; x < width; x++)
        {
          const double distance = x + 0.5 - width / 2;
          const double expected = 0.5 * (1.0 + erf (distance / (sigmas[i] * sqrt (2.0))));
          const double tolerance = sigmas[i] < 2.0 ? 0.06 : 0.01;
          g_assert_cmpfloat_with_epsilon (blurred->values[width + x], expected, tolerance);
        }
    }
}

static void
test_blur_flat (void)
{
  static const float values[] = { 0.0f, 1.0f, 0.25f };
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      const double sigma = g_test_rand_double_range (0.01, 60.0);
      const int halo = p3m_blur_get_halo (sigma);
      g_autoptr (P3mPlane) plane = p3m_plane_new (5 + 2 * halo, 4 + 2 * halo, NULL);
      for (int n = 0; n < plane->width * plane->height; n++)
        plane->values[n] = values[i];
      g_autoptr (P3mPlane) blurred = p3m_blur (plane, sigma, NULL);
      for (int n = 0; n < 5 * 4; n++)
        g_assert_cmpfloat (blurred->values[n], ==, values[i]);
    }
}

/* 100 is 1 % of the longer side: 2.56 px. The area of a disc of radius 60 tells its radius. */
static void
test_shift_disc (void)
{
  P3mMatte *matte = matte_new (disc);
  P3mRefinement refinement = refinement_new ();
  double last = 0.0;
  for (int shift = -100; shift <= 100; shift += 25)
    {
      refinement.shift_edge = shift;
      g_autofree float *alpha = render_whole (matte, &refinement);
      const double radius = sqrt (get_area (alpha) / G_PI);
      g_assert_cmpfloat_with_epsilon (radius, 60.0 + shift * 0.0256, 0.12);
      g_assert_cmpfloat (radius, >, last);
      last = radius;
    }
  p3m_matte_unref (matte);
}

/* A soft edge is moved, not made harder or softer. */
static void
test_shift_soft (void)
{
  P3mMatte *matte = matte_new (soft_edge);
  P3mRefinement refinement = refinement_new ();
  refinement.shift_edge = 80.0;
  g_autofree float *alpha = render_whole (matte, &refinement);
  for (int x = 112; x < 140; x++)
    g_assert_cmpfloat_with_epsilon (alpha[100 * SIDE + x], soft_edge (x + 0.5 + 0.8 * 2.56, 0.0),
                                    0.01);
  p3m_matte_unref (matte);
}

/* Turning the matte inside out turns the direction of the shift and leaves the smoothing. */
static void
test_symmetry (void)
{
  P3mMatte *matte = matte_new (disc), *inverse = matte_new (inverse_disc);
  P3mRefinement refinement = refinement_new (), opposite = refinement_new ();
  refinement.smooth = opposite.smooth = 70.0;
  refinement.feather = opposite.feather = 5.0;
  refinement.contrast = opposite.contrast = 30.0;
  refinement.shift_edge = 60.0;
  opposite.shift_edge = -60.0;
  g_autofree float *alpha = render_whole (matte, &refinement);
  g_autofree float *complement = render_whole (inverse, &opposite);
  for (int i = 0; i < SIDE * SIDE; i++)
    g_assert_cmpfloat_with_epsilon (alpha[i], 1.0f - complement[i], 1e-4);
  p3m_matte_unref (matte);
  p3m_matte_unref (inverse);
}

/* How far the outline (alpha 0.5) strays from x = 128: the standard deviation over the rows, px. */
static double
get_roughness (const float *alpha)
{
  double sum = 0.0, squares = 0.0;
  for (int y = 32; y < SIDE - 32; y++)
    {
      double width = 0.0;
      for (int x = 0; x < SIDE; x++)
        width += alpha[y * SIDE + x];
      sum += width;
      squares += width * width;
    }
  const double count = SIDE - 64;
  return sqrt (MAX (0.0, squares / count - sum * sum / (count * count)));
}

/* The plane of a matte after smoothing at `sigma` px; the halo keeps the old values. */
static float *
smooth_plane (const P3mMatte *matte, double sigma)
{
  P3mPlane plane = { SIDE, SIDE, matte->alpha };
  const int halo = p3m_smooth_get_halo (sigma);
  g_autoptr (P3mPlane) smooth = p3m_smooth (&plane, sigma, NULL);
  float *alpha = g_memdup2 (matte->alpha, sizeof (float) * SIDE * SIDE);
  for (int y = 0; y < smooth->height; y++)
    for (int x = 0; x < smooth->width; x++)
      alpha[(y + halo) * SIDE + x + halo] = smooth->values[y * smooth->width + x];
  return alpha;
}

static void
test_smooth_teeth (void)
{
  P3mMatte *matte = matte_new (teeth);
  g_autofree float *alpha = smooth_plane (matte, 5.0);
  g_assert_cmpfloat (get_roughness (matte->alpha), >, 0.9);
  g_assert_cmpfloat (get_roughness (alpha), <, 0.2);
  p3m_matte_unref (matte);
}

static void
test_smooth_keeps_hair (void)
{
  P3mMatte *matte = matte_new (hair);
  g_autofree float *alpha = smooth_plane (matte, 4.0);
  for (int y = 0; y < SIDE; y++)
    for (int x = 145; x < 180; x++)
      g_assert_cmpfloat_with_epsilon (alpha[y * SIDE + x], matte->alpha[y * SIDE + x], 0.02);
  p3m_matte_unref (matte);
}

/* A person who is cut off by the frame is not feathered there. */
static void
test_feather_frame (void)
{
  P3mMatte *matte = matte_new (soft_edge);
  P3mRefinement refinement = refinement_new ();
  refinement.feather = 30.0;
  g_autofree float *alpha = render_whole (matte, &refinement);
  for (int y = 0; y < SIDE; y++)
    g_assert_cmpfloat (alpha[y * SIDE + SIDE - 1], ==, 1.0f);
  g_assert_cmpfloat_with_epsilon (alpha[128], alpha[255 * SIDE + 128], 1e-6);
  g_assert_cmpfloat (alpha[104], >, 0.0f);
  p3m_matte_unref (matte);
}

static void
test_tone (void)
{
  static const struct
  {
    double contrast, black, white;
    float in[5], out[5];
  } cases[] = {
    { 0.0, 0.0, 1.0, { 0, 0.1f, 0.5f, 0.9f, 1 }, { 0, 0.1f, 0.5f, 0.9f, 1 } },
    { 50.0, 0.0, 1.0, { 0, 0.3f, 0.5f, 0.6f, 1 }, { 0, 0.1f, 0.5f, 0.7f, 1 } },
    { 100.0, 0.0, 1.0, { 0, 0.49f, 0.5f, 0.51f, 1 }, { 0, 0, 0.5f, 1, 1 } },
    { 0.0, 0.2, 0.7, { 0, 0.2f, 0.45f, 0.7f, 1 }, { 0, 0, 0.5f, 1, 1 } },
    { 0.0, 0.5, 0.5, { 0, 0.49f, 0.3f, 0.51f, 1 }, { 0, 0, 0, 1, 1 } },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (P3mPlane) plane = p3m_plane_new (5, 1, NULL);
      for (int k = 0; k < 5; k++)
        plane->values[k] = cases[i].in[k];
      p3m_tone (plane, cases[i].contrast / 100.0, cases[i].black, cases[i].white);
      for (int k = 0; k < 5; k++)
        g_assert_cmpfloat_with_epsilon (plane->values[k], cases[i].out[k], 1e-6);
    }
}

static void
test_wild_values (void)
{
  P3mMatte *matte = matte_new (disc);
  const P3mRefinement refinement = { NAN, NAN, -INFINITY, INFINITY, NAN, -5.0, NAN };
  g_autofree float *alpha = render_whole (matte, &refinement);
  p3m_matte_unref (matte);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/refine/default", test_default);
  g_test_add_func ("/refine/parts", test_parts);
  g_test_add_func ("/refine/blur", test_blur);
  g_test_add_func ("/refine/blur-flat", test_blur_flat);
  g_test_add_func ("/refine/shift-disc", test_shift_disc);
  g_test_add_func ("/refine/shift-soft", test_shift_soft);
  g_test_add_func ("/refine/symmetry", test_symmetry);
  g_test_add_func ("/refine/smooth-teeth", test_smooth_teeth);
  g_test_add_func ("/refine/smooth-keeps-hair", test_smooth_keeps_hair);
  g_test_add_func ("/refine/feather-frame", test_feather_frame);
  g_test_add_func ("/refine/tone", test_tone);
  g_test_add_func ("/refine/wild-values", test_wild_values);
  return g_test_run ();
}
