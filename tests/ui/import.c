/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Import of models: import P3M-COMMAND CHECKPOINT MODEL. */
#include "import.h"

#include <glib/gstdio.h>
#include <string.h>

#include "p3m.h"
#include "places.h"

static char *folder;
static const char *checkpoint, *model;

static void
on_done (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **taken = user_data;
  (void) object;
  *taken = g_object_ref (result);
}

static char *
import (const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  p3m_import_async (path, cancellable, on_done, &result);
  while (!result)
    g_main_context_iteration (NULL, TRUE);
  return p3m_import_finish (result, error);
}

/* How many files there are in the user's models, unfinished ones too. */
static int
count_models (void)
{
  g_autofree char *models = p3m_places_get_models ();
  g_autoptr (GDir) dir = g_dir_open (models, 0, NULL);
  int count = 0;
  while (dir && g_dir_read_name (dir))
    count++;
  return count;
}

static void
remove_model (const char *id)
{
  g_autofree char *models = p3m_places_get_models ();
  g_autofree char *name = g_strconcat (id, ".safetensors", NULL);
  g_autofree char *path = g_build_filename (models, name, NULL);
  g_autoptr (P3mModel) loaded = p3m_model_load (path, NULL, NULL);
  g_assert_nonnull (loaded);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
check_installed (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *id = import (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (id, ==, "small");
  g_assert_cmpint (count_models (), ==, 1);
  g_free (import (path, NULL, &error)); /* again, over itself */
  g_assert_no_error (error);
  g_assert_cmpint (count_models (), ==, 1);
  remove_model (id);
}

static void
test_model (void)
{
  check_installed (model);
}

static void
test_checkpoint (void)
{
  check_installed (checkpoint);
}

/* The message names the fault, and there is nothing new. */
static void
check_refused (const char *name, const char *contents, const char *part)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_assert_true (g_file_set_contents (path, contents, -1, NULL));
  g_assert_null (import (path, NULL, &error));
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_false (g_str_has_prefix (error->message, "p3m"));
  g_assert_cmpint (count_models (), ==, 0);
  g_unlink (path);
}

static void
test_bad_files (void)
{
  check_refused ("a.pth", "not a checkpoint", "a.pth");
  check_refused ("b.safetensors", "not a model", "b.safetensors");
}

static void
test_no_file (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (import ("/nonexistent/a.safetensors", NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_null (import ("/nonexistent/a.pth", NULL, &error));
  g_assert_nonnull (error);
}

static void
test_cancelled (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_cancellable_cancel (cancellable);
  g_assert_null (import (checkpoint, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
remove_folders (void)
{
  g_autofree char *models = p3m_places_get_models ();
  g_autofree char *own = g_path_get_dirname (models);
  g_rmdir (models);
  g_rmdir (own);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  folder = g_dir_make_tmp ("p3m-import-XXXXXX", NULL);
  g_setenv ("XDG_DATA_HOME", folder, TRUE);
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 4);
  g_autofree char *commands = g_path_get_dirname (argv[1]);
  g_setenv ("PATH", commands, TRUE);
  checkpoint = argv[2];
  model = argv[3];
  g_test_add_func ("/import/model", test_model);
  g_test_add_func ("/import/checkpoint", test_checkpoint);
  g_test_add_func ("/import/bad-files", test_bad_files);
  g_test_add_func ("/import/no-file", test_no_file);
  g_test_add_func ("/import/cancelled", test_cancelled);
  const int status = g_test_run ();
  remove_folders ();
  g_free (folder);
  return status;
}
