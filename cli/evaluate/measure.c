/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Measures alphas against their truths on a pool of threads. */
#include "evaluate/measure.h"

#include <glib/gi18n-lib.h>
#include <time.h>

#include "evaluate/thumbnail.h"

struct _Measurer
{
  Results *results;
  guint cards;
  GThreadPool *pool;
  guint limit; /* jobs that may be under way */
  GMutex lock; /* of all below, and of the cards of the results */
  GCond is_done;
  guint waiting;  /* jobs under way */
  guint alphas;   /* measured */
  double seconds; /* that took */
  GPtrArray *problems;
};

Job *
job_new (SetResults *set, guint sample, guint methods)
{
  Job *job = g_new0 (Job, 1);
  job->set = set;
  job->sample = sample;
  job->predictions = g_new0 (Grey, methods);
  job->count = methods;
  return job;
}

void
job_free (Job *job)
{
  grey_clear (&job->truth);
  g_free (job->trimap);
  for (guint i = 0; i < job->count; i++)
    grey_clear (&job->predictions[i]);
  g_free (job->predictions);
  g_free (job->picture);
  g_free (job);
}

const Sample *
job_get_sample (const Job *job)
{
  return g_ptr_array_index (job->set->set->samples, job->sample);
}

/* ---- worst cases ---- */

static gboolean
is_among_worst (Measurer *self, const Job *job, double sad)
{
  const GPtrArray *cards = job->set->cards;
  g_mutex_lock (&self->lock);
  const gboolean is_worse
      = cards->len < self->cards
        || sad >= ((const Card *) g_ptr_array_index (cards, self->cards - 1))->sad;
  g_mutex_unlock (&self->lock);
  return is_worse;
}

static void
add_figures (Card *card, const Measurer *self, const Job *job, guint method)
{
  const Score *score = set_results_get_score (job->set, method, job->sample);
  if (!score->is_measured)
    return;
  g_autofree char *label = method_get_label (g_ptr_array_index (self->results->methods, method));
  g_autofree char *caption = g_strdup_printf ("%s: SAD %.3f", label, score->metrics.sad);
  card_add (card, TRUE, caption, thumbnail_of_alpha (&job->predictions[method]));
  card_add (card, FALSE, _ ("Error"), thumbnail_of_error (&job->predictions[method], &job->truth));
}

static void
make_card (Measurer *self, const Job *job, double sad)
{
  if (!is_among_worst (self, job, sad))
    return;
  Card *card = card_new (job_get_sample (job)->name, sad);
  if (job->picture)
    card_add (card, TRUE, _ ("Picture"), g_strdup (job->picture));
  card_add (card, !job->picture, _ ("Truth"), thumbnail_of_alpha (&job->truth));
  for (guint i = 0; i < job->count; i++)
    add_figures (card, self, job, i);
  g_mutex_lock (&self->lock);
  set_results_keep_card (job->set, card, self->cards);
  g_mutex_unlock (&self->lock);
}

/* ---- metrics ---- */

/* What this thread has computed, whatever else the machine does. */
static double
get_thread_seconds (void)
{
  struct timespec time;
  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void
add_measurement (Measurer *self, const Job *job, double seconds, const GError *error)
{
  g_mutex_lock (&self->lock);
  self->seconds += seconds;
  self->alphas++;
  if (error)
    g_ptr_array_add (self->problems, g_strdup_printf (_ ("“%s” cannot be measured: %s"),
                                                      job_get_sample (job)->name, error->message));
  g_mutex_unlock (&self->lock);
}

static void
measure_alpha (Measurer *self, const Job *job, guint method)
{
  g_autoptr (GError) error = NULL;
  Score *score = set_results_get_score (job->set, method, job->sample);
  const double start = get_thread_seconds ();
  score->is_measured
      = p3m_metrics_compute (job->predictions[method].values, job->truth.values, job->trimap,
                             job->truth.width, job->truth.height, &score->metrics, &error);
  add_measurement (self, job, get_thread_seconds () - start, error);
}

/* A GFunc; `data` is a Job. */
static void
measure (gpointer data, gpointer user_data)
{
  g_autoptr (Job) job = data;
  Measurer *self = user_data;
  double sad = -1.0;
  for (guint i = 0; i < job->count; i++)
    if (job->predictions[i].values)
      {
        const Score *score = set_results_get_score (job->set, i, job->sample);
        measure_alpha (self, job, i);
        if (score->is_measured)
          sad = MAX (sad, score->metrics.sad);
      }
  if (sad >= 0.0 && self->cards > 0)
    make_card (self, job, sad);
  g_mutex_lock (&self->lock);
  self->waiting--;
  g_cond_signal (&self->is_done);
  g_mutex_unlock (&self->lock);
}

/* ---- the pool ---- */

Measurer *
measurer_new (Results *results, guint cards, int threads)
{
  Measurer *self = g_new0 (Measurer, 1);
  const int workers = threads > 0 ? threads : (int) g_get_num_processors ();
  self->results = results;
  self->cards = cards;
  self->limit = (guint) workers + 1;
  self->problems = g_ptr_array_new_with_free_func (g_free);
  g_mutex_init (&self->lock);
  g_cond_init (&self->is_done);
  self->pool = g_thread_pool_new (measure, self, workers, FALSE, NULL);
  return self;
}

void
measurer_push (Measurer *self, Job *job)
{
  g_mutex_lock (&self->lock);
  while (self->waiting >= self->limit)
    g_cond_wait (&self->is_done, &self->lock);
  self->waiting++;
  g_mutex_unlock (&self->lock);
  g_thread_pool_push (self->pool, job, NULL);
}

GPtrArray *
measurer_finish (Measurer *self, double *seconds)
{
  g_thread_pool_free (self->pool, FALSE, TRUE);
  GPtrArray *problems = self->problems;
  *seconds = self->alphas > 0 ? self->seconds / self->alphas : 0.0;
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->is_done);
  g_free (self);
  return problems;
}
