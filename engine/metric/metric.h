/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The two errors of C. Rhemann et al., "A Perceptually Motivated Online Benchmark for Image Matting",
 * CVPR 2009, section 4, as the benchmark of P3M-10k computes them. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* prediction, truth: [height][width], 0..1. Both return FALSE with P3M_ERROR_NO_MEMORY. */

/* Sum of squared differences between the magnitudes of the two gradients, taken with derivatives of a
 * Gaussian of sigma 1.4, over the whole picture; divided by 10. */
gboolean p3m_metric_gradient (const double *prediction, const double *truth, int width, int height,
                              double *value, GError **error);

/* Sum of the differences of how far each pixel is from connected to the source region, the largest
 * 4-connected region in which both alphas are at least a threshold; divided by 1000. */
gboolean p3m_metric_connectivity (const double *prediction, const double *truth, int width,
                                  int height, double *value, GError **error);

G_END_DECLS
