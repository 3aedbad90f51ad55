/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The person's own colours: the coarse levels of the whole picture once, the fine ones where they are
 * wanted. */
#include "p3m.h"

#include "bands.h"
#include "matte/matte.h"
#include "memory.h"
#include "refine/level.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* The levels of at most this many cells are solved as a whole. */
#define MOST_CELLS (1 << 19)

/* Bytes of what is read at once, R'G'B' float. */
#define BAND_BYTES ((gsize) 16 << 20)

/* Rows that one thread works on: enough that their margins are not most of the work. */
#define LEAST_ROWS 64

/* How far around a soft edge colours are the person's own, px: what scaling might mix into the edge. */
#define REACH 8

/* Columns that are solved or left out at once, px. */
#define STRIP 64

struct _P3mForeground
{
  P3mMatte *matte;
  P3mRefinement refinement;
  const P3mGuide *guide;
  int width, height; /* of the picture, px */
  int halvings;      /* between the picture and `coarse` */
  P3mLevel *coarse;  /* of the whole picture, solved */
  guint8 *soft;      /* [coarse height][coarse width]: 1 where a pixel within REACH is soft */
};

static int
halve_often (int length, int halvings)
{
  return (int) ((length + ((gint64) 1 << halvings) - 1) >> halvings);
}

static void
drop_nan (float *values, gsize count)
{
  for (gsize i = 0; i < count; i++)
    if (!isfinite (values[i]))
      values[i] = 0.0f;
}

/* A part of the picture, whose bands of rows threads work on. */
typedef struct
{
  const P3mForeground *foreground;
  P3mRectangle area;   /* of the picture */
  const float *pixels; /* [area.height][area.width][3], linear */
  float *alpha;        /* [area.height][area.width] */

  /* Where a rendering goes: its own area, how much of it, [rendered.height][rendered.width][3]. */
  P3mRectangle rendered;
  double amount;
  float *rgb;
} Part;

static gboolean
part_render_alpha (Part *part, GError **error)
{
  const P3mForeground *self = part->foreground;
  part->alpha = p3m_try_alloc (error, sizeof (float), part->area.height, part->area.width);
  return part->alpha
         && p3m_matte_render_refined (self->matte, &self->refinement, self->guide, self->width,
                                      self->height, &part->area, part->alpha, error);
}

/* Where a pixel lies in the part. */
static gsize
part_locate (const Part *part, int x, int y)
{
  return (gsize) (y - part->area.y) * part->area.width + (gsize) (x - part->area.x);
}

/* Colours and alphas of some of the part. */
static P3mLevel *
part_cut (const Part *part, const P3mRectangle *area, GError **error)
{
  P3mLevel *level = p3m_level_new (area, error);
  if (!level)
    return NULL;
  const gsize width = (gsize) area->width;
  for (gsize row = 0; row < (gsize) area->height; row++)
    {
      const gsize first = part_locate (part, area->x, area->y + (int) row);
      memcpy (level->colours + 3 * row * width, part->pixels + 3 * first,
              3 * sizeof (float) * width);
      memcpy (level->alpha + row * width, part->alpha + first, sizeof (float) * width);
    }
  drop_nan (level->colours, 3 * width * (gsize) area->height);
  return level;
}

/* ---- where colours are the person's own ----------------------------------------------------- */

/* Notes the cells of full rows that have a soft pixel. */
static void
note_soft (const P3mForeground *self, const P3mLevel *rows)
{
  const float *alpha = rows->alpha;
  for (int y = rows->area.y; y < rows->area.y + rows->area.height; y++)
    {
      guint8 *cells = self->soft + (gsize) (y >> self->halvings) * self->coarse->area.width;
      for (int x = 0; x < rows->area.width; x++, alpha++)
        cells[x >> self->halvings] |= *alpha > 0.0f && *alpha < 1.0f;
    }
}

/* Lets the marks of `count` cells, `step` apart, reach `reach` further. ages: [count], room to work in. */
static void
reach_along (guint8 *cells, int count, gsize step, int reach, int *ages)
{
  int age = reach; /* cells since the last mark */
  for (int i = 0; i < count; i++)
    ages[i] = age = cells[i * step] ? 0 : MIN (age + 1, reach + 1);
  age = reach;
  for (int i = count - 1; i >= 0; i--)
    {
      age = cells[i * step] ? 0 : MIN (age + 1, reach + 1);
      ages[i] = MIN (ages[i], age);
    }
  for (int i = 0; i < count; i++)
    cells[i * step] = ages[i] <= reach;
}

static void
reach_out (const P3mForeground *self)
{
  const int width = self->coarse->area.width, height = self->coarse->area.height;
  const int cell = 1 << self->halvings, reach = (REACH + cell - 1) / cell;
  g_autofree int *ages = g_new (int, MAX (width, height));
  for (int y = 0; y < height; y++)
    reach_along (self->soft + (gsize) y * width, width, 1, reach, ages);
  for (int x = 0; x < width; x++)
    reach_along (self->soft + x, height, (gsize) width, reach, ages);
}

