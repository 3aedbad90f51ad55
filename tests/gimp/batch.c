/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Layers of every kind: masks against the engine's own alpha. */
#include <math.h>
#include <string.h>

#include "buffer.h"
#include "expect.h"
#include "pictures.h"
#include "suite.h"

/* ---- comparing ---------------------------------------------------------------------------- */

static gboolean
check_mask (int layer, const char *arguments, float step, const char *name)
{
  const int mask = p3m_gimp_layer_get_mask (layer);
  gsize length = 0;
  if (mask < 0)
    return p3m_check (FALSE, "%s: there is a mask", name);
  g_autofree float *stored = p3m_read (mask, &length);
  g_autofree float *alpha = p3m_expect_alpha (layer, arguments, NULL);
  const float difference = p3m_largest_difference (stored, alpha, length);
  return p3m_check (difference <= step, "%s: mask = alpha (difference %.2g, allowed %.2g)", name,
                    difference, step);
}

/* What the network gets, against what was painted, composed over mid-grey. */
static void
check_colours (const P3mPicture *picture, int layer, const float *rgba)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  const P3mSource source = p3m_source_from_buffer (buffer);
  const P3mRectangle all = { 0, 0, source.width, source.height };
  const gsize pixels = (gsize) source.width * source.height;
  g_autofree float *rgb = g_new (float, pixels * 3);
  g_autofree float *expected = g_new (float, pixels * 3);
  for (gsize i = 0; i < pixels * 3; i++)
    {
      const float alpha = rgba[i / 3 * 4 + 3];
      expected[i] = alpha * rgba[i / 3 * 4 + i % 3] + (1 - alpha) * 0.5f;
    }
  source.read (&all, rgb, source.user_data, NULL);
  const float difference = p3m_largest_difference (rgb, expected, pixels * 3);
  p3m_check (difference <= picture->colour_step, "%s: colours (difference %.2g, allowed %.2g)",
             picture->name, difference, picture->colour_step);
}

/* ---- the tests ---------------------------------------------------------------------------- */

static const Babl *
get_format (int layer)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  return gegl_buffer_get_format (buffer);
}

static void
test_picture (const P3mPicture *picture)
{
  g_autofree float *rgba = NULL;
  int layer;
  const int image = p3m_picture_open (picture, &layer, &rgba);
  const Babl *format = get_format (layer);
  check_colours (picture, layer, rgba);
  p3m_check (p3m_run_on (image, layer, "") == P3M_GIMP_SUCCESS, "%s: runs", picture->name);
  check_mask (layer, "", picture->alpha_step, picture->name);
  check_colours (picture, layer, rgba);
  p3m_check (get_format (layer) == format, "%s: the layer keeps its format", picture->name);
  p3m_gimp_image_delete (image);
}

/* Otherwise every other comparison would be worth nothing. */
static void
test_alpha_varies (void)
{
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  const gsize pixels = (gsize) p3m_pictures[0].layer.width * p3m_pictures[0].layer.height;
  g_autofree float *alpha = p3m_expect_alpha (layer, "", NULL);
  float low = 1, high = 0;
  for (gsize i = 0; i < pixels; i++)
    {
      low = MIN (low, alpha[i]);
      high = MAX (high, alpha[i]);
    }
  p3m_check (high - low > 0.05f, "the alpha varies: %.3f to %.3f", low, high);
  p3m_gimp_image_delete (image);
}

