/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* 3x3 convolution by Winograd's F(4x4, 3x3): A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2015. A 4x4 tile of output takes 36 multiplications a channel pair instead of 144.
 *
 * The points are 0, +-5/8, +-3/2 and infinity, whose powers are exact: half the rounding error of the
 * usual 0, +-1, +-2. With p = a a b b and s = a a + b b the one-dimensional transforms are
 *
 *   input   p x0 - s x2 + x4;  (x4 - b b x2) +- a (x3 - b b x1);  (x4 - a a x2) +- b (x3 - a a x1);
 *           p x1 - s x3 + x5
 *   kernel  w0 / p;  (w0 +- a w1 + a a w2) / (2 a a (a a - b b));  (w0 +- b w1 + b b w2) /
 *           (2 b b (b b - a a));  w2
 *   output  sums over the six with weights 1, +-p^k .., and infinity's in the last only */
#include "kernel.h"

#include <string.h>

#include "micro.h"

#define A  0.625f
#define B  1.5f
#define AA (A * A)
#define BB (B * B)
#define S  (AA + BB)
#define P  (AA * BB)

enum
{
  TILE = 4,
  PATCH = TILE + 2,
  POINTS = PATCH * PATCH
};

/* Floats of one point's channels in a transformed tile: whole vectors, and one may start at the last. */
static gsize
padded_inputs (const P3mConvolution *convolution)
{
  return (gsize) (convolution->inputs + 2 * P3M_LANES - 1) / P3M_LANES * P3M_LANES;
}

static gsize
padded_outputs (const P3mConvolution *convolution)
{
  return (gsize) (convolution->outputs + P3M_PANEL - 1) / P3M_PANEL * P3M_PANEL;
}

/* Tiles a block: the transformed tiles should stay in the second-level cache, but many channels have
 * many weights, which are read once a block. */
static int
block_tiles (const P3mConvolution *convolution)
{
  return convolution->inputs > 128 ? 36 : convolution->inputs > 64 ? 18 : 24;
}

/* ---- transforms --------------------------------------------------------------------------- */

/* One-dimensional, in place, of six vectors `step` apart. */
P3M_INLINE void
transform_input (P3mLanes *x, int step)
{
  const P3mLanes x0 = x[0], x1 = x[step], x2 = x[2 * step];
  const P3mLanes x3 = x[3 * step], x4 = x[4 * step], x5 = x[5 * step];
  const P3mLanes even_a = x4 - x2 * BB, odd_a = (x3 - x1 * BB) * A;
  const P3mLanes even_b = x4 - x2 * AA, odd_b = (x3 - x1 * AA) * B;
  x[0] = x0 * P - x2 * S + x4;
  x[step] = even_a + odd_a;
  x[2 * step] = even_a - odd_a;
  x[3 * step] = even_b + odd_b;
  x[4 * step] = even_b - odd_b;
  x[5 * step] = x1 * P - x3 * S + x5;
}

/* One-dimensional: six vectors to four, `step` apart. */
P3M_INLINE void
transform_output (const P3mLanes *m, int step, P3mLanes *y, int y_step)
{
  const P3mLanes even_a = m[step] + m[2 * step], odd_a = m[step] - m[2 * step];
  const P3mLanes even_b = m[3 * step] + m[4 * step], odd_b = m[3 * step] - m[4 * step];
  y[0] = m[0] + even_a + even_b;
  y[y_step] = odd_a * A + odd_b * B;
  y[2 * y_step] = even_a * AA + even_b * BB;
  y[3 * y_step] = odd_a * (AA * A) + odd_b * (BB * B) + m[5 * step];
}

/* The pixels of the patch of a tile in one part; `zeros` [channels] outside of the map. */
static void
locate_patch (const P3mConvolutionJob *job, const P3mPart *part, int tile, const float *zeros,
              const float *pixels[POINTS])
{
  const int across = (job->width - 1) / TILE + 1;
  const int top = tile / across * TILE - 1, left = tile % across * TILE - 1;
  for (int i = 0; i < POINTS; i++)
    {
      const int y = top + i / PATCH, x = left + i % PATCH;
      const gboolean inside = y >= 0 && y < job->height && x >= 0 && x < job->width;
      pixels[i]
          = inside ? part->values + ((gsize) y * job->width + x) * part->channels : zeros;
    }
}

