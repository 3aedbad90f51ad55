/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Takes files of torch.save apart: the zip layout (PyTorch 1.6 and later) and the legacy one. */
#include "archive.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <zip.h>

#include "file.h"
#include "memory.h"
#include "safetensors.h"

/* A published checkpoint has 156 MB, and 0.1 MB of description. */
#define MAX_FILE_BYTES   ((gsize) 2 << 30)
#define MAX_PICKLE_BYTES ((gsize) 16 << 20)
#define MAX_ZIP_ENTRIES  20000
#define MAX_STORAGES     20000

struct _P3mArchive
{
  char *path;
  guint8 *bytes; /* [length]: the whole file */
  gsize length;
  P3mPickle *pickle;
  GHashTable
      *storages; /* key -> GBytes: all of a legacy file, of a zip file those that were asked for */
  zip_t *zip;    /* NULL in the legacy layout */
  char *folder;  /* of the zip file's entries, with a slash at the end */
};

void
p3m_bad_checkpoint (GError **error, const char *path, const char *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree char *why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_autofree char *shown = g_filename_display_name (path);
  g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_MODEL, _ ("%s is not a checkpoint of P3M-Net: %s"),
               shown, why);
}

static P3mPickle *
read_pickle (P3mArchive *archive, const guint8 *bytes, gsize length, GError **error)
{
  g_autofree char *fault = NULL;
  P3mPickle *pickle = p3m_pickle_read (bytes, MIN (length, MAX_PICKLE_BYTES), &fault);
  if (!pickle)
    p3m_bad_checkpoint (error, archive->path, "%s", fault);
  return pickle;
}

/* ---- zip layout --------------------------------------------------------------------------- */

/* Where the entry of that name inside the archive's folder is. Entries are never compressed in a
 * checkpoint, and so none can be larger than the file. FALSE with the error set. */
static gboolean
find_entry (P3mArchive *archive, const char *name, zip_stat_t *stat, GError **error)
{
  const zip_uint64_t known
      = ZIP_STAT_INDEX | ZIP_STAT_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
  g_autofree char *full = g_strconcat (archive->folder, name, NULL);
  g_autofree char *shown = p3m_printable_name (name);
  if (zip_stat (archive->zip, full, ZIP_FL_ENC_RAW, stat) < 0)
    {
      p3m_bad_checkpoint (error, archive->path, _ ("its part %s is missing"), shown);
      return FALSE;
    }
  if ((stat->valid & known) == known && stat->comp_method == ZIP_CM_STORE
      && stat->encryption_method == ZIP_EM_NONE && stat->size <= archive->length)
    return TRUE;
  p3m_bad_checkpoint (error, archive->path, _ ("its part %s is compressed or damaged"), shown);
  return FALSE;
}

/* NULL with the error set. */
static GBytes *
read_entry (P3mArchive *archive, const char *name, GError **error)
{
  zip_stat_t stat;
  if (!find_entry (archive, name, &stat, error))
    return NULL;
  g_autofree guint8 *data = p3m_try_alloc (error, 1, stat.size, 1);
  if (!data)
    return NULL;
  zip_file_t *file = zip_fopen_index (archive->zip, stat.index, 0);
  const gboolean done = file && zip_fread (file, data, stat.size) == (zip_int64_t) stat.size
                        && zip_fread (file, &(guint8){ 0 }, 1) == 0; /* the end checks the CRC */
  if (file)
    zip_fclose (file);
  if (done)
    return g_bytes_new_take (g_steal_pointer (&data), stat.size);
  g_autofree char *shown = p3m_printable_name (name);
  p3m_bad_checkpoint (error, archive->path, _ ("its part %s is damaged"), shown);
  return NULL;
}

/* The folder in which all entries lie: the one of data.pkl. */
static char *
find_folder (zip_t *zip)
{
  const zip_int64_t count = zip_get_num_entries (zip, 0);
  for (zip_int64_t i = 0; i < MIN (count, MAX_ZIP_ENTRIES); i++)
    {
      const char *name = zip_get_name (zip, i, ZIP_FL_ENC_RAW);
      const char *slash = name ? strchr (name, '/') : NULL;
      if (slash && g_str_equal (slash, "/data.pkl") && g_utf8_validate (name, -1, NULL))
        return g_strndup (name, slash + 1 - name);
    }
  return NULL;
}

