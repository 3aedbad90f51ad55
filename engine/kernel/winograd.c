/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* 3x3 convolution by Winograd's F(m x m, 3x3), m = 4 or 2: A. Lavin, S. Gray, "Fast Algorithms for
 * Convolutional Neural Networks", 2015. A 4x4 tile of output takes 36 multiplications a channel pair
 * instead of 144, a 2x2 tile 16 instead of 36; the weights grow 4 and 1.8 times.
 *
 * For m = 4 the points are 0, +-5/8, +-3/2 and infinity, whose powers are exact: half the rounding error
 * of the usual 0, +-1, +-2. With p = a a b b and s = a a + b b the one-dimensional transforms are
 *
 *   input   p x0 - s x2 + x4;  (x4 - b b x2) +- a (x3 - b b x1);  (x4 - a a x2) +- b (x3 - a a x1);
 *           p x1 - s x3 + x5
 *   kernel  w0 / p;  (w0 +- a w1 + a a w2) / (2 a a (a a - b b));  (w0 +- b w1 + b b w2) /
 *           (2 b b (b b - a a));  w2
 *   output  sums over the six with weights 1, +-p^k .., and infinity's in the last only
 *
 * and for m = 2, with the points 0, +-1 and infinity, the paper's. The functions take m as `tile`, always
 * a constant. */
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
  MOST_PATCH = 6, /* pixels of a patch's side: tile + 2 */
  MOST_POINTS = MOST_PATCH * MOST_PATCH
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

static inline int
tile_size (const P3mConvolution *convolution)
{
  return convolution->method == P3M_METHOD_WINOGRAD_2 ? 2 : 4;
}

static inline int
points_of (int tile)
{
  return (tile + 2) * (tile + 2);
}

static inline int
count_all_tiles (const P3mConvolutionJob *job, int tile)
{
  return ((job->height - 1) / tile + 1) * ((job->width - 1) / tile + 1);
}

/* The wanted tiles are listed as 4x4; smaller ones are all computed. */
static inline gboolean
has_list (const P3mConvolutionJob *job)
{
  return job->tiles && tile_size (job->convolution) == 4;
}

/* Tiles a block: the transformed tiles should stay in the second-level cache, but many channels have
 * many weights, which are read once a block. */
static int
block_tiles (const P3mConvolution *convolution)
{
  return convolution->inputs > 128 ? 36 : convolution->inputs > 64 ? 18 : 24;
}

/* ---- transforms --------------------------------------------------------------------------- */

