/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Faces made unrecognizable, as the paper's privacy-preserving training wants them. */
#pragma once

#include <gegl.h>

#include "region.h"

G_BEGIN_DECLS

typedef enum
{
  P3M_OBFUSCATION_BLUR,
  P3M_OBFUSCATION_MOSAIC,
  P3M_OBFUSCATION_FILL
} P3mObfuscationMethod;

/* strength: standard deviation of the blur, or the side of a tile of the mosaic, in sizes of the face; the fill
 *   has none. */
typedef struct
{
  P3mObfuscationMethod method;
  double strength; /* P3M_OBFUSCATION_LEAST .. P3M_OBFUSCATION_MOST */
} P3mObfuscation;

#define P3M_OBFUSCATION_LEAST    0.02
#define P3M_OBFUSCATION_MOST     1.0
#define P3M_OBFUSCATION_USUAL    0.12
#define P3M_OBFUSCATION_SOFTNESS 0.08

/* "blur", "mosaic" or "fill". */
gboolean p3m_obfuscation_method_from_name (const char *name, P3mObfuscationMethod *method);
const char *p3m_obfuscation_method_get_name (P3mObfuscationMethod method);

/* Changes the pixels of `picture` under a region, whose area is counted from the corner of its extent; the
 * others keep their bytes. What is mixed comes from under the region only, so that no colour of hair or
 * background bleeds in; colours under transparent pixels are changed too, and alpha is not. Returns FALSE with
 * P3M_ERROR_NO_MEMORY, and the picture as it was. */
gboolean p3m_obfuscate (GeglBuffer *picture, const P3mFaceRegion *region,
                        const P3mObfuscation *obfuscation, GError **error);

G_END_DECLS
