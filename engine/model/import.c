/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Turns a published checkpoint into a model file of the user's, or lists what is in it. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "checkpoint.h"
#include "memory.h"
#include "info.h"
#include "layout.h"
#include "p3m.h"
#include "safetensors.h"

/* ---- listing ------------------------------------------------------------------------------ */

void
p3m_checkpoint_tensor_free (P3mCheckpointTensor *tensor)
{
  g_free (tensor->name);
  g_free (tensor);
}

GPtrArray *
p3m_checkpoint_inspect (const char *path, GError **error)
{
  g_autoptr (P3mCheckpoint) checkpoint = p3m_checkpoint_open (path, error);
  if (!checkpoint)
    return NULL;
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) p3m_checkpoint_tensor_free);
  for (guint i = 0; i < checkpoint->names->len; i++)
    {
      const char *name = g_ptr_array_index (checkpoint->names, i);
      const P3mPickleTensor *tensor = g_hash_table_lookup (checkpoint->tensors, name);
      P3mCheckpointTensor *entry = g_new0 (P3mCheckpointTensor, 1);
      entry->name = p3m_printable_name (name);
      entry->dtype = p3m_dtype_get_name (tensor->storage->dtype);
      entry->rank = tensor->rank;
      memcpy (entry->shape, tensor->shape, sizeof entry->shape);
      g_ptr_array_add (list, entry);
    }
  return list;
}

/* ---- checks ------------------------------------------------------------------------------- */

/* The channels of the first stage; 0 with the error set. */
static int
find_channels (const P3mCheckpoint *checkpoint, GError **error)
{
  const char *name = "resnet.conv1.weight";
  const P3mPickleTensor *first = p3m_checkpoint_find (checkpoint, name);
  if (!first)
    {
      p3m_bad_checkpoint (error, checkpoint->path, _ ("tensor %s is missing"), name);
      return 0;
    }
  const gsize channels = first->rank == 4 ? first->shape[0] : 0;
  if (channels >= 2 && channels <= P3M_LAYOUT_MAX_CHANNELS && channels % 2 == 0)
    return (int) channels;
  g_autofree char *shape = p3m_printable_shape (first->rank, first->shape);
  p3m_bad_checkpoint (error, checkpoint->path,
                      _ ("tensor %s has the shape %s, which no width of the network has"), name,
                      shape);
  return 0;
}

