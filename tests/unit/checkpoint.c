/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Checkpoints of PyTorch: all that a published one may hold is read, anything else is refused by name. */
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

#include "formula.h"
#include "model/checkpoint.h"
#include "model/layout.h"
#include "model/weights.h"
#include "tensors.h"
#include "torch.h"

#define MUTANTS 500

static char *folder; /* temporary, for all tests of the process; holds the user's models too */

static char *
temporary_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static char *
model_path (const char *name)
{
  return g_build_filename (folder, "p3m", "models", name, NULL);
}

/* ---- files that PyTorch wrote ------------------------------------------------------------- */

static void
check_expected (const P3mCheckpoint *checkpoint, const char *name, JsonObject *expected)
{
  const P3mPickleTensor *tensor = p3m_checkpoint_find (checkpoint, name);
  JsonObject *entry = json_object_get_object_member (expected, name);
  JsonArray *shape = json_object_get_array_member (entry, "shape");
  JsonArray *numbers = json_object_get_array_member (entry, "values");
  g_autoptr (GError) error = NULL;
  g_assert_cmpuint (tensor->rank, ==, json_array_get_length (shape));
  g_assert_cmpuint (tensor->length, ==, json_array_get_length (numbers));
  for (int i = 0; i < tensor->rank; i++)
    g_assert_cmpint (tensor->shape[i], ==, json_array_get_int_element (shape, i));
  if (tensor->storage->dtype > P3M_DTYPE_F64)
    return;
  g_autofree float *values = g_new (float, tensor->length);
  g_assert_true (p3m_checkpoint_read (checkpoint, tensor, values, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < tensor->length; i++)
    g_assert_cmpfloat (values[i], ==, (float) json_array_get_double_element (numbers, i));
}

static void
test_reference (gconstpointer data)
{
  g_autofree char *path = tensors_get_oracle_path (data);
  g_autofree char *list = tensors_get_oracle_path ("checkpoints/expected.json");
  g_autoptr (GError) error = NULL;
  if (!path || !list)
    return;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_assert_true (json_parser_load_from_file (parser, list, NULL));
  JsonObject *expected = json_node_get_object (json_parser_get_root (parser));
  g_autoptr (P3mCheckpoint) checkpoint = p3m_checkpoint_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (checkpoint->names->len, >=, 4);
  for (guint i = 0; i < checkpoint->names->len; i++)
    check_expected (checkpoint, g_ptr_array_index (checkpoint->names, i), expected);
  g_autoptr (GPtrArray) tensors = p3m_checkpoint_inspect (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tensors->len, ==, checkpoint->names->len);
  const P3mCheckpointTensor *first = g_ptr_array_index (tensors, 0);
  g_assert_cmpstr (first->name, ==, "a.weight");
  g_assert_cmpstr (first->dtype, ==, "F32");
  g_assert_cmpint (first->rank, ==, 4);
}

/* The file must be refused with a sentence that names it and has `why` in it, and leave nothing. */
static void
check_refused (const char *path, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *models = model_path ("");
  g_autoptr (P3mModelInfo) info = p3m_checkpoint_import (path, FALSE, NULL, NULL, &error);
  g_assert_null (info);
  g_test_message ("%s", error->message);
  g_assert_error (error, P3M_ERROR, P3M_ERROR_BAD_MODEL);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, why));
  g_autoptr (GDir) dir = g_dir_open (models, 0, NULL);
  g_assert_null (dir ? g_dir_read_name (dir) : NULL);
}

typedef struct
{
  const char *file, *why;
} Refusal;

static void
test_refused (gconstpointer data)
{
  const Refusal *refusal = data;
  const char *marker = "/tmp/p3m-pickle-was-executed"; /* what the hostile files would make */
  g_autofree char *path = tensors_get_oracle_path (refusal->file);
  g_autoptr (GError) error = NULL;
  if (!path)
    return;
  g_unlink (marker);
  check_refused (path, refusal->why);
  g_autoptr (GPtrArray) tensors = p3m_checkpoint_inspect (path, &error);
  g_assert_null (tensors);
  g_assert_error (error, P3M_ERROR, P3M_ERROR_BAD_MODEL);
  g_assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
}

/* ---- import ------------------------------------------------------------------------------- */

