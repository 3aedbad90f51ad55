/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Where models are found, in which order, and what hides what. */
#include <glib/gstdio.h>
#include <string.h>

#include "formula.h"
#include "model/registry.h"
#include "p3m.h"

static char *bundled;      /* the folder that p3m_models_add_folder() is told of, for all tests */
static GPtrArray *created; /* what a test has made, the innermost last */

static char *
prepare_path (const char *folder, const char *file)
{
  char *path = g_build_filename (folder, file, NULL);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_ptr_array_add (created, g_strdup (path));
  return path;
}

static char *
add_model (const char *folder, const char *file)
{
  char *path = prepare_path (folder, file);
  formula_write_model (path, 2, "F16");
  return path;
}

static char *
add_broken (const char *folder, const char *file)
{
  char *path = prepare_path (folder, file);
  g_assert_true (g_file_set_contents (path, "nonsense", -1, NULL));
  return path;
}

static void
clean_up (void)
{
  for (guint i = created->len; i > 0; i--)
    g_remove (created->pdata[i - 1]);
  g_ptr_array_set_size (created, 0);
}

static char *
user_folder (void)
{
  return g_build_filename (g_get_user_data_dir (), "p3m", "models", NULL);
}

static char *
system_folder (void)
{
  return g_build_filename (g_get_system_data_dirs ()[0], "p3m", "models", NULL);
}

static void
check_found (const char *name, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = p3m_registry_find (name, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, path);
}

static void
check_not_found (const char *name, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *found = p3m_registry_find (name, &error);
  g_assert_null (found);
  g_assert_error (error, P3M_ERROR, P3M_ERROR_NO_MODEL);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, why));
}

static void
test_order (void)
{
  g_autofree char *user = user_folder (), *system = system_folder ();
  g_autofree char *last = add_model (bundled, "d.safetensors");
  check_found (NULL, last);
  g_autofree char *third = add_model (system, "c.safetensors");
  check_found (NULL, third);
  g_autofree char *second = add_model (user, "b.safetensors");
  check_found (NULL, second);
  check_found ("", second);
  check_found ("c", third);
  check_found ("d", last);
  g_autofree char *first = add_model (user, "a.safetensors");
  check_found (NULL, first);
  g_setenv ("P3M_MODEL", last, TRUE);
  check_found (NULL, last);
  check_found ("b", second);
  g_setenv ("P3M_MODEL", system, TRUE);
  check_found (NULL, third);
  g_unsetenv ("P3M_MODEL");
  clean_up ();
}

static void
test_folders (void)
{
  g_autofree char *user = user_folder (), *system = system_folder ();
  g_setenv ("P3M_MODEL", "/some/where", TRUE);
  g_auto (GStrv) folders = p3m_models_get_folders ();
  g_unsetenv ("P3M_MODEL");
  const guint count = g_strv_length (folders);
  g_assert_cmpuint (count, >=, 5);
  g_assert_cmpstr (folders[0], ==, "/some/where");
  g_assert_cmpstr (folders[1], ==, user);
  g_assert_cmpstr (folders[2], ==, system);
  g_assert_cmpstr (folders[count - 2], ==, bundled);
  g_assert_true (g_path_is_absolute (folders[count - 1]));
  g_assert_true (g_str_has_suffix (folders[count - 1], "/p3m/models"));
}

/* Of one id the first hides the second, even when the first is broken. */
static void
test_hidden (void)
{
  g_autofree char *user = user_folder (), *system = system_folder ();
  g_autofree char *broken = add_broken (user, "same.safetensors");
  g_autofree char *hidden = add_model (system, "same.safetensors");
  g_autofree char *other = add_model (system, "zother.safetensors");
  g_autofree char *unfinished = add_model (user, ".unfinished.safetensors");
  g_autofree char *no_model = add_broken (user, "README");
  g_autoptr (GPtrArray) models = p3m_models_list ();
  g_assert_cmpuint (models->len, >=, 2);
  const P3mModelInfo *first = g_ptr_array_index (models, 0),
                     *second = g_ptr_array_index (models, 1);
  g_assert_cmpstr (first->path, ==, broken);
  g_assert_cmpstr (first->id, ==, "same");
  g_assert_cmpstr (first->name, ==, "same");
  g_assert_nonnull (strstr (first->problem, broken));
  g_assert_cmpstr (second->path, ==, other);
  g_assert_cmpstr (second->name, ==, "Formula 2");
  g_assert_cmpfloat (second->width, ==, 2 / 64.0);
  g_assert_null (second->problem);
  check_found (NULL, other);
  check_found ("same", broken);
  clean_up ();
}

