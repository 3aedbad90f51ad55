/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Bilinear upsampling by powers of two with half-pixel centres, and the class map at the end of it. */
#include "fast.h"

/* Output rows a block. */
enum
{
  BLOCK_ROWS = 8
};

/* Between which two samples an output sample lies: before has the weight 1 - share, after has share. */
typedef struct
{
  int before, after;
  float share;
} Position;

static Position
locate (int at, int factor, int length)
{
  const float centre = MAX ((at + 0.5f) / factor - 0.5f, 0.0f);
  const int before = centre;
  return (Position){ before, MIN (before + 1, length - 1), centre - before };
}

/* One output pixel, [channels]. */
static void
blend (int channels, const float *restrict above, const float *restrict below, Position column,
       float row_share, float *restrict output)
{
  const float *a = above + (gsize) column.before * channels;
  const float *b = above + (gsize) column.after * channels;
  const float *c = below + (gsize) column.before * channels;
  const float *d = below + (gsize) column.after * channels;
  const float right = column.share, left = 1.0f - right, top = 1.0f - row_share;
  for (int i = 0; i < channels; i++)
    output[i] = top * (left * a[i] + right * b[i]) + row_share * (left * c[i] + right * d[i]);
}

static void
upsample_block (gconstpointer data, int block, float *scratch G_GNUC_UNUSED)
{
  const P3mUpsampleJob *job = data;
  const gsize stride = (gsize) job->width * job->channels;
  const int width = job->width * job->factor;
  const int end = MIN (job->height * job->factor, (block + 1) * BLOCK_ROWS);
  for (int y = block * BLOCK_ROWS; y < end; y++)
    {
      const Position row = locate (y, job->factor, job->height);
      for (int x = 0; x < width; x++)
        blend (job->channels, job->input + row.before * stride, job->input + row.after * stride,
               locate (x, job->factor, job->width), row.share,
               job->output + ((gsize) y * width + x) * job->channels);
    }
}

P3mWork
P3M_FAST (p3m_upsample_work) (const P3mUpsampleJob *job)
{
  return (P3mWork){ .run = upsample_block,
                    .blocks = (job->height * job->factor - 1) / BLOCK_ROWS + 1 };
}

static void
classes_block (gconstpointer data, int block, float *scratch G_GNUC_UNUSED)
{
  const P3mClassesJob *job = data;
  const gsize stride = (gsize) job->width * 3;
  const gsize plane = (gsize) job->height * job->width * 4;
  const int end = MIN (job->height * 2, (block + 1) * BLOCK_ROWS);
  gsize at = (gsize) block * BLOCK_ROWS * job->width * 2;
  for (int y = block * BLOCK_ROWS; y < end; y++)
    {
      const Position row = locate (y, 2, job->height);
      for (int x = 0; x < job->width * 2; x++, at++)
        {
          float logits[3];
          blend (3, job->input + row.before * stride, job->input + row.after * stride,
                 locate (x, 2, job->width), row.share, logits);
          if (job->classes)
            job->classes[at] = p3m_classify (logits);
          for (int c = 0; c < 3 && job->logits; c++)
            job->logits[c * plane + at] = logits[c];
        }
    }
}

P3mWork
P3M_FAST (p3m_classes_work) (const P3mClassesJob *job)
{
  return (P3mWork){ .run = classes_block, .blocks = (job->height * 2 - 1) / BLOCK_ROWS + 1 };
}
