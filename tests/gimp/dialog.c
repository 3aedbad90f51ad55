/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog, cancelling, undo and redo, with a driver at keyboard and mouse. */
#include <string.h>

#include "expect.h"
#include "pictures.h"
#include "suite.h"

/* Seconds that the driver gets to press a key and GIMP to follow. */
#define PATIENCE 90

/* Large enough that a run takes a while. */
static const P3mPicture large = { "large", P3M_GIMP_RGB,         P3M_GIMP_U8, FALSE,      3000,
                                  2000,    { 0, 0, 3000, 2000 }, P3M_STEP_U8, P3M_STEP_U8 };

static void
check_mask (int layer, const char *arguments, const char *name)
{
  const int mask = p3m_gimp_layer_get_mask (layer);
  gsize length = 0;
  g_autofree float *stored = mask < 0 ? NULL : p3m_read (mask, &length);
  g_autofree float *alpha = p3m_expect_alpha (layer, arguments, NULL);
  const float difference = stored ? p3m_largest_difference (stored, alpha, length) : 1;
  p3m_check (difference <= P3M_STEP_U8, "%s: mask = alpha (difference %.2g)", name, difference);
}

/* Waits until the image has this outline. */
static void
wait_for (int image, const char *wanted)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end)
    {
      g_autofree char *now = p3m_outline_image (image);
      if (g_str_equal (now, wanted))
        return;
      g_usleep (G_USEC_PER_SEC / 5);
    }
}

/* How an image looked, with and without its pixels. */
typedef struct
{
  char *all, *outline;
} State;

static State
remember (int image)
{
  return (State){ p3m_describe_image (image), p3m_outline_image (image) };
}

