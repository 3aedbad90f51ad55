/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A restricted reader of the pickles in which PyTorch describes a checkpoint. Builds plain values and
 * descriptions of tensors and nothing else; calls nothing; refuses by name what it does not know. */
#pragma once

#include "model/dtype.h"

G_BEGIN_DECLS

#define P3M_PICKLE_MAX_RANK 8

typedef enum
{
  P3M_PICKLE_NONE,
  P3M_PICKLE_BOOL,
  P3M_PICKLE_INT,
  P3M_PICKLE_FLOAT, /* the number itself is not kept */
  P3M_PICKLE_TEXT,
  P3M_PICKLE_TUPLE,
  P3M_PICKLE_LIST,
  P3M_PICKLE_DICT,
  P3M_PICKLE_NAME, /* one of the names that the reader knows */
  P3M_PICKLE_STORAGE,
  P3M_PICKLE_TENSOR
} P3mPickleKind;

/* A run of numbers that lies somewhere else in the checkpoint. */
typedef struct
{
  const char *key; /* under which it is stored */
  P3mDtype dtype;
  gsize total;        /* numbers that are stored */
  gsize first, count; /* the ones that this storage shows, in numbers */
} P3mPickleStorage;

/* Element (i, j, ...) is number `offset + i * stride[0] + j * stride[1] + ...` of the stored ones; all of
 * them are stored ones. */
typedef struct
{
  const P3mPickleStorage *storage;
  gsize offset;
  int rank;
  gsize shape[P3M_PICKLE_MAX_RANK], stride[P3M_PICKLE_MAX_RANK];
  gsize length; /* product of shape */
} P3mPickleTensor;

typedef struct
{
  P3mPickleKind kind;
  union
  {
    gint64 integer; /* of BOOL and INT */
    char *text;     /* of TEXT; UTF-8 */
    GPtrArray *
        items; /* of TUPLE, LIST and DICT (key, value, key, value, ...); not owned; may hold itself */
    int name; /* of NAME */
    P3mPickleStorage storage;
    P3mPickleTensor tensor;
  };
} P3mPickleValue;

typedef struct
{
  GPtrArray *values; /* owns every value that was made */
  P3mPickleValue *root;
  gsize used; /* bytes up to and with the end of the pickle */
} P3mPickle;

/* Reads one pickle. NULL with `fault` set to a sentence without a full stop, to be freed. */
P3mPickle *p3m_pickle_read (const guint8 *bytes, gsize length, char **fault);
void p3m_pickle_free (P3mPickle *pickle);

/* The value of a text key; NULL when there is none, or when `dict` is no DICT. */
const P3mPickleValue *p3m_pickle_lookup (const P3mPickleValue *dict, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mPickle, p3m_pickle_free)

G_END_DECLS
