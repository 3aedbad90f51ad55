/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The alpha as a local linear function of the picture's colours: K. He, J. Sun, X. Tang, "Guided Image
 * Filtering", PAMI 2013, fitted at the network's size as in K. He, J. Sun, "Fast Guided Filter", 2015. */
#pragma once

#include "matte/matte.h"

G_BEGIN_DECLS

/* Fits matte->model. rgb: [3][alpha_height][alpha_width], R'G'B' times gain plus offset, by channel.
 * Returns FALSE with P3M_ERROR_NO_MEMORY. */
gboolean p3m_detail_fit (P3mMatte *matte, const float *rgb, const float gain[3],
                         const float offset[3], GError **error);

/* Moves the soft alphas of an area towards what the model says for the picture's own pixels. amount:
 * 0..1; rgb: [height][width][3], R'G'B'; alpha: [height][width], in place. */
gboolean p3m_detail_add (const P3mMatte *matte, double amount, int width, int height,
                         const P3mRectangle *area, const float *rgb, float *alpha, GError **error);

G_END_DECLS
