/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Writes checkpoints as torch.save does. */
#include "torch.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

#include "formula.h"
#include "model/layout.h"

/* ---- storages ----------------------------------------------------------------------------- */

typedef struct
{
  guint8 *bytes;
  gsize length; /* bytes */
  gsize count;  /* numbers */
} Storage;

static gsize
get_number_size (const char *storage)
{
  return g_str_equal (storage, "DoubleStorage") ? 8 : g_str_equal (storage, "FloatStorage") ? 4 : 2;
}

static void
store_number (const char *storage, float value, guint8 *place)
{
  const double wide = value;
  const guint16 half = g_str_equal (storage, "HalfStorage") ? formula_to_half (value)
                                                            : formula_to_bfloat16 (value);
  if (g_str_equal (storage, "FloatStorage"))
    memcpy (place, &value, sizeof value);
  else if (g_str_equal (storage, "DoubleStorage"))
    memcpy (place, &wide, sizeof wide);
  else
    memcpy (place, &half, sizeof half);
}

/* values: [shape[0]][shape[1]][rest] to the order [shape[1]][shape[0]][rest] */
static float *
transpose (const P3mLayoutTensor *tensor, const float *values)
{
  const gsize out = tensor->shape[0], in = tensor->shape[1], rest = tensor->length / out / in;
  float *swapped = g_new (float, tensor->length);
  for (gsize o = 0; o < out; o++)
    for (gsize i = 0; i < in; i++)
      memcpy (swapped + (i * out + o) * rest, values + (o * in + i) * rest, rest * sizeof *values);
  return swapped;
}

static Storage
make_storage (const P3mLayoutTensor *tensor, const char *class, gboolean transposed)
{
  Storage storage;
  g_autofree float *values = g_new (float, tensor->length);
  formula_fill (tensor->name, tensor->rank, tensor->shape, values);
  if (transposed)
    {
      float *swapped = transpose (tensor, values);
      g_free (g_steal_pointer (&values));
      values = swapped;
    }
  const gsize size = get_number_size (class);
  storage.count = tensor->length;
  storage.length = tensor->length * size;
  if (g_str_equal (class, "FloatStorage"))
    {
      storage.bytes = (guint8 *) g_steal_pointer (&values);
      return storage;
    }
  storage.bytes = g_malloc (storage.length);
  for (gsize i = 0; i < tensor->length; i++)
    store_number (class, values[i], storage.bytes + i * size);
  return storage;
}

/* ---- pickle ------------------------------------------------------------------------------- */

static void
put_bytes (GByteArray *pickle, const char *bytes, gsize length)
{
  g_byte_array_append (pickle, (const guint8 *) bytes, length);
}

static void
put (GByteArray *pickle, const char *text)
{
  put_bytes (pickle, text, strlen (text));
}

static void
put_int (GByteArray *pickle, guint32 number)
{
  const guint32 bits = GUINT32_TO_LE (number);
  put (pickle, "J");
  put_bytes (pickle, (const char *) &bits, 4);
}

static void
put_text (GByteArray *pickle, const char *text)
{
  const guint32 length = GUINT32_TO_LE ((guint32) strlen (text));
  put (pickle, "X");
  put_bytes (pickle, (const char *) &length, 4);
  put (pickle, text);
}

static void
put_shape (GByteArray *pickle, int rank, const gsize *shape)
{
  put (pickle, "(");
  for (int i = 0; i < rank; i++)
    put_int (pickle, shape[i]);
  put (pickle, "t");
}

/* ("storage", class, key, "cpu", count[, None]), and by it the storage. */
static void
put_storage (GByteArray *pickle, const TorchOptions *options, const char *class, guint key,
             gsize count)
{
  g_autofree char *text = g_strdup_printf ("%u", key);
  put (pickle, "(");
  put_text (pickle, "storage");
  put (pickle, "ctorch\n");
  put (pickle, class);
  put (pickle, "\n");
  put_text (pickle, text);
  put_text (pickle, "cpu");
  put_int (pickle, count);
  put (pickle, options->legacy ? "NtQ" : "tQ");
}

