/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What is compared, out of picture files: alphas as the numbers that are stored, trimaps, pictures. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* An alpha. */
typedef struct
{
  int width, height;
  double *values; /* [height][width], nominal range 0..1 */
} Grey;

/* Reads the first channel of a picture with no tone curve: stored number / 255 or / 65535, or the float
 * itself. Colour pictures are refused: a cutout is no alpha. */
gboolean input_read_alpha (const char *path, Grey *alpha, GError **error);
void grey_clear (Grey *grey);

/* Reads a trimap that must have the size stated: [height][width], 0..255, to be freed; a number of 16
 * bits is rounded. */
guint8 *input_read_trimap (const char *path, int width, int height, GError **error);

/* Reads a picture for the network. With `as_stored` neither its EXIF orientation nor its colour profile
 * counts, as the benchmark's code has it; otherwise both do, as in picture_read(). */
GeglBuffer *input_read_picture (const char *path, gboolean as_stored, GError **error);

/* Fails, naming `path`, if a file of that size does not fit a truth of the other. */
gboolean input_check_size (const char *path, int width, int height, int truth_width,
                           int truth_height, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Grey, grey_clear)

G_END_DECLS
