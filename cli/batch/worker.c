/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A process that cuts out one picture after another for a batch. */
#include "batch/worker.h"

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <unistd.h>

#include "batch/message.h"
#include "buffer.h"
#include "picture.h"
#include "products.h"

enum
{
  BLOCK = 1 << 16 /* bytes that are summed at once */
};

typedef struct
{
  const BatchOptions *options;
  P3mModel **models; /* loaded when they are needed first */
  int socket;
} Worker;

/* One picture. */
typedef struct
{
  guint model;
  const char *input;
  const char **outputs, **temporaries; /* [N_PRODUCTS], "" = not wanted */
  gboolean may_replace;
  Output begun[N_PRODUCTS];
  guint width, height; /* px */
  gboolean has_person;
  char *sha256[N_PRODUCTS + 1]; /* "" = not wanted */
} Work;

/* ---- outputs ---- */

static gboolean
begin_outputs (Work *work, GError **error)
{
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      if (!*work->outputs[kind])
        continue;
      /* when this fails, so does what comes next, with a better message */
      g_autofree char *folder = g_path_get_dirname (work->outputs[kind]);
      g_mkdir_with_parents (folder, 0777);
      if (!output_begin_as (&work->begun[kind], work->outputs[kind], work->temporaries[kind],
                            !work->may_replace, error))
        return FALSE;
    }
  return TRUE;
}

static char *
sum_file (const char *path, GError **error)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, error);
  g_autofree guint8 *block = g_malloc (BLOCK);
  gssize count = -1;
  while (stream
         && (count = g_input_stream_read (G_INPUT_STREAM (stream), block, BLOCK, NULL, error)) > 0)
    g_checksum_update (sum, block, count);
  return count == 0 ? g_strdup (g_checksum_get_string (sum)) : NULL;
}

/* All outputs are whole before the first of them gets its name. */
static gboolean
write_outputs (Work *work, const Products *products, GError **error)
{
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      Output *output = &work->begun[kind];
      if (!output->path)
        continue;
      g_free (work->sha256[kind]);
      work->sha256[kind] = products_write (products, kind, output, error)
                               ? sum_file (output->temporary, error)
                               : NULL;
      if (!work->sha256[kind])
        return FALSE;
    }
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (work->begun[kind].path && !output_finish (&work->begun[kind], error))
      return FALSE;
  return TRUE;
}

/* ---- the network ---- */

/* Waits until the batch gives the memory for the network. */
static gboolean
wait_for_memory (const Worker *worker, const P3mModel *model, const Work *work, GError **error)
{
  double operations;
  gsize need;
  p3m_matte_estimate (model, worker->options->settings.strategy, (int) work->width,
                      (int) work->height, &operations, &need);
  MessageKind kind;
  gboolean may_go = FALSE;
  if (!message_send (worker->socket, MESSAGE_NEED, g_variant_new ("(t)", (guint64) need)))
    _exit (EXIT_INTERRUPTED);
  g_autoptr (GVariant) answer = message_receive (worker->socket, &kind);
  if (!answer)
    _exit (EXIT_INTERRUPTED);
  g_variant_get (answer, "(b)", &may_go);
  if (may_go)
    return TRUE;
  g_autofree char *size = g_format_size (need);
  g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
               _ ("The network needs %s for it, more than the memory that the batch may take."),
               size);
  return FALSE;
}

static P3mMatte *
compute_matte (const Worker *worker, const Work *work, GeglBuffer *picture, GError **error)
{
  P3mModel **model = &worker->models[work->model];
  if (!*model)
    *model = p3m_model_load (worker->options->models[work->model], NULL, error);
  if (!*model || !wait_for_memory (worker, *model, work, error))
    return NULL;
  const P3mSource source = p3m_source_from_buffer (picture);
  P3mMatte *matte = p3m_matte_new (*model, &source, worker->options->settings.strategy,
                                   worker->options->threads, NULL, NULL, NULL, error);
  message_send (worker->socket, MESSAGE_FREE, g_variant_new ("()"));
  return matte;
}

static void
ignore_progress (double fraction, const char *stage, gpointer user_data)
{
  (void) fraction;
  (void) stage;
  (void) user_data;
}

static gboolean
cut_out (const Worker *worker, Work *work, GError **error)
{
  const char *wanted[N_PRODUCTS];
  g_autoptr (GeglBuffer) picture = picture_read (work->input, error);
  if (!picture || !begin_outputs (work, error))
    return FALSE;
  work->width = (guint) gegl_buffer_get_width (picture);
  work->height = (guint) gegl_buffer_get_height (picture);
  g_autoptr (P3mMatte) matte = compute_matte (worker, work, picture, error);
  if (!matte)
    return FALSE;
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    wanted[kind] = *work->outputs[kind] ? work->outputs[kind] : NULL;
  g_auto (Products) products = { 0 };
  if (!products_render (&products, picture, matte, &worker->options->settings, wanted,
                        ignore_progress, NULL, NULL, error))
    return FALSE;
  work->has_person = products_have_person (&products);
  return write_outputs (work, &products, error);
}

/* ---- the process ---- */

static void
do_job (const Worker *worker, GVariant *job)
{
  g_autoptr (GError) error = NULL;
  const gint64 start = g_get_monotonic_time ();
  Work work = { 0 };
  g_autofree const char **outputs = NULL, **temporaries = NULL;
  g_variant_get (job, "(u^&ay^a&ay^a&ayb)", &work.model, &work.input, &outputs, &temporaries,
                 &work.may_replace);
  work.outputs = outputs;
  work.temporaries = temporaries;
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    work.sha256[kind] = g_strdup ("");
  const gboolean is_done = cut_out (worker, &work, &error);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      output_clear (&work.begun[kind]);
      if (!work.sha256[kind])
        work.sha256[kind] = g_strdup ("");
    }
  message_send (worker->socket, MESSAGE_DONE,
                g_variant_new (MESSAGE_DONE_TYPE, is_done ? "" : error->message, work.width,
                               work.height, work.has_person,
                               (g_get_monotonic_time () - start) / 1e6, work.sha256));
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    g_free (work.sha256[kind]);
}

/* Ctrl-C reaches all processes of the terminal; it is the batch that decides what it means. */
static void
ignore_signals (void)
{
  signal (SIGINT, SIG_IGN);
  signal (SIGTERM, SIG_IGN);
  signal (SIGHUP, SIG_IGN);
}

ExitStatus
batch_worker_run (const BatchOptions *options)
{
  Worker worker = { options, NULL, options->socket };
  MessageKind kind;
  worker.models = g_new0 (P3mModel *, g_strv_length (options->models));
  ignore_signals ();
  fcntl (worker.socket, F_SETFD, FD_CLOEXEC);
  picture_start (options->is_verbose);
  g_object_set (gegl_config (), "threads", 1, "tile-cache-size", options->tile_bytes, NULL);
  for (GVariant *job = message_receive (worker.socket, &kind); job;
       job = message_receive (worker.socket, &kind))
    {
      do_job (&worker, job);
      g_variant_unref (job);
    }
  picture_stop ();
  for (guint i = 0; options->models[i]; i++)
    g_clear_pointer (&worker.models[i], p3m_model_unref);
  g_free (worker.models);
  return EXIT_DONE;
}
