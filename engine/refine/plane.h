/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The piece of an alpha on which the refinements work one after the other. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* Each refinement reads its neighbourhood: it takes a plane and makes one that is smaller by its halo on
 * every side. So whoever starts with an area and the halos of all refinements ends with the area, and a
 * pixel's value does not depend on the area of which it is a part. */
typedef struct
{
  int width, height;
  float *values; /* [height][width], 0..1 */
} P3mPlane;

P3mPlane *p3m_plane_new (int width, int height, GError **error);
void p3m_plane_free (P3mPlane *plane);

/* A copy without `halo` px on every side; NULL with P3M_ERROR_NO_MEMORY. */
P3mPlane *p3m_plane_crop (const P3mPlane *plane, int halo, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mPlane, p3m_plane_free)

G_END_DECLS
