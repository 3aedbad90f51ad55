/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The strategies by name, and the sizes of their passes. Those of resize and hybrid: extended paper, section
 * 5.1. Those of auto were found by measurement: models/README.md, "The strategy auto". */
#include "matte/strategy.h"

#include <math.h>

/* The sides of a network's input are multiples of its coarsest stride. */
#define STRIDE 32

/* Longest side of a network's input as published. */
#define LONGEST_INPUT 1600

/* Longest side of a draft with a model that was trained for no scale, px. */
#define LONGEST_DRAFT 512

/* The fine pass sees the picture so many times larger than the look, if it has the pixels. */
#define FINER 2.0

/* Share of the subject's area that does not count for where it is, at each side: specks, fingers. */
#define SPECKS 0.05

/* Added to the subject's box on each side, as a share of its long side. */
#define MARGIN 0.3

/* Share of a section's side that a subject fills which goes on there. */
#define CUT 0.05

/* A section that is longer than this share of the picture is no nearer. */
#define LONGEST_SECTION 0.8

/* The searches see the picture so many times larger than the look, if it has the pixels. One that would see it less than
 * LEAST_STEP times as large as the look before is left out. */
static const double search_scales[P3M_SEARCHES] = { 1.5, 2.5 };
#define LEAST_STEP 1.25

/* Share of what a look shows that a person fills at least. */
#define LEAST_PERSON 0.001

/* A subject whose section is a larger share of the picture than this is not overlooked at the trained scale. */
#define LARGEST_OVERLOOKED 0.125

static const char *const names[] = {
  [P3M_STRATEGY_AUTO] = "auto",
  [P3M_STRATEGY_RESIZE] = "resize",
  [P3M_STRATEGY_HYBRID] = "hybrid",
  [P3M_STRATEGY_DRAFT] = "draft",
};

gboolean
p3m_strategy_from_name (const char *name, P3mStrategy *strategy)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_strcmp0 (name, names[i]) == 0)
      {
        *strategy = (P3mStrategy) i;
        return TRUE;
      }
  return FALSE;
}

const char *
p3m_strategy_get_name (P3mStrategy strategy)
{
  g_return_val_if_fail ((gsize) strategy < G_N_ELEMENTS (names), NULL);
  return names[strategy];
}

/* ---- the whole picture -------------------------------------------------------------------- */

static int
published_side (int side)
{
  return MIN (LONGEST_INPUT, side - side % STRIDE);
}

static int
nearest_side (double side)
{
  return CLAMP (STRIDE * (int) lround (side / STRIDE), STRIDE, LONGEST_INPUT);
}

/* An input in which `length` px of something of width x height px are `side` px long. */
static P3mPass
scaled_pass (double width, double height, double length, double side)
{
  return (P3mPass){ nearest_side (width * side / length), nearest_side (height * side / length) };
}

static P3mScheme
plan_hybrid (int width, int height)
{
  return (P3mScheme){ P3M_SCHEME_HYBRID,
                      { published_side (width / 2), published_side (height / 2) },
                      { published_side (width), published_side (height) } };
}

static int
get_longest (const P3mPass *pass)
{
  return MAX (pass->width, pass->height);
}

static P3mScheme
plan_trained (int size, int width, int height)
{
  const int length = MAX (width, height);
  P3mScheme plan = { P3M_SCHEME_SUBJECT, scaled_pass (width, height, length, size) };
  plan.fine = scaled_pass (width, height, length, MAX (size, MIN (FINER * size, length)));
  const P3mPass *last = &plan.look;
  for (int i = 0; i < P3M_SEARCHES; i++)
    {
      const P3mPass search
          = scaled_pass (width, height, length, MIN (search_scales[i] * size, length));
      if (get_longest (&search) < LEAST_STEP * get_longest (last))
        break;
      plan.searches[i] = search;
      last = &plan.searches[i];
    }
  return plan;
}

P3mScheme
p3m_strategy_plan (P3mStrategy strategy, int size, int width, int height)
{
  const int length = MAX (width, height);
  const int draft = size > 0 ? size : MIN (LONGEST_DRAFT, length);
  switch (strategy)
    {
    case P3M_STRATEGY_AUTO:
      return size > 0 ? plan_trained (size, width, height) : plan_hybrid (width, height);
    case P3M_STRATEGY_HYBRID:
      return plan_hybrid (width, height);
    case P3M_STRATEGY_RESIZE:
      return (P3mScheme){ P3M_SCHEME_LOOK,
                          { published_side (width / 2), published_side (height / 2) } };
    case P3M_STRATEGY_DRAFT:
      return (P3mScheme){ P3M_SCHEME_LOOK, scaled_pass (width, height, length, draft) };
    }
  g_return_val_if_reached ((P3mScheme){ 0 });
}

/* ---- the subject -------------------------------------------------------------------------- */

/* Where what `sums` count begins and ends, but for the share SPECKS of it at either end. */
static void
find_extent (const double *sums, int count, int *first, int *end)
{
  double total = 0.0, before = 0.0;
  for (int i = 0; i < count; i++)
    total += sums[i];
  *first = count;
  *end = 0;
  for (int i = 0; i < count; i++)
    {
      if (before + sums[i] > SPECKS * total && *first == count)
        *first = i;
      if (before < (1.0 - SPECKS) * total)
        *end = i + 1;
      before += sums[i];
    }
}

