/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The encoder's entry: 7x7 convolution, ReLU and four poolings of it in one go, tile by tile.
 *
 * Along rows it is Winograd's F(4, 4): the seven taps of a row are four and three, and of each half four
 * neighbouring outputs take seven multiplications instead of sixteen. All halves, rows and channels are
 * summed before the way back, so that four pixels take 7 x 42 multiplications an output instead of 4 x 147.
 * With the points +-3/8, +-1, +-2 and infinity its rounding error is 1.2 times that of plain sums. The second
 * half's transformed pixels are the first's of the next four.
 *
 * Where the picture does not change along a row, and only there, pixels are summed plainly: neighbours that
 * see the same must get the same to the last bit, since such ties decide the pool's indices. */
#include "fast.h"

#include <string.h>

#include "kernel/stem.h"
#include "pool.h"

enum
{
/* GROUP pixels of a column are summed at once, so that the sums fill the registers. */
#if defined(__AVX512F__)
  GROUP = 13,
  TILE_ROWS = 6, /* of the pooled map: 13 rows of the full-size one */
#elif defined(__AVX2__) || defined(__ARM_NEON)
  GROUP = 6,
  TILE_ROWS = 8,
#else
  GROUP = 3,
  TILE_ROWS = 6, /* no multiple of the pools' strides: so every machine's tests see one */
#endif
  TILE_COLUMNS = 32,
  PANEL = P3M_STEM_PANEL,
  VECTORS = PANEL / P3M_LANES,
  POINTS = P3M_STEM_POINTS,
  SIDE = P3M_STEM_TILE,
  /* quadruples of columns that hold 2 * TILE_COLUMNS + 1 columns which start at the last of one */
  QUADRUPLES = 2 * TILE_COLUMNS / SIDE + 1,
  ROWS = (2 * TILE_ROWS + GROUP) / GROUP * GROUP, /* at least 2 * TILE_ROWS + 1 */
  PATCH_ROWS = ROWS + 6,
  /* A column of the patch, [3][PATCH_ROWS] and whole vectors. */
  COLUMN = (3 * PATCH_ROWS + P3M_LANES - 1) / P3M_LANES * P3M_LANES,
  MARGIN = 4, /* columns on each side of the tile: three for the sums and one to compare with */
  PATCH_COLUMNS = SIDE * QUADRUPLES + 2 * MARGIN
};

/* What a block works on: the picture around its tile and what becomes of it. */
typedef struct
{
  float pixels[PATCH_COLUMNS][COLUMN];
  float points[POINTS][QUADRUPLES + 1]
              [COLUMN]; /* seven transformed pixels from each fourth column on */
  guint32
      constant[SIDE * QUADRUPLES]; /* of each column the rows at which the picture is constant */
} Patch;

/* The part of the full-size map that a block needs, [height][width][outputs]. */
static P3mTile
block_tile (const P3mStemJob *job, int block, float *values)
{
  const int across = (job->width / 2 - 1) / TILE_COLUMNS + 1;
  const int top = block / across * TILE_ROWS * 2, left = block % across * TILE_COLUMNS * 2;
  const int y = MAX (top - 1, 0), x = MAX (left - 1, 0);
  return (P3mTile){ .values = values,
                    .y = y,
                    .x = x,
                    .height = MIN (top + TILE_ROWS * 2, job->height) - y,
                    .width = MIN (left + TILE_COLUMNS * 2, job->width) - x,
                    .channels = job->stem->outputs };
}

/* The column of the picture at which the patch's first four outputs begin: multiples of four, so that a
 * pixel's sum has the same order in every tile. Tiles overlap, and where they do they must agree. */
static int
first_column (const P3mTile *tile)
{
  return tile->x / SIDE * SIDE;
}

