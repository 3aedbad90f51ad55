/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* 3x3 convolution by Winograd's F(4x4, 3x3): A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural
 * Networks", 2015. A 4x4 tile of output takes 36 multiplications a channel pair instead of 144; the weights
 * grow four times, unless they are transformed as they are used.
 *
 * The points are 0, +-5/8, +-3/2 and infinity, whose powers are exact: half the rounding error of the usual
 * 0, +-1, +-2. With p = a a b b and s = a a + b b the one-dimensional transforms are
 *
 *   input   p x0 - s x2 + x4;  (x4 - b b x2) +- a (x3 - b b x1);  (x4 - a a x2) +- b (x3 - a a x1);
 *           p x1 - s x3 + x5
 *   kernel  w0 / p;  (w0 +- a w1 + a a w2) / (2 a a (a a - b b));  (w0 +- b w1 + b b w2) /
 *           (2 b b (b b - a a));  w2
 *   output  sums over the six with weights 1, +-p^k .., and infinity's in the last only */
#include "fast.h"

#include <string.h>

#include "kernel/winograd.h"
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
  PATCH = P3M_WINOGRAD_PATCH,
  POINTS = P3M_WINOGRAD_POINTS,
  LINE = 16 /* floats of a cache line: keeps what is a power of two apart out of the same set */
};

static int
round_up (int count, int multiple)
{
  return (count + multiple - 1) / multiple * multiple;
}

/* Floats of one point's channels in a transformed tile: whole vectors, and one may start at the last. */
static gsize
padded_inputs (const P3mConvolution *convolution)
{
  return (gsize) (convolution->inputs + 2 * P3M_LANES - 1) / P3M_LANES * P3M_LANES;
}

static int
padded_outputs (const P3mConvolution *convolution)
{
  return round_up (convolution->outputs, P3M_PANEL);
}

static gboolean
is_late (const P3mConvolution *convolution)
{
  return convolution->method == P3M_METHOD_WINOGRAD_LATE;
}

static inline int
count_all_tiles (const P3mConvolutionJob *job)
{
  return ((job->height - 1) / TILE + 1) * ((job->width - 1) / TILE + 1);
}

/* How a job is cut. Its tiles are taken in chunks, whole rows of the micro-kernel if there are enough.
 *
 * With few channels a chunk's tiles and sums stay in the second-level cache, and the weights are read again
 * for every chunk: a block is a chunk. With many channels the weights are what is large: a chunk has more
 * tiles, which are transformed beforehand, for all blocks, and a block is a chunk's sums of one panel. So it is
 * with few chunks too, for every thread to have work. */
typedef struct
{
  int tiles;     /* of the whole job */
  int chunk;     /* tiles */
  int chunks;    /* at least one */
  int most;      /* tiles of a chunk of any job of this shape with no more tiles */
  int width;     /* outputs summed before they are finished, whole panels */
  int depth;     /* inputs summed at once: shorter sums round less */
  gboolean deep; /* many channels */
  gboolean beforehand;
} Cut;

enum
{
  LEAST_CHUNKS = 8, /* that are blocks by themselves */
  SHALLOW_TILES = 18 / P3M_MICRO_ROWS * P3M_MICRO_ROWS,
  DEEP_TILES = 66 / P3M_MICRO_ROWS * P3M_MICRO_ROWS
};

static Cut
cut_job (const P3mConvolutionJob *job)
{
  enum
  {
    DEEP = 193, /* inputs */
    WIDTH = 64, /* outputs, with few channels */
    DEPTH = 128,
    LATE_DEPTH = 64 /* a panel's weights stay in the cache from their transform to their use */
  };
  const P3mConvolution *convolution = job->convolution;
  Cut cut = { .tiles = job->tiles ? job->n_tiles : count_all_tiles (job),
              .deep = convolution->inputs >= DEEP };
  const int most = cut.deep ? DEEP_TILES : SHALLOW_TILES;
  cut.most = MIN (most, round_up (cut.tiles, P3M_MICRO_ROWS));
  cut.chunks = MAX ((cut.tiles + most - 1) / most, 1);
  cut.beforehand = cut.deep || cut.chunks < LEAST_CHUNKS;
  cut.chunk = round_up ((cut.tiles + cut.chunks - 1) / cut.chunks, P3M_MICRO_ROWS);
  cut.width = MIN (cut.beforehand ? P3M_MICRO_WIDTH : WIDTH, padded_outputs (convolution));
  cut.depth = MIN (is_late (convolution) ? LATE_DEPTH : DEPTH, convolution->inputs);
  return cut;
}