typedef struct
{
  const char *name;
  TorchOptions options;
  gboolean half;
} Variant;

static const Variant variants[] = {
  { "zip", { 4 }, FALSE },
  { "legacy", { 4, .legacy = TRUE }, FALSE },
  { "widest", { 10, .legacy = TRUE }, FALSE },
  { "bare", { 4, .bare = TRUE }, FALSE },
  { "parameters", { 4, .parameters = TRUE }, FALSE },
  { "module", { 4, .prefix = "module." }, FALSE },
  { "no-aliases", { 4, .no_aliases = TRUE }, FALSE },
  { "only-aliases", { 4, .only_aliases = TRUE }, FALSE },
  { "only-sequences", { 4, .only_aliases = TRUE, .encoder = "encoder%d.0." }, FALSE },
  { "transposed", { 4, .transposed = TRUE }, FALSE },
  { "transposed-half", { 4, .transposed = TRUE, .storage = "HalfStorage" }, FALSE },
  { "half", { 4, .storage = "HalfStorage" }, FALSE },
  { "bfloat16", { 4, .storage = "BFloat16Storage" }, FALSE },
  { "double", { 4, .legacy = TRUE, .storage = "DoubleStorage" }, FALSE },
  { "to-half", { 4 }, TRUE },
  { "all",
    { 4, .legacy = TRUE, .parameters = TRUE, .bare = TRUE, .only_aliases = TRUE, .transposed = TRUE,
      .prefix = "module.", .storage = "BFloat16Storage" },
    TRUE },
};

/* What the imported value is rounded to, by the file or by the import. */
static float
get_rounding (const Variant *variant, const P3mLayoutTensor *tensor)
{
  const char *storage = variant->options.storage;
  if (storage && g_str_equal (storage, "BFloat16Storage"))
    return 0x1p-8f;
  if ((storage && g_str_equal (storage, "HalfStorage")) || (variant->half && tensor->rank == 4))
    return 0x1p-11f;
  return 0.0f;
}

static void
check_weights (const P3mWeights *weights, const Variant *variant)
{
  g_autoptr (P3mLayout) layout = p3m_layout_new (variant->options.channels);
  for (guint t = 0; t < layout->tensors->len; t++)
    {
      const P3mLayoutTensor *tensor = p3m_layout_get (layout, t);
      const float rounding = get_rounding (variant, tensor);
      g_autofree float *values = g_new (float, tensor->length);
      g_autofree float *expected = g_new (float, tensor->length);
      p3m_weights_read (weights, tensor->name, values);
      formula_fill (tensor->name, tensor->rank, tensor->shape, expected);
      for (gsize i = 0; i < tensor->length; i++)
        g_assert_cmpfloat (fabsf (values[i] - expected[i]), <=,
                           rounding * fabsf (expected[i]) + (rounding ? 0x1p-25f : 0.0f));
    }
}

/* Imports the variant's file and checks the model; the file is removed, the model's path returned. */
static char *
import_variant (const Variant *variant)
{
  g_autofree char *file = g_strconcat (variant->name, ".pth", NULL);
  g_autofree char *path = temporary_path (file);
  g_autofree char *sum = NULL, *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;
  torch_write_checkpoint (path, &variant->options);
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  g_autofree char *expected
      = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guint8 *) bytes, length);
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (P3mModelInfo) info = p3m_checkpoint_import (path, variant->half, &sum, NULL, &error);
  g_assert_no_error (error);
  g_test_message ("%" G_GSIZE_FORMAT " kB imported in %.3f s", length >> 10,
                  (g_get_monotonic_time () - start) * 1e-6);
  g_assert_cmpstr (sum, ==, expected);
  g_assert_cmpstr (info->id, ==, variant->name);
  g_assert_cmpfloat (info->width, ==, variant->options.channels / 64.0);
  g_autoptr (P3mWeights) weights = p3m_weights_load (info->path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (p3m_weights_get_info (weights)->name, ==, variant->name);
  check_weights (weights, variant);
  g_unlink (path);
  return g_strdup (info->path);
}

static void
test_import (gconstpointer data)
{
  g_autofree char *path = import_variant (data);
  g_unlink (path);
}

static void
test_published_size (void)
{
  const Variant variant = { "published", { 64, .prefix = NULL }, FALSE };
  g_autofree char *path = import_variant (&variant);
  g_unlink (path);
}

