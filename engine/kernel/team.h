/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A team of threads that shares the blocks of one kernel after another. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _P3mTeam P3mTeam;

/* Computes block `block` of something; `worker` is 0 for the calling thread, else 1..threads - 1. */
typedef void (*P3mTeamFunc) (int block, int worker, gpointer data);

/* Told on the calling thread how many blocks are done. */
typedef void (*P3mTeamTick) (int done, gpointer data);

/* threads counts the calling thread too, at least 1; where the system refuses a thread the team is
 * smaller. cancellable may be NULL. */
P3mTeam *p3m_team_new (int threads, GCancellable *cancellable);
void p3m_team_free (P3mTeam *team);

/* Runs func for every block once, in any order, and returns when all are done. FALSE when the
 * cancellable was triggered: then some blocks were left out. tick may be NULL. */
gboolean p3m_team_run (P3mTeam *team, int blocks, P3mTeamFunc func, gpointer data, P3mTeamTick tick,
                       gpointer tick_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mTeam, p3m_team_free)

G_END_DECLS
