/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a matte is made of: the network's answers at the sizes at which the network ran. */
#pragma once

#include "matte/resample.h"
#include "p3m.h"

G_BEGIN_DECLS

/* A picture with a side under this many px is mirrored out to it before the network sees it: the
 * network's input is never a stretched sliver. */
#define P3M_LEAST_SIDE 64

/* Either `alpha` is all that counts and there are no `classes`; or the classes, of another pass, say where
 * it counts, and where it does not it may be anything. */
struct _P3mMatte
{
  gatomicrefcount references;
  P3mAxis columns, rows; /* of the picture */
  int threads;           /* at most, of one rendering */

  int alpha_width, alpha_height;
  float *alpha; /* [alpha_height][alpha_width], 0..1 */

  int classes_width, classes_height;
  guint8 *classes; /* [classes_height][classes_width]: 0 background, 1 transition, 2 person */

  /* [4][alpha_height][alpha_width]: around each cell, alpha is about model[0] R' + model[1] G' +
   * model[2] B' + model[3]. NULL = not known. */
  float *model;
};

/* An empty matte of a picture of width x height px, a thread for each processor. */
P3mMatte *p3m_matte_alloc (int width, int height);

/* Resizes maps, [count][alpha_height][alpha_width], as p3m_matte_render() resizes the alpha. values:
 * [count][area->height][area->width]. */
gboolean p3m_matte_resize_maps (const P3mMatte *matte, const float *maps, int count, int width,
                                int height, const P3mRectangle *area, float *values,
                                GError **error);

/* Fills [alpha_height][alpha_width] with the alpha, classes applied, of the picture as the network saw
 * it: with what was mirrored out around it. */
gboolean p3m_matte_render_padded (const P3mMatte *matte, float *alpha, GError **error);

G_END_DECLS