/* ---- transforms --------------------------------------------------------------------------- */

/* One-dimensional, in place. */
P3M_INLINE void
transform_input (P3mLanes x[PATCH])
{
  const P3mLanes x0 = x[0], x1 = x[1], x2 = x[2], x3 = x[3], x4 = x[4], x5 = x[5];
  const P3mLanes even_a = x4 - x2 * BB, odd_a = (x3 - x1 * BB) * A;
  const P3mLanes even_b = x4 - x2 * AA, odd_b = (x3 - x1 * AA) * B;
  x[0] = x0 * P - x2 * S + x4;
  x[1] = even_a + odd_a;
  x[2] = even_a - odd_a;
  x[3] = even_b + odd_b;
  x[4] = even_b - odd_b;
  x[5] = x1 * P - x3 * S + x5;
}

/* Three weights, in place, to six points. */
P3M_INLINE void
transform_kernel (P3mLanes x[PATCH])
{
  const float near = 1.0f / (2.0f * AA * (AA - BB)), far = 1.0f / (2.0f * BB * (BB - AA));
  const P3mLanes w0 = x[0], w1 = x[1], w2 = x[2];
  const P3mLanes even_a = (w0 + w2 * AA) * near, odd_a = w1 * (A * near);
  const P3mLanes even_b = (w0 + w2 * BB) * far, odd_b = w1 * (B * far);
  x[0] = w0 * (1.0f / P);
  x[1] = even_a + odd_a;
  x[2] = even_a - odd_a;
  x[3] = even_b + odd_b;
  x[4] = even_b - odd_b;
  x[5] = w2;
}

/* Six points, in place, to four pixels. */
P3M_INLINE void
transform_output (P3mLanes x[PATCH])
{
  const P3mLanes even_a = x[1] + x[2], odd_a = x[1] - x[2];
  const P3mLanes even_b = x[3] + x[4], odd_b = x[3] - x[4];
  x[0] = x[0] + even_a + even_b;
  x[1] = odd_a * A + odd_b * B;
  x[2] = even_a * AA + even_b * BB;
  x[3] = odd_a * (AA * A) + odd_b * (BB * B) + x[5];
}

/* `count` channels of a pixel, at most a vector. */
P3M_INLINE void
load_channels (const float *pixel, int count, P3mLanes *channels)
{
  *channels = (P3mLanes){ 0 };
  if (count >= P3M_LANES)
    *channels = *(const P3mLanes *) pixel;
  else
    memcpy (channels, pixel, count * sizeof (float));
}

/* The pixels of the patch of a tile in one part; `zeros` [channels] outside of the map. */
P3M_INLINE void
locate_patch (const P3mConvolutionJob *job, const P3mPart *part, int position, const float *zeros,
              const float *pixels[POINTS])
{
  const int across = (job->width - 1) / TILE + 1;
  const int top = position / across * TILE - 1, left = position % across * TILE - 1;
  for (int i = 0; i < POINTS; i++)
    {
      const int y = top + i / PATCH, x = left + i % PATCH;
      const gboolean inside = y >= 0 && y < job->height && x >= 0 && x < job->width;
      pixels[i] = inside ? part->values + ((gsize) y * job->width + x) * part->channels : zeros;
    }
}

/* Transforms a vector of channels of a patch, of which `count` exist, to one vector a point, `step` floats
 * apart. */