/* A model of that name is replaced by a good import and survives a bad one. */
static void
test_replace (void)
{
  const Variant small = { "same", { 2 }, FALSE }, large = { "same", { 4 }, FALSE };
  g_autofree char *path = import_variant (&small);
  g_autofree char *again = import_variant (&large);
  g_autofree char *broken = temporary_path ("same.pth");
  g_autoptr (GError) error = NULL;
  g_assert_cmpstr (path, ==, again);
  g_assert_true (g_file_set_contents (broken, "PK\3\4", -1, NULL));
  g_assert_null (p3m_checkpoint_import (broken, FALSE, NULL, NULL, &error));
  g_assert_error (error, P3M_ERROR, P3M_ERROR_BAD_MODEL);
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, NULL);
  g_assert_cmpint (p3m_weights_get_channels (weights), ==, 4);
  g_unlink (broken);
  g_unlink (path);
}

static void
test_cancel (void)
{
  const TorchOptions options = { 2 };
  g_autofree char *path = temporary_path ("cancelled.pth"), *models = model_path ("");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  torch_write_checkpoint (path, &options);
  g_cancellable_cancel (cancellable);
  g_assert_null (p3m_checkpoint_import (path, FALSE, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_autoptr (GDir) dir = g_dir_open (models, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
  g_unlink (path);
}

static void
test_unwritable (void)
{
  const TorchOptions options = { 2 };
  g_autofree char *path = temporary_path ("homeless.pth"), *models = model_path ("");
  g_autoptr (GError) error = NULL;
  torch_write_checkpoint (path, &options);
  g_rmdir (models);
  g_autofree char *blocked = g_build_filename (folder, "p3m", "models", NULL);
  g_assert_true (g_file_set_contents (blocked, "a file in the folder's place", -1, NULL));
  g_assert_null (p3m_checkpoint_import (path, FALSE, NULL, NULL, &error));
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "cannot be written"));
  g_assert_cmpint (error->domain, ==, G_IO_ERROR);
  g_unlink (blocked);
  g_unlink (path);
}

/* ---- hostile pickles ---------------------------------------------------------------------- */

#define STORAGE                                                                                    \
  "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"                                               \
  "0X\3\0\0\0cpuK\x10tQ"
#define REBUILD "\x80\2ctorch._utils\n_rebuild_tensor_v2\n(" STORAGE
#define END                                                                                        \
  "\x89"                                                                                           \
  "ccollections\nOrderedDict\n)RtR."

static const struct
{
  const char *bytes;
  gsize length;
  const char *why; /* NULL = is read */
} pickles[] = {
#define PICKLE(bytes, why)                                                                         \
  {                                                                                                \
    bytes, sizeof bytes - 1, why                                                                   \
  }
  PICKLE ("", "is cut off"),
  PICKLE ("\x80\2", "is cut off"),
  PICKLE ("\x80\2K", "is cut off"),
  PICKLE ("\x80\2J\1\2\3", "is cut off"),
  PICKLE ("\x80\2X\5\0\0\0abcd", "is cut off"),
  PICKLE ("\x80\2X\xff\xff\xff\xff"
          "abcd",
          "holds a text of more than 64 kB"),
  PICKLE ("\x80\2X\2\0\0\0\xff\xff.", "is damaged"),
  PICKLE ("\x80\1N.", "has the unknown version 1"),
  PICKLE ("\x80\x09N.", "has the unknown version 9"),
  PICKLE ("\x80\2.", "is damaged"),
  PICKLE ("\x80\2NN.", "is damaged"),
  PICKLE ("\x80\2(N.", "is damaged"),
  PICKLE ("\x80\2N.", NULL),
  PICKLE ("\x80\2t.", "is damaged"),
  PICKLE ("\x80\2\x85.", "is damaged"),
  PICKLE ("\x80\2N(\x85.", "is damaged"),
  PICKLE ("\x80\2]q\0h\0a.", NULL), /* a list that holds itself */
  PICKLE ("\x80\2}q\0(h\0h\0u.", NULL),
  PICKLE ("\x80\2}(Nu.", "is damaged"),
  PICKLE ("\x80\2(Na.", "is damaged"),
  PICKLE ("\x80\2](Ns.", "is damaged"),
  PICKLE ("\x80\2)(Ne.", "is damaged"),
  PICKLE ("\x80\2]}e.", "is damaged"),
  PICKLE ("\x80\2h\0.", "is damaged"),
  PICKLE ("\x80\2j\xff\xff\xff\xff.", "is damaged"),
  PICKLE ("\x80\2Nr\xff\xff\xff\xff.", "needs too much memory"),
  PICKLE ("\x80\2q\0.", "is damaged"),
  PICKLE ("\x80\2\x8a\11aaaaaaaaa.", "a number of more than 64 bits"),
  PICKLE ("\x80\2\x8a\0.", NULL),
  PICKLE ("\x80\2cposix\nsystem\n.", "asks for posix.system"),
  PICKLE ("\x80\2cbuiltins\neval\n.", "asks for builtins.eval"),
  PICKLE ("\x80\2c__builtin__\nexec\n.", "asks for __builtin__.exec"),
  PICKLE ("\x80\2ctorch\nload\n.", "asks for torch.load"),
  PICKLE ("\x80\2ctorch\nFloatStorage.from_file\n.", "asks for torch.FloatStorage.from_file"),
  PICKLE ("\x80\2ctorch.storage\n_load_from_bytes\n.", "asks for torch.storage._load_from_bytes"),
  PICKLE ("\x80\2ccollections\n", "is damaged"),
  PICKLE ("\x80\2c\xff\xff\nx\n.", "is damaged"),
  PICKLE ("\x80\2ca\x1b[2J\nb\n.", "asks for a?[2J.b"),
  PICKLE ("\x80\4\x8c\2os\x8c\6system\x93.", "asks for os.system"),
  PICKLE ("\x80\4K\1K\1\x93.", "is damaged"),
  PICKLE ("\x80\4\x95\0\0\0\0\0\0\0\0]\x94.", NULL),
  PICKLE ("\x80\2(X\2\0\0\0idios\nsystem\n.", "pickle operation 0x69"),        /* INST */
  PICKLE ("\x80\2ccollections\nOrderedDict\n)\x81.", "pickle operation 0x81"), /* NEWOBJ */
  PICKLE ("\x80\2\x82\1.", "pickle operation 0x82"),                           /* EXT1 */
  PICKLE ("\x80\2I1\n.", "pickle operation 0x49"),
  PICKLE ("\x80\2P0\n.", "pickle operation 0x50"), /* PERSID */
  PICKLE ("\x80\2N0.", "pickle operation 0x30"),   /* POP */
  PICKLE ("\x80\2N)R.", "is damaged"),
  PICKLE ("\x80\2ccollections\nOrderedDict\nNR.", "is damaged"),
  PICKLE ("\x80\2ccollections\nOrderedDict\n](N\x85tR.", "is damaged"),
  PICKLE ("\x80\2ccollections\nOrderedDict\n]\x85R.", "uses collections.OrderedDict in an unknown"),
  PICKLE ("\x80\2ctorch\nFloatStorage\n)R.", "uses torch.FloatStorage in an unknown way"),
  PICKLE ("\x80\2ctorch._utils\n_rebuild_parameter\n)R.",
          "uses torch._utils._rebuild_parameter in"),
  PICKLE ("\x80\2ctorch._utils\n_rebuild_tensor_v2\n)R.", "is damaged"),
  PICKLE ("\x80\2)}b.", "is damaged"),
  PICKLE ("\x80\2}Nb.", "is damaged"),
  PICKLE ("\x80\2}}b.", NULL),
  PICKLE ("\x80\2NQ.", "is damaged"),
  PICKLE ("\x80\2)Q.", "is damaged"),
  PICKLE ("\x80\2(X\7\0\0\0storageccollections\nOrderedDict\nX\1\0\0\0"
          "0NK\1tQ.",
          "is damaged"),
  PICKLE ("\x80\2(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0"
          "0NJ\xff\xff\xff\xfftQ.",
          "is damaged"),
  PICKLE (REBUILD "K\0K\x10\x85K\1\x85" END, NULL),
  PICKLE (REBUILD "K\0K\4K\4\x86K\1K\4\x86" END, NULL),
  PICKLE (REBUILD "K\0))" END, NULL),
  PICKLE (REBUILD "K\xffK\0\x85K\1\x85" END, NULL), /* empty: nothing is read */
  PICKLE (REBUILD "K\1K\x10\x85K\1\x85" END, "larger than its storage"),
  PICKLE (REBUILD "K\0K\x11\x85K\1\x85" END, "larger than its storage"),
  PICKLE (REBUILD "K\0K\2\x85K\x10\x85" END, "larger than its storage"),
  PICKLE (REBUILD "K\x10))" END, "larger than its storage"),
  PICKLE (REBUILD "K\0K\2\x85\x8a\10\xff\xff\xff\xff\xff\xff\xff\x7f\x85" END, "larger than its"),
  PICKLE (REBUILD "\x8a\10\xff\xff\xff\xff\xff\xff\xff\x7fK\3\x85\x8a\10\xff\xff\xff\xff\xff\xff"
                  "\xff\x7f\x85" END,
          "larger than its storage"),
  PICKLE (REBUILD "K\0\x8a\10\0\0\0\0\0\0\0\x40K\4\x86K\0K\0\x86" END, "larger than its storage"),
  PICKLE (REBUILD "K\0K\2\x85J\xff\xff\xff\xff\x85" END, "is damaged"),
  PICKLE (REBUILD "K\0J\xff\xff\xff\xff\x85K\1\x85" END, "is damaged"),
  PICKLE (REBUILD "J\xff\xff\xff\xffK\1\x85K\1\x85" END, "is damaged"),
  PICKLE (REBUILD "K\0K\1\x85K\1K\1\x86" END, "is damaged"),
  PICKLE (REBUILD "K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1t(K\1K\1K\1K\1K\1K\1K\1K\1K\1t" END,
          "more than 8 dimensions"),
  PICKLE (REBUILD "K\0N\x85N\x85" END, "is damaged"),
#undef PICKLE
};

static void
test_pickles (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (pickles); i++)
    {
      g_autofree char *fault = NULL;
      g_autoptr (P3mPickle) pickle
          = p3m_pickle_read ((const guint8 *) pickles[i].bytes, pickles[i].length, &fault);
      if (pickles[i].why)
        {
          g_assert_null (pickle);
          if (!strstr (fault, pickles[i].why))
            g_error ("pickle %d: %s instead of %s", (int) i, fault, pickles[i].why);
        }
      else
        {
          if (!pickle)
            g_error ("pickle %d: %s", (int) i, fault);
          g_assert_cmpuint (pickle->used, ==, pickles[i].length);
        }
    }
}

