/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The engine in a thread of its own, while pixels are still read on the main thread. */
#pragma once

#include "host.h"

G_BEGIN_DECLS

/* One run: load the model, make a draft of the layer made small, make the matte. All functions are for the main thread, the one that runs the
 * default main context. */
typedef struct _P3mWorker P3mWorker;

/* Starts the run. host: borrowed; its pixels are read from idle callbacks of the default main context, so the
 * run goes on only while that is iterated. */
P3mWorker *p3m_worker_new (P3mHost *host, const P3mSettings *settings);

/* How far the run is. fraction: 0..1; stage: a sentence that stays valid for ever. Returns TRUE once
 * p3m_worker_finish() would not wait. */
gboolean p3m_worker_poll (P3mWorker *worker, double *fraction, const char **stage);

/* A first idea of the matte (transfer full), once it is there; NULL before that, and after it was taken. */
P3mMatte *p3m_worker_take_draft (P3mWorker *worker);

/* What a strategy would take with the model and the layer of this run: seconds, by the time that the run has
 * taken so far, and bytes. Returns FALSE as long as nothing is known. */
gboolean p3m_worker_estimate (P3mWorker *worker, P3mStrategy strategy, double *seconds,
                              gsize *memory);

/* The matte of a run that p3m_worker_poll() said is over (transfer full), or NULL with the error set.
 * To be called once. */
P3mMatte *p3m_worker_finish (P3mWorker *worker, GError **error);

/* Cancels what still runs, waits for it (well under a second) and frees the worker. */
void p3m_worker_free (P3mWorker *worker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mWorker, p3m_worker_free)

G_END_DECLS