P3M_INLINE void
transform_patch (const float *const pixels[POINTS], int channel, int count, float *output,
                 gsize step)
{
  P3mLanes half[PATCH][PATCH], line[PATCH];
  for (int i = 0; i < PATCH; i++)
    {
      for (int k = 0; k < PATCH; k++)
        load_channels (pixels[k * PATCH + i] + channel, count, &line[k]);
      transform_input (line);
      for (int k = 0; k < PATCH; k++)
        half[k][i] = line[k];
    }
  for (int i = 0; i < PATCH; i++)
    {
      for (int k = 0; k < PATCH; k++)
        line[k] = half[i][k];
      transform_input (line);
      for (int k = 0; k < PATCH; k++)
        *(P3mLanes *) (output + (i * PATCH + k) * step) = line[k];
    }
}

/* One tile, all channels: [points][..][padded inputs], the points `step` floats apart. Its pixels are on
 * many lines of the cache that no prefetcher foresees: the next ones are asked for in time. */
P3M_INLINE void
transform_tile (const P3mConvolutionJob *job, int position, const float *zeros, float *output,
                gsize step)
{
  const float *pixels[POINTS];
  for (int i = 0; i < job->n_parts; i++)
    {
      const int channels = job->parts[i].channels;
      int c = 0;
      locate_patch (job, &job->parts[i], position, zeros, pixels);
      for (; c + P3M_LANES <= channels; c += P3M_LANES)
        {
          if (c % LINE == 0)
            for (int k = 0; k < POINTS; k++)
              __builtin_prefetch (pixels[k] + c + LINE);
          transform_patch (pixels, c, P3M_LANES, output + c, step);
        }
      if (c < channels)
        transform_patch (pixels, c, channels - c, output + c, step);
      output += channels;
    }
}

/* Kernels of `depth` inputs from `input` on and of the outputs of one panel, [9][inputs][panel], to
 * [points][..][panel], the points `step` floats apart. */
P3M_INLINE void
transform_kernels (const float *weights, int inputs, int input, int depth, float *output,
                   gsize step)
{
  for (int i = 0; i < depth * P3M_PANEL; i += P3M_LANES)
    {
      const float *kernel = weights + input * P3M_PANEL + i;
      P3mLanes half[PATCH][3], line[PATCH];
      for (int column = 0; column < 3; column++)
        {
          for (int row = 0; row < 3; row++)
            line[row]
                = *(const P3mLanes *) (kernel + (gsize) (row * 3 + column) * inputs * P3M_PANEL);
          transform_kernel (line);
          for (int k = 0; k < PATCH; k++)
            half[k][column] = line[k];
        }
      for (int row = 0; row < PATCH; row++)
        {
          for (int k = 0; k < 3; k++)
            line[k] = half[row][k];
          transform_kernel (line);
          for (int k = 0; k < PATCH; k++)
            *(P3mLanes *) (output + (row * PATCH + k) * step + i) = line[k];
        }
    }
}

void
P3M_FAST (p3m_winograd_put_kernels) (int inputs, int outputs, int input, int output,
                                     const double *kernels, float *weights)
{
  float kernel[9 * P3M_PANEL];
  for (int i = 0; i < 9 * P3M_PANEL; i++)
    kernel[i] = kernels[i];
  transform_kernels (kernel, 1, 0, 1, weights + ((gsize) output * inputs + input * P3M_PANEL),
                     (gsize) round_up (outputs, P3M_PANEL) * inputs);
}

/* Where a vector of a tile's outputs goes: pixels are `pixel` floats apart, rows of the map `row`. */
typedef struct
{
  gsize pixel, row;
  const float *residual;
  float *output;
} Place;

/* A vector of outputs, of which `count` exist, from its sums at the points, `step` floats apart, to rows x columns
 * pixels. */
