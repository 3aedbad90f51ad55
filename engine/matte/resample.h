/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One axis of a resize as a linear operator: which samples with which weights make each new sample. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One axis of a picture as the network sees it: `length` samples of which `before` are repeated in
 * front and the rest behind, mirrored about the centre of the edge sample, so that there are `extent`. */
typedef struct
{
  int length;
  int before;
  int extent;
} P3mAxis;

/* An axis of at least `minimum` samples: the picture stays in the middle of what is added. */
P3mAxis p3m_axis_new (int length, int minimum);

/* The sum over k = 0..count-1 of weights[k] * sample[first + k]; all weights are >= 0 and add to 1. */
typedef struct
{
  int first;
  int count;
  float *weights;
} P3mTap;

/* `count` consecutive new samples. */
typedef struct
{
  int count;
  P3mTap *taps;
  float *weights;
} P3mTaps;

/* The resize of scikit-image 0.19 with order 1: linear interpolation between sample centres; where the
 * axis shrinks, after a Gaussian of sigma = (in / out - 1) / 2 cut at 4 sigma; mirrored at the ends. */

/* From the samples of a picture to `size` samples of the network's input, which sees `span` of the axis's
 * extent from `from` on. */
P3mTaps *p3m_taps_new_to_network (const P3mAxis *axis, double from, double span, int size);

/* From `size` samples of the network's output back to the samples first..first+count-1 of the picture
 * at a scale at which the whole picture has `whole` samples. */
P3mTaps *p3m_taps_new_to_picture (const P3mAxis *axis, int size, int whole, int first, int count);

void p3m_taps_free (P3mTaps *taps);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mTaps, p3m_taps_free)

G_END_DECLS
