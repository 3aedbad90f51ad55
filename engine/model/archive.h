/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A file of torch.save, in its zip layout or in the legacy one: a pickle, and the numbers of its storages. */
#pragma once

#include "model/pickle.h"
#include "p3m.h"

G_BEGIN_DECLS

typedef struct _P3mArchive P3mArchive;

/* Reads a whole file and its pickle. NULL with P3M_ERROR_BAD_MODEL, P3M_ERROR_NO_MEMORY or a
 * GIOErrorEnum. */
P3mArchive *p3m_archive_open (const char *path, GError **error);
void p3m_archive_free (P3mArchive *archive);

/* What the pickle says. */
const P3mPickleValue *p3m_archive_get_root (const P3mArchive *archive);

/* The numbers of a storage: storage->total of storage->dtype at any address, owned by the archive. NULL
 * with an error as above. */
const guint8 *p3m_archive_get_storage (P3mArchive *archive, const P3mPickleStorage *storage,
                                       GError **error);

/* The file's SHA-256 in hexadecimal, to be freed. */
char *p3m_archive_get_sha256 (const P3mArchive *archive);

/* Sets P3M_ERROR_BAD_MODEL to "PATH is not a checkpoint of P3M-Net: WHY". */
void p3m_bad_checkpoint (GError **error, const char *path, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mArchive, p3m_archive_free)

G_END_DECLS