P3M_INLINE void
finish_vector (P3mActivation activation, const float *bias, const float *sums, gsize step, int rows,
               int columns, int count, const Place *place)
{
  P3mLanes half[TILE][PATCH], line[PATCH];
  for (int i = 0; i < PATCH; i++)
    {
      for (int k = 0; k < PATCH; k++)
        line[k] = *(const P3mLanes *) (sums + (k * PATCH + i) * step);
      transform_output (line);
      for (int k = 0; k < TILE; k++)
        half[k][i] = line[k];
    }
  for (int row = 0; row < rows; row++)
    {
      for (int k = 0; k < PATCH; k++)
        line[k] = half[row][k];
      transform_output (line);
      for (int column = 0; column < columns; column++)
        {
          const gsize at = row * place->row + column * place->pixel;
          const float *residual = place->residual ? place->residual + at : NULL;
          const P3mLanes sum = line[column] + *(const P3mLanes *) bias;
          if (count >= P3M_LANES)
            p3m_finish_lanes (activation, &sum, residual, place->output + at);
          else
            p3m_finish_some (activation, &sum, count, residual, place->output + at);
        }
    }
}

/* Outputs first .. end of one tile, [points][..][end - first], the points `step` floats apart, to its pixels. Whole
 * tiles and vectors, nearly all, run without a branch. */
P3M_INLINE void
finish_tile (const P3mConvolutionJob *job, int position, int first, int end, const float *sums,
             gsize step)
{
  const P3mConvolution *convolution = job->convolution;
  const int outputs = convolution->outputs, across = (job->width - 1) / TILE + 1;
  const int top = position / across * TILE, left = position % across * TILE;
  const int rows = MIN (TILE, job->height - top), columns = MIN (TILE, job->width - left);
  const gboolean whole = rows == TILE && columns == TILE;
  for (int o = first; o < MIN (end, outputs); o += P3M_LANES, sums += P3M_LANES)
    {
      const float *bias = convolution->bias + o;
      const gsize at = ((gsize) top * job->width + left) * outputs + o;
      const Place place = { .pixel = outputs,
                            .row = (gsize) job->width * outputs,
                            .residual = job->residual ? job->residual + at : NULL,
                            .output = job->output + at };
#define FINISH(activation)                                                                         \
  finish_vector (activation, bias, sums, step, TILE, TILE, P3M_LANES, &place)
      if (!whole || o + P3M_LANES > outputs)
        finish_vector (job->activation, bias, sums, step, rows, columns, outputs - o, &place);
      else if (job->activation == P3M_ACTIVATION_RELU)
        FINISH (P3M_ACTIVATION_RELU);
      else if (job->activation == P3M_ACTIVATION_ADD_RELU)
        FINISH (P3M_ACTIVATION_ADD_RELU);
      else if (job->activation == P3M_ACTIVATION_RELU_ADD)
        FINISH (P3M_ACTIVATION_RELU_ADD);
      else
        FINISH (P3M_ACTIVATION_NONE);
#undef FINISH
    }
}

/* ---- blocks ------------------------------------------------------------------------------- */

/* The transformed weights of a few panels: point by point, panel by panel, [depth][panel]. */
typedef struct
{
  const float *values;
  gsize point_step, panel_step; /* floats */
} Weights;

/* rows of sums, `step` floats apart; the second panel only where it is `wide`. */
P3M_INLINE void
add_sums (P3mSums *result, int rows, gboolean wide, const float *sums, gsize step)
{
#define ADD(i)                                                                                     \
  if (i < rows)                                                                                    \
    for (int v = 0; v < P3M_MICRO_VECTORS; v++)                                                    \
      if (v * P3M_LANES < P3M_PANEL || wide)                                                       \
        result->v[i][v] += *(const P3mLanes *) (sums + i * step + v * P3M_LANES);
  P3M_EACH_ROW (ADD)
#undef ADD
}

P3M_INLINE void
put_sums (const P3mSums *result, int rows, gboolean wide, float *sums, gsize step)
{
#define PUT(i)                                                                                     \
  if (i < rows)                                                                                    \
    for (int v = 0; v < P3M_MICRO_VECTORS; v++)                                                    \
      if (v * P3M_LANES < P3M_PANEL || wide)                                                       \
        *(P3mLanes *) (sums + i * step + v * P3M_LANES) = result->v[i][v];
  P3M_EACH_ROW (PUT)
#undef PUT
}

