/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What the engine itself makes of a layer, computed in one piece: what the plug-in must have stored. */
#pragma once

#include "settings.h"
#include <gegl.h>

/* Of each: arguments as p3m_argument_find() takes them; [height][width] of the layer, to be freed with g_free().
 *
 * p3m_expect_alpha: 0..1. existing: is joined as the arguments say, NULL = none.
 * p3m_expect_trimap: 0, 128 or 255.
 * p3m_expect_colours: [height][width][4], linear sRGB and the layer's own alpha. */
float *p3m_expect_alpha (int layer, const char *arguments, const float *existing);
guint8 *p3m_expect_trimap (int layer, const char *arguments);
float *p3m_expect_colours (int layer, const char *arguments);

/* The arguments as settings (to be cleared). */
P3mSettings p3m_expect_settings (const char *arguments);

/* [height][width] of a drawable as linear "Y float", to be freed with g_free(); format: another one than that,
 * with its number of floats in a pixel. */
float *p3m_read (int drawable, gsize *length);
float *p3m_read_as (int drawable, const char *format, gsize *length);

/* NaN counts as a difference. */
float p3m_largest_difference (const float *a, const float *b, gsize length);