static gboolean
check_tensor (const P3mCheckpoint *checkpoint, const P3mLayoutTensor *wanted, GError **error)
{
  const P3mPickleTensor *tensor = p3m_checkpoint_find (checkpoint, wanted->name);
  if (!tensor)
    {
      p3m_bad_checkpoint (error, checkpoint->path, _ ("tensor %s is missing"), wanted->name);
      return FALSE;
    }
  if (tensor->rank != wanted->rank
      || memcmp (tensor->shape, wanted->shape, wanted->rank * sizeof *wanted->shape) != 0)
    {
      g_autofree char *is = p3m_printable_shape (tensor->rank, tensor->shape);
      g_autofree char *shall = p3m_printable_shape (wanted->rank, wanted->shape);
      p3m_bad_checkpoint (error, checkpoint->path, _ ("tensor %s has the shape %s instead of %s"),
                          wanted->name, is, shall);
      return FALSE;
    }
  if (tensor->storage->dtype > P3M_DTYPE_F64)
    {
      p3m_bad_checkpoint (error, checkpoint->path, _ ("tensor %s holds %s instead of fractions"),
                          wanted->name, p3m_dtype_get_name (tensor->storage->dtype));
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_no_stranger (const P3mCheckpoint *checkpoint, const P3mLayout *layout, GError **error)
{
  for (guint i = 0; i < checkpoint->names->len; i++)
    {
      const char *name = g_ptr_array_index (checkpoint->names, i);
      if (p3m_layout_find (layout, name) >= 0 || p3m_layout_is_ignored (name)
          || p3m_checkpoint_is_alias (name))
        continue;
      g_autofree char *shown = p3m_printable_name (name);
      p3m_bad_checkpoint (error, checkpoint->path, _ ("tensor %s does not belong to the network"),
                          shown);
      return FALSE;
    }
  return TRUE;
}

/* The layout that the checkpoint's tensors have, all of them. NULL with the error set. */
static P3mLayout *
find_layout (const P3mCheckpoint *checkpoint, GError **error)
{
  const int channels = find_channels (checkpoint, error);
  if (channels == 0)
    return NULL;
  g_autoptr (P3mLayout) layout = p3m_layout_new (channels);
  for (guint i = 0; i < layout->tensors->len; i++)
    if (!check_tensor (checkpoint, p3m_layout_get (layout, i), error))
      return NULL;
  return check_no_stranger (checkpoint, layout, error) ? g_steal_pointer (&layout) : NULL;
}

/* values: [wanted->length], as they were read */
static gboolean
check_values (const P3mCheckpoint *checkpoint, const P3mLayoutTensor *wanted, const float *values,
              GError **error)
{
  if (!p3m_dtype_is_finite (P3M_DTYPE_F32, values, wanted->length))
    {
      p3m_bad_checkpoint (error, checkpoint->path,
                          _ ("tensor %s holds an infinite value or one that is no number"),
                          wanted->name);
      return FALSE;
    }
  const gboolean variance = g_str_has_suffix (wanted->name, ".running_var");
  for (gsize i = 0; variance && i < wanted->length; i++)
    if (values[i] <= 0.0f)
      {
        p3m_bad_checkpoint (error, checkpoint->path,
                            _ ("tensor %s holds a variance that is not above 0"), wanted->name);
        return FALSE;
      }
  return TRUE;
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Everything that one import has in hand. */
typedef struct
{
  P3mCheckpoint *checkpoint;
  P3mLayout *layout;
  gboolean half;
  char *target;    /* where the model will be */
  char *temporary; /* where it is written; NULL = nothing is there */
  FILE *file;
  float *values;   /* [length of the largest tensor] */
  guint16 *halves; /* as many */
} Import;

static void
clear_import (Import *import)
{
  if (import->file)
    fclose (import->file);
  if (import->temporary)
    g_unlink (import->temporary);
  g_clear_pointer (&import->checkpoint, p3m_checkpoint_free);
  g_clear_pointer (&import->layout, p3m_layout_free);
  g_free (import->target);
  g_free (import->temporary);
  g_free (import->values);
  g_free (import->halves);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Import, clear_import)

static gboolean
set_write_error (GError **error, const char *path, int code)
{
  g_autofree char *shown = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), _ ("%s cannot be written: %s"),
               shown, g_strerror (code));
  return FALSE;
}

/* Biases and batch norms are few, and their small variances would suffer: only convolutions are halved. */
static gboolean
is_halved (const Import *import, const P3mLayoutTensor *tensor)
{
  return import->half && tensor->rank == 4;
}

static JsonObject *
make_metadata (const Import *import)
{
  char width[G_ASCII_DTOSTR_BUF_SIZE];
  JsonObject *metadata = json_object_new ();
  g_autoptr (P3mModelInfo) info = p3m_model_info_new (import->target);
  const double channels = p3m_layout_get (import->layout, 0)->shape[0];
  g_ascii_dtostr (width, sizeof width, channels / P3M_LAYOUT_PUBLISHED_CHANNELS);
  json_object_set_string_member (metadata, "p3m.architecture", P3M_ARCHITECTURE);
  json_object_set_string_member (metadata, "p3m.width", width);
  json_object_set_string_member (metadata, "p3m.name", info->name);
  return metadata;
}

static JsonObject *
make_entry (const P3mLayoutTensor *tensor, gboolean halved, gsize *offset)
{
  JsonObject *entry = json_object_new ();
  JsonArray *shape = json_array_new (), *offsets = json_array_new ();
  for (int i = 0; i < tensor->rank; i++)
    json_array_add_int_element (shape, tensor->shape[i]);
  json_array_add_int_element (offsets, *offset);
  *offset += tensor->length * (halved ? 2 : 4);
  json_array_add_int_element (offsets, *offset);
  json_object_set_string_member (entry, "dtype", halved ? "F16" : "F32");
  json_object_set_array_member (entry, "shape", shape);
  json_object_set_array_member (entry, "data_offsets", offsets);
  return entry;
}

static gboolean
write_header (Import *import)
{
  gsize offset = 0;
  JsonObject *header = json_object_new ();
  json_object_set_object_member (header, "__metadata__", make_metadata (import));
  for (guint i = 0; i < import->layout->tensors->len; i++)
    {
      const P3mLayoutTensor *tensor = p3m_layout_get (import->layout, i);
      json_object_set_object_member (header, tensor->name,
                                     make_entry (tensor, is_halved (import, tensor), &offset));
    }
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (node, header);
  g_autofree char *json = json_to_string (node, FALSE);
  const gsize padding = (8 - strlen (json) % 8) % 8; /* spaces, so that the numbers are aligned */
  const guint64 length = GUINT64_TO_LE ((guint64) (strlen (json) + padding));
  return fwrite (&length, sizeof length, 1, import->file) == 1
         && fprintf (import->file, "%s%*s", json, (int) padding, "") >= 0;
}

static gboolean
write_tensor (Import *import, const P3mLayoutTensor *tensor, GError **error)
{
  const P3mPickleTensor *source = p3m_checkpoint_find (import->checkpoint, tensor->name);
  const gboolean halved = is_halved (import, tensor);
  if (!p3m_checkpoint_read (import->checkpoint, source, import->values, error)
      || !check_values (import->checkpoint, tensor, import->values, error))
    return FALSE;
  if (halved)
    p3m_float_to_half (import->values, tensor->length, import->halves);
  if (halved && !p3m_dtype_is_finite (P3M_DTYPE_F16, import->halves, tensor->length))
    {
      p3m_bad_checkpoint (error, import->checkpoint->path,
                          _ ("tensor %s holds a value that is too large for half precision"),
                          tensor->name);
      return FALSE;
    }
  const void *data = halved ? (const void *) import->halves : import->values;
  if (fwrite (data, halved ? 2 : 4, tensor->length, import->file) == tensor->length)
    return TRUE;
  return set_write_error (error, import->temporary, errno);
}

static gboolean
write_tensors (Import *import, GCancellable *cancellable, GError **error)
{
  gsize largest = 0;
  for (guint i = 0; i < import->layout->tensors->len; i++)
    largest = MAX (largest, p3m_layout_get (import->layout, i)->length);
  import->values = p3m_try_alloc (error, sizeof *import->values, largest, 1);
  if (!import->values)
    return FALSE;
  import->halves = p3m_try_alloc (error, sizeof *import->halves, largest, 1);
  if (!import->halves)
    return FALSE;
  for (guint i = 0; i < import->layout->tensors->len; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error)
        || !write_tensor (import, p3m_layout_get (import->layout, i), error))
      return FALSE;
  return TRUE;
}

