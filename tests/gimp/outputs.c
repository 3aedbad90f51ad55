/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Everything that can be made of a matte, pixel by pixel against the engine. */
#include <math.h>
#include <string.h>

#include "expect.h"
#include "pictures.h"
#include "suite.h"

/* ---- helpers ------------------------------------------------------------------------------ */

static int
count (int *items)
{
  g_autofree int *list = items;
  int n = 0;
  while (list[n] >= 0)
    n++;
  return n;
}

/* The layer or channel at the top of its list. */
static int
take_first (int *items)
{
  g_autofree int *list = items;
  return list[0];
}

static void
check_equal (const float *stored, const float *expected, gsize length, float step, const char *name,
             const char *what)
{
  const float difference = p3m_largest_difference (stored, expected, length);
  p3m_check (difference <= step, "%s: %s (difference %.2g, allowed %.2g)", name, what, difference,
             step);
}

/* part: of the layer; [image height][image width], nothing where the layer is not. */
static float *
place_in_image (const P3mPicture *picture, const float *part)
{
  float *whole = g_new0 (float, (gsize) picture->image_width * picture->image_height);
  for (int y = 0; y < picture->layer.height; y++)
    for (int x = 0; x < picture->layer.width; x++)
      {
        const int column = picture->layer.x + x, row = picture->layer.y + y;
        if (column >= 0 && column < picture->image_width && row >= 0 && row < picture->image_height)
          whole[(gsize) row * picture->image_width + column]
              = part[(gsize) y * picture->layer.width + x];
      }
  return whole;
}

static void
run (const P3mPicture *picture, int image, int layer, const char *arguments)
{
  p3m_check (p3m_run_on (image, layer, arguments) == P3M_GIMP_SUCCESS, "%s: %s runs", picture->name,
             arguments);
}

/* ---- what was made, pixel by pixel ---------------------------------------------------------- */

/* rgba: [pixels][4]; compared as they are seen, that is times alpha. */
static void
multiply (float *rgba, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (i % 4 < 3)
      rgba[i] *= rgba[i - i % 4 + 3];
}

/* What is left of colours that are stored in the format of a layer; rgba: [pixels][4], linear before and
 * perceptual afterwards, in which a step of 8 bits is the same everywhere. */
static void
pass_through_format (int layer, float *rgba)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  g_autoptr (GeglBuffer) stored
      = gegl_buffer_new (gegl_buffer_get_extent (buffer), gegl_buffer_get_format (buffer));
  gegl_buffer_set (stored, NULL, 0, babl_format ("RGBA float"), rgba, GEGL_AUTO_ROWSTRIDE);
  gegl_buffer_get (stored, NULL, 1.0, babl_format ("R'G'B'A float"), rgba, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
}

/* factor: of the alpha, [pixels], NULL = 1. */
static void
check_colours (const P3mPicture *picture, int layer, int copy, const char *arguments,
               const float *factor, const char *name)
{
  gsize length;
  g_autofree float *stored = p3m_read_as (copy, "R'G'B'A float", &length);
  g_autofree float *expected = p3m_expect_colours (layer, arguments);
  for (gsize i = 0; factor && i < length / 4; i++)
    expected[4 * i + 3] *= factor[i];
  pass_through_format (copy, expected);
  multiply (stored, length);
  multiply (expected, length);
  check_equal (stored, expected, length, 3 * picture->colour_step, name, "the person's colours");
}

/* existing: is joined as the arguments say, NULL = none. */
static void
check_mask (const P3mPicture *picture, int layer, int owner, const char *arguments,
            const float *existing, const char *name)
{
  gsize length;
  const int mask = p3m_gimp_layer_get_mask (owner);
  if (!p3m_check (mask >= 0, "%s: there is a mask", name))
    return;
  g_autofree float *stored = p3m_read (mask, &length);
  g_autofree float *alpha = p3m_expect_alpha (layer, arguments, existing);
  check_equal (stored, alpha, length, picture->alpha_step, name, "mask = alpha");
}

static void
check_cut_out (const P3mPicture *picture, int layer, int copy, const char *arguments,
               const float *existing, const char *name)
{
  g_autofree float *alpha = p3m_expect_alpha (layer, arguments, existing);
  check_colours (picture, layer, copy, arguments, alpha, name);
  p3m_check (p3m_gimp_layer_get_mask (copy) < 0, "%s: it has no mask", name);
}

static void
check_selection (const P3mPicture *picture, int image, int layer, const char *arguments,
                 const char *name)
{
  gsize length;
  g_autofree float *selection = p3m_read (p3m_gimp_get_selection (image), &length);
  g_autofree float *alpha = p3m_expect_alpha (layer, arguments, NULL);
  g_autofree float *expected = place_in_image (picture, alpha);
  check_equal (selection, expected, length, 2 * picture->alpha_step, name, "selected is the alpha");
}

