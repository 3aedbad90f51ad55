/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A file that somebody has becomes a model that is installed for the user. */
#include "import.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#include "p3m.h"
#include "places.h"

#define SUFFIX ".safetensors"

/* ---- model files ------------------------------------------------------------------------------ */

/* A hidden file that is not finished; nobody takes it for a model. */
static char *
get_unfinished_path (const char *folder, const char *name)
{
  g_autofree char *hidden = g_strdup_printf (".%s.%08x", name, g_random_int ());
  return g_build_filename (folder, hidden, NULL);
}

static gboolean
copy_in_one_step (const char *path, const char *folder, const char *name, GCancellable *cancellable,
                  GError **error)
{
  g_autofree char *unfinished = get_unfinished_path (folder, name);
  g_autofree char *target = g_build_filename (folder, name, NULL);
  g_autoptr (GFile) from = g_file_new_for_path (path);
  g_autoptr (GFile) to = g_file_new_for_path (unfinished);
  g_autoptr (GFile) end = g_file_new_for_path (target);
  if (g_mkdir_with_parents (folder, 0755) != 0)
    {
      g_autofree char *shown = g_filename_display_name (folder);
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("The folder “%s” cannot be made."),
                   shown);
      return FALSE;
    }
  if (g_file_copy (from, to, G_FILE_COPY_NONE, cancellable, NULL, NULL, error)
      && g_file_move (to, end, G_FILE_COPY_OVERWRITE, NULL, NULL, NULL, error))
    return TRUE;
  g_unlink (unfinished);
  return FALSE;
}

static void
copy_model (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const char *path = task_data;
  GError *error = NULL;
  (void) source;
  g_autoptr (P3mModel) model = p3m_model_load (path, cancellable, &error);
  if (model)
    {
      g_autofree char *folder = p3m_places_get_models ();
      g_autofree char *name = g_path_get_basename (path);
      g_autofree char *own = g_build_filename (folder, name, NULL);
      if (g_str_equal (own, path) || copy_in_one_step (path, folder, name, cancellable, &error))
        {
          g_task_return_pointer (task, g_strdup (p3m_model_get_info (model)->id), g_free);
          return;
        }
    }
  g_task_return_error (task, error);
}

/* ---- checkpoints ------------------------------------------------------------------------------ */

/* What the command said last, without its own name in front. */
static char *
get_complaint (const char *output)
{
  g_autofree char *text = g_strstrip (g_strdup (output));
  const char *line = strrchr (text, '\n') ? strrchr (text, '\n') + 1 : text;
  return g_strdup (g_str_has_prefix (line, "p3m: ") ? line + strlen ("p3m: ") : line);
}

static void
on_command_ended (GObject *object, GAsyncResult *result, gpointer user_data)
{
  GSubprocess *process = G_SUBPROCESS (object);
  g_autoptr (GTask) task = user_data;
  g_autofree char *said = NULL;
  g_autofree char *complained = NULL;
  GError *error = NULL;
  if (!g_subprocess_communicate_utf8_finish (process, result, &said, &complained, &error))
    {
      g_subprocess_force_exit (process);
      g_task_return_error (task, error);
      return;
    }
  if (g_subprocess_get_if_exited (process) && g_subprocess_get_exit_status (process) == 0)
    {
      said[strcspn (said, "\n")] = '\0'; /* the first line is the id */
      g_task_return_pointer (task, g_steal_pointer (&said), g_free);
      return;
    }
  g_autofree char *complaint = get_complaint (complained);
  g_task_return_new_error (task, P3M_ERROR, P3M_ERROR_BAD_MODEL, "%s",
                           *complaint ? complaint : _ ("The import ended before it was done."));
}

static void
start_command (GTask *task, const char *path)
{
  GError *error = NULL;
  g_autofree char *command = p3m_places_find_command ();
  if (!command)
    {
      g_task_return_new_error (
          task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
          _ ("The command “p3m”, which imports checkpoints, is not installed."));
      g_object_unref (task);
      return;
    }
  g_autoptr (GSubprocess) process
      = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error,
                          command, "import", "--", path, NULL);
  if (!process)
    {
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  g_subprocess_communicate_utf8_async (process, NULL, g_task_get_cancellable (task),
                                       on_command_ended, task);
}

/* ---- both ------------------------------------------------------------------------------------- */

void
p3m_import_async (const char *path, GCancellable *cancellable, GAsyncReadyCallback done,
                  gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, done, user_data);
  g_autofree char *lower = g_ascii_strdown (path, -1);
  if (!g_str_has_suffix (lower, SUFFIX))
    {
      start_command (task, path);
      return;
    }
  g_task_set_task_data (task, g_strdup (path), g_free);
  g_task_run_in_thread (task, copy_model);
  g_object_unref (task);
}

char *
p3m_import_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
