/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* 3x3 convolution to one to four channels. */
#include "fast.h"

#include "narrow.h"

enum
{
  BLOCK_ROWS = 4
};

static void
narrow_block (gconstpointer data, int block, float *scratch G_GNUC_UNUSED)
{
  const P3mNarrowJob *job = data;
  const gsize stride = (gsize) job->width * job->narrow->inputs;
  const int end = MIN (job->height, (block + 1) * BLOCK_ROWS);
  for (int y = block * BLOCK_ROWS; y < end; y++)
    for (int x = 0; x < job->width; x++)
      p3m_narrow_pixel (job->narrow, job->input + y * stride + (gsize) x * job->narrow->inputs,
                        stride, y == 0, y == job->height - 1 ? 1 : 2, x == 0,
                        x == job->width - 1 ? 1 : 2,
                        job->output + ((gsize) y * job->width + x) * job->narrow->outputs);
}

P3mWork
P3M_FAST (p3m_narrow_work) (const P3mNarrowJob *job)
{
  return (P3mWork){ .run = narrow_block, .blocks = (job->height - 1) / BLOCK_ROWS + 1 };
}
