/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The engine in a thread of its own, while pixels are still read on the main thread. */
#include "worker.h"

#include <sys/resource.h>
#include <glib/gi18n-lib.h>

/* How much the engine steps back behind the dialog and the host (nice value). */
#define NICENESS 5

/* A read that the engine's thread waits for. */
typedef struct
{
  const P3mRectangle *area;
  float *rgb; /* [height][width][3] of area */
  GError **error;
  gboolean succeeded, answered;
} Request;

/* Everything below lock is shared by the two threads. */
struct _P3mWorker
{
  P3mSource source;
  char *model;
  P3mStrategy strategy;
  GCancellable *cancellable;
  GThread *thread;

  GMutex lock;
  GCond answered;
  Request *request; /* NULL = none */
  guint idle;       /* that will answer the request, 0 = none */
  double fraction;  /* 0..1 */
  const char *stage;
  gboolean finished;
  P3mMatte *matte;
  GError *error;
};

/* ---- the main thread reads for the engine --------------------------------------------------- */

static void
settle (P3mWorker *worker, gboolean succeeded)
{
  worker->request->succeeded = succeeded;
  worker->request->answered = TRUE;
  g_cond_signal (&worker->answered);
}

/* Only this thread can take a request away, so it stays while the lock is free for the reading. */
static gboolean
answer (gpointer user_data)
{
  P3mWorker *worker = user_data;
  g_mutex_lock (&worker->lock);
  Request *request = worker->request;
  worker->idle = 0;
  g_mutex_unlock (&worker->lock);
  const gboolean succeeded
      = worker->source.read (request->area, request->rgb, worker->source.user_data, request->error);
  g_mutex_lock (&worker->lock);
  settle (worker, succeeded);
  g_mutex_unlock (&worker->lock);
  return G_SOURCE_REMOVE;
}

/* Not g_main_context_invoke(): between two iterations of the main loop that would run on this thread. */
static gboolean
read_on_main_thread (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  P3mWorker *worker = user_data;
  Request request = { area, rgb, error, FALSE, FALSE };
  g_mutex_lock (&worker->lock);
  if (!g_cancellable_set_error_if_cancelled (worker->cancellable, error))
    {
      worker->request = &request;
      worker->idle = g_idle_add (answer, worker);
      while (!request.answered)
        g_cond_wait (&worker->answered, &worker->lock);
      worker->request = NULL;
    }
  g_mutex_unlock (&worker->lock);
  return request.succeeded;
}

static void
cancel (P3mWorker *worker)
{
  g_cancellable_cancel (worker->cancellable);
  g_mutex_lock (&worker->lock);
  if (worker->idle)
    {
      g_source_remove (worker->idle);
      worker->idle = 0;
      g_cancellable_set_error_if_cancelled (worker->cancellable, worker->request->error);
      settle (worker, FALSE);
    }
  g_mutex_unlock (&worker->lock);
}

/* ---- the engine's thread -------------------------------------------------------------------- */

static void
on_progress (double fraction, const char *stage, gpointer user_data)
{
  P3mWorker *worker = user_data;
  g_mutex_lock (&worker->lock);
  worker->fraction = fraction;
  worker->stage = g_intern_string (stage);
  g_mutex_unlock (&worker->lock);
}

static P3mMatte *
make_matte (P3mWorker *worker, GError **error)
{
  const P3mSource source
      = { worker->source.width, worker->source.height, read_on_main_thread, worker };
  g_autoptr (P3mModel) model = p3m_model_load (worker->model, error);
  if (!model)
    return NULL;
  return p3m_matte_new (model, &source, worker->strategy, 0, on_progress, worker,
                        worker->cancellable, error);
}

static gpointer
work (gpointer user_data)
{
  P3mWorker *worker = user_data;
  GError *error = NULL;
  setpriority (PRIO_PROCESS, 0, NICENESS); /* Linux: of this thread and of those that it starts */
  P3mMatte *matte = make_matte (worker, &error);
  g_mutex_lock (&worker->lock);
  worker->matte = matte;
  worker->error = error;
  worker->finished = TRUE;
  g_mutex_unlock (&worker->lock);
  return NULL;
}

/* ---- for the dialog ------------------------------------------------------------------------- */

P3mWorker *
p3m_worker_new (const P3mSource *source, const P3mSettings *settings)
{
  P3mWorker *worker = g_new0 (P3mWorker, 1);
  worker->source = *source;
  worker->model = g_strdup (settings->model);
  worker->strategy = settings->strategy;
  worker->cancellable = g_cancellable_new ();
  worker->stage = g_intern_string (_ ("Loading the model"));
  g_mutex_init (&worker->lock);
  g_cond_init (&worker->answered);
  worker->thread = g_thread_new ("p3m-engine", work, worker);
  return worker;
}

gboolean
p3m_worker_poll (P3mWorker *worker, double *fraction, const char **stage)
{
  g_mutex_lock (&worker->lock);
  const gboolean finished = worker->finished;
  *fraction = worker->fraction;
  *stage = worker->stage;
  g_mutex_unlock (&worker->lock);
  return finished;
}

static void
join (P3mWorker *worker)
{
  if (worker->thread)
    g_thread_join (worker->thread);
  worker->thread = NULL;
}

P3mMatte *
p3m_worker_finish (P3mWorker *worker, GError **error)
{
  join (worker);
  if (worker->error)
    g_propagate_error (error, g_steal_pointer (&worker->error));
  return g_steal_pointer (&worker->matte);
}

void
p3m_worker_free (P3mWorker *worker)
{
  cancel (worker);
  join (worker);
  g_clear_pointer (&worker->matte, p3m_matte_unref);
  g_clear_error (&worker->error);
  g_object_unref (worker->cancellable);
  g_cond_clear (&worker->answered);
  g_mutex_clear (&worker->lock);
  g_free (worker->model);
  g_free (worker);
}
