/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Alpha in the samples in which pictures and layers are stored. babl's conversions between floats and integers differ
 * by up to one step from run to run, because it chooses them by measured speed, and for some of those from 8 bits
 * it fills large tables. What must be exact, or quick, is computed here. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* One kind of samples. Pixels are [count][channels], alpha is the last channel. */
typedef struct
{
  const char *type;   /* babl's name */
  int size;           /* bytes a sample */
  const void *opaque; /* the sample for alpha 1 */
  void (*get_alpha) (const void *pixels, gsize count, int channels, float *alpha);
  /* Multiplies the pixels' own alpha. */
  void (*multiply) (void *pixels, const float *alpha, gsize count, int channels);
} P3mSamples;

/* Those of a format: u8, u16 or float. NULL for others, without alpha, and where colours are multiplied with it. */
const P3mSamples *p3m_samples_find (const Babl *format);

G_END_DECLS
