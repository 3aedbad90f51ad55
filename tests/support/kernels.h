/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* For tests of the kernels, which run once for each instruction set. */
#pragma once

#include "kernel/target.h"

/* Whether the processor lacks the instruction set that P3M_KERNELS names; then all is said as skipped. */
static inline gboolean
kernels_are_missing (void)
{
  const char *wanted = g_getenv ("P3M_KERNELS");
  if (!wanted || g_str_equal (wanted, p3m_kernels_get ()->name))
    return FALSE;
  g_print ("1..0 # SKIP this processor has no %s\n", wanted);
  return TRUE;
}

/* Does a work on this thread, backwards or not: its blocks depend on each other no more than threads do. scratch:
 * work.scratch floats, 64-byte aligned. */
static inline void
kernels_do (P3mWork work, gconstpointer job, float *scratch, gboolean backwards)
{
  for (int i = 0; i < work.preparations; i++)
    work.prepare (job, backwards ? work.preparations - 1 - i : i, scratch);
  for (int i = 0; i < work.blocks; i++)
    work.run (job, backwards ? work.blocks - 1 - i : i, scratch);
}
