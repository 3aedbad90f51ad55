/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Connected regions by breadth-first search. */
#include "regions.h"

#include "memory.h"

/* Cells that are still to be looked at; no cell enters twice, so that it never holds more than all. */
typedef struct
{
  gint32 *cells;
  gsize first, last;
} Queue;

/* Calls visit for the cells around `cell` that are inside the map. */
static void
visit_neighbours (P3mRegions *self, gint32 cell, Queue *queue,
                  gboolean (*visit) (P3mRegions *self, gint32 from, gint32 to, gconstpointer data),
                  gconstpointer data)
{
  const int x = cell % self->width, y = cell / self->width;
  for (int row = MAX (y - 1, 0); row <= MIN (y + 1, self->height - 1); row++)
    for (int column = MAX (x - 1, 0); column <= MIN (x + 1, self->width - 1); column++)
      {
        const gint32 neighbour = row * self->width + column;
        if (self->labels[neighbour] < 0 && visit (self, cell, neighbour, data))
          queue->cells[queue->last++] = neighbour;
      }
}

static gboolean
join_if_masked (P3mRegions *self, gint32 from, gint32 to, gconstpointer data)
{
  const guint8 *mask = data;
  if (!mask[to])
    return FALSE;
  self->labels[to] = self->labels[from];
  return TRUE;
}

static gboolean
join (P3mRegions *self, gint32 from, gint32 to, gconstpointer data)
{
  (void) data;
  self->labels[to] = self->labels[from];
  return TRUE;
}

static gboolean
is_at_border (const P3mRegions *self, gint32 cell)
{
  const int x = cell % self->width, y = cell / self->width;
  return x == 0 || y == 0 || x == self->width - 1 || y == self->height - 1;
}

static void
grow_region (P3mRegions *self, const guint8 *mask, gint32 seed, Queue *queue)
{
  P3mRegion region = { 0 };
  self->labels[seed] = (gint32) self->regions->len;
  queue->first = queue->last = 0;
  queue->cells[queue->last++] = seed;
  while (queue->first < queue->last)
    {
      const gint32 cell = queue->cells[queue->first++];
      region.cells++;
      region.at_border |= is_at_border (self, cell);
      visit_neighbours (self, cell, queue, join_if_masked, mask);
    }
  g_array_append_val (self->regions, region);
}

P3mRegions *
p3m_regions_new (const guint8 *mask, int width, int height, GError **error)
{
  const gint32 count = width * height;
  g_autofree gint32 *labels = p3m_try_alloc (error, sizeof (gint32), height, width);
  Queue queue = { labels ? p3m_try_alloc (error, sizeof (gint32), height, width) : NULL, 0, 0 };
  if (!queue.cells)
    return NULL;
  P3mRegions *self = g_new0 (P3mRegions, 1);
  self->width = width;
  self->height = height;
  self->labels = g_steal_pointer (&labels);
  self->regions = g_array_new (FALSE, FALSE, sizeof (P3mRegion));
  for (gint32 i = 0; i < count; i++)
    self->labels[i] = -1;
  for (gint32 i = 0; i < count; i++)
    if (mask[i] && self->labels[i] < 0)
      grow_region (self, mask, i, &queue);
  g_free (queue.cells);
  return self;
}

void
p3m_regions_free (P3mRegions *regions)
{
  g_free (regions->labels);
  g_array_unref (regions->regions);
  g_free (regions);
}

gboolean
p3m_regions_spread (P3mRegions *regions, GError **error)
{
  const gint32 count = regions->width * regions->height;
  Queue queue = { p3m_try_alloc (error, sizeof (gint32), regions->height, regions->width), 0, 0 };
  if (!queue.cells)
    return FALSE;
  for (gint32 i = 0; i < count; i++)
    if (regions->labels[i] >= 0)
      queue.cells[queue.last++] = i;
  while (queue.first < queue.last)
    visit_neighbours (regions, queue.cells[queue.first++], &queue, join, NULL);
  g_free (queue.cells);
  return TRUE;
}

int
p3m_regions_find_largest (const P3mRegions *regions)
{
  int largest = -1;
  for (guint i = 0; i < regions->regions->len; i++)
    if (largest < 0
        || g_array_index (regions->regions, P3mRegion, i).cells
               > g_array_index (regions->regions, P3mRegion, largest).cells)
      largest = (int) i;
  return largest;
}