static void
test_insisted (void)
{
  g_autofree char *user = user_folder ();
  g_autofree char *sound = add_model (user, "sound.safetensors");
  g_autofree char *empty = prepare_path (user, "empty");
  g_autofree char *broken = add_broken (user, "broken.safetensors");
  g_assert_cmpint (g_mkdir (empty, 0700), ==, 0);

  g_setenv ("P3M_MODEL", "/no/such/file", TRUE);
  check_not_found (NULL, "P3M_MODEL names /no/such/file, which does not exist");
  check_found ("sound", sound);
  g_autoptr (GPtrArray) models = p3m_models_list ();
  const P3mModelInfo *first = g_ptr_array_index (models, 0);
  g_assert_cmpstr (first->path, ==, "/no/such/file");
  g_assert_nonnull (first->problem);

  g_setenv ("P3M_MODEL", empty, TRUE);
  check_not_found (NULL, "which holds no model");
  g_setenv ("P3M_MODEL", broken, TRUE);
  check_found (NULL, broken);
  g_setenv ("P3M_MODEL", "", TRUE);
  check_found (NULL, sound);
  g_unsetenv ("P3M_MODEL");
  clean_up ();
}

static void
test_names (void)
{
  g_autofree char *user = user_folder ();
  g_autofree char *sound = add_model (user, "sound.safetensors");
  g_autofree char *here = g_get_current_dir ();
  check_found (sound, sound);
  check_found ("/no/such/file", "/no/such/file"); /* reading it says what is wrong */
  check_not_found ("unknown", "There is no model of the name unknown");
  check_not_found ("unknown", user);
  g_assert_cmpint (g_chdir (user), ==, 0);
  check_found ("sound.safetensors", "sound.safetensors");
  g_assert_cmpint (g_chdir (here), ==, 0);
  clean_up ();
}

static void
test_none (void)
{
  g_auto (GStrv) folders = p3m_models_get_folders ();
  g_autoptr (GPtrArray) models = p3m_models_list ();
  if (models->len > 0)
    g_test_skip ("a model is installed in the build's own folder");
  else
    check_not_found (NULL, folders[0]);
}

static void
test_copy (void)
{
  g_autofree char *user = user_folder ();
  g_autofree char *sound = add_model (user, "sound.safetensors");
  g_autofree char *broken = add_broken (user, "broken.safetensors");
  g_autoptr (GPtrArray) models = p3m_models_list ();
  for (guint i = 0; i < 2; i++)
    {
      const P3mModelInfo *info = g_ptr_array_index (models, i);
      g_autoptr (P3mModelInfo) copy = p3m_model_info_copy (info);
      g_assert_true (copy->path != info->path);
      g_assert_cmpstr (copy->path, ==, info->path);
      g_assert_cmpstr (copy->id, ==, info->id);
      g_assert_cmpstr (copy->name, ==, info->name);
      g_assert_cmpstr (copy->license, ==, info->license);
      g_assert_cmpstr (copy->trained_on, ==, info->trained_on);
      g_assert_cmpstr (copy->card, ==, info->card);
      g_assert_cmpstr (copy->problem, ==, info->problem);
      g_assert_cmpfloat (copy->width, ==, info->width);
      g_assert_cmpint (copy->size, ==, info->size);
    }
  clean_up ();
}

/* The data folders lie in a temporary one; GLib reads these variables once. */
static void
move_data_folders (const char *root)
{
  g_autofree char *user = g_build_filename (root, "user", NULL);
  g_autofree char *system = g_build_filename (root, "system", NULL);
  g_autofree char *site = g_build_filename (root, "site", NULL);
  g_autofree char *folders = g_strjoin (":", site, system, NULL);
  g_setenv ("XDG_DATA_HOME", user, TRUE);
  g_setenv ("XDG_DATA_DIRS", folders, TRUE);
  g_unsetenv ("P3M_MODEL");
}

static void
remove_folders (const char *root)
{
  static const char *const folders[]
      = { "user/p3m/models", "user/p3m", "user", "site/p3m/models", "site/p3m", "site", "bundled" };
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (root, folders[i], NULL);
      g_rmdir (path);
    }
  g_rmdir (root);
}

int
main (int argc, char **argv)
{
  g_autofree char *root = g_dir_make_tmp ("p3m-registry-XXXXXX", NULL);
  move_data_folders (root);
  g_test_init (&argc, &argv, NULL);
  created = g_ptr_array_new_with_free_func (g_free);
  bundled = g_build_filename (root, "bundled", NULL);
  p3m_models_add_folder (bundled);
  g_test_add_func ("/registry/none", test_none);
  g_test_add_func ("/registry/folders", test_folders);
  g_test_add_func ("/registry/order", test_order);
  g_test_add_func ("/registry/hidden", test_hidden);
  g_test_add_func ("/registry/insisted", test_insisted);
  g_test_add_func ("/registry/names", test_names);
  g_test_add_func ("/registry/copy", test_copy);
  const int failed = g_test_run ();
  remove_folders (root);
  g_ptr_array_unref (created);
  g_free (bundled);
  return failed;
}