static void
put_tensor (GByteArray *pickle, const TorchOptions *options, const char *class, guint key,
            const P3mLayoutTensor *tensor, gboolean transposed)
{
  gsize stride[P3M_LAYOUT_MAX_RANK], length = 1;
  for (int i = tensor->rank - 1; i >= 0; i--)
    {
      stride[i] = length;
      length *= tensor->shape[i];
    }
  if (transposed)
    {
      stride[0] = stride[1];
      stride[1] = stride[0] * tensor->shape[0];
    }
  if (options->parameters)
    put (pickle, "ctorch._utils\n_rebuild_parameter\n");
  put (pickle, "ctorch._utils\n_rebuild_tensor_v2\n(");
  put_storage (pickle, options, class, key, length);
  put_int (pickle, 0);
  put_shape (pickle, tensor->rank, tensor->shape);
  put_shape (pickle, tensor->rank, stride);
  put (pickle, "\x89"
               "ccollections\nOrderedDict\n)RtR");
  if (options->parameters)
    put (pickle, "\x88"
                 "ccollections\nOrderedDict\n)R\x87R");
}

/* The second name of an encoder's tensor, or NULL. */
static char *
make_alias (const TorchOptions *options, const char *name)
{
  const char *layers = options->encoder ? options->encoder : "encoder%d.";
  if (g_str_has_prefix (name, "resnet.conv1."))
    return g_strconcat ("encoder0.0.", name + strlen ("resnet.conv1."), NULL);
  if (g_str_has_prefix (name, "resnet.bn1."))
    return g_strconcat ("encoder0.1.", name + strlen ("resnet.bn1."), NULL);
  if (!g_str_has_prefix (name, "resnet.layer"))
    return NULL;
  const char layer = name[strlen ("resnet.layer")];
  g_auto (GStrv) parts = g_strsplit (layers, "%d", 2);
  return g_strdup_printf ("%s%c%s%s", parts[0], layer, parts[1], name + strlen ("resnet.layer1."));
}

static void
put_name (GByteArray *pickle, const TorchOptions *options, const char *name)
{
  g_autofree char *full = g_strconcat (options->prefix ? options->prefix : "", name, NULL);
  put_text (pickle, full);
}

/* What a published checkpoint has beside the network's tensors: storage `key` is an int64. */
static void
put_extras (GByteArray *pickle, const TorchOptions *options, guint key)
{
  P3mLayoutTensor counter = { .rank = 0, .length = 1 };
  P3mLayoutTensor side = { .rank = 1, .shape = { 1 }, .length = 1 };
  put_name (pickle, options, "resnet.bn1.num_batches_tracked");
  put_tensor (pickle, options, "LongStorage", key, &counter, FALSE);
  put_name (pickle, options, "dbfi_2.conv2.weight");
  put_tensor (pickle, options, "LongStorage", key, &side, FALSE);
  put_name (pickle, options, "resnet.fc.bias");
  put_tensor (pickle, options, "LongStorage", key, &side, FALSE);
}

static GByteArray *
make_pickle (const TorchOptions *options, const P3mLayout *layout, const char *class)
{
  GByteArray *pickle = g_byte_array_new ();
  put (pickle, options->bare ? "\x80\x02" : "\x80\x02}q\x01(");
  if (!options->bare)
    put_text (pickle, "state_dict");
  put (pickle, "ccollections\nOrderedDict\n)Rq\x02(");
  for (guint i = 0; i < layout->tensors->len; i++)
    {
      const P3mLayoutTensor *tensor = p3m_layout_get (layout, i);
      const gboolean transposed = options->transposed && tensor->rank == 4;
      g_autofree char *alias = make_alias (options, tensor->name);
      if (!alias || !options->only_aliases)
        {
          put_name (pickle, options, tensor->name);
          put_tensor (pickle, options, class, i, tensor, transposed);
        }
      if (alias && !options->no_aliases)
        {
          put_name (pickle, options, alias);
          put_tensor (pickle, options, class, i, tensor, transposed);
        }
    }
  put_extras (pickle, options, layout->tensors->len);
  put (pickle, "u}");
  put_text (pickle, "_metadata");
  put (pickle, "}sb");
  if (!options->bare)
    {
      put_text (pickle, "epoch");
      put_int (pickle, 100);
      put (pickle, "u");
    }
  put (pickle, ".");
  return pickle;
}

/* ---- layouts ------------------------------------------------------------------------------ */

