/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A team of threads that shares the blocks of one kernel after another. */
#include "team.h"

struct _P3mTeam
{
  GMutex mutex;
  GCond started, finished;
  GThread **helpers; /* [n_helpers] */
  int n_helpers;
  guint round; /* counts the calls of p3m_team_run; guarded by mutex, as busy and closing are */
  int busy;    /* helpers that have not finished this round */
  gboolean closing;

  GCancellable *cancellable;
  int next;        /* atomic: the first block that nobody took yet */
  int done;        /* atomic */
  int next_worker; /* atomic: numbers the helpers */
  int blocks;
  P3mTeamFunc func;
  gpointer data;
};

/* Takes blocks until none is left. tick is NULL on the helpers. */
static void
take_blocks (P3mTeam *team, int worker, P3mTeamTick tick, gpointer tick_data)
{
  while (!g_cancellable_is_cancelled (team->cancellable))
    {
      const int block = g_atomic_int_add (&team->next, 1);
      if (block >= team->blocks)
        return;
      team->func (block, worker, team->data);
      g_atomic_int_inc (&team->done);
      if (tick)
        tick (g_atomic_int_get (&team->done), tick_data);
    }
}

static gpointer
help (gpointer data)
{
  P3mTeam *team = data;
  const int worker = 1 + g_atomic_int_add (&team->next_worker, 1);
  guint seen = 0;
  g_mutex_lock (&team->mutex);
  for (;;)
    {
      while (!team->closing && team->round == seen)
        g_cond_wait (&team->started, &team->mutex);
      if (team->closing)
        break;
      seen = team->round;
      g_mutex_unlock (&team->mutex);
      take_blocks (team, worker, NULL, NULL);
      g_mutex_lock (&team->mutex);
      if (--team->busy == 0)
        g_cond_signal (&team->finished);
    }
  g_mutex_unlock (&team->mutex);
  return NULL;
}

P3mTeam *
p3m_team_new (int threads, GCancellable *cancellable)
{
  P3mTeam *team = g_new0 (P3mTeam, 1);
  g_mutex_init (&team->mutex);
  g_cond_init (&team->started);
  g_cond_init (&team->finished);
  team->cancellable = cancellable ? g_object_ref (cancellable) : NULL;
  team->helpers = g_new0 (GThread *, MAX (threads, 1));
  for (int i = 1; i < threads; i++)
    {
      GThread *helper = g_thread_try_new ("p3m", help, team, NULL);
      if (!helper)
        break;
      team->helpers[team->n_helpers++] = helper;
    }
  return team;
}

void
p3m_team_free (P3mTeam *team)
{
  g_mutex_lock (&team->mutex);
  team->closing = TRUE;
  g_cond_broadcast (&team->started);
  g_mutex_unlock (&team->mutex);
  for (int i = 0; i < team->n_helpers; i++)
    g_thread_join (team->helpers[i]);
  g_free (team->helpers);
  g_clear_object (&team->cancellable);
  g_cond_clear (&team->started);
  g_cond_clear (&team->finished);
  g_mutex_clear (&team->mutex);
  g_free (team);
}

gboolean
p3m_team_run (P3mTeam *team, int blocks, P3mTeamFunc func, gpointer data, P3mTeamTick tick,
              gpointer tick_data)
{
  const gboolean shared = team->n_helpers > 0 && blocks > 1;
  g_mutex_lock (&team->mutex);
  team->func = func;
  team->data = data;
  team->blocks = blocks;
  g_atomic_int_set (&team->next, 0);
  g_atomic_int_set (&team->done, 0);
  if (shared)
    {
      team->busy = team->n_helpers;
      team->round++;
      g_cond_broadcast (&team->started);
    }
  g_mutex_unlock (&team->mutex);

  take_blocks (team, 0, tick, tick_data);

  if (shared)
    {
      g_mutex_lock (&team->mutex);
      while (team->busy > 0)
        g_cond_wait (&team->finished, &team->mutex);
      g_mutex_unlock (&team->mutex);
    }
  return g_atomic_int_get (&team->done) == blocks;
}
