/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* GEGL buffers as the engine's sources and sinks: models, depths, profiles, transparency, offsets. */
#include "buffer.h"
#include "samples.h"

#include <math.h>

/* A buffer of one colour that lies where no other test's buffer would. */
static GeglBuffer *
new_buffer (const Babl *format, const void *pixel)
{
  const GeglRectangle extent = { -7, 11, 5, 3 };
  GeglBuffer *buffer = gegl_buffer_new (&extent, format);
  for (int y = 0; y < extent.height; y++)
    for (int x = 0; x < extent.width; x++)
      gegl_buffer_set (buffer, GEGL_RECTANGLE (extent.x + x, extent.y + y, 1, 1), 0, format, pixel,
                       GEGL_AUTO_ROWSTRIDE);
  return buffer;
}

/* rgb: what every pixel must read as, R'G'B' in sRGB, to `tolerance` */
static void
check_reads_as (GeglBuffer *buffer, const float *rgb, float tolerance)
{
  float pixels[3][5][3]; /* [height][width][3] */
  const P3mRectangle area = { 0, 0, 5, 3 };
  const P3mSource source = p3m_source_from_buffer (buffer);
  g_autoptr (GError) error = NULL;
  g_assert_cmpint (source.width, ==, 5);
  g_assert_cmpint (source.height, ==, 3);
  g_assert_true (source.read (&area, &pixels[0][0][0], source.user_data, &error));
  g_assert_no_error (error);
  for (int y = 0; y < 3; y++)
    for (int x = 0; x < 5; x++)
      for (int c = 0; c < 3; c++)
        g_assert_cmpfloat_with_epsilon (pixels[y][x][c], rgb[c], tolerance);
}

static void
test_integers (void)
{
  const guint8 bytes[3] = { 0, 128, 255 };
  const guint16 words[3] = { 0, 32768, 65535 };
  g_autoptr (GeglBuffer) small = new_buffer (babl_format ("R'G'B' u8"), bytes);
  g_autoptr (GeglBuffer) large = new_buffer (babl_format ("R'G'B' u16"), words);
  check_reads_as (small, (const float[3]){ 0, 128 / 255.0f, 1 }, 1e-6f);
  check_reads_as (large, (const float[3]){ 0, 32768 / 65535.0f, 1 }, 1e-6f);
}

/* Linear light is given sRGB's tone curve: 0.2140411 is the middle of the perceptual scale. */
static void
test_linear (void)
{
  const float pixel[3] = { 0, 0.21404114f, 1 };
  g_autoptr (GeglBuffer) buffer = new_buffer (babl_format ("RGB float"), pixel);
  check_reads_as (buffer, (const float[3]){ 0, 0.5f, 1 }, 1e-4f);
}

static void
test_grey (void)
{
  const guint8 pixel = 51;
  g_autoptr (GeglBuffer) buffer = new_buffer (babl_format ("Y' u8"), &pixel);
  check_reads_as (buffer, (const float[3]){ 0.2f, 0.2f, 0.2f }, 1e-5f);
}

/* The colour behind a transparent pixel does not reach the network; half of it does from a half one. */
static void
test_transparency (void)
{
  const float clear[4] = { 1, 0, 1, 0 }, half[4] = { 1, 0, 0.5f, 0.5f };
  const guint8 grey[2] = { 255, 0 }, bytes[4] = { 255, 0, 102, 51 };
  g_autoptr (GeglBuffer) nothing = new_buffer (babl_format ("R'G'B'A float"), clear);
  g_autoptr (GeglBuffer) something = new_buffer (babl_format ("R'G'B'A float"), half);
  g_autoptr (GeglBuffer) nothing_grey = new_buffer (babl_format ("Y'A u8"), grey);
  g_autoptr (GeglBuffer) small = new_buffer (babl_format ("R'G'B'A u8"), bytes);
  check_reads_as (nothing, (const float[3]){ 0.5f, 0.5f, 0.5f }, 1e-6f);
  check_reads_as (small, (const float[3]){ 0.6f, 0.4f, 0.48f }, 1e-6f);
  check_reads_as (something, (const float[3]){ 0.75f, 0.25f, 0.5f }, 1e-6f);
  check_reads_as (nothing_grey, (const float[3]){ 0.5f, 0.5f, 0.5f }, 1e-6f);
}