/* One operation over and over: ends by a cap, not by the machine's memory. */
static void
test_floods (void)
{
  static const struct
  {
    const char *start, *again;
  } floods[] = {
    { "\x80\2", "(" },
    { "\x80\2", "N" },
    { "\x80\2", "]" },
    { "\x80\2]", "Na" },
    { "\x80\2]", "(e" },
    { "\x80\2", ")\x85" },
    { "\x80\2]q\1", "h\1h\1h\1h\1h\1h\1h\1h\1((((tttt" },
    { "\x80\2}", "NNs" },
    { "\x80\2", "N\x94" },
    { "\x80\2", "}(N" },
    { "\x80\2N", "\x85" },
  };
  const gsize size = 1 << 22;
  g_autofree guint8 *bytes = g_malloc (size);
  for (gsize i = 0; i < G_N_ELEMENTS (floods); i++)
    {
      g_autofree char *fault = NULL;
      gsize length = strlen (floods[i].start);
      const gsize step = strlen (floods[i].again);
      memcpy (bytes, floods[i].start, length);
      for (; length + step <= size; length += step)
        memcpy (bytes + length, floods[i].again, step);
      g_assert_null (p3m_pickle_read (bytes, length, &fault));
      g_test_message ("%s", fault);
      g_assert_true (strstr (fault, "too much memory") || strstr (fault, "too deeply")
                     || strstr (fault, "is cut off"));
    }
}

