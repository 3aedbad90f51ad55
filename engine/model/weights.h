/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tensors of one P3M-Net, read from a safetensors file and checked against the network's layout. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* Every tensor that the network needs is present, of the exact shape for one width, and finite; every
 * running variance is positive. Tensors of the training-only branches (dbfi_*.conv2.*, resnet.fc.*)
 * and num_batches_tracked may be in a file and are not kept. */
typedef struct _P3mWeights P3mWeights;

/* Reads and checks a model file. Returns NULL with P3M_ERROR_BAD_MODEL, P3M_ERROR_NO_MEMORY or a
 * GIOErrorEnum; the message names the file and, where one is at fault, the tensor. */
P3mWeights *p3m_weights_load (const char *path, GError **error);
void p3m_weights_free (P3mWeights *weights);

/* What the header of a model file says, to be freed with p3m_model_info_free(). Checks all but the
 * numbers; of a file that does not pass, `problem` is set. */
P3mModelInfo *p3m_weights_inspect (const char *path);

/* What the header says; owned by the weights. */
const P3mModelInfo *p3m_weights_get_info (const P3mWeights *weights);

/* Channels of the first stage: 64 for width 1, 32 for width 0.5. A multiple of 2. */
int p3m_weights_get_channels (const P3mWeights *weights);

/* Number of elements of a tensor; 0 when there is no tensor of that name. */
gsize p3m_weights_get_length (const P3mWeights *weights, const char *name);

/* Writes a tensor as float32, row-major: convolution weights are [out][in][k][k]. `name` must exist. */
void p3m_weights_read (const P3mWeights *weights, const char *name, float *values);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mWeights, p3m_weights_free)

G_END_DECLS
