/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* GEGL buffers written as PNG. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* What the numbers in a PNG mean. */
typedef enum
{
  PNG_COLOURS_NONE,   /* nothing is said: they are no colours */
  PNG_COLOURS_SRGB,   /* the mark for sRGB */
  PNG_COLOURS_PROFILE /* an ICC profile */
} PngColours;

/* Writes `buffer`, whose format is "Y'", "Y'A", "R'G'B'" or "R'G'B'A" in u8 or u16, with the numbers as they
 * are. profile: for PNG_COLOURS_PROFILE. (GEGL's own saver gives a wrong gamma beside a profile, drops those
 * of grey pictures, and overlooks a full disk.) */
gboolean png_file_write (GeglBuffer *buffer, const char *path, PngColours colours, GBytes *profile,
                         GError **error);

G_END_DECLS
