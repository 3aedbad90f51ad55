/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Every fast kernel against its plain twin, over random shapes. */
#include "kernel/kernel.h"

#include <math.h>
#include <string.h>

#include "kernels.h"

/* Of the root mean square of the expected values: float32 sums of up to some thousand terms. */
#define TOLERANCE 3e-5

enum
{
  ROUNDS = 40
};

/* [count] in -1..1; with levels > 0 only that many different values, so that ties are common. */
static float *
random_values (gsize count, int levels)
{
  float *values = g_new (float, count);
  for (gsize i = 0; i < count; i++)
    {
      values[i] = g_test_rand_double_range (-1.0, 1.0);
      if (levels > 0)
        values[i] = MAX (floorf (values[i] * levels), 0.0f);
    }
  return values;
}

static guint8 *
random_index (int height, int width, int channels)
{
  const gsize count = (gsize) height * width * channels;
  guint8 *index = g_new (guint8, count);
  for (gsize i = 0; i < count; i++)
    {
      const int first = i / channels < (gsize) width, left = i / channels % width == 0;
      index[i] = g_test_rand_int_range (first, 3) * 3 + g_test_rand_int_range (left, 3);
    }
  return index;
}

static void
run (P3mWork work, gconstpointer job)
{
  char *block = g_malloc (work.scratch * sizeof (float) + 64);
  float *scratch = (gpointer) (block + (64 - GPOINTER_TO_SIZE (block) % 64));
  kernels_do (work, job, scratch, g_test_rand_bit ());
  g_free (block);
}

static P3mWork
run_convolution (P3mConvolutionJob *job)
{
  const P3mWork work = p3m_convolution_work (job);
  g_autofree float *shared = g_new (float, work.shared);
  job->shared = shared;
  run (work, job);
  return work;
}

static void
assert_close (const float *values, const float *expected, gsize count)
{
  double worst = 0.0, squares = 0.0;
  for (gsize i = 0; i < count; i++)
    {
      worst = MAX (worst, isnan (values[i]) ? INFINITY : fabs ((double) values[i] - expected[i]));
      squares += (double) expected[i] * expected[i];
    }
  g_assert_cmpfloat (worst, <=, TOLERANCE * sqrt (squares / count));
}

static void
assert_same (gconstpointer values, gconstpointer expected, gsize bytes)
{
  g_assert_cmpmem (values, bytes, expected, bytes);
}

/* A convolution of random weights. plain: the same weights in the plain twin's order. */
static P3mConvolution
random_convolution (P3mMethod method, int size, int inputs, int outputs, float **plain)
{
  const gsize taps = size * size;
  float *weights = g_new0 (float, p3m_convolution_count_weights (method, size, inputs, outputs));
  *plain = random_values (taps * inputs * outputs, 0);
  for (int i = 0; i < inputs; i++)
    for (int o = 0; o < outputs; o += 16)
      {
        double kernels[9][16] = { 0 };
        for (gsize t = 0; t < taps; t++)
          for (int k = 0; k < MIN (16, outputs - o); k++)
            kernels[t][k] = (*plain)[(t * inputs + i) * outputs + o + k];
        p3m_convolution_put_kernels (method, size, inputs, outputs, i, o, kernels[0], weights);
      }
  float *bias = random_values (outputs + 16, 0);
  return (P3mConvolution){ method, size, inputs, outputs, weights, bias };
}

static P3mPart
random_part (int height, int width, gboolean unpooled, int channels)
{
  const int scale = unpooled ? 2 : 1;
  const gsize count = (gsize) (height / scale) * (width / scale) * channels;
  return (P3mPart){ random_values (count, 0),
                    unpooled ? random_index (height / 2, width / 2, channels) : NULL, channels };
}

/* A job with random contents of these shapes, in place on its residual as the network has it, against its
 * plain twin. */
