/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Reads safetensors files (a length, a JSON header, the numbers) and refuses whatever is not exact. */
#include "safetensors.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"

/* A header of P3M-Net has 50 kB. */
#define MAX_HEADER_BYTES (4 << 20)
/* header -> tensor -> shape */
#define MAX_DEPTH 3

void
p3m_bad_model (GError **error, const char *path, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *shown = g_filename_display_name (path);
  g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_MODEL, _ ("%s is not a P3M-Net model: %s"), shown,
               why);
}

char *
p3m_printable_name (const char *name)
{
  const int max_characters = 80;
  GString *text = g_string_new (NULL);
  int characters = 0;
  for (const char *p = name; *p && characters < max_characters; p = g_utf8_next_char (p))
    {
      const gunichar c = g_utf8_get_char (p);
      g_string_append_unichar (text, g_unichar_isprint (c) ? c : 0xfffd);
      characters++;
    }
  if (characters == max_characters)
    g_string_append (text, "…");
  return g_string_free (text, FALSE);
}

char *
p3m_printable_shape (int rank, const gsize *shape)
{
  if (rank == 0)
    return g_strdup (_ ("one number"));
  GString *text = g_string_new (NULL);
  for (int i = 0; i < rank; i++)
    g_string_append_printf (text, i ? "x%" G_GSIZE_FORMAT : "%" G_GSIZE_FORMAT, shape[i]);
  return g_string_free (text, FALSE);
}

/* ---- reading ------------------------------------------------------------------------------ */

/* The header's text, NUL-terminated; sets data_length. */
static char *
read_header_text (P3mSafetensors *file, GError **error)
{
  gsize file_length;
  guint64 length;
  file->fd = p3m_file_open (file->path, &file_length, error);
  if (file->fd < 0)
    return NULL;
  if (file_length < sizeof length)
    {
      p3m_bad_model (error, file->path,
                     file_length ? _ ("it is too short for a safetensors file")
                                 : _ ("it is empty"));
      return NULL;
    }
  if (!p3m_file_read (file->fd, file->path, (guint8 *) &length, sizeof length, error))
    return NULL;
  if (length > file_length - sizeof length)
    {
      p3m_bad_model (error, file->path, _ ("its header is cut off, or it is no safetensors file"));
      return NULL;
    }
  if (length > MAX_HEADER_BYTES)
    {
      p3m_bad_model (error, file->path, _ ("its header is longer than %d MB"),
                     MAX_HEADER_BYTES >> 20);
      return NULL;
    }
  g_autofree char *text = g_malloc (length + 1);
  if (!p3m_file_read (file->fd, file->path, (guint8 *) text, length, error))
    return NULL;
  text[length] = '\0';
  file->data_length = file_length - sizeof length - length;
  if (!g_utf8_validate (text, length, NULL))
    {
      p3m_bad_model (error, file->path, _ ("its header is not text"));
      return NULL;
    }
  return g_steal_pointer (&text);
}

/* ---- JSON --------------------------------------------------------------------------------- */

/* Looks over JSON text before the parser, which descends without a limit, knows comments and stops at
 * the end of the first value. The depth counts what is open; a closing bracket of the wrong kind is left
 * to the parser. */
static const char *
find_nesting_fault (const char *text)
{
  int depth = 0;
  gboolean in_string = FALSE, closed = FALSE;
  for (const char *p = text; *p; p++)
    {
      if (in_string)
        {
          in_string = *p != '"';
          if (*p == '\\' && p[1])
            p++;
          continue;
        }
      if (closed ? !strchr (" \t\r\n", *p)
                 : !g_ascii_isalnum (*p) && !strchr (" \t\r\n:,+-.\"{}[]", *p))
        return _ ("its header is not JSON");
      in_string = *p == '"';
      depth += strchr ("{[", *p) ? 1 : strchr ("}]", *p) ? -1 : 0;
      closed = closed || (depth <= 0 && strchr ("}]", *p));
      if (depth > MAX_DEPTH)
        return _ ("its header is nested too deeply");
    }
  return NULL;
}

/* Members seen of each object that the parser is in, and the first name that came twice. */
typedef struct
{
  GHashTable *counts;
  char *duplicate;
} MemberCheck;