/* Each argument reaches the engine: the mask is what it asks for, and not what the defaults give. */
static void
test_arguments (void)
{
  static const char *const arguments[] = { "strategy=resize",
                                           "edge-detail=0",
                                           "smooth=80",
                                           "shift-edge=60",
                                           "feather=4.5",
                                           "contrast=70",
                                           "black-point=0.55",
                                           "white-point=0.5",
                                           "keep=largest",
                                           "specks=1e6",

                                           "keep=people;people=20,30 100.5,70" };
  int layer;
  gsize length;
  const int image = p3m_picture_open (p3m_picture_find ("RGB 32-bit float"), &layer, NULL);
  g_autofree float *initial = p3m_expect_alpha (layer, "", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (arguments); i++)
    {
      p3m_check (p3m_run_on (image, layer, arguments[i]) == P3M_GIMP_SUCCESS, "%s runs",
                 arguments[i]);
      check_mask (layer, arguments[i], P3M_EXACT, arguments[i]);
      g_autofree float *mask = p3m_read (p3m_gimp_layer_get_mask (layer), &length);
      p3m_check (p3m_largest_difference (mask, initial, length) > P3M_EXACT,
                 "%s is not the default", arguments[i]);
    }
  p3m_gimp_image_delete (image);
}

static void
test_ignores_selection (void)
{
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  p3m_gimp_image_select (image, 10, 10, 20, 20);
  p3m_check (p3m_run_on (image, layer, "") == P3M_GIMP_SUCCESS, "runs with a selection");
  check_mask (layer, "", P3M_STEP_U8, "the selection does not clip");
  p3m_gimp_image_delete (image);
}

/* The middle of 10,10 20x30 is 20,25 of the image, and the layer begins at 30,20. */
static void
test_selection_names_person (void)
{
  int layer;
  const int image = p3m_picture_open (p3m_picture_find ("layer inside the image"), &layer, NULL);
  p3m_check (p3m_run_on (image, layer, "keep=people") == P3M_GIMP_SUCCESS, "nobody is named");
  check_mask (layer, "", P3M_STEP_U8, "then everybody stays");
  p3m_gimp_image_select (image, 10, 10, 20, 30);
  p3m_check (p3m_run_on (image, layer, "keep=people") == P3M_GIMP_SUCCESS,
             "keeps the person who is selected");
  check_mask (layer, "keep=people;people=-10,5", P3M_STEP_U8, "the selected person");
  p3m_gimp_image_delete (image);
}

static void
test_repeats (void)
{
  gsize length;
  int layer;
  const int image = p3m_picture_open (p3m_picture_find ("RGB 32-bit float"), &layer, NULL);
  p3m_run_on (image, layer, "");
  g_autofree float *first = p3m_read (p3m_gimp_layer_get_mask (layer), &length);
  p3m_run_on (image, layer, "");
  g_autofree float *second = p3m_read (p3m_gimp_layer_get_mask (layer), &length);
  p3m_check (p3m_largest_difference (first, second, length) == 0, "two runs give the same mask");
  p3m_gimp_image_delete (image);
}

static void
test_group_and_text (void)
{
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  const int text = p3m_gimp_text_new (image, "Portrait");
  const int group = p3m_gimp_group_new (image, layer);
  p3m_check (p3m_run_on (image, group, "") == P3M_GIMP_SUCCESS, "runs on a layer group");
  check_mask (group, "", P3M_STEP_U8, "layer group");
  p3m_check (p3m_run_on (image, text, "") == P3M_GIMP_SUCCESS, "runs on a text layer");
  check_mask (text, "", P3M_STEP_U8, "text layer");
  p3m_gimp_image_delete (image);
}

/* Nobody paints on it, but a mask is no paint. */
static void
test_locked (void)
{
  gsize length;
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  g_autofree float *before = p3m_read_as (layer, "R'G'B'A float", &length);
  p3m_gimp_layer_lock (layer);
  p3m_check (p3m_run_on (image, layer, "") == P3M_GIMP_SUCCESS, "runs on a locked layer");
  check_mask (layer, "", P3M_STEP_U8, "locked layer");
  g_autofree float *after = p3m_read_as (layer, "R'G'B'A float", &length);
  p3m_check (p3m_largest_difference (before, after, length) == 0, "its pixels are as they were");
  p3m_gimp_image_delete (image);
}

/* ---- profiles ----------------------------------------------------------------------------- */

