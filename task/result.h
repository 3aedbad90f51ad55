/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A matte made into what the settings ask for: alpha, trimap and the person's own colours, as GEGL buffers. */
#pragma once

#include <gegl.h>

#include "settings.h"

G_BEGIN_DECLS

/* The chosen people of a matte, with the refinement that is wanted. Immutable. */
typedef struct _P3mResult P3mResult;

/* matte: of `picture`, whose extent's upper left pixel is (0, 0) of the matte; a reference is taken of both.
 * NULL with P3M_ERROR_NO_MEMORY. */
P3mResult *p3m_result_new (P3mMatte *matte, const P3mSettings *settings, GeglBuffer *picture,
                           GError **error);
void p3m_result_free (P3mResult *result);

/* Of each of these: the buffer's extent is as large as the picture's; FALSE with P3M_ERROR_NO_MEMORY or
 * G_IO_ERROR_CANCELLED leaves a buffer that is filled in part.
 *
 * p3m_result_write_alpha: the alpha as linear "Y float". existing: what is in a mask that is to be joined
 * as the settings say, NULL = none.
 * p3m_result_write_trimap: 0, 128/255 and 1, as linear "Y u8".
 * p3m_result_write_colours: the picture's colours, decontaminated as the settings say, and its own alpha
 * (not the matte's).
 * p3m_result_write_layer: colours and mask, as the two above.
 * p3m_result_write_cut_out: the colours, with the picture's alpha times that of p3m_result_write_alpha(). */
gboolean p3m_result_write_alpha (P3mResult *result, GeglBuffer *existing, GeglBuffer *alpha,
                                 P3mProgress progress, gpointer progress_data,
                                 GCancellable *cancellable, GError **error);
gboolean p3m_result_write_trimap (P3mResult *result, GeglBuffer *trimap, P3mProgress progress,
                                  gpointer progress_data, GCancellable *cancellable,
                                  GError **error);
gboolean p3m_result_write_colours (P3mResult *result, GeglBuffer *colours, P3mProgress progress,
                                   gpointer progress_data, GCancellable *cancellable,
                                   GError **error);
gboolean p3m_result_write_layer (P3mResult *result, GeglBuffer *existing, GeglBuffer *colours,
                                 GeglBuffer *mask, P3mProgress progress, gpointer progress_data,
                                 GCancellable *cancellable, GError **error);
gboolean p3m_result_write_cut_out (P3mResult *result, GeglBuffer *existing, GeglBuffer *cut_out,
                                   P3mProgress progress, gpointer progress_data,
                                   GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mResult, p3m_result_free)

G_END_DECLS
