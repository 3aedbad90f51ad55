/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tensors of P3M-Net (ResNet-34), built from the structure of the network. */
#include "layout.h"

/* Takes `name`. */
static void
add_tensor (P3mLayout *layout, char *name, int rank, const gsize *shape)
{
  P3mLayoutTensor tensor = { .name = name, .rank = rank, .length = 1 };
  for (int i = 0; i < rank; i++)
    {
      tensor.shape[i] = shape[i];
      tensor.length *= shape[i];
    }
  g_hash_table_insert (layout->index, name, GUINT_TO_POINTER (layout->tensors->len));
  g_array_append_val (layout->tensors, tensor);
}

static void
add_vector (P3mLayout *layout, const char *module, const char *what, gsize channels)
{
  add_tensor (layout, g_strdup_printf ("%s.%s", module, what), 1, &channels);
}

/* A k x k convolution, [out][in][k][k]. */
static void
add_conv (P3mLayout *layout, const char *module, gsize out, gsize in, gsize k)
{
  const gsize shape[4] = { out, in, k, k };
  add_tensor (layout, g_strconcat (module, ".weight", NULL), 4, shape);
}

static void
add_norm (P3mLayout *layout, const char *module, gsize channels)
{
  add_vector (layout, module, "weight", channels);
  add_vector (layout, module, "bias", channels);
  add_vector (layout, module, "running_mean", channels);
  add_vector (layout, module, "running_var", channels);
}

/* A convolution and a batch norm that are children of one module. */
static void
add_conv_norm (P3mLayout *layout, const char *module, const char *conv, const char *norm, gsize out,
               gsize in, gsize k)
{
  g_autofree char *conv_name = g_strconcat (module, ".", conv, NULL);
  g_autofree char *norm_name = g_strconcat (module, ".", norm, NULL);
  add_conv (layout, conv_name, out, in, k);
  add_norm (layout, norm_name, out);
}

/* A residual block of two 3x3 convolutions; the input is projected where its channel count differs. */
static void
add_basic_block (P3mLayout *layout, const char *module, gsize out, gsize in)
{
  add_conv_norm (layout, module, "conv1", "bn1", out, in, 3);
  add_conv_norm (layout, module, "conv2", "bn2", out, out, 3);
  if (in != out)
    add_conv_norm (layout, module, "downsample.0", "downsample.1", out, in, 1);
}

static void
add_encoder (P3mLayout *layout, gsize c)
{
  static const int blocks[4] = { 3, 4, 6, 3 };
  gsize in = c;
  add_conv_norm (layout, "resnet", "conv1", "bn1", c, 3, 7);
  for (int layer = 0; layer < 4; layer++)
    for (int block = 0; block < blocks[layer]; block++)
      {
        const gsize out = c << layer;
        g_autofree char *module = g_strdup_printf ("resnet.layer%d.%d", layer + 1, block);
        add_basic_block (layout, module, out, in);
        in = out;
      }
}

/* Channels of stage K of the decoders and of what joins it: e0p and e1 have C as e0 has. */
static gsize
stage_channels (gsize c, int stage)
{
  return stage == 0 ? c : c << (stage - 1);
}

/* The three kinds of integration: tripartite (TFI), shallow (SBFI) and deep (DBFI) bipartite. */
static void
add_integrations (P3mLayout *layout, gsize c)
{
  for (int stage = 3; stage >= 0; stage--)
    {
      const gsize x = stage_channels (c, stage);
      g_autofree char *module = g_strdup_printf ("tfi_%d", stage);
      g_autofree char *transform = g_strconcat (module, ".transform", NULL);
      add_conv (layout, transform, x / 2, x, 1);
      add_conv_norm (layout, module, "conv1", "bn1", x, 3 * (x / 2), 3);
    }
  for (int deep = 0; deep < 2; deep++)
    for (int stage = 2; stage >= 0; stage--)
      {
        const gsize x = stage_channels (c, stage);
        g_autofree char *module = g_strdup_printf (deep ? "dbfi_%d" : "sbfi_%d", stage);
        g_autofree char *transform1 = g_strconcat (module, ".transform1", NULL);
        g_autofree char *transform2 = g_strconcat (module, ".transform2", NULL);
        add_conv (layout, transform1, x / 2, x, 1);
        add_conv (layout, transform2, x / 2, deep ? 8 * c : c, 1);
        add_conv_norm (layout, module, "conv1", "bn1", x, x, 3);
      }
}

/* Convolution `i` of a decoder stage, with bias, and the batch norm after it unless it gives logits. */
static void
add_decoder_conv (P3mLayout *layout, const char *module, int i, gsize out, gsize in, gboolean norm)
{
  g_autofree char *conv_name = g_strdup_printf ("%s.%d", module, 3 * i);
  g_autofree char *norm_name = g_strdup_printf ("%s.%d", module, 3 * i + 1);
  add_conv (layout, conv_name, out, in, 3);
  add_vector (layout, conv_name, "bias", out);
  if (norm)
    add_norm (layout, norm_name, out);
}

static void
add_decoders (P3mLayout *layout, gsize c)
{
  for (int local = 0; local < 2; local++)
    for (int stage = 4; stage >= 0; stage--)
      {
        const gsize x = stage_channels (c, stage);
        g_autofree char *module = g_strdup_printf (local ? "decoder%d_l" : "decoder%d_g", stage);
        add_decoder_conv (layout, module, 0, x, x, TRUE);
        add_decoder_conv (layout, module, 1, x, x, TRUE);
        if (stage > 0)
          add_decoder_conv (layout, module, 2, stage_channels (c, stage - 1), x, TRUE);
        else if (!local)
          add_decoder_conv (layout, module, 2, 3, x, FALSE);
      }
  add_conv (layout, "decoder_final_l", 1, c, 3);
  add_vector (layout, "decoder_final_l", "bias", 1);
}

static void
clear_tensor (gpointer data)
{
  P3mLayoutTensor *tensor = data;
  g_free (tensor->name);
}

P3mLayout *
p3m_layout_new (int channels)
{
  const gsize c = channels;
  P3mLayout *layout = g_new0 (P3mLayout, 1);
  layout->tensors = g_array_new (FALSE, FALSE, sizeof (P3mLayoutTensor));
  g_array_set_clear_func (layout->tensors, clear_tensor);
  layout->index = g_hash_table_new (g_str_hash, g_str_equal);
  add_encoder (layout, c);
  add_integrations (layout, c);
  add_decoders (layout, c);
  return layout;
}

void
p3m_layout_free (P3mLayout *layout)
{
  g_hash_table_unref (layout->index);
  g_array_unref (layout->tensors);
  g_free (layout);
}

int
p3m_layout_find (const P3mLayout *layout, const char *name)
{
  gpointer index;
  if (!g_hash_table_lookup_extended (layout->index, name, NULL, &index))
    return -1;
  return GPOINTER_TO_INT (index);
}

const P3mLayoutTensor *
p3m_layout_get (const P3mLayout *layout, guint index)
{
  return &g_array_index (layout->tensors, P3mLayoutTensor, index);
}

gboolean
p3m_layout_is_ignored (const char *name)
{
  return g_str_has_suffix (name, ".num_batches_tracked") || g_str_has_prefix (name, "resnet.fc.")
         || (g_str_has_prefix (name, "dbfi_") && g_strrstr (name, ".conv2."));
}