static gboolean
is_soft (const P3mForeground *self, const P3mRectangle *area)
{
  const int h = self->halvings, left = area->x >> h, right = (area->x + area->width - 1) >> h;
  for (int y = area->y >> h; y <= (area->y + area->height - 1) >> h; y++)
    if (memchr (self->soft + (gsize) y * self->coarse->area.width + left, 1, right - left + 1))
      return TRUE;
  return FALSE;
}

gboolean
p3m_foreground_get_changed (const P3mForeground *foreground, const P3mRectangle *area,
                            P3mRectangle *changed)
{
  *changed = *area;
  while (changed->width > 0)
    {
      const P3mRectangle first = { changed->x, area->y, MIN (STRIP, changed->width), area->height };
      if (is_soft (foreground, &first))
        break;
      changed->x += first.width;
      changed->width -= first.width;
    }
  while (changed->width > 0)
    {
      const int width = MIN (STRIP, changed->width);
      const P3mRectangle last
          = { changed->x + changed->width - width, area->y, width, area->height };
      if (is_soft (foreground, &last))
        break;
      changed->width -= width;
    }
  return changed->width > 0;
}

/* ---- the coarse levels ---------------------------------------------------------------------- */

/* Halves the pixels of a band, whose edges lie on the cells of `coarse`, down to that level. */
static gboolean
add_band (const P3mRectangle *band, gpointer data, GError **error)
{
  const Part *part = data;
  const P3mForeground *self = part->foreground;
  g_autoptr (P3mLevel) level = part_cut (part, band, error);
  if (level)
    note_soft (self, level);
  for (int i = 0; level && i < self->halvings; i++)
    {
      P3mLevel *half = p3m_level_halve (level, error);
      p3m_level_free (level);
      level = half;
    }
  if (!level)
    return FALSE;
  const gsize first = (gsize) level->area.y * level->area.width;
  const gsize count = (gsize) level->area.height * level->area.width;
  memcpy (self->coarse->colours + 3 * first, level->colours, 3 * sizeof (float) * count);
  memcpy (self->coarse->alpha + first, level->alpha, sizeof (float) * count);
  return TRUE;
}

static gboolean
add_part (const P3mForeground *self, const P3mRectangle *area, const float *pixels, GError **error)
{
  Part part = { .foreground = self, .area = *area, .pixels = pixels };
  const gboolean added = part_render_alpha (&part, error)
                         && p3m_bands_run (area, self->matte->threads, LEAST_ROWS,
                                           1 << self->halvings, add_band, &part, error);
  g_free (part.alpha);
  return added;
}

static gboolean
read_picture (P3mForeground *self, const P3mSource *source, P3mProgress progress,
              gpointer progress_data, GCancellable *cancellable, GError **error)
{
  const int cell = 1 << self->halvings;
  const gsize rows = BAND_BYTES / (3 * sizeof (float) * self->width) / cell * cell;
  const int band_rows = (int) CLAMP (rows, (gsize) cell, (gsize) self->height + cell);
  g_autofree float *pixels
      = p3m_try_alloc (error, 3 * sizeof (float), MIN (band_rows, self->height), self->width);
  if (!pixels)
    return FALSE;
  for (int y = 0; y < self->height; y += band_rows)
    {
      const P3mRectangle area = { 0, y, self->width, MIN (band_rows, self->height - y) };
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !source->read (&area, pixels, source->user_data, error)
          || !add_part (self, &area, pixels, error))
        return FALSE;
      if (progress)
        progress ((double) (y + area.height) / self->height, _ ("Separating the colours"),
                  progress_data);
    }
  return TRUE;
}

P3mForeground *
p3m_foreground_new (P3mMatte *matte, const P3mRefinement *refinement, const P3mGuide *guide,
                    const P3mSource *source, P3mProgress progress, gpointer progress_data,
                    GCancellable *cancellable, GError **error)
{
  P3mForeground *self = g_new0 (P3mForeground, 1);
  self->matte = p3m_matte_ref (matte);
  self->refinement = *refinement;
  self->guide = guide;
  self->width = p3m_matte_get_width (matte);
  self->height = p3m_matte_get_height (matte);
  while ((gint64) halve_often (self->width, self->halvings)
             * halve_often (self->height, self->halvings)
         > MOST_CELLS)
    self->halvings++;
  const P3mRectangle whole = { 0, 0, halve_often (self->width, self->halvings),
                               halve_often (self->height, self->halvings) };
  self->coarse = p3m_level_new (&whole, error);
  self->soft = g_new0 (guint8, (gsize) whole.width * whole.height);
  if (!self->coarse || !read_picture (self, source, progress, progress_data, cancellable, error)
      || !p3m_level_solve_pyramid (self->coarse, error))
    g_clear_pointer (&self, p3m_foreground_free);
  else
    reach_out (self);
  return self;
}

void
p3m_foreground_free (P3mForeground *foreground)
{
  g_clear_pointer (&foreground->coarse, p3m_level_free);
  g_free (foreground->soft);
  p3m_matte_unref (foreground->matte);
  g_free (foreground);
}

/* A cell is right when it is as many steps away from the border of the piece as it was moved: P3M_LEVEL_STEPS cells
 * of every level. */
