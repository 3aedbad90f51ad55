/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A part of the picture at one scale, and how each view shows it. */
#pragma once

#include <cairo.h>

#include "host.h"
#include "refiner.h"

G_BEGIN_DECLS

/* How the picture is shown; in the order of the keys 1 to 8. */
typedef enum
{
  P3M_VIEW_ORIGINAL,
  P3M_VIEW_CHECKERBOARD,
  P3M_VIEW_BLACK,
  P3M_VIEW_WHITE,
  P3M_VIEW_COLOUR,
  P3M_VIEW_OVERLAY,
  P3M_VIEW_ALPHA,
  P3M_VIEW_SPLIT, /* before on the left of the divider, after on the right */
  P3M_VIEWS
} P3mView;

/* piece: which part, and its pixels, which change until all rows are read.
 * rows: that are read, from the top.
 * alpha, colours: of that piece as in P3mRefined; alpha NULL: all of it is shown.
 * surface: [area.height][area.width], what is seen, premultiplied, to be laid over the view's background. */
typedef struct
{
  P3mPiece piece;
  int rows;
  GBytes *alpha, *colours;
  cairo_surface_t *surface;
} P3mTile;

/* A tile of transparent pixels. FALSE: there is not enough memory, and the tile is cleared. */
gboolean p3m_tile_init (P3mTile *tile, const P3mRectangle *area, double scale);

/* Frees what a tile holds; one of zeros is fine. */
void p3m_tile_clear (P3mTile *tile);

/* Whether the whole tile is read. */
gboolean p3m_tile_is_read (const P3mTile *tile);

/* Reads some more rows of the layer; those that the host cannot give stay transparent. */
void p3m_tile_read (P3mTile *tile, P3mHost *host, int rows);

/* Takes what came out of this tile's piece; passes over what came out of another. Returns whether it took
 * it. */
gboolean p3m_tile_take (P3mTile *tile, const P3mRefined *refined);

/* Makes some rows of the surface. divider: of P3M_VIEW_SPLIT, in px of the picture from its left. */
void p3m_tile_compose (P3mTile *tile, P3mView view, double divider, int y, int rows);

G_END_DECLS
