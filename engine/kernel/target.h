/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Instruction sets: the sources in fast/ are compiled once for each, and the machine's best is taken at run time. */
#pragma once

#include "kernel.h"

G_BEGIN_DECLS

typedef struct
{
  const char *name;
  P3mWork (*direct) (const P3mConvolutionJob *job);
  P3mWork (*winograd) (const P3mConvolutionJob *job);
  void (*winograd_put_kernels) (int inputs, int outputs, int input, int output,
                                const double *kernels, float *weights);
  P3mWork (*narrow) (const P3mNarrowJob *job);
  P3mWork (*head) (const P3mHeadJob *job);
  P3mWork (*pool) (const P3mPoolJob *job);
  void (*unpool_pixel) (const P3mPart *part, int height, int width, int y, int x, float *values);
  P3mWork (*stem) (const P3mStemJob *job);
  P3mWork (*upsample) (const P3mUpsampleJob *job);
  P3mWork (*classes) (const P3mClassesJob *job);
} P3mKernels;

/* Those of the best instruction set that the processor has, or of the one that the environment variable
 * P3M_KERNELS names, if the processor has it: "baseline", "avx2", "avx512". */
const P3mKernels *p3m_kernels_get (void);

G_END_DECLS
