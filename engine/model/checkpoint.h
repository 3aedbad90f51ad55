/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tensors of a checkpoint under their names in the network. */
#pragma once

#include "model/archive.h"

G_BEGIN_DECLS

typedef struct
{
  char *path;
  P3mArchive *archive;
  GPtrArray *names; /* of the tensors, in the file's order, as the network has them: no "module." */
  GHashTable *tensors; /* name -> P3mPickleTensor of the archive */
} P3mCheckpoint;

/* Opens a file of torch.save and finds its tensors. NULL with P3M_ERROR_BAD_MODEL, P3M_ERROR_NO_MEMORY or
 * a GIOErrorEnum. */
P3mCheckpoint *p3m_checkpoint_open (const char *path, GError **error);
void p3m_checkpoint_free (P3mCheckpoint *checkpoint);

/* A tensor of the network. A published checkpoint carries the encoder twice, as resnet.* and as
 * encoder0.* .. encoder4.*: either is enough. NULL when there is none. */
const P3mPickleTensor *p3m_checkpoint_find (const P3mCheckpoint *checkpoint, const char *name);

/* Whether a tensor is only there as the second name of an encoder's tensor. */
gboolean p3m_checkpoint_is_alias (const char *name);

/* Writes a tensor's numbers in row-major order. values: [tensor->length], float32. F32, F16, BF16 and F64
 * only. FALSE with an error as above. */
gboolean p3m_checkpoint_read (const P3mCheckpoint *checkpoint, const P3mPickleTensor *tensor,
                              float *values, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mCheckpoint, p3m_checkpoint_free)

G_END_DECLS
