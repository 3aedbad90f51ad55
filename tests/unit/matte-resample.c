/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The resize against numbers of scikit-image 0.19.3 and against a plain twin; reading in bands. */
#include "matte/reader.h"

#include <math.h>

/* A picture whose pixels are a formula of their position. */
typedef struct
{
  float (*value) (int x, int y, int channel);
  int next_row; /* bands come from top to bottom without a gap */
  int bands;
} Formula;

static gboolean
read_formula (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  (void) error;
  Formula *formula = user_data;
  g_assert_cmpint (area->x, ==, 0);
  g_assert_cmpint (area->y, ==, formula->next_row);
  formula->next_row += area->height;
  formula->bands++;
  for (int y = 0; y < area->height; y++)
    for (int x = 0; x < area->width; x++)
      for (int channel = 0; channel < 3; channel++)
        *rgb++ = formula->value (x, area->y + y, channel);
  return TRUE;
}

/* Undoes the normalisation: [3][height][width], R'G'B' 0..1. */
static void
denormalise (const P3mInput *input)
{
  static const float mean[] = { 0.485f, 0.456f, 0.406f };
  static const float deviation[] = { 0.229f, 0.224f, 0.225f };
  const gsize plane = (gsize) input->width * input->height;
  for (int channel = 0; channel < 3; channel++)
    for (gsize i = 0; i < plane; i++)
      {
        float *value = &input->values[channel * plane + i];
        *value = *value * deviation[channel] + mean[channel];
      }
}

/* What the network would see, as R'G'B'; the number of bands is returned. */
static int
read_picture (Formula *formula, int width, int height, int least_side, const P3mInput *inputs,
              int n_inputs)
{
  const P3mSource source = { width, height, read_formula, formula };
  const P3mAxis columns = p3m_axis_new (width, least_side);
  const P3mAxis rows = p3m_axis_new (height, least_side);
  GError *error = NULL;
  P3mInput whole[2];
  for (int i = 0; i < n_inputs; i++)
    {
      whole[i] = inputs[i];
      whole[i].area = (P3mArea){ 0.0, 0.0, columns.extent, rows.extent };
    }
  formula->next_row = formula->bands = 0;
  p3m_reader_run (&source, &columns, &rows, whole, n_inputs, 2, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (formula->next_row, ==, height);
  for (int i = 0; i < n_inputs; i++)
    denormalise (&inputs[i]);
  return formula->bands;
}

static P3mInput
input_new (int width, int height)
{
  return (P3mInput){ .width = width,
                     .height = height,
                     .values = g_new (float, (gsize) 3 * width * height) };
}

static float
input_get (const P3mInput *input, int x, int y, int channel)
{
  return input->values[((gsize) channel * input->height + y) * input->width + x];
}

static float
pattern (int x, int y, int channel)
{
  return ((x * 7 + y * 13 + channel * 5) % 11) / 10.0f;
}

/* skimage.transform.resize of a picture of 9 x 7 px of that pattern; channel 0. */
static void
test_known (void)
{
  static const struct
  {
    int width, height;
    float values[36];
  } cases[] = {
    { 3, 2, { 0.4618302f, 0.5483988f, 0.4727096f, 0.5078184f, 0.5013371f, 0.4578836f } },
    { 2,
      7,
      { 0.5299583f, 0.5183616f, 0.5149328f, 0.4007074f, 0.4165984f, 0.5972940f, 0.4992926f,
        0.3850672f, 0.4297466f, 0.5701889f, 0.5810904f, 0.4189096f, 0.4298111f, 0.5702534f } },
    { 4, 9, { 0.4321918f, 0.7138517f, 0.4300369f, 0.4130964f, 0.5418443f, 0.4704029f,
              0.3955797f, 0.4547341f, 0.4354811f, 0.4007559f, 0.4637943f, 0.5686056f,
              0.2647312f, 0.5026862f, 0.5750745f, 0.5936383f, 0.4202833f, 0.5250946f,
              0.5756664f, 0.2923641f, 0.4785761f, 0.4797082f, 0.7312172f, 0.4479197f,
              0.6063422f, 0.5758135f, 0.5319203f, 0.3881445f, 0.6326994f, 0.5168277f,
              0.4023720f, 0.3714355f, 0.5284798f, 0.2730877f, 0.5114447f, 0.4825467f } },
  };
  Formula formula = { pattern };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      P3mInput input = input_new (cases[i].width, cases[i].height);
      read_picture (&formula, 9, 7, 0, &input, 1);
      for (int k = 0; k < input.width * input.height; k++)
        g_assert_cmpfloat_with_epsilon (input.values[k], cases[i].values[k], 5e-7);
      g_free (input.values);
    }
}

