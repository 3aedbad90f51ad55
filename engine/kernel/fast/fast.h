/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What one instruction set's build of these sources offers; P3M_TARGET is its name. */
#pragma once

#include "kernel/target.h"

#define P3M_JOIN(name, target) name##_##target
#define P3M_NAME(name, target) P3M_JOIN (name, target)
#define P3M_FAST(name)         P3M_NAME (name, P3M_TARGET)

extern const P3mKernels P3M_FAST (p3m_kernels);

P3mWork P3M_FAST (p3m_direct_work) (const P3mConvolutionJob *job);
P3mWork P3M_FAST (p3m_winograd_work) (const P3mConvolutionJob *job);
void P3M_FAST (p3m_winograd_put_kernels) (int inputs, int outputs, int input, int output,
                                          const double *kernels, float *weights);
P3mWork P3M_FAST (p3m_narrow_work) (const P3mNarrowJob *job);
P3mWork P3M_FAST (p3m_head_work) (const P3mHeadJob *job);
P3mWork P3M_FAST (p3m_pool_work) (const P3mPoolJob *job);
P3mWork P3M_FAST (p3m_stem_work) (const P3mStemJob *job);
P3mWork P3M_FAST (p3m_upsample_work) (const P3mUpsampleJob *job);
P3mWork P3M_FAST (p3m_classes_work) (const P3mClassesJob *job);
