/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Settings that a person keeps under a name: one text file each in the user's configuration. */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* The names of all presets in the order of the language (transfer full). */
char **p3m_presets_list (void);

/* Keeps everything but the places that were clicked, which belong to one picture. A preset of that name is
 * replaced. FALSE with G_IO_ERROR_INVALID_FILENAME or a GFileError. */
gboolean p3m_preset_save (const char *name, const P3mSettings *settings, GError **error);

/* Takes what a preset says; the places that were clicked stay. FALSE, and the settings as they were, with the
 * error of p3m_settings_from_text() or a GFileError. */
gboolean p3m_preset_load (const char *name, P3mSettings *settings, GError **error);

gboolean p3m_preset_delete (const char *name, GError **error);

G_END_DECLS
