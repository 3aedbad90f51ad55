/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* How the preview shows the picture: view, background, zoom. */
#pragma once

#include "preview.h"

G_BEGIN_DECLS

#define P3M_TYPE_VIEW_BAR (p3m_view_bar_get_type ())
G_DECLARE_FINAL_TYPE (P3mViewBar, p3m_view_bar, P3M, VIEW_BAR, GtkBox)

/* The preview is borrowed. */
GtkWidget *p3m_view_bar_new (P3mPreview *preview);

G_END_DECLS