static int
mirror (int i, int length)
{
  while (i < 0 || i >= length)
    {
      i = i < 0 ? -i : 2 * (length - 1) - i;
      if (length == 1)
        return 0;
    }
  return i;
}

/* One pixel by definition: the Gaussian of two neighbours, then the line between them; along y of what
 * comes out along x. */
typedef struct
{
  int width, height, channel;
  double x_sigma, y_sigma;
} Twin;

static double
twin_gaussian_at (double sigma, int length, int centre, double (*get) (int i, gpointer data),
                  gpointer data)
{
  const int radius = (int) (4.0 * sigma + 0.5);
  double sum = 0.0, total = 0.0;
  for (int k = -radius; k <= radius; k++)
    {
      const double weight = k ? exp (-0.5 * k * k / (sigma * sigma)) : 1.0;
      sum += weight * get (mirror (centre + k, length), data);
      total += weight;
    }
  return sum / total;
}

static double
twin_linear (double sigma, int length, double position, double (*get) (int i, gpointer data),
             gpointer data)
{
  const int whole = (int) floor (position);
  const double part = position - whole;
  return (1.0 - part) * twin_gaussian_at (sigma, length, whole, get, data)
         + part * twin_gaussian_at (sigma, length, whole + 1, get, data);
}

typedef struct
{
  const Twin *twin;
  double x;
  int y;
} TwinRow;

static double
twin_get_pixel (int x, gpointer data)
{
  const TwinRow *row = data;
  return pattern (x, row->y, row->twin->channel);
}

static double
twin_get_row (int y, gpointer data)
{
  TwinRow *row = data;
  row->y = y;
  return twin_linear (row->twin->x_sigma, row->twin->width, row->x, twin_get_pixel, row);
}

static double
twin_get (int width, int height, const P3mInput *input, int x, int y, int channel)
{
  const double x_scale = (double) width / input->width;
  const double y_scale = (double) height / input->height;
  const Twin twin = { width, height, channel, MAX (0.0, (x_scale - 1.0) / 2.0),
                      MAX (0.0, (y_scale - 1.0) / 2.0) };
  TwinRow row = { &twin, (x + 0.5) * x_scale - 0.5, 0 };
  return twin_linear (twin.y_sigma, height, (y + 0.5) * y_scale - 0.5, twin_get_row, &row);
}

static void
check_against_twin (int width, int height, const P3mInput *input)
{
  for (int i = 0; i < 40; i++)
    {
      const int x = g_test_rand_int_range (0, input->width);
      const int y = g_test_rand_int_range (0, input->height);
      const int channel = g_test_rand_int_range (0, 3);
      g_assert_cmpfloat_with_epsilon (input_get (input, x, y, channel),
                                      twin_get (width, height, input, x, y, channel), 2e-6);
    }
}

static void
test_twin (void)
{
  Formula formula = { pattern };
  for (int i = 0; i < 60; i++)
    {
      const int width = g_test_rand_int_range (1, 120), height = g_test_rand_int_range (1, 120);
      const P3mInput inputs[2] = {
        input_new (g_test_rand_int_range (1, 150), g_test_rand_int_range (1, 150)),
        input_new (g_test_rand_int_range (1, 40), g_test_rand_int_range (1, 40)),
      };
      read_picture (&formula, width, height, 0, inputs, 2);
      check_against_twin (width, height, &inputs[0]);
      check_against_twin (width, height, &inputs[1]);
      g_free (inputs[0].values);
      g_free (inputs[1].values);
    }
}

/* Rows so long that a band holds only a few of them, and fewer than a new row is made of. */
static void
test_bands (void)
{
  Formula formula = { pattern };
  const int width = 100000, height = 70;
  const P3mInput inputs[2] = { input_new (32, 2), input_new (64, 64) };
  const int bands = read_picture (&formula, width, height, 0, inputs, 2);
  g_assert_cmpint (bands, >, 2);
  for (int y = 0; y < 64; y += 7)
    g_assert_cmpfloat_with_epsilon (input_get (&inputs[1], 30, y, 1),
                                    twin_get (width, height, &inputs[1], 30, y, 1), 2e-6);
  for (int y = 0; y < 2; y++)
    g_assert_cmpfloat_with_epsilon (input_get (&inputs[0], 31, y, 2),
                                    twin_get (width, height, &inputs[0], 31, y, 2), 2e-6);
  g_free (inputs[0].values);
  g_free (inputs[1].values);
}

/* A part of a picture is seen as it is in the whole; of the rows above it and below only those are read
 * that its edges need. */
