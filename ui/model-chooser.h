/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which model looks at the picture: a list, what is known about each, and the way to more of them. */
#pragma once

#include <gtk/gtk.h>

#include "settings.h"

G_BEGIN_DECLS

#define P3M_TYPE_MODEL_CHOOSER (p3m_model_chooser_get_type ())
G_DECLARE_FINAL_TYPE (P3mModelChooser, p3m_model_chooser, P3M, MODEL_CHOOSER, GtkBox)

/* A chooser of the model of `settings`, which are borrowed. labels: as for p3m_controls_new().
 *
 * Signals:
 * "changed": another model is chosen.
 * "imported" (const char *name): a model was installed.
 * "failed" (const char *message): something could not be done, and the message says why. */
GtkWidget *p3m_model_chooser_new (P3mSettings *settings, GtkSizeGroup *labels);

/* Shows what the settings say now. */
void p3m_model_chooser_update (P3mModelChooser *chooser);

/* What the header of the chosen model says, borrowed until the list is made anew; NULL = no model of the
 * list is chosen. */
const P3mModelInfo *p3m_model_chooser_get_info (P3mModelChooser *chooser);

/* Installs the model in a file and chooses it. */
void p3m_model_chooser_import (P3mModelChooser *chooser, const char *path);

G_END_DECLS
