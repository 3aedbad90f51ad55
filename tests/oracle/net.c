/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The network against the numbers of the reference implementation, with formula weights at full width. */
#include "net/network.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "formula.h"
#include "kernels.h"
#include "tensors.h"

/* Share of the pixels of the fusion that may be further than 1/255 off because an argmax or a pool index
 * was decided otherwise. */
#define MOST_FLIPS 1e-4

/* The same of the matting decoder alone, most of which a fusion does not show: one pool index that is
 * decided otherwise at 1/4 scale shifts some hundred pixels a little. */
#define MOST_LOCAL_FLIPS 1e-3

/* Of a tensor's standard deviation: logits and everything before them. */
#define TOLERANCE 1e-3

/* Of a tensor's standard deviation: what is one layer away from the picture. */
#define LAYER_TOLERANCE 1e-5

static P3mNet *net;

static P3mNet *
make_net (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("p3m-XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *path = g_build_filename (folder, "formula.safetensors", NULL);
  formula_write_model (path, 64, "F32");
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, &error);
  g_assert_no_error (error);
  P3mNet *made = p3m_net_new (weights, NULL, &error);
  g_assert_no_error (error);
  g_unlink (path);
  g_rmdir (folder);
  return made;
}

/* The input of the file net_HxW: [3][height][width]. */
static float *
make_input (int height, int width)
{
  const gsize count = (gsize) 3 * height * width;
  g_autofree char *name = g_strdup_printf ("input%dx%d", height, width);
  float *rgb = g_new (float, count);
  formula_uniform (name, count, rgb);
  for (gsize i = 0; i < count; i++)
    rgb[i] *= 2.0f;
  return rgb;
}

static TensorFile *
open_numbers (int height, int width)
{
  g_autofree char *name = g_strdup_printf ("net_%dx%d.safetensors", height, width);
  return tensors_open_oracle (name);
}

/* ---- one tensor --------------------------------------------------------------------------- */

static double
get_deviation (const Tensor *tensor)
{
  double sum = 0.0, squares = 0.0;
  for (gsize i = 0; i < tensor->length; i++)
    {
      sum += tensor->values[i];
      squares += (double) tensor->values[i] * tensor->values[i];
    }
  return sqrt (MAX (squares / tensor->length - pow (sum / tensor->length, 2.0), 1e-30));
}

/* The value of a [channels][height][width] array that element i of its strided tensor shows. */
static float
pick (const Tensor *tensor, gsize i, const float *values, int height, int width, int stride)
{
  const gsize columns = tensor->shape[tensor->rank - 1], rows = tensor->shape[tensor->rank - 2];
  const gsize y = i / columns % rows * stride, x = i % columns * stride;
  return values[(i / columns / rows * height + y) * width + x];
}

/* The greatest difference, in standard deviations of the tensor. */
static double
get_difference (const Tensor *tensor, const float *values, int height, int width, int stride)
{
  double worst = 0.0;
  for (gsize i = 0; i < tensor->length; i++)
    {
      const double difference
          = fabs (pick (tensor, i, values, height, width, stride) - (double) tensor->values[i]);
      worst = MAX (worst, isnan (difference) ? INFINITY : difference);
    }
  return worst / get_deviation (tensor);
}

/* ---- every module at 64 x 96 -------------------------------------------------------------- */

typedef struct
{
  TensorFile *file;
  GHashTable *seen;    /* names of modules */
  const guint8 *index; /* of the stem's pooling, [32][48][64] */
} Modules;

static void
check_module (Modules *modules, const char *module, int channels, int height, int width,
              const float *values, double tolerance)
{
  const Tensor *tensor = tensors_get (modules->file, module);
  if (!tensor)
    g_error ("the reference has no module %s", module);
  g_assert_cmpint (tensor->shape[0], ==, channels);
  g_assert_cmpint (tensor->shape[1], ==, height);
  g_assert_cmpint (tensor->shape[2], ==, width);
  const double difference = get_difference (tensor, values, height, width, 1);
  g_test_message ("%-16s %3d x %2d x %2d differs by at most %.2g of its deviation", module,
                  channels, height, width, difference);
  g_assert_cmpfloat (difference, <, tolerance);
  g_hash_table_add (modules->seen, g_strdup (module));
}

