/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Before a run: which steps of the network the wanted outputs need, and where in one arena every map of
 * these lies. */
#pragma once

#include "net/network.h"

G_BEGIN_DECLS

typedef struct
{
  const P3mNet *net;
  int height, width;
  P3mNetOutput output;
  gboolean *needed; /* [nodes] */
  gboolean *sparse; /* [nodes]: of their output only what the transition needs is computed */
  gsize *
      offsets; /* [values + nodes]: bytes from the arena's start, of values and of what a node's blocks
                        share; G_MAXSIZE = not stored */
  gsize classes;     /* bytes from the arena's start to the class map, if the caller wants none */
  gsize needs;       /* bytes from the arena's start to what p3m_needs_find() writes */
  const int **tiles; /* [nodes]: the tiles to compute, in the arena; NULL = all */
  int *n_tiles;      /* [nodes] */
  int *n_blanks;     /* [nodes]: tiles that follow these, neighbours that count as zero */
  gsize scratch;     /* bytes from the arena's start to the threads' scratch */
  gsize share;       /* bytes of scratch of each thread */
  gsize size;        /* bytes of the arena */
} P3mPlan;

P3mPlan *p3m_plan_new (const P3mNet *net, int height, int width, const P3mNetOutput *output,
                       int threads);
void p3m_plan_free (P3mPlan *plan);

/* Whether only the fusion is wanted, for which the matting decoder need not run everywhere. */
gboolean p3m_plan_is_sparse (const P3mPlan *plan);

/* The class map of this run, the caller's or in the arena: [height][width]. */
guint8 *p3m_plan_get_classes (const P3mPlan *plan, char *arena);

/* The class map that makes the fusion: that one, or the one that the caller knows. */
const guint8 *p3m_plan_get_fused (const P3mPlan *plan, char *arena);

/* Finds out which nodes are sparse: those after the class map that makes the fusion whose output is read by none
 * that needs it whole. */
void p3m_needs_find_sparse (P3mPlan *plan);

/* That class map is there: finds out which tiles of the sparse nodes' outputs the transition needs. */
void p3m_needs_find (P3mPlan *plan, char *arena);

/* After a step: its blank tiles become zeros. */
void p3m_needs_clear (const P3mPlan *plan, const P3mNode *node, char *arena);

/* Bytes that p3m_needs_find() writes. */
gsize p3m_needs_get_size (const P3mPlan *plan);

/* Share of a node's pixels that are computed, 0..1; before the class map is there, what a portrait
 * usually needs. */
double p3m_needs_get_share (const P3mPlan *plan, const P3mNode *node);

/* The job of one kernel. */
typedef union
{
  P3mStemJob stem;
  P3mPoolJob pool;
  P3mConvolutionJob convolution;
  P3mUpsampleJob upsample;
  P3mNarrowJob narrow;
  P3mClassesJob classes;
  P3mHeadJob head;
} P3mJob;

/* The kernel's work for a node. arena: NULL as long as only its extent is asked for. */
P3mWork p3m_plan_work (const P3mPlan *plan, const P3mNode *node, char *arena, const float *rgb,
                       P3mJob *job);

/* Where a value lies; NULL if it is not stored. */
gpointer p3m_plan_locate (const P3mPlan *plan, char *arena, int value);

/* Where what a node's blocks share lies. */
gpointer p3m_plan_locate_shared (const P3mPlan *plan, char *arena, const P3mNode *node);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mPlan, p3m_plan_free)

G_END_DECLS
