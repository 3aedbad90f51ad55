/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Where the things are that the dialog opens or starts: beside the program, in the installation, in the PATH. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The command p3m: bin/p3m beside the program, the installed one, or the one of the PATH. NULL = there is
 * none. */
char *p3m_places_find_command (void);

/* The first page of the manual, beside the program or installed. NULL = there is none. */
char *p3m_places_find_manual (void);

/* The user's own models. */
char *p3m_places_get_models (void);

G_END_DECLS
