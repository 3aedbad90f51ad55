/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Reads regular files. */
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

static void
set_read_error (GError **error, const char *path, GIOErrorEnum code, const char *why)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, code, _ ("%s cannot be read: %s"), shown, why);
}

static void
set_errno_error (GError **error, const char *path, int code)
{
  set_read_error (error, path, g_io_error_from_errno (code), g_strerror (code));
}

/* O_NONBLOCK: a pipe of that name must not hold the program. */
int
p3m_file_open (const char *path, gsize *length, GError **error)
{
  struct stat status;
  const int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0 || fstat (fd, &status) < 0)
    set_errno_error (error, path, errno);
  else if (S_ISDIR (status.st_mode))
    set_read_error (error, path, G_IO_ERROR_IS_DIRECTORY, _ ("it is a folder"));
  else if (!S_ISREG (status.st_mode))
    set_read_error (error, path, G_IO_ERROR_NOT_REGULAR_FILE, _ ("it is a device or a pipe"));
  else
    {
      *length = status.st_size;
      return fd;
    }
  if (fd >= 0)
    close (fd);
  return -1;
}

gboolean
p3m_file_read (int fd, const char *path, guint8 *bytes, gsize length, GError **error)
{
  while (length > 0)
    {
      const gssize got = read (fd, bytes, length);
      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          set_errno_error (error, path, errno);
          return FALSE;
        }
      if (got == 0)
        {
          set_read_error (error, path, G_IO_ERROR_PARTIAL_INPUT,
                          _ ("it became shorter while it was read"));
          return FALSE;
        }
      bytes += got;
      length -= got;
    }
  return TRUE;
}

static guint8 *
load (int fd, const char *path, gsize length, GError **error)
{
  g_autofree guint8 *bytes = p3m_try_alloc (error, 1, length, 1);
  if (!bytes || !p3m_file_read (fd, path, bytes, length, error))
    return NULL;
  return g_steal_pointer (&bytes);
}

guint8 *
p3m_file_load (const char *path, gsize max_length, gsize *length, GError **error)
{
  guint8 *bytes = NULL;
  const int fd = p3m_file_open (path, length, error);
  if (fd < 0)
    return NULL;
  if (*length > max_length)
    set_read_error (error, path, G_IO_ERROR_FAILED, _ ("it is too large for a model"));
  else
    bytes = load (fd, path, *length, error);
  close (fd);
  return bytes;
}
