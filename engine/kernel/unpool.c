/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Max-unpooling with the indices of a 3x3 pooling, whose windows overlap. */
#include "kernel.h"

#include <string.h>

/* Where the window names position: its value goes to the pixel. All [channels]. */
static void
put_named (int channels, const float *restrict from, const guint8 *restrict index, guint8 position,
           float *restrict values)
{
  for (int c = 0; c < channels; c++)
    values[c] = index[c] == position ? from[c] : values[c];
}

/* Pixel (y, x) lies in window row y / 2, and if y is odd in the next one too; columns alike. The windows
 * are visited in row-major order, so that the later write wins. */
void
p3m_unpool_pixel (const P3mPart *part, int height, int width, int y, int x, float *values)
{
  const int last_row = MIN ((y + 1) / 2, height / 2 - 1);
  const int last_column = MIN ((x + 1) / 2, width / 2 - 1);
  memset (values, 0, part->channels * sizeof (float));
  for (int row = y / 2; row <= last_row; row++)
    for (int column = x / 2; column <= last_column; column++)
      {
        const gsize at = ((gsize) row * (width / 2) + column) * part->channels;
        const int position = (y - (2 * row - 1)) * 3 + (x - (2 * column - 1));
        put_named (part->channels, part->values + at, part->index + at, position, values);
      }
}

void
p3m_unpool_plain (const P3mPart *part, int height, int width, float *output)
{
  const int channels = part->channels;
  const gsize cells = (gsize) (height / 2) * (width / 2);
  memset (output, 0, (gsize) height * width * channels * sizeof (float));
  for (gsize i = 0; i < cells * channels; i++)
    {
      const int column = i / channels % (width / 2), row = i / channels / (width / 2);
      const int y = 2 * row - 1 + part->index[i] / 3, x = 2 * column - 1 + part->index[i] % 3;
      output[((gsize) y * width + x) * channels + i % channels] = part->values[i];
    }
}
