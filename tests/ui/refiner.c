/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What the refiner's thread renders, in which order, and that it ends whenever it is told to. */
#include "refiner.h"

#include <stdlib.h>
#include <string.h>

#include "colours.h"
#include "half.h"
#include "matte/matte.h"

#define SIDE 96

/* Two people: columns 12..35 and 60..83 of rows 20..79. */
static P3mMatte *
make_matte (void)
{
  P3mMatte *matte = p3m_matte_alloc (SIDE, SIDE);
  matte->alpha_width = matte->columns.extent;
  matte->alpha_height = matte->rows.extent;
  matte->alpha = g_new (float, (gsize) matte->alpha_width * matte->alpha_height);
  for (int y = 0; y < matte->alpha_height; y++)
    for (int x = 0; x < matte->alpha_width; x++)
      matte->alpha[y * matte->alpha_width + x]
          = y >= 20 && y < 80 && ((x >= 12 && x < 36) || (x >= 60 && x < 84));
  return matte;
}

/* The newest result of each piece. */
typedef struct
{
  GBytes *alpha[P3M_PIECES], *colours[P3M_PIECES];
  P3mPieceKind order[64];
  int count;
  gboolean newest;
} Seen;

static void
keep (GBytes **bytes, GBytes *by)
{
  g_clear_pointer (bytes, g_bytes_unref);
  *bytes = by ? g_bytes_ref (by) : NULL;
}

static void
on_refined (const P3mRefined *refined, gpointer user_data)
{
  Seen *seen = user_data;
  g_assert_no_error (refined->error);
  keep (&seen->alpha[refined->kind], refined->alpha);
  keep (&seen->colours[refined->kind], refined->colours);
  seen->newest = refined->newest;
  if (seen->count < (int) G_N_ELEMENTS (seen->order))
    seen->order[seen->count++] = refined->kind;
}

static void
seen_clear (Seen *seen)
{
  for (int i = 0; i < P3M_PIECES; i++)
    {
      keep (&seen->alpha[i], NULL);
      keep (&seen->colours[i], NULL);
    }
}

/* Until nothing has come for longer than the refiner rests. */
static void
settle (Seen *seen)
{
  gint64 last = g_get_monotonic_time ();
  int count = seen->count;
  while (g_get_monotonic_time () - last < G_USEC_PER_SEC / 2)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
      if (seen->count != count)
        last = g_get_monotonic_time ();
      count = seen->count;
    }
}

static P3mPiece
make_piece (double scale)
{
  const int side = (int) (SIDE * scale);
  return (
      P3mPiece){ { 0, 0, side, side },
                 scale,
                 g_bytes_new_take (g_malloc0 ((gsize) side * side * 4), (gsize) side * side * 4) };
}

static P3mRefiner *
start (Seen *seen, P3mMatte *matte)
{
  P3mRefiner *refiner = p3m_refiner_new (on_refined, seen);
  P3mPiece visible = make_piece (1), whole = make_piece (0.5);
  p3m_refiner_set_piece (refiner, P3M_PIECE_WHOLE, &whole);
  p3m_refiner_set_piece (refiner, P3M_PIECE_VISIBLE, &visible);
  g_bytes_unref (visible.rgba);
  g_bytes_unref (whole.rgba);
  if (matte)
    p3m_refiner_set_matte (refiner, matte);
  return refiner;
}

static int
get_alpha (const Seen *seen, int x, int y)
{
  const guint8 *alpha = g_bytes_get_data (seen->alpha[P3M_PIECE_VISIBLE], NULL);
  return alpha[y * SIDE + x];
}

static void
test_order (void)
{
  Seen seen = { .count = 0 };
  g_autoptr (P3mMatte) matte = make_matte ();
  g_autoptr (P3mRefiner) nothing = start (&seen, NULL);
  settle (&seen);
  g_assert_cmpint (seen.count, ==, 0);
  g_autoptr (P3mRefiner) refiner = start (&seen, matte);
  settle (&seen);
  g_assert_cmpint (seen.count, ==, 2);
  g_assert_cmpint (seen.order[0], ==, P3M_PIECE_VISIBLE);
  g_assert_cmpint (seen.order[1], ==, P3M_PIECE_WHOLE);
  g_assert_true (seen.newest);
  g_assert_cmpint (get_alpha (&seen, 24, 50), ==, 255);
  g_assert_cmpint (get_alpha (&seen, 48, 50), ==, 0);
  seen_clear (&seen);
}

