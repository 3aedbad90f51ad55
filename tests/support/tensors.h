/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Reads the files of reference numbers: float32 tensors by name. Trusts its files: for tests only. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int rank;
  gsize shape[4];
  gsize length;        /* product of shape */
  const float *values; /* row-major, owned by the file */
} Tensor;

typedef struct _TensorFile TensorFile;

/* Ends the test when the file cannot be read. */
TensorFile *tensors_open (const char *path);
void tensors_free (TensorFile *file);

/* Opens `name` in the folder of the environment variable P3M_ORACLE. NULL when there is no such file:
 * the test has then been marked as skipped. */
TensorFile *tensors_open_oracle (const char *name);

/* The path of a file in the folder of P3M_ORACLE, to be freed; NULL and a skipped test as above. */
char *tensors_get_oracle_path (const char *name);

/* NULL when there is none of that name. */
const Tensor *tensors_get (TensorFile *file, const char *name);

/* The file's tensor names in the order of its header, owned by the file. */
GPtrArray *tensors_get_names (TensorFile *file);

/* NULL when the file says nothing of that name. */
const char *tensors_get_metadata (TensorFile *file, const char *key);

/* The metadata's `stride`: every how many rows and columns are stored; 1 when it is not said. */
int tensors_get_stride (TensorFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TensorFile, tensors_free)

G_END_DECLS
