/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The button with the presets: load, save, delete, reset. */
#pragma once

#include <gtk/gtk.h>

#include "settings.h"

G_BEGIN_DECLS

#define P3M_TYPE_PRESET_MENU (p3m_preset_menu_get_type ())
G_DECLARE_FINAL_TYPE (P3mPresetMenu, p3m_preset_menu, P3M, PRESET_MENU, GtkMenuButton)

/* A button for `settings`, which are borrowed.
 *
 * Signals:
 * "changed": the settings are others.
 * "failed" (const char *message): something could not be done, and the message says why. */
GtkWidget *p3m_preset_menu_new (P3mSettings *settings);

G_END_DECLS