/* The numbers that are stored, 0..1, whatever curve the channel has. */
static float *
read_numbers (int channel, gsize *length)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (channel);
  const Babl *format = gegl_buffer_get_format (buffer);
  const gboolean curve = strncmp (babl_get_name (format), "Y'", 2) == 0;
  return p3m_read_as (channel, curve ? "Y' float" : "Y float", length);
}

static void
check_trimap (const P3mPicture *picture, int image, int layer, const char *arguments,
              const char *name)
{
  gsize length;
  int levels = 0;
  g_autofree float *stored = read_numbers (take_first (p3m_gimp_list_channels (image)), &length);
  g_autofree guint8 *trimap = p3m_expect_trimap (layer, arguments);
  const gsize pixels = (gsize) picture->layer.width * picture->layer.height;
  g_autofree float *part = g_new (float, pixels);
  for (gsize i = 0; i < pixels; i++)
    {
      part[i] = trimap[i] / 255.0f;
      levels |= trimap[i] == 0 ? 1 : trimap[i] == 128 ? 2 : trimap[i] == 255 ? 4 : 8;
    }
  g_autofree float *expected = place_in_image (picture, part);
  check_equal (stored, expected, length, 1e-5f, name, "0, 128, 255 as the engine has them");
  p3m_check (levels < 8, "%s: levels %d", name, levels);
}

/* The layer right above in the list, -1 = none. */
static int
find_copy (int image, int layer)
{
  g_autofree int *layers = p3m_gimp_list_layers (image, -1);
  int above = -1;
  for (int i = 0; layers[i] != layer; i++)
    above = layers[i];
  return above;
}

void
p3m_output_check (const P3mPicture *picture, int image, int layer, const char *arguments,
                  const float *existing, const char *name)
{
  g_auto (P3mSettings) settings = p3m_expect_settings (arguments);
  const gboolean makes_layer
      = settings.output == P3M_OUTPUT_LAYER_WITH_MASK || settings.output == P3M_OUTPUT_CUT_OUT;
  const int copy = makes_layer ? find_copy (image, layer) : -1;
  if (makes_layer && !p3m_check (copy >= 0, "%s: there is a new layer", name))
    return;
  if (settings.output == P3M_OUTPUT_CHANNEL)
    p3m_gimp_image_select_item (image, take_first (p3m_gimp_list_channels (image)));
  if (settings.output == P3M_OUTPUT_LAYER_WITH_MASK)
    check_colours (picture, layer, copy, arguments, NULL, name);
  if (settings.output == P3M_OUTPUT_CUT_OUT)
    check_cut_out (picture, layer, copy, arguments, existing, name);
  else if (settings.output == P3M_OUTPUT_TRIMAP)
    check_trimap (picture, image, layer, arguments, name);
  else if (settings.output == P3M_OUTPUT_SELECTION || settings.output == P3M_OUTPUT_CHANNEL)
    check_selection (picture, image, layer, arguments, name);
  else
    check_mask (picture, layer, makes_layer ? copy : layer, arguments, existing, name);
}

/* ---- new layers --------------------------------------------------------------------------- */

static void
check_place (int image, int layer, const char *name)
{
  int x, y, copy_x, copy_y;
  const int copy = take_first (p3m_gimp_list_layers (image, -1));
  g_autofree char *layer_name = p3m_gimp_get_name (layer);
  g_autofree char *copy_name = p3m_gimp_get_name (copy);
  g_autofree int *layers = p3m_gimp_list_layers (image, -1);
  p3m_gimp_layer_get_offsets (layer, &x, &y);
  p3m_gimp_layer_get_offsets (copy, &copy_x, &copy_y);
  p3m_check (layers[0] == copy && layers[1] == layer, "%s: it lies above the layer", name);
  p3m_check (x == copy_x && y == copy_y, "%s: at the layer's place", name);
  p3m_check (g_str_has_prefix (copy_name, layer_name) && !g_str_equal (copy_name, layer_name),
             "%s: it is called “%s”", name, copy_name);
  p3m_check (p3m_gimp_is_visible (copy) && !p3m_gimp_is_visible (layer),
             "%s: the layer is hidden, and it is not", name);
  p3m_check (p3m_gimp_layer_is_multiplied (copy)
                 && fabs (p3m_gimp_layer_get_opacity (copy) - 40) < 0.01,
             "%s: mode and opacity are the layer's", name);
}

