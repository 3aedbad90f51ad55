/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The matrix micro-kernel: a few rows (pixels or tiles) by as many outputs as the registers can sum. */
#pragma once

#include "kernel/kernel.h"
#include "simd.h"

/* Sums in registers: 16 of AVX-512's 32, 24 of NEON's 32, 12 of AVX2's and SSE's 16. */
#if defined(__AVX512F__)
#define P3M_EACH_ROW(do)                                                                           \
  do                                                                                               \
  (0) do(1) do(2) do(3) do(4) do(5) do(6) do(7)
enum
{
  P3M_MICRO_ROWS = 8,
  P3M_MICRO_VECTORS = 2
};
#elif defined(__AVX2__)
#define P3M_EACH_ROW(do)                                                                           \
  do                                                                                               \
  (0) do(1) do(2) do(3) do(4) do(5)
enum
{
  P3M_MICRO_ROWS = 6,
  P3M_MICRO_VECTORS = 2
};
#elif defined(__ARM_NEON)
#define P3M_EACH_ROW(do)                                                                           \
  do                                                                                               \
  (0) do(1) do(2) do(3) do(4) do(5)
enum
{
  P3M_MICRO_ROWS = 6,
  P3M_MICRO_VECTORS = 4
};
#else
#define P3M_EACH_ROW(do)                                                                           \
  do                                                                                               \
  (0) do(1) do(2)
enum
{
  P3M_MICRO_ROWS = 3,
  P3M_MICRO_VECTORS = 4
};
#endif

enum
{
  P3M_MICRO_WIDTH = P3M_MICRO_VECTORS * P3M_LANES /* outputs summed at once: one or two panels */
};

typedef struct
{
  P3mLanes v[P3M_MICRO_ROWS][P3M_MICRO_VECTORS];
} P3mSums;

/* sums += rows times panels. rows: [depth] floats each; panel: [depth][P3M_PANEL], and where two are summed
 * at once the second lies `next` floats behind it. Each row's sum has the same order wherever the row is,
 * so that results do not depend on how work is cut. */
P3M_INLINE void
p3m_micro_add (P3mSums *sums, int depth, const float *const rows[P3M_MICRO_ROWS],
               const float *panel, gsize next)
{
#define LOCATE(i) const float *const r##i = rows[i];
#define ADD(i)                                                                                     \
  for (int v = 0; v < P3M_MICRO_VECTORS; v++)                                                      \
    s.v[i][v] += w[v] * r##i[k];
  P3M_EACH_ROW (LOCATE)
  P3mSums s = *sums;
#pragma GCC unroll 1
  for (int k = 0; k < depth; k++, panel += P3M_PANEL)
    {
      P3mLanes w[P3M_MICRO_VECTORS];
      for (int v = 0; v < P3M_MICRO_VECTORS; v++)
        w[v] = *(const P3mLanes *) (panel + v * P3M_LANES / P3M_PANEL * next
                                    + v * P3M_LANES % P3M_PANEL);
      P3M_EACH_ROW (ADD)
    }
  *sums = s;
#undef ADD
#undef LOCATE
}

/* The end of a convolution for the next outputs of a pixel. residual may be NULL where the activation takes
 * none. */
P3M_INLINE void
p3m_finish_lanes (P3mActivation activation, const P3mLanes *sums, const float *residual,
                  float *output)
{
  P3mLanes sum = *sums;
  if (activation == P3M_ACTIVATION_ADD_RELU)
    sum += *(const P3mLanes *) residual;
  if (activation != P3M_ACTIVATION_NONE)
    p3m_relu_lanes (&sum);
  if (activation == P3M_ACTIVATION_RELU_ADD)
    sum += *(const P3mLanes *) residual;
  *(P3mLanes *) output = sum;
}

/* The same for the last outputs, fewer than a vector: `count` of them exist. */
P3M_INLINE void
p3m_finish_some (P3mActivation activation, const P3mLanes *sums, int count, const float *residual,
                 float *output)
{
  float padded[P3M_LANES] = { 0 }, values[P3M_LANES];
  for (int i = 0; i < count && residual; i++)
    padded[i] = residual[i];
  p3m_finish_lanes (activation, sums, padded, values);
  for (int i = 0; i < count; i++)
    output[i] = values[i];
}
