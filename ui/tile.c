/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A part of the picture at one scale, and how each view shows it. */
#include "tile.h"

#include <math.h>
#include <glib/gi18n-lib.h>

/* The overlay's red and how much of it lies over pure background, 0..255. */
#define OVERLAY_RED      230
#define OVERLAY_STRENGTH 140

gboolean
p3m_tile_init (P3mTile *tile, const P3mRectangle *area, double scale)
{
  const gsize pixels = (gsize) area->width * area->height;
  tile->area = *area;
  tile->scale = scale;
  tile->rgba = g_try_malloc0_n (pixels, 4);
  tile->alpha = g_try_malloc (pixels);
  tile->surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, area->width, area->height);
  if (!tile->rgba || !tile->alpha || cairo_surface_status (tile->surface) != CAIRO_STATUS_SUCCESS)
    {
      p3m_tile_clear (tile);
      return FALSE;
    }
  memset (tile->alpha, 255, pixels);
  return TRUE;
}

void
p3m_tile_clear (P3mTile *tile)
{
  g_free (tile->rgba);
  g_free (tile->alpha);
  if (tile->surface)
    cairo_surface_destroy (tile->surface);
  *tile = (P3mTile){ 0 };
}

gboolean
p3m_tile_read (P3mTile *tile, P3mHost *host, int y, int rows, GError **error)
{
  const P3mRectangle area = { tile->area.x, tile->area.y + y, tile->area.width, rows };
  return host->read_scaled (host, tile->scale, &area, tile->rgba + (gsize) y * tile->area.width * 4,
                            error);
}

gboolean
p3m_tile_render (P3mTile *tile, const P3mMatte *matte, GError **error)
{
  const gsize pixels = (gsize) tile->area.width * tile->area.height;
  const int width = MAX (1, (int) lround (p3m_matte_get_width (matte) * tile->scale));
  const int height = MAX (1, (int) lround (p3m_matte_get_height (matte) * tile->scale));
  g_autofree float *alpha = g_try_new (float, pixels);
  if (!alpha)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                           _ ("There is not enough memory to show the result."));
      return FALSE;
    }
  if (!p3m_matte_render (matte, width, height, &tile->area, alpha, error))
    return FALSE;
  for (gsize i = 0; i < pixels; i++)
    tile->alpha[i] = (guint8) (CLAMP (alpha[i], 0.0f, 1.0f) * 255 + 0.5f);
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

static guint32
compose_pixel (P3mView view, const guint8 *rgba, guint8 alpha)
{
  switch (view)
    {
    case P3M_VIEW_ORIGINAL:
      return premultiply (rgba, rgba[3]);
    case P3M_VIEW_OVERLAY:
      return lay_over_red (rgba, alpha);
    case P3M_VIEW_ALPHA:
      return premultiply ((guint8[3]){ alpha, alpha, alpha }, 255);
    default:
      return premultiply (rgba, multiply (rgba[3], alpha));
    }
}

static void
compose_span (P3mTile *tile, P3mView view, gsize first, int count, guint32 *target)
{
  for (int i = 0; i < count; i++)
    target[i] = compose_pixel (view, tile->rgba + (first + i) * 4, tile->alpha[first + i]);
}

void
p3m_tile_compose (P3mTile *tile, P3mView view, double divider, int y, int rows)
{
  const int width = tile->area.width;
  const int before = view == P3M_VIEW_SPLIT
                         ? CLAMP ((int) lround (divider * tile->scale) - tile->area.x, 0, width)
                         : 0;
  cairo_surface_flush (tile->surface);
  guint8 *data = cairo_image_surface_get_data (tile->surface);
  const int stride = cairo_image_surface_get_stride (tile->surface);
  for (int row = y; row < y + rows; row++)
    {
      const gsize first = (gsize) row * width;
      guint32 *target = (guint32 *) (data + (gsize) row * stride);
      compose_span (tile, P3M_VIEW_ORIGINAL, first, before, target);
      compose_span (tile, view, first + before, width - before, target + before);
    }
  cairo_surface_mark_dirty (tile->surface);
}
