/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A piece at half its size, for when the full one takes too long to follow a slider, and back. */
#pragma once

#include "refiner.h"

G_BEGIN_DECLS

/* The piece at half its scale (free its rgba). FALSE: there is not enough memory, or the piece is too small
 * to be halved. */
gboolean p3m_half_make (const P3mPiece *piece, P3mPiece *half);

/* Brings the alpha of a half, [half.height][half.width], to the size of its piece; NULL = not enough memory.
 * smooth: interpolates between the values, otherwise takes the nearest. */
GBytes *p3m_half_enlarge (const P3mPiece *half, GBytes *alpha, const P3mPiece *piece,
                          gboolean smooth);

G_END_DECLS
