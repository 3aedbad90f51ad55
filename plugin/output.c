/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What is made of a matte, in the buffers of the items that a host prepares for it. */
#include "output.h"

gboolean
p3m_output_write (P3mMatte *matte, const P3mSettings *settings, GeglBuffer *picture,
                  const P3mOutputBuffers *buffers, P3mProgress progress, gpointer progress_data,
                  GCancellable *cancellable, GError **error)
{
  g_autoptr (P3mResult) result = p3m_result_new (matte, settings, picture, error);
  if (!result)
    return FALSE;
  switch (settings->output)
    {
    case P3M_OUTPUT_LAYER_WITH_MASK:
      return p3m_result_write_layer (result, buffers->existing, buffers->colours, buffers->alpha,
                                     progress, progress_data, cancellable, error);
    case P3M_OUTPUT_CUT_OUT:
      return p3m_result_write_cut_out (result, buffers->existing, buffers->colours, progress,
                                       progress_data, cancellable, error);
    case P3M_OUTPUT_TRIMAP:
      return p3m_result_write_trimap (result, buffers->alpha, progress, progress_data, cancellable,
                                      error);
    case P3M_OUTPUT_SELECTION:
    case P3M_OUTPUT_CHANNEL:
      return p3m_result_write_alpha (result, NULL, buffers->alpha, progress, progress_data,
                                     cancellable, error);
    default:
      return p3m_result_write_alpha (result, buffers->existing, buffers->alpha, progress,
                                     progress_data, cancellable, error);
    }
}

GeglBuffer *
p3m_output_cover (GeglBuffer *channel, const P3mRectangle *layer)
{
  GeglBuffer *part = gegl_buffer_create_sub_buffer (
      channel, GEGL_RECTANGLE (layer->x, layer->y, layer->width, layer->height));
  if (gegl_buffer_get_format (part) == babl_format ("Y' u8"))
    gegl_buffer_set_format (part, babl_format ("Y u8"));
  return part;
}