static const P3mFolded *
find_layer (const char *name)
{
  for (guint i = 0; i < net->graph->layers->len; i++)
    if (g_str_equal (p3m_graph_layer (net->graph, i)->name, name))
      return &net->layers[i];
  g_error ("there is no layer %s", name);
}

/* The run never has the full-size map of decoder_final_l before its sigmoid: made here, from the run's
 * decoder0_l, by plain kernels. */
static void
check_final (Modules *modules, int channels, int height, int width, const float *planes)
{
  const gsize pixels = (gsize) height * width;
  g_autofree float *map = g_new (float, pixels *channels);
  g_autofree float *unpooled = g_new (float, pixels * 4 * channels);
  g_autofree float *output = g_new (float, pixels * 4);
  for (gsize i = 0; i < pixels * channels; i++)
    map[i] = planes[i % channels * pixels + i / channels];
  const P3mPart part = { map, modules->index, channels };
  p3m_unpool_plain (&part, height * 2, width * 2, unpooled);
  const P3mNarrowJob job = { .narrow = &find_layer ("decoder_final_l")->narrow,
                             .input = unpooled,
                             .height = height * 2,
                             .width = width * 2,
                             .output = output };
  p3m_narrow_plain (&job);
  check_module (modules, "decoder_final_l", 1, height * 2, width * 2, output, TOLERANCE);
}

static void
on_module (const char *module, int channels, int height, int width, const float *values,
           gpointer data)
{
  check_module (data, module, channels, height, width, values,
                g_str_equal (module, "mp0") ? LAYER_TOLERANCE : TOLERANCE);
  if (g_str_equal (module, "decoder0_l"))
    check_final (data, channels, height, width, values);
}

/* The run never has e0 as a whole: made here by the plain kernel. Returns the index of its pooling. */
static guint8 *
check_stem (Modules *modules, const float *rgb, int height, int width)
{
  const P3mStem *stem = &find_layer ("resnet.conv1")->stem;
  const gsize pixels = (gsize) height * width, count = pixels * stem->outputs;
  g_autofree float *map = g_new (float, count);
  g_autofree float *planes = g_new (float, count);
  g_autofree float *pooled = g_new (float, count / 4);
  guint8 *index = g_new (guint8, count / 4);
  p3m_stem_map_plain (stem, rgb, height, width, map);
  for (gsize i = 0; i < count; i++)
    planes[i % stem->outputs * pixels + i / stem->outputs] = map[i];
  check_module (modules, "encoder0", stem->outputs, height, width, planes, LAYER_TOLERANCE);
  const P3mPoolJob job = { map, height, width, stem->outputs, pooled, index };
  p3m_pool_plain (&job);
  return index;
}

static void
test_modules (void)
{
  const int height = 64, width = 96;
  g_autoptr (TensorFile) file = open_numbers (height, width);
  if (!file)
    return;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree float *rgb = make_input (height, width);
  g_autofree float *logits = g_new (float, (gsize) 3 * height * width);
  g_autofree float *local = g_new (float, (gsize) height *width);
  Modules modules = { file, seen, NULL };
  g_autofree guint8 *index = check_stem (&modules, rgb, height, width);
  modules.index = index;
  const P3mNetOutput output = { .logits = logits, .local = local };
  g_assert_true (p3m_net_run (net, height, width, rgb, &output, 2, NULL, on_module, &modules, NULL,
                              NULL, NULL, NULL));
  GPtrArray *names = tensors_get_names (file);
  for (guint i = 0; i < names->len; i++)
    {
      const char *name = g_ptr_array_index (names, i);
      if (!g_str_equal (name, "global") && !g_str_equal (name, "local")
          && !g_str_equal (name, "fusion") && !g_hash_table_contains (seen, name))
        g_error ("the run never showed %s", name);
    }
}

