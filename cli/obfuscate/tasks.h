/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which pictures are read, and where what becomes of them is written. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *input;
  char *output;
  char *name;    /* below the folder that was given; the output has the same one below its folder */
  char *problem; /* why nothing is done, NULL = something is */
} Task;

/* Tasks, sorted, of pictures and of folders with all that is below them; other files and hidden ones are left
 * out. output: a folder, or the new picture's name if `inputs` is one picture. No output is ever a file that is
 * also an input. Fails when a folder cannot be listed or there are no pictures. */
GPtrArray *tasks_new (char **inputs, const char *output, GError **error);

/* Of a path that is a picture's file, or a folder in which it has the task's name with any suffix. NULL = there
 * is none. */
char *task_find_partner (const Task *task, const char *path);

/* The task's name in a folder, as a PNG. */
char *task_build_png_name (const Task *task, const char *folder);

G_END_DECLS
