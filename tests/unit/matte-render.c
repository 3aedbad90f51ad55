/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Rendering a matte: parts join without a seam, classes decide where they are sure, sinks are obeyed. */
#include "matte/matte.h"

#include <string.h>

static P3mMatte *
matte_new_random (int width, int height, gboolean hybrid)
{
  P3mMatte *matte = p3m_matte_alloc (width, height);
  matte->alpha_width = 32 * g_test_rand_int_range (1, 5);
  matte->alpha_height = 32 * g_test_rand_int_range (1, 5);
  const int count = matte->alpha_width * matte->alpha_height;
  matte->alpha = g_new (float, count);
  for (int i = 0; i < count; i++)
    matte->alpha[i] = (float) g_test_rand_double ();
  if (hybrid)
    {
      matte->classes_width = 32 * g_test_rand_int_range (1, 3);
      matte->classes_height = 32 * g_test_rand_int_range (1, 3);
      matte->classes = g_new (guint8, matte->classes_width * matte->classes_height);
      for (int y = 0; y < matte->classes_height; y++)
        for (int x = 0; x < matte->classes_width; x++)
          matte->classes[y * matte->classes_width + x] = (guint8) ((x / 9 + y / 7) % 3);
    }
  return matte;
}

static float *
render (const P3mMatte *matte, int width, int height, const P3mRectangle *area)
{
  GError *error = NULL;
  float *alpha = g_new (float, (gsize) area->width * area->height);
  p3m_matte_render (matte, width, height, area, alpha, &error);
  g_assert_no_error (error);
  return alpha;
}

static float *
render_whole (const P3mMatte *matte, int width, int height)
{
  return render (matte, width, height, &(P3mRectangle){ 0, 0, width, height });
}

static void
check_part (const P3mMatte *matte, int width, int height, const float *whole)
{
  P3mRectangle area = { g_test_rand_int_range (0, width), g_test_rand_int_range (0, height) };
  area.width = g_test_rand_int_range (1, width - area.x + 1);
  area.height = g_test_rand_int_range (1, height - area.y + 1);
  g_autofree float *part = render (matte, width, height, &area);
  for (int y = 0; y < area.height; y++)
    g_assert_cmpmem (part + y * area.width, sizeof (float) * area.width,
                     whole + (area.y + y) * width + area.x, sizeof (float) * area.width);
}

static void
test_parts (void)
{
  for (int i = 0; i < 60; i++)
    {
      P3mMatte *matte = matte_new_random (g_test_rand_int_range (1, 400),
                                          g_test_rand_int_range (1, 400), i % 2);
      const int width = i % 3 ? g_test_rand_int_range (1, 500) : p3m_matte_get_width (matte);
      const int height = i % 3 ? g_test_rand_int_range (1, 500) : p3m_matte_get_height (matte);
      g_autofree float *whole = render_whole (matte, width, height);
      for (int k = 0; k < 10; k++)
        check_part (matte, width, height, whole);
      p3m_matte_unref (matte);
    }
}

/* Where the network's answer is flat, so is the alpha, exactly, at every scale. */
static void
test_flat (void)
{
  static const float values[] = { 0.0f, 0.3f, 1.0f };
  static const int sizes[][2] = { { 1, 1 }, { 3, 5 }, { 97, 64 }, { 301, 277 } };
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++)
      {
        P3mMatte *matte = matte_new_random (301, 277, FALSE);
        for (int n = 0; n < matte->alpha_width * matte->alpha_height; n++)
          matte->alpha[n] = values[i];
        g_autofree float *alpha = render_whole (matte, sizes[k][0], sizes[k][1]);
        for (int n = 0; n < sizes[k][0] * sizes[k][1]; n++)
          g_assert_cmpfloat (alpha[n], ==, values[i]);
        p3m_matte_unref (matte);
      }
}

/* At twice the size, each side of a border between classes is made of both for one pixel; elsewhere the
 * classes are pure. */
static void
test_classes_decide (void)
{
  P3mMatte *matte = matte_new_random (128, 128, TRUE);
  g_free (matte->classes);
  matte->classes_width = matte->classes_height = 64;
  matte->classes = g_new0 (guint8, 64 * 64);
  for (int y = 0; y < 64; y++)
    memset (matte->classes + y * 64 + 32, 2, 32);
  g_autofree float *alpha = render_whole (matte, 128, 128);

  g_autofree guint8 *classes = g_steal_pointer (&matte->classes);
  g_autofree float *local = render_whole (matte, 128, 128);
  for (int y = 0; y < 128; y++)
    for (int x = 0; x < 128; x++)
      {
        const float expected = x < 63 ? 0.0f : x > 64 ? 1.0f : local[y * 128 + x];
        g_assert_cmpfloat (alpha[y * 128 + x], ==, expected);
      }
  p3m_matte_unref (matte);
}

/* The transition class never decides, however large it is. */
static void
test_transition_is_local (void)
{
  P3mMatte *matte = matte_new_random (150, 90, TRUE);
  memset (matte->classes, 1, matte->classes_width * matte->classes_height);
  g_autofree float *alpha = render_whole (matte, 150, 90);
  g_clear_pointer (&matte->classes, g_free);
  g_autofree float *local = render_whole (matte, 150, 90);
  g_assert_cmpmem (alpha, sizeof (float) * 150 * 90, local, sizeof (float) * 150 * 90);
  p3m_matte_unref (matte);
}

