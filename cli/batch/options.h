/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The command line of p3m batch. */
#pragma once

#include <gio/gio.h>

#include "batch/jobs.h"
#include "settings.h"

G_BEGIN_DECLS

/* suffixes: of each kind of product, borrowed, NULL = not wanted.
 * models: as p3m_model_load() takes them, at least one. model_ids: what they are called, once they are loaded.
 * memory: bytes for all pictures together.
 * socket: of a process that works for a batch, -1 = this is the batch itself.
 * tile_bytes: of a picture that one worker keeps in memory. */
typedef struct
{
  char **inputs;
  char *list, *base, *folder;
  char **models, **model_ids;
  P3mSettings settings;
  const char *suffixes[N_PRODUCTS];
  Existing existing;
  int jobs, threads;
  guint64 memory;
  gboolean is_json, is_quiet, is_verbose;
  int socket;
  guint64 tile_bytes;
} BatchOptions;

/* FALSE with a GOptionError or G_IO_ERROR_INVALID_ARGUMENT when the command line makes no sense. */
gboolean batch_options_parse (BatchOptions *options, int argc, char **argv, GError **error);

/* The option that makes a worker of a process that is called like this one. */
char *batch_options_format_worker (const BatchOptions *options, int socket);

void batch_options_clear (BatchOptions *options);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BatchOptions, batch_options_clear)

G_END_DECLS
