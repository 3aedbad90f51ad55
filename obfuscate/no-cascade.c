/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What there is of cascade.h in a program that was built without OpenCV. */
#include "cascade.h"

#include <glib/gi18n-lib.h>

P3mCascade *
p3m_cascade_new (const char *path, GError **error)
{
  (void) path;
  g_set_error_literal (
      error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      _ ("This program was built without OpenCV and cannot look for faces: tell it "
         "where they are."));
  return NULL;
}

void
p3m_cascade_free (P3mCascade *cascade)
{
  (void) cascade;
}

gboolean
p3m_cascade_find (P3mCascade *cascade, const guint8 *grey, int width, int height, int smallest,
                  int votes, GArray *faces, GError **error)
{
  (void) cascade, (void) grey, (void) width, (void) height, (void) smallest, (void) votes;
  (void) faces, (void) error;
  g_return_val_if_reached (FALSE);
}
