/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tests themselves, the same for every GIMP: masks against the engine's own alpha. */
#include "suite.h"

#include <math.h>
#include <stdio.h>

#include "buffer.h"
#include "gimp.h"
#include "p3m.h"

/* Half a step of what is stored, and what babl may round further. */
#define STEP_U8  (0.51f / 255)
#define STEP_U16 (0.6f / 65535)
#define EXACT    1e-6f

/* Seconds that the driver gets to press a key and GIMP to follow. */
#define PATIENCE 30

static FILE *output;
static int tests;

/* ---- TAP ---------------------------------------------------------------------------------- */

static gboolean G_GNUC_PRINTF (2, 3) check (gboolean good, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fprintf (output, "%sok %d - %s\n", good ? "" : "not ", ++tests, name);
  fflush (output);
  return good;
}

/* Tells the driver, which watches the output, what to do. */
static void
ask (const char *what)
{
  fprintf (output, "# please %s\n", what);
  fflush (output);
}

/* ---- pictures ----------------------------------------------------------------------------- */

typedef struct
{
  const char *name;
  P3mGimpBase base;
  P3mGimpPrecision precision;
  gboolean alpha;
  int image_width, image_height;
  P3mRectangle layer; /* its place in the image */
  float colour_step;  /* that storing a colour may change, 0..1 */
  float alpha_step;   /* that storing the mask may change, 0..1 */
} Case;

static const Case cases[] = {
  { "RGB 8-bit", P3M_GIMP_RGB, P3M_GIMP_U8, FALSE, 120, 90, { 0, 0, 120, 90 }, STEP_U8, STEP_U8 },
  { "RGB 8-bit with alpha",
    P3M_GIMP_RGB,
    P3M_GIMP_U8,
    TRUE,
    97,
    131,
    { 0, 0, 97, 131 },
    2 * STEP_U8,
    STEP_U8 },
  { "RGB 16-bit linear",
    P3M_GIMP_RGB,
    P3M_GIMP_U16_LINEAR,
    FALSE,
    120,
    90,
    { 0, 0, 120, 90 },
    1e-3f,
    STEP_U16 },
  { "RGB 32-bit float",
    P3M_GIMP_RGB,
    P3M_GIMP_FLOAT,
    FALSE,
    120,
    90,
    { 0, 0, 120, 90 },
    EXACT,
    EXACT },
  { "RGB 32-bit float linear with alpha",
    P3M_GIMP_RGB,
    P3M_GIMP_FLOAT_LINEAR,
    TRUE,
    120,
    90,
    { 0, 0, 120, 90 },
    1e-5f,
    EXACT },
  { "grey 8-bit", P3M_GIMP_GREY, P3M_GIMP_U8, FALSE, 120, 90, { 0, 0, 120, 90 }, STEP_U8, STEP_U8 },
  { "grey 32-bit float linear with alpha",
    P3M_GIMP_GREY,
    P3M_GIMP_FLOAT_LINEAR,
    TRUE,
    120,
    90,
    { 0, 0, 120, 90 },
    1e-4f,
    EXACT },
  { "indexed", P3M_GIMP_INDEXED, P3M_GIMP_U8, FALSE, 120, 90, { 0, 0, 120, 90 }, STEP_U8, STEP_U8 },
  { "layer inside the image",
    P3M_GIMP_RGB,
    P3M_GIMP_U8,
    TRUE,
    200,
    160,
    { 30, 20, 101, 77 },
    2 * STEP_U8,
    STEP_U8 },
  { "layer larger than the image",
    P3M_GIMP_RGB,
    P3M_GIMP_U8,
    FALSE,
    64,
    64,
    { -40, -25, 150, 120 },
    STEP_U8,
    STEP_U8 },
  { "one pixel", P3M_GIMP_RGB, P3M_GIMP_FLOAT, FALSE, 8, 8, { 3, 4, 1, 1 }, EXACT, EXACT },
};

/* R'G'B'A of one pixel, 0..1: waves, in six steps that a palette can hold. */
static void
paint_pixel (const Case *c, int x, int y, float *pixel)
{
  const float phase[3] = { 0.0f, 2.1f, 4.2f };
  for (int i = 0; i < 3; i++)
    {
      const int band = c->base == P3M_GIMP_GREY ? 0 : i;
      const float wave = 0.5f + 0.5f * sinf (0.11f * x + 0.07f * y * (1 + band) + phase[band]);
      pixel[i] = roundf (5 * wave) / 5;
    }
  pixel[3] = c->alpha && (x / 16 + y / 16) % 3 == 0 ? 0.4f : 1.0f;
}

