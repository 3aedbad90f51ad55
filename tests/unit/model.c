/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Model files: what is written is read back, and whatever is not exact is refused by name. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formula.h"
#include "model/dtype.h"
#include "model/layout.h"
#include "model/safetensors.h"
#include "model/weights.h"
#include "tensors.h"

static char *folder; /* temporary, for all tests of the process */

static char *
temporary_path (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

/* ---- layout ------------------------------------------------------------------------------- */

static void
check_shape (const P3mLayout *layout, const char *name, JsonArray *shape)
{
  const int index = p3m_layout_find (layout, name);
  if (index < 0)
    g_error ("the layout has no %s", name);
  const P3mLayoutTensor *tensor = p3m_layout_get (layout, index);
  g_assert_cmpint (tensor->rank, ==, json_array_get_length (shape));
  for (int i = 0; i < tensor->rank; i++)
    g_assert_cmpint (tensor->shape[i], ==, json_array_get_int_element (shape, i));
}

static void
test_layout (void)
{
  g_autofree char *path = tensors_get_oracle_path ("shapes.json");
  if (!path)
    return;
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_assert_true (json_parser_load_from_file (parser, path, NULL));
  JsonObject *shapes = json_node_get_object (json_parser_get_root (parser));
  g_autoptr (P3mLayout) layout = p3m_layout_new (P3M_LAYOUT_PUBLISHED_CHANNELS);
  g_autoptr (GList) names = json_object_get_members (shapes);
  guint needed = 0;
  for (GList *i = names; i; i = i->next)
    if (!p3m_layout_is_ignored (i->data))
      {
        check_shape (layout, i->data, json_object_get_array_member (shapes, i->data));
        needed++;
      }
  g_assert_cmpuint (layout->tensors->len, ==, needed);
}

/* Every even width is a network: nothing in it is empty or halved with a rest. */
static void
test_layout_widths (void)
{
  for (int channels = 2; channels <= P3M_LAYOUT_MAX_CHANNELS; channels += 2)
    {
      g_autoptr (P3mLayout) layout = p3m_layout_new (channels);
      g_assert_cmpuint (g_hash_table_size (layout->index), ==, layout->tensors->len);
      for (guint i = 0; i < layout->tensors->len; i++)
        g_assert_cmpuint (p3m_layout_get (layout, i)->length, >, 0);
      const P3mLayoutTensor *joined
          = p3m_layout_get (layout, p3m_layout_find (layout, "tfi_0.conv1.weight"));
      g_assert_cmpuint (joined->shape[1], ==, 3 * channels / 2);
    }
}

/* ---- numbers ------------------------------------------------------------------------------ */

static guint16 all_halves[65536];
static float plain[65536], fast[65536];

static void
test_half (void)
{
  p3m_half_to_float_plain (all_halves, 65536, plain);
  for (int i = 0; i < 65536; i++)
    {
      const int exponent = (i >> 10) & 31, mantissa = i & 1023;
      const double size = exponent ? ldexp (1024 + mantissa, exponent - 25) : ldexp (mantissa, -24);
      g_assert_cmpint (!!signbit (plain[i]), ==, i >> 15);
      if (exponent < 31)
        g_assert_cmpfloat (fabs ((double) plain[i]), ==, size);
      else
        g_assert_cmpint (mantissa ? isnan (plain[i]) : isinf (plain[i]), !=, 0);
      g_assert_cmpint (p3m_dtype_is_finite (P3M_DTYPE_F16, all_halves + i, 1), ==, exponent < 31);
    }
  if (!p3m_half_has_fast ())
    {
      g_test_skip ("this processor has no F16C");
      return;
    }
  p3m_half_to_float_fast (all_halves, 65536, fast);
  for (int i = 0; i < 65536; i++)
    if (!isnan (plain[i]))
      g_assert_cmpmem (plain + i, 4, fast + i, 4);
    else
      g_assert_true (isnan (fast[i]));
}

static guint16 rounded_plain[65536], rounded_fast[65536];

/* Every half comes back as itself; what lies between two is rounded as the writer of the formula's weights
 * rounds. */
static void
test_to_half (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1908);
  p3m_half_to_float_plain (all_halves, 65536, plain);
  p3m_float_to_half_plain (plain, 65536, rounded_plain);
  for (int i = 0; i < 65536; i++)
    if (!isnan (plain[i]))
      g_assert_cmpuint (rounded_plain[i], ==, i);
    else
      g_assert_cmpuint (rounded_plain[i] & 0x7e00, ==, 0x7e00);
  for (int i = 0; i < 65536; i++)
    if (i % 3 == 0 || (i & 0x7fff) >= 0x7bff) /* scattered; else the middle of two neighbours */
      plain[i] = ldexpf (g_rand_double_range (rand, -1, 1), g_rand_int_range (rand, -30, 20));
    else
      plain[i] += (plain[i] - plain[i ^ 1]) * 0.5f;
  p3m_float_to_half_plain (plain, 65536, rounded_plain);
  for (int i = 0; i < 65536; i++)
    g_assert_cmpuint (rounded_plain[i], ==, formula_to_half (plain[i]));
  if (!p3m_half_has_fast ())
    {
      g_test_skip ("this processor has no F16C");
      return;
    }
  p3m_float_to_half_fast (plain, 65536, rounded_fast);
  g_assert_cmpmem (rounded_fast, sizeof rounded_fast, rounded_plain, sizeof rounded_plain);
}

