/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which of the people in a matte are kept; specks and holes. Works once on the network's maps, so that
 * rendering stays a pure function of the rectangle. */
#include "matte/matte.h"

#include "memory.h"
#include "regions.h"

#include <math.h>
#include <string.h>

/* Alpha from which a cell is the body of a subject; the rest belongs to the nearest body. */
#define BODY 0.5f

/* Alpha, or 1 - alpha, from which a cell belongs to a speck or a hole. */
#define FAINT 0.05f

enum
{
  LEAVE,
  REMOVE,
  FILL
};

/* The maps of a matte while subjects are selected, all [height][width]. */
typedef struct
{
  const P3mMatte *matte;
  int width, height;
  gsize count;
  double cell_area; /* px of the picture */
  float *alpha;     /* with the classes applied */
  guint8 *mask;     /* scratch */
  guint8 *actions;  /* LEAVE, REMOVE or FILL */
} Selection;

static gboolean
selection_init (Selection *self, const P3mMatte *matte, GError **error)
{
  const int width = matte->alpha_width, height = matte->alpha_height;
  *self = (Selection){ .matte = matte, .width = width, .height = height };
  self->count = (gsize) width * height;
  self->cell_area = (double) matte->columns.extent / width * matte->rows.extent / height;
  self->alpha = p3m_try_alloc (error, sizeof (float), height, width);
  self->mask = self->alpha ? p3m_try_alloc (error, 1, height, width) : NULL;
  self->actions = self->mask ? p3m_try_alloc (error, 1, height, width) : NULL;
  if (!self->actions)
    return FALSE;
  memset (self->actions, LEAVE, self->count);
  return p3m_matte_render_padded (matte, self->alpha, error);
}

static void
selection_clear (Selection *self)
{
  g_free (self->alpha);
  g_free (self->mask);
  g_free (self->actions);
}

/* A point of the picture, as the index of a cell. */
static gsize
get_cell (const Selection *self, const P3mPoint *point)
{
  const P3mAxis *columns = &self->matte->columns, *rows = &self->matte->rows;
  const double x = (point->x + columns->before) * self->width / columns->extent;
  const double y = (point->y + rows->before) * self->height / rows->extent;
  const gsize column = x > 0.0 ? (gsize) MIN (x, self->width - 1.0) : 0;
  const gsize row = y > 0.0 ? (gsize) MIN (y, self->height - 1.0) : 0;
  return row * self->width + column;
}

static void
choose_subjects (const Selection *self, const P3mRegions *bodies, const P3mSubjects *subjects,
                 gboolean *kept)
{
  if (subjects->keep == P3M_KEEP_LARGEST)
    kept[p3m_regions_find_largest (bodies)] = TRUE;
  else
    for (int i = 0; i < subjects->n_points; i++)
      {
        const gint32 label = bodies->labels[get_cell (self, &subjects->points[i])];
        kept[label] = !kept[label];
      }
}

static gboolean
remove_subjects (Selection *self, const P3mSubjects *subjects, GError **error)
{
  for (gsize i = 0; i < self->count; i++)
    self->mask[i] = self->alpha[i] >= BODY;
  g_autoptr (P3mRegions) bodies = p3m_regions_new (self->mask, self->width, self->height, error);
  if (!bodies)
    return FALSE;
  if (bodies->regions->len == 0)
    return TRUE;
  if (!p3m_regions_spread (bodies, error))
    return FALSE;
  g_autofree gboolean *kept = g_new0 (gboolean, bodies->regions->len);
  choose_subjects (self, bodies, subjects, kept);
  for (gsize i = 0; i < self->count; i++)
    if (!kept[bodies->labels[i]])
      self->actions[i] = REMOVE;
  return TRUE;
}

/* Regions of self->mask of less than `area` px of the picture get `action`. */
static gboolean
treat_small_regions (Selection *self, double area, gboolean enclosed, guint8 action, GError **error)
{
  g_autoptr (P3mRegions) parts = p3m_regions_new (self->mask, self->width, self->height, error);
  if (!parts)
    return FALSE;
  for (gsize i = 0; i < self->count; i++)
    {
      if (parts->labels[i] < 0)
        continue;
      const P3mRegion *region = &g_array_index (parts->regions, P3mRegion, parts->labels[i]);
      if (region->cells * self->cell_area < area && !(enclosed && region->at_border))
        self->actions[i] = action;
    }
  return TRUE;
}