/* Returns [height][width][4] as painted, to be freed with g_free(). */
static float *
paint (const Case *c, int layer)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  float *rgba = g_new (float, (gsize) c->layer.width * c->layer.height * 4);
  for (int y = 0; y < c->layer.height; y++)
    for (int x = 0; x < c->layer.width; x++)
      paint_pixel (c, x, y, rgba + ((gsize) y * c->layer.width + x) * 4);
  gegl_buffer_set (buffer, GEGL_RECTANGLE (0, 0, c->layer.width, c->layer.height), 0,
                   babl_format ("R'G'B'A float"), rgba, GEGL_AUTO_ROWSTRIDE);
  return rgba;
}

/* ---- comparing ---------------------------------------------------------------------------- */

/* Returns [height][width] of a drawable, 0..1, to be freed with g_free(). */
static float *
read_mask (int mask, gsize *length)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (mask);
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  *length = (gsize) extent->width * extent->height;
  float *values = g_new (float, *length);
  gegl_buffer_get (buffer, extent, 1.0, babl_format ("Y float"), values, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
  return values;
}

/* The engine's own alpha of a layer, [height][width], to be freed with g_free(). */
static float *
make_alpha (int layer, P3mStrategy strategy)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  const P3mSource source = p3m_source_from_buffer (buffer);
  const P3mRectangle all = { 0, 0, source.width, source.height };
  float *alpha = g_new0 (float, (gsize) source.width *source.height);
  g_autoptr (P3mModel) model = p3m_model_load (NULL, &error);
  g_autoptr (P3mMatte) matte
      = model ? p3m_matte_new (model, &source, strategy, 0, NULL, NULL, NULL, &error) : NULL;
  if (!matte || !p3m_matte_render (matte, source.width, source.height, &all, alpha, &error))
    g_printerr ("%s\n", error->message);
  return alpha;
}

static float
largest_difference (const float *a, const float *b, gsize length)
{
  float largest = 0;
  for (gsize i = 0; i < length; i++)
    if (!(fabsf (a[i] - b[i]) <= largest)) /* so that a NaN counts */
      largest = fabsf (a[i] - b[i]);
  return largest;
}

static gboolean
check_mask (int layer, P3mStrategy strategy, float step, const char *name)
{
  const int mask = p3m_gimp_layer_get_mask (layer);
  gsize length = 0;
  if (mask < 0)
    return check (FALSE, "%s: there is a mask", name);
  g_autofree float *stored = read_mask (mask, &length);
  g_autofree float *alpha = make_alpha (layer, strategy);
  const float difference = largest_difference (stored, alpha, length);
  return check (difference <= step, "%s: mask = alpha (difference %.2g, allowed %.2g)", name,
                difference, step);
}

/* What the network gets, against what was painted, composed over mid-grey. */
static void
check_colours (const Case *c, int layer, const float *rgba)
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
  const float difference = largest_difference (rgb, expected, pixels * 3);
  check (difference <= c->colour_step, "%s: colours (difference %.2g, allowed %.2g)", c->name,
         difference, c->colour_step);
}

/* ---- the batch suite ---------------------------------------------------------------------- */

static P3mGimpStatus
run_on (int image, int layer, const char *model, const char *strategy)
{
  g_autofree char *message = NULL;
  return p3m_gimp_run (image, (int[]){ layer, -1 }, FALSE, model, strategy, &message);
}

static int
open_case (const Case *c, int *layer, float **rgba)
{
  const int image = p3m_gimp_image_new (c->base, c->precision, c->image_width, c->image_height);
  *layer = p3m_gimp_layer_new (image, c->alpha, c->layer.x, c->layer.y, c->layer.width,
                               c->layer.height);
  *rgba = paint (c, *layer);
  if (c->base == P3M_GIMP_INDEXED)
    p3m_gimp_image_make_indexed (image);
  return image;
}

static const Babl *
get_format (int layer)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  return gegl_buffer_get_format (buffer);
}

static void
test_case (const Case *c)
{
  g_autofree float *rgba = NULL;
  int layer;
  const int image = open_case (c, &layer, &rgba);
  const Babl *format = get_format (layer);
  check_colours (c, layer, rgba);
  check (run_on (image, layer, "", "auto") == P3M_GIMP_SUCCESS, "%s: runs", c->name);
  check_mask (layer, P3M_STRATEGY_AUTO, c->alpha_step, c->name);
  check_colours (c, layer, rgba);
  check (get_format (layer) == format, "%s: the layer keeps its format", c->name);
  p3m_gimp_image_delete (image);
}

