/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Chooses the instruction set, once, and hands every kernel on to it. */
#include "target.h"

extern const P3mKernels p3m_kernels_baseline;
#ifdef P3M_X86
extern const P3mKernels p3m_kernels_avx2, p3m_kernels_avx512;
#endif

/* Fills in what the processor has, the best first; returns how many. */
static int
list_kernels (const P3mKernels *list[3])
{
  int count = 0;
#ifdef P3M_X86
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw")
      && __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512vl"))
    list[count++] = &p3m_kernels_avx512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    list[count++] = &p3m_kernels_avx2;
#endif
  list[count++] = &p3m_kernels_baseline;
  return count;
}

const P3mKernels *
p3m_kernels_get (void)
{
  static gsize chosen = 0;
  if (g_once_init_enter (&chosen))
    {
      const P3mKernels *list[3];
      const int count = list_kernels (list);
      int best = 0;
      for (int i = 0; i < count; i++)
        if (g_strcmp0 (list[i]->name, g_getenv ("P3M_KERNELS")) == 0)
          best = i;
      g_once_init_leave (&chosen, GPOINTER_TO_SIZE (list[best]));
    }
  return GSIZE_TO_POINTER (chosen);
}

P3mWork
p3m_direct_work (const P3mConvolutionJob *job)
{
  return p3m_kernels_get ()->direct (job);
}

P3mWork
p3m_winograd_work (const P3mConvolutionJob *job)
{
  return p3m_kernels_get ()->winograd (job);
}

void
p3m_winograd_put_kernels (int inputs, int outputs, int input, int output, const double *kernels,
                          float *weights)
{
  p3m_kernels_get ()->winograd_put_kernels (inputs, outputs, input, output, kernels, weights);
}

P3mWork
p3m_narrow_work (const P3mNarrowJob *job)
{
  return p3m_kernels_get ()->narrow (job);
}

P3mWork
p3m_head_work (const P3mHeadJob *job)
{
  return p3m_kernels_get ()->head (job);
}

P3mWork
p3m_pool_work (const P3mPoolJob *job)
{
  return p3m_kernels_get ()->pool (job);
}

void
p3m_unpool_pixel (const P3mPart *part, int height, int width, int y, int x, float *values)
{
  p3m_kernels_get ()->unpool_pixel (part, height, width, y, x, values);
}

P3mWork
p3m_stem_work (const P3mStemJob *job)
{
  return p3m_kernels_get ()->stem (job);
}

P3mWork
p3m_upsample_work (const P3mUpsampleJob *job)
{
  return p3m_kernels_get ()->upsample (job);
}

P3mWork
p3m_classes_work (const P3mClassesJob *job)
{
  return p3m_kernels_get ()->classes (job);
}
