/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Writes checkpoints as torch.save does, with weights that a formula makes. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  int channels;          /* of the first stage */
  gboolean legacy;       /* the layout before PyTorch 1.6 instead of the zip one */
  gboolean parameters;   /* tensors wrapped as torch.nn.Parameter */
  gboolean bare;         /* the state dict itself instead of a dictionary that holds it */
  gboolean no_aliases;   /* without encoder0 .. encoder4 */
  gboolean only_aliases; /* without resnet */
  gboolean transposed;   /* weights of convolutions stored with their first two axes swapped */
  const char *prefix;    /* before each name: "module." or NULL */
  const char *storage;   /* class of the numbers: NULL = "FloatStorage", "HalfStorage", ... */
  const char *encoder;   /* of layers in the aliases: NULL = "encoder%d.", "encoder%d.0." */
} TorchOptions;

/* Ends the test when it fails. */
void torch_write_checkpoint (const char *path, const TorchOptions *options);

/* Writes a zip file of the given pickle and one storage, "0". */
void torch_write_zip (const char *path, const guint8 *pickle, gsize pickle_length,
                      const void *storage, gsize storage_length);

G_END_DECLS
