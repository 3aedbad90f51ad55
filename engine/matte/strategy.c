/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The strategies by name, and the sizes of their passes (extended paper, section 5.1, "hybrid test"). */
#include "matte/strategy.h"

#include <math.h>

/* The sides of a network's input are multiples of its coarsest stride. */
#define STRIDE 32

/* Longest side of a network's input as published. */
#define LONGEST_INPUT 1600

static const char *const names[] = {
  [P3M_STRATEGY_AUTO] = "auto",
  [P3M_STRATEGY_RESIZE] = "resize",
  [P3M_STRATEGY_HYBRID] = "hybrid",
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

static int
published_side (int side)
{
  return MIN (LONGEST_INPUT, side - side % STRIDE);
}

static int
trained_side (double side)
{
  return CLAMP (STRIDE * (int) lround (side / STRIDE), STRIDE, LONGEST_INPUT);
}

int
p3m_strategy_plan (P3mStrategy strategy, int size, int width, int height,
                   P3mPass passes[P3M_MAX_PASSES])
{
  const int half_width = published_side (width / 2), half_height = published_side (height / 2);
  if (strategy == P3M_STRATEGY_AUTO && size > 0)
    {
      const double scale = (double) size / MAX (width, height);
      passes[0]
          = (P3mPass){ trained_side (width * scale), trained_side (height * scale), TRUE, TRUE };
      return 1;
    }
  if (strategy == P3M_STRATEGY_RESIZE)
    {
      passes[0] = (P3mPass){ half_width, half_height, TRUE, TRUE };
      return 1;
    }
  passes[0] = (P3mPass){ half_width, half_height, TRUE, FALSE };
  passes[1] = (P3mPass){ published_side (width), published_side (height), FALSE, TRUE };
  return 2;
}
