/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* T. Germer et al., "Fast Multi-Level Foreground Estimation", ICPR 2020, on a piece of one level. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* A piece of the picture at one of its halvings. Of the whole grid it knows nothing: at its own border a
 * cell has fewer neighbours. */
typedef struct
{
  P3mRectangle area; /* cells of the grid of this level */
  float *colours;    /* [height][width][3], of the picture */
  float *alpha;      /* [height][width] */
  float *foreground; /* [height][width][3] */
  float *background; /* [height][width][3] */
} P3mLevel;

/* Memory for a piece, not cleared; NULL with P3M_ERROR_NO_MEMORY. */
P3mLevel *p3m_level_new (const P3mRectangle *area, GError **error);
void p3m_level_free (P3mLevel *level);

/* The next coarser level: each cell is the mean of the two by two, fewer at the far borders, that it
 * covers. The area of `fine` begins at even cells. */
P3mLevel *p3m_level_halve (const P3mLevel *fine, GError **error);

/* Takes the estimates of the cells of `coarse`, which cover those of `fine`. */
void p3m_level_inherit (P3mLevel *fine, const P3mLevel *coarse);

/* Brings the estimates closer to what explains the picture (equation 3). Each step of a cell depends on
 * its four neighbours. Returns FALSE with P3M_ERROR_NO_MEMORY. */
gboolean p3m_level_solve (P3mLevel *level, int steps, GError **error);

/* Jacobi steps of every level but small ones. */
#define P3M_LEVEL_STEPS 4

/* Solves the level of a whole grid and all that are coarser, from the mean colour of the picture down. Returns
 * FALSE with P3M_ERROR_NO_MEMORY. */
gboolean p3m_level_solve_pyramid (P3mLevel *level, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mLevel, p3m_level_free)

G_END_DECLS
