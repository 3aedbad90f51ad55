/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The part of a picture in which a face is made unrecognizable. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

typedef struct
{
  P3mRectangle area; /* px of the picture, inside it */
  double size;       /* of the face, px: the unit of every length below */
  float *
      cover; /* [area.height][area.width], 0 = the picture's own pixels .. 1 = nothing is left of them */
} P3mFaceRegion;

void p3m_face_region_free (P3mFaceRegion *region);

/* The oval from the eyebrows to the chin in a square as p3m_faces_find() returns it: the hair above is not in
 * it. softness: how far the edge fades out beyond the oval, in sizes. width, height: of the picture, px. NULL
 * with P3M_ERROR_NO_MEMORY. */
P3mFaceRegion *p3m_face_region_new_oval (const P3mRectangle *face, double softness, int width,
                                         int height, GError **error);

/* A region (P3mFaceRegion) for each connected part of a mask, whose size is that of its box. mask:
 * [height][width], 0..1. NULL with P3M_ERROR_NO_MEMORY. */
GPtrArray *p3m_face_regions_new_from_mask (const float *mask, int width, int height,
                                           double softness, GError **error);

/* Takes soft alphas, which are hair and outline, out of the outer part of a region. The inner part stays as it
 * is: were the matte wrong, the face would be seen. alpha: [area.height][area.width] of the region's area.
 * Returns FALSE with P3M_ERROR_NO_MEMORY, and the region as it was. */
gboolean p3m_face_region_spare_hair (P3mFaceRegion *region, const float *alpha, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mFaceRegion, p3m_face_region_free)

G_END_DECLS