/* A hidden file beside the target, so that renaming it is one step and a list never shows it half done. */
static gboolean
open_temporary (Import *import, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (import->target);
  g_autofree char *path = g_build_filename (folder, ".import-XXXXXX", NULL);
  if (g_mkdir_with_parents (folder, 0755) < 0)
    return set_write_error (error, folder, errno);
  const int fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0666);
  if (fd < 0)
    return set_write_error (error, path, errno);
  import->temporary = g_steal_pointer (&path);
  import->file = fdopen (fd, "wb");
  if (import->file)
    return TRUE;
  const int code = errno;
  close (fd);
  return set_write_error (error, import->temporary, code);
}

static gboolean
finish (Import *import, GError **error)
{
  gboolean written = fflush (import->file) == 0 && fsync (fileno (import->file)) == 0;
  written = fclose (g_steal_pointer (&import->file)) == 0 && written;
  if (!written || g_rename (import->temporary, import->target) < 0)
    return set_write_error (error, import->target, errno);
  g_clear_pointer (&import->temporary, g_free);
  return TRUE;
}

/* ---- names -------------------------------------------------------------------------------- */

/* The model file of a checkpoint: of the same name, in the user's folder. */
static char *
make_target (const char *path)
{
  static const char *const suffixes[] = { ".tar", ".pth", ".pt", ".ckpt", ".bin" };
  g_autofree char *id = g_path_get_basename (path);
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_str_has_suffix (id, suffixes[i]) && strlen (id) > strlen (suffixes[i]))
      id[strlen (id) - strlen (suffixes[i])] = '\0';
  if (*id == '.')
    *id = '_';
  g_autofree char *file = g_strconcat (id, ".safetensors", NULL);
  return g_build_filename (g_get_user_data_dir (), "p3m", "models", file, NULL);
}

static gboolean
write_model (Import *import, GCancellable *cancellable, GError **error)
{
  if (!open_temporary (import, error))
    return FALSE;
  if (!write_header (import))
    return set_write_error (error, import->temporary, errno);
  return write_tensors (import, cancellable, error) && finish (import, error);
}

static gpointer
compute_sum (gpointer archive)
{
  return p3m_archive_get_sha256 (archive);
}

P3mModelInfo *
p3m_checkpoint_import (const char *path, gboolean half, char **sha256, GCancellable *cancellable,
                       GError **error)
{
  g_auto (Import) import = { .half = half, .target = make_target (path) };
  import.checkpoint = p3m_checkpoint_open (path, error);
  if (!import.checkpoint)
    return NULL;
  import.layout = find_layout (import.checkpoint, error);
  if (!import.layout)
    return NULL;
  /* The sum takes as long as all the rest; without a thread it is computed afterwards. */
  GThread *summing
      = sha256 ? g_thread_try_new ("sha256", compute_sum, import.checkpoint->archive, NULL) : NULL;
  const gboolean written = write_model (&import, cancellable, error);
  g_autofree char *sum = summing ? g_thread_join (summing) : NULL;
  if (!written)
    return NULL;
  if (sha256)
    *sha256 = sum ? g_steal_pointer (&sum) : compute_sum (import.checkpoint->archive);
  P3mModelInfo *info = p3m_model_info_new (import.target);
  info->width
      = p3m_layout_get (import.layout, 0)->shape[0] / (double) P3M_LAYOUT_PUBLISHED_CHANNELS;
  return info;
}
