/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* At which sizes the network runs, and what of its answer each run is for. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

typedef struct
{
  int width, height; /* px, multiples of 32, 32..1600 */
  gboolean classes;  /* the class map is wanted */
  gboolean local;    /* the matting decoder's alpha is wanted; with the classes: their fusion */
} P3mPass;

#define P3M_MAX_PASSES 2

/* Plans the runs for a picture of width x height px, both at least 64, with a model trained for the long
 * side `size` (0 = as published). Returns the number of passes. */
int p3m_strategy_plan (P3mStrategy strategy, int size, int width, int height,
                       P3mPass passes[P3M_MAX_PASSES]);

G_END_DECLS
