/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The work without a dialog: load the model, make the matte, write what is made of it. */
#include "job.h"

/* A message to the host for every 0.1 s: each costs a round trip between two processes. */
#define INTERVAL_US (G_USEC_PER_SEC / 10)

/* The network's share of the whole work; the rest is what is made of its alpha. */
#define MATTE_SHARE 0.8

typedef struct
{
  P3mHost *host;
  double offset, share; /* of this step in the whole work, 0..1 */
  gint64 shown_at;      /* monotonic, us */
} Progress;

static void
on_progress (double fraction, const char *stage, gpointer user_data)
{
  Progress *progress = user_data;
  const gint64 now = g_get_monotonic_time ();
  if (fraction < 1 && now - progress->shown_at < INTERVAL_US)
    return;
  progress->shown_at = now;
  progress->host->show_progress (progress->host, progress->offset + progress->share * fraction,
                                 stage);
}

/* Where nobody is named who is kept, the host's selection may mean one. */
static void
take_hint (const P3mHost *host, P3mSettings *settings)
{
  if (settings->keep != P3M_KEEP_POINTS || *settings->people || !host->has_hint)
    return;
  g_autoptr (GArray) people = g_array_new (FALSE, FALSE, sizeof (P3mPoint));
  g_array_append_val (people, host->hint);
  p3m_settings_set_people (settings, people);
}

gboolean
p3m_job_run (P3mHost *host, const P3mSettings *settings, GError **error)
{
  Progress progress = { host, 0, MATTE_SHARE, 0 };
  g_auto (P3mSettings) own = { .model = NULL };
  p3m_settings_copy (&own, settings);
  take_hint (host, &own);
  g_autoptr (P3mModel) model = p3m_model_load (own.model, NULL, error);
  if (!model)
    return FALSE;
  g_autoptr (P3mMatte) matte
      = p3m_matte_new (model, &host->source, own.strategy, 0, on_progress, &progress, NULL, error);
  if (!matte)
    return FALSE;
  progress.offset = MATTE_SHARE;
  progress.share = 1 - MATTE_SHARE;
  return host->write (host, matte, &own, on_progress, &progress, NULL, error);
}
