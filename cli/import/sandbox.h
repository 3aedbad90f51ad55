/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Gives up, for the rest of the process, what reading a foreign file does not need. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Takes the network away where that is permitted and, where the kernel can filter system calls, all of
 * them but those for files, memory and threads: no program is started, no socket opened, no other process
 * touched. Cannot be undone. Returns whether the filter is in place. */
gboolean sandbox_enter (void);

G_END_DECLS
