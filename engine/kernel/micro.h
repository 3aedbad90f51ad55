/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The matrix micro-kernel: six rows (pixels or tiles) by one panel of sixteen outputs, summed in
 * registers. */
#pragma once

#include "kernel.h"
#include "simd.h"

enum
{
  P3M_MICRO_ROWS = 6,
  P3M_PANEL = 2 * P3M_LANES
};

/* Six rows of sums over one panel: twelve of AVX2's sixteen registers. */
typedef struct
{
  P3mLanes low[P3M_MICRO_ROWS], high[P3M_MICRO_ROWS];
} P3mSums;

P3M_INLINE void
p3m_micro_clear (P3mSums *sums)
{
#pragma GCC unroll 6
  for (int i = 0; i < P3M_MICRO_ROWS; i++)
    sums->low[i] = sums->high[i] = (P3mLanes){ 0 };
}

/* sums += rows times panel. rows: six of [depth] floats; panel: [depth][P3M_PANEL]. Each row's sum has
 * the same order wherever the row is, so that results do not depend on how work is cut. */
P3M_INLINE void
p3m_micro_add (P3mSums *sums, int depth, const float *const rows[P3M_MICRO_ROWS],
               const float *panel)
{
  const float *const r0 = rows[0], *const r1 = rows[1], *const r2 = rows[2];
  const float *const r3 = rows[3], *const r4 = rows[4], *const r5 = rows[5];
  P3mSums s = *sums;
  for (int k = 0; k < depth; k++, panel += P3M_PANEL)
    {
      const P3mLanes low = *(const P3mLanes *) panel;
      const P3mLanes high = *(const P3mLanes *) (panel + P3M_LANES);
      s.low[0] += low * r0[k];
      s.high[0] += high * r0[k];
      s.low[1] += low * r1[k];
      s.high[1] += high * r1[k];
      s.low[2] += low * r2[k];
      s.high[2] += high * r2[k];
      s.low[3] += low * r3[k];
      s.high[3] += high * r3[k];
      s.low[4] += low * r4[k];
      s.high[4] += high * r4[k];
      s.low[5] += low * r5[k];
      s.high[5] += high * r5[k];
    }
  *sums = s;
}

/* The end of a convolution for eight outputs of a pixel. residual may be NULL where the activation takes
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

/* The same for the last outputs, fewer than eight: `count` of them exist. */
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