static void
compare_convolution (P3mMethod method, int size, int height, int width, int n_parts,
                     const int *channels, gboolean unpooled, int outputs)
{
  const gsize count = (gsize) height * width * outputs;
  P3mConvolutionJob job = {
    .n_parts = n_parts, .height = height, .width = width, .activation = g_test_rand_int_range (0, 4)
  };
  int inputs = 0;
  for (int i = 0; i < n_parts; i++)
    {
      job.parts[i] = random_part (height, width, unpooled, channels[i]);
      inputs += channels[i];
    }
  g_autofree float *weights = NULL;
  const P3mConvolution convolution = random_convolution (method, size, inputs, outputs, &weights);
  g_autofree float *values = random_values (count, 0);
  g_autofree float *expected = g_new (float, count);
  job.convolution = &convolution;
  job.residual = values;
  job.output = expected;
  p3m_convolution_plain (&job, weights);
  job.output = values;
  run_convolution (&job);
  assert_close (values, expected, count);
  for (int i = 0; i < n_parts; i++)
    {
      g_free ((gpointer) job.parts[i].values);
      g_free ((gpointer) job.parts[i].index);
    }
  g_free ((gpointer) convolution.weights);
  g_free ((gpointer) convolution.bias);
}

static void
test_convolution (gconstpointer data)
{
  const P3mMethod method = GPOINTER_TO_INT (data);
  for (int i = 0; i < ROUNDS; i++)
    {
      const int channels[]
          = { g_test_rand_int_range (1, 70), g_test_rand_int_range (1, 40), 8 * (1 + i % 4) };
      const int size = method < P3M_METHOD_WINOGRAD && i % 2 ? 1 : 3;
      compare_convolution (method, size, g_test_rand_int_range (1, 24),
                           g_test_rand_int_range (1, 40), g_test_rand_int_range (1, 4), channels,
                           FALSE, g_test_rand_int_range (1, 90));
    }
  const int wide[]
      = { 390 }; /* many inputs, few pixels; and so many that they are cut into chunks */
  compare_convolution (method, 3, 9, 17, 1, wide, FALSE, 300);
  const int deep[] = { 130, 70 };
  compare_convolution (method, 3, 37, 70, 2, deep, FALSE, 40);
}

static void
test_convolution_unpooled (gconstpointer data)
{
  for (int i = 0; i < ROUNDS; i++)
    {
      const int channels = g_test_rand_int_range (1, 70);
      compare_convolution (GPOINTER_TO_INT (data), 1, 2 * g_test_rand_int_range (1, 12),
                           2 * g_test_rand_int_range (1, 20), 1, &channels, TRUE,
                           g_test_rand_int_range (1, 90));
    }
}

/* Tiles computed alone have the bits of the whole map, no other tile is touched, and what was planned for the
 * whole map is enough for them. */
static void
compare_tiles (P3mMethod method, int inputs)
{
  const int size = method == P3M_METHOD_DIRECT ? 1 : 3;
  const int height = 50, width = 61, across = 16, outputs = 40;
  const gsize count = (gsize) height * width * outputs;
  const int tiles[] = { 0, 1, 9, 13, 14, 15, 16, 31, 39, 50, 58, 59, 176, 191, 192, 207 };
  g_autofree float *weights = NULL;
  const P3mConvolution convolution = random_convolution (method, size, inputs, outputs, &weights);
  const P3mPart part = random_part (height, width, FALSE, inputs);
  g_autofree float *whole = g_new (float, count);
  g_autofree float *some = g_new0 (float, count);
  P3mConvolutionJob job = { .convolution = &convolution,
                            .parts = { part },
                            .n_parts = 1,
                            .height = height,
                            .width = width,
                            .output = whole };
  const P3mWork planned = run_convolution (&job);
  job.output = some;
  job.tiles = tiles;
  job.n_tiles = G_N_ELEMENTS (tiles);
  const P3mWork work = run_convolution (&job);
  g_assert_cmpuint (work.shared, <=, planned.shared);
  g_assert_cmpuint (work.scratch, <=, planned.scratch);
  for (int i = 0; i < height * width; i++)
    {
      gboolean wanted = FALSE;
      for (guint k = 0; k < G_N_ELEMENTS (tiles); k++)
        wanted |= tiles[k] == i / width / 4 * across + i % width / 4;
      for (int o = 0; o < outputs; o++)
        g_assert_cmpfloat (some[i * outputs + o], ==, wanted ? whole[i * outputs + o] : 0.0f);
    }
  g_free ((gpointer) part.values);
  g_free ((gpointer) convolution.weights);
  g_free ((gpointer) convolution.bias);
}

static void
test_convolution_tiles (gconstpointer data)
{
  compare_tiles (GPOINTER_TO_INT (data), 24);
  compare_tiles (GPOINTER_TO_INT (data), 200);
}

