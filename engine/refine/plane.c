/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Planes of alpha: taken, cropped, freed. */
#include "refine/plane.h"

#include "memory.h"

#include <string.h>

P3mPlane *
p3m_plane_new (int width, int height, GError **error)
{
  float *values = p3m_try_alloc (error, sizeof (float), height, width);
  if (!values)
    return NULL;
  P3mPlane *plane = g_new (P3mPlane, 1);
  *plane = (P3mPlane){ width, height, values };
  return plane;
}

void
p3m_plane_free (P3mPlane *plane)
{
  g_free (plane->values);
  g_free (plane);
}

P3mPlane *
p3m_plane_crop (const P3mPlane *plane, int halo, GError **error)
{
  P3mPlane *crop = p3m_plane_new (plane->width - 2 * halo, plane->height - 2 * halo, error);
  if (!crop)
    return NULL;
  for (int y = 0; y < crop->height; y++)
    memcpy (crop->values + (gsize) y * crop->width,
            plane->values + (gsize) (y + halo) * plane->width + halo, sizeof (float) * crop->width);
  return crop;
}
