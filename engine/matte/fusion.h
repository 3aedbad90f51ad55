/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a look at a picture says to a finer pass: where that one's alpha counts, and how much. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* Parts of alpha, [height][width], that are separate and tiny beside the largest one become 0: they are hardly a person.
 * Returns FALSE with P3M_ERROR_NO_MEMORY. */
gboolean p3m_fusion_drop_specks (float *alpha, int width, int height, GError **error);

/* Resizes the alpha of a look, [look_height][look_width], to [height][width]. classes: where that is 0
 * or 1 it is certain (0, 2); between is the transition (1). Returns FALSE with P3M_ERROR_NO_MEMORY. */
gboolean p3m_fusion_enlarge (const float *look, int look_width, int look_height, int width,
                             int height, float *enlarged, guint8 *classes, GError **error);

/* Joins two opinions in the transition by the mean of their log odds: fine becomes the alpha. Where `look`
 * is certain it stays so. */
void p3m_fusion_join (const float *look, gsize count, float *fine);

/* The hybrid test shows the fine pass's alpha in each pixel of the picture that lies between unequal
 * classes or in the transition. Marks as transition all cells [height][width] of the fine pass that such
 * a pixel is made of, and gives the others the class around them. No side of the fine pass is longer
 * than the picture's. */
void p3m_fusion_spread (const guint8 *classes, int classes_width, int classes_height, int width,
                        int height, guint8 *spread);

G_END_DECLS
