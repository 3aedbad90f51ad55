/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures for the tests: images of every kind with a painted layer. */
#pragma once

#include "gimp.h"
#include "p3m.h"

/* Half a step of what is stored, and what babl may round further. */
#define P3M_STEP_U8  (0.51f / 255)
#define P3M_STEP_U16 (0.6f / 65535)
#define P3M_EXACT    1e-6f

typedef struct
{
  const char *name;
  P3mGimpBase base;
  P3mGimpPrecision precision;
  gboolean alpha;
  int image_width, image_height;
  P3mRectangle layer; /* its place in the image */
  float colour_step;  /* that storing a colour may change, 0..1 */
  float alpha_step;   /* that storing the mask may change, 0..1 */
} P3mPicture;

/* Ended by one without a name. */
extern const P3mPicture p3m_pictures[];

const P3mPicture *p3m_picture_find (const char *name);

/* Makes the image. rgba: [height][width][4] as painted, R'G'B' in sRGB and alpha, to be freed with g_free(),
 * NULL = not wanted. Returns the image. */
int p3m_picture_open (const P3mPicture *picture, int *layer, float **rgba);

/* Paints a layer as `picture` says; returns [height][width][4], to be freed with g_free(). */
float *p3m_picture_paint (const P3mPicture *picture, int layer);
