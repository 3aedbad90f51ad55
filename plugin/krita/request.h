/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What the Krita extension asks of p3m-dialog: a layer's pixels in shared memory, and what to do with them. */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* How pixels lie in the memory.
 *
 * name: in a request.
 * babl: the format, with red first.
 * size: of a pixel, bytes.
 * reversed: size of a channel in bytes where blue comes first, as Krita has it in whole numbers; 0 = red does. */
typedef struct
{
  const char *name, *babl;
  gsize size;
  gsize reversed;
} P3mPixelFormat;

/* width, height: of the layer, px.
 * memory: file descriptor of the shared memory.
 * dialog: a person decides; otherwise the settings do.
 * has_mask: the memory holds a mask that the layer has.
 * other_layer: the settings were chosen for another layer.
 * has_hint, hint: as in P3mHost.
 * parent: X11's number of Krita's window, 0 = none.
 * dark: Krita's windows are. */
typedef struct
{
  int width, height;
  const P3mPixelFormat *format;
  int memory;
  gboolean dialog, has_mask, other_layer, has_hint, dark;
  P3mPoint hint;
  guint64 parent;
  P3mSettings settings;
} P3mRequest;

/* Where the parts of the memory begin, and how large it is, in bytes.
 *
 * pixels: [height][width] of the format.
 * existing: [height][width], 8-bit, of a mask that the layer has.
 * alpha: [height][width], 8-bit: takes the alpha or the trimap.
 * colours: [height][width] of the format: takes the pixels of a new layer. */
typedef struct
{
  gsize pixels, existing, alpha, colours, size;
} P3mMemoryLayout;

/* Fills `request` from the text of a message; to be cleared in any case. FALSE with
 * G_IO_ERROR_INVALID_DATA when something is missing or out of its range. */
gboolean p3m_request_parse (P3mRequest *request, const char *text, GError **error);
void p3m_request_clear (P3mRequest *request);

P3mMemoryLayout p3m_request_get_layout (const P3mRequest *request);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (P3mRequest, p3m_request_clear)

G_END_DECLS
