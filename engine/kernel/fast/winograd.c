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
#include "fast.h"

#include <string.h>

#include "kernel/winograd.h"
#include "micro.h"

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

/* How a job is cut into blocks of tiles and, where there are few tiles, of outputs too. */
typedef struct
{
  int tiles;  /* of the whole job */
  int chunk;  /* tiles a block */
  int slice;  /* outputs a block, whole panels */
  int slices; /* blocks that share a chunk; each transforms its tiles again */
} Cut;

/* The transformed tiles should stay in the second-level cache: measured, 16 of them are faster than 8, which
 * read the weights too often, and than 24 and more. */
static Cut
cut_job (const P3mConvolutionJob *job)
{
  enum
  {
    MOST_TILES = 16,
    LEAST_BLOCKS = 8, /* for every thread to have work */
    LEAST_SLICE = 64
  };
  const P3mConvolution *convolution = job->convolution;
  const int outputs = padded_outputs (convolution);
  Cut cut
      = { .tiles = has_list (job) ? job->n_tiles : count_all_tiles (job, tile_size (convolution)) };
  cut.chunk = MIN (MOST_TILES, MAX (cut.tiles, 1));
  const int chunks = (cut.tiles + cut.chunk - 1) / cut.chunk;
  const int wanted = chunks > 0 ? (LEAST_BLOCKS + chunks - 1) / chunks : 1;
  cut.slice = MAX (outputs / wanted / LEAST_SLICE, 1) * LEAST_SLICE;
  if (wanted == 1 || outputs < 2 * LEAST_SLICE)
    cut.slice = outputs;
  cut.slices = (outputs + cut.slice - 1) / cut.slice;
  return cut;
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
              const float *zeros, const float *pixels[P3M_WINOGRAD_POINTS])
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
transform_patch (int tile, const float *const pixels[P3M_WINOGRAD_POINTS], int channel, int count,
                 float *output, gsize step)
{
  const int patch = tile + 2;
  P3mLanes x[P3M_WINOGRAD_POINTS];
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

/* One tile, all channels: [points][..][padded inputs], the points `step` floats apart. */
P3M_INLINE void
transform_tile (int tile, const P3mConvolutionJob *job, int position, const float *zeros,
                float *output, gsize step)
{
  const float *pixels[P3M_WINOGRAD_POINTS];
  for (int i = 0; i < job->n_parts; i++)
    {
      const int channels = job->parts[i].channels;
      locate_patch (tile, job, &job->parts[i], position, zeros, pixels);
      for (int c = 0; c < channels; c += P3M_LANES)
        transform_patch (tile, pixels, c, channels - c, output + c, step);
      output += channels;
    }
}

/* Outputs first .. end of one tile, [points][..][end - first], the points `step` floats apart, to its pixels. */
P3M_INLINE void
finish_tile (int tile, const P3mConvolutionJob *job, int position, int first, int end,
             const float *sums, gsize step)
{
  const P3mConvolution *convolution = job->convolution;
  const gsize outputs = convolution->outputs;
  const int patch = tile + 2, across = (job->width - 1) / tile + 1;
  const int top = position / across * tile, left = position % across * tile;
  const int rows = MIN (tile, job->height - top), columns = MIN (tile, job->width - left);
  for (gsize o = first; o < MIN ((gsize) end, outputs); o += P3M_LANES)
    {
      P3mLanes half[P3M_WINOGRAD_POINTS], y[P3M_WINOGRAD_POINTS], m[P3M_WINOGRAD_POINTS];
      const P3mLanes bias = *(const P3mLanes *) (convolution->bias + o);
      for (int i = 0; i < patch * patch; i++)
        m[i] = *(const P3mLanes *) (sums + i * step + o - first);
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

/* rows, of which `width` outputs exist, `step` floats apart. */
P3M_INLINE void
put_sums (const P3mSums *result, int rows, int width, float *sums, gsize step)
{
#define PUT(i)                                                                                     \
  if (i < rows)                                                                                    \
    for (int v = 0; v < P3M_MICRO_VECTORS; v++)                                                    \
      if (v * P3M_LANES < P3M_PANEL || width > P3M_PANEL)                                          \
        *(P3mLanes *) (sums + i * step + v * P3M_LANES) = result->v[i][v];
  P3M_EACH_ROW (PUT)
#undef PUT
}

/* The products of one point for outputs first .. end: inputs [count][padded inputs], sums
 * [count][end - first]. */
P3M_INLINE void
multiply_point (const P3mConvolution *convolution, int point, int first, int end, int count,
                const float *inputs, float *sums)
{
  const gsize depth = padded_inputs (convolution), outputs = padded_outputs (convolution);
  const gsize length = (gsize) convolution->inputs * P3M_PANEL; /* of a panel */
  for (int o = first; o < end; o += P3M_MICRO_WIDTH)
    {
      const float *panel = convolution->weights + (point * outputs + o) * convolution->inputs;
      const int width = MIN (P3M_MICRO_WIDTH, end - o);
      for (int i = 0; i < count; i += P3M_MICRO_ROWS)
        {
          const int rows = MIN (count - i, P3M_MICRO_ROWS);
          const float *pointers[P3M_MICRO_ROWS];
          P3mSums result = { 0 };
          for (int k = 0; k < P3M_MICRO_ROWS; k++)
            pointers[k] = inputs + (i + MIN (k, rows - 1)) * depth;
          p3m_micro_add (&result, convolution->inputs, pointers, panel,
                         width > P3M_PANEL ? length : 0);
          put_sums (&result, rows, width, sums + (gsize) i * (end - first) + o - first,
                    end - first);
        }
    }
}

P3M_INLINE void
winograd_block (int tile, const P3mConvolutionJob *job, int block, float *scratch)
{
  const P3mConvolution *convolution = job->convolution;
  const Cut cut = cut_job (job);
  const int *tiles = has_list (job) ? job->tiles : NULL;
  const gsize depth = padded_inputs (convolution);
  const int first = block / cut.slices * cut.chunk, count = MIN (cut.chunk, cut.tiles - first);
  const int output = block % cut.slices * cut.slice;
  const int end = MIN (output + cut.slice, (int) padded_outputs (convolution));
  float *zeros = scratch, *inputs = zeros + depth;
  float *sums = inputs + p3m_winograd_points (tile) * cut.chunk * depth;
  const gsize input_step = count * depth, sum_step = (gsize) count * (end - output);
  memset (zeros, 0, depth * sizeof (float));
  for (int i = 0; i < count; i++)
    transform_tile (tile, job, tiles ? tiles[first + i] : first + i, zeros, inputs + i * depth,
                    input_step);
  for (int point = 0; point < p3m_winograd_points (tile); point++)
    multiply_point (convolution, point, output, end, count, inputs + point * input_step,
                    sums + point * sum_step);
  for (int i = 0; i < count; i++)
    finish_tile (tile, job, tiles ? tiles[first + i] : first + i, output, end,
                 sums + (gsize) i * (end - output), sum_step);
}

static void
winograd_4_block (gconstpointer job, int block, float *scratch)
{
  winograd_block (4, job, block, scratch);
}

static void
winograd_2_block (gconstpointer job, int block, float *scratch)
{
  winograd_block (2, job, block, scratch);
}

P3mWork
P3M_FAST (p3m_winograd_work) (const P3mConvolutionJob *job)
{
  const int tile = tile_size (job->convolution);
  const Cut cut = cut_job (job);
  const gsize depth = padded_inputs (job->convolution);
  return (P3mWork){
    .run = tile == 2 ? winograd_2_block : winograd_4_block,
    .blocks = (cut.tiles + cut.chunk - 1) / cut.chunk * cut.slices,
    .scratch = depth + (gsize) p3m_winograd_points (tile) * cut.chunk * (depth + cut.slice)
  };
}