/* Otherwise every other comparison would be worth nothing. */
static void
test_alpha_varies (void)
{
  g_autofree float *rgba = NULL;
  int layer;
  const int image = open_case (&cases[0], &layer, &rgba);
  const gsize pixels = (gsize) cases[0].layer.width * cases[0].layer.height;
  g_autofree float *alpha = make_alpha (layer, P3M_STRATEGY_AUTO);
  float low = 1, high = 0;
  for (gsize i = 0; i < pixels; i++)
    {
      low = MIN (low, alpha[i]);
      high = MAX (high, alpha[i]);
    }
  check (high - low > 0.05f, "the alpha varies: %.3f to %.3f", low, high);
  p3m_gimp_image_delete (image);
}

static void
test_strategies (void)
{
  static const char *const names[] = { "resize", "hybrid", "auto" };
  static const P3mStrategy strategies[]
      = { P3M_STRATEGY_RESIZE, P3M_STRATEGY_HYBRID, P3M_STRATEGY_AUTO };
  g_autofree float *rgba = NULL;
  int layer;
  const int image = open_case (&cases[3], &layer, &rgba);
  for (int i = 0; i < 3; i++)
    {
      check (run_on (image, layer, "", names[i]) == P3M_GIMP_SUCCESS, "strategy %s runs", names[i]);
      check_mask (layer, strategies[i], EXACT, names[i]);
    }
  p3m_gimp_image_delete (image);
}

static void
test_replaces_mask (void)
{
  g_autofree float *rgba = NULL;
  int layer;
  const int image = open_case (&cases[0], &layer, &rgba);
  p3m_gimp_layer_add_black_mask (layer);
  const int old = p3m_gimp_layer_get_mask (layer);
  check (run_on (image, layer, "", "auto") == P3M_GIMP_SUCCESS, "runs on a layer with a mask");
  check (p3m_gimp_layer_get_mask (layer) != old, "the mask is another one");
  check_mask (layer, P3M_STRATEGY_AUTO, STEP_U8, "mask replaced");
  p3m_gimp_image_delete (image);
}

static void
test_ignores_selection (void)
{
  g_autofree float *rgba = NULL;
  int layer;
  const int image = open_case (&cases[0], &layer, &rgba);
  p3m_gimp_image_select (image, 10, 10, 20, 20);
  check (run_on (image, layer, "", "auto") == P3M_GIMP_SUCCESS, "runs with a selection");
  check_mask (layer, P3M_STRATEGY_AUTO, STEP_U8, "the selection does not clip");
  p3m_gimp_image_delete (image);
}

static void
test_repeats (void)
{
  g_autofree float *rgba = NULL;
  gsize length;
  int layer;
  const int image = open_case (&cases[3], &layer, &rgba);
  run_on (image, layer, "", "auto");
  g_autofree float *first = read_mask (p3m_gimp_layer_get_mask (layer), &length);
  run_on (image, layer, "", "auto");
  g_autofree float *second = read_mask (p3m_gimp_layer_get_mask (layer), &length);
  check (largest_difference (first, second, length) == 0, "two runs give the same mask");
  p3m_gimp_image_delete (image);
}

static void
test_group_and_text (void)
{
  g_autofree float *rgba = NULL;
  int layer;
  const int image = open_case (&cases[0], &layer, &rgba);
  const int text = p3m_gimp_text_new (image, "Portrait");
  const int group = p3m_gimp_group_new (image, layer);
  check (run_on (image, group, "", "auto") == P3M_GIMP_SUCCESS, "runs on a layer group");
  check_mask (group, P3M_STRATEGY_AUTO, STEP_U8, "layer group");
  check (run_on (image, text, "", "auto") == P3M_GIMP_SUCCESS, "runs on a text layer");
  check_mask (text, P3M_STRATEGY_AUTO, STEP_U8, "text layer");
  p3m_gimp_image_delete (image);
}

static void
check_failure (int image, int drawable, const char *model, const char *strategy, const char *part,
               const char *name)
{
  g_autofree char *message = NULL;
  p3m_gimp_image_clean (image);
  const P3mGimpStatus status
      = p3m_gimp_run (image, (int[]){ drawable, -1 }, FALSE, model, strategy, &message);
  check (status == P3M_GIMP_FAILED && message && strstr (message, part), "%s: “%s”", name,
         message ? message : "(no message)");
  check (!p3m_gimp_image_is_dirty (image), "%s: the image is untouched", name);
}

static void
test_errors (void)
{
  g_autofree float *rgba = NULL;
  g_autofree char *text = g_strdup (g_getenv ("P3M_TEST_OUTPUT"));
  int layer;
  const int image = open_case (&cases[0], &layer, &rgba);
  const int channel = p3m_gimp_channel_new (image, cases[0].image_width, cases[0].image_height);
  check_failure (image, layer, "/nonexistent/a.safetensors", "auto", "a.safetensors",
                 "no such model");
  check_failure (image, layer, text, "auto", "model", "not a model");
  if (!p3m_gimp_has_choices ())
    check_failure (image, layer, "", "best", "best", "no such strategy");
  check_failure (image, channel, "", "auto", "layer", "a channel");
  check (p3m_gimp_layer_get_mask (layer) < 0, "no mask was left");
  p3m_gimp_image_delete (image);
}

