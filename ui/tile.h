/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A part of the picture at one scale, and how each view shows it. */
#pragma once

#include <cairo.h>

#include "host.h"

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

/* area: px of the picture times scale; scale: 0..1. Everything below is [area.height][area.width]:
 * rgba: R'G'B' and alpha of the layer, not premultiplied; alpha: 0..255 = background..person;
 * surface: what is seen, premultiplied, to be laid over the view's background. */
typedef struct
{
  P3mRectangle area;
  double scale;
  guint8 *rgba, *alpha;
  cairo_surface_t *surface;
} P3mTile;

/* An empty tile: transparent pixels, all of them person. FALSE: there is not enough memory, and the tile
 * is cleared. */
gboolean p3m_tile_init (P3mTile *tile, const P3mRectangle *area, double scale);

/* Frees what a tile holds; one of zeros is fine. */
void p3m_tile_clear (P3mTile *tile);

/* Reads some rows of the layer. y: from the top of the tile. */
gboolean p3m_tile_read (P3mTile *tile, P3mHost *host, int y, int rows, GError **error);

/* Renders the alpha of a matte. */
gboolean p3m_tile_render (P3mTile *tile, const P3mMatte *matte, GError **error);

/* Makes some rows of the surface. divider: of P3M_VIEW_SPLIT, in px of the picture from its left. */
void p3m_tile_compose (P3mTile *tile, P3mView view, double divider, int y, int rows);

G_END_DECLS
