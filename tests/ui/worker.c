/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The engine in its thread: who reads, what is reported, and that it ends whenever it is told to. */
#include "worker.h"

#include <math.h>
#include <string.h>
#include <glib/gstdio.h>

#include "formula.h"

#define WIDTH  150
#define HEIGHT 170

static char *model_path;

/* A host, and what it saw. fail_at: the read that fails, counted from 1, 0 = none. */
typedef struct
{
  P3mHost host;
  GThread *thread;
  int reads, small_reads, fail_at;
  gboolean elsewhere; /* a read came on another thread */
} Seen;

static gboolean
read_waves (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  Seen *seen = user_data;
  seen->reads++;
  seen->elsewhere |= g_thread_self () != seen->thread;
  if (seen->reads == seen->fail_at)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, "The host has gone.");
      return FALSE;
    }
  for (gsize i = 0; i < (gsize) area->width * area->height * 3; i++)
    rgb[i] = 0.5f + 0.5f * sinf (0.01f * (float) i);
  return TRUE;
}

static gboolean
read_scaled (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba, GError **error)
{
  Seen *seen = (Seen *) host;
  (void) scale;
  (void) error;
  seen->small_reads++;
  seen->elsewhere |= g_thread_self () != seen->thread;
  memset (rgba, 200, (gsize) area->width * area->height * 4);
  return TRUE;
}

static P3mWorker *
start (Seen *seen, const char *model)
{
  g_autofree char *name = g_strdup (model);
  const P3mSettings settings = { .model = name, .strategy = P3M_STRATEGY_RESIZE };
  seen->thread = g_thread_self ();
  seen->host.source = (P3mSource){ WIDTH, HEIGHT, read_waves, seen };
  seen->host.read_scaled = read_scaled;
  return p3m_worker_new (&seen->host, &settings);
}

/* Iterates the main loop until the run is over; checks that progress never falls. */
static void
run_to_end (P3mWorker *worker)
{
  double last = 0, fraction;
  const char *stage;
  while (!p3m_worker_poll (worker, &fraction, &stage))
    {
      g_assert_cmpfloat (fraction, >=, last);
      g_assert_cmpfloat (fraction, <=, 1);
      g_assert_nonnull (stage);
      last = fraction;
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
    }
}

static void
test_finishes (void)
{
  Seen seen = { .reads = 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (P3mWorker) worker = start (&seen, model_path);
  run_to_end (worker);
  g_autoptr (P3mMatte) matte = p3m_worker_finish (worker, &error);
  g_assert_no_error (error);
  g_assert_cmpint (p3m_matte_get_width (matte), ==, WIDTH);
  g_assert_cmpint (p3m_matte_get_height (matte), ==, HEIGHT);
  g_assert_cmpint (seen.reads, >, 0);
  g_assert_false (seen.elsewhere);
}

/* The draft comes first, once, and is a matte of the whole layer. */
static void
test_draft (void)
{
  Seen seen = { .reads = 0 };
  g_autoptr (P3mWorker) worker = start (&seen, model_path);
  P3mMatte *draft = NULL;
  while (!draft)
    {
      g_main_context_iteration (NULL, FALSE);
      g_usleep (1000);
      draft = p3m_worker_take_draft (worker);
    }
  g_assert_cmpint (seen.small_reads, >, 0);
  g_assert_cmpint (p3m_matte_get_width (draft), ==, WIDTH);
  g_assert_cmpint (p3m_matte_get_height (draft), ==, HEIGHT);
  g_assert_null (p3m_worker_take_draft (worker));
  p3m_matte_unref (draft);
  run_to_end (worker);
  double resize, hybrid;
  gsize memory;
  g_assert_true (p3m_worker_estimate (worker, P3M_STRATEGY_RESIZE, &resize, &memory));
  g_assert_true (p3m_worker_estimate (worker, P3M_STRATEGY_HYBRID, &hybrid, &memory));
  g_assert_cmpfloat (hybrid, >, resize);
  g_assert_cmpuint (memory, >, 3 * sizeof (float) * WIDTH / 2 * HEIGHT / 2);
  g_autoptr (P3mMatte) matte = p3m_worker_finish (worker, NULL);
  g_assert_nonnull (matte);
}

static void
test_source_fails (void)
{
  Seen seen = { .fail_at = 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (P3mWorker) worker = start (&seen, model_path);
  run_to_end (worker);
  g_assert_null (p3m_worker_finish (worker, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static void
test_no_model (void)
{
  Seen seen = { .reads = 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (P3mWorker) worker = start (&seen, "/nonexistent/model.safetensors");
  run_to_end (worker);
  g_assert_null (p3m_worker_finish (worker, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (seen.reads, ==, 0);
}

/* The main loop is not iterated, so the engine waits for its first pixels: it must not wait for ever. */
static void
test_freed_while_reading (void)
{
  Seen seen = { .reads = 0 };
  P3mWorker *worker = start (&seen, model_path);
  g_usleep (G_USEC_PER_SEC / 2);
  p3m_worker_free (worker);
  g_assert_cmpint (seen.reads, ==, 0);
  g_assert_false (g_main_context_pending (NULL));
}

static void
test_freed_at_any_time (void)
{
  for (int rounds = 0; rounds < 30; rounds++)
    {
      Seen seen = { .reads = 0 };
      P3mWorker *worker = start (&seen, model_path);
      for (int i = 0; i < rounds; i++)
        {
          g_main_context_iteration (NULL, FALSE);
          g_usleep (1000);
        }
      p3m_worker_free (worker);
      g_assert_false (g_main_context_pending (NULL));
    }
}

static void
test_result_not_taken (void)
{
  Seen seen = { .reads = 0 };
  P3mWorker *worker = start (&seen, model_path);
  run_to_end (worker);
  p3m_worker_free (worker);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_autofree char *folder = g_dir_make_tmp ("p3m-worker-XXXXXX", NULL);
  model_path = g_build_filename (folder, "small.safetensors", NULL);
  formula_write_model (model_path, 8, "F32");
  g_test_add_func ("/worker/finishes", test_finishes);
  g_test_add_func ("/worker/draft", test_draft);
  g_test_add_func ("/worker/source-fails", test_source_fails);
  g_test_add_func ("/worker/no-model", test_no_model);
  g_test_add_func ("/worker/freed-while-reading", test_freed_while_reading);
  g_test_add_func ("/worker/freed-at-any-time", test_freed_at_any_time);
  g_test_add_func ("/worker/result-not-taken", test_result_not_taken);
  const int status = g_test_run ();
  g_unlink (model_path);
  g_rmdir (folder);
  g_free (model_path);
  return status;
}