/* The picture around a tile, zero outside of it. */
static void
gather_pixels (const P3mStemJob *job, const P3mTile *tile, Patch *patch)
{
  const int left = first_column (tile) - MARGIN;
  const int start = MAX (-left, 0), end = MIN (job->width - left, PATCH_COLUMNS);
  memset (patch->pixels, 0, sizeof patch->pixels);
  for (int c = 0; c < 3; c++)
    for (int row = 0; row < PATCH_ROWS; row++)
      {
        const int y = tile->y - 3 + row;
        if (y < 0 || y >= job->height)
          continue;
        const float *pixels = job->rgb + ((gsize) c * job->height + y) * job->width + left;
        for (int column = start; column < end; column++)
          patch->pixels[column][c * PATCH_ROWS + row] = pixels[column];
      }
}

/* Four columns: where x0 .. x6 are the pixels from the first on, each root r has (x5 - s x3 + p x1) +- r (x4 - s
 * x2 + p x0), s and p the sum and the product of the squares of the other two; infinity has the same of all three. */
P3M_INLINE void
transform_columns (Patch *patch, int quadruple)
{
  const float (*const columns)[COLUMN]
      = (const float (*)[COLUMN]) patch->pixels + quadruple * SIDE + MARGIN - 3;
  const float a = p3m_stem_roots[0] * p3m_stem_roots[0];
  const float b = p3m_stem_roots[1] * p3m_stem_roots[1];
  const float c = p3m_stem_roots[2] * p3m_stem_roots[2];
  const float sums[3] = { b + c, c + a, a + b }, products[3] = { b * c, c * a, a * b };
  for (int i = 0; i < COLUMN; i += P3M_LANES)
    {
      P3mLanes x[7];
      for (int k = 0; k < 7; k++)
        x[k] = *(const P3mLanes *) (columns[k] + i);
#pragma GCC unroll 3
      for (int k = 0; k < 3; k++)
        {
          const P3mLanes odd = x[5] - x[3] * sums[k] + x[1] * products[k];
          const P3mLanes even = (x[4] - x[2] * sums[k] + x[0] * products[k]) * p3m_stem_roots[k];
          *(P3mLanes *) (patch->points[2 * k][quadruple] + i) = odd + even;
          *(P3mLanes *) (patch->points[2 * k + 1][quadruple] + i) = odd - even;
        }
      *(P3mLanes *) (patch->points[POINTS - 1][quadruple] + i)
          = x[6] - x[4] * (a + b + c) + x[2] * (a * b + b * c + c * a) - x[0] * (a * b * c);
    }
}

/* The rows in which a column of the patch is as the next. */
static guint32
compare_columns (const float *column, const float *next)
{
  guint32 same = 0;
  for (int row = 0; row < PATCH_ROWS; row++)
    {
      gboolean equal = TRUE;
      for (int i = row; i < 3 * PATCH_ROWS && equal; i += PATCH_ROWS)
        equal = column[i] == next[i];
      same |= (guint32) equal << row;
    }
  return same;
}

/* Finds the pixels whose 7x7 pixels are those of a neighbour in the row. */
static void
find_constant (Patch *patch)
{
  guint32 same[PATCH_COLUMNS - 1]; /* seven rows from each on, of a column and the next */
  for (int x = 0; x < PATCH_COLUMNS - 1; x++)
    {
      same[x] = compare_columns (patch->pixels[x], patch->pixels[x + 1]);
      for (int i = 0; i < 6; i++)
        same[x] &= same[x] >> 1;
    }
  for (int x = 0; x < SIDE * QUADRUPLES; x++)
    {
      guint32 both = ~0u; /* the six that the pixels to the left and to the right have in common */
      for (int i = 1; i < 7; i++)
        both &= same[x + i];
      patch->constant[x] = both & (same[x] | same[x + 7]);
    }
}