static void
test_narrow (void)
{
  for (int i = 0; i < ROUNDS; i++)
    {
      const int height = g_test_rand_int_range (1, 20), width = g_test_rand_int_range (1, 40);
      const int inputs = g_test_rand_int_range (1, 70), outputs = g_test_rand_int_range (1, 5);
      const gsize count = (gsize) height * width * outputs;
      g_autofree float *input = random_values ((gsize) height * width * inputs, 0);
      g_autofree float *weights = random_values ((gsize) 9 * inputs * outputs, 0);
      g_autofree float *bias = random_values (outputs, 0);
      g_autofree float *values = g_new (float, count);
      g_autofree float *expected = g_new (float, count);
      const P3mNarrow narrow = { inputs, outputs, weights, bias };
      P3mNarrowJob job = { &narrow, input, height, width, expected };
      p3m_narrow_plain (&job);
      job.output = values;
      run (p3m_narrow_work (&job), &job);
      assert_close (values, expected, count);
    }
}

static void
test_head (void)
{
  for (int i = 0; i < ROUNDS; i++)
    {
      const int height = 2 * g_test_rand_int_range (1, 20);
      const int width = 2 * g_test_rand_int_range (1, 70);
      const int inputs = g_test_rand_int_range (1, 40);
      const gsize count = (gsize) height * width;
      g_autofree float *input = random_values (count / 4 * inputs, 0);
      g_autofree guint8 *index = random_index (height / 2, width / 2, inputs);
      g_autofree float *weights = random_values ((gsize) 9 * inputs, 0);
      g_autofree float *bias = random_values (1, 0);
      g_autofree float *values = g_new (float, count);
      g_autofree float *expected = g_new (float, count);
      const P3mNarrow narrow = { inputs, 1, weights, bias };
      g_autofree guint8 *classes = g_new0 (guint8, count);
      g_autofree float *alpha = g_new (float, count);
      g_autofree float *expected_alpha = g_new (float, count);
      for (gsize k = 0; k < count;
           k++) /* mostly without transition on the left, mixed on the right */
        classes[k]
            = (int) (k % width) < width / 2 ? 2 * g_test_rand_bit () : g_test_rand_int_range (0, 3);
      P3mHeadJob job = { &narrow, input, index, height, width, classes, expected, expected_alpha };
      p3m_head_plain (&job);
      job.local = i % 3 == 0 ? NULL : values;
      job.alpha = i % 3 == 1 ? NULL : alpha;
      run (p3m_head_work (&job), &job);
      if (job.local)
        assert_close (values, expected, count);
      if (job.alpha)
        assert_close (alpha, expected_alpha, count);
    }
}

static void
test_sigmoid (void)
{
  g_assert_cmpfloat (p3m_sigmoid (0.0f), ==, 0.5f);
  g_assert_cmpfloat (p3m_sigmoid (-1000.0f), ==, 0.0f);
  g_assert_cmpfloat (p3m_sigmoid (1000.0f), ==, 1.0f);
  for (float x = -30.0f; x <= 30.0f; x += 0.37f)
    {
      const double expected = 1.0 / (1.0 + exp (-(double) x));
      g_assert_cmpfloat_with_epsilon (p3m_sigmoid (x), expected, expected * 1e-6);
    }
}

/* Half of the rounds with ties: few levels, most of them zero as after a ReLU. */
static void
test_pool (void)
{
  for (int i = 0; i < ROUNDS; i++)
    {
      const int height = 2 * g_test_rand_int_range (1, 20);
      const int width = 2 * g_test_rand_int_range (1, 20);
      const int channels = g_test_rand_int_range (1, 70);
      const gsize count = (gsize) height * width * channels / 4;
      g_autofree float *input = random_values (count * 4, i % 2 * 2);
      g_autofree float *values = g_new (float, count);
      g_autofree float *expected = g_new (float, count);
      g_autofree guint8 *index = g_new (guint8, count);
      g_autofree guint8 *expected_index = g_new (guint8, count);
      P3mPoolJob job = { input, height, width, channels, expected, expected_index };
      p3m_pool_plain (&job);
      job.output = values;
      job.index = index;
      run (p3m_pool_work (&job), &job);
      assert_same (values, expected, count * sizeof *values);
      assert_same (index, expected_index, count);
      memset (values, 0, count * sizeof *values);
      job.index = NULL;
      run (p3m_pool_work (&job), &job);
      assert_same (values, expected, count * sizeof *values);
    }
}

