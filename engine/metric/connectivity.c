/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The connectivity error: the regions of all thresholds from one union-find, grown from the highest. */
#include "metric/metric.h"

#include "memory.h"

#include <math.h>

/* Thresholds are 0.1, 0.2 .. 1.0. */
#define LEVELS 10
#define STEP   0.1

/* Distances under this do not count. */
#define LEAST_DISTANCE 0.15

typedef struct
{
  int width, height;
  gsize count;
  guint8 *level;   /* [height][width]: how many thresholds both alphas reach */
  guint8 *lambda;  /* [height][width]: the highest threshold up to which the pixel is connected */
  guint32 *parent; /* [height][width]: of the same region; a region's root is its first pixel */
  guint32 *size;   /* [height][width]: pixels of the region, at its root */
} Regions;

static guint32
find_root (guint32 *parent, guint32 i)
{
  while (parent[i] != i)
    {
      parent[i] = parent[parent[i]];
      i = parent[i];
    }
  return i;
}

static void
regions_join (Regions *self, guint32 a, guint32 b)
{
  a = find_root (self->parent, a);
  b = find_root (self->parent, b);
  if (a == b)
    return;
  const guint32 first = MIN (a, b), second = MAX (a, b);
  self->parent[second] = first;
  self->size[first] += self->size[second];
}

/* Joins pixel (x, y) with those of its neighbours that reach `level`. */
static void
regions_add (Regions *self, int x, int y, guint8 level)
{
  const gsize i = (gsize) y * self->width + x;
  const gsize width = self->width;
  if (x > 0 && self->level[i - 1] >= level)
    regions_join (self, i, i - 1);
  if (x + 1 < self->width && self->level[i + 1] >= level)
    regions_join (self, i, i + 1);
  if (y > 0 && self->level[i - width] >= level)
    regions_join (self, i, i - width);
  if (y + 1 < self->height && self->level[i + width] >= level)
    regions_join (self, i, i + width);
}

/* The root of the largest region of `level`; the first of equals. */
static guint32
regions_find_largest (const Regions *self, guint8 level)
{
  guint32 largest = 0, size = 0;
  for (gsize i = 0; i < self->count; i++)
    if (self->level[i] >= level && self->parent[i] == i && self->size[i] > size)
      {
        largest = i;
        size = self->size[i];
      }
  return largest;
}

static void
regions_lower (Regions *self, guint8 level)
{
  for (int y = 0; y < self->height; y++)
    for (int x = 0; x < self->width; x++)
      if (self->level[(gsize) y * self->width + x] == level)
        regions_add (self, x, y, level);
  const guint32 largest = regions_find_largest (self, level);
  for (gsize i = 0; i < self->count; i++)
    if (self->level[i] >= level && find_root (self->parent, i) != largest)
      self->lambda[i] = level - 1;
}

static guint8
get_level (double alpha)
{
  guint8 level = 0;
  while (level < LEVELS && alpha >= (level + 1) * STEP)
    level++;
  return level;
}

/* A threshold that no pixel reaches has no region from which anything could be disconnected. */
static void
regions_run (Regions *self, const double *prediction, const double *truth)
{
  guint8 top = 0;
  for (gsize i = 0; i < self->count; i++)
    {
      self->level[i] = get_level (MIN (prediction[i], truth[i]));
      self->parent[i] = i;
      self->size[i] = 1;
      top = MAX (top, self->level[i]);
    }
  for (gsize i = 0; i < self->count; i++)
    self->lambda[i] = self->level[i] < top ? self->level[i] : LEVELS;
  for (guint8 level = top; level > 0; level--)
    regions_lower (self, level);
}

static double
get_distance (double alpha, double lambda)
{
  const double distance = alpha - lambda;
  return distance >= LEAST_DISTANCE ? distance : 0.0;
}

static gboolean
regions_alloc (Regions *self, GError **error)
{
  self->level = p3m_try_alloc (error, 1, self->height, self->width);
  self->lambda = self->level ? p3m_try_alloc (error, 1, self->height, self->width) : NULL;
  self->parent
      = self->lambda ? p3m_try_alloc (error, sizeof (guint32), self->height, self->width) : NULL;
  self->size
      = self->parent ? p3m_try_alloc (error, sizeof (guint32), self->height, self->width) : NULL;
  return self->size != NULL;
}

static void
regions_clear (Regions *self)
{
  g_free (self->level);
  g_free (self->lambda);
  g_free (self->parent);
  g_free (self->size);
}

gboolean
p3m_metric_connectivity (const double *prediction, const double *truth, int width, int height,
                         double *value, GError **error)
{
  Regions regions = { width, height, (gsize) width * height };
  const gboolean success = regions_alloc (&regions, error);
  if (success)
    {
      double sum = 0.0;
      regions_run (&regions, prediction, truth);
      for (gsize i = 0; i < regions.count; i++)
        {
          const double lambda = regions.lambda[i] * STEP;
          sum += fabs (get_distance (prediction[i], lambda) - get_distance (truth[i], lambda));
        }
      *value = sum / 1000.0;
    }
  regions_clear (&regions);
  return success;
}
