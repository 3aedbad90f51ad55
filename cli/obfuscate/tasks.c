/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which pictures are read, and where what becomes of them is written. */
#include "obfuscate/tasks.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "p3m.h"
#include "picture.h"

static void
task_free (gpointer data)
{
  Task *task = data;
  g_free (task->input);
  g_free (task->output);
  g_free (task->name);
  g_free (task->problem);
  g_free (task);
}

static void
add_task (GPtrArray *tasks, const char *input, const char *name, const char *output)
{
  Task *task = g_new0 (Task, 1);
  task->input = g_strdup (input);
  task->name = g_strdup (name);
  task->output = g_strdup (output);
  g_ptr_array_add (tasks, task);
}

/* ---- folders ---- */

/* Adds what is in the folder `top`/`below`. */
static gboolean
add_folder (GPtrArray *tasks, const char *top, const char *below, const char *output,
            GError **error)
{
  g_autofree char *folder = g_build_filename (top, below, NULL);
  g_autoptr (GDir) directory = g_dir_open (folder, 0, error);
  if (!directory)
    return FALSE;
  for (const char *entry = g_dir_read_name (directory); entry; entry = g_dir_read_name (directory))
    {
      g_autofree char *name = *below ? g_build_filename (below, entry, NULL) : g_strdup (entry);
      g_autofree char *path = g_build_filename (top, name, NULL);
      g_autofree char *target = g_build_filename (output, name, NULL);
      /* a link to a folder can lead in a circle */
      const gboolean is_folder
          = g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK);
      if (*entry == '.')
        continue;
      if (is_folder && !add_folder (tasks, top, name, output, error))
        return FALSE;
      if (!is_folder && picture_is_picture_name (entry)
          && g_file_test (path, G_FILE_TEST_IS_REGULAR))
        add_task (tasks, path, name, target);
    }
  return TRUE;
}

/* Whether `inner` is `outer` or lies in it. */
static gboolean
is_inside (const char *inner, const char *outer)
{
  g_autoptr (GFile) inner_file = g_file_new_for_path (inner);
  g_autoptr (GFile) outer_file = g_file_new_for_path (outer);
  return g_file_equal (inner_file, outer_file) || g_file_has_prefix (inner_file, outer_file);
}

static gboolean
add_input (GPtrArray *tasks, const char *input, const char *output, gboolean is_single,
           GError **error)
{
  if (g_file_test (input, G_FILE_TEST_IS_DIR))
    {
      if (!is_inside (output, input))
        return add_folder (tasks, input, "", output, error);
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                   _ ("The outputs would lie among the pictures: choose a folder outside of “%s”."),
                   input);
      return FALSE;
    }
  g_autofree char *name = g_path_get_basename (input);
  g_autofree char *below = g_build_filename (output, name, NULL);
  const gboolean is_file
      = is_single && picture_is_picture_name (output) && !g_file_test (output, G_FILE_TEST_IS_DIR);
  add_task (tasks, input, name, is_file ? output : below);
  return TRUE;
}

/* ---- outputs that must not be ---- */

static char *
identify (const char *path)
{
  GStatBuf status;
  if (g_stat (path, &status) != 0)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64) status.st_dev,
                          (guint64) status.st_ino);
}

/* Through links of both kinds, too. */
static void
protect_inputs (GPtrArray *tasks)
{
  g_autoptr (GHashTable) inputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) outputs = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < tasks->len; i++)
    {
      const Task *task = g_ptr_array_index (tasks, i);
      char *identity = identify (task->input);
      if (identity)
        g_hash_table_add (inputs, identity);
    }
  for (guint i = 0; i < tasks->len; i++)
    {
      Task *task = g_ptr_array_index (tasks, i);
      g_autofree char *identity = identify (task->output);
      if (identity && g_hash_table_contains (inputs, identity))
        task->problem = g_strdup_printf (_ ("“%s” would be overwritten."), task->output);
      else if (!g_hash_table_add (outputs, g_canonicalize_filename (task->output, NULL)))
        task->problem = g_strdup_printf (_ ("Another picture is written to “%s”."), task->output);
    }
}

static int
compare_tasks (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(const Task *const *) a)->input, (*(const Task *const *) b)->input);
}

GPtrArray *
tasks_new (char **inputs, const char *output, GError **error)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (task_free);
  for (char **input = inputs; *input; input++)
    if (!add_input (tasks, *input, output, !inputs[1], error))
      return NULL;
  if (tasks->len == 0)
    {
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("There are no pictures in “%s”."),
                   inputs[0]);
      return NULL;
    }
  g_ptr_array_sort (tasks, compare_tasks);
  protect_inputs (tasks);
  return g_steal_pointer (&tasks);
}

/* ---- partners ---- */

/* The name without its suffix. */
static char *
get_stem (const Task *task)
{
  const char *suffix = strrchr (task->name, '.');
  return suffix ? g_strndup (task->name, suffix - task->name) : g_strdup (task->name);
}

char *
task_find_partner (const Task *task, const char *path)
{
  static const char *const suffixes[] = { ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp" };
  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    return g_strdup (path);
  g_autofree char *stem = get_stem (task);
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (stem, suffixes[i], NULL);
      g_autofree char *partner = g_build_filename (path, name, NULL);
      if (g_file_test (partner, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&partner);
    }
  return NULL;
}

char *
task_build_png_name (const Task *task, const char *folder)
{
  g_autofree char *stem = get_stem (task);
  g_autofree char *name = g_strconcat (stem, ".png", NULL);
  return g_build_filename (folder, name, NULL);
}
