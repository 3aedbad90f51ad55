/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A file that somebody has becomes a model that is installed for the user. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* path: a model file (.safetensors), which is checked and copied; or a published checkpoint, which
 * `p3m import` turns into a model in a process of its own, with fewer rights. The user's models change in one
 * step or not at all. */
void p3m_import_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback done,
                       gpointer user_data);

/* The id of the new model (transfer full), or NULL with the error set to P3M_ERROR_BAD_MODEL or a
 * GIOErrorEnum. */
char *p3m_import_finish (GAsyncResult *result, GError **error);

G_END_DECLS
