/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* P3M-Net as a table: its layers (weights), values (maps) and nodes (steps), in the order of a run. */
#pragma once

#include <glib.h>

#include "kernel/kernel.h"

G_BEGIN_DECLS

typedef enum
{
  P3M_OP_STEM,        /* the picture -> pooled, index, sparse pools of stride 2, 4, 8 */
  P3M_OP_POOL,        /* -> pooled, index */
  P3M_OP_CONVOLUTION, /* of one to three inputs as one */
  P3M_OP_UNPOOLED, /* 1x1 convolution of the unpooling of a map (input 0) with an index (input 1) */
  P3M_OP_UPSAMPLE, /* to the output's scale */
  P3M_OP_NARROW,   /* 3x3 convolution to three channels */
  P3M_OP_CLASSES,  /* the semantic decoder's end; no output value: it writes the caller's arrays */
  P3M_OP_HEAD      /* the matting decoder's end, of a map (input 0) and an index (input 1) */
} P3mOp;

/* A convolution with its batch norm: tensors NAME.weight, NAME.bias if there is one, NORM.*. */
typedef struct
{
  char *name;
  char *norm; /* NULL = none */
  int size;
  int inputs, outputs;
  gboolean narrow; /* weights as P3mNarrow wants them */
} P3mLayer;

/* A map of the network, at a scale of 1 / (1 << shift). */
typedef struct
{
  int channels;
  int shift;
  gboolean index; /* bytes, not floats */
} P3mValue;

enum
{
  P3M_NODE_INPUTS = 3,
  P3M_NODE_OUTPUTS = 5
};

typedef struct
{
  P3mOp op;
  int layer;                     /* -1 = none */
  int inputs[P3M_NODE_INPUTS];   /* values, -1 = none */
  int residual;                  /* value, -1 = none */
  int outputs[P3M_NODE_OUTPUTS]; /* values, -1 = none */
  P3mActivation activation;
  const char *module; /* of which outputs[0] is the output; NULL = of none */
} P3mNode;

typedef struct
{
  GArray *layers; /* P3mLayer */
  GArray *values; /* P3mValue */
  GArray *nodes;  /* P3mNode */
} P3mGraph;

/* channels: of the first stage, 64 as published. */
P3mGraph *p3m_graph_new (int channels);
void p3m_graph_free (P3mGraph *graph);

static inline const P3mLayer *
p3m_graph_layer (const P3mGraph *graph, int i)
{
  return &g_array_index (graph->layers, P3mLayer, i);
}

static inline const P3mValue *
p3m_graph_value (const P3mGraph *graph, int i)
{
  return &g_array_index (graph->values, P3mValue, i);
}

static inline const P3mNode *
p3m_graph_node (const P3mGraph *graph, int i)
{
  return &g_array_index (graph->nodes, P3mNode, i);
}

/* Multiply-add operations times two of a node on a picture of height x width. */
double p3m_graph_node_work (const P3mGraph *graph, const P3mNode *node, int height, int width);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (P3mGraph, p3m_graph_free)

G_END_DECLS
