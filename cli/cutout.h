/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures and alphas put together into the pixels that are stored. */
#pragma once

#include <gegl.h>

G_BEGIN_DECLS

/* The same numbers in another colour space. */
void buffer_set_space (GeglBuffer *buffer, const Babl *space);

/* `picture` with its own alpha multiplied by `alpha` ("Y float", 0..1, of the same size). colours: those that
 * pixels get which are not wholly opaque, or NULL = the picture's own. format: "Y'A" or "R'G'B'A" in u8, u16 or
 * float; colours of the picture that are in it already keep their numbers exactly. */
GeglBuffer *cutout_new (GeglBuffer *picture, GeglBuffer *colours, GeglBuffer *alpha,
                        const Babl *format);

/* `alpha` ("Y float", 0..1) as "Y' u16": round (alpha * 65535), without a tone curve. */
GeglBuffer *cutout_new_mask (GeglBuffer *alpha);

G_END_DECLS