static gboolean
open_zip (P3mArchive *archive, GError **error)
{
  zip_source_t *source = zip_source_buffer_create (archive->bytes, archive->length, 0, NULL);
  archive->zip = source ? zip_open_from_source (source, ZIP_RDONLY, NULL) : NULL;
  if (!archive->zip)
    {
      zip_source_free (source);
      p3m_bad_checkpoint (error, archive->path, _ ("it is cut off or damaged"));
      return FALSE;
    }
  archive->folder = find_folder (archive->zip);
  if (!archive->folder)
    {
      p3m_bad_checkpoint (error, archive->path, _ ("its part data.pkl is missing"));
      return FALSE;
    }
  g_autoptr (GBytes) order = read_entry (archive, "byteorder", NULL);
  if (order
      && (g_bytes_get_size (order) != 6 || memcmp (g_bytes_get_data (order, NULL), "little", 6)))
    {
      p3m_bad_checkpoint (error, archive->path, _ ("its numbers are not little-endian"));
      return FALSE;
    }
  g_autoptr (GBytes) pickle = read_entry (archive, "data.pkl", error);
  if (!pickle)
    return FALSE;
  archive->pickle
      = read_pickle (archive, g_bytes_get_data (pickle, NULL), g_bytes_get_size (pickle), error);
  return archive->pickle != NULL;
}

/* ---- legacy layout ------------------------------------------------------------------------ */

/* The pickle of the number by which torch.save marks a legacy file. */
static const guint8 legacy_magic[]
    = { 0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e };

/* Reads the pickle at `position` and moves behind it. */
static P3mPickle *
next_pickle (P3mArchive *archive, gsize *position, GError **error)
{
  P3mPickle *pickle
      = read_pickle (archive, archive->bytes + *position, archive->length - *position, error);
  if (pickle)
    *position += pickle->used;
  return pickle;
}

/* Version 1001, and the machine that wrote it: a dictionary that says whether it is little-endian. */
static gboolean
read_legacy_preamble (P3mArchive *archive, gsize *position, GError **error)
{
  g_autoptr (P3mPickle) version = next_pickle (archive, position, error);
  if (!version)
    return FALSE;
  if (version->root->kind != P3M_PICKLE_INT || version->root->integer != 1001)
    {
      p3m_bad_checkpoint (error, archive->path, _ ("its legacy layout has an unknown version"));
      return FALSE;
    }
  g_autoptr (P3mPickle) machine = next_pickle (archive, position, error);
  if (!machine)
    return FALSE;
  const P3mPickleValue *little = p3m_pickle_lookup (machine->root, "little_endian");
  if (little && little->kind == P3M_PICKLE_BOOL && little->integer)
    return TRUE;
  p3m_bad_checkpoint (error, archive->path, _ ("its numbers are not little-endian"));
  return FALSE;
}

/* The dtype of each storage that the pickle names: key -> dtype + 1. FALSE = one key has two dtypes. */
static gboolean
collect_dtypes (const P3mPickle *pickle, GHashTable *dtypes)
{
  for (guint i = 0; i < pickle->values->len; i++)
    {
      const P3mPickleValue *value = g_ptr_array_index (pickle->values, i);
      if (value->kind != P3M_PICKLE_STORAGE)
        continue;
      gpointer dtype = GUINT_TO_POINTER (value->storage.dtype + 1);
      gpointer earlier = g_hash_table_lookup (dtypes, value->storage.key);
      if (earlier && earlier != dtype)
        return FALSE;
      g_hash_table_insert (dtypes, (gpointer) value->storage.key, dtype);
    }
  return TRUE;
}

/* One storage: how many numbers (8 bytes), then the numbers. FALSE when it is not whole. */
static gboolean
add_legacy_storage (P3mArchive *archive, const char *key, P3mDtype dtype, gsize *position)
{
  guint64 count;
  gsize bytes;
  if (archive->length - *position < sizeof count)
    return FALSE;
  memcpy (&count, archive->bytes + *position, sizeof count);
  *position += sizeof count;
  if (!g_size_checked_mul (&bytes, count, p3m_dtype_get_size (dtype))
      || bytes > archive->length - *position)
    return FALSE;
  g_hash_table_insert (archive->storages, g_strdup (key),
                       g_bytes_new_static (archive->bytes + *position, bytes));
  *position += bytes;
  return TRUE;
}

/* The list of the storages' keys, and then the storages in its order. */
static gboolean
read_legacy_storages (P3mArchive *archive, gsize position, GError **error)
{
  g_autoptr (GHashTable) dtypes = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (P3mPickle) keys = next_pickle (archive, &position, error);
  if (!keys)
    return FALSE;
  gboolean good = keys->root->kind == P3M_PICKLE_LIST && keys->root->items->len <= MAX_STORAGES
                  && collect_dtypes (archive->pickle, dtypes);
  for (guint i = 0; good && i < keys->root->items->len; i++)
    {
      const P3mPickleValue *key = g_ptr_array_index (keys->root->items, i);
      const guint dtype = key->kind == P3M_PICKLE_TEXT
                              ? GPOINTER_TO_UINT (g_hash_table_lookup (dtypes, key->text))
                              : 0;
      good = dtype && add_legacy_storage (archive, key->text, dtype - 1, &position);
    }
  if (!good)
    p3m_bad_checkpoint (error, archive->path, _ ("its list of storages is cut off or damaged"));
  return good;
}

