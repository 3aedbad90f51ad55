/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Runs every method on every picture and measures the alphas, several at a time. */
#pragma once

#include "evaluate/results.h"
#include "progress.h"

G_BEGIN_DECLS

typedef struct
{
  int radius;          /* of the band where a set has no trimaps, px; 0 = none */
  int threads;         /* 0 = one for each processor */
  int cards;           /* worst cases wanted of each set */
  gboolean as_stored;  /* see input_read_picture() */
  gboolean is_verbose; /* tell what is done */
  ProgressLine *line;
  GCancellable *cancellable;
} BenchmarkOptions;

/* Says on stderr what goes wrong with a picture, and goes on. `sets`: Dataset; both arrays must outlive
 * the results. Fails only with %G_IO_ERROR_CANCELLED or for a folder of alphas that cannot be listed. */
Results *benchmark_run (GPtrArray *sets, GPtrArray *methods, const BenchmarkOptions *options,
                        GError **error);

G_END_DECLS