/* Transforms eight channels of a patch, of which `count` exist, to [POINTS] vectors `step` floats
 * apart. */
P3M_INLINE void
transform_patch (const float *const pixels[POINTS], int channel, int count, float *output,
                 gsize step)
{
  P3mLanes x[POINTS];
  if (count >= P3M_LANES)
    for (int i = 0; i < POINTS; i++)
      x[i] = *(const P3mLanes *) (pixels[i] + channel);
  else
    for (int i = 0; i < POINTS; i++)
      {
        x[i] = (P3mLanes){ 0 };
        memcpy (&x[i], pixels[i] + channel, count * sizeof (float));
      }
  for (int i = 0; i < PATCH; i++)
    transform_input (x + i, PATCH);
  for (int i = 0; i < PATCH; i++)
    {
      transform_input (x + i * PATCH, 1);
      for (int k = 0; k < PATCH; k++)
        *(P3mLanes *) (output + (i * PATCH + k) * step) = x[i * PATCH + k];
    }
}

/* One tile, all channels: [POINTS][padded inputs]. */
P3M_INLINE void
transform_tile (const P3mConvolutionJob *job, int tile, const float *zeros, float *output)
{
  const gsize step = padded_inputs (job->convolution);
  const float *pixels[POINTS];
  for (int i = 0; i < job->n_parts; i++)
    {
      const int channels = job->parts[i].channels;
      locate_patch (job, &job->parts[i], tile, zeros, pixels);
      for (int c = 0; c < channels; c += P3M_LANES)
        transform_patch (pixels, c, channels - c, output + c, step);
      output += channels;
    }
}

/* Sums of one tile, [POINTS][padded outputs], to its pixels. */
P3M_INLINE void
finish_tile (const P3mConvolutionJob *job, int tile, const float *sums)
{
  const P3mConvolution *convolution = job->convolution;
  const gsize step = padded_outputs (convolution), outputs = convolution->outputs;
  const int across = (job->width - 1) / TILE + 1;
  const int top = tile / across * TILE, left = tile % across * TILE;
  const int rows = MIN (TILE, job->height - top), columns = MIN (TILE, job->width - left);
  for (gsize o = 0; o < outputs; o += P3M_LANES)
    {
      P3mLanes half[TILE * PATCH], y[TILE * TILE], m[POINTS];
      const P3mLanes bias = *(const P3mLanes *) (convolution->bias + o);
      for (int i = 0; i < POINTS; i++)
        m[i] = *(const P3mLanes *) (sums + i * step + o);
      for (int i = 0; i < PATCH; i++)
        transform_output (m + i, PATCH, half + i, PATCH);
      for (int i = 0; i < TILE; i++)
        transform_output (half + i * PATCH, 1, y + i * TILE, 1);
      for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
          {
            const gsize at = ((gsize) (top + row) * job->width + left + column) * outputs + o;
            const float *residual = job->residual ? job->residual + at : NULL;
            const P3mLanes sum = y[row * TILE + column] + bias;
            if (o + P3M_LANES <= outputs)
              p3m_finish_lanes (job->activation, sum, residual, job->output + at);
            else
              p3m_finish_some (job->activation, sum, outputs - o, residual, job->output + at);
          }
    }
}

/* ---- blocks ------------------------------------------------------------------------------- */

/* The products of one point: count tiles, inputs and sums as transform_tile and finish_tile have them. */
P3M_INLINE void
multiply_point (const P3mConvolution *convolution, int point, int count, const float *inputs,
                float *sums)
{
  const gsize depth = padded_inputs (convolution), outputs = padded_outputs (convolution);
  for (gsize o = 0; o < outputs; o += P3M_PANEL)
    {
      const float *panel = convolution->weights
                           + (point * outputs + o) * convolution->inputs;
      for (int first = 0; first < count; first += P3M_MICRO_ROWS)
        {
          const int rows = MIN (count - first, P3M_MICRO_ROWS);
          const float *pointers[P3M_MICRO_ROWS];
          P3mSums result;
          for (int i = 0; i < P3M_MICRO_ROWS; i++)
            pointers[i] = inputs + ((first + MIN (i, rows - 1)) * POINTS + point) * depth;
          p3m_micro_clear (&result);
          p3m_micro_add (&result, convolution->inputs, pointers, panel);
          for (int i = 0; i < rows; i++)
            {
              float *to = sums + ((first + i) * POINTS + point) * outputs + o;
              *(P3mLanes *) to = result.low[i];
              *(P3mLanes *) (to + P3M_LANES) = result.high[i];
            }
        }
    }
}

