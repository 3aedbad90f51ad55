/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Sized, overflow-checked allocation that fails with a sentence. */
#include "memory.h"

#include <glib/gi18n-lib.h>

#ifdef G_OS_UNIX
#include <sys/mman.h>
#endif

enum
{
  HUGE_PAGE = 1 << 21 /* bytes */
};

/* Clearing a huge page takes a quarter of the time that as many small ones take. */
static void
ask_for_huge_pages (char *start, gsize bytes)
{
#ifdef MADV_HUGEPAGE
  char *first = start + (HUGE_PAGE - GPOINTER_TO_SIZE (start) % HUGE_PAGE) % HUGE_PAGE;
  if (first < start + bytes)
    madvise (first, start + bytes - first, MADV_HUGEPAGE);
#endif
}

static gpointer
allocate (gpointer (*function) (gsize), GError **error, gsize size, gsize rows, gsize columns,
          gsize *bytes)
{
  const gboolean fits
      = g_size_checked_mul (bytes, rows, columns) && g_size_checked_mul (bytes, *bytes, size);
  gpointer block = fits ? function (MAX (*bytes, 1)) : NULL;
  if (!block)
    {
      g_autofree char *text = g_format_size (fits ? *bytes : G_MAXSIZE);
      g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                   _ ("There is not enough memory: another %s would be needed."), text);
    }
  return block;
}

gpointer
p3m_try_alloc (GError **error, gsize size, gsize rows, gsize columns)
{
  gsize bytes = 0;
  gpointer block = allocate (g_try_malloc, error, size, rows, columns, &bytes);
  if (block && bytes >= 2 * HUGE_PAGE)
    ask_for_huge_pages (block, bytes);
  return block;
}

gpointer
p3m_try_alloc_zeroed (GError **error, gsize size, gsize rows, gsize columns)
{
  gsize bytes = 0;
  return allocate (g_try_malloc0, error, size, rows, columns, &bytes);
}

gpointer
p3m_try_alloc_huge (gsize bytes, char **start)
{
  char *block = bytes <= G_MAXSIZE - HUGE_PAGE ? g_try_malloc0 (bytes + HUGE_PAGE) : NULL;
  if (!block)
    return NULL;
  ask_for_huge_pages (block, bytes + HUGE_PAGE);
  *start = block + (HUGE_PAGE - GPOINTER_TO_SIZE (block) % HUGE_PAGE) % HUGE_PAGE;
  return block;
}
