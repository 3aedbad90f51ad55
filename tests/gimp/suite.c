/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tests' entry, their output, and what they share. */
#include "suite.h"

#include <stdio.h>

static FILE *output;
static int tests;

gboolean
p3m_check (gboolean good, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *name = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fprintf (output, "%sok %d - %s\n", good ? "" : "not ", ++tests, name);
  fflush (output);
  return good;
}

void
p3m_ask (const char *what)
{
  fprintf (output, "# please %s\n", what);
  fflush (output);
}

void
p3m_end (void)
{
  fprintf (output, "1..%d\n", tests);
  fflush (output);
}

char *
p3m_argument_find (const char *arguments, const char *name)
{
  g_auto (GStrv) list = g_strsplit (arguments, ";", -1);
  for (int i = 0; list[i]; i++)
    {
      const char *equals = strchr (list[i], '=');
      if (equals && strlen (name) == (gsize) (equals - list[i]) && g_str_has_prefix (list[i], name))
        return g_strdup (equals + 1);
    }
  return NULL;
}

P3mGimpStatus
p3m_run_on (int image, int layer, const char *arguments)
{
  g_autofree char *message = NULL;
  const P3mGimpStatus status
      = p3m_gimp_run (image, (int[]){ layer, -1 }, FALSE, arguments, &message);
  if (status == P3M_GIMP_FAILED)
    g_printerr ("%s: %s\n", arguments, message);
  return status;
}

/* ---- describing an image ------------------------------------------------------------------ */

static void
describe_pixels (GString *text, int drawable)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (drawable);
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  const Babl *format = gegl_buffer_get_format (buffer);
  const gsize size
      = (gsize) extent->width * extent->height * babl_format_get_bytes_per_pixel (format);
  g_autofree guchar *pixels = g_malloc (size);
  gegl_buffer_get (buffer, extent, 1.0, format, pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  g_autofree char *sum = g_compute_checksum_for_data (G_CHECKSUM_MD5, pixels, size);
  g_string_append_printf (text, " %dx%d %.8s", extent->width, extent->height, sum);
}

static void
describe_item (GString *text, int item, gboolean pixels)
{
  g_autofree char *name = p3m_gimp_get_name (item);
  g_string_append_printf (text, "\n%d “%s” %s", item, name ? name : "",
                          p3m_gimp_is_visible (item) ? "shown" : "hidden");
  if (pixels)
    describe_pixels (text, item);
}

static void
describe_layers (GString *text, int image, int group, gboolean pixels)
{
  g_autofree int *layers = p3m_gimp_list_layers (image, group);
  for (int i = 0; layers[i] >= 0; i++)
    {
      int x = 0, y = 0;
      const int mask = p3m_gimp_layer_get_mask (layers[i]);
      describe_item (text, layers[i], pixels);
      p3m_gimp_layer_get_offsets (layers[i], &x, &y);
      g_string_append_printf (text, " at %d,%d mask %d", x, y, mask);
      if (mask >= 0 && pixels)
        describe_pixels (text, mask);
      if (p3m_gimp_is_group (layers[i]))
        describe_layers (text, image, layers[i], pixels);
    }
}

static char *
describe (int image, gboolean pixels)
{
  GString *text = g_string_new ("layers:");
  g_autofree int *channels = p3m_gimp_list_channels (image);
  describe_layers (text, image, -1, pixels);
  g_string_append (text, "\nchannels:");
  for (int i = 0; channels[i] >= 0; i++)
    describe_item (text, channels[i], pixels);
  g_string_append (text, "\nselection:");
  describe_pixels (text, p3m_gimp_get_selection (image));
  return g_string_free (text, FALSE);
}

char *
p3m_describe_image (int image)
{
  return describe (image, TRUE);
}

char *
p3m_outline_image (int image)
{
  return describe (image, FALSE);
}

/* ---- entry -------------------------------------------------------------------------------- */

void
p3m_suite_run (void)
{
  const char *suite = g_getenv ("P3M_TEST_SUITE");
  output = fopen (g_getenv ("P3M_TEST_OUTPUT"), "w");
  if (!output)
    return;
  gegl_init (NULL, NULL);
  if (g_strcmp0 (suite, "dialog") == 0)
    p3m_dialog_run_tests ();
  else if (g_strcmp0 (suite, "german") == 0)
    p3m_german_run_tests ();
  else if (g_strcmp0 (suite, "scripts") == 0)
    p3m_scripts_run ();
  else
    {
      p3m_batch_run ();
      p3m_outputs_run ();
      p3m_kill_run ();
      p3m_end ();
    }
  fclose (output);
}