static gboolean
open_legacy (P3mArchive *archive, GError **error)
{
  gsize position = sizeof legacy_magic;
  if (!read_legacy_preamble (archive, &position, error))
    return FALSE;
  archive->pickle = next_pickle (archive, &position, error);
  return archive->pickle && read_legacy_storages (archive, position, error);
}

/* ---- both --------------------------------------------------------------------------------- */

/* How many bytes are stored under a key. FALSE with the error set. */
static gboolean
find_length (P3mArchive *archive, const char *key, gsize *length, GError **error)
{
  zip_stat_t stat;
  g_autofree char *name = g_strconcat ("data/", key, NULL);
  if (archive->zip)
    {
      if (!find_entry (archive, name, &stat, error))
        return FALSE;
      *length = stat.size;
      return TRUE;
    }
  GBytes *bytes = g_hash_table_lookup (archive->storages, key);
  if (bytes)
    {
      *length = g_bytes_get_size (bytes);
      return TRUE;
    }
  g_autofree char *shown = p3m_printable_name (key);
  p3m_bad_checkpoint (error, archive->path, _ ("its storage %s is missing"), shown);
  return FALSE;
}

/* Every storage that the pickle names is there and has the length that the pickle says. */
static gboolean
check_storages (P3mArchive *archive, GError **error)
{
  for (guint i = 0; i < archive->pickle->values->len; i++)
    {
      const P3mPickleValue *value = g_ptr_array_index (archive->pickle->values, i);
      const P3mPickleStorage *storage = &value->storage;
      gsize length, needed;
      if (value->kind != P3M_PICKLE_STORAGE)
        continue;
      if (!find_length (archive, storage->key, &length, error))
        return FALSE;
      if (!g_size_checked_mul (&needed, storage->total, p3m_dtype_get_size (storage->dtype))
          || needed != length)
        {
          g_autofree char *shown = p3m_printable_name (storage->key);
          p3m_bad_checkpoint (error, archive->path,
                              _ ("its storage %s has not the length that its description says"),
                              shown);
          return FALSE;
        }
    }
  return TRUE;
}

P3mArchive *
p3m_archive_open (const char *path, GError **error)
{
  g_autoptr (P3mArchive) archive = g_new0 (P3mArchive, 1);
  archive->path = g_strdup (path);
  archive->storages
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  archive->bytes = p3m_file_load (path, MAX_FILE_BYTES, &archive->length, error);
  if (!archive->bytes)
    return NULL;
  gboolean opened = FALSE;
  if (archive->length >= sizeof legacy_magic
      && memcmp (archive->bytes, legacy_magic, sizeof legacy_magic) == 0)
    opened = open_legacy (archive, error);
  else if (archive->length >= 4 && memcmp (archive->bytes, "PK\3\4", 4) == 0)
    opened = open_zip (archive, error);
  else
    p3m_bad_checkpoint (error, path, _ ("it was not written by PyTorch"));
  return opened && check_storages (archive, error) ? g_steal_pointer (&archive) : NULL;
}

void
p3m_archive_free (P3mArchive *archive)
{
  if (archive->zip)
    zip_discard (archive->zip);
  g_clear_pointer (&archive->pickle, p3m_pickle_free);
  g_hash_table_unref (archive->storages);
  g_free (archive->folder);
  g_free (archive->bytes);
  g_free (archive->path);
  g_free (archive);
}

const P3mPickleValue *
p3m_archive_get_root (const P3mArchive *archive)
{
  return archive->pickle->root;
}

const guint8 *
p3m_archive_get_storage (P3mArchive *archive, const P3mPickleStorage *storage, GError **error)
{
  GBytes *bytes = g_hash_table_lookup (archive->storages, storage->key);
  if (!bytes)
    {
      g_autofree char *name = g_strconcat ("data/", storage->key, NULL);
      bytes = read_entry (archive, name, error);
      if (!bytes)
        return NULL;
      g_hash_table_insert (archive->storages, g_strdup (storage->key), bytes);
    }
  return g_bytes_get_data (bytes, NULL);
}

char *
p3m_archive_get_sha256 (const P3mArchive *archive)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, archive->bytes, archive->length);
}