void
p3m_foreground_get_needed (const P3mForeground *foreground, const P3mRectangle *area,
                           P3mRectangle *needed)
{
  const int cell = 1 << foreground->halvings, margin = P3M_LEVEL_STEPS * (cell - 1);
  const int x = MAX (area->x - margin, 0) / cell * cell;
  const int y = MAX (area->y - margin, 0) / cell * cell;
  const gint64 right = ((gint64) area->x + area->width + margin + cell - 1) / cell * cell;
  const gint64 bottom = ((gint64) area->y + area->height + margin + cell - 1) / cell * cell;
  *needed = (P3mRectangle){ x, y, (int) MIN (right, foreground->width) - x,
                            (int) MIN (bottom, foreground->height) - y };
}

/* Solves the finer levels of a piece from `level`, which has been halved `halvings` times. */
static gboolean
solve_piece (const P3mForeground *self, P3mLevel *level, int halvings, GError **error)
{
  if (halvings + 1 == self->halvings)
    p3m_level_inherit (level, self->coarse);
  else
    {
      g_autoptr (P3mLevel) half = p3m_level_halve (level, error);
      if (!half || !solve_piece (self, half, halvings + 1, error))
        return FALSE;
      p3m_level_inherit (level, half);
    }
  return p3m_level_solve (level, P3M_LEVEL_STEPS, error);
}

/* The rendering's pixel (x, y). */
static float *
get_rendered (const Part *part, int x, int y)
{
  const P3mRectangle *all = &part->rendered;
  return part->rgb + 3 * ((gsize) (y - all->y) * all->width + (gsize) (x - all->x));
}

static void
mix (const Part *part, const P3mLevel *level, const P3mLevel *solved, const P3mRectangle *area)
{
  const P3mForeground *self = part->foreground;
  const P3mRectangle *from = &solved->area;
  for (int y = area->y; y < area->y + area->height; y++)
    {
      const guint8 *soft = self->soft + (gsize) (y >> self->halvings) * self->coarse->area.width;
      float *rgb = get_rendered (part, area->x, y);
      for (int x = area->x; x < area->x + area->width; x++, rgb += 3)
        {
          const gsize cell = (gsize) (y - level->area.y) * level->area.width + x - level->area.x;
          const float *colour = level->colours + 3 * cell;
          const float *own
              = solved->foreground + 3 * ((gsize) (y - from->y) * from->width + x - from->x);
          const gboolean is_own = level->alpha[cell] < 1.0f && soft[x >> self->halvings];
          const float share = is_own ? (float) part->amount : 0.0f;
          for (int channel = 0; channel < 3; channel++)
            rgb[channel] = colour[channel] + share * (own[channel] - colour[channel]);
        }
    }
}

static gboolean
render_own (const Part *part, const P3mRectangle *area, GError **error)
{
  const P3mForeground *self = part->foreground;
  P3mRectangle needed;
  p3m_foreground_get_needed (self, area, &needed);
  g_autoptr (P3mLevel) level = part_cut (part, &needed, error);
  if (!level || (self->halvings > 0 && !solve_piece (self, level, 0, error)))
    return FALSE;
  mix (part, level, self->halvings > 0 ? level : self->coarse, area);
  return TRUE;
}

static void
render_picture (const Part *part, const P3mRectangle *area)
{
  for (int y = area->y; y < area->y + area->height; y++)
    {
      float *rgb = get_rendered (part, area->x, y);
      memcpy (rgb, part->pixels + 3 * part_locate (part, area->x, y),
              3 * sizeof (float) * (gsize) area->width);
      drop_nan (rgb, 3 * (gsize) area->width);
    }
}

/* Strips side by side that have soft cells, or none, are done as one. */
static gboolean
render_band (const P3mRectangle *band, gpointer data, GError **error)
{
  const Part *part = data;
  const int right = band->x + band->width;
  P3mRectangle run = { band->x, band->y, 0, band->height };
  while (run.x < right)
    {
      P3mRectangle strip = { run.x, band->y, MIN (STRIP, right - run.x), band->height };
      const gboolean is_own = is_soft (part->foreground, &strip);
      do
        {
          strip.x += strip.width;
          strip.width = MIN (STRIP, right - strip.x);
        }
      while (strip.width > 0 && is_soft (part->foreground, &strip) == is_own);
      run.width = strip.x - run.x;
      if (!is_own)
        render_picture (part, &run);
      else if (!render_own (part, &run, error))
        return FALSE;
      run.x = strip.x;
    }
  return TRUE;
}

gboolean
p3m_foreground_render (const P3mForeground *foreground, double amount, const P3mRectangle *area,
                       const float *pixels, float *rgb, GError **error)
{
  Part part = { .foreground = foreground,
                .pixels = pixels,
                .rendered = *area,
                .amount = CLAMP (amount, 0.0, 1.0),
                .rgb = rgb };
  p3m_foreground_get_needed (foreground, area, &part.area);
  const gboolean rendered = part_render_alpha (&part, error)
                            && p3m_bands_run (area, foreground->matte->threads, LEAST_ROWS, 1,
                                              render_band, &part, error);
  g_free (part.alpha);
  return rendered;
}
