/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Reads regular files, and says in one sentence why one cannot be read. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A descriptor for reading and the file's length in bytes; -1 with a GIOErrorEnum when there is no such
 * file, or it is none that holds bytes. */
int p3m_file_open (const char *path, gsize *length, GError **error);

/* Reads exactly length bytes; FALSE with a GIOErrorEnum. */
gboolean p3m_file_read (int fd, const char *path, guint8 *bytes, gsize length, GError **error);

/* Reads a whole file of at most max_length bytes, to be freed with g_free(). NULL with a GIOErrorEnum or
 * P3M_ERROR_NO_MEMORY. */
guint8 *p3m_file_load (const char *path, gsize max_length, gsize *length, GError **error);

G_END_DECLS
