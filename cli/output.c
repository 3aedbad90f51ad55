/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A file that appears whole or not at all. */
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <unistd.h>

static gboolean
fail (const char *path, int code, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), _ ("“%s” cannot be written: %s."),
               name, g_strerror (code));
  return FALSE;
}

/* Renaming asks the folder only; a file that was protected on purpose is left alone. */
static gboolean
check_existing (const char *path, GError **error)
{
  if (g_file_test (path, G_FILE_TEST_IS_DIR))
    return fail (path, EISDIR, error);
  return g_access (path, F_OK) != 0 || g_access (path, W_OK) == 0 || fail (path, errno, error);
}

/* file: the temporary one as it was opened, or -1 with errno. */
static gboolean
begin (Output *output, const char *path, int file, const char *temporary, GError **error)
{
  if (file < 0)
    return fail (path, errno, error);
  close (file);
  output->path = g_strdup (path);
  output->temporary = g_strdup (temporary);
  return TRUE;
}

gboolean
output_begin (Output *output, const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *temporary = g_build_filename (folder, ".p3m-XXXXXX", NULL);
  return check_existing (path, error)
         && begin (output, path, g_mkstemp_full (temporary, O_RDWR | O_CLOEXEC, 0666), temporary,
                   error);
}

gboolean
output_begin_as (Output *output, const char *path, const char *temporary, gboolean is_new,
                 GError **error)
{
  output->is_new = is_new;
  return check_existing (path, error)
         && begin (output, path, g_open (temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666),
                   temporary, error);
}

/* Some network file systems cannot refuse to replace; there the file's absence is asked for before. */
static int
rename_to_new (const char *from, const char *to)
{
  if (renameat2 (AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
    return 0;
  if (errno != EINVAL && errno != ENOSYS)
    return -1;
  if (g_access (to, F_OK) != 0)
    return g_rename (from, to);
  errno = EEXIST;
  return -1;
}

gboolean
output_finish (Output *output, GError **error)
{
  const int status = output->is_new ? rename_to_new (output->temporary, output->path)
                                    : g_rename (output->temporary, output->path);
  if (status != 0)
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