/* A fault is seen at every position of every format, and its neighbours raise no alarm. */
static void
test_finite (void)
{
  static const struct
  {
    P3mDtype dtype;
    gsize size;
    guint32 good, bad[3];
  } cases[] = {
    { P3M_DTYPE_F16, 2, 0xfbff, { 0x7c00, 0xfc00, 0x7e01 } },
    { P3M_DTYPE_BF16, 2, 0xff7f, { 0x7f80, 0xff80, 0x7f81 } },
    { P3M_DTYPE_F32, 4, 0xff7fffff, { 0x7f800000, 0xff800000, 0x7fc00001 } },
  };
  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++)
    for (gsize count = 0; count < 20; count++)
      {
        guint8 data[1 + 20 * 4]; /* from an odd address */
        for (gsize i = 0; i < count; i++)
          memcpy (data + 1 + i * cases[c].size, &cases[c].good, cases[c].size);
        g_assert_true (p3m_dtype_is_finite (cases[c].dtype, data + 1, count));
        for (gsize i = 0; i < 3 * count; i++)
          {
            guint8 *place = data + 1 + (i / 3) * cases[c].size;
            memcpy (place, &cases[c].bad[i % 3], cases[c].size);
            g_assert_false (p3m_dtype_is_finite (cases[c].dtype, data + 1, count));
            memcpy (place, &cases[c].good, cases[c].size);
          }
      }
}

/* ---- round trip --------------------------------------------------------------------------- */

static void
check_value (const char *dtype, float value, float expected)
{
  if (g_str_equal (dtype, "F32"))
    g_assert_cmpfloat (value, ==, expected);
  else if (g_str_equal (dtype, "F16"))
    {
      g_assert_cmpuint (formula_to_half (value), ==, formula_to_half (expected));
      g_assert_cmpfloat (fabsf (value - expected), <=, fabsf (expected) * 0x1p-11f + 0x1p-25f);
    }
  else
    {
      g_assert_cmpuint (formula_to_bfloat16 (value), ==, formula_to_bfloat16 (expected));
      g_assert_cmpfloat (fabsf (value - expected), <=, fabsf (expected) * 0x1p-8f);
    }
}

static void
check_tensor (const P3mWeights *weights, const P3mLayoutTensor *tensor, const char *dtype)
{
  g_autofree float *values = g_new (float, tensor->length);
  g_autofree float *expected = g_new (float, tensor->length);
  g_assert_cmpuint (p3m_weights_get_length (weights, tensor->name), ==, tensor->length);
  p3m_weights_read (weights, tensor->name, values);
  formula_fill (tensor->name, tensor->rank, tensor->shape, expected);
  for (gsize i = 0; i < tensor->length; i++)
    check_value (dtype, values[i], expected[i]);
}

typedef struct
{
  int channels;
  const char *dtype;
} Trip;

