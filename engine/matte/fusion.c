/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Joins the passes of a strategy. */
#include "matte/fusion.h"

#include "matte/matte.h"
#include "memory.h"
#include "regions.h"

#include <math.h>

/* Share of the largest part's area, below which a separate part is a speck. */
#define SPECK 0.01

/* Alpha above which a cell holds a part together; the rest belongs to the nearest part. */
#define SOLID 0.1f

gboolean
p3m_fusion_drop_specks (float *alpha, int width, int height, GError **error)
{
  const gsize count = (gsize) width * height;
  g_autofree guint8 *mask = p3m_try_alloc (error, 1, height, width);
  if (!mask)
    return FALSE;
  for (gsize i = 0; i < count; i++)
    mask[i] = alpha[i] > SOLID;
  g_autoptr (P3mRegions) parts = p3m_regions_new (mask, width, height, error);
  if (!parts || parts->regions->len < 2)
    return parts != NULL;
  if (!p3m_regions_spread (parts, error))
    return FALSE;
  const P3mRegion *regions = &g_array_index (parts->regions, P3mRegion, 0);
  const int largest = p3m_regions_find_largest (parts);
  for (gsize i = 0; i < count; i++)
    if (regions[parts->labels[i]].cells < SPECK * regions[largest].cells)
      alpha[i] = 0.0f;
  return TRUE;
}

gboolean
p3m_fusion_enlarge (const float *look, int look_width, int look_height, int width, int height,
                    float *enlarged, guint8 *classes, GError **error)
{
  const P3mMatte matte = { .columns = p3m_axis_new (width, 0),
                           .rows = p3m_axis_new (height, 0),
                           .alpha_width = look_width,
                           .alpha_height = look_height };
  const P3mRectangle all = { 0, 0, width, height };
  if (!p3m_matte_resize_maps (&matte, look, 1, width, height, &all, enlarged, error))
    return FALSE;
  for (gsize i = 0; i < (gsize) width * height; i++)
    classes[i] = enlarged[i] <= 0.0f ? 0 : enlarged[i] < 1.0f ? 1 : 2;
  return TRUE;
}

void
p3m_fusion_join (const float *look, gsize count, float *fine)
{
  for (gsize i = 0; i < count; i++)
    if (look[i] > 0.0f && look[i] < 1.0f)
      {
        const float person = sqrtf (look[i] * fine[i]);
        const float background = sqrtf ((1.0f - look[i]) * (1.0f - fine[i]));
        fine[i] = person / (person + background);
      }
}

/* Cells of the class map along one side. */
typedef struct
{
  int first, last;
} Seen;

/* The cells of the class map that the pixels see to which fine cell i contributes: those less than a fine
 * cell from its middle, and each sees the two class cells around it. Ends are mirrored. */
static Seen
find_seen (int i, int size, int classes_size)
{
  const double step = (double) classes_size / size;
  const double begin = (i - 0.5) * step - 0.5, end = (i + 1.5) * step - 0.5;
  return (Seen){ .first = MAX ((int) floor (MIN (begin, classes_size - 2.0)), 0),
                 .last = MIN ((int) floor (MAX (end, 0.0)) + 1, classes_size - 1) };
}

void
p3m_fusion_spread (const guint8 *classes, int classes_width, int classes_height, int width,
                   int height, guint8 *spread)
{
  g_autofree Seen *columns = g_new (Seen, width);
  for (int x = 0; x < width; x++)
    columns[x] = find_seen (x, width, classes_width);
  for (int y = 0; y < height; y++)
    {
      const Seen rows = find_seen (y, height, classes_height);
      for (int x = 0; x < width; x++)
        {
          guint8 seen = 0; /* class c counts as bit 1 << c */
          for (int row = rows.first; row <= rows.last; row++)
            for (int column = columns[x].first; column <= columns[x].last; column++)
              seen |= 1 << classes[(gsize) row * classes_width + column];
          *spread++ = seen == 1 << 0 ? 0 : seen == 1 << 2 ? 2 : 1;
        }
    }
}
