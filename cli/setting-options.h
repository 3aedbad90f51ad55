/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The settings that dialog and command line share, as options. */
#pragma once

#include "settings.h"

G_BEGIN_DECLS

/* A main group of options: a command's own entries, then one for every setting that means something to a file:
 * not the model, which commands take in their own way, and not what only layers have.
 * settings: initialized, filled by parsing. */
GOptionGroup *setting_options_new (const GOptionEntry *entries, P3mSettings *settings);

G_END_DECLS
