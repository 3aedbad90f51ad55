/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* For tests that run once for each instruction set. */
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