P3M_INLINE void
winograd_block (const P3mConvolutionJob *job, int block, float *scratch)
{
  const P3mConvolution *convolution = job->convolution;
  const gsize depth = padded_inputs (convolution), outputs = padded_outputs (convolution);
  const int most = block_tiles (convolution);
  const int all = ((job->height - 1) / TILE + 1) * ((job->width - 1) / TILE + 1);
  const int first = block * most;
  const int count = MIN (most, (job->tiles ? job->n_tiles : all) - first);
  float *zeros = scratch, *inputs = zeros + depth, *sums = inputs + most * POINTS * depth;
  memset (zeros, 0, depth * sizeof (float));
  for (int i = 0; i < count; i++)
    transform_tile (job, job->tiles ? job->tiles[first + i] : first + i, zeros,
                    inputs + i * POINTS * depth);
  for (int point = 0; point < POINTS; point++)
    multiply_point (convolution, point, count, inputs, sums);
  for (int i = 0; i < count; i++)
    finish_tile (job, job->tiles ? job->tiles[first + i] : first + i,
                 sums + i * POINTS * outputs);
}

static void
winograd_block_baseline (gconstpointer job, int block, float *scratch)
{
  winograd_block (job, block, scratch);
}

#ifdef P3M_HAVE_AVX2
P3M_AVX2 static void
winograd_block_avx2 (gconstpointer job, int block, float *scratch)
{
  winograd_block (job, block, scratch);
}
#endif

P3mWork
p3m_winograd_work (const P3mConvolutionJob *job)
{
  const P3mConvolution *convolution = job->convolution;
  const int most = block_tiles (convolution);
  const int all = ((job->height - 1) / TILE + 1) * ((job->width - 1) / TILE + 1);
  P3mWork work
      = { .run = winograd_block_baseline,
          .blocks = ((job->tiles ? job->n_tiles : all) + most - 1) / most,
          .scratch = padded_inputs (convolution)
                     + most * POINTS
                           * (padded_inputs (convolution) + padded_outputs (convolution)) };
#ifdef P3M_HAVE_AVX2
  if (p3m_has_avx2 ())
    work.run = winograd_block_avx2;
#endif
  return work;
}

/* ---- weights ------------------------------------------------------------------------------ */

/* One-dimensional: three weights to six points, `step` apart each. */
static void
transform_kernel (const double *w, int step, double *u, int u_step)
{
  const double a = A, b = B;
  const double near = 1.0 / (2.0 * a * a * (a * a - b * b));
  const double far = 1.0 / (2.0 * b * b * (b * b - a * a));
  const double w0 = w[0], w1 = w[step], w2 = w[2 * step];
  u[0] = w0 / (a * a * b * b);
  u[u_step] = (w0 + a * w1 + a * a * w2) * near;
  u[2 * u_step] = (w0 - a * w1 + a * a * w2) * near;
  u[3 * u_step] = (w0 + b * w1 + b * b * w2) * far;
  u[4 * u_step] = (w0 - b * w1 + b * b * w2) * far;
  u[5 * u_step] = w2;
}

gsize
p3m_winograd_count_weights (int inputs, int outputs)
{
  return (gsize) POINTS * inputs * ((outputs + P3M_PANEL - 1) / P3M_PANEL) * P3M_PANEL;
}

void
p3m_winograd_put_kernel (int inputs, int outputs, int input, int output, const double *kernel,
                         float *weights)
{
  const gsize padded = (gsize) (outputs + P3M_PANEL - 1) / P3M_PANEL * P3M_PANEL;
  double half[PATCH * 3], points[POINTS];
  for (int i = 0; i < 3; i++)
    transform_kernel (kernel + i, 3, half + i, 3);
  for (int i = 0; i < PATCH; i++)
    transform_kernel (half + i * 3, 1, points + i * PATCH, 1);
  for (int i = 0; i < POINTS; i++)
    weights[(i * padded + output / P3M_PANEL * P3M_PANEL) * inputs
            + (gsize) input * P3M_PANEL + output % P3M_PANEL]
        = points[i];
}