static void
test_round_trip (gconstpointer data)
{
  const Trip *trip = data;
  g_autofree char *path = temporary_path ("trip.safetensors");
  g_autoptr (P3mLayout) layout = p3m_layout_new (trip->channels);
  g_autoptr (GError) error = NULL;
  formula_write_model (path, trip->channels, trip->dtype);
  const gint64 start = g_get_monotonic_time ();
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, &error);
  g_assert_no_error (error);
  g_test_message ("%d channels, %s: read and checked in %.3f s", trip->channels, trip->dtype,
                  (g_get_monotonic_time () - start) * 1e-6);
  g_assert_cmpint (p3m_weights_get_channels (weights), ==, trip->channels);
  g_assert_cmpuint (p3m_weights_get_length (weights, "resnet.fc.weight"), ==, 0);
  for (guint i = 0; i < layout->tensors->len; i++)
    check_tensor (weights, p3m_layout_get (layout, i), trip->dtype);
  const P3mModelInfo *info = p3m_weights_get_info (weights);
  g_assert_cmpstr (info->id, ==, "trip");
  g_assert_cmpstr (info->license, ==, "CC0-1.0");
  g_assert_cmpstr (info->trained_on, ==, "nothing");
  g_assert_cmpstr (info->card, ==, "");
  g_assert_cmpfloat (info->width, ==, trip->channels / 64.0);
  g_assert_cmpint (info->size, ==, 0);
  g_assert_null (info->problem);
  g_unlink (path);
}

/* ---- broken files ------------------------------------------------------------------------- */

/* A sound little model, taken apart. */
typedef struct
{
  char *header;
  guint8 *data;
  gsize data_length;
} Parts;

static Parts
make_parts (void)
{
  g_autofree char *path = temporary_path ("sound.safetensors");
  g_autofree char *bytes = NULL;
  gsize length;
  guint64 header_length;
  Parts parts;
  formula_write_model (path, 2, "F32");
  g_assert_true (g_file_get_contents (path, &bytes, &length, NULL));
  memcpy (&header_length, bytes, 8);
  parts.header = g_strndup (bytes + 8, header_length);
  parts.data_length = length - 8 - header_length;
  parts.data = g_memdup2 (bytes + 8 + header_length, parts.data_length);
  g_unlink (path);
  return parts;
}

static void
clear_parts (Parts *parts)
{
  g_free (parts->header);
  g_free (parts->data);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Parts, clear_parts)

static void
write_file (const char *path, const char *header, gsize header_length, const guint8 *data,
            gsize data_length)
{
  const guint64 length = header_length;
  FILE *file = fopen (path, "wb");
  g_assert_nonnull (file);
  fwrite (&length, 8, 1, file);
  fwrite (header, 1, header_length, file);
  if (data)
    fwrite (data, 1, data_length, file);
  g_assert_cmpint (fclose (file), ==, 0);
}

/* The file must be refused with a sentence that names it and has `why` in it. */
static void
check_refused (const char *path, GQuark domain, int code, const char *why)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, &error);
  g_assert_null (weights);
  g_test_message ("%s", error->message);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_nonnull (strstr (error->message, why));
  g_autoptr (P3mModelInfo) info = p3m_weights_inspect (path);
  g_assert_cmpstr (info->path, ==, path);
}

static void
check_bytes_refused (const char *header, gsize header_length, const guint8 *data, gsize data_length,
                     const char *why)
{
  g_autofree char *path = temporary_path ("broken.safetensors");
  write_file (path, header, header_length, data, data_length);
  check_refused (path, P3M_ERROR, P3M_ERROR_BAD_MODEL, why);
  g_unlink (path);
}

static char *
replace (const char *text, const char *find, const char *by)
{
  const char *place = strstr (text, find);
  if (!place)
    g_error ("the header has no %s", find);
  return g_strdup_printf ("%.*s%s%s", (int) (place - text), text, by, place + strlen (find));
}