/* The parser keeps one member of a name: a second one does not make the object grow. */
static void
on_member (G_GNUC_UNUSED JsonParser *parser, JsonObject *object, const char *name,
           gpointer user_data)
{
  MemberCheck *check = user_data;
  const guint count = GPOINTER_TO_UINT (g_hash_table_lookup (check->counts, object)) + 1;
  g_hash_table_insert (check->counts, object, GUINT_TO_POINTER (count));
  if (json_object_get_size (object) != count && !check->duplicate)
    check->duplicate = g_strdup (name);
}

static JsonNode *
parse_header (const char *text, const char *path, GError **error)
{
  const char *fault = find_nesting_fault (text);
  if (fault)
    {
      p3m_bad_model (error, path, "%s", fault);
      return NULL;
    }
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  MemberCheck check = { .counts = g_hash_table_new (NULL, NULL) };
  g_signal_connect (parser, "object-member", G_CALLBACK (on_member), &check);
  JsonNode *root = NULL;
  if (!json_parser_load_from_data (parser, text, -1, NULL) || !json_parser_get_root (parser))
    p3m_bad_model (error, path, _ ("its header is not JSON"));
  else if (check.duplicate)
    {
      g_autofree char *shown = p3m_printable_name (check.duplicate);
      p3m_bad_model (error, path, _ ("its header names %s twice"), shown);
    }
  else
    root = json_parser_steal_root (parser);
  g_hash_table_unref (check.counts);
  g_free (check.duplicate);
  return root;
}

/* ---- header ------------------------------------------------------------------------------- */

/* An array of whole numbers from 0; -1 when it is anything else, or longer than max. */
static int
read_sizes (JsonObject *entry, const char *member, gsize *sizes, guint max)
{
  JsonNode *node = json_object_get_member (entry, member);
  if (!node || !JSON_NODE_HOLDS_ARRAY (node))
    return -1;
  JsonArray *array = json_node_get_array (node);
  const guint length = json_array_get_length (array);
  if (length > max)
    return -1;
  for (guint i = 0; i < length; i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      if (!JSON_NODE_HOLDS_VALUE (element) || json_node_get_value_type (element) != G_TYPE_INT64
          || json_node_get_int (element) < 0)
        return -1;
      sizes[i] = json_node_get_int (element);
    }
  return length;
}

