/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What can be done to the outline of a matte. */
#pragma once

#include "refine/plane.h"

G_BEGIN_DECLS

/* Straightens the outline at the scale of `sigma` px. Where the matte is soft at that scale, as hair is,
 * it stays as it is. Turning the matte inside out turns the result inside out. */
int p3m_smooth_get_halo (double sigma);
P3mPlane *p3m_smooth (const P3mPlane *plane, double sigma, GError **error);

/* Moves the outline `distance` px outwards (> 0) or inwards (< 0); alphas are moved, not changed, so that
 * a soft edge stays as soft and hair keeps its strands. Turning the matte inside out turns the direction. */
int p3m_shift_get_halo (double distance);
P3mPlane *p3m_shift (const P3mPlane *plane, double distance, GError **error);

/* Contrast 0..1 around alpha 0.5 (1: every alpha becomes 0 or 1), then alphas from black..white to 0..1.
 * In place. */
void p3m_tone (P3mPlane *plane, double contrast, double black, double white);

G_END_DECLS
