/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Settings that a person keeps under a name: one text file each in the user's configuration. */
#include "presets.h"

#include <errno.h>
#include <string.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#define SUFFIX ".preset"

/* Bytes; leaves room for the suffix in what file systems allow. */
#define LONGEST_NAME 200

static char *
get_folder (void)
{
  return g_build_filename (g_get_user_config_dir (), "p3m", "presets", NULL);
}

/* NULL with the error set when a file cannot have that name. */
static char *
get_path (const char *name, GError **error)
{
  if (!*name || *name == '.' || strlen (name) > LONGEST_NAME || strpbrk (name, "/\n"))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME,
                   _ ("“%s” cannot be the name of a preset."), name);
      return NULL;
    }
  g_autofree char *folder = get_folder ();
  g_autofree char *file = g_strconcat (name, SUFFIX, NULL);
  return g_build_filename (folder, file, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_utf8_collate (*(const char *const *) a, *(const char *const *) b);
}

char **
p3m_presets_list (void)
{
  GPtrArray *names = g_ptr_array_new ();
  g_autofree char *folder = get_folder ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *file;
  while (dir && (file = g_dir_read_name (dir)))
    if (*file != '.' && g_str_has_suffix (file, SUFFIX) && g_utf8_validate (file, -1, NULL))
      g_ptr_array_add (names, g_strndup (file, strlen (file) - strlen (SUFFIX)));
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

gboolean
p3m_preset_save (const char *name, const P3mSettings *settings, GError **error)
{
  g_autofree char *path = get_path (name, error);
  if (!path)
    return FALSE;
  g_auto (P3mSettings) kept = { .model = NULL };
  p3m_settings_copy (&kept, settings);
  p3m_setting_set_text (p3m_setting_find ("people"), &kept, "");
  g_autofree char *text = p3m_settings_to_text (&kept);
  g_autofree char *folder = get_folder ();
  g_mkdir_with_parents (folder, 0700); /* what is wrong with it is said when the file is written */
  return g_file_set_contents (path, text, -1, error);
}

gboolean
p3m_preset_load (const char *name, P3mSettings *settings, GError **error)
{
  g_autofree char *path = get_path (name, error);
  g_autofree char *text = NULL;
  if (!path || !g_file_get_contents (path, &text, NULL, error))
    return FALSE;
  g_autofree char *people = g_strdup (settings->people);
  if (!p3m_settings_from_text (settings, text, error))
    return FALSE;
  p3m_setting_set_text (p3m_setting_find ("people"), settings, people);
  return TRUE;
}

gboolean
p3m_preset_delete (const char *name, GError **error)
{
  g_autofree char *path = get_path (name, error);
  if (!path)
    return FALSE;
  if (g_unlink (path) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
               _ ("The preset “%s” cannot be deleted: %s."), name, g_strerror (errno));
  return FALSE;
}