/* Full red in the primaries of another space is a red that sRGB cannot show. */
static void
test_space (void)
{
  const Babl *curve = babl_trc_gamma (2.2);
  const Babl *space
      = babl_space_from_chromaticities ("p3m-test", 0.3127, 0.3290, 0.64, 0.33, 0.21, 0.71, 0.15,
                                        0.06, curve, curve, curve, BABL_SPACE_FLAG_EQUALIZE);
  const float green[3] = { 0, 1, 0 }, white[3] = { 1, 1, 1 };
  const Babl *format = babl_format_with_space ("R'G'B' float", space);
  g_autoptr (GeglBuffer) wide = new_buffer (format, green);
  g_autoptr (GeglBuffer) neutral = new_buffer (format, white);
  float pixel[3];
  const P3mSource source = p3m_source_from_buffer (wide);
  g_assert_true (source.read (&(P3mRectangle){ 0, 0, 1, 1 }, pixel, source.user_data, NULL));
  g_assert_cmpfloat (pixel[0], <, -0.1);
  g_assert_cmpfloat_with_epsilon (pixel[1], 1, 0.01);
  check_reads_as (neutral, white, 1e-3f);
}

/* Areas count from the buffer's own corner. */
static void
test_areas (void)
{
  const guint8 black[3] = { 0, 0, 0 }, white[3] = { 255, 255, 255 };
  g_autoptr (GeglBuffer) buffer = new_buffer (babl_format ("R'G'B' u8"), black);
  gegl_buffer_set (buffer, GEGL_RECTANGLE (-7 + 2, 11 + 1, 1, 1), 0, babl_format ("R'G'B' u8"),
                   white, GEGL_AUTO_ROWSTRIDE);
  const P3mSource source = p3m_source_from_buffer (buffer);
  float row[5][3]; /* [width][3] */
  g_assert_true (source.read (&(P3mRectangle){ 0, 1, 5, 1 }, &row[0][0], source.user_data, NULL));
  for (int x = 0; x < 5; x++)
    g_assert_cmpfloat (row[x][1], ==, x == 2 ? 1 : 0);
}

/* expected: R'G'B'A of each pixel of areas that begin inside of the buffer and end beyond it; GEGL rounds where it scales. */
static void
check_scaled (GeglBuffer *buffer, const guint8 expected[4])
{
  static const double scales[] = { 1.0, 0.5 };
  guint8 rgba[3 * 6 * 4]; /* [height][width][4] */
  for (gsize k = 0; k < G_N_ELEMENTS (scales); k++)
    {
      const P3mRectangle area = { (int) (-5 * scales[k]), (int) (12 * scales[k]), 6, 3 };
      p3m_buffer_read_scaled (buffer, scales[k], &area, rgba);
      for (gsize i = 0; i < sizeof rgba; i++)
        g_assert_cmpint (ABS (rgba[i] - expected[i % 4]), <=, scales[k] < 1.0 ? 1 : 0);
    }
}

static void
test_scaled (void)
{
  const guint8 pixel[4] = { 255, 7, 102, 51 }, opaque[4] = { 255, 7, 102, 255 };
  const guint8 grey = 7, opaque_grey[4] = { 7, 7, 7, 255 };
  g_autoptr (GeglBuffer) with_alpha = new_buffer (babl_format ("R'G'B'A u8"), pixel);
  g_autoptr (GeglBuffer) without = new_buffer (babl_format ("R'G'B' u8"), pixel);
  g_autoptr (GeglBuffer) without_colour = new_buffer (babl_format ("Y' u8"), &grey);
  check_scaled (with_alpha, pixel);
  check_scaled (without, opaque);
  check_scaled (without_colour, opaque_grey);
}

