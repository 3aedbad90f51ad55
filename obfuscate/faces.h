/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Where the faces in a picture are: what a machine found, never all that there are. */
#pragma once

#include <gegl.h>

#include "p3m.h"

G_BEGIN_DECLS

/* Looks for faces that are seen from the front and from both sides, upright, from a fortieth of the picture
 * on. Returns squares (P3mRectangle, px of the picture, counted from the corner of its extent) that reach
 * from the forehead to the chin, the largest first; NULL with `error` when it cannot look. */
GArray *p3m_faces_find (GeglBuffer *picture, GError **error);

G_END_DECLS