/* Chromaticities of the primaries, and the way from its linear R, G, B to those of sRGB. */
typedef struct
{
  const char *name;
  double primaries[6]; /* red, green, blue: x, y */
  double gamma;        /* 0 = the curve of sRGB */
  double matrix[3][3];
} Profile;

static const Profile profiles[] = {
  { "Adobe RGB",
    { 0.64, 0.33, 0.21, 0.71, 0.15, 0.06 },
    563.0 / 256,
    { { 1.39836, -0.39836, 0 }, { 0, 1, 0 }, { 0, -0.04293, 1.04293 } } },
  { "Display P3",
    { 0.68, 0.32, 0.265, 0.69, 0.15, 0.06 },
    0,
    { { 1.22494, -0.22494, 0 }, { -0.04206, 1.04206, 0 }, { -0.01964, -0.07864, 1.09828 } } },
};

/* White is D65. */
static const char *
make_icc (const Profile *profile, int *length)
{
  const double *p = profile->primaries;
  const Babl *curve = profile->gamma > 0 ? babl_trc_gamma (profile->gamma) : babl_trc ("sRGB");
  const Babl *space
      = babl_space_from_chromaticities (profile->name, 0.3127, 0.329, p[0], p[1], p[2], p[3], p[4],
                                        p[5], curve, curve, curve, BABL_SPACE_FLAG_EQUALIZE);
  return babl_space_get_icc (space, length);
}

static double
decode_srgb (double value)
{
  return value <= 0.04045 ? value / 12.92 : pow ((value + 0.055) / 1.055, 2.4);
}

static double
encode_srgb (double value)
{
  return value <= 0.0031308 ? value * 12.92 : 1.055 * pow (value, 1 / 2.4) - 0.055;
}

/* device, rgb: R'G'B' of one pixel in the profile and in sRGB. */
static void
convert (const Profile *profile, const guint8 *device, float *rgb)
{
  double linear[3];
  for (int i = 0; i < 3; i++)
    linear[i] = profile->gamma > 0 ? pow (device[i] / 255.0, profile->gamma)
                                   : decode_srgb (device[i] / 255.0);
  for (int i = 0; i < 3; i++)
    rgb[i]
        = (float) encode_srgb (profile->matrix[i][0] * linear[0] + profile->matrix[i][1] * linear[1]
                               + profile->matrix[i][2] * linear[2]);
}

/* Numbers as a file would have them, of colours that sRGB has too. */
static float *
paint_device (int layer, const Profile *profile, int width, int height)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  g_autofree guint8 *device = g_new (guint8, (gsize) width * height * 3);
  float *rgb = g_new (float, (gsize) width *height * 3);
  for (int i = 0; i < width * height; i++)
    {
      device[3 * i] = (guint8) (110 + i * 7 % 60);
      device[3 * i + 1] = (guint8) (105 + i * 11 % 70);
      device[3 * i + 2] = (guint8) (100 + i * 13 % 80);
      convert (profile, device + 3 * i, rgb + 3 * i);
    }
  gegl_buffer_set (buffer, NULL, 0, gegl_buffer_get_format (buffer), device, GEGL_AUTO_ROWSTRIDE);
  return rgb;
}

static void
test_profile (const Profile *profile)
{
  int length;
  const P3mRectangle all = { 0, 0, 120, 90 };
  const char *icc = make_icc (profile, &length);
  const int image = p3m_gimp_image_new (P3M_GIMP_RGB, P3M_GIMP_U8, all.width, all.height);
  p3m_gimp_image_set_profile (image, icc, (gsize) length);
  const int layer = p3m_gimp_layer_new (image, FALSE, 0, 0, all.width, all.height);
  g_autofree float *expected = paint_device (layer, profile, all.width, all.height);
  g_autofree float *rgb = g_new (float, all.width *all.height * 3);
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  const P3mSource source = p3m_source_from_buffer (buffer);
  source.read (&all, rgb, source.user_data, NULL);
  const float difference = p3m_largest_difference (rgb, expected, all.width * all.height * 3);
  p3m_check (difference < 4e-3f, "%s: the network sees sRGB (difference %.2g)", profile->name,
             difference);
  p3m_check (p3m_run_on (image, layer, "") == P3M_GIMP_SUCCESS, "%s: runs", profile->name);
  check_mask (layer, "", P3M_STEP_U8, profile->name);
  p3m_gimp_image_delete (image);
}

