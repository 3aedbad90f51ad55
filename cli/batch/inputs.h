/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The pictures that a batch is made of: named, listed, matched by a pattern, or lying in folders. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *path;  /* absolute */
  char *place; /* relative to the folder that the outputs mirror */
} BatchInput;

typedef struct
{
  GPtrArray *inputs;   /* of BatchInput, ordered by path, none twice */
  GPtrArray *problems; /* of sentences: folders that could not be read */
  int passed_over;     /* files in folders that do not have the name of a picture */
} BatchInputs;

/* operands: files, folders or patterns, may be NULL. list: a file with further files and folders, separated by
 * newlines, or by NULs if it holds one; "-" = standard input, NULL = none. base: the folder that the outputs
 * mirror, NULL = the deepest one that holds all operands. output: a folder that is never looked into.
 * FALSE with a GIOErrorEnum when nothing should be done. */
gboolean batch_inputs_find (BatchInputs *inputs, char **operands, const char *list,
                            const char *base, const char *output, GError **error);
void batch_inputs_clear (BatchInputs *inputs);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BatchInputs, batch_inputs_clear)

G_END_DECLS
