/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Alpha in samples of 8 and 16 bits and in floats. */
#include "samples.h"

#include <math.h>

static void
get_u8 (const void *pixels, gsize count, int channels, float *alpha)
{
  const guint8 *sample = (const guint8 *) pixels + channels - 1;
  for (gsize i = 0; i < count; i++, sample += channels)
    alpha[i] = *sample / 255.0f;
}

static void
get_u16 (const void *pixels, gsize count, int channels, float *alpha)
{
  const guint16 *sample = (const guint16 *) pixels + channels - 1;
  for (gsize i = 0; i < count; i++, sample += channels)
    alpha[i] = *sample / 65535.0f;
}

static void
get_float (const void *pixels, gsize count, int channels, float *alpha)
{
  const float *sample = (const float *) pixels + channels - 1;
  for (gsize i = 0; i < count; i++, sample += channels)
    alpha[i] = *sample;
}

static void
multiply_u8 (void *pixels, const float *alpha, gsize count, int channels)
{
  guint8 *sample = (guint8 *) pixels + channels - 1;
  for (gsize i = 0; i < count; i++, sample += channels)
    *sample = (guint8) lrintf (*sample * alpha[i]);
}

static void
multiply_u16 (void *pixels, const float *alpha, gsize count, int channels)
{
  guint16 *sample = (guint16 *) pixels + channels - 1;
  for (gsize i = 0; i < count; i++, sample += channels)
    *sample = (guint16) lrintf (*sample * alpha[i]);
}

static void
multiply_float (void *pixels, const float *alpha, gsize count, int channels)
{
  float *sample = (float *) pixels + channels - 1;
  for (gsize i = 0; i < count; i++, sample += channels)
    *sample *= alpha[i];
}

static const guint8 opaque_u8 = G_MAXUINT8;
static const guint16 opaque_u16 = G_MAXUINT16;
static const float opaque_float = 1;

static const P3mSamples kinds[] = {
  { "u8", 1, &opaque_u8, get_u8, multiply_u8 },
  { "u16", 2, &opaque_u16, get_u16, multiply_u16 },
  { "float", 4, &opaque_float, get_float, multiply_float },
};

const P3mSamples *
p3m_samples_find (const Babl *format)
{
  const Babl *type = babl_format_get_type (format, 0);
  if (!babl_format_has_alpha (format)
      || babl_get_model_flags (babl_format_get_model (format)) & BABL_MODEL_FLAG_ASSOCIATED)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (type == babl_type (kinds[i].type))
      return &kinds[i];
  return NULL;
}
