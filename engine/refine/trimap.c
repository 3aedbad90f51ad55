/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A trimap from a matte: what is surely person, surely background, and the band between. */
#include "p3m.h"

#include "memory.h"

#include <math.h>

/* Alphas up to 1 - SURE from either end are soft. */
#define SURE 0.98f

/* Squares of more px than this do not fit an int. */
#define MOST_REACH 30000.0

/* An area with `reach` px more on every side, cut off at the edges of the picture. */
typedef struct
{
  P3mRectangle area;
  float *alpha; /* [height][width] */
  guint16
      *away; /* [height][width]: rows to the nearest edge pixel of the column, at most reach + 1 */
} Surroundings;

/* The edge: soft pixels, and hard ones beside one of the other kind. */
static gboolean
is_edge (const Surroundings *self, int x, int y)
{
  const int width = self->area.width;
  const float *alpha = self->alpha + (gsize) y * width + x;
  if (*alpha > 1.0f - SURE && *alpha < SURE)
    return TRUE;
  const gboolean person = *alpha >= SURE;
  return (x > 0 && (alpha[-1] >= SURE) != person) || (x + 1 < width && (alpha[1] >= SURE) != person)
         || (y > 0 && (alpha[-width] >= SURE) != person)
         || (y + 1 < self->area.height && (alpha[width] >= SURE) != person);
}

static void
measure_columns (Surroundings *self, int reach)
{
  const gsize width = self->area.width;
  const int height = self->area.height;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < self->area.width; x++)
      {
        const int above = y > 0 ? self->away[(y - 1) * width + x] : reach + 1;
        self->away[y * width + x]
            = (guint16) (is_edge (self, x, y) ? 0 : MIN (above + 1, reach + 1));
      }
  for (int y = height - 2; y >= 0; y--)
    for (gsize x = 0; x < width; x++)
      {
        const guint16 below = self->away[(y + 1) * width + x] + 1;
        self->away[y * width + x] = MIN (self->away[y * width + x], below);
      }
}

/* Whether an edge pixel lies within `reach` px of pixel (x, y) of the surroundings. */
static gboolean
is_in_band (const Surroundings *self, int x, int y, int reach)
{
  const guint16 *away = self->away + (gsize) y * self->area.width;
  const int first = MAX (x - reach, 0), last = MIN (x + reach, self->area.width - 1);
  if (away[x] <= reach)
    return TRUE;
  for (int column = first; column <= last; column++)
    if ((column - x) * (column - x) + away[column] * away[column] <= reach * reach)
      return TRUE;
  return FALSE;
}

/* close: columns of row y up to `reach` px away from (x, y) that have an edge pixel up to `reach` px above or
 * below; without one there is no need to look closer. */
static void
write_trimap_row (const Surroundings *self, const P3mRectangle *area, int y, int reach,
                  guint8 *trimap)
{
  const gsize row = (gsize) y * self->area.width;
  const guint16 *away = self->away + row;
  const int left = area->x - self->area.x, end = left + area->width;
  int close = 0;
  for (int x = MAX (left - reach, 0); x < MIN (left + reach, self->area.width); x++)
    close += away[x] <= reach;
  for (int x = left; x < end; x++)
    {
      const guint8 hard = self->alpha[row + x] >= SURE ? 255 : 0;
      if (x + reach < self->area.width)
        close += away[x + reach] <= reach;
      *trimap++ = close > 0 && is_in_band (self, x, y, reach) ? 128 : hard;
      if (x - reach >= 0)
        close -= away[x - reach] <= reach;
    }
}

static void
write_trimap (const Surroundings *self, const P3mRectangle *area, int reach, guint8 *trimap)
{
  for (int y = 0; y < area->height; y++)
    write_trimap_row (self, area, area->y - self->area.y + y, reach,
                      trimap + (gsize) y * area->width);
}

/* The band in px of the size that is rendered; NaN counts as 0. */
static int
get_reach (double band, double scale)
{
  const double reach = band > 0.0 ? MIN (band, P3M_MAX_BAND) * scale : 0.0;
  return (int) lrint (MIN (reach, MOST_REACH));
}

gboolean
p3m_matte_render_trimap (const P3mMatte *matte, const P3mRefinement *refinement,
                         const P3mGuide *guide, double band, int width, int height,
                         const P3mRectangle *area, guint8 *trimap, GError **error)
{
  const int reach = get_reach (band, (double) width / p3m_matte_get_width (matte));
  const int halo = reach + 1;
  const int x = MAX (area->x - halo, 0), y = MAX (area->y - halo, 0);
  Surroundings around = { { x, y, MIN (area->x + area->width + halo, width) - x,
                            MIN (area->y + area->height + halo, height) - y } };
  g_autofree float *alpha
      = p3m_try_alloc (error, sizeof (float), around.area.height, around.area.width);
  g_autofree guint16 *away
      = alpha ? p3m_try_alloc (error, sizeof (guint16), around.area.height, around.area.width)
              : NULL;
  if (!away
      || !p3m_matte_render_refined (matte, refinement, guide, width, height, &around.area, alpha,
                                    error))
    return FALSE;
  around.alpha = alpha;
  around.away = away;
  measure_columns (&around, reach);
  write_trimap (&around, area, reach, trimap);
  return TRUE;
}
