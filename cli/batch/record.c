/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A note in the folder of the outputs of how these were asked for, so that --resume never mixes two ways. */
#include "batch/record.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define NAME ".p3m-batch"

/* All that changes what is in the outputs: settings, models, formats. */
static char *
describe (const BatchOptions *options)
{
  g_autofree char *settings = p3m_settings_to_text (&options->settings);
  g_autofree char *models = g_strjoinv (" ", options->model_ids);
  GString *text = g_string_new (settings);
  g_string_append_printf (text, "models=%s\n", models);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (options->suffixes[kind])
      g_string_append_printf (text, "%s=%s\n", product_names[kind], options->suffixes[kind]);
  return g_string_free (text, FALSE);
}

/* The first line in which two descriptions differ, as the earlier one has it. */
static char *
find_difference (const char *earlier, const char *now)
{
  g_auto (GStrv) earlier_lines = g_strsplit (earlier, "\n", -1);
  g_auto (GStrv) lines = g_strsplit (now, "\n", -1);
  for (char **line = earlier_lines; *line; line++)
    if (**line && !g_strv_contains ((const char *const *) lines, *line))
      return g_strdup (*line);
  return g_strdup ("");
}

gboolean
batch_record_check (const BatchOptions *options, GError **error)
{
  g_autofree char *earlier = NULL;
  g_autofree char *now = describe (options);
  g_autofree char *path = g_build_filename (options->folder, NAME, NULL);
  g_autofree char *name = g_filename_display_name (options->folder);
  if (g_mkdir_with_parents (options->folder, 0777) != 0)
    {
      const int code = errno;
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), _ ("“%s” cannot be made: %s."),
                   name, g_strerror (code));
      return FALSE;
    }
  const gboolean has_earlier = g_file_get_contents (path, &earlier, NULL, NULL);
  if (has_earlier && g_str_equal (earlier, now))
    return TRUE;
  if (!has_earlier || options->existing != EXISTING_RESUME)
    return g_file_set_contents (path, now, -1, error);
  g_autofree char *difference = find_difference (earlier, now);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("“%s” was begun with other options (%s): resume with those, or use another "
                  "folder."),
               name, difference);
  return FALSE;
}
