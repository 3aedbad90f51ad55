/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* P3M-Net as a table: J. Li et al., "Privacy-Preserving Portrait Matting", section 4, with ResNet-34. The
 * training-only side outputs are left out. */
#include "graph.h"

#include <string.h>

/* What the encoder hands to the decoders. */
typedef struct
{
  int pooled;    /* e0 pooled: what tfi_0 takes from the encoder is its transform */
  int maps[5];   /* e1..e4; [0] is the transform of pooled */
  int index[5];  /* of the pooling into scale 1 / 2 << i */
  int sparse[3]; /* transforms of e0's sparse pools, for sbfi_0, 1, 2 */
} Encoder;

static int
add_value (P3mGraph *graph, int channels, int shift, gboolean index)
{
  const P3mValue value = { channels, shift, index };
  g_array_append_val (graph->values, value);
  return graph->values->len - 1;
}

static P3mNode *
add_node (P3mGraph *graph, P3mOp op, int layer)
{
  P3mNode node = { .op = op, .layer = layer, .residual = -1 };
  memset (node.inputs, -1, sizeof node.inputs);
  memset (node.outputs, -1, sizeof node.outputs);
  g_array_append_val (graph->nodes, node);
  return &g_array_index (graph->nodes, P3mNode, graph->nodes->len - 1);
}

/* The layer of that name; a layer that several nodes share is added by the first. */
static int
find_layer (P3mGraph *graph, const char *name, const char *norm, int size, int inputs, int outputs)
{
  for (guint i = 0; i < graph->layers->len; i++)
    if (strcmp (p3m_graph_layer (graph, i)->name, name) == 0)
      return i;
  const P3mLayer layer
      = { g_strdup (name), g_strdup (norm), size, inputs, outputs, size == 3 && outputs < 4 };
  g_array_append_val (graph->layers, layer);
  return graph->layers->len - 1;
}

static int
channels_of (const P3mGraph *graph, int value)
{
  return p3m_graph_value (graph, value)->channels;
}

static int
shift_of (const P3mGraph *graph, int value)
{
  return p3m_graph_value (graph, value)->shift;
}

/* A convolution, its weights called OWNER.NAME and its norm OWNER.NORM, of up to three values as one.
 * Returns the output's value. */
static int
convolve (P3mGraph *graph, const char *owner, const char *name, const char *norm, int size,
          int outputs, P3mActivation activation, int residual, int a, int b, int c)
{
  const int values[P3M_NODE_INPUTS] = { a, b, c };
  int inputs = 0;
  for (int i = 0; i < P3M_NODE_INPUTS; i++)
    inputs += values[i] >= 0 ? channels_of (graph, values[i]) : 0;
  g_autofree char *weight_name = g_strconcat (owner, ".", name, NULL);
  g_autofree char *norm_name = norm ? g_strconcat (owner, ".", norm, NULL) : NULL;
  const int layer = find_layer (graph, weight_name, norm_name, size, inputs, outputs);
  P3mNode *node = add_node (graph, P3M_OP_CONVOLUTION, layer);
  memcpy (node->inputs, values, sizeof values);
  node->activation = activation;
  node->residual = residual;
  node->outputs[0] = add_value (graph, outputs, shift_of (graph, a), FALSE);
  return node->outputs[0];
}

/* 1x1, no norm, no bias, half as many channels as `channels`. */
static int
transform (P3mGraph *graph, const char *owner, const char *name, int channels, int value)
{
  return convolve (graph, owner, name, NULL, 1, channels / 2, P3M_ACTIVATION_NONE, -1, value, -1,
                   -1);
}

static void
name_module (P3mGraph *graph, const char *module)
{
  g_array_index (graph->nodes, P3mNode, graph->nodes->len - 1).module = g_intern_string (module);
}

static int
pool (P3mGraph *graph, int value, int *index, const char *module)
{
  const int channels = channels_of (graph, value), shift = shift_of (graph, value) + 1;
  P3mNode *node = add_node (graph, P3M_OP_POOL, -1);
  node->inputs[0] = value;
  node->outputs[0] = add_value (graph, channels, shift, FALSE);
  node->outputs[1] = *index = add_value (graph, channels, shift, TRUE);
  const int pooled = node->outputs[0];
  name_module (graph, module);
  return pooled;
}

static int
upsample (P3mGraph *graph, int value, int shift)
{
  P3mNode *node = add_node (graph, P3M_OP_UPSAMPLE, -1);
  node->inputs[0] = value;
  node->outputs[0] = add_value (graph, channels_of (graph, value), shift, FALSE);
  return node->outputs[0];
}

