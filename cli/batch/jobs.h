/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a batch has to do: every picture with every model, and the files that this gives. */
#pragma once

#include <gio/gio.h>

#include "batch/inputs.h"
#include "products.h"

G_BEGIN_DECLS

typedef enum
{
  JOB_WAITING, /* not begun, or in hand */
  JOB_DONE,
  JOB_SKIPPED, /* its outputs are there already */
  JOB_REFUSED, /* an output is there already that may not be replaced */
  JOB_FAILED,
  N_JOB_STATES
} JobState;

/* Strings are owned; what the worker tells is there when the job is done.
 *
 * name: of the picture, for a person.
 * outputs: absolute, NULL = not wanted.
 * is_kept: an output is there already and stays as it is.
 * sha256: of the outputs, hexadecimal. */
typedef struct
{
  guint number; /* its place in the list */
  guint model;  /* its place in the list of models */
  char *input, *name;
  char *outputs[N_PRODUCTS];
  gboolean is_kept[N_PRODUCTS];
  JobState state;
  char *problem;
  guint width, height; /* px */
  gboolean has_person;
  double seconds;
  char *sha256[N_PRODUCTS];
} BatchJob;

/* What becomes of outputs that are there already. */
typedef enum
{
  EXISTING_REFUSE,
  EXISTING_SKIP,
  EXISTING_OVERWRITE,
  EXISTING_RESUME /* skip what an earlier run made of the picture as it is, make the rest anew */
} Existing;

/* folder: of the outputs, absolute. models: names of folders below it, with one element also NULL = none.
 * suffixes: of each kind of product, e.g. ".png", NULL = not wanted.
 * NULL with G_IO_ERROR_EXISTS when two pictures would be written to one file, or one over a picture. */
GPtrArray *batch_jobs_new (const BatchInputs *inputs, const char *folder, char **models,
                           const char *const suffixes[N_PRODUCTS], GError **error);

/* Looks for outputs that are there already and settles by them the job's state, or what of it is kept. */
void batch_job_check_existing (BatchJob *job, Existing existing);

G_END_DECLS
