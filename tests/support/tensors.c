/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Reads the files of reference numbers. */
#include "tensors.h"

#include <json-glib/json-glib.h>
#include <string.h>

struct _TensorFile
{
  GMappedFile *map;
  JsonParser *parser; /* owns the metadata's strings */
  JsonObject *metadata;
  GHashTable *tensors; /* name -> Tensor */
  GPtrArray *names;
};

static Tensor *
read_entry (JsonObject *entry, const char *data)
{
  JsonArray *shape = json_object_get_array_member (entry, "shape");
  JsonArray *offsets = json_object_get_array_member (entry, "data_offsets");
  Tensor *tensor = g_new0 (Tensor, 1);
  g_assert_cmpstr (json_object_get_string_member (entry, "dtype"), ==, "F32");
  tensor->rank = json_array_get_length (shape);
  tensor->length = 1;
  for (int i = 0; i < tensor->rank; i++)
    {
      tensor->shape[i] = json_array_get_int_element (shape, i);
      tensor->length *= tensor->shape[i];
    }
  tensor->values = (const float *) (data + json_array_get_int_element (offsets, 0));
  return tensor;
}

static void
read_header (TensorFile *file, JsonObject *header, const char *data)
{
  g_autoptr (GList) members = json_object_get_members (header);
  for (GList *i = members; i; i = i->next)
    {
      JsonObject *entry = json_object_get_object_member (header, i->data);
      if (g_str_equal (i->data, "__metadata__"))
        {
          file->metadata = entry;
          continue;
        }
      g_ptr_array_add (file->names, i->data);
      g_hash_table_insert (file->tensors, i->data, read_entry (entry, data));
    }
}

TensorFile *
tensors_open (const char *path)
{
  g_autoptr (GError) error = NULL;
  TensorFile *file = g_new0 (TensorFile, 1);
  guint64 length;
  file->map = g_mapped_file_new (path, FALSE, &error);
  g_assert_no_error (error);
  const char *bytes = g_mapped_file_get_contents (file->map);
  memcpy (&length, bytes, sizeof length);
  length = GUINT64_FROM_LE (length);
  file->parser = json_parser_new ();
  json_parser_load_from_data (file->parser, bytes + 8, length, &error);
  g_assert_no_error (error);
  file->tensors = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  file->names = g_ptr_array_new ();
  read_header (file, json_node_get_object (json_parser_get_root (file->parser)),
               bytes + 8 + length);
  return file;
}

void
tensors_free (TensorFile *file)
{
  g_hash_table_unref (file->tensors);
  g_ptr_array_unref (file->names);
  g_object_unref (file->parser);
  g_mapped_file_unref (file->map);
  g_free (file);
}

char *
tensors_get_oracle_path (const char *name)
{
  const char *folder = g_getenv ("P3M_ORACLE");
  g_autofree char *path = g_build_filename (folder ? folder : ".", name, NULL);
  if (folder && g_file_test (path, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&path);
  g_autofree char *message = g_strdup_printf ("P3M_ORACLE names no folder with %s", name);
  g_test_skip (message);
  return NULL;
}

TensorFile *
tensors_open_oracle (const char *name)
{
  g_autofree char *path = tensors_get_oracle_path (name);
  return path ? tensors_open (path) : NULL;
}

const Tensor *
tensors_get (TensorFile *file, const char *name)
{
  return g_hash_table_lookup (file->tensors, name);
}

GPtrArray *
tensors_get_names (TensorFile *file)
{
  return file->names;
}

const char *
tensors_get_metadata (TensorFile *file, const char *key)
{
  if (!file->metadata || !json_object_has_member (file->metadata, key))
    return NULL;
  return json_object_get_string_member (file->metadata, key);
}

int
tensors_get_stride (TensorFile *file)
{
  const char *stride = tensors_get_metadata (file, "stride");
  return stride ? (int) g_ascii_strtoll (stride, NULL, 10) : 1;
}