static const struct
{
  const char *find, *by, *why;
} edits[] = {
  { "{", "", "its header is not JSON" },
  { "{", "/* \" */{", "its header is not JSON" },
  { "{", "a = {", "its header is not JSON" },
  { "}}", "}", "its header is not JSON" },
  { "}}", "}]", "its header is not JSON" },
  { "{", "\xff{", "its header is not text" },
  { "\"resnet.bn1.bias\"", "\"resnet.bn1.weight\"", "its header names resnet.bn1.weight twice" },
  { "\"resnet.bn1.bias\"", "\"resnet.bn1.w\\u0065ight\"",
    "its header names resnet.bn1.weight twice" },
  { "\"shape\"", "\"dtype\":\"F16\",\"shape\"", "its header names dtype twice" },
  { "\"p3m.name\"", "\"p3m.width\"", "its header names p3m.width twice" },
  { "\"decoder4_g.0.weight\"", "\"resnet.fc.weight\"", "tensor decoder4_g.0.weight is missing" },
  { "\"resnet.conv1.weight\"", "\"resnet.fc.weight\"", "tensor resnet.conv1.weight is missing" },
  { "\"resnet.bn1.weight\":{", "\"resnet.bn1.weight\":7,\"x\":{",
    "tensor resnet.bn1.weight has no description" },
  { "\"tfi_0.bn1.bias\":{\"dtype\":\"F32\"", "\"tfi_0.bn1.bias\":{\"dtype\":\"I32\"",
    "the numbers of tensor tfi_0.bn1.bias are not F32, F16 or BF16" },
  { "\"tfi_0.bn1.bias\":{\"dtype\":\"F32\"", "\"tfi_0.bn1.bias\":{\"dtype\":\"F8_E5M2\"",
    "tensor tfi_0.bn1.bias has an unknown number format" },
  { "\"tfi_0.bn1.bias\":{\"dtype\":\"F32\"", "\"tfi_0.bn1.bias\":{\"dtype\":32",
    "tensor tfi_0.bn1.bias has an unknown number format" },
  { "\"tfi_0.bn1.bias\":{\"dtype\":\"F32\"", "\"tfi_0.bn1.bias\":{\"dtype\":\"F16\"",
    "tensor tfi_0.bn1.bias has a size that does not fit its shape" },
  { "[2,3,7,7]", "[3,2,7,7]",
    "tensor resnet.conv1.weight has the shape 3x2x7x7, which no width of the network has" },
  { "[2,3,7,7]", "[294]", "resnet.conv1.weight has the shape 294, which no width" },
  { "\"tfi_3.transform.weight\":{\"dtype\":\"F32\",\"shape\":[4,8,1,1]",
    "\"tfi_3.transform.weight\":{\"dtype\":\"F32\",\"shape\":[8,4,1,1]",
    "tensor tfi_3.transform.weight has the shape 8x4x1x1 instead of 4x8x1x1" },
  { "[1,2,3,3]", "[1,18]", "decoder_final_l.weight has the shape 1x18 instead of 1x2x3x3" },
  { "[2,3,7,7]", "[2,3,7,-7]", "tensor resnet.conv1.weight has no proper shape" },
  { "[2,3,7,7]", "[2,3,7,7.0]", "tensor resnet.conv1.weight has no proper shape" },
  { "[2,3,7,7]", "[2,3,7,\"7\"]", "tensor resnet.conv1.weight has no proper shape" },
  { "[2,3,7,7]", "[2,3,7,[7]]", "its header is nested too deeply" },
  { "[2,3,7,7]", "7", "tensor resnet.conv1.weight has no proper shape" },
  { "[2,3,7,7]", "[2,1,1,1,1,1,1,3,49]", "tensor resnet.conv1.weight has no proper shape" },
  { "[2,3,7,7]", "[4294967296,4294967296,7,7]", "tensor resnet.conv1.weight is impossibly large" },
  { "[2,3,7,7]", "[4611686018427387904]", "tensor resnet.conv1.weight is impossibly large" },
  /* what the parser makes of more than 64 bits depends on its version; none makes something sound of it */
  { "[2,3,7,7]", "[99999999999999999999999]", "tensor resnet.conv1.weight " },
  { "[2,3,7,7]", "[9223372036854775807]", "tensor resnet.conv1.weight is impossibly large" },
  { "[0,1176]", "[1176,0]", "tensor resnet.conv1.weight has no proper place in the file" },
  { "[0,1176]", "[0]", "tensor resnet.conv1.weight has no proper place in the file" },
  { "[0,1176]", "[0,1176,1176]", "tensor resnet.conv1.weight has no proper place in the file" },
  { "[0,1176]", "[0,18446744073709551615]", "tensor resnet.conv1.weight " },
  { "[0,1176]", "[9223372036854774631,9223372036854775807]", "there is a gap before tensor" },
  { "[0,1176]", "[8,1184]", "there is a gap before tensor resnet.conv1.weight" },
  { "[1176,1184]", "[1172,1180]", "tensor resnet.bn1.weight overlaps another one" },
  { "}}", "},\"stranger\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}",
    "tensor stranger does not belong to the network" },
  { "\"p3m-net-resnet34\"", "\"u-net\"", "its p3m.architecture is u-net, not p3m-net-resnet34" },
  { "\"p3m.width\":\"0.03125\"", "\"p3m.width\":\"1\"",
    "its p3m.width is 1, but its tensors have the width 0.03125" },
  { "\"p3m.width\":\"0.03125\"", "\"p3m.width\":\"0.03125x\"", "its p3m.width is 0.03125x" },
  { "\"p3m.width\":\"0.03125\"", "\"p3m.width\":0.03125", "its metadata p3m.width is not a text" },
  { "\"p3m.name\"", "\"p3m.size\":\"big\",\"p3m.name\"", "its p3m.size is big, not a number" },
  { "\"p3m.name\"", "\"p3m.size\":\"7\",\"p3m.name\"", "its p3m.size is 7, not a number" },
  { "{\"__metadata__\":{", "{\"__metadata__\":[],\"x\":{", "its metadata is not a list of texts" },
};

