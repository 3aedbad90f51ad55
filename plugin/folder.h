/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a plug-in carries beside its executable: its models and its translations. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The folder of that name beside the running executable, to be freed with g_free(); NULL when there is
 * none. */
char *p3m_folder_find (const char *name);

/* Makes the models in the folder "models" beside the executable, and those of the plug-in p3m in the folder beside
 * that, known to the engine. */
void p3m_folder_add_models (void);

G_END_DECLS