/* The products of one point, inputs [count][step] of which `depth` are taken, to `width` outputs of sums
 * [count][width]; added to them where these are not the first. */
P3M_INLINE void
multiply_point (const float *inputs, gsize step, int depth, int count, const float *weights,
                gsize panel_step, int width, gboolean first, float *sums)
{
  for (int o = 0; o < width;
       o += P3M_MICRO_WIDTH, weights += P3M_MICRO_WIDTH / P3M_PANEL * panel_step)
    {
      const gboolean wide = width - o > P3M_PANEL;
      for (int i = 0; i < count; i += P3M_MICRO_ROWS)
        {
          const int rows = MIN (count - i, P3M_MICRO_ROWS);
          const float *pointers[P3M_MICRO_ROWS];
          P3mSums result = { 0 };
          for (int k = 0; k < P3M_MICRO_ROWS; k++)
            pointers[k] = inputs + (i + MIN (k, rows - 1)) * step;
          p3m_micro_add (&result, depth, pointers, weights, wide ? panel_step : 0);
          if (!first)
            add_sums (&result, rows, wide, sums + (gsize) i * width + o, width);
          put_sums (&result, rows, wide, sums + (gsize) i * width + o, width);
        }
    }
}

/* The weights of `depth` inputs from `input` on for the outputs first .. end, transformed to `scratch` unless
 * they are stored so. */
static Weights
get_weights (const P3mConvolution *convolution, int first, int end, int input, int depth,
             float *scratch)
{
  const gsize panel = (gsize) convolution->inputs * P3M_PANEL; /* floats of one point */
  if (!is_late (convolution))
    return (Weights){ convolution->weights + first / P3M_PANEL * panel + input * P3M_PANEL,
                      padded_outputs (convolution) / P3M_PANEL * panel, panel };
  const gsize panel_step = (gsize) depth * P3M_PANEL;
  const gsize point_step = (end - first) / P3M_PANEL * panel_step + LINE;
  for (int o = first; o < end; o += P3M_PANEL)
    transform_kernels (convolution->weights + (gsize) o / P3M_PANEL * 9 * panel,
                       convolution->inputs, input, depth,
                       scratch + (o - first) / P3M_PANEL * panel_step, point_step);
  return (Weights){ scratch, point_step, panel_step };
}

/* Where a block's parts lie in its scratch: zeros [padded inputs], inputs [points][tiles][padded inputs], sums
 * [points][tiles][width] and late weights [points][width][depth], the latter two's points a line more apart. */
typedef struct
{
  gsize inputs, sums, weights, size; /* floats */
} Layout;

static Layout
lay_out (const P3mConvolution *convolution, const Cut *cut)
{
  const gsize padded = padded_inputs (convolution);
  Layout layout = { .inputs = padded };
  layout.sums = layout.inputs + (cut->deep ? 0 : POINTS * cut->most * padded);
  layout.weights = layout.sums + POINTS * ((gsize) cut->most * cut->width + LINE);
  layout.size = layout.weights;
  if (is_late (convolution))
    layout.size += POINTS * ((gsize) cut->width * cut->depth + LINE);
  return layout;
}

static int
get_tile (const P3mConvolutionJob *job, int i)
{
  return job->tiles ? job->tiles[i] : i;
}

/* The sums of a chunk's tiles, its inputs [points][count][padded inputs], for the outputs first .. end, `width`
 * at a time. */
