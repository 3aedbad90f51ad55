/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The picture in the dialog: as it is, and once there is an alpha, cut out over a checkerboard. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define P3M_TYPE_PREVIEW (p3m_preview_get_type ())
G_DECLARE_FINAL_TYPE (P3mPreview, p3m_preview, P3M, PREVIEW, GtkDrawingArea)

/* A preview of width x height pixels, all transparent; they are fitted into whatever space it gets. NULL
 * when there is not enough memory. */
GtkWidget *p3m_preview_new (int width, int height);

/* Sets some rows of the picture. rgba: [rows][width][4], R'G'B' and alpha, not premultiplied. */
void p3m_preview_set_rows (P3mPreview *preview, int y, int rows, const guint8 *rgba);

/* Cuts the picture out. alpha: [height][width], 0 = background .. 1 = person; NULL = show all of it. */
void p3m_preview_set_alpha (P3mPreview *preview, const float *alpha);

G_END_DECLS
