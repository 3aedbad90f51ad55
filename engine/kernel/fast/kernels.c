/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The table of one instruction set's kernels. */
#include "fast.h"

#include "unpool.h"

#define STRING(name)         #name
#define NAME_AS_STRING(name) STRING (name)

static void
unpool_pixel (const P3mPart *part, int height, int width, int y, int x, float *values)
{
  p3m_fast_unpool_pixel (part, height, width, y, x, values);
}

const P3mKernels P3M_FAST (p3m_kernels)
    = { .name = NAME_AS_STRING (P3M_TARGET),
        .direct = P3M_FAST (p3m_direct_work),
        .winograd = P3M_FAST (p3m_winograd_work),
        .winograd_put_kernels = P3M_FAST (p3m_winograd_put_kernels),
        .narrow = P3M_FAST (p3m_narrow_work),
        .head = P3M_FAST (p3m_head_work),
        .pool = P3M_FAST (p3m_pool_work),
        .unpool_pixel = unpool_pixel,
        .stem = P3M_FAST (p3m_stem_work),
        .upsample = P3M_FAST (p3m_upsample_work),
        .classes = P3M_FAST (p3m_classes_work) };
