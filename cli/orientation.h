/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures that a camera stored lying on their side or mirrored, put upright. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* The EXIF orientation that the file at `path` states, 1..8; 1 (as stored) when it states none. */
int orientation_read (const char *path);

/* The pixels of `stored` as `orientation` (1..8) wants them seen, unchanged in value and format. */
GeglBuffer *orientation_apply (GeglBuffer *stored, int orientation);

G_END_DECLS