/* Random indices name the same cell from up to four windows. */
static void
test_unpool (void)
{
  for (int i = 0; i < ROUNDS; i++)
    {
      const int height = 2 * g_test_rand_int_range (1, 20);
      const int width = 2 * g_test_rand_int_range (1, 20);
      const int channels = g_test_rand_int_range (1, 70);
      const gsize count = (gsize) height * width * channels;
      g_autofree float *input = random_values (count / 4, 0);
      g_autofree guint8 *index = random_index (height / 2, width / 2, channels);
      g_autofree float *values = g_new (float, count);
      g_autofree float *expected = g_new (float, count);
      const P3mPart part = { input, index, channels };
      p3m_unpool_plain (&part, height, width, expected);
      for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
          p3m_unpool_pixel (&part, height, width, y, x, values + (y * width + x) * channels);
      assert_same (values, expected, count * sizeof *values);
    }
}

/* Two windows name one cell: the value of the later window in row-major order is there. */
static void
test_unpool_collision (void)
{
  const float input[4] = { 1.0f, 2.0f, 3.0f, 4.0f };
  const guint8 index[4] = { 8, 6, 2, 0 }; /* all of them cell (1, 1) of 4x4 */
  const P3mPart part = { input, index, 1 };
  float values[16];
  p3m_unpool_plain (&part, 4, 4, values);
  for (int i = 0; i < 16; i++)
    g_assert_cmpfloat (values[i], ==, i == 5 ? 4.0f : 0.0f);
}

/* Random weights of a stem, both kinds. */
static float *
random_stem_weights (int outputs)
{
  double kernels[7 * 7 * P3M_STEM_PANEL];
  float *weights = g_new0 (float, p3m_stem_count_weights (outputs));
  for (int o = 0; o < outputs; o += P3M_STEM_PANEL)
    for (int input = 0; input < 3; input++)
      {
        for (gsize i = 0; i < G_N_ELEMENTS (kernels); i++)
          kernels[i] = o + (int) i % P3M_STEM_PANEL < outputs
                           ? (float) g_test_rand_double_range (-1.0, 1.0)
                           : 0.0;
        p3m_stem_put_kernels (outputs, input, o, kernels, weights);
      }
  return weights;
}

/* Noise, and in the middle a part where rows are constant, half of them alike: ties in the pool. */
static float *
random_picture (int height, int width)
{
  float *rgb = random_values ((gsize) 3 * height * width, 0);
  for (int i = 0; i < 3 * height; i++)
    for (int x = width / 8; x < width * 7 / 8; x++)
      if (i % height > height / 8)
        rgb[i * width + x] = i % height > height / 2 ? 0.7f : rgb[i * width];
  return rgb;
}

static void
test_stem (void)
{
  gsize flips = 0, cells = 0; /* near-ties that rounding decides otherwise */
  for (int i = 0; i < ROUNDS / 4; i++)
    {
      const int height = 8 * g_test_rand_int_range (1, 8),
                width = 8 * g_test_rand_int_range (1, 20);
      const int outputs = g_test_rand_int_range (1, 20);
      const gsize count = (gsize) height * width / 4 * outputs;
      g_autofree float *rgb = random_picture (height, width);
      const int panels = (outputs - 1) / P3M_STEM_PANEL + 1;
      g_autofree float *weights = random_stem_weights (outputs);
      g_autofree float *bias = random_values (panels * P3M_STEM_PANEL, 0);
      const P3mStem stem = { outputs, weights, bias };
      g_autofree float *values = g_new (float, count * 2);
      g_autofree float *expected = g_new (float, count * 2);
      g_autofree float *sparse = g_new (float, count * 3);
      g_autofree float *expected_sparse = g_new (float, count * 3);
      g_autofree guint8 *index = g_new (guint8, count);
      g_autofree guint8 *expected_index = g_new (guint8, count);
      P3mStemJob job = { .stem = &stem, .rgb = rgb, .height = height, .width = width };
      job.pooled = expected;
      job.index = expected_index;
      for (int k = 0; k < 3; k++)
        job.sparse[k] = expected_sparse + count * k;
      p3m_stem_plain (&job);
      job.pooled = values;
      job.index = index;
      for (int k = 0; k < 3; k++)
        job.sparse[k] = sparse + count * k;
      run (p3m_stem_work (&job), &job);
      assert_close (values, expected, count);
      for (int k = 0; k < 3; k++)
        assert_close (job.sparse[k], expected_sparse + count * k, count >> 2 * k);
      for (gsize k = 0; k < count; k++)
        flips += index[k] != expected_index[k] && values[k] > 0.0f;
      cells += count;
    }
  g_assert_cmpuint (flips, <=, cells / 10000);
}

