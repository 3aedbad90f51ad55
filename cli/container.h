/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which kind of picture file this is, and whether all of it is there. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  CONTAINER_JPEG,
  CONTAINER_PNG,
  CONTAINER_TIFF,
  CONTAINER_WEBP
} ContainerKind;

typedef struct
{
  ContainerKind kind;
  gboolean is_srgb; /* a PNG that says so and has no profile */
  GBytes *
      profile; /* the ICC profile as stored, or NULL; of a TIFF tiff_file_read_profile() tells it */
} Container;

/* Tells the kind by the first bytes, whatever the file is called, and follows the file's structure to
 * its end, because decoders hand out half a picture, or never return, when the rest is missing.
 * Fails with P3M_ERROR_BAD_PICTURE or a GIOErrorEnum. */
gboolean container_inspect (const char *path, Container *container, GError **error);
void container_clear (Container *container);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Container, container_clear)

G_END_DECLS
