/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* GEGL buffers written as PNG. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* Writes `buffer`, whose format is "Y'", "Y'A", "R'G'B'" or "R'G'B'A" in u8 or u16, with the numbers as they
 * are. The colour space is stored when `has_colours`: as a profile, or as the mark for sRGB. (GEGL's own
 * saver gives a wrong gamma beside a profile, drops those of grey pictures, and overlooks a full disk.) */
gboolean png_file_write (GeglBuffer *buffer, const char *path, gboolean has_colours,
                         GError **error);

G_END_DECLS