static void
test_upsample (void)
{
  for (int i = 0; i < ROUNDS; i++)
    {
      const int height = g_test_rand_int_range (1, 9), width = g_test_rand_int_range (1, 12);
      const int channels = g_test_rand_int_range (1, 40), factor = 2 << i % 4;
      const gsize count = (gsize) height * width * channels * factor * factor;
      g_autofree float *input = random_values ((gsize) height * width * channels, 0);
      g_autofree float *values = g_new (float, count);
      g_autofree float *expected = g_new (float, count);
      P3mUpsampleJob job = { input, height, width, channels, factor, expected };
      p3m_upsample_plain (&job);
      job.output = values;
      run (p3m_upsample_work (&job), &job);
      assert_close (values, expected, count);
    }
}

/* Small whole numbers: both twins compute exactly, and classes tie. */
static void
test_classes (void)
{
  for (int i = 0; i < ROUNDS; i++)
    {
      const int height = g_test_rand_int_range (1, 20), width = g_test_rand_int_range (1, 20);
      const gsize count = (gsize) height * width * 4;
      g_autofree float *input = random_values (count / 4 * 3, 2);
      g_autofree float *logits = g_new0 (float, count * 3);
      g_autofree float *expected_logits = g_new (float, count * 3);
      g_autofree guint8 *classes = g_new (guint8, count);
      g_autofree guint8 *expected = g_new (guint8, count);
      P3mClassesJob job = { input, height, width, expected_logits, expected };
      p3m_classes_plain (&job);
      job.logits = i % 3 == 1 ? NULL : logits;
      job.classes = i % 3 == 2 ? NULL : classes;
      run (p3m_classes_work (&job), &job);
      if (job.logits)
        assert_same (logits, expected_logits, count * 3 * sizeof *logits);
      if (job.classes)
        assert_same (classes, expected, count);
    }
}

int
main (int argc, char **argv)
{
  if (kernels_are_missing ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/kernel/blas", GINT_TO_POINTER (P3M_METHOD_BLAS), test_convolution);
  g_test_add_data_func ("/kernel/blas/unpooled", GINT_TO_POINTER (P3M_METHOD_BLAS),
                        test_convolution_unpooled);
  g_test_add_data_func ("/kernel/direct", GINT_TO_POINTER (P3M_METHOD_DIRECT), test_convolution);
  g_test_add_data_func ("/kernel/direct/unpooled", GINT_TO_POINTER (P3M_METHOD_DIRECT),
                        test_convolution_unpooled);
  g_test_add_data_func ("/kernel/direct/tiles", GINT_TO_POINTER (P3M_METHOD_DIRECT),
                        test_convolution_tiles);
  g_test_add_data_func ("/kernel/winograd", GINT_TO_POINTER (P3M_METHOD_WINOGRAD),
                        test_convolution);
  g_test_add_data_func ("/kernel/winograd-late", GINT_TO_POINTER (P3M_METHOD_WINOGRAD_LATE),
                        test_convolution);
  g_test_add_data_func ("/kernel/winograd-late/tiles", GINT_TO_POINTER (P3M_METHOD_WINOGRAD_LATE),
                        test_convolution_tiles);
  g_test_add_data_func ("/kernel/winograd/tiles", GINT_TO_POINTER (P3M_METHOD_WINOGRAD),
                        test_convolution_tiles);
  g_test_add_func ("/kernel/narrow", test_narrow);
  g_test_add_func ("/kernel/head", test_head);
  g_test_add_func ("/kernel/sigmoid", test_sigmoid);
  g_test_add_func ("/kernel/pool", test_pool);
  g_test_add_func ("/kernel/unpool", test_unpool);
  g_test_add_func ("/kernel/unpool/collision", test_unpool_collision);
  g_test_add_func ("/kernel/stem", test_stem);
  g_test_add_func ("/kernel/upsample", test_upsample);
  g_test_add_func ("/kernel/classes", test_classes);
  return g_test_run ();
}
