/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a model file says about itself. */
#pragma once

#include "model/safetensors.h"

G_BEGIN_DECLS

#define P3M_ARCHITECTURE "p3m-net-resnet34"

/* Knows path and id only; name is the id, width and size are 0. */
P3mModelInfo *p3m_model_info_new (const char *path);

/* Takes over what the metadata says. channels: of the first stage, from the tensors' shapes. FALSE with
 * P3M_ERROR_BAD_MODEL when the metadata is of another network or disagrees with the shapes. */
gboolean p3m_model_info_take (P3mModelInfo *info, const P3mSafetensors *file, int channels,
                              GError **error);

G_END_DECLS
