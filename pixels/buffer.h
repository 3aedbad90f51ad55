/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* GEGL buffers as sources and sinks of the engine; babl does every change of colour space. */
#pragma once

#include <gegl.h>

#include "p3m.h"

G_BEGIN_DECLS

/* gegl_init() for who has no use for operations but buffers: to load them all would take as long as everything else
 * that comes before a dialog is seen. To be called before there are threads. */
void p3m_buffers_init (void);

/* gegl_exit() at the end of a process. What babl leaves there for later runs of any program stays as it is: the few
 * conversions that this process has used would take the place of them all. */
void p3m_buffers_exit (void);

/* Part of a buffer as it is seen at `scale`, 0..1. area: px of the buffer times scale; what lies beyond its edges
 * continues them; rgba: [area->height][area->width][4], R'G'B' in sRGB and alpha, not premultiplied, 0..255. */
void p3m_buffer_read_scaled (GeglBuffer *buffer, double scale, const P3mRectangle *area,
                             guint8 *rgba);

/* A source over the extent of `buffer`, whose upper left pixel is (0, 0): sRGB R'G'B' of whatever
 * model, depth and profile the buffer has. Pixels that are transparent are composed over mid-grey, so
 * that the network sees no colours that nobody else sees. The buffer is borrowed, and read on the
 * thread that runs the engine. */
P3mSource p3m_source_from_buffer (GeglBuffer *buffer);

/* The same in linear light, without clamping and without composing: the colours that layers are blended with. */
P3mSource p3m_linear_source_from_buffer (GeglBuffer *buffer);

/* The picture at its own size as a guide for edge detail: what p3m_source_from_buffer() reads, on the thread that
 * renders. */
P3mGuide p3m_guide_from_buffer (GeglBuffer *buffer);

/* A sink that stores alpha as linear "Y float" in `buffer`, whose extent's upper left pixel is (0, 0).
 * The buffer is borrowed. */
P3mSink p3m_sink_to_buffer (GeglBuffer *buffer);

G_END_DECLS
