/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The seam: everything that the dialog and the batch job need from the program they run in. */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

struct _GtkWindow;

typedef struct _P3mHost P3mHost;

/* One layer of a picture that is open in the host. All functions are called on the main thread only.
 *
 * source: the layer's own pixels.
 * hint: where the person stands whom a selection in the host means, px of the layer; has_hint: there is one.
 * has_mask: the layer has a mask, which settings.existing is about.
 * read_scaled: a part of the layer made smaller, for the preview. scale: 0..1, area: in px of the layer
 *   times scale; rgba: [area->height][area->width][4], R'G'B' in sRGB and alpha, not premultiplied, 0..255.
 * write: makes what settings.output says of the matte; the host holds it and nobody sees it yet: the
 *   image changes only when the host attaches it. May be called again after a failure.
 * show_progress: in the host's own window. fraction: 0..1.
 * set_parent: makes the dialog, which is realized, stay above the host's window. */
struct _P3mHost
{
  P3mSource source;
  gboolean has_hint;
  P3mPoint hint;
  gboolean has_mask;
  gboolean (*read_scaled) (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba,
                           GError **error);
  gboolean (*write) (P3mHost *host, P3mMatte *matte, const P3mSettings *settings,
                     P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
                     GError **error);
  void (*show_progress) (P3mHost *host, double fraction, const char *stage);
  void (*set_parent) (P3mHost *host, struct _GtkWindow *dialog);
};

G_END_DECLS