/* One ResNet stage of basic blocks. */
static int
stage (P3mGraph *graph, int number, int blocks, int channels, int value)
{
  for (int i = 0; i < blocks; i++)
    {
      g_autofree char *owner = g_strdup_printf ("resnet.layer%d.%d", number, i);
      const int inner = convolve (graph, owner, "conv1", "bn1", 3, channels, P3M_ACTIVATION_RELU,
                                  -1, value, -1, -1);
      const int identity = channels_of (graph, value) == channels
                               ? value
                               : convolve (graph, owner, "downsample.0", "downsample.1", 1,
                                           channels, P3M_ACTIVATION_NONE, -1, value, -1, -1);
      value = convolve (graph, owner, "conv2", "bn2", 3, channels, P3M_ACTIVATION_ADD_RELU,
                        identity, inner, -1, -1);
    }
  g_autofree char *module = g_strdup_printf ("encoder%d", number);
  name_module (graph, module);
  return value;
}

/* The stem, and at once the transforms of its half-size outputs, so that these need not be kept. */
static void
stem (P3mGraph *graph, int channels, Encoder *encoder)
{
  static const char *const sbfi[] = { "sbfi_0", "sbfi_1", "sbfi_2" };
  const int layer = find_layer (graph, "resnet.conv1", "resnet.bn1", 7, 3, channels);
  P3mNode *node = add_node (graph, P3M_OP_STEM, layer);
  node->outputs[0] = encoder->pooled = add_value (graph, channels, 1, FALSE);
  node->outputs[1] = encoder->index[0] = add_value (graph, channels, 1, TRUE);
  int sparse[3];
  for (int i = 0; i < 3; i++)
    node->outputs[2 + i] = sparse[i] = add_value (graph, channels, 1 + i, FALSE);
  name_module (graph, "mp0");
  for (int i = 0; i < 3; i++)
    encoder->sparse[i]
        = transform (graph, sbfi[i], "transform2", channels << MAX (i - 1, 0), sparse[i]);
  encoder->maps[0] = transform (graph, "tfi_0", "transform", channels, encoder->pooled);
}

static void
encode (P3mGraph *graph, int channels, Encoder *encoder)
{
  static const int blocks[] = { 3, 4, 6, 3 };
  stem (graph, channels, encoder);
  int value = encoder->pooled;
  for (int i = 1; i <= 4; i++)
    {
      g_autofree char *module = g_strdup_printf ("mp%d", i);
      value = pool (graph, value, &encoder->index[i], module);
      value = encoder->maps[i] = stage (graph, i, blocks[i - 1], channels << (i - 1), value);
    }
}

/* Two or three 3x3 convolutions with bias, norm and ReLU; the last makes `outputs` channels. */
static int
decoder (P3mGraph *graph, const char *owner, int convolutions, int outputs, int value)
{
  static const char *const names[][2] = { { "0", "1" }, { "3", "4" }, { "6", "7" } };
  const int channels = channels_of (graph, value);
  for (int i = 0; i < convolutions; i++)
    value = convolve (graph, owner, names[i][0], names[i][1], 3,
                      i == convolutions - 1 ? outputs : channels, P3M_ACTIVATION_RELU, -1, value,
                      -1, -1);
  return value;
}

/* A transform of `small`, upsampled. The network has it the other way round, but a convolution 1x1 without
 * bias and bilinear upsampling commute, and this way it is a quarter of the work. */
static int
transform_upsampled (P3mGraph *graph, const char *owner, const char *name, int channels, int small,
                     int shift)
{
  return upsample (graph, transform (graph, owner, name, channels, small), shift);
}

/* Deep bipartite feature integration: value, which is `small` upsampled, plus what the encoder's end says
 * about it. */
static int
integrate_deep (P3mGraph *graph, int number, int value, int small, int deepest)
{
  g_autofree char *owner = g_strdup_printf ("dbfi_%d", number);
  const int channels = channels_of (graph, value), shift = shift_of (graph, value);
  const int deep = transform_upsampled (graph, owner, "transform2", channels, deepest, shift);
  const int own = transform_upsampled (graph, owner, "transform1", channels, small, shift);
  value = convolve (graph, owner, "conv1", "bn1", 3, channels, P3M_ACTIVATION_RELU_ADD, value, own,
                    deep, -1);
  name_module (graph, owner);
  return value;
}

/* The semantic decoder. semantic[3..0]: its modules' outputs as the tripartite integrations 3..0 take them,
 * transformed but not yet upsampled, since these are kept for long. */
static void
decode_semantic (P3mGraph *graph, int channels, const Encoder *encoder, int *semantic)
{
  int value = encoder->maps[4], small = value;
  for (int k = 4; k >= 1; k--)
    {
      g_autofree char *owner = g_strdup_printf ("decoder%d_g", k);
      g_autofree char *taker = g_strdup_printf ("tfi_%d", k - 1);
      if (k <= 2)
        value = integrate_deep (graph, k, value, small, encoder->maps[4]);
      small = decoder (graph, owner, 3, channels << MAX (k - 2, 0), value);
      semantic[k - 1] = transform (graph, taker, "transform", channels << MAX (k - 2, 0), small);
      value = upsample (graph, small, k);
      name_module (graph, owner);
    }
  value = integrate_deep (graph, 0, value, small, encoder->maps[4]);
  value = decoder (graph, "decoder0_g", 2, channels, value);
  P3mNode *node
      = add_node (graph, P3M_OP_NARROW, find_layer (graph, "decoder0_g.6", NULL, 3, channels, 3));
  node->inputs[0] = value;
  const int logits = node->outputs[0] = add_value (graph, 3, 1, FALSE);
  add_node (graph, P3M_OP_CLASSES, -1)->inputs[0] = logits;
  name_module (graph, "decoder0_g");
}

