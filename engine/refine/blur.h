/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A Gaussian blur whose time does not depend on its width. */
#pragma once

#include "refine/plane.h"

G_BEGIN_DECLS

/* sigma: px, >= 0; 0 leaves every value as it is. */
int p3m_blur_get_halo (double sigma);
P3mPlane *p3m_blur (const P3mPlane *plane, double sigma, GError **error);

G_END_DECLS
