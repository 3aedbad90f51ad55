/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The matting decoder's alpha everywhere, as the published code computes it. */
#pragma once

#include "matte/matte.h"

/* Of the pass that made matte->alpha: [alpha_height][alpha_width], to be freed with g_free(). */
float *dense_make_local (const P3mModel *model, const P3mSource *source, const P3mMatte *matte);
