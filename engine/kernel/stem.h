/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The stem's transform along rows, F(4, 4); fast/stem.c says what it is. */
#pragma once

#include "kernel.h"

G_BEGIN_DECLS

enum
{
  P3M_STEM_TILE = 4,   /* neighbouring pixels that are computed at once */
  P3M_STEM_HALF = 4,   /* taps of a half of a row: four, and three with a zero */
  P3M_STEM_POINTS = 7, /* plus and minus each root, then infinity */
  P3M_STEM_TAPS = 3 * 7 * 7,
  P3M_STEM_POINT_TAPS = 2 * 3 * 7 /* of one point: the halves, channels and rows */
};

/* Their powers are exact. */
static const float p3m_stem_roots[3] = { 0.375f, 1.0f, 2.0f };

/* The weights for the transformed pixels, behind the others: [panels][points][2 halves][3][7 rows][panel]. */
static inline const float *
p3m_stem_get_points (const P3mStem *stem)
{
  const gsize panels = (stem->outputs + P3M_STEM_PANEL - 1) / P3M_STEM_PANEL;
  return stem->weights + panels * P3M_STEM_TAPS * P3M_STEM_PANEL;
}

G_END_DECLS
