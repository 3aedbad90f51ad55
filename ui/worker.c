/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The engine in a thread of its own, while pixels are still read on the main thread. */
#include "worker.h"

#include <math.h>
#include <sys/resource.h>
#include <glib/gi18n-lib.h>

/* How much the engine steps back behind the dialog and the host (nice value). */
#define NICENESS 5

/* Longest side of the small picture of which the draft is made, px, and how many of its rows are read at a
 * time. */
#define DRAFT_SIDE 512
#define DRAFT_ROWS 64

/* The draft's part of the progress. */
#define DRAFT_SHARE 0.15

/* A read that the engine's thread waits for: rgb, [height][width][3], of an area of the layer; or rgba,
 * [height][width][4], of an area of the layer made smaller, when there is no rgb. */
typedef struct
{
  const P3mRectangle *area;
  float *rgb;
  double scale;
  guint8 *rgba;
  GError **error;
  gboolean succeeded, answered;
} Request;

/* Everything below lock is shared by the two threads. */
struct _P3mWorker
{
  P3mHost *host;
  char *model;
  P3mStrategy strategy;
  GCancellable *cancellable;
  GThread *thread;

  GMutex lock;
  GCond answered;
  Request *request;    /* NULL = none */
  guint idle;          /* that will answer the request, 0 = none */
  double begin, share; /* of what is being done in the whole, 0..1 */
  double fraction;     /* 0..1 */
  const char *stage;
  gboolean finished;
  P3mModel *model_loaded; /* NULL = not yet */
  double pace;            /* seconds for one operation, 0 = not known */
  P3mMatte *draft;        /* NULL = none, or taken */
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
  P3mHost *host = worker->host;
  const gboolean succeeded = request->rgb
                                 ? host->source.read (request->area, request->rgb,
                                                      host->source.user_data, request->error)
                                 : host->read_scaled (host, request->scale, request->area,
                                                      request->rgba, request->error);
  g_mutex_lock (&worker->lock);
  settle (worker, succeeded);
  g_mutex_unlock (&worker->lock);
  return G_SOURCE_REMOVE;
}

/* Not g_main_context_invoke(): between two iterations of the main loop that would run on this thread. */
static gboolean
wait_for (P3mWorker *worker, Request *request)
{
  g_mutex_lock (&worker->lock);
  if (!g_cancellable_set_error_if_cancelled (worker->cancellable, request->error))
    {
      worker->request = request;
      worker->idle = g_idle_add (answer, worker);
      while (!request->answered)
        g_cond_wait (&worker->answered, &worker->lock);
      worker->request = NULL;
    }
  g_mutex_unlock (&worker->lock);
  return request->succeeded;
}

static gboolean
read_layer (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  Request request = { .area = area, .rgb = rgb, .error = error };
  return wait_for (user_data, &request);
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
  worker->fraction = worker->begin + worker->share * fraction;
  worker->stage = g_intern_string (stage);
  g_mutex_unlock (&worker->lock);
}

/* The layer made small. rgba: [height][width][4]. */
typedef struct
{
  int width, height;
  guint8 *rgba;
} Small;

static gboolean
small_read (Small *small, P3mWorker *worker, GError **error)
{
  const P3mSource *layer = &worker->host->source;
  const double scale = MIN (1.0, (double) DRAFT_SIDE / MAX (layer->width, layer->height));
  small->width = MAX (1, (int) lround (layer->width * scale));
  small->height = MAX (1, (int) lround (layer->height * scale));
  small->rgba = g_new0 (guint8, (gsize) 4 * small->width * small->height);
  for (int y = 0; y < small->height; y += DRAFT_ROWS)
    {
      const P3mRectangle area = { 0, y, small->width, MIN (DRAFT_ROWS, small->height - y) };
      Request request = { .area = &area,
                          .scale = scale,
                          .rgba = small->rgba + (gsize) 4 * y * small->width,
                          .error = error };
      if (!wait_for (worker, &request))
        return FALSE;
    }
  return TRUE;
}