/* ---- hostile files ------------------------------------------------------------------------ */

static void
test_storage_length (void)
{
  static const char pickle[]
      = "\x80\2}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\0K\x10\x85K\1\x85\x89"
        "ccollections\nOrderedDict\n)RtRs.";
  g_autofree char *path = temporary_path ("small.pth");
  const guint8 zeros[100] = { 0 };
  torch_write_zip (path, (const guint8 *) pickle, sizeof pickle - 1, zeros, 64);
  check_refused (path, "tensor resnet.conv1.weight is missing");
  torch_write_zip (path, (const guint8 *) pickle, sizeof pickle - 1, zeros, 63);
  check_refused (path, "its storage 0 has not the length that its description says");
  torch_write_zip (path, (const guint8 *) pickle, sizeof pickle - 1, zeros, 68);
  check_refused (path, "its storage 0 has not the length that its description says");
  torch_write_zip (path, (const guint8 *) "\x80\2N.", 4, zeros, 4);
  check_refused (path, "it has no tensors");
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  check_refused (path, "it was not written by PyTorch");
  g_assert_true (g_file_set_contents (path, "PK\3\4 and no more", -1, NULL));
  check_refused (path, "it is cut off or damaged");
  g_unlink (path);
}

static void
test_wrong_network (void)
{
  g_autofree char *path = temporary_path ("wrong.pth");
  const TorchOptions odd = { 3 }, other = { 4, .prefix = "student." };
  torch_write_checkpoint (path, &odd);
  check_refused (path, "tensor resnet.conv1.weight has the shape 3x3x7x7, which no width");
  torch_write_checkpoint (path, &other);
  check_refused (path, "tensor resnet.conv1.weight is missing");
  g_unlink (path);
}

