/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A file that appears whole or not at all. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <unistd.h>

static gboolean
fail (const char *path, int code, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), _ ("“%s” cannot be written: %s."),
               name, g_strerror (code));
  return FALSE;
}

gboolean
output_begin (Output *output, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  /* renaming asks the folder only; a file that was protected on purpose is left alone */
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return fail (path, EISDIR, error);
  if (g_access (path, F_OK) == 0 && g_access (path, W_OK) != 0)
    return fail (path, errno, error);
  g_autofree char *temporary = g_build_filename (folder, ".p3m-XXXXXX", NULL);
  const int file = g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, 0666);
  if (file < 0)
    return fail (path, errno, error);
  close (file);
  output->path = g_strdup (path);
  output->temporary = g_steal_pointer (&temporary);
  return TRUE;
}

gboolean
output_finish (Output *output, GError **error)
{
  if (g_rename (output->temporary, output->path) != 0)
    return fail (output->path, errno, error);
  g_clear_pointer (&output->temporary, g_free);
  return TRUE;
}

void
output_clear (Output *output)
{
  if (output->temporary)
    g_unlink (output->temporary);
  g_clear_pointer (&output->temporary, g_free);
  g_clear_pointer (&output->path, g_free);
}