static const char *
read_string (JsonNode *node)
{
  if (!node || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/* What is wrong with a tensor's entry; NULL = nothing, and the tensor is filled in. */
static const char *
read_entry (JsonNode *node, P3mSafetensor *tensor)
{
  gsize offsets[2], bytes;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return _ ("has no description");
  JsonObject *entry = json_node_get_object (node);
  const char *dtype = read_string (json_object_get_member (entry, "dtype"));
  if (!dtype || !p3m_dtype_from_name (dtype, &tensor->dtype))
    return _ ("has an unknown number format");
  tensor->rank = read_sizes (entry, "shape", tensor->shape, P3M_SAFETENSORS_MAX_RANK);
  if (tensor->rank < 0)
    return _ ("has no proper shape");
  if (read_sizes (entry, "data_offsets", offsets, 2) != 2 || offsets[0] > offsets[1])
    return _ ("has no proper place in the file");
  tensor->begin = offsets[0];
  tensor->end = offsets[1];
  tensor->length = 1;
  for (int i = 0; i < tensor->rank; i++)
    if (!g_size_checked_mul (&tensor->length, tensor->length, tensor->shape[i]))
      return _ ("is impossibly large");
  if (!g_size_checked_mul (&bytes, tensor->length, p3m_dtype_get_size (tensor->dtype)))
    return _ ("is impossibly large");
  if (bytes != tensor->end - tensor->begin)
    return _ ("has a size that does not fit its shape");
  return NULL;
}

static gboolean
add_metadata (P3mSafetensors *file, JsonNode *node, GError **error)
{
  JsonObjectIter iter;
  const char *key;
  JsonNode *member;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    {
      p3m_bad_model (error, file->path, _ ("its metadata is not a list of texts"));
      return FALSE;
    }
  json_object_iter_init_ordered (&iter, json_node_get_object (node));
  while (json_object_iter_next_ordered (&iter, &key, &member))
    {
      const char *value = read_string (member);
      if (!value)
        {
          g_autofree char *shown = p3m_printable_name (key);
          p3m_bad_model (error, file->path, _ ("its metadata %s is not a text"), shown);
          return FALSE;
        }
      g_hash_table_insert (file->metadata, g_strdup (key), g_strdup (value));
    }
  return TRUE;
}

static gboolean
add_tensor (P3mSafetensors *file, const char *name, JsonNode *node, GError **error)
{
  P3mSafetensor *tensor = g_new0 (P3mSafetensor, 1);
  char *key = g_strdup (name);
  tensor->name = key;
  g_hash_table_insert (file->tensors, key, tensor);
  const char *fault = read_entry (node, tensor);
  if (!fault)
    return TRUE;
  g_autofree char *shown = p3m_printable_name (name);
  /* Translators: the second %s is e.g. "has no proper shape". */
  p3m_bad_model (error, file->path, _ ("tensor %s %s"), shown, fault);
  return FALSE;
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  const P3mSafetensor *one = a, *other = b;
  if (one->begin != other->begin)
    return one->begin < other->begin ? -1 : 1;
  return one->end < other->end ? -1 : one->end > other->end;
}

/* Every byte after the header belongs to exactly one tensor. */
static gboolean
check_places (P3mSafetensors *file, GError **error)
{
  g_autoptr (GList) order = g_list_sort (g_hash_table_get_values (file->tensors), compare_places);
  gsize end = 0;
  for (const GList *i = order; i; i = i->next)
    {
      const P3mSafetensor *tensor = i->data;
      if (tensor->begin != end)
        {
          g_autofree char *shown = p3m_printable_name (tensor->name);
          p3m_bad_model (error, file->path,
                         tensor->begin < end ? _ ("tensor %s overlaps another one")
                                             : _ ("there is a gap before tensor %s"),
                         shown);
          return FALSE;
        }
      end = tensor->end;
    }
  if (end == file->data_length)
    return TRUE;
  const gboolean is_cut_off = end > file->data_length;
  g_autofree char *length
      = g_format_size (is_cut_off ? end - file->data_length : file->data_length - end);
  p3m_bad_model (error, file->path,
                 is_cut_off ? _ ("it is cut off: %s are missing") : _ ("%s follow the last tensor"),
                 length);
  return FALSE;
}

static gboolean
read_header (P3mSafetensors *file, GError **error)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;
  g_autofree char *text = read_header_text (file, error);
  if (!text)
    return FALSE;
  g_autoptr (JsonNode) root = parse_header (text, file->path, error);
  if (!root)
    return FALSE;
  if (!JSON_NODE_HOLDS_OBJECT (root))
    {
      p3m_bad_model (error, file->path, _ ("its header is not a list of tensors"));
      return FALSE;
    }
  json_object_iter_init_ordered (&iter, json_node_get_object (root));
  while (json_object_iter_next_ordered (&iter, &name, &node))
    {
      const gboolean done = g_str_equal (name, "__metadata__")
                                ? add_metadata (file, node, error)
                                : add_tensor (file, name, node, error);
      if (!done)
        return FALSE;
    }
  return check_places (file, error);
}

P3mSafetensors *
p3m_safetensors_open (const char *path, GError **error)
{
  g_autoptr (P3mSafetensors) file = g_new0 (P3mSafetensors, 1);
  file->path = g_strdup (path);
  file->fd = -1;
  file->tensors = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  file->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!read_header (file, error))
    return NULL;
  return g_steal_pointer (&file);
}

void
p3m_safetensors_free (P3mSafetensors *file)
{
  if (file->fd >= 0)
    close (file->fd);
  g_hash_table_unref (file->metadata);
  g_hash_table_unref (file->tensors);
  g_free (file->path);
  g_free (file);
}

guint8 *
p3m_safetensors_read (P3mSafetensors *file, GError **error)
{
  g_autofree guint8 *data = p3m_try_alloc (error, 1, file->data_length, 1);
  if (!data)
    return NULL;
  if (!p3m_file_read (file->fd, file->path, data, file->data_length, error))
    return NULL;
  return g_steal_pointer (&data);
}
