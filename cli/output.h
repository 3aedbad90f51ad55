/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A file that appears whole or not at all. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *path;      /* where the file is wanted */
  char *temporary; /* in the same folder, NULL = not begun or done */
  gboolean is_new; /* nothing may have the name `path` */
} Output;

/* Makes an empty temporary file beside `path`. */
gboolean output_begin (Output *output, const char *path, GError **error);

/* The same under the name `temporary`, which no file has, for a file that must not replace another if `is_new`. */
gboolean output_begin_as (Output *output, const char *path, const char *temporary, gboolean is_new,
                          GError **error);

/* Gives the temporary file its name, in place of what had that name before. */
gboolean output_finish (Output *output, GError **error);

/* Takes away a temporary file that was not finished. */
void output_clear (Output *output);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Output, output_clear)

G_END_DECLS
