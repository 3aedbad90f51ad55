/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The faces of one layer, obfuscated at any size: the layer's own, or that of a preview. */
#pragma once

#include "obfuscate.h"
#include "p3m.h"

G_BEGIN_DECLS

typedef enum
{
  P3M_FACES_AUTO,     /* the selection if there is one, else they are looked for */
  P3M_FACES_FOUND,    /* looked for */
  P3M_FACES_SELECTION /* the selection, each connected part a face */
} P3mFacesFrom;

typedef struct
{
  P3mFacesFrom from;
  P3mObfuscation obfuscation;
  double softness;    /* 0..P3M_FACES_SOFTEST, of the edge, in sizes of the face */
  gboolean keep_hair; /* with the default model */
  gboolean strip;     /* the image's EXIF, XMP and IPTC: a thumbnail in them would show the face */
} P3mFacesSettings;

#define P3M_FACES_SOFTEST 0.5

void p3m_faces_settings_init (P3mFacesSettings *settings);

/* "auto", "found" or "selection". */
gboolean p3m_faces_from_from_name (const char *name, P3mFacesFrom *from);
const char *p3m_faces_from_get_name (P3mFacesFrom from);

typedef struct _P3mFacesJob P3mFacesJob;

/* picture: the layer, whose upper left pixel is (0, 0); borrowed, like progress_data.
 * selection (transfer full): [height][width] of the layer, 0..1; NULL = nothing is selected. */
P3mFacesJob *p3m_faces_job_new (GeglBuffer *picture, float *selection, P3mProgress progress,
                                gpointer progress_data);
void p3m_faces_job_free (P3mFacesJob *job);

/* Of the layer, px. */
int p3m_faces_job_get_longer_side (const P3mFacesJob *job);

/* Whether something of the layer is selected. */
gboolean p3m_faces_job_has_selection (const P3mFacesJob *job);

/* Obfuscates `target`, the layer at its own size or smaller. What is slow, looking for faces and for hair, is done
 * once for all calls. Returns the number of faces; -1 with `error` set and the target as it was. */
int p3m_faces_job_run (P3mFacesJob *job, const P3mFacesSettings *settings, GeglBuffer *target,
                       GError **error);

/* The layer's pixels at `scale` (0..1), "R'G'B'A u8", for p3m_faces_job_run() or to be written back. */
GeglBuffer *p3m_faces_job_copy (const P3mFacesJob *job, double scale);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mFacesJob, p3m_faces_job_free)

G_END_DECLS
