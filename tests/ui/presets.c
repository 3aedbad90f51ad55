/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Presets: what is saved comes back, and what is broken changes nothing. */
#include "presets.h"

#include <glib/gstdio.h>

static char *folder;

static void
set (P3mSettings *settings, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (p3m_setting_parse (p3m_setting_find (name), settings, value, &error));
  g_assert_no_error (error);
}

static void
test_roundtrip (void)
{
  g_autoptr (GError) error = NULL;
  g_auto (P3mSettings) saved = { .model = NULL };
  g_auto (P3mSettings) loaded = { .model = NULL };
  p3m_settings_init (&saved);
  p3m_settings_init (&loaded);
  set (&saved, "feather", "12.5");
  set (&saved, "output", "cut-out");
  set (&saved, "keep", "people");
  set (&saved, "people", "1,2 3,4");
  set (&loaded, "people", "7,8");
  g_assert_true (p3m_preset_save ("Härchen – weich", &saved, &error));
  g_assert_true (p3m_preset_load ("Härchen – weich", &loaded, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (loaded.people, ==, "7,8");
  set (&loaded, "people", saved.people);
  g_autofree char *before = p3m_settings_to_text (&saved);
  g_autofree char *after = p3m_settings_to_text (&loaded);
  g_assert_cmpstr (before, ==, after);
}

static void
test_list (void)
{
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  g_assert_true (p3m_preset_save ("b", &settings, NULL));
  g_assert_true (p3m_preset_save ("a", &settings, NULL));
  g_assert_true (p3m_preset_delete ("Härchen – weich", NULL));
  g_auto (GStrv) names = p3m_presets_list ();
  g_assert_cmpstr (names[0], ==, "a");
  g_assert_cmpstr (names[1], ==, "b");
  g_assert_null (names[2]);
  g_assert_true (p3m_preset_delete ("a", NULL));
  g_assert_true (p3m_preset_delete ("b", NULL));
  g_auto (GStrv) none = p3m_presets_list ();
  g_assert_null (none[0]);
}

static void
test_names (void)
{
  static const char *const bad[] = { "", ".hidden", "../outside", "a/b", "two\nlines" };
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_false (p3m_preset_save (bad[i], &settings, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME);
    }
}

static void
check_refused (const char *name, P3mSettings *settings)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *before = p3m_settings_to_text (settings);
  g_assert_false (p3m_preset_load (name, settings, &error));
  g_assert_nonnull (error);
  g_autofree char *after = p3m_settings_to_text (settings);
  g_assert_cmpstr (before, ==, after);
}

static void
test_broken (void)
{
  g_autofree char *path = g_build_filename (folder, "p3m", "presets", "broken.preset", NULL);
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  set (&settings, "contrast", "33");
  check_refused ("there is none", &settings);
  g_assert_true (g_file_set_contents (path, "[p3m]\ncontrast=10\nfeather=wide\n", -1, NULL));
  check_refused ("broken", &settings);
  g_assert_true (g_file_set_contents (path, "no preset at all", -1, NULL));
  check_refused ("broken", &settings);
  g_assert_true (p3m_preset_delete ("broken", NULL));
  g_assert_false (p3m_preset_delete ("broken", NULL));
}

static void
remove_folders (void)
{
  g_autofree char *own = g_build_filename (folder, "p3m", NULL);
  g_autofree char *presets = g_build_filename (own, "presets", NULL);
  g_rmdir (presets);
  g_rmdir (own);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char **argv)
{
  folder = g_dir_make_tmp ("p3m-presets-XXXXXX", NULL);
  g_setenv ("XDG_CONFIG_HOME", folder, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/presets/roundtrip", test_roundtrip);
  g_test_add_func ("/presets/list", test_list);
  g_test_add_func ("/presets/names", test_names);
  g_test_add_func ("/presets/broken", test_broken);
  const int status = g_test_run ();
  remove_folders ();
  g_free (folder);
  return status;
}
