/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* P3M-Net (ResNet-34): folded weights, and one run of the network on one picture of network size. */
#pragma once

#include "p3m.h"
#include "model/weights.h"

G_BEGIN_DECLS

/* Batch norms folded, weights laid out for the kernels. Immutable: any number of runs at once. */
typedef struct _P3mNet P3mNet;

/* Returns NULL with P3M_ERROR_NO_MEMORY or G_IO_ERROR_CANCELLED. cancellable may be NULL. */
P3mNet *p3m_net_new (const P3mWeights *weights, GCancellable *cancellable, GError **error);
void p3m_net_free (P3mNet *net);

/* What of the network's answer is wanted; what is not wanted and not needed is not computed. Any
 * pointer may be NULL, not all of them. */
typedef struct
{
  float *logits;   /* [3][height][width]: background, transition, foreground (paper, section 4.1) */
  guint8 *classes; /* [height][width]: argmax of the logits, the first maximum wins: 0, 1, 2 */
  float *local;    /* [height][width]: the matting decoder's alpha, 0..1 */
  float *alpha; /* [height][width]: their fusion: 0 or 1 by class, `local` in the transition. Wanted
                      without `local`, the matting decoder runs only around the transition; the
                      result is the same up to rounding (some 1e-7) */
  const guint8
      *fuse; /* [height][width]: the classes that make `alpha`, known from elsewhere; NULL = the
                         network's own */
} P3mNetOutput;

/* For tests: sees the output of each module as p3m-net names it, [channels][height][width]. */
typedef void (*P3mNetTap) (const char *module, int channels, int height, int width,
                           const float *values, gpointer user_data);

/* The memory in which runs keep their maps, one run at a time. Runs that share it spare the system the clearing
 * of it, 3 to 5 % of their time. */
typedef struct _P3mArena P3mArena;

P3mArena *p3m_arena_new (void);
void p3m_arena_free (P3mArena *arena);

/* Makes it so large from the start, when later runs will need more than the next one: else it is taken anew for
 * them. What is not used takes none of the system's memory. Returns FALSE with P3M_ERROR_NO_MEMORY. */
gboolean p3m_arena_reserve (P3mArena *arena, gsize bytes, GError **error);

/* rgb: [3][height][width], normalised (mean and deviation of ImageNet); height and width are multiples
 * of 32, at least 32. The arena is made as large as the run needs at the start, and nothing else is taken during
 * the run; NULL = one of its own. progress (may be NULL) gets 0..1 weighted by work, on the calling thread.
 * Returns FALSE with P3M_ERROR_NO_MEMORY or G_IO_ERROR_CANCELLED. */
gboolean p3m_net_run (const P3mNet *net, int height, int width, const float *rgb,
                      const P3mNetOutput *output, int threads, P3mArena *arena, P3mNetTap tap,
                      gpointer tap_data, void (*progress) (double fraction, gpointer user_data),
                      gpointer progress_data, GCancellable *cancellable, GError **error);

/* Multiply-add operations times two that such a run takes: weighs progress across several runs. */
double p3m_net_get_work (const P3mNet *net, int height, int width, const P3mNetOutput *output);

/* Bytes of the arena of such a run. */
gsize p3m_net_get_memory (const P3mNet *net, int height, int width, const P3mNetOutput *output,
                          int threads);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mNet, p3m_net_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mArena, p3m_arena_free)

G_END_DECLS
