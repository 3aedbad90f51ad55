/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* GEGL buffers written as TIFF, and the profile of a TIFF. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* Writes `buffer`, whose format is "Y'", "Y", "Y'A", "R'G'B'" or "R'G'B'A" in u8, u16 or float, with the
 * numbers as they are. profile: what they mean, or NULL. (GEGL's own saver puts an RGB profile into grey
 * files, which GIMP then refuses to open, and stops at 2 GB.) */
gboolean tiff_file_write (GeglBuffer *buffer, const char *path, GBytes *profile, GError **error);

/* The ICC profile of the first picture in the file, or NULL. */
GBytes *tiff_file_read_profile (const char *path);

G_END_DECLS