static void
test_broken_header (void)
{
  g_auto (Parts) parts = make_parts ();
  for (gsize i = 0; i < G_N_ELEMENTS (edits); i++)
    {
      g_autofree char *header = NULL;
      if (g_str_equal (edits[i].find, "}}"))
        {
          g_autofree char *start
              = g_strndup (parts.header, strrchr (parts.header, '}') - parts.header - 1);
          header = g_strconcat (start, edits[i].by, NULL);
        }
      else
        header = replace (parts.header, edits[i].find, edits[i].by);
      check_bytes_refused (header, strlen (header), parts.data, parts.data_length, edits[i].why);
    }
}

static void
test_broken_metadata_length (void)
{
  g_auto (Parts) parts = make_parts ();
  g_autofree char *name = g_strnfill (5000, 'n');
  g_autofree char *header = replace (parts.header, "Formula 2", name);
  check_bytes_refused (header, strlen (header), parts.data, parts.data_length,
                       "its metadata p3m.name is too long");
}

static void
test_broken_whole_header (void)
{
  static const struct
  {
    const char *header, *why;
  } cases[] = {
    { "", "its header is not JSON" },
    { "   ", "its header is not JSON" },
    { "[]", "its header is not a list of tensors" },
    { "{}\"\"", "its header is not JSON" },
    { "3", "its header is not a list of tensors" },
    { "{}", "tensor resnet.conv1.weight is missing" },
    { "{} {}", "its header is not JSON" },
    { "nonsense", "its header is not JSON" },
    { "{\"__metadata__\":{\"p3m.size\":null}}", "its metadata p3m.size is not a text" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check_bytes_refused (cases[i].header, strlen (cases[i].header), NULL, 0, cases[i].why);
  g_autofree char *deep = g_strnfill (1000000, '[');
  check_bytes_refused (deep, 1000000, NULL, 0, "its header is nested too deeply");
  check_bytes_refused ("{}\0{}", 5, NULL, 0, "its header is not text");
}

static void
test_broken_numbers (void)
{
  static const struct
  {
    const char *tensor;
    guint32 bits;
    const char *why;
  } cases[] = {
    { "decoder1_l.3.weight", 0x7fc00000, "tensor decoder1_l.3.weight holds an infinite value" },
    { "decoder_final_l.bias", 0x7f800000, "tensor decoder_final_l.bias holds an infinite value" },
    { "resnet.conv1.weight", 0xff800000, "tensor resnet.conv1.weight holds an infinite value" },
    { "dbfi_1.bn1.running_var", 0, "tensor dbfi_1.bn1.running_var holds a variance that is not" },
    { "tfi_3.bn1.running_var", 0xbf800000, "tensor tfi_3.bn1.running_var holds a variance that" },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Parts) parts = make_parts ();
      g_autofree char *key = g_strdup_printf ("\"%s\":", cases[i].tensor);
      const char *place = strstr (strstr (parts.header, key), "data_offsets");
      const gsize end = g_ascii_strtoull (strchr (place, ',') + 1, NULL, 10);
      memcpy (parts.data + end - 4, &cases[i].bits, 4);
      check_bytes_refused (parts.header, strlen (parts.header), parts.data, parts.data_length,
                           cases[i].why);
    }
}

static void
test_broken_length (void)
{
  g_auto (Parts) parts = make_parts ();
  const gsize header_length = strlen (parts.header);
  g_autofree char *path = temporary_path ("short.safetensors");
  g_autofree guint8 *longer = g_malloc0 (parts.data_length + 5);
  memcpy (longer, parts.data, parts.data_length);
  check_bytes_refused (parts.header, header_length, longer, parts.data_length + 5,
                       "5 bytes follow the last tensor");
  check_bytes_refused (parts.header, header_length, parts.data, parts.data_length - 3,
                       "it is cut off: 3 bytes are missing");
  check_bytes_refused (parts.header, header_length, parts.data, 0, "it is cut off");
  write_file (path, parts.header, header_length, NULL, 0);
  for (gsize length = 0; length < 8 + header_length; length += length < 9 ? 1 : header_length / 7)
    {
      g_assert_cmpint (truncate (path, 8 + header_length), ==, 0);
      g_assert_cmpint (truncate (path, length), ==, 0);
      check_refused (path, P3M_ERROR, P3M_ERROR_BAD_MODEL,
                     length == 0  ? "it is empty"
                     : length < 8 ? "it is too short for a safetensors file"
                                  : "its header is cut off, or it is no safetensors file");
      write_file (path, parts.header, header_length, NULL, 0);
    }
  g_unlink (path);
}

static void
test_broken_header_length (void)
{
  static const guint64 lengths[] = { G_MAXUINT64, G_MAXINT64, (guint64) 1 << 32, 100, 93 };
  g_autofree char *path = temporary_path ("long.safetensors");
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      guint8 bytes[100] = { 0 };
      memcpy (bytes, lengths + i, 8);
      g_assert_true (g_file_set_contents (path, (char *) bytes, sizeof bytes, NULL));
      check_refused (path, P3M_ERROR, P3M_ERROR_BAD_MODEL, "its header is cut off");
    }
  const guint64 length = 5 << 20;
  g_assert_true (g_file_set_contents (path, (const char *) &length, sizeof length, NULL));
  g_assert_cmpint (truncate (path, 6 << 20), ==, 0);
  check_refused (path, P3M_ERROR, P3M_ERROR_BAD_MODEL, "its header is longer than 4 MB");
  g_unlink (path);
}

