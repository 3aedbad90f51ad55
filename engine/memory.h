/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Blocks whose size the picture decides: the size is checked for overflow and a refusal is an error. */
#pragma once

#include "p3m.h"

G_BEGIN_DECLS

/* rows * columns elements of `size` bytes, to be freed with g_free(); not cleared. At least one byte is
 * taken. Returns NULL with P3M_ERROR_NO_MEMORY. */
gpointer p3m_try_alloc (GError **error, gsize size, gsize rows, gsize columns);

/* The same, zero. What is never written takes no memory. */
gpointer p3m_try_alloc_zeroed (GError **error, gsize size, gsize rows, gsize columns);

/* So many zeroed bytes for numbers that are read all the time, in huge pages where the system has them, which
 * spares the processor most of its walks through page tables. The first byte is `*start`, the block is
 * freed with g_free(). Returns NULL if there is no memory. */
gpointer p3m_try_alloc_huge (gsize bytes, char **start);

G_END_DECLS
