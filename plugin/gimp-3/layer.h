/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A layer of GIMP 3 behind the seam, and what is made of it. */
#pragma once

#include <libgimp/gimp.h>

#include "host.h"

G_BEGIN_DECLS

/* host: first, so that a P3mHost is a P3mLayer. buffer: of the layer, in its own format.
 * output: what was prepared last. mask, copy, channel: filled, but not part of the image yet; NULL = none.
 * Items belong to libgimp. */
typedef struct
{
  P3mHost host;
  GimpImage *image;
  GimpLayer *layer;
  GeglBuffer *buffer;
  P3mOutput output;
  GimpLayerMask *mask;
  GimpLayer *copy;
  GimpChannel *channel;
} P3mLayer;

/* FALSE with a sentence when P3M cannot work on one of the drawables, an array ended by NULL. */
gboolean p3m_layers_check (GimpDrawable **drawables, GError **error);

/* To be closed with p3m_layer_close(), which drops what was prepared and not attached. */
void p3m_layer_open (P3mLayer *self, GimpImage *image, GimpDrawable *drawable);
void p3m_layer_close (P3mLayer *self);

/* Makes what host.write prepared for each layer part of the image, in one undo step. Selections are united. */
gboolean p3m_layers_attach (P3mLayer *layers, int count, GError **error);

G_END_DECLS
