/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* At which sizes the network looks at a picture, and at which section of it. */
#pragma once

#include "matte/reader.h"
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
  P3M_SCHEME_LOOK,   /* the look's fusion is the alpha; there is no fine pass */
  P3M_SCHEME_HYBRID, /* the look's classes say where the fine pass's alpha counts, as published */
  P3M_SCHEME_SUBJECT /* a look, a nearer one at a small subject, and the fine pass on its transition */
} P3mSchemeKind;

enum
{
  P3M_SEARCHES = 2
};

/* searches: looks at all of the picture for somebody whom the first look has missed, one after the other until one finds
 * somebody; width = 0: none. */
typedef struct
{
  P3mSchemeKind kind;
  P3mPass look, fine;
  P3mPass searches[P3M_SEARCHES];
} P3mScheme;

/* Plans the passes for a picture of width x height px, both at least 64, with a model trained for the long
 * side `size` (0 = as published). */
P3mScheme p3m_strategy_plan (P3mStrategy strategy, int size, int width, int height);

/* The section of a picture in which its subject is, on a grid that covers the whole picture. */
typedef struct
{
  int grid_width, grid_height; /* cells */
  int x, y;                    /* cells, of the section; it has a cell for each px of `fine` */
  P3mPass look, fine;          /* at the section only */
} P3mSection;

/* The section of a picture of width x height px around the subject that a look has seen, and the passes at it: a person
 * comes to the scale of the training, also one of several beside one another. alpha: of that look,
 * [look->height][look->width]. Returns FALSE when that look was as near already, or nobody was seen. */
gboolean p3m_strategy_plan_section (int size, int width, int height, const P3mInput *look,
                                    const float *alpha, P3mSection *section);

/* As many cells as any section's passes have at most. */
P3mPass p3m_strategy_get_largest_section (const P3mScheme *scheme);

/* Whether a look has seen anybody: more than specks. */
gboolean p3m_strategy_has_subject (const P3mInput *look, const float *alpha);

/* Whether the subject in a section is so small in the picture that the first look may have missed it. What is
 * larger, and was seen only by a look at more pixels than the network was trained for, is none. */
gboolean p3m_strategy_may_be_overlooked (const P3mSection *section);

/* Whether what a look at a section has seen goes on beyond it: a part of the subject was taken for all of it. */
gboolean p3m_strategy_is_cut (int width, int height, const P3mInput *look, const float *alpha);

G_END_DECLS