/* The picture of 5 x 3 px is in the middle of the 64 x 64 px that the network saw. */
static void
test_cut_back (void)
{
  P3mMatte *matte = p3m_matte_alloc (5, 3);
  matte->alpha_width = matte->alpha_height = 64;
  matte->alpha = g_new (float, 64 * 64);
  for (int i = 0; i < 64 * 64; i++)
    matte->alpha[i] = (i % 64 + i / 64) / 128.0f;
  g_autofree float *alpha = render_whole (matte, 5, 3);
  for (int y = 0; y < 3; y++)
    for (int x = 0; x < 5; x++)
      g_assert_cmpfloat_with_epsilon (alpha[y * 5 + x], (29 + x + 30 + y) / 128.0f, 1e-6);
  p3m_matte_unref (matte);
}

typedef struct
{
  int width;
  int next_row;
  int bands;
  float *alpha;
  int fail_at; /* band that is refused */
  GCancellable *cancellable;
  int cancel_at; /* band at whose end the run is cancelled */
  double fraction;
} Sink;

static gboolean
write_sink (const P3mRectangle *area, const float *alpha, gpointer user_data, GError **error)
{
  Sink *sink = user_data;
  g_assert_cmpint (area->x, ==, 0);
  g_assert_cmpint (area->y, ==, sink->next_row);
  g_assert_cmpint (area->width, ==, sink->width);
  if (++sink->bands == sink->fail_at)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "full");
      return FALSE;
    }
  if (sink->bands == sink->cancel_at)
    g_cancellable_cancel (sink->cancellable);
  const gsize row = sizeof (float) * sink->width;
  memcpy (sink->alpha + (gsize) area->y * sink->width, alpha, row * area->height);
  sink->next_row += area->height;
  return TRUE;
}

static void
on_progress (double fraction, const char *stage, gpointer user_data)
{
  Sink *sink = user_data;
  g_assert_cmpfloat (fraction, >=, sink->fraction);
  g_assert_cmpfloat (fraction, <=, 1.0);
  g_assert_cmpint (strlen (stage), >, 0);
  sink->fraction = fraction;
}

static gboolean
write_matte (const P3mMatte *matte, Sink *sink, GError **error)
{
  const P3mSink callbacks = { write_sink, sink };
  return p3m_matte_write (matte, &callbacks, on_progress, sink, sink->cancellable, error);
}

/* Three bands. */
enum
{
  WIDTH = 7000,
  HEIGHT = 1300
};

static void
test_write (void)
{
  P3mMatte *matte = matte_new_random (WIDTH, HEIGHT, TRUE);
  g_autofree float *alpha = g_new0 (float, WIDTH *HEIGHT);
  GError *error = NULL;
  Sink sink = { .width = WIDTH, .alpha = alpha };
  g_assert_true (write_matte (matte, &sink, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sink.next_row, ==, HEIGHT);
  g_assert_cmpint (sink.bands, ==, 3);
  g_assert_cmpfloat (sink.fraction, ==, 1.0);
  g_autofree float *whole = render_whole (matte, WIDTH, HEIGHT);
  g_assert_cmpmem (alpha, sizeof (float) * WIDTH * HEIGHT, whole, sizeof (float) * WIDTH * HEIGHT);
  p3m_matte_unref (matte);
}

static void
test_write_refused (void)
{
  P3mMatte *matte = matte_new_random (WIDTH, HEIGHT, FALSE);
  g_autofree float *alpha = g_new0 (float, WIDTH *HEIGHT);
  g_autoptr (GError) error = NULL;
  Sink sink = { .width = WIDTH, .alpha = alpha, .fail_at = 2 };
  g_assert_false (write_matte (matte, &sink, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_cmpint (sink.bands, ==, 2);
  p3m_matte_unref (matte);
}

static void
test_write_cancelled (void)
{
  P3mMatte *matte = matte_new_random (WIDTH, HEIGHT, FALSE);
  g_autofree float *alpha = g_new0 (float, WIDTH *HEIGHT);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  Sink sink = { .width = WIDTH, .alpha = alpha, .cancellable = cancellable, .cancel_at = 1 };
  g_assert_false (write_matte (matte, &sink, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (sink.bands, ==, 1);
  p3m_matte_unref (matte);
}

static gpointer
render_in_thread (gpointer data)
{
  return render_whole (data, 700, 500);
}

static void
test_threads (void)
{
  P3mMatte *matte = matte_new_random (700, 500, TRUE);
  GThread *threads[2];
  for (int i = 0; i < 2; i++)
    threads[i] = g_thread_new ("render", render_in_thread, matte);
  g_autofree float *first = g_thread_join (threads[0]);
  g_autofree float *second = g_thread_join (threads[1]);
  g_assert_cmpmem (first, sizeof (float) * 700 * 500, second, sizeof (float) * 700 * 500);
  p3m_matte_unref (matte);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/matte/render/parts", test_parts);
  g_test_add_func ("/matte/render/flat", test_flat);
  g_test_add_func ("/matte/render/classes-decide", test_classes_decide);
  g_test_add_func ("/matte/render/transition-is-local", test_transition_is_local);
  g_test_add_func ("/matte/render/cut-back", test_cut_back);
  g_test_add_func ("/matte/render/threads", test_threads);
  g_test_add_func ("/matte/write/whole", test_write);
  g_test_add_func ("/matte/write/refused", test_write_refused);
  g_test_add_func ("/matte/write/cancelled", test_write_cancelled);
  return g_test_run ();
}
