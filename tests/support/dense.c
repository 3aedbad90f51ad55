/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One pass of the network over a whole picture with all of its matting decoder. */
#include "dense.h"

#include "matte/reader.h"
#include "model.h"

float *
dense_make_local (const P3mModel *model, const P3mSource *source, const P3mMatte *matte)
{
  const int width = matte->alpha_width, height = matte->alpha_height;
  const gsize count = (gsize) width * height;
  g_autofree float *values = g_new (float, 3 * count);
  float *local = g_new (float, count);
  const P3mInput input
      = { width, height, { 0.0, 0.0, matte->columns.extent, matte->rows.extent }, values };
  const P3mNetOutput output = { .local = local };
  GError *error = NULL;
  p3m_reader_run (source, &matte->columns, &matte->rows, &input, 1, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  p3m_net_run (p3m_model_get_net (model), height, width, values, &output, 2, NULL, NULL, NULL, NULL,
               NULL, &error);
  g_assert_no_error (error);
  return local;
}
