/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Weights that a formula makes, the same as those with which the reference numbers were made. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* values: [count], numbers in -1 .. 1 that depend on the name and the position only (FNV-1a, splitmix). */
void formula_uniform (const char *name, gsize count, float *values);

/* The formula's weights for a tensor of P3M-Net of that name and shape: [product of shape]. */
void formula_fill (const char *name, int rank, const gsize *shape, float *values);

/* Writes a whole model as safetensors. channels: of the first stage, even; 64 as published, with
 * which the reference numbers were made. dtype: "F32", "F16" or "BF16". Ends the test if it fails. */
void formula_write_model (const char *path, int channels, const char *dtype);

/* Rounds to the nearest half or bfloat16 (ties to even), as the writer does; little-endian bits. */
guint16 formula_to_half (float value);
guint16 formula_to_bfloat16 (float value);

G_END_DECLS
