/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tensors of one P3M-Net: a safetensors file held against the network's layout. */
#include "weights.h"

#include <glib/gi18n-lib.h>

#include "info.h"
#include "layout.h"
#include "safetensors.h"

struct _P3mWeights
{
  P3mSafetensors *file;
  P3mLayout *layout;
  P3mModelInfo *info;
  int channels;
  guint8 *data; /* [file->data_length]: all tensors as they lie in the file */
};

/* The channels of the first stage, read off the first convolution; 0 with the error set. */
static int
find_channels (const P3mSafetensors *file, GError **error)
{
  const char *name = "resnet.conv1.weight";
  const P3mSafetensor *first = g_hash_table_lookup (file->tensors, name);
  if (!first)
    {
      p3m_bad_model (error, file->path, _ ("tensor %s is missing"), name);
      return 0;
    }
  const gsize channels = first->rank == 4 ? first->shape[0] : 0;
  if (channels >= 2 && channels <= P3M_LAYOUT_MAX_CHANNELS && channels % 2 == 0)
    return (int) channels;
  g_autofree char *shape = p3m_printable_shape (first->rank, first->shape);
  p3m_bad_model (error, file->path,
                 _ ("tensor %s has the shape %s, which no width of the network has"), name, shape);
  return 0;
}

static gboolean
check_tensor (const P3mSafetensors *file, const P3mLayoutTensor *wanted, GError **error)
{
  const P3mSafetensor *tensor = g_hash_table_lookup (file->tensors, wanted->name);
  if (!tensor)
    {
      p3m_bad_model (error, file->path, _ ("tensor %s is missing"), wanted->name);
      return FALSE;
    }
  if (tensor->rank != wanted->rank
      || memcmp (tensor->shape, wanted->shape, wanted->rank * sizeof *wanted->shape) != 0)
    {
      g_autofree char *is = p3m_printable_shape (tensor->rank, tensor->shape);
      g_autofree char *shall = p3m_printable_shape (wanted->rank, wanted->shape);
      p3m_bad_model (error, file->path, _ ("tensor %s has the shape %s instead of %s"),
                     wanted->name, is, shall);
      return FALSE;
    }
  if (tensor->dtype > P3M_DTYPE_BF16)
    {
      p3m_bad_model (error, file->path, _ ("the numbers of tensor %s are not F32, F16 or BF16"),
                     wanted->name);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_no_stranger (const P3mSafetensors *file, const P3mLayout *layout, GError **error)
{
  GHashTableIter iter;
  gpointer name;
  g_hash_table_iter_init (&iter, file->tensors);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (p3m_layout_find (layout, name) < 0 && !p3m_layout_is_ignored (name))
      {
        g_autofree char *shown = p3m_printable_name (name);
        p3m_bad_model (error, file->path, _ ("tensor %s does not belong to the network"), shown);
        return FALSE;
      }
  return TRUE;
}

/* Everything that can be said of a file without reading its numbers; fills in info. */
static gboolean
open_file (P3mWeights *weights, GError **error)
{
  weights->file = p3m_safetensors_open (weights->info->path, error);
  if (!weights->file)
    return FALSE;
  weights->channels = find_channels (weights->file, error);
  if (weights->channels == 0)
    return FALSE;
  weights->layout = p3m_layout_new (weights->channels);
  for (guint i = 0; i < weights->layout->tensors->len; i++)
    if (!check_tensor (weights->file, p3m_layout_get (weights->layout, i), error))
      return FALSE;
  return check_no_stranger (weights->file, weights->layout, error)
         && p3m_model_info_take (weights->info, weights->file, weights->channels, error);
}

/* Where a tensor's numbers lie in memory. */
static const P3mSafetensor *
find_tensor (const P3mWeights *weights, const char *name, const guint8 **data)
{
  const P3mSafetensor *tensor = g_hash_table_lookup (weights->file->tensors, name);
  *data = weights->data + tensor->begin;
  return tensor;
}

/* Batch norm divides by the root of the variance: a trained one is never 0 or less. */
static gboolean
is_positive (const P3mWeights *weights, const P3mLayoutTensor *wanted)
{
  gboolean positive = TRUE;
  g_autofree float *values = g_new (float, wanted->length);
  p3m_weights_read (weights, wanted->name, values);
  for (gsize i = 0; i < wanted->length; i++)
    positive = positive && values[i] > 0.0f;
  return positive;
}

static gboolean
check_values (const P3mWeights *weights, const P3mLayoutTensor *wanted, GError **error)
{
  const guint8 *data;
  const P3mSafetensor *tensor = find_tensor (weights, wanted->name, &data);
  if (!p3m_dtype_is_finite (tensor->dtype, data, tensor->length))
    {
      p3m_bad_model (error, weights->info->path,
                     _ ("tensor %s holds an infinite value or one that is no number"),
                     wanted->name);
      return FALSE;
    }
  if (g_str_has_suffix (wanted->name, ".running_var") && !is_positive (weights, wanted))
    {
      p3m_bad_model (error, weights->info->path,
                     _ ("tensor %s holds a variance that is not above 0"), wanted->name);
      return FALSE;
    }
  return TRUE;
}

P3mWeights *
p3m_weights_load (const char *path, GError **error)
{
  g_autoptr (P3mWeights) weights = g_new0 (P3mWeights, 1);
  weights->info = p3m_model_info_new (path);
  if (!open_file (weights, error))
    return NULL;
  weights->data = p3m_safetensors_read (weights->file, error);
  if (!weights->data)
    return NULL;
  for (guint i = 0; i < weights->layout->tensors->len; i++)
    if (!check_values (weights, p3m_layout_get (weights->layout, i), error))
      return NULL;
  return g_steal_pointer (&weights);
}

P3mModelInfo *
p3m_weights_inspect (const char *path)
{
  g_autoptr (P3mWeights) weights = g_new0 (P3mWeights, 1);
  g_autoptr (GError) error = NULL;
  weights->info = p3m_model_info_new (path);
  if (!open_file (weights, &error))
    weights->info->problem = g_strdup (error->message);
  return g_steal_pointer (&weights->info);
}

void
p3m_weights_free (P3mWeights *weights)
{
  g_clear_pointer (&weights->file, p3m_safetensors_free);
  g_clear_pointer (&weights->layout, p3m_layout_free);
  g_clear_pointer (&weights->info, p3m_model_info_free);
  g_free (weights->data);
  g_free (weights);
}

const P3mModelInfo *
p3m_weights_get_info (const P3mWeights *weights)
{
  return weights->info;
}

int
p3m_weights_get_channels (const P3mWeights *weights)
{
  return weights->channels;
}

gsize
p3m_weights_get_length (const P3mWeights *weights, const char *name)
{
  const int index = p3m_layout_find (weights->layout, name);
  return index < 0 ? 0 : p3m_layout_get (weights->layout, index)->length;
}

void
p3m_weights_read (const P3mWeights *weights, const char *name, float *values)
{
  const guint8 *data;
  const P3mSafetensor *tensor = find_tensor (weights, name, &data);
  p3m_dtype_to_float (tensor->dtype, data, tensor->length, values);
}
