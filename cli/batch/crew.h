/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The workers of a batch: who has which picture in hand, and who may run the network now. */
#pragma once

#include "batch/jobs.h"
#include "batch/options.h"
#include "batch/report.h"

G_BEGIN_DECLS

/* pool: bytes for all networks that run at a time. argv: how this program was called, NULL-terminated; workers are
 * called in the same way. Runs until all jobs are settled, or, after a first signal, until those in hand are; after
 * a second one the workers are ended at once. FALSE when it was interrupted before everything was settled. */
gboolean batch_crew_run (GPtrArray *jobs, const BatchOptions *options, guint64 pool, char **argv,
                         BatchReport *report, GError **error);

G_END_DECLS
