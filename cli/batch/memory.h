/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* How much memory a batch may take. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Three quarters of what the system, or the group of processes to which this one belongs, has to give; bytes. */
guint64 batch_memory_get_usual (void);

/* Reads "4G", "800M", "100000K" or bytes, at least 1. */
gboolean batch_memory_parse (const char *text, guint64 *bytes);

/* Lowers `jobs` until that many pictures at a time fit into `memory` bytes, with another that is read or written;
 * models: bytes of the model files. Gives the bytes of a picture that one worker keeps in memory, and those for all
 * networks that run at a time. FALSE when not even one picture fits. */
gboolean batch_memory_divide (guint64 memory, guint64 models, int *jobs, guint64 *tiles,
                              guint64 *networks);

G_END_DECLS
