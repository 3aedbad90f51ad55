/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A layer that Krita has put into shared memory, behind the seam of the hosts. */
#pragma once

#include "host.h"
#include "request.h"

G_BEGIN_DECLS

typedef struct _P3mLayer P3mLayer;

/* Takes the memory of the request, whose other fields are copied, and closes its descriptor. Progress goes
 * to `messages`, which is borrowed. NULL with G_IO_ERROR_INVALID_DATA when the memory is not as large as
 * the request says or could become smaller, P3M_ERROR_BAD_PICTURE when the layer is too large. */
P3mLayer *p3m_layer_new (const P3mRequest *request, GOutputStream *messages, GError **error);
void p3m_layer_free (P3mLayer *layer);

/* The layer as a host (transfer none). */
P3mHost *p3m_layer_get_host (P3mLayer *layer);

/* Brings what was written into the order in which Krita has it. To be called once, at the end. */
void p3m_layer_finish (P3mLayer *layer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mLayer, p3m_layer_free)

G_END_DECLS