P3M_INLINE void
sum_chunk (const P3mConvolutionJob *job, const Cut *cut, int chunk, const float *inputs, int first,
           int end, float *sums, float *scratch)
{
  const P3mConvolution *convolution = job->convolution;
  const gsize padded = padded_inputs (convolution);
  const int start = chunk * cut->chunk, count = MIN (cut->chunk, cut->tiles - start);
  for (int o = first; o < end; o += cut->width)
    {
      const int width = MIN (cut->width, end - o);
      const gsize step = (gsize) count * width + LINE;
      for (int input = 0; input < convolution->inputs; input += cut->depth)
        {
          const int depth = MIN (cut->depth, convolution->inputs - input);
          const Weights weights = get_weights (convolution, o, o + width, input, depth, scratch);
          for (int point = 0; point < POINTS; point++)
            multiply_point (inputs + point * count * padded + input, padded, depth, count,
                            weights.values + point * weights.point_step, weights.panel_step, width,
                            input == 0, sums + point * step);
        }
      for (int i = 0; i < count; i++)
        finish_tile (job, get_tile (job, start + i), o, o + width, sums + (gsize) i * width, step);
    }
}

/* A chunk whose tiles are transformed beforehand: some rows of it. */
static void
transform_block (gconstpointer data, int block, float *scratch)
{
  const P3mConvolutionJob *job = data;
  const Cut cut = cut_job (job);
  const gsize padded = padded_inputs (job->convolution);
  const int parts = cut.chunk / P3M_MICRO_ROWS, start = block / parts * cut.chunk;
  const int count = MIN (cut.chunk, cut.tiles - start), first = block % parts * P3M_MICRO_ROWS;
  float *inputs = job->shared + POINTS * start * padded;
  memset (scratch, 0, padded * sizeof (float));
  for (int i = first; i < MIN (first + P3M_MICRO_ROWS, count); i++)
    transform_tile (job, get_tile (job, start + i), scratch, inputs + i * padded, count * padded);
}

static void
sum_block (gconstpointer data, int block, float *scratch)
{
  const P3mConvolutionJob *job = data;
  const Cut cut = cut_job (job);
  const Layout layout = lay_out (job->convolution, &cut);
  const int outputs = padded_outputs (job->convolution);
  const int parts = (outputs + cut.width - 1) / cut.width;
  const int chunk = block / parts, first = block % parts * cut.width;
  const float *inputs = job->shared + POINTS * chunk * cut.chunk * padded_inputs (job->convolution);
  sum_chunk (job, &cut, chunk, inputs, first, MIN (first + cut.width, outputs),
             scratch + layout.sums, scratch + layout.weights);
}

/* A whole chunk. */
static void
chunk_block (gconstpointer data, int block, float *scratch)
{
  const P3mConvolutionJob *job = data;
  const Cut cut = cut_job (job);
  const Layout layout = lay_out (job->convolution, &cut);
  const gsize padded = padded_inputs (job->convolution);
  const int start = block * cut.chunk, count = MIN (cut.chunk, cut.tiles - start);
  float *inputs = scratch + layout.inputs;
  memset (scratch, 0, padded * sizeof (float));
  for (int i = 0; i < count; i++)
    transform_tile (job, get_tile (job, start + i), scratch, inputs + i * padded, count * padded);
  sum_chunk (job, &cut, block, inputs, 0, padded_outputs (job->convolution), scratch + layout.sums,
             scratch + layout.weights);
}

P3mWork
P3M_FAST (p3m_winograd_work) (const P3mConvolutionJob *job)
{
  const Cut cut = cut_job (job);
  const Layout layout = lay_out (job->convolution, &cut);
  const int outputs = padded_outputs (job->convolution);
  /* Enough for any list that is not longer, as a plan is made before the tiles are known. */
  const int most = cut.deep ? cut.tiles : MIN (cut.tiles, LEAST_CHUNKS * SHALLOW_TILES);
  P3mWork work = { .run = chunk_block,
                   .blocks = cut.chunks,
                   .scratch = layout.size,
                   .shared = POINTS * most * padded_inputs (job->convolution) };
  if (!cut.beforehand)
    return work;
  work.prepare = transform_block;
  work.preparations = cut.tiles > 0 ? cut.chunks * (cut.chunk / P3M_MICRO_ROWS) : 0;
  work.run = sum_block;
  work.blocks = cut.tiles > 0 ? cut.chunks * ((outputs + cut.width - 1) / cut.width) : 0;
  return work;
}