/* A hundred wishes in a row are not a hundred renderings, and the last one is what is seen. */
static void
test_newest (void)
{
  Seen seen = { .count = 0 };
  g_autoptr (P3mMatte) matte = make_matte ();
  g_autoptr (P3mRefiner) refiner = start (&seen, matte);
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  for (int i = 1; i <= 1000; i++)
    {
      settings.refinement.feather = i % 50;
      p3m_refiner_set_settings (refiner, &settings);
    }
  settings.refinement.feather = 40;
  p3m_refiner_set_settings (refiner, &settings);
  settle (&seen);
  g_assert_cmpint (seen.count, <, 64);
  g_assert_true (seen.newest);
  float alpha[SIDE * SIDE];
  const P3mRectangle all = { 0, 0, SIDE, SIDE };
  g_assert_true (
      p3m_matte_render_refined (matte, &settings.refinement, NULL, SIDE, SIDE, &all, alpha, NULL));
  for (int i = 0; i < SIDE * SIDE; i++)
    g_assert_cmpint (get_alpha (&seen, i % SIDE, i / SIDE), ==, (int) (alpha[i] * 255 + 0.5f));
  seen_clear (&seen);
}

static void
test_people (void)
{
  Seen seen = { .count = 0 };
  g_autoptr (P3mMatte) matte = make_matte ();
  g_autoptr (P3mRefiner) refiner = start (&seen, matte);
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  settings.keep = P3M_KEEP_POINTS;
  p3m_refiner_set_settings (refiner, &settings);
  settle (&seen);
  g_assert_cmpint (get_alpha (&seen, 24, 50), ==, 255); /* nobody was clicked yet */
  g_assert_cmpint (get_alpha (&seen, 72, 50), ==, 255);
  p3m_setting_set_text (p3m_setting_find ("people"), &settings, "24,50");
  p3m_refiner_set_settings (refiner, &settings);
  settle (&seen);
  g_assert_cmpint (get_alpha (&seen, 24, 50), ==, 255);
  g_assert_cmpint (get_alpha (&seen, 72, 50), ==, 0);
  p3m_setting_set_text (p3m_setting_find ("people"), &settings, "24,50 72,50 24,50");
  p3m_refiner_set_settings (refiner, &settings);
  settle (&seen);
  g_assert_cmpint (get_alpha (&seen, 24, 50), ==, 0);
  g_assert_cmpint (get_alpha (&seen, 72, 50), ==, 255);
  seen_clear (&seen);
}

static void
test_outputs (void)
{
  Seen seen = { .count = 0 };
  g_autoptr (P3mMatte) matte = make_matte ();
  g_autoptr (P3mRefiner) refiner = start (&seen, matte);
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  settings.output = P3M_OUTPUT_TRIMAP;
  settings.trimap_band = 4;
  p3m_refiner_set_settings (refiner, &settings);
  settle (&seen);
  g_assert_cmpint (get_alpha (&seen, 24, 50), ==, 255);
  g_assert_cmpint (get_alpha (&seen, 12, 50), ==, 128);
  g_assert_cmpint (get_alpha (&seen, 48, 50), ==, 0);
  g_assert_null (seen.colours[P3M_PIECE_VISIBLE]);
  settings.output = P3M_OUTPUT_CUT_OUT;
  p3m_refiner_set_settings (refiner, &settings);
  settle (&seen);
  g_assert_nonnull (seen.colours[P3M_PIECE_VISIBLE]);
  g_assert_nonnull (seen.colours[P3M_PIECE_WHOLE]);
  settings.decontaminate = 0;
  p3m_refiner_set_settings (refiner, &settings);
  settle (&seen);
  g_assert_null (seen.colours[P3M_PIECE_VISIBLE]);
  seen_clear (&seen);
}

static void
test_freed_at_any_time (void)
{
  for (int round = 0; round < 40; round++)
    {
      Seen seen = { .count = 0 };
      g_autoptr (P3mMatte) matte = make_matte ();
      P3mRefiner *refiner = start (&seen, matte);
      for (int i = 0; i < round; i++)
        {
          g_main_context_iteration (NULL, FALSE);
          g_usleep (200);
        }
      p3m_refiner_free (refiner);
      const int count = seen.count;
      while (g_main_context_iteration (NULL, FALSE))
        ;
      g_assert_cmpint (seen.count, ==, count);
      seen_clear (&seen);
    }
}

