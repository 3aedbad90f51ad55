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

/* Waits until the image has this outline, or another one. */
static void
wait_until (int image, const char *outline, gboolean same)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE * G_USEC_PER_SEC;
  while (g_get_monotonic_time () < end)
    {
      g_autofree char *now = p3m_outline_image (image);
      if (g_str_equal (now, outline) == same)
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
  wait_until (image, state->outline, TRUE);
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

/* Each output, chosen in the dialog's list, on an image that is shown, on top of those before. */
static void
test_outputs (int image, int layer)
{
  for (const P3mChoice *choice = p3m_setting_find ("output")->choices; choice->name; choice++)
    {
      g_auto (State) before = remember (image);
      g_autofree char *request = g_strdup_printf ("choose %s", choice->label);
      p3m_check (talk (image, layer, request) == P3M_GIMP_SUCCESS, "%s: OK", choice->label);
      g_autofree char *arguments = p3m_gimp_get_last_values ();
      p3m_check (has_value (arguments, "output", choice->name), "%s was chosen", choice->name);
      check_undo (image, &before, choice->name);
      p3m_output_check (&p3m_pictures[0], image, layer, arguments, NULL, choice->name);
    }
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
  p3m_output_check (&p3m_pictures[0], image, layer, arguments, NULL, "refined");
  check_undo (image, &before, "refined");
  p3m_check (p3m_gimp_run_again (image, layer, &message) == P3M_GIMP_SUCCESS, "repeats");
  p3m_output_check (&p3m_pictures[0], image, layer, arguments, NULL, "repeated");
  const P3mPicture small
      = { .layer = { 0, 0, 100, 80 }, .colour_step = P3M_STEP_U8, .alpha_step = P3M_STEP_U8 };
  const int other = p3m_gimp_layer_new (image, FALSE, 0, 0, 100, 80);
  g_free (p3m_picture_paint (&small, other));
  g_autofree char *everybody = g_strconcat ("keep=everything;", arguments, NULL);
  p3m_check (p3m_gimp_run_again (image, other, &message) == P3M_GIMP_SUCCESS,
             "repeats on another layer");
  p3m_output_check (&small, image, other, everybody, NULL, "another layer");
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
  test_refining (image, layer);
  p3m_end ();
  test_death (image, layer);
}

/* Nobody calls the procedure but GIMP itself, when the driver has gone through the menus. */
static void
test_menu (int image, int layer)
{
  g_autofree char *before = p3m_outline_image (image);
  p3m_ask ("open");
  wait_until (image, before, FALSE);
  check_mask (layer, "", "opened from the menu");
}

/* The driver looks for the dialog by its German title. */
void
p3m_german_run_tests (void)
{
  int layer;
  const int image = p3m_picture_open (&p3m_pictures[0], &layer, NULL);
  p3m_gimp_image_show (image);
  p3m_check (talk (image, layer, "cancel") == P3M_GIMP_CANCELLED, "Escape cancels in German");
  test_menu (image, layer);
  p3m_end ();
  test_death (image, layer);
}
