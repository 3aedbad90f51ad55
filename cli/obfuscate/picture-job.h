/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One picture: find its faces, spare its hair, obfuscate, write. */
#pragma once

#include "obfuscate/tasks.h"
#include "obfuscate.h"
#include "p3m.h"
#include "progress.h"

G_BEGIN_DECLS

typedef struct
{
  P3mObfuscation obfuscation;
  double softness;     /* of the edge, in sizes of the face */
  const char *masks;   /* of faces: a file or a folder; NULL = faces are looked for */
  const char *alphas;  /* a file or a folder; NULL = the model makes them */
  P3mModel *model;     /* NULL = the regions are obfuscated with the hair in them */
  const char *regions; /* folder into which they are written, NULL = nowhere */
  int threads;
  gboolean as_stored; /* see input_read_picture() */
  ProgressLine *line;
  GCancellable *cancellable;
} PictureJob;

/* Returns the number of faces found, or -1 with `error` set and nothing written. */
int picture_job_run (const PictureJob *job, const Task *task, GError **error);

G_END_DECLS