static gboolean
remove_specks (Selection *self, double area, GError **error)
{
  for (gsize i = 0; i < self->count; i++)
    self->mask[i] = self->actions[i] != REMOVE && self->alpha[i] >= FAINT;
  return treat_small_regions (self, area, FALSE, REMOVE, error);
}

static gboolean
fill_holes (Selection *self, double area, GError **error)
{
  for (gsize i = 0; i < self->count; i++)
    self->mask[i] = self->actions[i] == REMOVE || 1.0f - self->alpha[i] >= FAINT;
  return treat_small_regions (self, area, TRUE, FILL, error);
}

static guint8
get_class_action (const Selection *self, int x, int y)
{
  const P3mMatte *matte = self->matte;
  const gsize column = (gsize) ((x + 0.5) * self->width / matte->classes_width);
  const gsize row = (gsize) ((y + 0.5) * self->height / matte->classes_height);
  return self->actions[row * self->width + column];
}

static void
apply_to_classes (const Selection *self, guint8 *classes)
{
  for (int y = 0; y < self->matte->classes_height; y++)
    for (int x = 0; x < self->matte->classes_width; x++)
      {
        const guint8 action = get_class_action (self, x, y);
        if (action != LEAVE)
          classes[(gsize) y * self->matte->classes_width + x] = action == FILL ? 2 : 0;
      }
}

/* Whatever the colour, what is removed has alpha 0 and what is filled has alpha 1. */
static void
apply_to_model (const Selection *self, float *model)
{
  for (int i = 0; i < 4; i++)
    for (gsize k = 0; k < self->count; k++)
      {
        const gsize cell = i * self->count + k;
        const float constant = i == 3 && self->actions[k] == FILL ? 1.0f : 0.0f;
        model[cell] = self->actions[k] == LEAVE ? self->matte->model[cell] : constant;
      }
}

static P3mMatte *
selection_apply (const Selection *self, GError **error)
{
  const P3mMatte *matte = self->matte;
  P3mMatte *result = p3m_matte_alloc (matte->columns.length, matte->rows.length);
  result->alpha_width = matte->alpha_width;
  result->alpha_height = matte->alpha_height;
  result->classes_width = matte->classes_width;
  result->classes_height = matte->classes_height;
  result->alpha = p3m_try_alloc (error, sizeof (float), self->height, self->width);
  if (matte->classes && result->alpha)
    result->classes = p3m_try_alloc (error, 1, matte->classes_height, matte->classes_width);
  if (matte->model && result->alpha)
    result->model = p3m_try_alloc (error, 4 * sizeof (float), self->height, self->width);
  if (!result->alpha || (matte->classes && !result->classes) || (matte->model && !result->model))
    {
      p3m_matte_unref (result);
      return NULL;
    }
  for (gsize i = 0; i < self->count; i++)
    result->alpha[i] = self->actions[i] == LEAVE ? matte->alpha[i] : self->actions[i] == FILL;
  if (matte->model)
    apply_to_model (self, result->model);
  if (matte->classes)
    {
      memcpy (result->classes, matte->classes,
              (gsize) matte->classes_height * matte->classes_width);
      apply_to_classes (self, result->classes);
    }
  return result;
}

static gboolean
leaves_subjects_out (const P3mSubjects *subjects)
{
  return subjects->keep == P3M_KEEP_LARGEST
         || (subjects->keep == P3M_KEEP_POINTS && subjects->n_points > 0);
}

P3mMatte *
p3m_matte_select (P3mMatte *matte, const P3mSubjects *subjects, GError **error)
{
  const gboolean leaves_out = leaves_subjects_out (subjects);
  if (!leaves_out && !(subjects->specks > 0.0) && !(subjects->holes > 0.0))
    return p3m_matte_ref (matte);
  Selection selection;
  P3mMatte *result = NULL;
  if (selection_init (&selection, matte, error)
      && (!leaves_out || remove_subjects (&selection, subjects, error))
      && (!(subjects->specks > 0.0) || remove_specks (&selection, subjects->specks, error))
      && (!(subjects->holes > 0.0) || fill_holes (&selection, subjects->holes, error)))
    result = selection_apply (&selection, error);
  selection_clear (&selection);
  return result;
}
