/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The person's own colours in what the preview shows. */
#pragma once

#include "refiner.h"

G_BEGIN_DECLS

/* As P3mRefined has them, of a piece with that alpha. amount: 0..1. NULL with P3M_ERROR_NO_MEMORY. */
GBytes *p3m_piece_decontaminate (const P3mPiece *piece, GBytes *alpha, double amount,
                                 GError **error);

G_END_DECLS
