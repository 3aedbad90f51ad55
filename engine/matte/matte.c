/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The matte as an object. */
#include "matte/matte.h"

#include <math.h>

P3mMatte *
p3m_matte_alloc (int width, int height)
{
  P3mMatte *matte = g_new0 (P3mMatte, 1);
  g_atomic_ref_count_init (&matte->references);
  matte->columns = p3m_axis_new (width, P3M_LEAST_SIDE);
  matte->rows = p3m_axis_new (height, P3M_LEAST_SIDE);
  matte->threads = (int) g_get_num_processors ();
  return matte;
}

/* What is mirrored out around the picture grows with it. */
static void
enlarge (P3mAxis *axis, int length)
{
  const double scale = (double) length / axis->length;
  *axis = (P3mAxis){ length, (int) lround (axis->before * scale),
                     (int) lround (axis->extent * scale) };
}

void
p3m_matte_enlarge (P3mMatte *matte, int width, int height)
{
  enlarge (&matte->columns, width);
  enlarge (&matte->rows, height);
}

P3mMatte *
p3m_matte_ref (P3mMatte *matte)
{
  g_atomic_ref_count_inc (&matte->references);
  return matte;
}

void
p3m_matte_unref (P3mMatte *matte)
{
  if (!g_atomic_ref_count_dec (&matte->references))
    return;
  g_free (matte->alpha);
  g_free (matte->classes);
  g_free (matte->model);
  g_free (matte);
}

int
p3m_matte_get_width (const P3mMatte *matte)
{
  return matte->columns.length;
}

int
p3m_matte_get_height (const P3mMatte *matte)
{
  return matte->rows.length;
}
