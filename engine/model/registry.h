/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Where models are looked for, and which one a name means. */
#pragma once

#include "p3m.h"

/* The path of the model that p3m_model_load() would take for `name` (NULL or "" = the first sound one),
 * to be freed with g_free(); NULL with P3M_ERROR_NO_MODEL when there is none: the message lists where
 * was looked. */
char *p3m_registry_find (const char *name, GError **error);

P3mModelInfo *p3m_model_info_copy (const P3mModelInfo *info);
