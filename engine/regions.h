/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Connected regions of a map, and which of them is nearest to each cell. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  gint32 cells;
  gboolean at_border; /* a cell of it is at the map's border */
} P3mRegion;

typedef struct
{
  int width, height;
  gint32 *labels;  /* [height][width]: number of the cell's region, -1 = none */
  GArray *regions; /* of P3mRegion, in the row-major order of their first cells */
} P3mRegions;

/* The regions of the cells that are TRUE, connected over sides and corners. mask: [height][width]. NULL
 * with P3M_ERROR_NO_MEMORY. */
P3mRegions *p3m_regions_new (const guint8 *mask, int width, int height, GError **error);
void p3m_regions_free (P3mRegions *regions);

/* Gives every cell without a region that of the nearest one, counted in steps to one of the eight
 * neighbours. Returns FALSE with P3M_ERROR_NO_MEMORY. */
gboolean p3m_regions_spread (P3mRegions *regions, GError **error);

/* The largest region, the first of equals; -1 when there is none. */
int p3m_regions_find_largest (const P3mRegions *regions);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mRegions, p3m_regions_free)

G_END_DECLS
