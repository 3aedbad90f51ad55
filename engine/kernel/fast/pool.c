/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Max pooling 3x3 with stride 2. */
#include "fast.h"

#include "pool.h"

/* Pooled rows a block. */
enum
{
  BLOCK_ROWS = 4
};

static void
pool_block (gconstpointer data, int block, float *scratch G_GNUC_UNUSED)
{
  const P3mPoolJob *job = data;
  const P3mTile whole = { job->input, 0, 0, job->height, job->width, job->channels };
  const int end = MIN (job->height / 2, (block + 1) * BLOCK_ROWS);
  for (int row = block * BLOCK_ROWS; row < end; row++)
    for (int column = 0; column < job->width / 2; column++)
      {
        const gsize at = ((gsize) row * (job->width / 2) + column) * job->channels;
        p3m_pool_cell (&whole, row, column, job->output + at, job->index ? job->index + at : NULL);
      }
}

P3mWork
P3M_FAST (p3m_pool_work) (const P3mPoolJob *job)
{
  return (P3mWork){ .run = pool_block, .blocks = (job->height / 2 - 1) / BLOCK_ROWS + 1 };
}