/* The subject's box in the picture. Returns FALSE when there is none. */
static gboolean
find_subject (const P3mInput *look, const float *alpha, double box[4])
{
  g_autofree double *columns = g_new0 (double, look->width);
  g_autofree double *rows = g_new0 (double, look->height);
  for (int y = 0; y < look->height; y++)
    for (int x = 0; x < look->width; x++)
      {
        const float value = alpha[(gsize) y * look->width + x];
        if (value < 0.5f)
          continue;
        columns[x] += value;
        rows[y] += value;
      }
  int left, right, top, bottom;
  find_extent (columns, look->width, &left, &right);
  find_extent (rows, look->height, &top, &bottom);
  const P3mArea *area = &look->area;
  box[0] = area->x + (double) left / look->width * area->width;
  box[1] = area->y + (double) top / look->height * area->height;
  box[2] = area->x + (double) right / look->width * area->width;
  box[3] = area->y + (double) bottom / look->height * area->height;
  return left < right && top < bottom;
}

gboolean
p3m_strategy_has_subject (const P3mInput *look, const float *alpha)
{
  const gsize count = (gsize) look->width * look->height;
  gsize seen = 0;
  for (gsize i = 0; i < count; i++)
    seen += alpha[i] >= 0.5f;
  return seen >= LEAST_PERSON * count;
}

gboolean
p3m_strategy_may_be_overlooked (const P3mSection *section)
{
  const double cells = (double) section->grid_width * section->grid_height;
  return section->fine.width * section->fine.height <= LARGEST_OVERLOOKED * cells;
}

/* The cells from *first on, a multiple of STRIDE of them, that cover `begin` to `end` of a side of `length`
 * px in a grid of `cells`. */
static int
cover (double begin, double end, int length, int cells, int *first)
{
  const double scale = (double) cells / length;
  const int count = MIN (STRIDE * (int) ceil ((end - begin) * scale / STRIDE), cells);
  *first = CLAMP ((int) lround ((begin + end) / 2 * scale - count / 2.0), 0, cells - count);
  return count;
}

/* How much larger than at the trained scale a section is looked at, whose subject has this box. One that is wider than
 * high is several people beside one another, each of whom is small in it: they are brought to the size of one, as far as
 * the section's own height allows. Why the square: models/README.md. */
static double
get_enlargement (const double box[4], double width, double height)
{
  const double aspect = (box[2] - box[0]) / (box[3] - box[1]);
  return CLAMP (MIN (aspect * aspect, width / height), 1.0, FINER);
}

gboolean
p3m_strategy_plan_section (int size, int width, int height, const P3mInput *look,
                           const float *alpha, P3mSection *section)
{
  double box[4]; /* left, top, right, bottom; px */
  if (!find_subject (look, alpha, box))
    return FALSE;
  const double margin = MARGIN * MAX (box[2] - box[0], box[3] - box[1]);
  const double left = MAX (box[0] - margin, 0.0), right = MIN (box[2] + margin, width);
  const double top = MAX (box[1] - margin, 0.0), bottom = MIN (box[3] + margin, height);
  const double enlargement = get_enlargement (box, right - left, bottom - top);
  const double length = MAX (right - left, bottom - top) / enlargement;
  if (length > LONGEST_SECTION * MAX (width, height))
    return FALSE;
  /* cells for each px; what is enlarged has no more of them than a square would */
  const double most = FINER * size / sqrt ((right - left) * (bottom - top));
  const double fine
      = MIN (MAX (size, MIN (FINER * size, length)) / length, MAX (most, size / length));
  const double side = fine * MAX (width, height);
  const P3mPass grid = scaled_pass (width, height, MAX (width, height), MIN (side, LONGEST_INPUT));
  section->grid_width = grid.width;
  section->grid_height = grid.height;
  section->fine.width = cover (left, right, width, grid.width, &section->x);
  section->fine.height = cover (top, bottom, height, grid.height, &section->y);
  const double section_width = (double) section->fine.width * width / grid.width;
  const double section_height = (double) section->fine.height * height / grid.height;
  section->look = scaled_pass (section_width, section_height, MAX (section_width, section_height),
                               enlargement * size);
  return TRUE;
}

P3mPass
p3m_strategy_get_largest_section (const P3mScheme *scheme)
{
  const int side = get_longest (&scheme->fine) + STRIDE; /* rounded up */
  return (P3mPass){ MIN (side, LONGEST_INPUT), MIN (side, LONGEST_INPUT) };
}

/* Whether the subject fills enough of a line of `count` cells, `step` apart. */
static gboolean
fills (const float *alpha, int count, int step)
{
  int seen = 0;
  for (int i = 0; i < count; i++)
    seen += alpha[(gsize) i * step] >= 0.5f;
  return seen > CUT * count;
}

gboolean
p3m_strategy_is_cut (int width, int height, const P3mInput *look, const float *alpha)
{
  const P3mArea *area = &look->area;
  const int right = look->width - 1, bottom = look->height - 1;
  return (area->x > 0.5 && fills (alpha, look->height, look->width))
         || (area->y > 0.5 && fills (alpha, look->width, 1))
         || (area->x + area->width < width - 0.5
             && fills (alpha + right, look->height, look->width))
         || (area->y + area->height < height - 0.5
             && fills (alpha + (gsize) bottom * look->width, look->width, 1));
}