static void
test_layers (void)
{
  g_autofree float *rgba = NULL;
  g_autofree char *message = NULL;
  int first;
  if (!p3m_gimp_takes_layers ())
    return;
  const int image = open_case (&cases[0], &first, &rgba);
  const int second
      = p3m_gimp_layer_new (image, TRUE, 5, 6, cases[1].layer.width, cases[1].layer.height);
  g_free (paint (&cases[1], second));
  check (p3m_gimp_run (image, (int[]){ first, second, -1 }, FALSE, "", "auto", &message)
             == P3M_GIMP_SUCCESS,
         "runs on two layers");
  check_mask (first, P3M_STRATEGY_AUTO, STEP_U8, "first of two layers");
  check_mask (second, P3M_STRATEGY_AUTO, STEP_U8, "second of two layers");
  p3m_gimp_image_delete (image);
}

static void
run_batch (void)
{
  test_alpha_varies ();
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    test_case (&cases[i]);
  test_strategies ();
  test_replaces_mask ();
  test_ignores_selection ();
  test_repeats ();
  test_group_and_text ();
  test_errors ();
  test_layers ();
}

/* ---- the dialog suite --------------------------------------------------------------------- */

/* Waits until the layer has another mask than `mask`; returns it, or `mask` when nothing happened. */
static int
wait_for_change (int layer, int mask)
{
  for (int i = 0; i < PATIENCE * 10; i++)
    {
      if (p3m_gimp_layer_get_mask (layer) != mask)
        break;
      g_usleep (G_USEC_PER_SEC / 10);
    }
  return p3m_gimp_layer_get_mask (layer);
}

static P3mGimpStatus
talk (int image, int layer, const char *model, const char *what)
{
  g_autofree char *message = NULL;
  ask (what);
  const P3mGimpStatus status
      = p3m_gimp_run (image, (int[]){ layer, -1 }, TRUE, model, "auto", &message);
  if (status == P3M_GIMP_FAILED)
    g_printerr ("%s\n", message);
  return status;
}

static void
test_undo (int image, int layer)
{
  p3m_gimp_layer_add_black_mask (layer);
  const int old = p3m_gimp_layer_get_mask (layer);
  check (talk (image, layer, "", "accept") == P3M_GIMP_SUCCESS, "OK replaces a mask");
  const int made = p3m_gimp_layer_get_mask (layer);
  check_mask (layer, P3M_STRATEGY_AUTO, STEP_U8, "dialog");
  ask ("undo");
  check (wait_for_change (layer, made) == old, "one undo brings the old mask back");
  ask ("redo");
  check (wait_for_change (layer, old) == made, "one redo brings the new mask back");
  check_mask (layer, P3M_STRATEGY_AUTO, STEP_U8, "after undo and redo");
}

static void
run_dialog (void)
{
  g_autofree float *rgba = NULL;
  g_autofree char *message = NULL;
  int layer;
  const int image = open_case (&cases[0], &layer, &rgba);
  p3m_gimp_image_show (image);
  p3m_gimp_image_clean (image);
  check (talk (image, layer, "", "cancel") == P3M_GIMP_CANCELLED, "Escape cancels");
  check (talk (image, layer, "", "close") == P3M_GIMP_CANCELLED, "closing the window cancels");
  check (!p3m_gimp_image_is_dirty (image), "the image is untouched");
  check (p3m_gimp_layer_get_mask (layer) < 0, "there is no mask");
  test_undo (image, layer);
  check (p3m_gimp_run_again (image, layer, &message) == P3M_GIMP_SUCCESS, "runs again");
  check_mask (layer, P3M_STRATEGY_AUTO, STEP_U8, "last values");
}

/* After the end of the tests: the driver kills GIMP and sees whether the plug-in ends too. */
static void
test_death (void)
{
  g_autofree float *rgba = NULL;
  int layer;
  const int image = open_case (&cases[0], &layer, &rgba);
  talk (image, layer, "", "kill");
}

void
p3m_suite_run (void)
{
  output = fopen (g_getenv ("P3M_TEST_OUTPUT"), "w");
  if (!output)
    return;
  gegl_init (NULL, NULL);
  const gboolean dialog = g_strcmp0 (g_getenv ("P3M_TEST_SUITE"), "dialog") == 0;
  if (dialog)
    run_dialog ();
  else
    run_batch ();
  fprintf (output, "1..%d\n", tests);
  if (dialog)
    test_death ();
  fclose (output);
}
