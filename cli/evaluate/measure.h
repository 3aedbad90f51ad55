/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Measures alphas against their truths on a pool of threads. */
#pragma once

#include "evaluate/input.h"
#include "evaluate/results.h"

G_BEGIN_DECLS

/* One picture of a set, to be measured for every method. */
typedef struct
{
  SetResults *set;
  guint sample;
  Grey truth;
  guint8 *trimap;    /* [height][width], NULL = none */
  Grey *predictions; /* [methods], without values where there is none; of the truth's size */
  guint count;       /* of these */
  char *picture;     /* data URI, NULL = not wanted */
} Job;

Job *job_new (SetResults *set, guint sample, guint methods);
const Sample *job_get_sample (const Job *job);
void job_free (Job *job);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Job, job_free)

typedef struct _Measurer Measurer;

/* Writes the scores, and the `cards` worst cases of each set, into `results`. threads: 0 = one for each
 * processor. */
Measurer *measurer_new (Results *results, guint cards, int threads);

/* Takes `job`. Waits while as many are under way as the threads can do: they hold whole pictures. */
void measurer_push (Measurer *measurer, Job *job);

/* Waits for the jobs under way, then tells what went wrong (char *, sentences) and how many seconds
 * of a processor it took to measure one alpha; 0 = there was none. Frees the measurer. */
GPtrArray *measurer_finish (Measurer *measurer, double *seconds);

G_END_DECLS
