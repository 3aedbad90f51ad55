/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* How each view shows a pixel. */
#include "tile.h"

static guint8 *
get_rgba (const P3mTile *tile)
{
  return (guint8 *) g_bytes_get_data (tile->piece.rgba, NULL);
}

/* What the first pixel of a tile of one pixel, R'G'B' (200, 100, 50), becomes: 0xAARRGGBB. */
static guint32
show (P3mView view, guint8 coverage, guint8 alpha)
{
  P3mTile tile;
  g_assert_true (p3m_tile_init (&tile, &(P3mRectangle){ 0, 0, 1, 1 }, 1));
  memcpy (get_rgba (&tile), (guint8[4]){ 200, 100, 50, coverage }, 4);
  tile.alpha = g_bytes_new (&alpha, 1);
  p3m_tile_compose (&tile, view, 0, 0, 1);
  const guint32 pixel = *(guint32 *) cairo_image_surface_get_data (tile.surface);
  p3m_tile_clear (&tile);
  return pixel;
}

static void
test_views (void)
{
  g_assert_cmphex (show (P3M_VIEW_ORIGINAL, 255, 0), ==, 0xffc86432);
  g_assert_cmphex (show (P3M_VIEW_ORIGINAL, 0, 255), ==, 0);
  for (P3mView view = P3M_VIEW_CHECKERBOARD; view <= P3M_VIEW_COLOUR; view++)
    {
      g_assert_cmphex (show (view, 255, 255), ==, 0xffc86432);
      g_assert_cmphex (show (view, 255, 0), ==, 0);
      g_assert_cmphex (show (view, 128, 255) >> 24, ==, 128);
      g_assert_cmphex (show (view, 255, 51), ==, 0x3328140a);
    }
  g_assert_cmphex (show (P3M_VIEW_OVERLAY, 255, 255), ==, 0xffc86432);
  g_assert_cmpuint (show (P3M_VIEW_OVERLAY, 255, 0) >> 16 & 0xff, >, 200);
  g_assert_cmpuint (show (P3M_VIEW_OVERLAY, 255, 0) >> 8 & 0xff, <, 100);
  g_assert_cmphex (show (P3M_VIEW_ALPHA, 0, 77), ==, 0xff4d4d4d);
}

static void
test_split (void)
{
  P3mTile tile;
  g_assert_true (p3m_tile_init (&tile, &(P3mRectangle){ 10, 0, 20, 1 }, 0.5));
  for (int x = 0; x < 20; x++)
    memcpy (get_rgba (&tile) + x * 4, (guint8[4]){ 9, 9, 9, 255 }, 4);
  tile.alpha = g_bytes_new_take (g_malloc0 (20), 20);
  p3m_tile_compose (&tile, P3M_VIEW_SPLIT, 30, 0, 1); /* 30 px of the picture = 15 of the scaled */
  const guint32 *pixels = (const guint32 *) cairo_image_surface_get_data (tile.surface);
  for (int x = 0; x < 20; x++)
    g_assert_cmphex (pixels[x], ==, x < 5 ? 0xff090909 : 0);
  p3m_tile_clear (&tile);
}

/* A tile takes what was made of its own pixels, and nothing else. */
static void
test_take (void)
{
  P3mTile tile;
  g_assert_true (p3m_tile_init (&tile, &(P3mRectangle){ 0, 0, 1, 1 }, 1));
  memcpy (get_rgba (&tile), (guint8[4]){ 200, 100, 50, 255 }, 4);
  g_autoptr (GBytes) alpha = g_bytes_new ((guint8[1]){ 255 }, 1);
  g_autoptr (GBytes) colours = g_bytes_new ((guint8[3]){ 1, 2, 3 }, 3);
  g_autoptr (GBytes) other = g_bytes_new ((guint8[4]){ 9, 9, 9, 9 }, 4);
  g_assert_false (p3m_tile_take (&tile, &(P3mRefined){ .rgba = other, .alpha = alpha }));
  g_assert_null (tile.alpha);
  g_assert_true (p3m_tile_take (
      &tile, &(P3mRefined){ .rgba = tile.piece.rgba, .alpha = alpha, .colours = colours }));
  const guint32 *pixel = (const guint32 *) cairo_image_surface_get_data (tile.surface);
  p3m_tile_compose (&tile, P3M_VIEW_CHECKERBOARD, 0, 0, 1);
  g_assert_cmphex (*pixel, ==, 0xff010203);
  p3m_tile_compose (&tile, P3M_VIEW_ORIGINAL, 0, 0, 1);
  g_assert_cmphex (*pixel, ==, 0xffc86432);
  p3m_tile_clear (&tile);
}

static void
test_no_memory (void)
{
  P3mTile tile;
  g_assert_false (p3m_tile_init (&tile, &(P3mRectangle){ 0, 0, 40000, 1 }, 1));
  g_assert_null (tile.piece.rgba);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tile/views", test_views);
  g_test_add_func ("/tile/split", test_split);
  g_test_add_func ("/tile/take", test_take);
  g_test_add_func ("/tile/no-memory", test_no_memory);
  return g_test_run ();
}
