/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* libjpeg with errors that are returned: by itself it ends the process. */
#pragma once

#include <gio/gio.h>

/* Decodes a whole file to nowhere; fails with P3M_ERROR_BAD_PICTURE where GEGL's loader would not return. */
gboolean jpeg_check_file (const char *path, GError **error);

/* Decodes a whole file as libjpeg does by itself and so as Pillow and OpenCV do; GEGL's loader gives other numbers.
 * rgb (out): [height][width][3] as stored, to be freed; NULL when the file is in colours other than R'G'B' or grey,
 * or memory is short. FALSE as jpeg_check_file(). */
gboolean jpeg_read_file (const char *path, guint8 **rgb, int *width, int *height, GError **error);

/* Encodes [height][width][3] in 8-bit R'G'B', and nothing else but an ICC profile if there is one. quality:
 * percent. NULL = it cannot be done. */
GBytes *jpeg_encode (const guint8 *rgb, int width, int height, int quality, GBytes *profile);
