/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* OpenCV's cascades of classifiers behind a C interface: all that is known of OpenCV here. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

typedef struct _P3mCascade P3mCascade;

/* Loads a cascade that OpenCV trained. NULL with G_IO_ERROR_NOT_FOUND when there is none of that name, or
 * with G_IO_ERROR_NOT_SUPPORTED when this program was built without OpenCV. */
P3mCascade *p3m_cascade_new (const char *path, GError **error);
void p3m_cascade_free (P3mCascade *cascade);

/* Adds to `faces` (P3mRectangle) the squares in which the cascade sees one, at every size from `smallest` px
 * on. grey: [height][width], of even contrast. votes: how many neighbouring squares must agree. */
gboolean p3m_cascade_find (P3mCascade *cascade, const guint8 *grey, int width, int height,
                           int smallest, int votes, GArray *faces, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mCascade, p3m_cascade_free)

G_END_DECLS
