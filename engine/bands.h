/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The rows of an area shared among threads. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* Computes some full rows of the area, on any thread. Returns FALSE with the error set. */
typedef gboolean (*P3mBandFunc) (const P3mRectangle *band, gpointer data, GError **error);

/* One band for each of `threads`, the calling one among them, of at least `least_rows` and, but for the last, of a
 * multiple of `unit` rows. Returns FALSE with the error of the first band that had one. */
gboolean p3m_bands_run (const P3mRectangle *area, int threads, int least_rows, int unit,
                        P3mBandFunc func, gpointer data, GError **error);

G_END_DECLS
