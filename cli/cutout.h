/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures and alphas put together into the pixels that are stored. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* The same numbers in another colour space. */
void buffer_set_space (GeglBuffer *buffer, const Babl *space);

/* `picture` with its own alpha multiplied by `alpha` ("Y float", of the same size). format: "Y'A" or
 * "R'G'B'A"; in the picture's own space every colour keeps its number. */
GeglBuffer *cutout_new (GeglBuffer *picture, GeglBuffer *alpha, const Babl *format);

/* The numbers of `alpha` ("Y float") as `encoding` (grey), without a tone curve. */
GeglBuffer *cutout_new_mask (GeglBuffer *alpha, const char *encoding);

G_END_DECLS
