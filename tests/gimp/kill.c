/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Runs that GIMP ends at any moment, as its own Cancel does: the image is untouched, or all is there. */
#include <signal.h>
#include <string.h>

#include "pictures.h"
#include "suite.h"

/* Large enough that writing takes a while. */
static const P3mPicture large = { "large", P3M_GIMP_RGB,         P3M_GIMP_U8, FALSE,      1500,
                                  1000,    { 0, 0, 1500, 1000 }, P3M_STEP_U8, P3M_STEP_U8 };

/* When a run is ended, as a share of what a whole one takes. */
static const double moments[] = { 0.3, 0.5, 0.7 };

/* Attaching takes some calls, a few thousandths of a second: who is ended just there is tried again. */
#define TRIES 3

/* ---- ending the plug-in ------------------------------------------------------------------- */

/* The plug-in's program, in a folder beside the tests' own (transfer full). */
static char *
find_plug_in (void)
{
  g_autofree char *own = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = g_path_get_dirname (own);
  g_autofree char *plug_ins = g_path_get_dirname (folder);
  return g_build_filename (plug_ins, "p3m", "p3m", NULL);
}

/* Without any doubt: the tests have a profile to themselves. */
static void
kill_plug_in (void)
{
  g_autofree char *program = find_plug_in ();
  g_autoptr (GDir) processes = g_dir_open ("/proc", 0, NULL);
  for (const char *name = g_dir_read_name (processes); name; name = g_dir_read_name (processes))
    {
      g_autofree char *link = g_build_filename ("/proc", name, "exe", NULL);
      g_autofree char *running = g_ascii_isdigit (*name) ? g_file_read_link (link, NULL) : NULL;
      if (g_strcmp0 (running, program) == 0)
        kill (atoi (name), SIGKILL);
    }
}

static gpointer
kill_later (gpointer delay)
{
  g_usleep (*(const gulong *) delay);
  kill_plug_in ();
  return NULL;
}

/* delay: us. */
static P3mGimpStatus
run_and_kill (int image, int layer, const char *arguments, gulong delay)
{
  g_autofree char *message = NULL;
  GThread *thread = g_thread_new ("kill", kill_later, &delay);
  const P3mGimpStatus status
      = p3m_gimp_run (image, (int[]){ layer, -1 }, FALSE, arguments, &message);
  g_thread_join (thread);
  return status;
}

/* ---- how an image looks ------------------------------------------------------------------- */

/* All that a person sees, without the numbers of items, which differ from image to image (transfer full). */
static char *
describe (int image)
{
  g_autofree char *text = p3m_describe_image (image);
  g_autoptr (GRegex) numbers = g_regex_new ("(\\n|mask )[0-9]+", 0, 0, NULL);
  return g_regex_replace (numbers, text, -1, 0, "\\1", 0, NULL);
}

static int
open_picture (int *layer)
{
  const int image = p3m_picture_open (&large, layer, NULL);
  p3m_gimp_layer_add_black_mask (*layer);
  p3m_gimp_image_clean (image);
  return image;
}

/* What a whole run makes, and how long it takes, us (transfer full). */
static char *
run_whole (const char *arguments, gulong *duration)
{
  int layer;
  const int image = open_picture (&layer);
  const gint64 start = g_get_monotonic_time ();
  p3m_check (p3m_run_on (image, layer, arguments) == P3M_GIMP_SUCCESS, "%s runs", arguments);
  *duration = (gulong) (g_get_monotonic_time () - start);
  char *all = describe (image);
  p3m_gimp_image_delete (image);
  return all;
}

/* What is left of a run that is ended: "untouched", "all" or "a part". */
static const char *
end_run (const char *arguments, gulong delay, const char *all)
{
  int layer;
  const int image = open_picture (&layer);
  g_autofree char *before = describe (image);
  const P3mGimpStatus status = run_and_kill (image, layer, arguments, delay);
  g_autofree char *after = describe (image);
  const gboolean is_untouched = status != P3M_GIMP_SUCCESS && g_str_equal (before, after)
                                && !p3m_gimp_image_is_dirty (image);
  p3m_gimp_image_delete (image);
  return is_untouched ? "untouched" : g_str_equal (all, after) ? "all" : "a part";
}

static void
test_moment (const char *arguments, double moment, const char *all, gulong duration)
{
  const char *left = "a part";
  for (int i = 0; i < TRIES && g_str_equal (left, "a part"); i++)
    left = end_run (arguments, (gulong) (moment * (double) duration), all);
  p3m_check (!g_str_equal (left, "a part"), "%s, ended after %.0f %%: %s is left", arguments,
             100 * moment, left);
}

void
p3m_kill_run (void)
{
  static const char *const arguments[]
      = { "strategy=resize;output=mask",    "strategy=resize;output=layer-with-mask",
          "strategy=resize;output=cut-out", "strategy=resize;output=selection",
          "strategy=resize;output=channel", "strategy=resize;output=trimap" };
  for (gsize i = 0; i < G_N_ELEMENTS (arguments); i++)
    {
      gulong duration;
      g_autofree char *all = run_whole (arguments[i], &duration);
      for (gsize k = 0; k < G_N_ELEMENTS (moments); k++)
        test_moment (arguments[i], moments[k], all, duration);
    }
}