static void
add_entry (zip_t *zip, const char *name, const void *bytes, gsize length)
{
  g_autofree char *full = g_strconcat ("archive/", name, NULL);
  zip_source_t *source = zip_source_buffer (zip, bytes, length, 0);
  const zip_int64_t index = zip_file_add (zip, full, source, ZIP_FL_ENC_UTF_8);
  if (index < 0 || zip_set_file_compression (zip, index, ZIP_CM_STORE, 0) < 0)
    g_error ("writing a zip file: %s", zip_strerror (zip));
}

static zip_t *
start_zip (const char *path)
{
  zip_t *zip = zip_open (path, ZIP_CREATE | ZIP_TRUNCATE, NULL);
  if (!zip)
    g_error ("%s cannot be written", path);
  return zip;
}

static void
finish_zip (zip_t *zip)
{
  if (zip_close (zip) < 0)
    g_error ("writing a zip file: %s", zip_strerror (zip));
}

static void
write_zip (const char *path, const GByteArray *pickle, const GArray *storages)
{
  zip_t *zip = start_zip (path);
  add_entry (zip, "data.pkl", pickle->data, pickle->len);
  for (guint i = 0; i < storages->len; i++)
    {
      const Storage *storage = &g_array_index (storages, Storage, i);
      g_autofree char *name = g_strdup_printf ("data/%u", i);
      add_entry (zip, name, storage->bytes, storage->length);
    }
  add_entry (zip, "version", "3\n", 2);
  finish_zip (zip);
}

void
torch_write_zip (const char *path, const guint8 *pickle, gsize pickle_length, const void *storage,
                 gsize storage_length)
{
  zip_t *zip = start_zip (path);
  add_entry (zip, "data.pkl", pickle, pickle_length);
  add_entry (zip, "data/0", storage, storage_length);
  finish_zip (zip);
}

static void
write_legacy (const char *path, const GByteArray *pickle, const GArray *storages)
{
  static const char start[] = "\x80\x02\x8a\nl\xfc\x9c"
                              "F\xf9 j\xa8P\x19."  /* the magic number */
                              "\x80\x02M\xe9\x03." /* version 1001 */
                              "\x80\x02}q\0X\r\0\0\0little_endianq\1\x88s.";
  g_autoptr (GByteArray) keys = g_byte_array_new ();
  FILE *file = fopen (path, "wb");
  if (!file)
    g_error ("%s: %s", path, g_strerror (errno));
  fwrite (start, 1, sizeof start - 1, file);
  fwrite (pickle->data, 1, pickle->len, file);
  put (keys, "\x80\x02](");
  for (guint i = 0; i < storages->len; i++)
    {
      g_autofree char *key = g_strdup_printf ("%u", i);
      put_text (keys, key);
    }
  put (keys, "e.");
  fwrite (keys->data, 1, keys->len, file);
  for (guint i = 0; i < storages->len; i++)
    {
      const Storage *storage = &g_array_index (storages, Storage, i);
      const guint64 count = GUINT64_TO_LE ((guint64) storage->count);
      fwrite (&count, sizeof count, 1, file);
      fwrite (storage->bytes, 1, storage->length, file);
    }
  if (fclose (file))
    g_error ("%s: %s", path, g_strerror (errno));
}

static void
clear_storage (gpointer data)
{
  Storage *storage = data;
  g_free (storage->bytes);
}

void
torch_write_checkpoint (const char *path, const TorchOptions *options)
{
  const char *class = options->storage ? options->storage : "FloatStorage";
  g_autoptr (P3mLayout) layout = p3m_layout_new (options->channels);
  g_autoptr (GByteArray) pickle = make_pickle (options, layout, class);
  g_autoptr (GArray) storages = g_array_new (FALSE, FALSE, sizeof (Storage));
  Storage counter = { g_malloc0 (8), 8, 1 };
  g_array_set_clear_func (storages, clear_storage);
  for (guint i = 0; i < layout->tensors->len; i++)
    {
      const P3mLayoutTensor *tensor = p3m_layout_get (layout, i);
      const Storage storage
          = make_storage (tensor, class, options->transposed && tensor->rank == 4);
      g_array_append_val (storages, storage);
    }
  g_array_append_val (storages, counter);
  if (options->legacy)
    write_legacy (path, pickle, storages);
  else
    write_zip (path, pickle, storages);
}
