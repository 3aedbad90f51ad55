/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog: the person cut out of the layer, to be looked at and taken. */
#pragma once

#include "host.h"

G_BEGIN_DECLS

/* Shows the dialog on the main thread, GTK being initialised, and returns when it is closed. TRUE: OK was
 * pressed, the mask is written and settings hold what was chosen. FALSE: nothing is changed;
 * G_IO_ERROR_CANCELLED when the person closed it, who has then also read of what had gone wrong. */
gboolean p3m_dialog_run (P3mHost *host, P3mSettings *settings, GError **error);

G_END_DECLS