/* Tripartite feature integration at scale 1 / 2 << number: what the semantic decoder (transformed, to be
 * upsampled), the matting decoder (to be unpooled) and the encoder (for number 0 transformed) have there,
 * through one shared transform. */
static int
integrate_tripartite (P3mGraph *graph, int number, int channels, int semantic, int matting,
                      int index, int encoder)
{
  g_autofree char *owner = g_strdup_printf ("tfi_%d", number);
  semantic = upsample (graph, semantic, shift_of (graph, encoder));
  if (number > 0)
    encoder = transform (graph, owner, "transform", channels, encoder);
  g_autofree char *name = g_strconcat (owner, ".transform", NULL);
  P3mNode *node = add_node (graph, P3M_OP_UNPOOLED,
                            find_layer (graph, name, NULL, 1, channels, channels / 2));
  node->inputs[0] = matting;
  node->inputs[1] = index;
  const int unpooled = node->outputs[0]
      = add_value (graph, channels / 2, shift_of (graph, matting) - 1, FALSE);
  const int value = convolve (graph, owner, "conv1", "bn1", 3, channels, P3M_ACTIVATION_RELU, -1,
                              semantic, unpooled, encoder);
  name_module (graph, owner);
  return value;
}

/* Shallow bipartite feature integration: value plus what e0 says about it. */
static int
integrate_shallow (P3mGraph *graph, int number, int value, int sparse)
{
  g_autofree char *owner = g_strdup_printf ("sbfi_%d", number);
  const int channels = channels_of (graph, value);
  const int own = transform (graph, owner, "transform1", channels, value);
  value = convolve (graph, owner, "conv1", "bn1", 3, channels, P3M_ACTIVATION_RELU_ADD, value, own,
                    sparse, -1);
  name_module (graph, owner);
  return value;
}

static void
decode_matting (P3mGraph *graph, int channels, const Encoder *encoder, const int *semantic)
{
  int value = decoder (graph, "decoder4_l", 3, channels << 2, encoder->maps[4]);
  name_module (graph, "decoder4_l");
  for (int k = 3; k >= 0; k--)
    {
      g_autofree char *owner = g_strdup_printf ("decoder%d_l", k);
      value = integrate_tripartite (graph, k, channels << MAX (k - 1, 0), semantic[k], value,
                                    encoder->index[k + 1], encoder->maps[k]);
      if (k < 3)
        value = integrate_shallow (graph, k, value, encoder->sparse[k]);
      value = decoder (graph, owner, k > 0 ? 3 : 2, channels << MAX (k - 2, 0), value);
      name_module (graph, owner);
    }
  P3mNode *node
      = add_node (graph, P3M_OP_HEAD, find_layer (graph, "decoder_final_l", NULL, 3, channels, 1));
  node->inputs[0] = value;
  node->inputs[1] = encoder->index[0];
}

static void
clear_layer (gpointer data)
{
  P3mLayer *layer = data;
  g_free (layer->name);
  g_free (layer->norm);
}

P3mGraph *
p3m_graph_new (int channels)
{
  P3mGraph *graph = g_new0 (P3mGraph, 1);
  graph->layers = g_array_new (FALSE, FALSE, sizeof (P3mLayer));
  g_array_set_clear_func (graph->layers, clear_layer);
  graph->values = g_array_new (FALSE, FALSE, sizeof (P3mValue));
  graph->nodes = g_array_new (FALSE, FALSE, sizeof (P3mNode));
  Encoder encoder;
  int semantic[4];
  encode (graph, channels, &encoder);
  decode_semantic (graph, channels, &encoder, semantic);
  decode_matting (graph, channels, &encoder, semantic);
  return graph;
}

void
p3m_graph_free (P3mGraph *graph)
{
  g_array_unref (graph->layers);
  g_array_unref (graph->values);
  g_array_unref (graph->nodes);
  g_free (graph);
}

double
p3m_graph_node_work (const P3mGraph *graph, const P3mNode *node, int height, int width)
{
  const double pixels = (double) height * width;
  if (node->layer >= 0)
    {
      const P3mLayer *layer = p3m_graph_layer (graph, node->layer);
      const double per_pixel = 2.0 * layer->size * layer->size * layer->inputs * layer->outputs;
      if (node->op == P3M_OP_STEM || node->op == P3M_OP_HEAD)
        return per_pixel * pixels;
      const int shift = shift_of (graph, node->outputs[0]);
      return per_pixel * pixels / (1 << shift) / (1 << shift);
    }
  if (node->op == P3M_OP_CLASSES)
    return 24.0 * pixels;
  const P3mValue *output = p3m_graph_value (graph, node->outputs[0]);
  return 16.0 * output->channels * pixels / (1 << output->shift) / (1 << output->shift);
}
