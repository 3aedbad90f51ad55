/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Loads a network: each batch norm is folded into the convolution before it. */
#include "network.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* Added to a running variance, as in the training framework. */
#define EPSILON 1e-5

/* What becomes of an output channel: scale * (sum + bias) + offset. */
typedef struct
{
  double scale, offset;
} Norm;

/* One of the norm's four vectors, [count]; NULL if the file has none of that name. */
static float *
read_vector (const P3mWeights *weights, const char *owner, const char *suffix)
{
  g_autofree char *name = g_strconcat (owner, suffix, NULL);
  const gsize length = p3m_weights_get_length (weights, name);
  if (length == 0)
    return NULL;
  float *values = g_new (float, length);
  p3m_weights_read (weights, name, values);
  return values;
}

/* y = gamma (x - mean) / sqrt (variance + epsilon) + beta with x = sum + bias, for each output. */
static Norm *
read_norm (const P3mWeights *weights, const P3mLayer *layer)
{
  g_autofree float *bias = read_vector (weights, layer->name, ".bias");
  g_autofree float *gamma = NULL, *beta = NULL, *mean = NULL, *variance = NULL;
  if (layer->norm)
    {
      gamma = read_vector (weights, layer->norm, ".weight");
      beta = read_vector (weights, layer->norm, ".bias");
      mean = read_vector (weights, layer->norm, ".running_mean");
      variance = read_vector (weights, layer->norm, ".running_var");
    }
  Norm *norms = g_new (Norm, layer->outputs);
  for (int o = 0; o < layer->outputs; o++)
    {
      const double own = bias ? bias[o] : 0.0;
      norms[o] = (Norm){ 1.0, own };
      if (layer->norm)
        {
          norms[o].scale = gamma[o] / sqrt ((double) variance[o] + EPSILON);
          norms[o].offset = (own - mean[o]) * norms[o].scale + beta[o];
        }
    }
  return norms;
}

/* Where the kernel of a layer has the weight of an output, an input and a tap (row * size + column). */
static gsize
locate_weight (const P3mLayer *layer, int output, int input, int tap)
{
  const gsize taps = layer->size * layer->size;
  const gsize panel = output / P3M_STEM_PANEL;
  if (layer->size == 7)
    return ((panel * layer->inputs + input) * taps + tap) * P3M_STEM_PANEL
           + output % P3M_STEM_PANEL;
  if (layer->narrow)
    return (output * taps + tap) * layer->inputs + input;
  return ((gsize) tap * layer->inputs + input) * layer->outputs + output;
}

/* From the file's [outputs][inputs][size][size] to the order of the layer's kernel. */
static void
fold (const P3mLayer *layer, const Norm *norms, const float *from, float *to)
{
  for (int o = 0; o < layer->outputs; o++)
    for (int i = 0; i < layer->inputs; i++)
      for (int t = 0; t < layer->size * layer->size; t++)
        to[locate_weight (layer, o, i, t)] = *from++ * norms[o].scale;
}

static gboolean
load_layer (const P3mWeights *weights, const P3mLayer *layer, P3mFolded *folded)
{
  g_autofree char *name = g_strconcat (layer->name, ".weight", NULL);
  const gsize count = p3m_weights_get_length (weights, name);
  g_autofree float *raw = g_try_new (float, count);
  const int padded = layer->size == 7
                         ? (layer->outputs + P3M_STEM_PANEL - 1) / P3M_STEM_PANEL * P3M_STEM_PANEL
                         : layer->outputs;
  folded->weights = g_try_new0 (float, count / layer->outputs * padded);
  folded->bias = g_new0 (float, padded);
  if (!raw || !folded->weights)
    return FALSE;
  p3m_weights_read (weights, name, raw);
  g_autofree Norm *norms = read_norm (weights, layer);
  fold (layer, norms, raw, folded->weights);
  for (int o = 0; o < layer->outputs; o++)
    folded->bias[o] = norms[o].offset;
  folded->convolution = (P3mConvolution){ layer->size, layer->inputs, layer->outputs,
                                          folded->weights, folded->bias };
  folded->narrow = (P3mNarrow){ layer->inputs, layer->outputs, folded->weights, folded->bias };
  folded->stem = (P3mStem){ layer->outputs, folded->weights, folded->bias };
  return TRUE;
}

P3mNet *
p3m_net_new (const P3mWeights *weights, GError **error)
{
  g_autoptr (P3mNet) net = g_new0 (P3mNet, 1);
  net->graph = p3m_graph_new (p3m_weights_get_channels (weights));
  net->layers = g_new0 (P3mFolded, net->graph->layers->len);
  for (guint i = 0; i < net->graph->layers->len; i++)
    if (!load_layer (weights, p3m_graph_layer (net->graph, i), &net->layers[i]))
      {
        g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                     _ ("There is not enough memory for the model."));
        return NULL;
      }
  return g_steal_pointer (&net);
}

void
p3m_net_free (P3mNet *net)
{
  for (guint i = 0; i < net->graph->layers->len; i++)
    {
      g_free (net->layers[i].weights);
      g_free (net->layers[i].bias);
    }
  g_free (net->layers);
  p3m_graph_free (net->graph);
  g_free (net);
}
