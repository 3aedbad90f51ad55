/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A part of the picture at one scale, and how each view shows it. */
#include "tile.h"

#include <math.h>

/* The overlay's red and how much of it lies over pure background, 0..255. */
#define OVERLAY_RED      230
#define OVERLAY_STRENGTH 140

/* What the bytes of a piece hold; to be written only while nobody else has them. */
static guint8 *
get_rgba (const P3mTile *tile)
{
  return (guint8 *) g_bytes_get_data (tile->piece.rgba, NULL);
}

gboolean
p3m_tile_init (P3mTile *tile, const P3mRectangle *area, double scale)
{
  const gsize pixels = (gsize) area->width * area->height;
  guint8 *rgba = g_try_malloc0_n (pixels, 4);
  *tile = (P3mTile){ .piece = { *area, scale, rgba ? g_bytes_new_take (rgba, pixels * 4) : NULL } };
  tile->surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, area->width, area->height);
  if (rgba && cairo_surface_status (tile->surface) == CAIRO_STATUS_SUCCESS)
    return TRUE;
  p3m_tile_clear (tile);
  return FALSE;
}

void
p3m_tile_clear (P3mTile *tile)
{
  g_clear_pointer (&tile->piece.rgba, g_bytes_unref);
  g_clear_pointer (&tile->alpha, g_bytes_unref);
  g_clear_pointer (&tile->colours, g_bytes_unref);
  g_clear_pointer (&tile->surface, cairo_surface_destroy);
  *tile = (P3mTile){ .rows = 0 };
}

gboolean
p3m_tile_is_read (const P3mTile *tile)
{
  return tile->surface && tile->rows == tile->piece.area.height;
}

void
p3m_tile_read (P3mTile *tile, P3mHost *host, int rows)
{
  const P3mRectangle *all = &tile->piece.area;
  const P3mRectangle area
      = { all->x, all->y + tile->rows, all->width, MIN (rows, all->height - tile->rows) };
  host->read_scaled (host, tile->piece.scale, &area,
                     get_rgba (tile) + (gsize) tile->rows * all->width * 4, NULL);
  tile->rows += area.height;
}

static void
replace (GBytes **bytes, GBytes *by)
{
  g_clear_pointer (bytes, g_bytes_unref);
  *bytes = by ? g_bytes_ref (by) : NULL;
}

gboolean
p3m_tile_take (P3mTile *tile, const P3mRefined *refined)
{
  if (tile->piece.rgba != refined->rgba)
    return FALSE;
  replace (&tile->alpha, refined->alpha);
  replace (&tile->colours, refined->colours);
  return TRUE;
}

/* ---- composing ---------------------------------------------------------------------------- */

/* (a * b) / 255, rounded; a and b 0..255. */
static guint32
multiply (guint32 a, guint32 b)
{
  const guint32 product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

/* Premultiplied ARGB of a colour, 0..255, that covers `coverage` of the pixel, 0..255. */
static guint32
premultiply (const guint8 *rgb, guint32 coverage)
{
  return coverage << 24 | multiply (rgb[0], coverage) << 16 | multiply (rgb[1], coverage) << 8
         | multiply (rgb[2], coverage);
}

static guint32
lay_over_red (const guint8 *rgba, guint32 alpha)
{
  const guint32 red = multiply (255 - alpha, OVERLAY_STRENGTH);
  const guint8 mixed[3]
      = { (guint8) (multiply (rgba[0], 255 - red) + multiply (OVERLAY_RED, red)),
          (guint8) multiply (rgba[1], 255 - red), (guint8) multiply (rgba[2], 255 - red) };
  return premultiply (mixed, rgba[3]);
}

/* One row: alpha: [width], NULL = 255; colours: [width][3], NULL = those of rgba, [width][4]. */
typedef struct
{
  const guint8 *rgba, *alpha, *colours;
} Row;

static guint32
get_alpha (const Row *row, int x)
{
  return row->alpha ? row->alpha[x] : 255;
}

static void
compose_original (const Row *row, int first, int end, guint32 *target)
{
  for (int x = first; x < end; x++)
    target[x] = premultiply (row->rgba + 4 * x, row->rgba[4 * x + 3]);
}

static void
compose_overlay (const Row *row, int first, int end, guint32 *target)
{
  for (int x = first; x < end; x++)
    target[x] = lay_over_red (row->rgba + 4 * x, get_alpha (row, x));
}

static void
compose_alpha (const Row *row, int first, int end, guint32 *target)
{
  for (int x = first; x < end; x++)
    target[x] = 255u << 24 | get_alpha (row, x) * 0x010101u;
}

static void
compose_cut_out (const Row *row, int first, int end, guint32 *target)
{
  for (int x = first; x < end; x++)
    target[x] = premultiply (row->colours ? row->colours + 3 * x : row->rgba + 4 * x,
                             multiply (row->rgba[4 * x + 3], get_alpha (row, x)));
}

static void
compose_span (P3mView view, const Row *row, int first, int end, guint32 *target)
{
  if (view == P3M_VIEW_ORIGINAL)
    compose_original (row, first, end, target);
  else if (view == P3M_VIEW_OVERLAY)
    compose_overlay (row, first, end, target);
  else if (view == P3M_VIEW_ALPHA)
    compose_alpha (row, first, end, target);
  else
    compose_cut_out (row, first, end, target);
}

static Row
get_row (const P3mTile *tile, int y)
{
  const gsize first = (gsize) y * tile->piece.area.width;
  const guint8 *alpha = tile->alpha ? g_bytes_get_data (tile->alpha, NULL) : NULL;
  const guint8 *colours = tile->colours ? g_bytes_get_data (tile->colours, NULL) : NULL;
  return (Row){ get_rgba (tile) + 4 * first, alpha ? alpha + first : NULL,
                colours ? colours + 3 * first : NULL };
}

void
p3m_tile_compose (P3mTile *tile, P3mView view, double divider, int y, int rows)
{
  const P3mPiece *piece = &tile->piece;
  const int width = piece->area.width;
  const int before = view == P3M_VIEW_SPLIT
                         ? CLAMP ((int) lround (divider * piece->scale) - piece->area.x, 0, width)
                         : 0;
  cairo_surface_flush (tile->surface);
  guint8 *data = cairo_image_surface_get_data (tile->surface);
  const int stride = cairo_image_surface_get_stride (tile->surface);
  for (int row = y; row < y + rows; row++)
    {
      const Row pixels = get_row (tile, row);
      guint32 *target = (guint32 *) (data + (gsize) row * stride);
      compose_span (P3M_VIEW_ORIGINAL, &pixels, 0, before, target);
      compose_span (view, &pixels, before, width, target);
    }
  cairo_surface_mark_dirty (tile->surface);
}
