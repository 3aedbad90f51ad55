/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Loads a network: each batch norm is folded into the convolution before it. */
#include "network.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "kernel/team.h"
#include "memory.h"

/* Added to a running variance, as in the training framework. */
#define EPSILON 1e-5

/* Outputs that are put at once; every kernel may read a whole panel of biases. */
enum
{
  PANEL = P3M_STEM_PANEL
};

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

/* Which method computes a layer fastest: measured. The widest layers have most of the weights and few pixels
 * (1/32 scale): to transform the weights as they are used costs them a tenth of their time and saves 280 MB. The
 * next (256 inputs) would cost 5 % of a run so, and save 106 MB. */
static P3mMethod
choose_method (const P3mLayer *layer, gboolean portable)
{
  if (portable)
    return P3M_METHOD_BLAS;
  if (layer->size == 1)
    return P3M_METHOD_DIRECT;
  return layer->inputs > 384 ? P3M_METHOD_WINOGRAD_LATE : P3M_METHOD_WINOGRAD;
}

/* Floats of a layer's weights as its kernel wants them. */
static gsize
count_weights (const P3mLayer *layer, P3mMethod method)
{
  const gsize taps = layer->size * layer->size;
  if (layer->size == 7)
    return p3m_stem_count_weights (layer->outputs);
  if (layer->narrow)
    return taps * layer->inputs * layer->outputs;
  return p3m_convolution_count_weights (method, layer->size, layer->inputs, layer->outputs);
}

/* kernels: [size][size][PANEL], of one input and the outputs from `output` on. */
static void
put_kernels (const P3mLayer *layer, P3mMethod method, int input, int output, const double *kernels,
             float *weights)
{
  const gsize taps = layer->size * layer->size;
  if (layer->size == 7)
    p3m_stem_put_kernels (layer->outputs, input, output, kernels, weights);
  else if (layer->narrow)
    for (int o = 0; o < layer->outputs; o++)
      for (gsize t = 0; t < taps; t++)
        weights[(o * taps + t) * layer->inputs + input] = kernels[t * PANEL + o];
  else
    p3m_convolution_put_kernels (method, layer->size, layer->inputs, layer->outputs, input, output,
                                 kernels, weights);
}

/* raw: [outputs][inputs][size][size]. */
static void
fold (const P3mLayer *layer, P3mMethod method, const Norm *norms, const float *raw,
      P3mFolded *folded)
{
  const gsize taps = layer->size * layer->size, step = taps * layer->inputs;
  double kernels[7 * 7 * PANEL] = { 0 };
  for (int o = 0; o < layer->outputs; o += PANEL)
    {
      const int count = MIN (PANEL, layer->outputs - o);
      memset (kernels, 0, sizeof kernels);
      for (int k = 0; k < count; k++)
        folded->bias[o + k] = norms[o + k].offset;
      for (int i = 0; i < layer->inputs; i++)
        {
          for (int k = 0; k < count; k++)
            for (gsize t = 0; t < taps; t++)
              kernels[t * PANEL + k] = raw[(o + k) * step + i * taps + t] * norms[o + k].scale;
          put_kernels (layer, method, i, o, kernels, folded->weights);
        }
    }
}

static gboolean
load_layer (const P3mWeights *weights, const P3mLayer *layer, gboolean portable, P3mFolded *folded)
{
  const P3mMethod method = choose_method (layer, portable);
  g_autofree char *name = g_strconcat (layer->name, ".weight", NULL);
  g_autofree float *raw = g_try_new (float, p3m_weights_get_length (weights, name));
  if (!raw)
    return FALSE;
  p3m_weights_read (weights, name, raw);
  g_autofree Norm *norms = read_norm (weights, layer);
  fold (layer, method, norms, raw, folded);
  folded->convolution = (P3mConvolution){ method,         layer->size,     layer->inputs,
                                          layer->outputs, folded->weights, folded->bias };
  folded->narrow = (P3mNarrow){ layer->inputs, layer->outputs, folded->weights, folded->bias };
  folded->stem = (P3mStem){ layer->outputs, folded->weights, folded->bias };
  return TRUE;
}

typedef struct
{
  P3mNet *net;
  const P3mWeights *weights;
  gboolean portable;
  int failed; /* atomic */
} Load;

static void
load_block (int block, int worker G_GNUC_UNUSED, gpointer data)
{
  Load *load = data;
  if (!load_layer (load->weights, p3m_graph_layer (load->net->graph, block), load->portable,
                   &load->net->layers[block]))
    g_atomic_int_set (&load->failed, TRUE);
}

/* Floats of a layer's biases, padded so that every kernel may read whole panels. */
static gsize
count_biases (const P3mLayer *layer)
{
  return (layer->outputs + PANEL - 1) / PANEL * PANEL;
}

/* Lays all layers into one block. The counts are multiples of sixteen floats, a cache line, but for the
 * narrow layers', which are rounded up to that. */
static gboolean
place_layers (P3mNet *net, gboolean portable)
{
  gsize count = 0;
  char *start;
  g_autofree gsize *offsets = g_new (gsize, net->graph->layers->len);
  for (guint i = 0; i < net->graph->layers->len; i++)
    {
      const P3mLayer *layer = p3m_graph_layer (net->graph, i);
      offsets[i] = count;
      count += (count_weights (layer, choose_method (layer, portable)) + PANEL - 1) / PANEL * PANEL
               + count_biases (layer);
    }
  net->block = p3m_try_alloc_huge (count * sizeof (float), &start);
  if (!net->block)
    return FALSE;
  for (guint i = 0; i < net->graph->layers->len; i++)
    {
      const P3mLayer *layer = p3m_graph_layer (net->graph, i);
      net->layers[i].bias = (float *) (gpointer) start + offsets[i];
      net->layers[i].weights = net->layers[i].bias + count_biases (layer);
    }
  return TRUE;
}

static P3mNet *
load_net (const P3mWeights *weights, gboolean portable, GCancellable *cancellable, GError **error)
{
  g_autoptr (P3mNet) net = g_new0 (P3mNet, 1);
  net->graph = p3m_graph_new (p3m_weights_get_channels (weights));
  net->layers = g_new0 (P3mFolded, net->graph->layers->len);
  Load load = { net, weights, portable, !place_layers (net, portable) };
  g_autoptr (P3mTeam) team = p3m_team_new (g_get_num_processors (), cancellable);
  if (!load.failed && !p3m_team_run (team, net->graph->layers->len, load_block, &load, NULL, NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Cancelled."));
      return NULL;
    }
  if (!load.failed)
    return g_steal_pointer (&net);
  g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
               _ ("There is not enough memory for the model."));
  return NULL;
}

P3mNet *
p3m_net_new (const P3mWeights *weights, GCancellable *cancellable, GError **error)
{
  return load_net (weights, FALSE, cancellable, error);
}

P3mNet *
p3m_net_new_portable (const P3mWeights *weights, GError **error)
{
  return load_net (weights, TRUE, NULL, error);
}

void
p3m_net_free (P3mNet *net)
{
  g_free (net->block);
  g_free (net->layers);
  p3m_graph_free (net->graph);
  g_free (net);
}
