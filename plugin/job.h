/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The work without a dialog: load the model, make the matte, write what is made of it. */
#pragma once

#include "host.h"

G_BEGIN_DECLS

/* People who are kept and not named: the one whom the host's selection means, or everybody.
 * Runs on the calling thread, which is the host's main thread; shows its progress in the host. When it
 * returns FALSE, the image is as it was and error says why in one sentence. */
gboolean p3m_job_run (P3mHost *host, const P3mSettings *settings, GError **error);

G_END_DECLS
