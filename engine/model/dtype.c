/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Number formats of model files: sizes, finiteness, widening to float32. */
#include "dtype.h"

#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#if G_BYTE_ORDER != G_LITTLE_ENDIAN
#error "model files are little-endian, and so must the machine be"
#endif

static const struct
{
  const char *name;
  gsize size; /* bytes */
} dtypes[] = {
  [P3M_DTYPE_F32] = { "F32", 4 },   [P3M_DTYPE_F16] = { "F16", 2 },
  [P3M_DTYPE_BF16] = { "BF16", 2 }, [P3M_DTYPE_F64] = { "F64", 8 },
  [P3M_DTYPE_I64] = { "I64", 8 },   [P3M_DTYPE_I32] = { "I32", 4 },
  [P3M_DTYPE_I16] = { "I16", 2 },   [P3M_DTYPE_I8] = { "I8", 1 },
  [P3M_DTYPE_U64] = { "U64", 8 },   [P3M_DTYPE_U32] = { "U32", 4 },
  [P3M_DTYPE_U16] = { "U16", 2 },   [P3M_DTYPE_U8] = { "U8", 1 },
  [P3M_DTYPE_BOOL] = { "BOOL", 1 },
};

gboolean
p3m_dtype_from_name (const char *name, P3mDtype *dtype)
{
  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (g_str_equal (name, dtypes[i].name))
      {
        *dtype = i;
        return TRUE;
      }
  return FALSE;
}

const char *
p3m_dtype_get_name (P3mDtype dtype)
{
  return dtypes[dtype].name;
}

gsize
p3m_dtype_get_size (P3mDtype dtype)
{
  return dtypes[dtype].size;
}

/* A number is not finite when all bits of its exponent are set. Adding `lowest`, the exponent's lowest
 * bit, then carries into the sign's place and no further, so that several numbers are seen at once in
 * one word. The tail is padded with zeros, which are finite. */
static gboolean
has_no_carry (const guint8 *data, gsize bytes, guint64 exponent, guint64 lowest, guint64 sign)
{
  guint64 word, carries = 0;
  gsize i = 0;
  for (; i + 8 <= bytes; i += 8)
    {
      memcpy (&word, data + i, 8);
      carries |= (word & exponent) + lowest;
    }
  word = 0;
  memcpy (&word, data + i, bytes - i);
  carries |= (word & exponent) + lowest;
  return !(carries & sign);
}

gboolean
p3m_dtype_is_finite (P3mDtype dtype, const void *data, gsize count)
{
  const guint64 by16 = G_GUINT64_CONSTANT (0x0001000100010001);
  const guint64 by32 = G_GUINT64_CONSTANT (0x0000000100000001);
  if (dtype == P3M_DTYPE_F16)
    return has_no_carry (data, count * 2, 0x7c00 * by16, 0x0400 * by16, 0x8000 * by16);
  if (dtype == P3M_DTYPE_BF16)
    return has_no_carry (data, count * 2, 0x7f80 * by16, 0x0080 * by16, 0x8000 * by16);
  return has_no_carry (data, count * 4, 0x7f800000 * by32, 0x00800000 * by32, 0x80000000 * by32);
}

static float
half_to_float (guint16 half)
{
  const guint32 sign = (guint32) (half & 0x8000) << 16;
  const guint32 exponent = (half >> 10) & 0x1f;
  const guint32 mantissa = half & 0x3ff;
  guint32 bits;
  float value;
  if (exponent == 0) /* a multiple of 2^-24: the product is exact */
    {
      value = (float) mantissa * 0x1p-24f;
      return sign ? -value : value;
    }
  if (exponent == 31)
    bits = sign | 0x7f800000 | mantissa << 13;
  else
    bits = sign | (exponent + 127 - 15) << 23 | mantissa << 13;
  memcpy (&value, &bits, sizeof value);
  return value;
}

void
p3m_half_to_float_plain (const void *data, gsize count, float *values)
{
  for (gsize i = 0; i < count; i++)
    {
      guint16 half;
      memcpy (&half, (const guint8 *) data + 2 * i, 2);
      values[i] = half_to_float (half);
    }
}

