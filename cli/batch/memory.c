/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* How much memory a batch may take. */
#include "batch/memory.h"

#include <string.h>
#include <unistd.h>

/* Bytes that a worker takes beside models, tiles and the network: measured for 20 megapixels, decontaminated. */
#define WORKER_BYTES ((guint64) 208 << 20)

/* A model's file is half precision; its weights are not, and most lie in memory in two forms. */
#define MODEL_FACTOR 5

#define LEAST_TILES ((guint64) 16 << 20)
#define MOST_TILES  ((guint64) 1 << 30)

/* The number after `key` in a file of the kernel, or G_MAXUINT64. */
static guint64
read_number (const char *path, const char *key)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return G_MAXUINT64;
  const char *place = strstr (text, key);
  if (!place || !g_ascii_isdigit (place[strlen (key) + strspn (place + strlen (key), " ")]))
    return G_MAXUINT64;
  return g_ascii_strtoull (place + strlen (key), NULL, 10);
}

/* Containers and queues limit memory by groups of processes; a group's own limit is what matters to most of
 * them. */
static guint64
get_group_limit (void)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents ("/proc/self/cgroup", &text, NULL, NULL))
    return G_MAXUINT64;
  const char *group = strstr (text, "0::");
  if (!group)
    return G_MAXUINT64;
  g_autofree char *name = g_strndup (group + 3, strcspn (group + 3, "\n"));
  g_autofree char *path = g_build_filename ("/sys/fs/cgroup", name, "memory.max", NULL);
  return read_number (path, "");
}

guint64
batch_memory_get_usual (void)
{
  const guint64 kilobytes = read_number ("/proc/meminfo", "MemAvailable:");
  const guint64 physical = (guint64) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE);
  const guint64 free = kilobytes == G_MAXUINT64 ? physical / 2 : kilobytes << 10;
  return MIN (free, get_group_limit ()) / 4 * 3;
}

gboolean
batch_memory_parse (const char *text, guint64 *bytes)
{
  char *end;
  const guint64 number = g_ascii_strtoull (text, &end, 10);
  const char *unit = *end ? strchr ("KMGT", g_ascii_toupper (*end)) : NULL;
  const int shift = unit ? 10 * (int) (unit - "KMGT" + 1) : 0;
  if (!g_ascii_isdigit (*text) || number == 0 || (*end && (!unit || end[1]))
      || number > G_MAXUINT64 >> shift)
    return FALSE;
  *bytes = number << shift;
  return TRUE;
}

gboolean
batch_memory_divide (guint64 memory, guint64 models, int *jobs, guint64 *tiles, guint64 *networks)
{
  for (; *jobs >= 1; (*jobs)--)
    {
      const guint64 workers = (guint64) *jobs + 1;
      const guint64 share = memory / workers, base = WORKER_BYTES + MODEL_FACTOR * models;
      *tiles = CLAMP (share > base ? (share - base) / 2 : 0, LEAST_TILES, MOST_TILES);
      const guint64 fixed = workers * (base + *tiles);
      if (fixed < memory)
        {
          *networks = memory - fixed;
          return TRUE;
        }
    }
  return FALSE;
}
