/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* At which sizes the network looks at a picture, and at which part of it. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* One run of the network: its input, px, multiples of 32, 32..1600. */
typedef struct
{
  int width, height;
} P3mPass;

/* What the passes are for. */
typedef enum
{
  P3M_PLAN_LOOK,   /* the look's fusion is the alpha; there is no fine pass */
  P3M_PLAN_HYBRID, /* the look's classes say where the fine pass's alpha counts, as published */
  P3M_PLAN_SUBJECT /* a look, a nearer one at a small subject, and the fine pass on its transition */
} P3mPlanKind;

typedef struct
{
  P3mPlanKind kind;
  P3mPass look, fine;
} P3mPlan;

/* Plans the passes for a picture of width x height px, both at least 64, with a model trained for the long
 * side `size` (0 = as published). */
P3mPlan p3m_strategy_plan (P3mStrategy strategy, int size, int width, int height);

/* The part of a picture in which its subject is, on a grid that covers the whole picture. */
typedef struct
{
  int grid_width, grid_height; /* cells */
  int x, y;                    /* cells, of the part; it has a cell for each px of `fine` */
  P3mPass look, fine;          /* at the part only */
} P3mPart;

/* The part of a picture of width x height px around the subject that the first look has seen. alpha: of
 * that look, [look->height][look->width]. Returns FALSE when the subject, with a margin, fills most of
 * the picture, or nobody was seen: a nearer look would show nothing new. */
gboolean p3m_strategy_plan_part (int size, int width, int height, const P3mPass *look,
                                 const float *alpha, P3mPart *part);

G_END_DECLS
