/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Small pictures for the report, as data URIs. */
#pragma once

#include "evaluate/input.h"

G_BEGIN_DECLS

char *thumbnail_of_picture (GeglBuffer *picture);
char *thumbnail_of_alpha (const Grey *alpha);

/* White = no error, red = too opaque, blue = too transparent; the square root of the mean error, so that
 * faint ones are seen. */
char *thumbnail_of_error (const Grey *prediction, const Grey *truth);

G_END_DECLS
