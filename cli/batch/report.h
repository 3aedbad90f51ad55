/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a batch tells while it runs: a bar on a terminal or lines elsewhere, objects for programs, the sum. */
#pragma once

#include "batch/jobs.h"
#include "batch/options.h"

G_BEGIN_DECLS

typedef struct
{
  const BatchOptions *options;
  guint total;                /* jobs */
  guint counts[N_JOB_STATES]; /* of the jobs that are settled, by state */
  guint without_person;
  gint64 start; /* us */
  gboolean has_bar, is_drawn;
  gboolean is_cut; /* the objects cannot be printed any more */
} BatchReport;

void batch_report_init (BatchReport *report, const BatchOptions *options, guint total);

/* A job is settled. */
void batch_report_add (BatchReport *report, const BatchJob *job);

/* Something that is no picture went wrong, or is worth knowing. */
void batch_report_say (BatchReport *report, const char *message);

/* Brings the bar up to date. */
void batch_report_draw (BatchReport *report);

/* Takes the bar away and prints the sum. */
void batch_report_finish (BatchReport *report);

G_END_DECLS