/* A slope of alphas over a piece that begins at odd places: halved and enlarged, it is nearly what it was. */
static void
test_half (void)
{
  const P3mRectangle area = { 7, 5, 61, 43 };
  const gsize count = (gsize) area.width * area.height;
  guint8 *rgba = g_malloc (4 * count);
  for (gsize i = 0; i < count; i++)
    memset (rgba + 4 * i, (int) (50 + 2 * (i % area.width)), 4);
  P3mPiece piece = { area, 0.5, g_bytes_new_take (rgba, 4 * count) }, half;
  g_assert_true (p3m_half_make (&piece, &half));
  g_assert_cmpfloat (half.scale, ==, 0.25);
  guint8 *values = g_malloc ((gsize) half.area.width * half.area.height);
  const guint8 *small = g_bytes_get_data (half.rgba, NULL);
  for (int i = 0; i < half.area.width * half.area.height; i++)
    values[i] = small[4 * i];
  g_autoptr (GBytes) alpha = g_bytes_new_take (values, (gsize) half.area.width * half.area.height);
  g_autoptr (GBytes) enlarged = p3m_half_enlarge (&half, alpha, &piece, TRUE);
  const guint8 *result = g_bytes_get_data (enlarged, NULL);
  for (gsize i = 0; i < count; i++)
    g_assert_cmpint (abs (result[i] - rgba[4 * i]), <=, 3);
  g_bytes_unref (piece.rgba);
  g_bytes_unref (half.rgba);
}

static void
test_half_of_little (void)
{
  P3mPiece piece = make_piece (0.25), half;
  g_assert_false (p3m_half_make (&piece, &half));
  g_bytes_unref (piece.rgba);
}

/* Red hair before green, half transparent: what is left of the green goes, and nothing else changes. */
static void
test_colours (void)
{
  guint8 *rgba = g_malloc0 (4 * SIDE * SIDE), *shares = g_malloc (SIDE * SIDE);
  for (int i = 0; i < SIDE * SIDE; i++)
    {
      const int x = i % SIDE;
      shares[i] = x < 30 ? 255 : x < 60 ? 128 : 0;
      rgba[4 * i] = x < 30 ? 200 : x < 60 ? 146 : 20;
      rgba[4 * i + 1] = x < 30 ? 20 : x < 60 ? 146 : 200;
    }
  const P3mPiece piece = { { 0, 0, SIDE, SIDE }, 1, g_bytes_new_take (rgba, 4 * SIDE * SIDE) };
  g_autoptr (GBytes) alpha = g_bytes_new_take (shares, SIDE * SIDE);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) colours = p3m_piece_decontaminate (&piece, alpha, 1, &error);
  g_assert_no_error (error);
  const guint8 *rgb = (const guint8 *) g_bytes_get_data (colours, NULL) + 3 * (SIDE * SIDE / 2);
  g_assert_cmpint (rgb[3 * 10], ==, 200);
  g_assert_cmpint (rgb[3 * 45], >, 185);
  g_assert_cmpint (rgb[3 * 45 + 1], <, 70);
  g_assert_cmpint (rgb[3 * 80 + 1], ==, 200);
  g_autoptr (GBytes) same = p3m_piece_decontaminate (&piece, alpha, 0, &error);
  const guint8 *kept = g_bytes_get_data (same, NULL);
  for (int i = 0; i < SIDE * SIDE; i++)
    g_assert_cmpint (abs (kept[3 * i + 1] - rgba[4 * i + 1]), <=, 1);
  g_bytes_unref (piece.rgba);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/refiner/order", test_order);
  g_test_add_func ("/refiner/newest", test_newest);
  g_test_add_func ("/refiner/people", test_people);
  g_test_add_func ("/refiner/outputs", test_outputs);
  g_test_add_func ("/refiner/half", test_half);
  g_test_add_func ("/refiner/half-of-little", test_half_of_little);
  g_test_add_func ("/refiner/colours", test_colours);
  g_test_add_func ("/refiner/freed-at-any-time", test_freed_at_any_time);
  return g_test_run ();
}
