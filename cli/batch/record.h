/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A note in the folder of the outputs of how these were asked for, so that --resume never mixes two ways. */
#pragma once

#include "batch/options.h"

G_BEGIN_DECLS

/* Writes the note, or, to resume, compares. FALSE with a GIOErrorEnum or GFileError when the folder cannot be made
 * or written, or, G_IO_ERROR_INVALID_ARGUMENT, was begun with other options. */
gboolean batch_record_check (const BatchOptions *options, GError **error);

G_END_DECLS
