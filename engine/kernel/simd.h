/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Vectors for the kernels that are written once and compiled for several processors. A source that
 * includes this contracts a * b + c to one fused operation where the processor has it. */
#pragma once

#include <glib.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT ON
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=fast")
#endif

enum
{
  P3M_LANES = 8
};

/* Eight floats, at any address. */
typedef float P3mLanes
    __attribute__ ((vector_size (P3M_LANES * sizeof (float)), aligned (4), may_alias));

/* As comparing two vectors gives it: all bits of a lane are set where it holds. */
typedef gint32 P3mMask __attribute__ ((vector_size (P3M_LANES * sizeof (gint32))));

/* Eight pool indices, at any address. */
typedef guint8 P3mBytes __attribute__ ((vector_size (P3M_LANES), aligned (1), may_alias));

#define P3M_INLINE static inline __attribute__ ((always_inline))

#if defined(__x86_64__) || defined(__i386__)
#define P3M_HAVE_AVX2 1
#define P3M_AVX2      __attribute__ ((target ("avx2,fma")))

static inline gboolean
p3m_has_avx2 (void)
{
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma");
}
#endif

P3M_INLINE void
p3m_relu_lanes (P3mLanes *v)
{
  *v = (P3mLanes) ((P3mMask) *v & (*v > 0.0f));
}

/* other becomes v where the mask is set. */
P3M_INLINE void
p3m_select_lanes (const P3mMask *mask, const P3mLanes *v, P3mLanes *other)
{
  *other = (P3mLanes) (((P3mMask) *v & *mask) | ((P3mMask) *other & ~*mask));
}