static void
test_layer_with_mask (const P3mPicture *picture)
{
  const char *arguments = "output=layer-with-mask";
  gsize original;
  int layer;
  const int image = p3m_picture_open (picture, &layer, NULL);
  g_autofree char *name = g_strdup_printf ("%s, %s", picture->name, arguments);
  g_autofree float *before = p3m_read_as (layer, "RGBA float", &original);
  p3m_gimp_layer_set_blending (layer);
  run (picture, image, layer, arguments);
  check_place (image, layer, name);
  p3m_output_check (picture, image, layer, arguments, NULL, name);
  g_autofree float *after = p3m_read_as (layer, "RGBA float", &original);
  check_equal (before, after, original, 0, name, "the layer's own colours stay");
  p3m_check (p3m_gimp_layer_get_mask (layer) < 0, "%s: the layer gets no mask", name);
  p3m_gimp_image_delete (image);
}

static void
test_cut_out (const P3mPicture *picture)
{
  const char *arguments = "output=cut-out;decontaminate=60";
  int layer;
  const int image = p3m_picture_open (picture, &layer, NULL);
  g_autofree char *name = g_strdup_printf ("%s, cut-out", picture->name);
  p3m_gimp_layer_set_blending (layer);
  run (picture, image, layer, arguments);
  check_place (image, layer, name);
  p3m_output_check (picture, image, layer, arguments, NULL, name);
  p3m_gimp_image_delete (image);
}

/* ---- selection and channels --------------------------------------------------------------- */

static void
test_selection (const P3mPicture *picture)
{
  const char *arguments = "output=selection";
  int layer;
  const int image = p3m_picture_open (picture, &layer, NULL);
  const int layers = count (p3m_gimp_list_layers (image, -1));
  g_autofree char *name = g_strdup_printf ("%s, %s", picture->name, arguments);
  p3m_gimp_image_select (image, 1, 2, 5, 5);
  run (picture, image, layer, arguments);
  p3m_output_check (picture, image, layer, arguments, NULL, name);
  p3m_check (count (p3m_gimp_list_channels (image)) == 0
                 && count (p3m_gimp_list_layers (image, -1)) == layers
                 && p3m_gimp_layer_get_mask (layer) < 0,
             "%s: nothing else is left behind", name);
  p3m_gimp_image_delete (image);
}

static void
test_channel (const P3mPicture *picture)
{
  const char *arguments = "output=channel";
  int layer;
  const int image = p3m_picture_open (picture, &layer, NULL);
  g_autofree char *name = g_strdup_printf ("%s, %s", picture->name, arguments);
  run (picture, image, layer, arguments);
  p3m_check (count (p3m_gimp_list_channels (image)) == 1, "%s: there is one channel", name);
  const int channel = take_first (p3m_gimp_list_channels (image));
  g_autofree char *channel_name = p3m_gimp_get_name (channel);
  p3m_check (!p3m_gimp_is_visible (channel) && strstr (channel_name, "alpha"),
             "%s: “%s” does not cover the picture", name, channel_name);
  p3m_output_check (picture, image, layer, arguments, NULL, name);
  p3m_gimp_image_delete (image);
}

static void
test_trimap (const P3mPicture *picture)
{
  const char *arguments = "output=trimap;trimap-band=4";
  int layer;
  const int image = p3m_picture_open (picture, &layer, NULL);
  g_autofree char *name = g_strdup_printf ("%s, trimap", picture->name);
  run (picture, image, layer, arguments);
  p3m_output_check (picture, image, layer, arguments, NULL, name);
  p3m_gimp_image_delete (image);
}

/* ---- masks that exist --------------------------------------------------------------------- */

/* A ramp from left to right, as it is stored. */
static float *
paint_mask (int mask, gsize *length)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (mask);
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  g_autofree float *ramp = g_new (float, (gsize) extent->width * extent->height);
  for (int i = 0; i < extent->width * extent->height; i++)
    ramp[i] = (float) (i % extent->width) / (float) extent->width;
  gegl_buffer_set (buffer, extent, 0, babl_format ("Y float"), ramp, GEGL_AUTO_ROWSTRIDE);
  g_clear_object (&buffer);
  return p3m_read (mask, length);
}

static void
test_existing (const char *how, const char *output)
{
  const P3mPicture *picture = p3m_picture_find ("layer inside the image");
  gsize length;
  int layer;
  const int image = p3m_picture_open (picture, &layer, NULL);
  g_autofree char *arguments = g_strdup_printf ("existing=%s;output=%s", how, output);
  p3m_gimp_layer_add_black_mask (layer);
  const int old = p3m_gimp_layer_get_mask (layer);
  g_autofree float *existing = paint_mask (old, &length);
  run (picture, image, layer, arguments);
  p3m_output_check (picture, image, layer, arguments, existing, arguments);
  p3m_check ((p3m_gimp_layer_get_mask (layer) == old) == !g_str_equal (output, "mask"),
             "%s: the old mask is %s", arguments,
             g_str_equal (output, "mask") ? "gone" : "still the layer's");
  p3m_gimp_image_delete (image);
}

