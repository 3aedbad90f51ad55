/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The person's own colours: closer to the truth than the pixels, and the same however they are cut up. */
#include "matte/matte.h"

#include <math.h>
#include <string.h>

/* A composite whose parts are known. */
typedef struct
{
  int width, height;
  P3mMatte *matte;
  float *alpha;  /* [height][width] */
  float *own;    /* [height][width][3], of the person */
  float *pixels; /* [height][width][3] */
} Composite;

/* A head with a soft edge and strands that leave it. */
static float
get_alpha (int x, int y, int side)
{
  const double u = (x - side * 0.5) / side, v = (y - side * 0.5) / side;
  const double radius = hypot (u, v), angle = atan2 (v, u);
  const double head = CLAMP ((0.3 - radius) * 60.0, 0.0, 1.0);
  const double strands = 0.5 + 0.5 * sin (angle * 60.0 + radius * 40.0);
  const double hair = CLAMP ((0.4 - radius) * 10.0, 0.0, 1.0) * strands * strands;
  return (float) MAX (head, hair);
}

static float
get_own (int x, int y, int channel, int side)
{
  const double wave = sin (x * 40.0 / side + channel) * cos (y * 35.0 / side - channel);
  return (float) (0.35 + 0.1 * channel + 0.08 * wave);
}

static float
get_background (int x, int y, int channel, int side)
{
  const double wave = sin (x * 9.0 / side) * sin (y * 12.0 / side + 2.0 * channel);
  return (float) (channel == 1 ? 0.8 + 0.15 * wave : 0.15 + 0.1 * wave);
}

static Composite *
composite_new (int width, int height)
{
  Composite *self = g_new (Composite, 1);
  const int side = MIN (width, height);
  *self = (Composite){ width, height, p3m_matte_alloc (width, height) };
  self->alpha = g_new (float, (gsize) width *height);
  self->own = g_new (float, (gsize) width *height * 3);
  self->pixels = g_new (float, (gsize) width *height * 3);
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        const gsize i = (gsize) y * width + x;
        const float alpha = self->alpha[i] = get_alpha (x, y, side);
        for (int channel = 0; channel < 3; channel++)
          {
            const float own = self->own[3 * i + channel] = get_own (x, y, channel, side);
            const float background = get_background (x, y, channel, side);
            self->pixels[3 * i + channel] = alpha * own + (1.0f - alpha) * background;
          }
      }
  self->matte->alpha_width = self->matte->columns.extent;
  self->matte->alpha_height = self->matte->rows.extent;
  g_assert_cmpint (self->matte->alpha_width, ==, width);
  self->matte->alpha = g_memdup2 (self->alpha, sizeof (float) * width * height);
  return self;
}

static void
composite_free (Composite *self)
{
  p3m_matte_unref (self->matte);
  g_free (self->alpha);
  g_free (self->own);
  g_free (self->pixels);
  g_free (self);
}

static gboolean
read_composite (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  (void) error;
  const Composite *self = user_data;
  for (int y = 0; y < area->height; y++)
    memcpy (rgb + (gsize) y * area->width * 3,
            self->pixels + 3 * ((gsize) (area->y + y) * self->width + area->x),
            sizeof (float) * 3 * area->width);
  return TRUE;
}

