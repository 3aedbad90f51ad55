/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The picture in the dialog: zoomed, moved about, and shown as one of several views. */
#pragma once

#include <gtk/gtk.h>

#include "tile.h"

G_BEGIN_DECLS

#define P3M_TYPE_PREVIEW (p3m_preview_get_type ())
G_DECLARE_FINAL_TYPE (P3mPreview, p3m_preview, P3M, PREVIEW, GtkDrawingArea)

/* A preview of the host's layer, which it reads in idle callbacks of the default main context, a little
 * at a time. The host is borrowed. NULL with P3M_ERROR_NO_MEMORY.
 *
 * Signals:
 * "view-changed": the view is another one, by a key or by p3m_preview_set_view().
 * "clicked" (double x, double y): a place in the picture was clicked, px of the picture.
 * "rendered": what is seen is what the settings want.
 * "failed" (const char *message): the settings cannot be shown, and the message says why. */
GtkWidget *p3m_preview_new (P3mHost *host, GError **error);

/* Shows a matte (a reference is taken), refined as the settings want it; both in a thread of its own, so that
 * this returns at once. */
void p3m_preview_set_matte (P3mPreview *preview, P3mMatte *matte);
void p3m_preview_set_settings (P3mPreview *preview, const P3mSettings *settings);

void p3m_preview_set_view (P3mPreview *preview, P3mView view);
P3mView p3m_preview_get_view (P3mPreview *preview);

/* The background of P3M_VIEW_COLOUR. */
void p3m_preview_set_colour (P3mPreview *preview, const GdkRGBA *colour);

/* zoom: device px for one of the picture; 0 = as large as the space allows. */
void p3m_preview_set_zoom (P3mPreview *preview, double zoom);

/* The dialog's keys: 1 to 8 choose a view, + - 0 and Ctrl+1 zoom. TRUE: the key was one of them. */
gboolean p3m_preview_press_key (P3mPreview *preview, const GdkEventKey *event);

G_END_DECLS