static void
test_no_file (void)
{
  g_autofree char *missing = temporary_path ("missing.safetensors");
  g_autofree char *pipe = temporary_path ("pipe.safetensors");
  check_refused (folder, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY, "cannot be read: it is a folder");
  check_refused (missing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "cannot be read: No such file");
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  check_refused (pipe, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE,
                 "cannot be read: it is a device or a pipe");
  g_unlink (pipe);
}

static void
test_unreadable (void)
{
  g_autofree char *path = temporary_path ("locked.safetensors");
  g_assert_true (g_file_set_contents (path, "secret", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0), ==, 0);
  if (g_access (path, R_OK) == 0)
    g_test_skip ("this user may read every file");
  else
    check_refused (path, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "cannot be read: Permission");
  g_unlink (path);
}

/* What only training needs may be there, in any format and shape, and metadata may be missing. */
static void
test_extra (void)
{
  g_auto (Parts) parts = make_parts ();
  g_autofree char *path = temporary_path ("extra.safetensors");
  const char *end = strstr (parts.header, "\"resnet.conv1.weight\"");
  g_autofree char *bare = g_strconcat ("{", end, NULL);
  g_strchomp (bare);
  bare[strlen (bare) - 1] = '\0';
  g_autofree char *header = g_strdup_printf (
      "%s,\"resnet.bn1.num_batches_tracked\":{\"dtype\":\"I64\",\"shape\":[],"
      "\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]},\"dbfi_2.conv2.weight\":"
      "{\"dtype\":\"BOOL\",\"shape\":[0,7],\"data_offsets\":[1176,1176]},\"resnet.fc.bias\":{"
      "\"dtype\":"
      "\"F32\",\"shape\":[1],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}}",
      bare, parts.data_length, parts.data_length + 8, parts.data_length + 8,
      parts.data_length + 12);
  g_autofree guint8 *data = g_malloc (parts.data_length + 12);
  memset (data, 0xff, parts.data_length + 12);
  memcpy (data, parts.data, parts.data_length);
  write_file (path, header, strlen (header), data, parts.data_length + 12);
  g_autoptr (GError) error = NULL;
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (p3m_weights_get_info (weights)->name, ==, "extra");
  g_assert_cmpuint (p3m_weights_get_length (weights, "dbfi_2.conv2.weight"), ==, 0);
  g_unlink (path);
}

