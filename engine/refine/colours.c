/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Foreground and background of a whole picture under a known alpha, for training. */
#include "p3m.h"

#include "refine/level.h"

#include <string.h>

gboolean
p3m_colours_estimate (const float *rgb, const float *alpha, int width, int height,
                      float *foreground, float *background, GError **error)
{
  const P3mRectangle area = { 0, 0, width, height };
  const gsize count = (gsize) width * height;
  g_autoptr (P3mLevel) level = p3m_level_new (&area, error);
  if (!level)
    return FALSE;
  memcpy (level->colours, rgb, 3 * sizeof (float) * count);
  memcpy (level->alpha, alpha, sizeof (float) * count);
  if (!p3m_level_solve_pyramid (level, error))
    return FALSE;
  memcpy (foreground, level->foreground, 3 * sizeof (float) * count);
  memcpy (background, level->background, 3 * sizeof (float) * count);
  return TRUE;
}
