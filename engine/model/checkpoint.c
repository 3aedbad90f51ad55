/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Finds the tensors of a checkpoint: the state dict among what was saved with it, and its names. */
#include "checkpoint.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "memory.h"

#define MAX_TENSORS 20000
#define MAX_NAME    256

/* ---- the state dict ----------------------------------------------------------------------- */

static gboolean
holds_tensors (const P3mPickleValue *value)
{
  if (!value || value->kind != P3M_PICKLE_DICT)
    return FALSE;
  for (guint i = 1; i < value->items->len; i += 2)
    {
      const P3mPickleValue *item = g_ptr_array_index (value->items, i);
      if (item->kind == P3M_PICKLE_TENSOR)
        return TRUE;
    }
  return FALSE;
}

/* What was saved is the state dict, or has it under one of the usual names. */
static const P3mPickleValue *
find_state_dict (const P3mPickleValue *root)
{
  static const char *const keys[] = { "state_dict", "model_state_dict", "model" };
  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      const P3mPickleValue *value = p3m_pickle_lookup (root, keys[i]);
      if (holds_tensors (value))
        return value;
    }
  return holds_tensors (root) ? root : NULL;
}

/* torch.nn.DataParallel puts "module." before every name. */
static gboolean
has_module_prefix (const P3mPickleValue *dict)
{
  for (guint i = 0; i < dict->items->len; i += 2)
    {
      const P3mPickleValue *key = g_ptr_array_index (dict->items, i);
      const P3mPickleValue *value = g_ptr_array_index (dict->items, i + 1);
      if (value->kind == P3M_PICKLE_TENSOR
          && (key->kind != P3M_PICKLE_TEXT || !g_str_has_prefix (key->text, "module.")))
        return FALSE;
    }
  return TRUE;
}

/* Why a name cannot be taken; NULL = it can. */
static const char *
add_tensor (P3mCheckpoint *checkpoint, const P3mPickleValue *key, gsize prefix,
            const P3mPickleValue *value)
{
  if (key->kind != P3M_PICKLE_TEXT)
    return _ ("it has a tensor without a name");
  if (strlen (key->text) > MAX_NAME)
    return _ ("it has a tensor of an endless name");
  if (checkpoint->names->len >= MAX_TENSORS)
    return _ ("it has too many tensors");
  char *name = g_strdup (key->text + prefix);
  g_ptr_array_add (checkpoint->names, name);
  if (!g_hash_table_insert (checkpoint->tensors, name, (gpointer) &value->tensor))
    return _ ("it has two tensors of one name");
  return NULL;
}

static gboolean
collect_tensors (P3mCheckpoint *checkpoint, GError **error)
{
  const P3mPickleValue *dict = find_state_dict (p3m_archive_get_root (checkpoint->archive));
  const char *fault = dict ? NULL : _ ("it has no tensors");
  const gsize prefix = dict && has_module_prefix (dict) ? strlen ("module.") : 0;
  for (guint i = 0; !fault && i < dict->items->len; i += 2)
    {
      const P3mPickleValue *value = g_ptr_array_index (dict->items, i + 1);
      if (value->kind == P3M_PICKLE_TENSOR)
        fault = add_tensor (checkpoint, g_ptr_array_index (dict->items, i), prefix, value);
    }
  if (fault)
    p3m_bad_checkpoint (error, checkpoint->path, "%s", fault);
  return !fault;
}

P3mCheckpoint *
p3m_checkpoint_open (const char *path, GError **error)
{
  g_autoptr (P3mCheckpoint) checkpoint = g_new0 (P3mCheckpoint, 1);
  checkpoint->path = g_strdup (path);
  checkpoint->names = g_ptr_array_new_with_free_func (g_free);
  checkpoint->tensors = g_hash_table_new (g_str_hash, g_str_equal);
  checkpoint->archive = p3m_archive_open (path, error);
  if (!checkpoint->archive || !collect_tensors (checkpoint, error))
    return NULL;
  return g_steal_pointer (&checkpoint);
}