/* Two pixels, whose alphas are 1 and 0.2, and the same with half of that. */
static void
check_samples (const char *encoding, gconstpointer stored, gconstpointer halved, gsize size)
{
  const Babl *format = babl_format (encoding);
  const int channels = babl_format_get_n_components (format);
  const P3mSamples *samples = p3m_samples_find (format);
  const float half[2] = { 0.5f, 0.5f };
  float alpha[2];
  g_autofree guint8 *pixels = g_memdup2 (stored, size);
  g_assert_nonnull (samples);
  g_assert_cmpint (samples->size * channels * 2, ==, size);
  samples->get_alpha (pixels, 2, channels, alpha);
  g_assert_cmpfloat_with_epsilon (alpha[0], 1, 1e-6);
  g_assert_cmpfloat_with_epsilon (alpha[1], 0.2, 1e-6);
  samples->multiply (pixels, half, 2, channels);
  g_assert_cmpmem (pixels, size, halved, size);
}

static void
test_samples (void)
{
  const guint8 bytes[2][4] = { { 9, 8, 7, 255 }, { 9, 8, 7, 51 } };
  const guint8 half_bytes[2][4] = { { 9, 8, 7, 128 }, { 9, 8, 7, 26 } };
  const guint16 words[2][2] = { { 9, 65535 }, { 9, 13107 } };
  const guint16 half_words[2][2] = { { 9, 32768 }, { 9, 6554 } };
  const float floats[2][4] = { { 9, 8, 7, 1 }, { 9, 8, 7, 0.2f } };
  const float half_floats[2][4] = { { 9, 8, 7, 0.5f }, { 9, 8, 7, 0.1f } };
  check_samples ("R'G'B'A u8", bytes, half_bytes, sizeof bytes);
  check_samples ("Y'A u16", words, half_words, sizeof words);
  check_samples ("RGBA float", floats, half_floats, sizeof floats);
  g_assert_null (p3m_samples_find (babl_format ("R'G'B' u8")));
  g_assert_null (p3m_samples_find (babl_format ("RGBA half")));
  g_assert_null (p3m_samples_find (babl_format ("R'aG'aB'aA u8")));
}

static void
check_stores (const Babl *format, float tolerance)
{
  static const float alpha[2][5] = { { 0, 0.25f, 0.5f, 0.75f, 1 }, { 1, 0.1f, 0.01f, 0.001f, 0 } };
  float stored[2][5]; /* [height][width] */
  const GeglRectangle extent = { 3, -4, 5, 3 };
  g_autoptr (GeglBuffer) buffer = gegl_buffer_new (&extent, format);
  const P3mSink sink = p3m_sink_to_buffer (buffer);
  g_assert_true (sink.write (&(P3mRectangle){ 0, 1, 5, 2 }, &alpha[0][0], sink.user_data, NULL));
  gegl_buffer_get (buffer, GEGL_RECTANGLE (3, -3, 5, 2), 1.0, babl_format ("Y float"), stored,
                   GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (int y = 0; y < 2; y++)
    for (int x = 0; x < 5; x++)
      g_assert_cmpfloat_with_epsilon (stored[y][x], alpha[y][x], tolerance);
}

static void
test_sink (void)
{
  check_stores (babl_format ("Y float"), 1e-7f);
  check_stores (babl_format ("Y u8"), 0.5f / 255 + 1e-6f);
  check_stores (babl_format ("Y u16"), 0.5f / 65535 + 1e-6f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* buffers need none of the operations, whose libraries keep what they allocate */
  g_setenv ("GEGL_PATH", "/dev/null", TRUE);
  gegl_init (NULL, NULL);
  g_test_add_func ("/buffer/integers", test_integers);
  g_test_add_func ("/buffer/linear", test_linear);
  g_test_add_func ("/buffer/grey", test_grey);
  g_test_add_func ("/buffer/transparency", test_transparency);
  g_test_add_func ("/buffer/space", test_space);
  g_test_add_func ("/buffer/areas", test_areas);
  g_test_add_func ("/buffer/scaled", test_scaled);
  g_test_add_func ("/buffer/samples", test_samples);
  g_test_add_func ("/buffer/sink", test_sink);
  const int status = g_test_run ();
  gegl_exit ();
  return status;
}