/* ---- groups and several layers ------------------------------------------------------------ */

static void
test_in_group (void)
{
  int layer;
  const int image = p3m_picture_open (p3m_picture_find ("layer inside the image"), &layer, NULL);
  const int group = p3m_gimp_group_new (image, layer);
  p3m_check (p3m_run_on (image, layer, "output=cut-out") == P3M_GIMP_SUCCESS,
             "cuts out of a layer in a group");
  g_autofree int *members = p3m_gimp_list_layers (image, group);
  p3m_check (members[0] != layer && members[1] == layer && members[2] < 0,
             "the new layer is in the same group");
  p3m_check (p3m_run_on (image, group, "output=layer-with-mask") == P3M_GIMP_SUCCESS,
             "makes a new layer of a group");
  const int top = take_first (p3m_gimp_list_layers (image, -1));
  p3m_check (top != group && !p3m_gimp_is_group (top) && p3m_gimp_layer_get_mask (top) >= 0,
             "it is a plain layer with a mask");
  p3m_gimp_image_delete (image);
}

static void
test_text (void)
{
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  const int text = p3m_gimp_text_new (image, "Portrait");
  p3m_check (p3m_run_on (image, text, "output=cut-out") == P3M_GIMP_SUCCESS,
             "cuts out of a text layer");
  check_colours (&p3m_pictures[0], text, take_first (p3m_gimp_list_layers (image, -1)),
                 "output=cut-out;decontaminate=100", p3m_expect_alpha (text, "", NULL),
                 "text layer");
  p3m_gimp_image_delete (image);
}

/* Two layers, one of them smaller and aside. */
static int
open_two (int *layers)
{
  const P3mPicture *picture = p3m_picture_find ("RGB 32-bit float");
  const int image = p3m_picture_open (picture, &layers[0], NULL);
  layers[1] = p3m_gimp_layer_new (image, TRUE, 50, 6, 60, 70);
  const P3mPicture small = { .layer = { 50, 6, 60, 70 }, .alpha = TRUE };
  g_free (p3m_picture_paint (&small, layers[1]));
  layers[2] = -1;
  return image;
}

static void
test_two_selected (void)
{
  const P3mPicture second = { .image_width = 120, .image_height = 90, .layer = { 50, 6, 60, 70 } };
  g_autofree char *message = NULL;
  gsize length;
  int layers[3];
  const int image = open_two (layers);
  p3m_check (p3m_gimp_run (image, layers, FALSE, "output=selection", &message) == P3M_GIMP_SUCCESS,
             "selects in two layers");
  g_autofree float *selection = p3m_read (p3m_gimp_get_selection (image), &length);
  g_autofree float *expected = p3m_expect_alpha (layers[0], "", NULL);
  g_autofree float *part = p3m_expect_alpha (layers[1], "", NULL);
  g_autofree float *aside = place_in_image (&second, part);
  for (gsize i = 0; i < length; i++)
    expected[i] = fminf (expected[i] + aside[i], 1);
  check_equal (selection, expected, length, 1e-5f, "two layers", "the selections are united");
  p3m_gimp_image_delete (image);
}

static void
test_two_channels_and_layers (void)
{
  g_autofree char *message = NULL;
  int layers[3];
  const int image = open_two (layers);
  p3m_check (p3m_gimp_run (image, layers, FALSE, "output=trimap", &message) == P3M_GIMP_SUCCESS
                 && count (p3m_gimp_list_channels (image)) == 2,
             "two layers give two channels");
  p3m_check (p3m_gimp_run (image, layers, FALSE, "output=cut-out", &message) == P3M_GIMP_SUCCESS,
             "cuts out of two layers");
  g_autofree int *all = p3m_gimp_list_layers (image, -1);
  p3m_check (count (p3m_gimp_list_layers (image, -1)) == 4 && all[1] == layers[1]
                 && all[3] == layers[0],
             "each new layer lies above its own");
  p3m_gimp_image_delete (image);
}

void
p3m_outputs_run (void)
{
  static const char *const outputs[] = { "mask", "layer-with-mask", "cut-out" };
  static const char *const ways[] = { "replace", "intersect", "add" };
  for (const P3mPicture *picture = p3m_pictures; picture->name; picture++)
    {
      test_layer_with_mask (picture);
      test_cut_out (picture);
      test_selection (picture);
      test_channel (picture);
      test_trimap (picture);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (outputs); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (ways); k++)
      test_existing (ways[k], outputs[i]);
  test_in_group ();
  test_text ();
  if (p3m_gimp_takes_layers ())
    {
      test_two_selected ();
      test_two_channels_and_layers ();
    }
}