static void
test_part (void)
{
  Formula formula = { pattern };
  const int width = 40000, height = 600; /* 34 rows a band */
  const P3mAxis columns = p3m_axis_new (width, 64), rows = p3m_axis_new (height, 64);
  const P3mSource source = { width, height, read_formula, &formula };
  const P3mInput whole = input_new (160, 96);
  P3mInput part = input_new (64, 32);
  GError *error = NULL;
  part.area = (P3mArea){ 250.0 * 32, 6.25 * 50, 250.0 * 64, 6.25 * 32 };
  read_picture (&formula, width, height, 64, &whole, 1);
  formula.next_row = 34 * 8;
  p3m_reader_run (&source, &columns, &rows, &part, 1, 2, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (formula.next_row, ==, 34 * 16);
  denormalise (&part);
  for (int y = 0; y < part.height; y++)
    for (int x = 0; x < part.width; x++)
      for (int channel = 0; channel < 3; channel++)
        g_assert_cmpfloat_with_epsilon (input_get (&part, x, y, channel),
                                        input_get (&whole, x + 32, y + 50, channel), 2e-6);
  g_free (whole.values);
  g_free (part.values);
}

/* 64 x 64 px with a picture of 5 x 3 px mirrored out from its middle. */
static float
padded_pattern (int x, int y, int channel)
{
  return pattern (mirror (x - 29, 5), mirror (y - 30, 3), channel);
}

static void
test_mirrored (void)
{
  Formula small = { pattern }, padded = { padded_pattern };
  const P3mInput seen = input_new (32, 96), expected = input_new (32, 96);
  read_picture (&small, 5, 3, 64, &seen, 1);
  read_picture (&padded, 64, 64, 64, &expected, 1);
  for (int i = 0; i < 3 * 32 * 96; i++)
    g_assert_cmpfloat_with_epsilon (seen.values[i], expected.values[i], 1e-6);
  g_free (seen.values);
  g_free (expected.values);
}

static float
wild (int x, int y, int channel)
{
  static const float values[] = { NAN, -INFINITY, INFINITY, -0.5f, 1.5f, 1e30f, 0.25f };
  return values[(x + 2 * y + channel) % G_N_ELEMENTS (values)];
}

static float
tame (int x, int y, int channel)
{
  static const float values[] = { 0.0f, 0.0f, 1.0f, 0.0f, 1.0f, 1.0f, 0.25f };
  return values[(x + 2 * y + channel) % G_N_ELEMENTS (values)];
}

static void
test_wild_pixels (void)
{
  Formula formulas[2] = { { wild }, { tame } };
  const P3mInput inputs[2] = { input_new (32, 32), input_new (32, 32) };
  for (int i = 0; i < 2; i++)
    read_picture (&formulas[i], 90, 70, 64, &inputs[i], 1);
  g_assert_cmpmem (inputs[0].values, 4 * 3 * 32 * 32, inputs[1].values, 4 * 3 * 32 * 32);
  g_free (inputs[0].values);
  g_free (inputs[1].values);
}

static void
check_taps (const P3mTaps *taps, int length)
{
  for (int i = 0; i < taps->count; i++)
    {
      const P3mTap *tap = &taps->taps[i];
      double sum = 0.0;
      g_assert_cmpint (tap->first, >=, 0);
      g_assert_cmpint (tap->first + tap->count, <=, length);
      for (int k = 0; k < tap->count; k++)
        {
          g_assert_cmpfloat (tap->weights[k], >=, 0.0f);
          sum += tap->weights[k];
        }
      g_assert_cmpfloat_with_epsilon (sum, 1.0, 1e-5);
    }
}

static void
test_weights (void)
{
  static const int lengths[] = { 1, 2, 3, 63, 64, 65, 1601, 30000, P3M_MAX_SIDE };
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (int size = 32; size <= 1600; size += 784)
      {
        const P3mAxis axis = p3m_axis_new (lengths[i], 64);
        g_autoptr (P3mTaps) there = p3m_taps_new_to_network (&axis, 0.0, axis.extent, size);
        g_assert_cmpint (there->count, ==, size);
        check_taps (there, lengths[i]);
        g_autoptr (P3mTaps) back = p3m_taps_new_to_picture (&axis, size, lengths[i], 0, lengths[i]);
        g_assert_cmpint (back->count, ==, lengths[i]);
        check_taps (back, size);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/matte/resample/known", test_known);
  g_test_add_func ("/matte/resample/twin", test_twin);
  g_test_add_func ("/matte/resample/bands", test_bands);
  g_test_add_func ("/matte/resample/part", test_part);
  g_test_add_func ("/matte/resample/mirrored", test_mirrored);
  g_test_add_func ("/matte/resample/wild-pixels", test_wild_pixels);
  g_test_add_func ("/matte/resample/weights", test_weights);
  return g_test_run ();
}