/* ---- failures ----------------------------------------------------------------------------- */

static void
check_failure (int image, int drawable, const char *arguments, const char *part, const char *name)
{
  g_autofree char *message = NULL;
  g_autofree char *before = p3m_describe_image (image);
  p3m_gimp_image_clean (image);
  const P3mGimpStatus status
      = p3m_gimp_run (image, (int[]){ drawable, -1 }, FALSE, arguments, &message);
  g_autofree char *after = p3m_describe_image (image);
  p3m_check (status == P3M_GIMP_FAILED && message && strstr (message, part), "%s: “%s”", name,
             message ? message : "(no message)");
  p3m_check (!p3m_gimp_image_is_dirty (image) && g_str_equal (before, after),
             "%s: the image is untouched", name);
}

static void
test_errors (void)
{
  g_autofree char *text = g_strdup_printf ("model=%s", g_getenv ("P3M_TEST_OUTPUT"));
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  const int channel = p3m_gimp_channel_new (image, 120, 90);
  check_failure (image, layer, "model=/nonexistent/a.safetensors", "a.safetensors",
                 "no such model");
  check_failure (image, layer, text, "model", "not a model");
  check_failure (image, layer, "keep=people;people=here", "here", "no place");
  check_failure (image, channel, "", "layer", "a channel");
  if (!p3m_gimp_checks_arguments ())
    {
      check_failure (image, layer, "strategy=best", "best", "no such strategy");
      check_failure (image, layer, "output=film", "film", "no such output");
      check_failure (image, layer, "feather=251", "feather", "too much feather");
      check_failure (image, layer, "feather=nan", "feather", "feather that is no number");
    }
  p3m_check (p3m_gimp_layer_get_mask (layer) < 0, "no mask was left");
  p3m_gimp_image_select (image, 10, 10, 40, 40);
  const int floating = p3m_gimp_layer_float (image, layer);
  check_failure (image, floating, "", "anchor", "a floating selection");
  p3m_gimp_image_delete (image);
}

static void
test_layers (void)
{
  g_autofree char *message = NULL;
  int first;
  if (!p3m_gimp_takes_layers ())
    return;
  const int image = p3m_picture_open (&p3m_pictures[0], &first, NULL);
  const int second = p3m_gimp_layer_new (image, TRUE, 5, 6, p3m_pictures[1].layer.width,
                                         p3m_pictures[1].layer.height);
  g_free (p3m_picture_paint (&p3m_pictures[1], second));
  p3m_check (p3m_gimp_run (image, (int[]){ first, second, -1 }, FALSE, "keep=people;people=30,40",
                           &message)
                 == P3M_GIMP_SUCCESS,
             "runs on two layers");
  check_mask (first, "keep=people;people=30,40", P3M_STEP_U8, "first of two layers");
  check_mask (second, "keep=people;people=25,34", P3M_STEP_U8, "second of two layers");
  p3m_gimp_image_delete (image);
}

void
p3m_batch_run (void)
{
  test_alpha_varies ();
  for (const P3mPicture *picture = p3m_pictures; picture->name; picture++)
    test_picture (picture);
  for (gsize i = 0; i < G_N_ELEMENTS (profiles); i++)
    test_profile (&profiles[i]);
  test_arguments ();
  test_ignores_selection ();
  test_selection_names_person ();
  test_repeats ();
  test_group_and_text ();
  test_locked ();
  test_errors ();
  test_layers ();
}