/* What is transparent lies over grey, as when the layer itself is read. */
static gboolean
read_small (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  const Small *small = user_data;
  (void) error;
  for (int y = area->y; y < area->y + area->height; y++)
    {
      const guint8 *pixel = small->rgba + 4 * ((gsize) y * small->width + area->x);
      for (int x = 0; x < area->width; x++, pixel += 4)
        for (int channel = 0; channel < 3; channel++)
          *rgb++ = (float) (pixel[channel] * pixel[3] + 255 * (255 - pixel[3]) / 2) / (255 * 255);
    }
  return TRUE;
}

/* Learns from each run how fast this computer is. */
static P3mMatte *
run (P3mWorker *worker, const P3mModel *model, const P3mSource *source, P3mStrategy strategy,
     double begin, double share, GError **error)
{
  const gint64 start = g_get_monotonic_time ();
  double work;
  gsize memory;
  g_mutex_lock (&worker->lock);
  worker->begin = begin;
  worker->share = share;
  g_mutex_unlock (&worker->lock);
  P3mMatte *matte
      = p3m_matte_new (model, source, strategy, 0, on_progress, worker, worker->cancellable, error);
  if (!matte)
    return NULL;
  p3m_matte_estimate (model, strategy, source->width, source->height, &work, &memory);
  g_mutex_lock (&worker->lock);
  worker->pace = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC / work;
  g_mutex_unlock (&worker->lock);
  return matte;
}

/* What goes wrong with the draft goes wrong again, or does not matter. */
static void
make_draft (P3mWorker *worker, const P3mModel *model)
{
  const P3mSource *layer = &worker->host->source;
  Small small;
  P3mMatte *draft = NULL;
  if (small_read (&small, worker, NULL))
    {
      const P3mSource source = { small.width, small.height, read_small, &small };
      draft = run (worker, model, &source, P3M_STRATEGY_DRAFT, 0, DRAFT_SHARE, NULL);
    }
  g_free (small.rgba);
  if (!draft)
    return;
  p3m_matte_enlarge (draft, layer->width, layer->height);
  g_mutex_lock (&worker->lock);
  worker->draft = draft;
  g_mutex_unlock (&worker->lock);
}

static P3mMatte *
make_matte (P3mWorker *worker, GError **error)
{
  const P3mSource source
      = { worker->host->source.width, worker->host->source.height, read_layer, worker };
  P3mModel *model = p3m_model_load (worker->model, worker->cancellable, error);
  if (!model)
    return NULL;
  g_mutex_lock (&worker->lock);
  worker->model_loaded = model;
  g_mutex_unlock (&worker->lock);
  make_draft (worker, model);
  return run (worker, model, &source, worker->strategy, DRAFT_SHARE, 1 - DRAFT_SHARE, error);
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
p3m_worker_new (P3mHost *host, const P3mSettings *settings)
{
  P3mWorker *worker = g_new0 (P3mWorker, 1);
  worker->host = host;
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

P3mMatte *
p3m_worker_take_draft (P3mWorker *worker)
{
  g_mutex_lock (&worker->lock);
  P3mMatte *draft = g_steal_pointer (&worker->draft);
  g_mutex_unlock (&worker->lock);
  return draft;
}

gboolean
p3m_worker_estimate (P3mWorker *worker, P3mStrategy strategy, double *seconds, gsize *memory)
{
  const P3mSource *layer = &worker->host->source;
  double work;
  g_mutex_lock (&worker->lock);
  const P3mModel *model = worker->model_loaded; /* stays until the worker is freed */
  const double pace = worker->pace;
  g_mutex_unlock (&worker->lock);
  if (!model || pace <= 0)
    return FALSE;
  p3m_matte_estimate (model, strategy, layer->width, layer->height, &work, memory);
  *seconds = work * pace;
  return TRUE;
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
  g_clear_pointer (&worker->model_loaded, p3m_model_unref);
  g_clear_pointer (&worker->draft, p3m_matte_unref);
  g_clear_pointer (&worker->matte, p3m_matte_unref);
  g_clear_error (&worker->error);
  g_object_unref (worker->cancellable);
  g_cond_clear (&worker->answered);
  g_mutex_clear (&worker->lock);
  g_free (worker->model);
  g_free (worker);
}