static guint16
float_to_half (float value)
{
  guint32 bits;
  memcpy (&bits, &value, sizeof bits);
  const guint16 sign = (bits >> 16) & 0x8000;
  bits &= 0x7fffffff;
  if (bits > 0x7f800000)
    return sign | 0x7e00;
  if (bits >= 0x47800000) /* 65536 and more */
    return sign | 0x7c00;
  if (bits >= 0x38800000) /* normal: 2^-14 and more; the exponent takes the carry of the rounding */
    {
      bits -= (guint32) (127 - 15) << 23;
      return sign | (guint16) ((bits + 0xfff + ((bits >> 13) & 1)) >> 13);
    }
  /* A multiple of 2^-24: added to 0.5, whose last place is 2^-24, the sum is rounded to one. */
  float magnitude;
  memcpy (&magnitude, &bits, sizeof magnitude);
  magnitude += 0.5f;
  memcpy (&bits, &magnitude, sizeof bits);
  return sign | (guint16) (bits - 0x3f000000);
}

void
p3m_float_to_half_plain (const float *values, gsize count, void *halves)
{
  for (gsize i = 0; i < count; i++)
    {
      const guint16 half = float_to_half (values[i]);
      memcpy ((guint8 *) halves + 2 * i, &half, 2);
    }
}

#ifdef __x86_64__
gboolean
p3m_half_has_fast (void)
{
  return __builtin_cpu_supports ("f16c") != 0;
}

__attribute__ ((target ("avx,f16c"))) void
p3m_half_to_float_fast (const void *data, gsize count, float *values)
{
  gsize i = 0;
  for (; i + 8 <= count; i += 8)
    {
      const __m128i halves = _mm_loadu_si128 ((const void *) ((const guint8 *) data + 2 * i));
      _mm256_storeu_ps (values + i, _mm256_cvtph_ps (halves));
    }
  p3m_half_to_float_plain ((const guint8 *) data + 2 * i, count - i, values + i);
}

__attribute__ ((target ("avx,f16c"))) void
p3m_float_to_half_fast (const float *values, gsize count, void *halves)
{
  gsize i = 0;
  for (; i + 8 <= count; i += 8)
    _mm_storeu_si128 ((void *) ((guint8 *) halves + 2 * i),
                      _mm256_cvtps_ph (_mm256_loadu_ps (values + i), _MM_FROUND_TO_NEAREST_INT));
  p3m_float_to_half_plain (values + i, count - i, (guint8 *) halves + 2 * i);
}
#else
gboolean
p3m_half_has_fast (void)
{
  return FALSE;
}

void
p3m_half_to_float_fast (const void *data, gsize count, float *values)
{
  p3m_half_to_float_plain (data, count, values);
}

void
p3m_float_to_half_fast (const float *values, gsize count, void *halves)
{
  p3m_float_to_half_plain (values, count, halves);
}
#endif

void
p3m_float_to_half (const float *values, gsize count, void *halves)
{
  if (p3m_half_has_fast ())
    p3m_float_to_half_fast (values, count, halves);
  else
    p3m_float_to_half_plain (values, count, halves);
}

/* A bfloat16 is the upper half of a float. */
static void
bfloat16_to_float (const guint8 *data, gsize count, float *values)
{
  for (gsize i = 0; i < count; i++)
    {
      guint16 upper;
      memcpy (&upper, data + 2 * i, 2);
      const guint32 bits = (guint32) upper << 16;
      memcpy (values + i, &bits, 4);
    }
}

static void
double_to_float (const guint8 *data, gsize count, float *values)
{
  for (gsize i = 0; i < count; i++)
    {
      double value;
      memcpy (&value, data + 8 * i, 8);
      values[i] = (float) value;
    }
}

void
p3m_dtype_to_float (P3mDtype dtype, const void *data, gsize count, float *values)
{
  if (dtype == P3M_DTYPE_BF16)
    bfloat16_to_float (data, count, values);
  else if (dtype == P3M_DTYPE_F64)
    double_to_float (data, count, values);
  else if (dtype == P3M_DTYPE_F32)
    memcpy (values, data, count * 4);
  else if (p3m_half_has_fast ())
    p3m_half_to_float_fast (data, count, values);
  else
    p3m_half_to_float_plain (data, count, values);
}