void
p3m_checkpoint_free (P3mCheckpoint *checkpoint)
{
  g_hash_table_unref (checkpoint->tensors);
  g_ptr_array_unref (checkpoint->names);
  g_clear_pointer (&checkpoint->archive, p3m_archive_free);
  g_free (checkpoint->path);
  g_free (checkpoint);
}

/* ---- names -------------------------------------------------------------------------------- */

gboolean
p3m_checkpoint_is_alias (const char *name)
{
  return g_str_has_prefix (name, "encoder") && name[7] >= '0' && name[7] <= '4' && name[8] == '.';
}

static const P3mPickleTensor *
find_alias (const P3mCheckpoint *checkpoint, const char *module, const char *rest)
{
  g_autofree char *alias = g_strconcat (module, rest, NULL);
  return g_hash_table_lookup (checkpoint->tensors, alias);
}

/* encoder0 is conv1, bn1 and what has no weights, in this order; encoder1 .. encoder4 hold the layers,
 * bare or as the only member of a sequence. */
const P3mPickleTensor *
p3m_checkpoint_find (const P3mCheckpoint *checkpoint, const char *name)
{
  const P3mPickleTensor *tensor = g_hash_table_lookup (checkpoint->tensors, name);
  if (tensor || !g_str_has_prefix (name, "resnet."))
    return tensor;
  const char *rest = name + strlen ("resnet.");
  if (g_str_has_prefix (rest, "conv1."))
    return find_alias (checkpoint, "encoder0.0.", rest + strlen ("conv1."));
  if (g_str_has_prefix (rest, "bn1."))
    return find_alias (checkpoint, "encoder0.1.", rest + strlen ("bn1."));
  if (!g_str_has_prefix (rest, "layer") || strlen (rest) < strlen ("layer1."))
    return NULL;
  const char bare[] = { 'e', 'n', 'c', 'o', 'd', 'e', 'r', rest[5], '.', '\0' };
  g_autofree char *sequence = g_strconcat (bare, "0.", NULL);
  tensor = find_alias (checkpoint, sequence, rest + strlen ("layer1."));
  return tensor ? tensor : find_alias (checkpoint, bare, rest + strlen ("layer1."));
}

/* ---- numbers ------------------------------------------------------------------------------ */

static gboolean
is_row_major (const P3mPickleTensor *tensor)
{
  gsize stride = 1;
  for (int i = tensor->rank - 1; i >= 0; i--)
    {
      if (tensor->shape[i] != 1 && tensor->stride[i] != stride)
        return FALSE;
      stride *= tensor->shape[i];
    }
  return TRUE;
}

/* Copies the numbers of a strided view one after another. size: bytes of one number. */
static void
gather (const P3mPickleTensor *tensor, const guint8 *data, gsize size, guint8 *gathered)
{
  gsize index[P3M_PICKLE_MAX_RANK] = { 0 };
  gsize place = tensor->offset;
  for (gsize n = 0; n < tensor->length; n++)
    {
      memcpy (gathered + n * size, data + place * size, size);
      for (int i = tensor->rank - 1; i >= 0; i--)
        {
          place += tensor->stride[i];
          if (++index[i] < tensor->shape[i])
            break;
          place -= tensor->stride[i] * tensor->shape[i];
          index[i] = 0;
        }
    }
}

gboolean
p3m_checkpoint_read (const P3mCheckpoint *checkpoint, const P3mPickleTensor *tensor, float *values,
                     GError **error)
{
  const P3mPickleStorage *storage = tensor->storage;
  const gsize size = p3m_dtype_get_size (storage->dtype);
  const guint8 *data = p3m_archive_get_storage (checkpoint->archive, storage, error);
  if (!data)
    return FALSE;
  if (tensor->length == 0)
    return TRUE;
  if (is_row_major (tensor))
    {
      p3m_dtype_to_float (storage->dtype, data + tensor->offset * size, tensor->length, values);
      return TRUE;
    }
  g_autofree guint8 *gathered = p3m_try_alloc (error, size, tensor->length, 1);
  if (!gathered)
    return FALSE;
  gather (tensor, data, size, gathered);
  p3m_dtype_to_float (storage->dtype, gathered, tensor->length, values);
  return TRUE;
}
