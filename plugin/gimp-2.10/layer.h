/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One layer of GIMP 2.10 behind the seam, and what is made of it. */
#pragma once

#include <libgimp/gimp.h>

#include "host.h"

G_BEGIN_DECLS

/* host: first, so that a P3mHost is a P3mLayer. buffer: of the layer, in its own format.
 * output: what was prepared last. mask, copy, channel: filled, but not part of the image yet; -1 = none. */
typedef struct
{
  P3mHost host;
  gint32 image, layer;
  GeglBuffer *buffer;
  P3mOutput output;
  gint32 mask, copy, channel;
} P3mLayer;

/* FALSE with a sentence when P3M cannot work on the drawable. */
gboolean p3m_layer_check (gint32 drawable, GError **error);

/* To be closed with p3m_layer_close(), which drops what was prepared and not attached. */
void p3m_layer_open (P3mLayer *self, gint32 image, gint32 drawable);
void p3m_layer_close (P3mLayer *self);

/* Makes what host.write prepared part of the image, in one undo step. */
gboolean p3m_layer_attach (P3mLayer *self, GError **error);

G_END_DECLS
