/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Number formats of model files, and their way to float32. All numbers are little-endian. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  P3M_DTYPE_F32,
  P3M_DTYPE_F16,
  P3M_DTYPE_BF16,
  P3M_DTYPE_F64,
  P3M_DTYPE_I64,
  P3M_DTYPE_I32,
  P3M_DTYPE_I16,
  P3M_DTYPE_I8,
  P3M_DTYPE_U64,
  P3M_DTYPE_U32,
  P3M_DTYPE_U16,
  P3M_DTYPE_U8,
  P3M_DTYPE_BOOL
} P3mDtype;

/* The safetensors format's name of a dtype ("F32", "I64", ...). FALSE = not one of them. */
gboolean p3m_dtype_from_name (const char *name, P3mDtype *dtype);
const char *p3m_dtype_get_name (P3mDtype dtype);

/* Bytes of one number. */
gsize p3m_dtype_get_size (P3mDtype dtype);

/* Whether all numbers are finite; F32, F16 and BF16 only. data: count numbers, at any address. */
gboolean p3m_dtype_is_finite (P3mDtype dtype, const void *data, gsize count);

/* Makes float32 of count numbers of F32, F16, BF16 or F64 at any address. values: [count]. */
void p3m_dtype_to_float (P3mDtype dtype, const void *data, gsize count, float *values);

/* Rounds to IEEE half, to nearest with ties to even; too large a number becomes infinite. halves: [count],
 * at any address. */
void p3m_float_to_half (const float *values, gsize count, void *halves);

/* IEEE half to float and back: the plain twin, and the F16C one (only where p3m_half_has_fast() says so). */
void p3m_half_to_float_plain (const void *data, gsize count, float *values);
gboolean p3m_half_has_fast (void);
void p3m_half_to_float_fast (const void *data, gsize count, float *values);
void p3m_float_to_half_plain (const float *values, gsize count, void *halves);
void p3m_float_to_half_fast (const float *values, gsize count, void *halves);

G_END_DECLS