/* ---- outputs at several sizes ------------------------------------------------------------- */

typedef struct
{
  int height, width;
} Size;

static const Size sizes[] = { { 32, 32 }, { 64, 96 }, { 256, 192 }, { 512, 512 }, { 1088, 800 } };

static guint8
classify (const Tensor *global, gsize pixel, gsize pixels)
{
  const float *logits = global->values + pixel;
  const int best = logits[pixels] > logits[0];
  return logits[2 * pixels] > logits[best * pixels] ? 2 : best;
}

/* Pixels of `alpha` further than 1/255 from the tensor; the rest's greatest difference goes to `worst`. */
static gsize
count_flips (const Tensor *tensor, const float *alpha, int height, int width, int stride,
             double *worst)
{
  gsize flips = 0;
  *worst = 0.0;
  for (gsize i = 0; i < tensor->length; i++)
    {
      const double difference
          = fabs (pick (tensor, i, alpha, height, width, stride) - (double) tensor->values[i]);
      if (difference <= 1.0 / 255.0)
        *worst = MAX (*worst, difference);
      else
        flips++;
    }
  return flips;
}

static void
test_outputs (gconstpointer data)
{
  const Size *size = data;
  const int height = size->height, width = size->width;
  const gsize pixels = (gsize) height * width;
  g_autoptr (TensorFile) file = open_numbers (height, width);
  if (!file)
    return;
  const Tensor *global = tensors_get (file, "global"), *local = tensors_get (file, "local");
  const int stride = tensors_get_stride (file);
  g_autofree float *rgb = make_input (height, width);
  g_autofree float *logits = g_new (float, pixels * 3);
  g_autofree guint8 *classes = g_new (guint8, pixels);
  g_autofree float *alpha = g_new (float, pixels);
  g_autofree float *fused = g_new (float, pixels);
  const P3mNetOutput output = { logits, classes, alpha, fused };
  g_assert_true (
      p3m_net_run (net, height, width, rgb, &output, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL));

  const gsize shown = local->length;
  gsize class_flips = 0;
  double worst, worst_fused;
  for (gsize i = 0; i < shown; i++)
    {
      const gsize at = i / local->shape[local->rank - 1] * stride * width
                       + i % local->shape[local->rank - 1] * stride;
      class_flips += classes[at] != classify (global, i, shown);
    }
  const double difference = get_difference (global, logits, height, width, stride);
  const gsize flips = count_flips (local, alpha, height, width, stride, &worst);
  const gsize fused_flips
      = count_flips (tensors_get (file, "fusion"), fused, height, width, stride, &worst_fused);
  g_test_message (
      "%d x %d, %" G_GSIZE_FORMAT " pixels: logits differ by at most %.2g of their "
      "deviation, %" G_GSIZE_FORMAT " classes flipped; alpha by %.2g but for %" G_GSIZE_FORMAT
      " flips; fusion by %.2g but for %" G_GSIZE_FORMAT " flips",
      height, width, shown, difference, class_flips, worst, flips, worst_fused, fused_flips);
  g_assert_cmpfloat (difference, <, TOLERANCE);
  g_assert_cmpfloat (class_flips, <=, MOST_FLIPS * shown);
  g_assert_cmpfloat (flips, <=, MOST_LOCAL_FLIPS * shown);
  g_assert_cmpfloat (fused_flips, <=, MOST_FLIPS * shown);
}

int
main (int argc, char **argv)
{
  if (kernels_are_missing ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  net = make_net ();
  g_test_add_func ("/oracle/net/modules", test_modules);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path
          = g_strdup_printf ("/oracle/net/outputs/%dx%d", sizes[i].height, sizes[i].width);
      g_test_add_data_func (path, &sizes[i], test_outputs);
    }
  const int status = g_test_run ();
  p3m_net_free (net);
  return status;
}
