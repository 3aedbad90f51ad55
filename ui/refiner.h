/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The refinements of what is seen, in a thread of their own: the newest wish counts, older ones are left out. */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* The pieces of the picture that are kept refined, the more urgent first. */
typedef enum
{
  P3M_PIECE_VISIBLE, /* what is seen, at the size at which it is seen */
  P3M_PIECE_WHOLE,   /* the whole picture, smaller: what is seen while one moves about */
  P3M_PIECES
} P3mPieceKind;

/* area: px of the picture times scale; scale: 0..1; rgba: [area.height][area.width][4], R'G'B' and alpha of
 * the layer, 0..255, which nobody changes any more. */
typedef struct
{
  P3mRectangle area;
  double scale;
  GBytes *rgba;
} P3mPiece;

/* What came out of a piece.
 *
 * alpha: [area.height][area.width], 0..255 = background..person; a trimap when the settings ask for one.
 *   NULL when `error` says why there is none.
 * colours: [area.height][area.width][3], R'G'B' 0..255, the person's own; NULL = those of the piece.
 * rgba: of the piece.
 * newest: nothing has been wished for since. */
typedef struct
{
  P3mPieceKind kind;
  GBytes *rgba;
  GBytes *alpha, *colours;
  GError *error;
  gboolean newest;
} P3mRefined;

typedef void (*P3mRefinedFunc) (const P3mRefined *refined, gpointer user_data);

/* All functions are for the main thread, the one that runs the default main context. */
typedef struct _P3mRefiner P3mRefiner;

/* done: is told of each result, from an idle callback of the default main context. */
P3mRefiner *p3m_refiner_new (P3mRefinedFunc done, gpointer user_data);

/* Waits for the rendering that is under way (a fraction of a second). Nothing is told any more. */
void p3m_refiner_free (P3mRefiner *refiner);

/* What is to be rendered. Nothing is until there is a matte; a reference is taken, settings are copied. */
void p3m_refiner_set_matte (P3mRefiner *refiner, P3mMatte *matte);
void p3m_refiner_set_settings (P3mRefiner *refiner, const P3mSettings *settings);

/* piece: a reference of its bytes is taken; NULL = none. */
void p3m_refiner_set_piece (P3mRefiner *refiner, P3mPieceKind kind, const P3mPiece *piece);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mRefiner, p3m_refiner_free)

G_END_DECLS
