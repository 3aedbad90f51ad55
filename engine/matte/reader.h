/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The picture as the network's input: read once in bands, resized to every size wanted, normalised. */
#pragma once

#include "matte/resample.h"
#include "p3m.h"

G_BEGIN_DECLS

/* A rectangle of the picture, with what is mirrored out around it, px. */
typedef struct
{
  double x, y, width, height;
} P3mArea;

typedef struct
{
  int width, height; /* px, of the network's input */
  P3mArea area;      /* what it shows */
  float *values;     /* [3][height][width], (R'G'B' - mean) / deviation of ImageNet */
} P3mInput;

/* The mean and the deviation of ImageNet, by channel. */
extern const float p3m_reader_mean[3];
extern const float p3m_reader_deviation[3];

/* Reads what the inputs show of `source`, seen as `columns` x `rows`, in full-width bands of about 16 MB and
 * fills the values of all `inputs`. The source is read on the calling thread. Takes memory for a few rows of the
 * picture beside a band. `progress` (may be NULL) gets 0..1. Fails with P3M_ERROR_NO_MEMORY,
 * G_IO_ERROR_CANCELLED or the error of the source. */
gboolean p3m_reader_run (const P3mSource *source, const P3mAxis *columns, const P3mAxis *rows,
                         const P3mInput *inputs, int n_inputs, int threads,
                         void (*progress) (double fraction, gpointer user_data),
                         gpointer progress_data, GCancellable *cancellable, GError **error);

G_END_DECLS
