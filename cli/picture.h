/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures and alphas between files and GEGL buffers. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* Starts GEGL for reading and writing pictures; what its loaders print is shown if `verbose`. Changes the environment: before
 * any thread starts that may read it. */
void picture_start (gboolean verbose);
void picture_stop (void);

/* Reads a JPEG, PNG, TIFF or WebP file into a buffer of the file's own depth and colour space, upright
 * as its EXIF data wants it. NULL with a sentence in `error` when it is not a whole picture. */
GeglBuffer *picture_read (const char *path, GError **error);

/* Whether a cutout or a mask can be written under a name that ends like `path`. */
gboolean picture_is_cutout_name (const char *path);
gboolean picture_is_mask_name (const char *path);
gboolean picture_is_trimap_name (const char *path);

/* Whether a picture can be written under a name that ends like `path`: JPEG, PNG, TIFF, WebP. */
gboolean picture_is_picture_name (const char *path);

/* Writes `picture` with its own alpha multiplied by `alpha` ("Y float", of the same size): PNG and TIFF
 * in the depth and colour space of the picture, WebP in 8-bit sRGB. colours: what soft pixels get, or NULL. */
gboolean picture_write_cutout (GeglBuffer *picture, GeglBuffer *colours, GeglBuffer *alpha,
                               const char *path, const char *name, GError **error);

/* Writes `picture` as it is, in its depth and colour space as far as the kind of file has them; a JPEG loses a
 * transparency. Nothing but pixels and an ICC profile is written: no EXIF, XMP or thumbnail. */
gboolean picture_write (GeglBuffer *picture, const char *path, const char *name, GError **error);

/* Writes `alpha` ("Y float") itself, with no tone curve: a PNG holds round (alpha * 65535), a TIFF or
 * EXR the float. */
gboolean picture_write_mask (GeglBuffer *alpha, const char *path, const char *name, GError **error);

/* Writes `trimap` ("Y u8") as 8-bit grey. All of these write to the file `path` in the format of the name
 * `name`. */
gboolean picture_write_trimap (GeglBuffer *trimap, const char *path, const char *name,
                               GError **error);

G_END_DECLS
