/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Foreground and background of the cells of one level, from their neighbours' (Jacobi steps). */
#include "refine/level.h"

#include "memory.h"

#include <math.h>
#include <string.h>

/* How strongly neighbours hold together: everywhere, and more where alpha changes (the paper's epsilon
 * and omega). */
#define HOLD          1e-5f
#define HOLD_AT_EDGES 1.0f

/* Jacobi steps of a level that is SMALL cells wide or less. */
#define STEPS_WHERE_SMALL 20
#define SMALL             32

P3mLevel *
p3m_level_new (const P3mRectangle *area, GError **error)
{
  P3mLevel *level = g_new0 (P3mLevel, 1);
  level->area = *area;
  /* One block for the four maps. */
  level->colours = p3m_try_alloc (error, 10 * sizeof (float), area->height, area->width);
  if (!level->colours)
    {
      g_free (level);
      return NULL;
    }
  const gsize count = (gsize) area->height * area->width;
  level->foreground = level->colours + 3 * count;
  level->background = level->foreground + 3 * count;
  level->alpha = level->background + 3 * count;
  return level;
}

void
p3m_level_free (P3mLevel *level)
{
  g_free (level->colours);
  g_free (level);
}

/* The mean of the cells of `fine` under cell (x, y) of the piece one level up. */
static void
average_cell (const P3mLevel *fine, int x, int y, float *colour, float *alpha)
{
  const int last_x = MIN (2 * x + 2, fine->area.width);
  const int last_y = MIN (2 * y + 2, fine->area.height);
  float sums[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
  for (int row = 2 * y; row < last_y; row++)
    for (int column = 2 * x; column < last_x; column++)
      {
        const gsize i = (gsize) row * fine->area.width + column;
        for (int channel = 0; channel < 3; channel++)
          sums[channel] += fine->colours[3 * i + channel];
        sums[3] += fine->alpha[i];
      }
  const float count = (float) ((last_x - 2 * x) * (last_y - 2 * y));
  for (int channel = 0; channel < 3; channel++)
    colour[channel] = sums[channel] / count;
  *alpha = sums[3] / count;
}

P3mLevel *
p3m_level_halve (const P3mLevel *fine, GError **error)
{
  const P3mRectangle area = { fine->area.x / 2, fine->area.y / 2, (fine->area.width + 1) / 2,
                              (fine->area.height + 1) / 2 };
  P3mLevel *level = p3m_level_new (&area, error);
  if (!level)
    return NULL;
  for (int y = 0; y < area.height; y++)
    for (int x = 0; x < area.width; x++)
      {
        const gsize i = (gsize) y * area.width + x;
        average_cell (fine, x, y, level->colours + 3 * i, level->alpha + i);
      }
  return level;
}

void
p3m_level_inherit (P3mLevel *fine, const P3mLevel *coarse)
{
  for (int y = 0; y < fine->area.height; y++)
    for (int x = 0; x < fine->area.width; x++)
      {
        const gsize row = (fine->area.y + y) / 2 - coarse->area.y;
        const gsize column = (fine->area.x + x) / 2 - coarse->area.x;
        const gsize from = 3 * (row * coarse->area.width + column);
        const gsize to = 3 * ((gsize) y * fine->area.width + x);
        memcpy (fine->foreground + to, coarse->foreground + from, 3 * sizeof (float));
        memcpy (fine->background + to, coarse->background + from, 3 * sizeof (float));
      }
}

/* The neighbours of a cell and how strongly each holds it. */
typedef struct
{
  gsize cells[4];
  float holds[4];
  int count;
} Neighbours;

static void
neighbours_add (Neighbours *self, const P3mLevel *level, gsize cell, gsize neighbour)
{
  self->cells[self->count] = neighbour;
  self->holds[self->count]
      = HOLD + HOLD_AT_EDGES * fabsf (level->alpha[cell] - level->alpha[neighbour]);
  self->count++;
}

static Neighbours
neighbours_find (const P3mLevel *level, int x, int y)
{
  const gsize width = level->area.width, cell = y * width + x;
  Neighbours self = { .count = 0 };
  if (y > 0)
    neighbours_add (&self, level, cell, cell - width);
  if (x > 0)
    neighbours_add (&self, level, cell, cell - 1);
  if (x + 1 < level->area.width)
    neighbours_add (&self, level, cell, cell + 1);
  if (y + 1 < level->area.height)
    neighbours_add (&self, level, cell, cell + width);
  return self;
}

/* Solves the two equations of one channel of a cell: the mean of the neighbours' estimates, moved along
 * (alpha, 1 - alpha) by what of the picture's colour it does not explain. */
static void
solve_cell (const P3mLevel *level, const Neighbours *neighbours, gsize cell, int channel,
            float *foreground, float *background)
{
  const float alpha = level->alpha[cell], beta = 1.0f - alpha;
  const float colour = level->colours[3 * cell + channel];
  float hold = 0.0f, fore = 0.0f, back = 0.0f;
  for (int i = 0; i < neighbours->count; i++)
    {
      const gsize from = 3 * neighbours->cells[i] + channel;
      hold += neighbours->holds[i];
      fore += neighbours->holds[i] * level->foreground[from];
      back += neighbours->holds[i] * level->background[from];
    }
  fore = hold > 0.0f ? fore / hold : colour;
  back = hold > 0.0f ? back / hold : colour;
  const float rest = colour - alpha * fore - beta * back;
  const float share = rest / (alpha * alpha + beta * beta + hold);
  const float least = MIN (0.0f, colour), most = MAX (1.0f, colour);
  *foreground = CLAMP (fore + alpha * share, least, most);
  *background = CLAMP (back + beta * share, least, most);
}

/* Far from the edge there is nothing to be found out: the picture shows one of the two, and the other one
 * stays as it was inherited. */
static gboolean
is_far_from_edge (const P3mLevel *level, int x, int y)
{
  const int width = level->area.width, height = level->area.height;
  const float *cell = level->alpha + (gsize) y * width + x;
  return (*cell == 0.0f || *cell == 1.0f) && (y == 0 || cell[-width] == *cell)
         && (x == 0 || cell[-1] == *cell) && (x == width - 1 || cell[1] == *cell)
         && (y == height - 1 || cell[width] == *cell);
}

/* Settles the cells far from the edge, lists the others and returns their number. */
static gsize
settle (P3mLevel *level, gsize *others)
{
  gsize count = 0;
  for (int y = 0; y < level->area.height; y++)
    for (int x = 0; x < level->area.width; x++)
      {
        const gsize cell = (gsize) y * level->area.width + x;
        if (!is_far_from_edge (level, x, y))
          {
            others[count++] = cell;
            continue;
          }
        float *shown = level->alpha[cell] == 1.0f ? level->foreground : level->background;
        memcpy (shown + 3 * cell, level->colours + 3 * cell, 3 * sizeof (float));
      }
  return count;
}

static void
step_cell (const P3mLevel *level, gsize cell, float *estimates)
{
  const gsize width = level->area.width;
  const Neighbours neighbours = neighbours_find (level, (int) (cell % width), (int) (cell / width));
  for (int channel = 0; channel < 3; channel++)
    solve_cell (level, &neighbours, cell, channel, estimates + channel, estimates + 3 + channel);
}

gboolean
p3m_level_solve (P3mLevel *level, int steps, GError **error)
{
  g_autofree gsize *cells
      = p3m_try_alloc (error, sizeof (gsize), level->area.height, level->area.width);
  if (!cells)
    return FALSE;
  const gsize count = settle (level, cells);
  g_autofree float *estimates = p3m_try_alloc (error, 6 * sizeof (float), 1, count);
  if (!estimates)
    return FALSE;
  for (int i = 0; i < steps; i++)
    {
      for (gsize k = 0; k < count; k++)
        step_cell (level, cells[k], estimates + 6 * k);
      for (gsize k = 0; k < count; k++)
        {
          memcpy (level->foreground + 3 * cells[k], estimates + 6 * k, 3 * sizeof (float));
          memcpy (level->background + 3 * cells[k], estimates + 6 * k + 3, 3 * sizeof (float));
        }
    }
  return TRUE;
}

gboolean
p3m_level_solve_pyramid (P3mLevel *level, GError **error)
{
  const int longer = MAX (level->area.width, level->area.height);
  if (longer == 1)
    {
      memcpy (level->foreground, level->colours, 3 * sizeof (float));
      memcpy (level->background, level->colours, 3 * sizeof (float));
      return TRUE;
    }
  g_autoptr (P3mLevel) half = p3m_level_halve (level, error);
  if (!half || !p3m_level_solve_pyramid (half, error))
    return FALSE;
  p3m_level_inherit (level, half);
  return p3m_level_solve (level, longer <= SMALL ? STEPS_WHERE_SMALL : P3M_LEVEL_STEPS, error);
}
