/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog's panel of settings, made from the table of them. */
#pragma once

#include <gtk/gtk.h>

#include "settings.h"

G_BEGIN_DECLS

#define P3M_TYPE_CONTROLS (p3m_controls_get_type ())
G_DECLARE_FINAL_TYPE (P3mControls, p3m_controls, P3M, CONTROLS, GtkBox)

/* A panel that shows and changes `settings`, which are borrowed. has_mask: the layer has a mask, so that it
 * can be said what becomes of it. labels: of all labels that are to be as wide as each other.
 *
 * Signal "changed" (const P3mSetting *setting): a person has changed that setting. */
GtkWidget *p3m_controls_new (P3mSettings *settings, gboolean has_mask, GtkSizeGroup *labels);

/* Shows what the settings say now. */
void p3m_controls_update (P3mControls *controls);

/* A row of the panel's kind for a setting that has a place elsewhere: a label and `control`, a
 * GtkComboBox. */
GtkWidget *p3m_controls_build_row (const P3mSetting *setting, GtkWidget *control,
                                   GtkSizeGroup *labels);

G_END_DECLS
