/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Names and shapes of the tensors of P3M-Net (ResNet-34) for any number of channels. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Channels of the first stage as published. */
#define P3M_LAYOUT_PUBLISHED_CHANNELS 64
/* More channels than that are no P3M-Net that a desktop could run: an upper bound for headers. */
#define P3M_LAYOUT_MAX_CHANNELS 256
#define P3M_LAYOUT_MAX_RANK     4

typedef struct
{
  char *name;
  int rank; /* 4 = convolution [out][in][k][k], 1 = bias or batch norm [c] */
  gsize shape[P3M_LAYOUT_MAX_RANK]; /* the first `rank` count */
  gsize length;                     /* product of shape */
} P3mLayoutTensor;

typedef struct
{
  GArray *tensors;   /* of P3mLayoutTensor, in the order of a published checkpoint */
  GHashTable *index; /* name -> index in tensors */
} P3mLayout;

/* channels: of the first stage, even, 2 .. P3M_LAYOUT_MAX_CHANNELS. */
P3mLayout *p3m_layout_new (int channels);
void p3m_layout_free (P3mLayout *layout);

/* Index of a tensor that the network needs, -1 = there is none of that name. */
int p3m_layout_find (const P3mLayout *layout, const char *name);
const P3mLayoutTensor *p3m_layout_get (const P3mLayout *layout, guint index);

/* Whether a tensor belongs to what only training needs: it may be in a file and is not looked at. */
gboolean p3m_layout_is_ignored (const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mLayout, p3m_layout_free)

G_END_DECLS