/* ---- mutations ---------------------------------------------------------------------------- */

static void
mutate (GRand *rand, GString *header)
{
  static const char *const tokens[] = { "{",
                                        "}",
                                        "[",
                                        "]",
                                        "\"",
                                        ",",
                                        ":",
                                        "-1",
                                        "1e999",
                                        "null",
                                        "\\u0000",
                                        "\\ud800",
                                        "9223372036854775807",
                                        "\n",
                                        "" };
  const gsize place = g_rand_int_range (rand, 0, header->len);
  const gsize wish = g_rand_int_range (rand, 1, 40);
  const gsize length = MIN (header->len - place, wish);
  g_autofree char *copy = g_strndup (header->str + place, length);
  switch (g_rand_int_range (rand, 0, 5))
    {
    case 0:
      header->str[place] ^= 1 << g_rand_int_range (rand, 0, 8);
      break;
    case 1:
      header->str[place] = '0' + g_rand_int_range (rand, 0, 10);
      break;
    case 2:
      g_string_erase (header, place, length);
      break;
    case 3:
      g_string_insert (header, g_rand_int_range (rand, 0, header->len), copy);
      break;
    default:
      g_string_insert (header, place, tokens[g_rand_int_range (rand, 0, G_N_ELEMENTS (tokens))]);
    }
}

static void
test_mutations (void)
{
  g_auto (Parts) parts = make_parts ();
  g_autoptr (GRand) rand = g_rand_new_with_seed (2104);
  g_autofree char *path = temporary_path ("mutant.safetensors");
  int sound = 0;
  for (int i = 0; i < 600; i++)
    {
      g_autoptr (GString) header = g_string_new (parts.header);
      g_autoptr (GError) error = NULL;
      for (int count = g_rand_int_range (rand, 1, 4); count > 0; count--)
        mutate (rand, header);
      write_file (path, header->str, header->len, parts.data, parts.data_length);
      g_autoptr (P3mWeights) weights = p3m_weights_load (path, &error);
      g_assert_true ((weights == NULL) == (error != NULL));
      sound += weights != NULL;
    }
  g_test_message ("%d of 600 mutants are still models", sound);
  g_assert_cmpint (sound, <, 300);
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  static const Trip trips[] = { { 2, "F32" },  { 2, "F16" },  { 2, "BF16" },  { 6, "F16" },
                                { 32, "F32" }, { 32, "F16" }, { 32, "BF16" }, { 64, "F16" } };
  g_test_init (&argc, &argv, NULL);
  for (int i = 0; i < 65536; i++)
    all_halves[i] = i;
  folder = g_dir_make_tmp ("p3m-model-XXXXXX", NULL);
  g_test_add_func ("/model/layout/published", test_layout);
  g_test_add_func ("/model/layout/widths", test_layout_widths);
  g_test_add_func ("/model/numbers/half", test_half);
  g_test_add_func ("/model/numbers/to-half", test_to_half);
  g_test_add_func ("/model/numbers/finite", test_finite);
  for (gsize i = 0; i < G_N_ELEMENTS (trips); i++)
    {
      g_autofree char *name
          = g_strdup_printf ("/model/round-trip/%d-%s", trips[i].channels, trips[i].dtype);
      g_test_add_data_func (name, trips + i, test_round_trip);
    }
  g_test_add_func ("/model/broken/header", test_broken_header);
  g_test_add_func ("/model/broken/metadata-length", test_broken_metadata_length);
  g_test_add_func ("/model/broken/whole-header", test_broken_whole_header);
  g_test_add_func ("/model/broken/numbers", test_broken_numbers);
  g_test_add_func ("/model/broken/length", test_broken_length);
  g_test_add_func ("/model/broken/header-length", test_broken_header_length);
  g_test_add_func ("/model/broken/no-file", test_no_file);
  g_test_add_func ("/model/broken/unreadable", test_unreadable);
  g_test_add_func ("/model/extra", test_extra);
  g_test_add_func ("/model/mutations", test_mutations);
  const int failed = g_test_run ();
  g_rmdir (folder);
  g_free (folder);
  return failed;
}
