/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a P3mNet is made of: the table of the network and its folded layers. */
#pragma once

#include "net/graph.h"
#include "net/net.h"

G_BEGIN_DECLS

/* A layer as its kernel wants it: the one of the three that the layer is. */
typedef struct
{
  P3mConvolution convolution;
  P3mNarrow narrow;
  P3mStem stem;
  float *weights, *bias; /* in the network's block */
} P3mFolded;

struct _P3mNet
{
  P3mGraph *graph;
  P3mFolded *layers; /* [layers of the graph] */
  gpointer block;    /* all weights and biases */
};

/* As p3m_net_new(), with convolutions that any processor could use: im2col and OpenBLAS. */
P3mNet *p3m_net_new_portable (const P3mWeights *weights, GError **error);

G_END_DECLS
