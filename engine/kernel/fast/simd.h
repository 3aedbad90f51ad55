/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Vectors for the kernels, which are written once and compiled for each instruction set. */
#pragma once

#include <glib.h>
#include <string.h>

#if defined(__AVX512F__) || defined(__AVX__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

enum
{
#if defined(__AVX512F__)
  P3M_LANES = 16
#elif defined(__AVX2__)
  P3M_LANES = 8
#else
  P3M_LANES = 4
#endif
};

/* Floats, at any address. */
typedef float P3mLanes
    __attribute__ ((vector_size (P3M_LANES * sizeof (float)), aligned (4), may_alias));

/* As comparing two vectors gives it: all bits of a lane are set where it holds. */
typedef gint32 P3mMask __attribute__ ((vector_size (P3M_LANES * sizeof (gint32))));

#define P3M_INLINE static inline __attribute__ ((always_inline))

/* v becomes the greater of the two in each lane. */
P3M_INLINE void
p3m_max_lanes (P3mLanes *v, const P3mLanes *other)
{
#if defined(__AVX512F__)
  *v = (P3mLanes) _mm512_max_ps ((__m512) *v, (__m512) *other);
#elif defined(__AVX2__)
  *v = (P3mLanes) _mm256_max_ps ((__m256) *v, (__m256) *other);
#elif defined(__SSE2__)
  *v = (P3mLanes) _mm_max_ps ((__m128) *v, (__m128) *other);
#elif defined(__ARM_NEON)
  *v = (P3mLanes) vmaxq_f32 ((float32x4_t) *v, (float32x4_t) *other);
#else
  const P3mMask greater = *other > *v;
  *v = (P3mLanes) (((P3mMask) *other & greater) | ((P3mMask) *v & ~greater));
#endif
}

P3M_INLINE void
p3m_relu_lanes (P3mLanes *v)
{
  const P3mLanes zero = { 0 };
  p3m_max_lanes (v, &zero);
}

/* other becomes v where the mask is set. */
P3M_INLINE void
p3m_select_lanes (const P3mMask *mask, const P3mLanes *v, P3mLanes *other)
{
  *other = (P3mLanes) (((P3mMask) *v & *mask) | ((P3mMask) *other & ~*mask));
}

P3M_INLINE float
p3m_sum_lanes (const P3mLanes *v)
{
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps ((__m512) *v);
#else
  float sums[P3M_LANES];
  memcpy (sums, v, sizeof sums);
  for (int half = P3M_LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++)
      sums[i] += sums[i + half];
  return sums[0];
#endif
}

/* Pool indices, one byte each, to one a lane and back: compilers take them apart one by one. */
P3M_INLINE void
p3m_load_bytes (const guint8 *bytes, P3mMask *lanes)
{
#if defined(__AVX512F__)
  *lanes = (P3mMask) _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *) bytes));
#elif defined(__AVX2__)
  *lanes = (P3mMask) _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *) bytes));
#elif defined(__SSE2__)
  const __m128i zero = _mm_setzero_si128 ();
  int word;
  memcpy (&word, bytes, sizeof word);
  *lanes = (P3mMask) _mm_unpacklo_epi16 (_mm_unpacklo_epi8 (_mm_cvtsi32_si128 (word), zero), zero);
#else
  for (int i = 0; i < P3M_LANES; i++)
    (*lanes)[i] = bytes[i];
#endif
}

P3M_INLINE void
p3m_store_bytes (const P3mMask *lanes, guint8 *bytes)
{
#if defined(__AVX512F__)
  _mm_storeu_si128 ((__m128i *) bytes, _mm512_cvtepi32_epi8 ((__m512i) *lanes));
#elif defined(__AVX2__)
  const __m256i all = (__m256i) *lanes;
  const __m128i words
      = _mm_packs_epi32 (_mm256_castsi256_si128 (all), _mm256_extracti128_si256 (all, 1));
  _mm_storel_epi64 ((__m128i *) bytes, _mm_packus_epi16 (words, words));
#elif defined(__SSE2__)
  const __m128i words = _mm_packs_epi32 ((__m128i) *lanes, (__m128i) *lanes);
  const int word = _mm_cvtsi128_si32 (_mm_packus_epi16 (words, words));
  memcpy (bytes, &word, sizeof word);
#else
  for (int i = 0; i < P3M_LANES; i++)
    bytes[i] = (*lanes)[i];
#endif
}