/* GROUP pixels of a column, a panel of outputs: the products with some columns of [3][7 rows]. */
P3M_INLINE void
multiply_columns (const float (*columns)[COLUMN], int count, int row, const float *weights,
                  float values[GROUP][PANEL])
{
  P3mLanes sums[GROUP][VECTORS] = { 0 };
#pragma GCC unroll 6 /* all of two columns: 6 % of the stem's time */
  for (int i = 0; i < 3 * count; i++)
    {
      const float *pixels = columns[i / 3] + i % 3 * PATCH_ROWS + row;
#pragma GCC unroll 1 /* or the compiler mixes the rows and runs out of registers */
      for (int k = 0; k < 7; k++, pixels++, weights += PANEL)
        {
#pragma GCC unroll 32
          for (int j = 0; j < GROUP * VECTORS; j++)
            sums[j / VECTORS][j % VECTORS]
                += *(const P3mLanes *) (weights + j % VECTORS * P3M_LANES) * pixels[j / VECTORS];
        }
    }
#pragma GCC unroll 32
  for (int j = 0; j < GROUP * VECTORS; j++)
    *(P3mLanes *) (values[j / VECTORS] + j % VECTORS * P3M_LANES) = sums[j / VECTORS][j % VECTORS];
}

/* From the points' sums to the four columns'. */
P3M_INLINE void
transform_sums (float sums[POINTS][GROUP][PANEL], float values[SIDE][GROUP][PANEL])
{
  const float a = p3m_stem_roots[0], b = p3m_stem_roots[1], c = p3m_stem_roots[2];
  for (int i = 0; i < GROUP * PANEL; i += P3M_LANES)
    {
      P3mLanes even[3], odd[3];
      for (int k = 0; k < 3; k++)
        {
          const P3mLanes plus = *(const P3mLanes *) (sums[2 * k][0] + i);
          const P3mLanes minus = *(const P3mLanes *) (sums[2 * k + 1][0] + i);
          even[k] = plus + minus;
          odd[k] = plus - minus;
        }
      *(P3mLanes *) (values[0][0] + i) = even[0] + even[1] + even[2];
      *(P3mLanes *) (values[1][0] + i) = odd[0] * a + odd[1] * b + odd[2] * c;
      *(P3mLanes *) (values[2][0] + i) = even[0] * (a * a) + even[1] * (b * b) + even[2] * (c * c);
      *(P3mLanes *) (values[3][0] + i) = odd[0] * (a * a * a) + odd[1] * (b * b * b)
                                         + odd[2] * (c * c * c)
                                         + *(const P3mLanes *) (sums[POINTS - 1][0] + i);
    }
}

/* GROUP rows of four columns, before bias and ReLU. */
P3M_INLINE void
convolve_group (const P3mStem *stem, const Patch *patch, int quadruple, int row, int panel,
                float values[SIDE][GROUP][PANEL])
{
  const guint32 rows = (1u << GROUP) - 1;
  const guint32 *constant = patch->constant + quadruple * SIDE;
  float sums[POINTS][GROUP][PANEL];
  const float *weights
      = p3m_stem_get_points (stem) + (gsize) panel * POINTS * P3M_STEM_POINT_TAPS * PANEL;
  for (int point = 0; point < POINTS; point++, weights += P3M_STEM_POINT_TAPS * PANEL)
    multiply_columns (patch->points[point] + quadruple, 2, row, weights, sums[point]);
  transform_sums (sums, values);
  for (int i = 0; i < SIDE; i++)
    if (constant[i] >> row & rows)
      {
        multiply_columns (patch->pixels + quadruple * SIDE + i + MARGIN - 3, 7, row,
                          stem->weights + (gsize) panel * P3M_STEM_TAPS * PANEL, sums[0]);
        for (int k = 0; k < GROUP; k++)
          if (constant[i] >> (row + k) & 1)
            memcpy (values[i][k], sums[0][k], sizeof sums[0][k]);
      }
}

/* Bias, ReLU, and a pixel's outputs of a panel into the map. */
P3M_INLINE void
finish_pixel (const P3mStem *stem, int panel, const float *sums, float *output)
{
  const int count = MIN (PANEL, stem->outputs - panel * PANEL);
  float values[PANEL];
  for (int i = 0; i < PANEL; i += P3M_LANES)
    {
      P3mLanes value
          = *(const P3mLanes *) (sums + i) + *(const P3mLanes *) (stem->bias + panel * PANEL + i);
      p3m_relu_lanes (&value);
      *(P3mLanes *) (values + i) = value;
    }
  memcpy (output + panel * PANEL, values, count * sizeof (float));
}