/* Reads every tensor of what is left of a file: only that nothing crashes is asked. */
static gboolean
read_all (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (P3mCheckpoint) checkpoint = p3m_checkpoint_open (path, &error);
  g_assert_true ((checkpoint == NULL) == (error != NULL));
  for (guint i = 0; checkpoint && i < checkpoint->names->len; i++)
    {
      const char *name = g_ptr_array_index (checkpoint->names, i);
      const P3mPickleTensor *tensor = g_hash_table_lookup (checkpoint->tensors, name);
      if (tensor->storage->dtype > P3M_DTYPE_F64 || tensor->length > 1 << 20)
        continue;
      g_autofree float *values = g_new (float, MAX (tensor->length, 1));
      p3m_checkpoint_read (checkpoint, tensor, values, NULL);
    }
  return checkpoint != NULL;
}

static void
mutate (GRand *rand, GByteArray *bytes)
{
  static const guint8 operations[]
      = "().GJKMNQRUX]abcehjqrstu}\x80\x85\x86\x87\x88\x8a\x93\x94\x95";
  const guint place = g_rand_int_range (rand, 0, bytes->len);
  const guint wish = g_rand_int_range (rand, 1, 20);
  const guint length = MIN (bytes->len - place, wish);
  switch (g_rand_int_range (rand, 0, 4))
    {
    case 0:
      bytes->data[place] = g_rand_int_range (rand, 0, 256);
      break;
    case 1:
      bytes->data[place] = operations[g_rand_int_range (rand, 0, sizeof operations - 1)];
      break;
    case 2:
      if (length < bytes->len)
        g_byte_array_remove_range (bytes, place, length);
      break;
    default:
      {
        g_autofree guint8 *copy = g_memdup2 (bytes->data + place, length);
        g_byte_array_append (bytes, copy, length);
        const guint to = g_rand_int_range (rand, 0, bytes->len - length + 1);
        memmove (bytes->data + to + length, bytes->data + to, bytes->len - length - to);
        memcpy (bytes->data + to, copy, length);
      }
    }
}

static void
test_mutations (gconstpointer data)
{
  g_autofree char *source = tensors_get_oracle_path (data);
  g_autofree char *path = temporary_path ("mutant.pth");
  g_autofree char *bytes = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (1812);
  gsize length;
  int read = 0;
  if (!source)
    return;
  g_assert_true (g_file_get_contents (source, &bytes, &length, NULL));
  for (int i = 0; i < MUTANTS; i++)
    {
      g_autoptr (GByteArray) mutant = g_byte_array_new ();
      g_byte_array_append (mutant, (const guint8 *) bytes, length);
      for (int count = g_rand_int_range (rand, 1, 4); count > 0; count--)
        mutate (rand, mutant);
      g_assert_true (g_file_set_contents_full (path, (char *) mutant->data, mutant->len,
                                               G_FILE_SET_CONTENTS_NONE, 0600, NULL));
      read += read_all (path);
    }
  g_test_message ("%d of %d mutants can still be read", read, MUTANTS);
  g_unlink (path);
}

