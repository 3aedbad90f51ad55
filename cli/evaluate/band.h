/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Trimaps for truths that come without one. */
#pragma once

#include <glib.h>

/* A trimap of a true alpha, to be freed: 255 where every pixel up to `radius` px away in x and in y is
 * opaque, 0 where all of them are transparent, 128 elsewhere. The picture's outside does not count.
 * NULL = there is not enough memory. */
guint8 *band_trimap_new (const double *truth, int width, int height, int radius);