/* One-dimensional, in place, of tile + 2 vectors `step` apart. */
P3M_INLINE void
transform_input (int tile, P3mLanes *x, int step)
{
  if (tile == 2)
    {
      const P3mLanes x1 = x[step], x2 = x[2 * step];
      x[0] = x[0] - x2;
      x[step] = x1 + x2;
      x[2 * step] = x2 - x1;
      x[3 * step] = x1 - x[3 * step];
      return;
    }
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

/* One-dimensional: tile + 2 vectors to tile, `step` apart. */
P3M_INLINE void
transform_output (int tile, const P3mLanes *m, int step, P3mLanes *y, int y_step)
{
  if (tile == 2)
    {
      y[0] = m[0] + m[step] + m[2 * step];
      y[y_step] = m[step] - m[2 * step] - m[3 * step];
      return;
    }
  const P3mLanes even_a = m[step] + m[2 * step], odd_a = m[step] - m[2 * step];
  const P3mLanes even_b = m[3 * step] + m[4 * step], odd_b = m[3 * step] - m[4 * step];
  y[0] = m[0] + even_a + even_b;
  y[y_step] = odd_a * A + odd_b * B;
  y[2 * y_step] = even_a * AA + even_b * BB;
  y[3 * y_step] = odd_a * (AA * A) + odd_b * (BB * B) + m[5 * step];
}

/* The pixels of the patch of a tile in one part; `zeros` [channels] outside of the map. */
P3M_INLINE void
locate_patch (int tile, const P3mConvolutionJob *job, const P3mPart *part, int position,
              const float *zeros, const float *pixels[MOST_POINTS])
{
  const int patch = tile + 2, across = (job->width - 1) / tile + 1;
  const int top = position / across * tile - 1, left = position % across * tile - 1;
  for (int i = 0; i < patch * patch; i++)
    {
      const int y = top + i / patch, x = left + i % patch;
      const gboolean inside = y >= 0 && y < job->height && x >= 0 && x < job->width;
      pixels[i] = inside ? part->values + ((gsize) y * job->width + x) * part->channels : zeros;
    }
}

/* Transforms eight channels of a patch, of which `count` exist, to one vector a point, `step` floats
 * apart. */
P3M_INLINE void
transform_patch (int tile, const float *const pixels[MOST_POINTS], int channel, int count,
                 float *output, gsize step)
{
  const int patch = tile + 2;
  P3mLanes x[MOST_POINTS];
  if (count >= P3M_LANES)
    for (int i = 0; i < patch * patch; i++)
      x[i] = *(const P3mLanes *) (pixels[i] + channel);
  else
    for (int i = 0; i < patch * patch; i++)
      {
        x[i] = (P3mLanes){ 0 };
        memcpy (&x[i], pixels[i] + channel, count * sizeof (float));
      }
  for (int i = 0; i < patch; i++)
    transform_input (tile, x + i, patch);
  for (int i = 0; i < patch; i++)
    {
      transform_input (tile, x + i * patch, 1);
      for (int k = 0; k < patch; k++)
        *(P3mLanes *) (output + (i * patch + k) * step) = x[i * patch + k];
    }
}

/* One tile, all channels: [points][padded inputs]. */
P3M_INLINE void
transform_tile (int tile, const P3mConvolutionJob *job, int position, const float *zeros,
                float *output)
{
  const gsize step = padded_inputs (job->convolution);
  const float *pixels[MOST_POINTS];
  for (int i = 0; i < job->n_parts; i++)
    {
      const int channels = job->parts[i].channels;
      locate_patch (tile, job, &job->parts[i], position, zeros, pixels);
      for (int c = 0; c < channels; c += P3M_LANES)
        transform_patch (tile, pixels, c, channels - c, output + c, step);
      output += channels;
    }
}

/* Sums of one tile, [points][padded outputs], to its pixels. */
P3M_INLINE void
finish_tile (int tile, const P3mConvolutionJob *job, int position, const float *sums)
{
  const P3mConvolution *convolution = job->convolution;
  const gsize step = padded_outputs (convolution), outputs = convolution->outputs;
  const int patch = tile + 2, across = (job->width - 1) / tile + 1;
  const int top = position / across * tile, left = position % across * tile;
  const int rows = MIN (tile, job->height - top), columns = MIN (tile, job->width - left);
  for (gsize o = 0; o < outputs; o += P3M_LANES)
    {
      P3mLanes half[MOST_POINTS], y[MOST_POINTS], m[MOST_POINTS];
      const P3mLanes bias = *(const P3mLanes *) (convolution->bias + o);
      for (int i = 0; i < patch * patch; i++)
        m[i] = *(const P3mLanes *) (sums + i * step + o);
      for (int i = 0; i < patch; i++)
        transform_output (tile, m + i, patch, half + i, patch);
      for (int i = 0; i < tile; i++)
        transform_output (tile, half + i * patch, 1, y + i * tile, 1);
      for (int row = 0; row < rows; row++)
        for (int column = 0; column < columns; column++)
          {
            const gsize at = ((gsize) (top + row) * job->width + left + column) * outputs + o;
            const float *residual = job->residual ? job->residual + at : NULL;
            const P3mLanes sum = y[row * tile + column] + bias;
            if (o + P3M_LANES <= outputs)
              p3m_finish_lanes (job->activation, &sum, residual, job->output + at);
            else
              p3m_finish_some (job->activation, &sum, outputs - o, residual, job->output + at);
          }
    }
}

/* ---- blocks ------------------------------------------------------------------------------- */

/* The products of one point: count tiles, inputs and sums as transform_tile and finish_tile have them. */
P3M_INLINE void
multiply_point (int tile, const P3mConvolution *convolution, int point, int count,
                const float *inputs, float *sums)
{
  const gsize depth = padded_inputs (convolution), outputs = padded_outputs (convolution);
  for (gsize o = 0; o < outputs; o += P3M_PANEL)
    {
      const float *panel = convolution->weights + (point * outputs + o) * convolution->inputs;
      for (int first = 0; first < count; first += P3M_MICRO_ROWS)
        {
          const int rows = MIN (count - first, P3M_MICRO_ROWS);
          const float *pointers[P3M_MICRO_ROWS];
          P3mSums result;
          for (int i = 0; i < P3M_MICRO_ROWS; i++)
            pointers[i] = inputs + ((first + MIN (i, rows - 1)) * points_of (tile) + point) * depth;
          p3m_micro_clear (&result);
          p3m_micro_add (&result, convolution->inputs, pointers, panel);
          for (int i = 0; i < rows; i++)
            {
              float *to = sums + ((first + i) * points_of (tile) + point) * outputs + o;
              *(P3mLanes *) to = result.low[i];
              *(P3mLanes *) (to + P3M_LANES) = result.high[i];
            }
        }
    }
}

P3M_INLINE void
winograd_block (int tile, const P3mConvolutionJob *job, int block, float *scratch)
{
  const P3mConvolution *convolution = job->convolution;
  const int *tiles = has_list (job) ? job->tiles : NULL;
  const gsize depth = padded_inputs (convolution) * points_of (tile);
  const gsize outputs = padded_outputs (convolution) * points_of (tile);
  const int most = block_tiles (convolution), first = block * most;
  const int count = MIN (most, (tiles ? job->n_tiles : count_all_tiles (job, tile)) - first);
  float *zeros = scratch, *inputs = zeros + padded_inputs (convolution);
  float *sums = inputs + most * depth;
  memset (zeros, 0, padded_inputs (convolution) * sizeof (float));
  for (int i = 0; i < count; i++)
    transform_tile (tile, job, tiles ? tiles[first + i] : first + i, zeros, inputs + i * depth);
  for (int point = 0; point < points_of (tile); point++)
    multiply_point (tile, convolution, point, count, inputs, sums);
  for (int i = 0; i < count; i++)
    finish_tile (tile, job, tiles ? tiles[first + i] : first + i, sums + i * outputs);
}

static void
winograd_4_baseline (gconstpointer job, int block, float *scratch)
{
  winograd_block (4, job, block, scratch);
}

static void
winograd_2_baseline (gconstpointer job, int block, float *scratch)
{
  winograd_block (2, job, block, scratch);
}

#ifdef P3M_HAVE_AVX2
P3M_AVX2 static void
winograd_4_avx2 (gconstpointer job, int block, float *scratch)
{
  winograd_block (4, job, block, scratch);
}

P3M_AVX2 static void
winograd_2_avx2 (gconstpointer job, int block, float *scratch)
{
  winograd_block (2, job, block, scratch);
}
#endif

P3mWork
p3m_winograd_work (const P3mConvolutionJob *job)
{
  const P3mConvolution *convolution = job->convolution;
  const int most = block_tiles (convolution), tile = tile_size (convolution);
  const int count = has_list (job) ? job->n_tiles : count_all_tiles (job, tile);
  const gsize padded = padded_inputs (convolution);
  P3mWork work
      = { .run = tile == 2 ? winograd_2_baseline : winograd_4_baseline,
          .blocks = (count + most - 1) / most,
          .scratch = padded + most * points_of (tile) * (padded + padded_outputs (convolution)) };
#ifdef P3M_HAVE_AVX2
  if (p3m_has_avx2 ())
    work.run = tile == 2 ? winograd_2_avx2 : winograd_4_avx2;
#endif
  return work;
}

/* ---- weights ------------------------------------------------------------------------------ */

/* One-dimensional, of a panel of kernels: three weights to tile + 2 points, `step` apart
 * each. */
static void
transform_kernels (int tile, const double (*w)[P3M_PANEL], int step, double (*u)[P3M_PANEL],
                   int u_step)
{
  const double a = A, b = B, near = 1.0 / (2.0 * a * a * (a * a - b * b));
  const double far = 1.0 / (2.0 * b * b * (b * b - a * a)), zero = 1.0 / (a * a * b * b);
  for (int i = 0; i < P3M_PANEL; i++)
    {
      const double w0 = w[0][i], w1 = w[step][i], w2 = w[2 * step][i];
      if (tile == 2)
        {
          u[0][i] = w0;
          u[u_step][i] = (w0 + w1 + w2) / 2.0;
          u[2 * u_step][i] = (w0 - w1 + w2) / 2.0;
          u[3 * u_step][i] = w2;
          continue;
        }
      u[0][i] = w0 * zero;
      u[u_step][i] = (w0 + a * w1 + a * a * w2) * near;
      u[2 * u_step][i] = (w0 - a * w1 + a * a * w2) * near;
      u[3 * u_step][i] = (w0 + b * w1 + b * b * w2) * far;
      u[4 * u_step][i] = (w0 - b * w1 + b * b * w2) * far;
      u[5 * u_step][i] = w2;
    }
}

gsize
p3m_winograd_count_weights (int tile, int inputs, int outputs)
{
  return (gsize) points_of (tile) * inputs * ((outputs + P3M_PANEL - 1) / P3M_PANEL) * P3M_PANEL;
}

void
p3m_winograd_put_kernels (int tile, int inputs, int outputs, int input, int output,
                          const double *kernels, float *weights)
{
  const gsize padded = (gsize) (outputs + P3M_PANEL - 1) / P3M_PANEL * P3M_PANEL;
  const double (*const w)[P3M_PANEL] = (const double (*)[P3M_PANEL]) kernels;
  const int patch = tile + 2;
  double half[MOST_PATCH * 3][P3M_PANEL], points[MOST_POINTS][P3M_PANEL];
  for (int i = 0; i < 3; i++)
    transform_kernels (tile, w + i, 3, half + i, 3);
  for (int i = 0; i < patch; i++)
    transform_kernels (tile, (const double (*)[P3M_PANEL]) (half + i * 3), 1, points + i * patch,
                       1);
  for (int i = 0; i < patch * patch; i++)
    for (int k = 0; k < P3M_PANEL; k++)
      weights[(i * padded + output) * inputs + (gsize) input * P3M_PANEL + k] = points[i][k];
}