static void
forget (State *state)
{
  g_free (state->all);
  g_free (state->outline);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (State, forget)

static gboolean
looks_like (int image, const State *state)
{
  wait_for (image, state->outline);
  g_autofree char *now = p3m_describe_image (image);
  return g_str_equal (now, state->all);
}

/* Runs the dialog while the driver does `what`. */
static P3mGimpStatus
talk (int image, int layer, const char *what)
{
  g_autofree char *message = NULL;
  p3m_ask (what);
  const P3mGimpStatus status = p3m_gimp_run (image, (int[]){ layer, -1 }, TRUE, "", &message);
  if (status == P3M_GIMP_FAILED)
    g_printerr ("%s\n", message);
  return status;
}

static void
check_undo (int image, const State *before, const char *name)
{
  g_auto (State) after = remember (image);
  p3m_check (!g_str_equal (before->all, after.all), "%s: the image has changed", name);
  p3m_ask ("undo");
  p3m_check (looks_like (image, before), "%s: one undo brings all back", name);
  p3m_ask ("redo");
  p3m_check (looks_like (image, &after), "%s: one redo makes it again", name);
}

static void
test_cancelling (void)
{
  int layer;
  const int image = p3m_picture_open (&large, &layer, NULL);
  g_autofree char *before = p3m_describe_image (image);
  p3m_gimp_image_clean (image);
  p3m_check (talk (image, layer, "cancel") == P3M_GIMP_CANCELLED, "Escape cancels");
  p3m_check (talk (image, layer, "close") == P3M_GIMP_CANCELLED, "closing the window cancels");
  p3m_ask ("stop");
  p3m_check (p3m_run_on (image, layer, "strategy=hybrid;output=cut-out") != P3M_GIMP_SUCCESS,
             "a run ends when GIMP ends the plug-in");
  g_autofree char *after = p3m_describe_image (image);
  p3m_check (!p3m_gimp_image_is_dirty (image) && g_str_equal (before, after),
             "the image is untouched");
  p3m_gimp_image_delete (image);
}

/* Each output on an image that is shown, on top of those before. */
static void
test_outputs (int image, int layer)
{
  static const char *const arguments[] = { "output=mask;existing=intersect",
                                           "output=layer-with-mask",
                                           "output=cut-out",
                                           "output=selection",
                                           "output=channel",
                                           "output=trimap" };
  for (gsize i = 0; i < G_N_ELEMENTS (arguments); i++)
    {
      g_auto (State) before = remember (image);
      p3m_check (p3m_run_on (image, layer, arguments[i]) == P3M_GIMP_SUCCESS, "%s runs",
                 arguments[i]);
      check_undo (image, &before, arguments[i]);
    }
}

static void
test_dialog (int image, int layer)
{
  g_autofree char *message = NULL;
  p3m_gimp_layer_add_black_mask (layer);
  g_auto (State) before = remember (image);
  p3m_check (talk (image, layer, "accept") == P3M_GIMP_SUCCESS, "OK replaces a mask");
  check_mask (layer, "", "dialog");
  check_undo (image, &before, "dialog");
  check_mask (layer, "", "after undo and redo");
  p3m_check (p3m_gimp_run_again (image, layer, &message) == P3M_GIMP_SUCCESS, "runs again");
  check_mask (layer, "", "last values");
}

static gboolean
has_value (const char *arguments, const char *name, const char *wanted)
{
  g_autofree char *value = p3m_argument_find (arguments, name);
  return g_strcmp0 (value, wanted) == 0;
}

/* The driver has dragged the contrast, clicked a person and chosen a new layer. */
static void
check_choices (const char *arguments)
{
  g_autofree char *contrast = p3m_argument_find (arguments, "contrast");
  g_autofree char *people = p3m_argument_find (arguments, "people");
  p3m_check (contrast && g_ascii_strtod (contrast, NULL) > 5, "a slider was dragged: contrast %s",
             contrast);
  p3m_check (has_value (arguments, "keep", "people") && people && strchr (people, ','),
             "a person was clicked: %s", people);
  p3m_check (has_value (arguments, "output", "layer-with-mask"), "an output was chosen");
}

/* The one above in the list, -1 = none. */
static int
find_layer_above (int image, int layer)
{
  g_autofree int *layers = p3m_gimp_list_layers (image, -1);
  int above = -1;
  for (int i = 0; layers[i] != layer; i++)
    above = layers[i];
  return above;
}

static void
check_new_layer (int image, int layer, const char *arguments, const char *name)
{
  gsize length;
  const int made = find_layer_above (image, layer);
  const int mask = made < 0 ? -1 : p3m_gimp_layer_get_mask (made);
  g_autofree float *stored = mask < 0 ? NULL : p3m_read (mask, &length);
  g_autofree float *alpha = p3m_expect_alpha (layer, arguments, NULL);
  const float difference = stored ? p3m_largest_difference (stored, alpha, length) : 1;
  p3m_check (difference <= P3M_STEP_U8, "%s: a new layer's mask = alpha (difference %.2g)", name,
             difference);
}

/* On the same layer the person who was clicked still counts, on another nobody is left out. */
static void
test_refining (int image, int layer)
{
  g_autofree char *message = NULL;
  p3m_gimp_image_select_none (image);
  g_auto (State) before = remember (image);
  p3m_check (talk (image, layer, "refine") == P3M_GIMP_SUCCESS, "OK after refining");
  g_autofree char *arguments = p3m_gimp_get_last_values ();
  check_choices (arguments);
  check_new_layer (image, layer, arguments, "refined");
  check_undo (image, &before, "refined");
  p3m_check (p3m_gimp_run_again (image, layer, &message) == P3M_GIMP_SUCCESS, "repeats");
  check_new_layer (image, layer, arguments, "repeated");
  const int other = p3m_gimp_layer_new (image, FALSE, 0, 0, 100, 80);
  g_free (p3m_picture_paint (&(P3mPicture){ .layer = { 0, 0, 100, 80 } }, other));
  g_autofree char *everybody = g_strconcat ("keep=everything;", arguments, NULL);
  p3m_check (p3m_gimp_run_again (image, other, &message) == P3M_GIMP_SUCCESS,
             "repeats on another layer");
  check_new_layer (image, other, everybody, "another layer");
}

/* Where lists cannot be driven by keys: in GIMP 3's theme. */
static void
test_dragging (int image, int layer)
{
  p3m_check (talk (image, layer, "drag") == P3M_GIMP_SUCCESS, "OK after dragging");
  g_autofree char *arguments = p3m_gimp_get_last_values ();
  g_autofree char *contrast = p3m_argument_find (arguments, "contrast");
  p3m_check (contrast && g_ascii_strtod (contrast, NULL) > 5, "a slider was dragged: contrast %s",
             contrast);
  check_mask (layer, arguments, "dragged");
}

/* After the end of the tests: the driver kills GIMP and sees whether the plug-in ends too. */
static void
test_death (int image, int layer)
{
  talk (image, layer, "kill");
}

void
p3m_dialog_run_tests (void)
{
  int layer;
  test_cancelling ();
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  p3m_gimp_image_show (image);
  test_dialog (image, layer);
  test_outputs (image, layer);
  if (p3m_gimp_takes_layers ())
    test_dragging (image, layer);
  else
    test_refining (image, layer);
  p3m_end ();
  test_death (image, layer);
}

/* The driver looks for the dialog by its German title. */
void
p3m_german_run_tests (void)
{
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  p3m_gimp_image_show (image);
  p3m_check (talk (image, layer, "cancel") == P3M_GIMP_CANCELLED, "Escape cancels in German");
  p3m_check (talk (image, layer, "accept") == P3M_GIMP_SUCCESS, "OK in German");
  check_mask (layer, "", "German");
  p3m_end ();
  test_death (image, layer);
}