/* The same inside the pickle of a zip file, whose checksums would hide most of it. */
static void
test_pickle_mutations (void)
{
  static const char pickle[]
      = "\x80\2}(X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n(" STORAGE
        "K\0K\2K\4\x86K\4K\1\x86\x89"
        "ccollections\nOrderedDict\n)RtR"
        "X\1\0\0\0bctorch._utils\n_rebuild_tensor_v2\n(" STORAGE "K\1(K\2K\2K\3t(K\1K\3K\5t\x89"
        "ccollections\nOrderedDict\n)RtRu.";
  g_autofree char *path = temporary_path ("mutant.pth");
  g_autoptr (GRand) rand = g_rand_new_with_seed (1936);
  const guint8 zeros[64] = { 0 };
  int read = 0;
  torch_write_zip (path, (const guint8 *) pickle, sizeof pickle - 1, zeros, 64);
  g_assert_true (read_all (path));
  for (int i = 0; i < MUTANTS; i++)
    {
      g_autoptr (GByteArray) mutant = g_byte_array_new ();
      g_byte_array_append (mutant, (const guint8 *) pickle, sizeof pickle - 1);
      for (int count = g_rand_int_range (rand, 1, 3); count > 0; count--)
        mutate (rand, mutant);
      torch_write_zip (path, mutant->data, mutant->len, zeros, 64);
      read += read_all (path);
    }
  g_test_message ("%d of %d mutants can still be read", read, MUTANTS);
  g_unlink (path);
}

static void
add_tests (void)
{
  static const char *const files[]
      = { "checkpoints/zip_bare.pth", "checkpoints/zip_module_prefix.pth",
          "checkpoints/zip_parameters.pth", "checkpoints/zip_state_dict.pth",
          "checkpoints/legacy_state_dict.pth" };
  static const Refusal refusals[] = {
    { "checkpoints/evil_reduce.pth", "asks for posix.system" },
    { "checkpoints/evil_reduce_legacy.pth", "asks for posix.system" },
    { "checkpoints/truncated.pth", "it is cut off or damaged" },
    { "checkpoints/short_storage.pth", "its storage 0 has not the length" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *name
          = g_strdup_printf ("/checkpoint/reference/%s", strchr (files[i], '/') + 1);
      g_test_add_data_func (name, files[i], test_reference);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *name
          = g_strdup_printf ("/checkpoint/refused/%s", strchr (refusals[i].file, '/') + 1);
      g_test_add_data_func (name, refusals + i, test_refused);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (variants); i++)
    {
      g_autofree char *name = g_strdup_printf ("/checkpoint/import/%s", variants[i].name);
      g_test_add_data_func (name, variants + i, test_import);
    }
}

int
main (int argc, char **argv)
{
  folder = g_dir_make_tmp ("p3m-checkpoint-XXXXXX", NULL);
  g_setenv ("XDG_DATA_HOME", folder, TRUE); /* before GLib reads it */
  g_test_init (&argc, &argv, NULL);
  add_tests ();
  g_test_add_func ("/checkpoint/published-size", test_published_size);
  g_test_add_func ("/checkpoint/replace", test_replace);
  g_test_add_func ("/checkpoint/cancel", test_cancel);
  g_test_add_func ("/checkpoint/unwritable", test_unwritable);
  g_test_add_func ("/checkpoint/pickles", test_pickles);
  g_test_add_func ("/checkpoint/floods", test_floods);
  g_test_add_func ("/checkpoint/storage-length", test_storage_length);
  g_test_add_func ("/checkpoint/wrong-network", test_wrong_network);
  g_test_add_func ("/checkpoint/pickle-mutations", test_pickle_mutations);
  g_test_add_data_func ("/checkpoint/mutations/zip", "checkpoints/zip_module_prefix.pth",
                        test_mutations);
  g_test_add_data_func ("/checkpoint/mutations/legacy", "checkpoints/legacy_state_dict.pth",
                        test_mutations);
  const int failed = g_test_run ();
  g_autofree char *models = model_path (""), *p3m = temporary_path ("p3m");
  g_rmdir (models);
  g_rmdir (p3m);
  g_rmdir (folder);
  g_free (folder);
  return failed;
}
