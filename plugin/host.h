/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The seam: everything that the dialog and the batch job need from the program they run in. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

struct _GtkWindow;

typedef struct _P3mHost P3mHost;

/* One layer of a picture that is open in the host. All functions are called on the main thread only.
 *
 * source: the layer's own pixels.
 * read_scaled: a part of the layer made smaller, for the preview. scale: 0..1, area: in px of the layer
 *   times scale; rgba: [area->height][area->width][4], R'G'B' in sRGB and alpha, not premultiplied, 0..255.
 * write: puts the matte's alpha into a new layer mask that the host holds and nobody sees yet; the
 *   image changes only when the host attaches it. May be called again after a failure.
 * show_progress: in the host's own window. fraction: 0..1.
 * set_parent: makes the dialog, which is realized, stay above the host's window. */
struct _P3mHost
{
  P3mSource source;
  gboolean (*read_scaled) (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba,
                           GError **error);
  gboolean (*write) (P3mHost *host, const P3mMatte *matte, P3mProgress progress,
                     gpointer progress_data, GCancellable *cancellable, GError **error);
  void (*show_progress) (P3mHost *host, double fraction, const char *stage);
  void (*set_parent) (P3mHost *host, struct _GtkWindow *dialog);
};

/* What the person chose; kept by the host from run to run.
 *
 * model: a model's path or id as p3m_model_load() takes it, "" = the default; owned, never NULL. */
typedef struct
{
  char *model;
  P3mStrategy strategy;
} P3mSettings;

G_END_DECLS
