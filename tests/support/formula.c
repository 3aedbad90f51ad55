/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Weights that a formula makes, and model files of them. */
#include "formula.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/layout.h"

static guint64
fnv1a64 (const char *name)
{
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  for (; *name; name++)
    hash = (hash ^ (guint8) *name) * G_GUINT64_CONSTANT (0x100000001b3);
  return hash;
}

/* splitmix64 of the i-th state after `hash`, its upper 24 bits as a number in -1 .. 1. */
static inline float
uniform_at (guint64 hash, gsize i)
{
  guint64 z = hash + ((guint64) i + 1) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  z ^= z >> 31;
  return (float) (gint32) (z >> 40) / 8388608.0f - 1.0f;
}

void
formula_uniform (const char *name, gsize count, float *values)
{
  const guint64 hash = fnv1a64 (name);
  for (gsize i = 0; i < count; i++)
    values[i] = uniform_at (hash, i);
}

static void
get_scale (const char *name, int rank, const gsize *shape, float *centre, float *bound)
{
  const char *last = strrchr (name, '.') + 1;
  *centre = 0.0f;
  *bound = 0.1f;
  if (g_str_equal (last, "running_var"))
    {
      *centre = 1.0f;
      *bound = 0.5f;
    }
  else if (rank == 4)
    {
      double he = sqrt (6.0 / (double) (shape[1] * shape[2] * shape[3]));
      if (g_str_equal (name, "decoder_final_l.weight"))
        he *= 0.25; /* keeps the alpha away from saturation */
      *bound = (float) he;
    }
  else if (g_str_equal (last, "weight"))
    {
      const gboolean second = strstr (name, ".bn2.weight") != NULL;
      *centre = second ? 0.3f : 1.0f;
      *bound = second ? 0.1f : 0.2f;
    }
}

void
formula_fill (const char *name, int rank, const gsize *shape, float *values)
{
  const float class_bias[3] = { 40.0f, 80.0f, 0.0f }; /* makes all three classes occur */
  gsize count = 1;
  float centre, bound;
  if (g_str_equal (name, "decoder0_g.6.bias"))
    {
      memcpy (values, class_bias, sizeof class_bias);
      return;
    }
  for (int i = 0; i < rank; i++)
    count *= shape[i];
  get_scale (name, rank, shape, &centre, &bound);
  formula_uniform (name, count, values);
  for (gsize i = 0; i < count; i++)
    {
      const float scaled = bound * values[i]; /* rounded before the addition, never fused */
      values[i] = centre + scaled;
    }
}

guint16
formula_to_bfloat16 (float value)
{
  guint32 bits;
  memcpy (&bits, &value, sizeof bits);
  return (guint16) ((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

guint16
formula_to_half (float value)
{
  const guint16 sign = signbit (value) ? 0x8000 : 0;
  int exponent;
  const double fraction = frexp (fabs ((double) value), &exponent); /* 0.5 .. 1 */
  if (fraction == 0.0)
    return sign;
  if (exponent < -13) /* subnormal: a multiple of 2^-24 */
    return sign | (guint16) nearbyint (ldexp (fraction, exponent + 24));
  const guint32 mantissa = (guint32) nearbyint (ldexp (fraction, 11)); /* 1024 .. 2048 */
  const guint32 bits = ((guint32) (exponent + 13) << 10) + mantissa;
  return sign | (guint16) MIN (bits, 0x7c00);
}

static char *
make_header (const P3mLayout *layout, int channels, const char *dtype)
{
  const gsize size = g_str_equal (dtype, "F32") ? 4 : 2;
  char width[G_ASCII_DTOSTR_BUF_SIZE];
  gsize offset = 0;
  GString *text = g_string_new ("{\"__metadata__\":{\"p3m.architecture\":\"p3m-net-resnet34\",");
  g_ascii_dtostr (width, sizeof width, channels / (double) P3M_LAYOUT_PUBLISHED_CHANNELS);
  g_string_append_printf (text, "\"p3m.width\":\"%s\",\"p3m.name\":\"Formula %d\",", width,
                          channels);
  g_string_append (text, "\"p3m.license\":\"CC0-1.0\",\"p3m.trained_on\":\"nothing\"}");
  for (guint i = 0; i < layout->tensors->len; i++)
    {
      const P3mLayoutTensor *tensor = p3m_layout_get (layout, i);
      g_string_append_printf (text, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", tensor->name, dtype);
      for (int k = 0; k < tensor->rank; k++)
        g_string_append_printf (text, k ? ",%" G_GSIZE_FORMAT : "%" G_GSIZE_FORMAT,
                                tensor->shape[k]);
      g_string_append_printf (text, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}",
                              offset, offset + tensor->length * size);
      offset += tensor->length * size;
    }
  g_string_append_c (text, '}');
  while (text->len % 8)
    g_string_append_c (text, ' ');
  return g_string_free (text, FALSE);
}

/* Narrows values in place: the 16-bit numbers lie at the start of the same memory. */
static void
narrow (float *values, gsize count, guint16 (*convert) (float))
{
  guint16 *halves = (guint16 *) values;
  for (gsize i = 0; i < count; i++)
    {
      float value;
      memcpy (&value, (char *) values + i * sizeof value, sizeof value);
      const guint16 bits = convert (value);
      memcpy (halves + i, &bits, sizeof bits);
    }
}

static void
write_tensor (FILE *file, const P3mLayoutTensor *tensor, const char *dtype)
{
  const gboolean wide = g_str_equal (dtype, "F32");
  g_autofree float *values = g_new (float, tensor->length);
  formula_fill (tensor->name, tensor->rank, tensor->shape, values);
  if (!wide)
    narrow (values, tensor->length,
            g_str_equal (dtype, "F16") ? formula_to_half : formula_to_bfloat16);
  if (fwrite (values, wide ? 4 : 2, tensor->length, file) != tensor->length)
    g_error ("writing a model of formula weights: %s", g_strerror (errno));
}

void
formula_write_model (const char *path, int channels, const char *dtype)
{
  g_autoptr (P3mLayout) layout = p3m_layout_new (channels);
  g_autofree char *header = make_header (layout, channels, dtype);
  const guint64 length = GUINT64_TO_LE ((guint64) strlen (header));
  FILE *file = fopen (path, "wb");
  if (!file)
    g_error ("%s: %s", path, g_strerror (errno));
  fwrite (&length, sizeof length, 1, file);
  fwrite (header, 1, strlen (header), file);
  for (guint i = 0; i < layout->tensors->len; i++)
    write_tensor (file, p3m_layout_get (layout, i), dtype);
  if (fclose (file))
    g_error ("%s: %s", path, g_strerror (errno));
}
