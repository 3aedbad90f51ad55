/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Obfuscate Faces: the settings beside a picture of what becomes of the layer. */
#pragma once

#include "obfuscate/job.h"

G_BEGIN_DECLS

struct _GtkWindow;

/* Makes the dialog, which is realized, stay above the host's window. */
typedef void (*P3mFacesSetParent) (struct _GtkWindow *dialog);

/* Returns TRUE with `settings` as they were chosen and at least one face; FALSE when it was cancelled. */
gboolean p3m_faces_dialog_run (P3mFacesJob *job, P3mFacesSettings *settings,
                               P3mFacesSetParent set_parent);

G_END_DECLS
