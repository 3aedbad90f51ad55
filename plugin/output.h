/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What is made of a matte, in the buffers of the items that a host prepares for it. */
#pragma once

#include "result.h"

G_BEGIN_DECLS

/* Each as large as the picture.
 *
 * existing: of the mask that the layer has, NULL = none.
 * colours: for P3M_OUTPUT_LAYER_WITH_MASK and P3M_OUTPUT_CUT_OUT, of the new layer.
 * alpha: for every output but P3M_OUTPUT_CUT_OUT: takes the alpha or the trimap. */
typedef struct
{
  GeglBuffer *existing, *colours, *alpha;
} P3mOutputBuffers;

/* As P3mHost.write: fills what the output needs. picture: of which the matte is. */
gboolean p3m_output_write (P3mMatte *matte, const P3mSettings *settings, GeglBuffer *picture,
                           const P3mOutputBuffers *buffers, P3mProgress progress,
                           gpointer progress_data, GCancellable *cancellable, GError **error);

/* The part of a channel of a whole image that a layer covers, as a buffer of the layer's size: what lies
 * outside of the channel is lost. Numbers are stored as they are: GIMP selects by those of a channel without
 * regard to the tone curve that channels of 8-bit images have. */
GeglBuffer *p3m_output_cover (GeglBuffer *channel, const P3mRectangle *layer);

G_END_DECLS
