/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The safetensors container: which numbers a file holds under which names, checked to the last byte. */
#pragma once

#include "dtype.h"
#include "p3m.h"

G_BEGIN_DECLS

#define P3M_SAFETENSORS_MAX_RANK 8

typedef struct
{
  const char *name;
  P3mDtype dtype;
  int rank;
  gsize shape[P3M_SAFETENSORS_MAX_RANK]; /* the first `rank` count */
  gsize length;                          /* product of shape: 1 when the rank is 0 */
  gsize begin, end;                      /* bytes, counted from the end of the header */
} P3mSafetensor;

/* The tensors lie one after another, without a gap, from the end of the header to the end of the file. */
typedef struct
{
  char *path;
  int fd;               /* stands at the first tensor */
  gsize data_length;    /* of all tensors, bytes */
  GHashTable *tensors;  /* name -> P3mSafetensor */
  GHashTable *metadata; /* key -> value, both UTF-8 */
} P3mSafetensors;

/* Opens a file and reads and checks its header. NULL with P3M_ERROR_BAD_MODEL or a GIOErrorEnum. */
P3mSafetensors *p3m_safetensors_open (const char *path, GError **error);
void p3m_safetensors_free (P3mSafetensors *file);

/* Reads all tensors, once: data_length bytes, to be freed with g_free(). NULL with P3M_ERROR_NO_MEMORY or
 * a GIOErrorEnum. */
guint8 *p3m_safetensors_read (P3mSafetensors *file, GError **error);

/* Sets P3M_ERROR_BAD_MODEL to "PATH is not a P3M-Net model: WHY". */
void p3m_bad_model (GError **error, const char *path, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* A name out of a file as it may be shown in a sentence: shortened, without control characters. */
char *p3m_printable_name (const char *name);

/* "64x3x7x7"; "one number" for rank 0. */
char *p3m_printable_shape (int rank, const gsize *shape);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mSafetensors, p3m_safetensors_free)

G_END_DECLS