static P3mForeground *
foreground_new (Composite *composite)
{
  const P3mSource source = { composite->width, composite->height, read_composite, composite };
  GError *error = NULL;
  P3mRefinement refinement;
  p3m_refinement_init (&refinement);
  P3mForeground *foreground
      = p3m_foreground_new (composite->matte, &refinement, NULL, &source, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  return foreground;
}

static float *
render (const P3mForeground *foreground, Composite *composite, double amount,
        const P3mRectangle *area)
{
  GError *error = NULL;
  P3mRectangle needed;
  p3m_foreground_get_needed (foreground, area, &needed);
  g_autofree float *pixels = g_new (float, (gsize) needed.width *needed.height * 3);
  read_composite (&needed, pixels, composite, NULL);
  float *rgb = g_new (float, (gsize) area->width * area->height * 3);
  p3m_foreground_render (foreground, amount, area, pixels, rgb, &error);
  g_assert_no_error (error);
  return rgb;
}

/* Mean distance from the person's own colours in the transition, weighted by alpha as it is seen. */
static double
get_error (const Composite *composite, const float *rgb)
{
  double sum = 0.0, weights = 0.0;
  for (gsize i = 0; i < (gsize) composite->width * composite->height; i++)
    {
      const double alpha = composite->alpha[i];
      if (alpha <= 0.0 || alpha >= 1.0)
        continue;
      for (int channel = 0; channel < 3; channel++)
        sum += alpha * fabs (rgb[3 * i + channel] - composite->own[3 * i + channel]);
      weights += 3.0 * alpha;
    }
  return sum / weights;
}

static void
check_error (int width, int height)
{
  Composite *composite = composite_new (width, height);
  g_autoptr (P3mForeground) foreground = foreground_new (composite);
  const P3mRectangle all = { 0, 0, width, height };
  const gint64 start = g_get_monotonic_time ();
  g_autofree float *rgb = render (foreground, composite, 1.0, &all);
  const double before = get_error (composite, composite->pixels);
  const double after = get_error (composite, rgb);
  g_test_message ("%d x %d px: error of the colours %.4f, of the raw pixels %.4f: %.1f times less; "
                  "%.3f s",
                  width, height, after, before, before / after,
                  (g_get_monotonic_time () - start) / 1e6);
  g_assert_cmpfloat (after, <, before / 3.0);
  composite_free (composite);
}

/* No halving, one, and two of them between the picture and the level that is solved as a whole. */
static void
test_error (void)
{
  check_error (300, 257);
  check_error (901, 777);
  check_error (1400, 1500);
}

static void
test_parts (void)
{
  Composite *composite = composite_new (1400, 1500);
  g_autoptr (P3mForeground) foreground = foreground_new (composite);
  const P3mRectangle all = { 0, 0, composite->width, composite->height };
  g_autofree float *whole = render (foreground, composite, 0.8, &all);
  for (int i = 0; i < 12; i++)
    {
      P3mRectangle area
          = { g_test_rand_int_range (0, all.width), g_test_rand_int_range (0, all.height) };
      area.width = g_test_rand_int_range (1, MIN (300, all.width - area.x) + 1);
      area.height = g_test_rand_int_range (1, MIN (300, all.height - area.y) + 1);
      g_autofree float *part = render (foreground, composite, 0.8, &area);
      for (int y = 0; y < area.height; y++)
        g_assert_cmpmem (part + 3 * y * area.width, 3 * sizeof (float) * area.width,
                         whole + 3 * ((area.y + y) * all.width + area.x),
                         3 * sizeof (float) * area.width);
    }
  composite_free (composite);
}

static void
test_amount (void)
{
  Composite *composite = composite_new (200, 200);
  g_autoptr (P3mForeground) foreground = foreground_new (composite);
  const P3mRectangle all = { 0, 0, 200, 200 };
  const gsize bytes = sizeof (float) * 3 * 200 * 200;
  g_autofree float *none = render (foreground, composite, 0.0, &all);
  g_assert_cmpmem (none, bytes, composite->pixels, bytes);
  g_autofree float *half = render (foreground, composite, 0.5, &all);
  g_autofree float *full = render (foreground, composite, 1.0, &all);
  for (int i = 0; i < 200 * 200; i++)
    for (int k = 3 * i; k < 3 * i + 3; k++)
      {
        g_assert_cmpfloat_with_epsilon (half[k], (none[k] + full[k]) / 2.0f, 1e-6);
        if (composite->alpha[i] == 1.0f)
          g_assert_cmpfloat (full[k], ==, composite->pixels[k]);
      }
  composite_free (composite);
}

/* Far from soft pixels colours stay the picture's, whatever the alpha; get_changed() leaves out nothing else. */
static void
check_kept (int width, int height)
{
  Composite *composite = composite_new (width, height);
  g_autoptr (P3mForeground) foreground = foreground_new (composite);
  const P3mRectangle all = { 0, 0, width, height };
  g_autofree float *rgb = render (foreground, composite, 1.0, &all);
  const int most = 24; /* px: the reach and a cell */
  int kept = 0, own = 0;
  for (int y = 0; y < height; y++)
    {
      P3mRectangle changed;
      const P3mRectangle row = { 0, y, width, 1 };
      const gboolean is_changed = p3m_foreground_get_changed (foreground, &row, &changed);
      for (int x = 0; x < width; x++)
        {
          gboolean is_near = FALSE;
          for (int dy = -most; dy <= most && !is_near; dy += 4)
            for (int dx = -most; dx <= most && !is_near; dx += 4)
              {
                const int ny = CLAMP (y + dy, 0, height - 1), nx = CLAMP (x + dx, 0, width - 1);
                const float alpha = composite->alpha[ny * width + nx];
                is_near = alpha > 0.0f && alpha < 1.0f;
              }
          const gsize i = 3 * ((gsize) y * width + x);
          const gboolean is_same = memcmp (rgb + i, composite->pixels + i, 3 * sizeof (float)) == 0;
          if (!is_changed || x < changed.x || x >= changed.x + changed.width || !is_near)
            g_assert_true (is_same);
          const float alpha = composite->alpha[y * width + x];
          kept += !is_near && alpha == 0.0f;
          own += alpha > 0.0f && alpha < 1.0f && !is_same;
        }
    }
  g_assert_cmpint (kept, >, width * height / 20);
  g_assert_cmpint (own, >, width);
  composite_free (composite);
}

static void
test_kept (void)
{
  check_kept (300, 257);
  check_kept (901, 777);
}

/* Colours brighter than white stay so; NaN does not spread. */
static void
test_wild_pixels (void)
{
  Composite *composite = composite_new (200, 200);
  for (int i = 0; i < 3 * 200 * 200; i++)
    composite->pixels[i] *= 5.0f;
  composite->pixels[3 * (100 * 200 + 41)] = NAN;
  composite->pixels[3 * (100 * 200 + 42)] = INFINITY;
  g_autoptr (P3mForeground) foreground = foreground_new (composite);
  g_autofree float *rgb = render (foreground, composite, 1.0, &(P3mRectangle){ 0, 0, 200, 200 });
  int bright = 0;
  for (int i = 0; i < 3 * 200 * 200; i++)
    {
      g_assert_true (isfinite (rgb[i]));
      bright += rgb[i] > 1.0f;
    }
  g_assert_cmpint (bright, >, 10000);
  composite_free (composite);
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
test_refused (void)
{
  Composite *composite = composite_new (100, 100);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) cancelled = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  P3mRefinement refinement;
  p3m_refinement_init (&refinement);
  const P3mSource source = { 100, 100, refuse, NULL };
  g_assert_null (
      p3m_foreground_new (composite->matte, &refinement, NULL, &source, NULL, NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_cancellable_cancel (cancellable);
  g_assert_null (p3m_foreground_new (composite->matte, &refinement, NULL, &source, NULL, NULL,
                                     cancellable, &cancelled));
  g_assert_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  composite_free (composite);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/foreground/error", test_error);
  g_test_add_func ("/foreground/parts", test_parts);
  g_test_add_func ("/foreground/amount", test_amount);
  g_test_add_func ("/foreground/kept", test_kept);
  g_test_add_func ("/foreground/wild-pixels", test_wild_pixels);
  g_test_add_func ("/foreground/refused", test_refused);
  return g_test_run ();
}
