/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Sized, overflow-checked allocation that fails with a sentence. */
#include "memory.h"

#include <glib/gi18n-lib.h>

#ifdef G_OS_UNIX
#include <sys/mman.h>
#endif

/* function: g_try_malloc() or g_try_malloc0() */
static gpointer
allocate (gpointer (*function) (gsize), GError **error, gsize size, gsize rows, gsize columns)
{
  gsize bytes = 0;
  const gboolean fits
      = g_size_checked_mul (&bytes, rows, columns) && g_size_checked_mul (&bytes, bytes, size);
  gpointer block = fits ? function (MAX (bytes, 1)) : NULL;
  if (!block)
    {
      g_autofree char *text = g_format_size (fits ? bytes : G_MAXSIZE);
      g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                   _ ("There is not enough memory: another %s would be needed."), text);
    }
  return block;
}

gpointer
p3m_try_alloc (GError **error, gsize size, gsize rows, gsize columns)
{
  return allocate (g_try_malloc, error, size, rows, columns);
}

gpointer
p3m_try_alloc_zeroed (GError **error, gsize size, gsize rows, gsize columns)
{
  return allocate (g_try_malloc0, error, size, rows, columns);
}

gpointer
p3m_try_alloc_huge (gsize bytes, char **start)
{
  enum
  {
    ALIGNMENT = 1 << 21
  };
  char *block = bytes <= G_MAXSIZE - ALIGNMENT ? g_try_malloc0 (bytes + ALIGNMENT) : NULL;
  if (!block)
    return NULL;
  *start = block + (ALIGNMENT - GPOINTER_TO_SIZE (block) % ALIGNMENT) % ALIGNMENT;
#ifdef MADV_HUGEPAGE
  madvise (*start, bytes, MADV_HUGEPAGE);
#endif
  return block;
}