/* The full-size map of a tile from the picture around it. */
static void
convolve_tile (const P3mStem *stem, const P3mTile *tile, const Patch *patch, float *map)
{
  const int before = tile->x - first_column (tile);
  float values[SIDE][GROUP][PANEL];
  for (int panel = 0; panel * PANEL < stem->outputs; panel++)
    for (int quadruple = 0; quadruple * SIDE < before + tile->width; quadruple++)
      for (int row = 0; row < tile->height; row += GROUP)
        {
          convolve_group (stem, patch, quadruple, row, panel, values);
          for (int i = 0; i < SIDE; i++)
            for (int k = 0; k < MIN (GROUP, tile->height - row); k++)
              {
                const int column = quadruple * SIDE + i - before;
                if (column >= 0 && column < tile->width)
                  finish_pixel (stem, panel, values[i][k],
                                map + ((gsize) (row + k) * tile->width + column) * stem->outputs);
              }
        }
}

/* The cells of a sparse pool whose 2x2 pixels start in the rows and columns of the block, which need not be
 * multiples of the stride. */
static void
pool_sparse (const P3mStemJob *job, const P3mTile *tile, int top, int left, int stride,
             float *output)
{
  const int first_row = (top + stride - 1) / stride, first_column = (left + stride - 1) / stride;
  for (int row = first_row; row * stride < tile->y + tile->height; row++)
    for (int column = first_column; column * stride < tile->x + tile->width; column++)
      {
        const int y = row * stride, x = column * stride;
        const P3mWindow window
            = { .count = 4,
                .pixels
                = { p3m_tile_pixel (tile, y, x), p3m_tile_pixel (tile, y, x + 1),
                    p3m_tile_pixel (tile, y + 1, x), p3m_tile_pixel (tile, y + 1, x + 1) } };
        p3m_pool_window (&window, tile->channels,
                         output + ((gsize) row * (job->width / stride) + column) * tile->channels,
                         NULL);
      }
}

static void
stem_block (gconstpointer data, int block, float *scratch)
{
  const P3mStemJob *job = data;
  const int outputs = job->stem->outputs;
  Patch *patch = (Patch *) (gpointer) scratch;
  float *map = (float *) (gpointer) (patch + 1);
  const P3mTile tile = block_tile (job, block, map);
  const int top = (tile.y + 1) / 2, left = (tile.x + 1) / 2; /* of the pooled map */
  gather_pixels (job, &tile, patch);
  find_constant (patch);
  for (int i = 0; i <= QUADRUPLES; i++)
    transform_columns (patch, i);
  convolve_tile (job->stem, &tile, patch, map);
  for (int row = top; row * 2 < tile.y + tile.height; row++)
    for (int column = left; column * 2 < tile.x + tile.width; column++)
      {
        const gsize at = ((gsize) row * (job->width / 2) + column) * outputs;
        p3m_pool_cell (&tile, row, column, job->pooled + at, job->index ? job->index + at : NULL);
      }
  for (int i = 0; i < 3; i++)
    if (job->sparse[i])
      pool_sparse (job, &tile, top * 2, left * 2, 2 << i, job->sparse[i]);
}

P3mWork
P3M_FAST (p3m_stem_work) (const P3mStemJob *job)
{
  return (P3mWork){
    .run = stem_block,
    .blocks = ((job->width / 2 - 1) / TILE_COLUMNS + 1) * ((job->height / 2 - 1) / TILE_ROWS + 1),
    .scratch = sizeof (Patch) / sizeof (float)
               + (gsize) (2 * TILE_ROWS + 1) * (2 * TILE_COLUMNS + 1) * job->stem->outputs
  };
}
