/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Whole runs of small networks with formula weights: against the plain kernels, in parts, on one and two
 * threads, cancelled. */
#include "net/plan.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "formula.h"
#include "kernels.h"

typedef struct
{
  int height, width;
  float *rgb;      /* [3][height][width] */
  float *logits;   /* [3][height][width] */
  guint8 *classes; /* [height][width] */
  float *local;    /* [height][width] */
} Picture;

/* The same network, of few channels, with the fastest kernels and with those of any processor. */
static P3mNet *net, *portable;

static void
make_nets (int channels)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("p3m-XXXXXX", &error);
  g_assert_no_error (error);
  g_autofree char *path = g_build_filename (folder, "formula.safetensors", NULL);
  formula_write_model (path, channels, "F32");
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, &error);
  g_assert_no_error (error);
  net = p3m_net_new (weights, NULL, &error);
  g_assert_no_error (error);
  portable = p3m_net_new_portable (weights, &error);
  g_assert_no_error (error);
  g_unlink (path);
  g_rmdir (folder);
}

static Picture *
picture_new (int height, int width)
{
  Picture *picture = g_new (Picture, 1);
  const gsize count = (gsize) height * width;
  *picture = (Picture){ height,
                        width,
                        g_new (float, count * 3),
                        g_new0 (float, count * 3),
                        g_new0 (guint8, count),
                        g_new0 (float, count) };
  formula_uniform ("picture", count * 3, picture->rgb);
  for (gsize i = 0; i < count * 3; i++)
    picture->rgb[i] *= 2.0f;
  return picture;
}

static void
picture_free (Picture *picture)
{
  g_free (picture->rgb);
  g_free (picture->logits);
  g_free (picture->classes);
  g_free (picture->local);
  g_free (picture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Picture, picture_free)

static void
run_net (const P3mNet *which, Picture *picture, const P3mNetOutput *output, int threads)
{
  g_autoptr (GError) error = NULL;
  p3m_net_run (which, picture->height, picture->width, picture->rgb, output, threads, NULL, NULL,
               NULL, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
}

static void
run (Picture *picture, const P3mNetOutput *output, int threads)
{
  run_net (net, picture, output, threads);
}

static void
run_all (Picture *picture, int threads)
{
  const P3mNetOutput output = { picture->logits, picture->classes, picture->local };
  run (picture, &output, threads);
}

/* ---- against the plain kernels ------------------------------------------------------------ */

static void
run_plain_step (const P3mNode *node, const P3mJob *job)
{
  switch (node->op)
    {
    case P3M_OP_STEM:
      return p3m_stem_plain (&job->stem);
    case P3M_OP_POOL:
      return p3m_pool_plain (&job->pool);
    case P3M_OP_CONVOLUTION:
    case P3M_OP_UNPOOLED:
      /* the portable method has the plain twin's order of weights */
      return p3m_convolution_plain (&job->convolution, job->convolution.convolution->weights);
    case P3M_OP_UPSAMPLE:
      return p3m_upsample_plain (&job->upsample);
    case P3M_OP_NARROW:
      return p3m_narrow_plain (&job->narrow);
    case P3M_OP_CLASSES:
      return p3m_classes_plain (&job->classes);
    case P3M_OP_HEAD:
      return p3m_head_plain (&job->head);
    }
}

/* Every map in a place of its own, every step by its plain twin. */
static void
run_plain (Picture *picture)
{
  const P3mNetOutput output = { picture->logits, picture->classes, picture->local };
  g_autoptr (P3mPlan) plan = p3m_plan_new (portable, picture->height, picture->width, &output, 1);
  gsize size = 0;
  for (guint i = 0; i < portable->graph->values->len; i++)
    {
      const P3mValue *value = p3m_graph_value (portable->graph, i);
      plan->offsets[i] = size;
      size += sizeof (float) * value->channels * (picture->height >> value->shift)
              * (picture->width >> value->shift);
    }
  g_autofree char *arena = g_malloc (size);
  for (guint i = 0; i < portable->graph->nodes->len; i++)
    {
      const P3mNode *node = p3m_graph_node (portable->graph, i);
      P3mJob job;
      p3m_plan_work (plan, node, arena, picture->rgb, &job);
      run_plain_step (node, &job);
    }
}

static double
get_worst (const float *a, const float *b, gsize count)
{
  double worst = 0.0;
  for (gsize i = 0; i < count; i++)
    worst = MAX (worst, fabs ((double) a[i] - b[i]));
  return worst;
}

static void
compare_with_plain (const P3mNet *which, const char *kernels, int height, int width)
{
  g_autoptr (Picture) fast = picture_new (height, width);
  g_autoptr (Picture) plain = picture_new (height, width);
  const P3mNetOutput output = { fast->logits, fast->classes, fast->local };
  const gsize count = (gsize) height * width;
  run_net (which, fast, &output, 2);
  run_plain (plain);
  gsize flips = 0;
  for (gsize i = 0; i < count; i++)
    flips += fast->classes[i] != plain->classes[i]
             || fabsf (fast->local[i] - plain->local[i]) > 1.0f / 255.0f;
  const double logits = get_worst (fast->logits, plain->logits, count * 3);
  g_test_message (
      "%s, %dx%d: logits differ by at most %.2g, alpha by %.2g, %" G_GSIZE_FORMAT " flips", kernels,
      height, width, logits, get_worst (fast->local, plain->local, count), flips);
  g_assert_cmpfloat (logits, <, 1e-2);
  g_assert_cmpint (flips, <=, count / 1000);
}

static void
test_plain (void)
{
  static const int sizes[][2] = { { 32, 32 }, { 64, 96 }, { 160, 32 } };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      compare_with_plain (net, "fastest", sizes[i][0], sizes[i][1]);
      compare_with_plain (portable, "portable", sizes[i][0], sizes[i][1]);
    }
}

/* ---- parts, threads ----------------------------------------------------------------------- */

static void
assert_equal (const Picture *a, const Picture *b)
{
  const gsize count = (gsize) a->height * a->width;
  g_assert_cmpmem (a->logits, count * 3 * sizeof (float), b->logits, count * 3 * sizeof (float));
  g_assert_cmpmem (a->classes, count, b->classes, count);
  g_assert_cmpmem (a->local, count * sizeof (float), b->local, count * sizeof (float));
}

/* What is asked for alone has the same bits as in a whole run, and takes less. */
static void
test_parts (void)
{
  g_autoptr (Picture) whole = picture_new (96, 64);
  g_autoptr (Picture) parts = picture_new (96, 64);
  run_all (whole, 1);
  const P3mNetOutput all = { whole->logits, whole->classes, whole->local };
  const P3mNetOutput outputs[]
      = { { .logits = parts->logits }, { .classes = parts->classes }, { .local = parts->local } };
  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
    {
      run (parts, &outputs[i], 1);
      g_assert_cmpfloat (p3m_net_get_work (net, 96, 64, &outputs[i]), <,
                         p3m_net_get_work (net, 96, 64, &all));
      g_assert_cmpint (p3m_net_get_memory (net, 96, 64, &outputs[i], 1), <=,
                       p3m_net_get_memory (net, 96, 64, &all, 1));
    }
  assert_equal (whole, parts);
}

static void
test_threads (void)
{
  g_autoptr (Picture) one = picture_new (128, 160);
  g_autoptr (Picture) two = picture_new (128, 160);
  g_autoptr (Picture) five = picture_new (128, 160);
  run_all (one, 1);
  run_all (two, 2);
  run_all (five, 5);
  assert_equal (one, two);
  assert_equal (one, five);
}

static gpointer
run_in_thread (gpointer data)
{
  run_all (data, 2);
  return NULL;
}

static void
test_at_once (void)
{
  g_autoptr (Picture) alone = picture_new (96, 96);
  Picture *pictures[4];
  GThread *threads[G_N_ELEMENTS (pictures)];
  run_all (alone, 1);
  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++)
    {
      pictures[i] = picture_new (96, 96);
      threads[i] = g_thread_new ("run", run_in_thread, pictures[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++)
    {
      g_thread_join (threads[i]);
      assert_equal (alone, pictures[i]);
      picture_free (pictures[i]);
    }
}

static int
compare_floats (gconstpointer a, gconstpointer b)
{
  const float first = *(const float *) a, second = *(const float *) b;
  return (first > second) - (first < second);
}

static float *
find_bias (const char *layer)
{
  for (guint i = 0; i < net->graph->layers->len; i++)
    if (g_str_equal (p3m_graph_layer (net->graph, i)->name, layer))
      return net->layers[i].bias;
  g_assert_not_reached ();
}

/* Shifts the transition's logit so that it wins at `share` of the pixels; returns by how much. */
static float
shift_transition (Picture *picture, double share)
{
  const gsize count = (gsize) picture->height * picture->width;
  g_autofree float *margins = g_new (float, count);
  run_all (picture, 2);
  for (gsize i = 0; i < count; i++)
    margins[i]
        = picture->logits[count + i] - MAX (picture->logits[i], picture->logits[2 * count + i]);
  qsort (margins, count, sizeof *margins, compare_floats);
  const float shift = -margins[(gsize) (count * (1.0 - share))];
  find_bias ("decoder0_g.6")[1] += shift;
  return shift;
}

/* A fusion alone computes the matting decoder around the transition only, with the same result up to
 * rounding and on any number of threads with the same bits. */
static void
compare_fusions (double share)
{
  const int height = 320, width = 448;
  const gsize count = (gsize) height * width;
  g_autoptr (Picture) picture = picture_new (height, width);
  g_autofree float *dense = g_new (float, count);
  g_autofree float *sparse = g_new (float, count);
  const float shift = shift_transition (picture, share);
  P3mNetOutput output = { .classes = picture->classes, .local = picture->local, .alpha = dense };
  run (picture, &output, 2);
  gsize shown = 0;
  for (gsize i = 0; i < count; i++)
    {
      const guint8 class = picture->classes[i];
      shown += class == 1;
      g_assert_cmpfloat (dense[i], ==, class == 1 ? picture->local[i] : class / 2);
    }
  g_test_message ("%.2f %% of the pixels are in the transition", 100.0 * shown / count);
  g_assert_cmpfloat_with_epsilon ((double) shown / count, share, 0.001);
  g_autofree float *again = g_new (float, count);
  const P3mNetOutput alone = { .alpha = sparse }, other = { .alpha = again };
  memset (sparse, 0xff, count * sizeof *sparse);
  run (picture, &alone, 1);
  const double worst = get_worst (sparse, dense, count);
  g_test_message ("around the transition alpha differs by at most %.2g", worst);
  g_assert_cmpfloat (worst, <, 1e-5);
  run (picture, &other, 2);
  g_assert_cmpmem (again, count * sizeof *again, sparse, count * sizeof *sparse);
  find_bias ("decoder0_g.6")[1] -= shift;
}

static void
test_fusion (void)
{
  compare_fusions (0.8);
  compare_fusions (0.05);
  compare_fusions (0.001);
}

/* By these classes: `local` in the transition, up to rounding, else 0 or 1. */
static void
assert_fused (const float *alpha, const guint8 *classes, const Picture *picture)
{
  for (int i = 0; i < picture->height * picture->width; i++)
    g_assert_cmpfloat_with_epsilon (alpha[i], classes[i] == 1 ? picture->local[i] : classes[i] / 2,
                                    1e-5);
}

/* A fusion with classes known from elsewhere leaves out the semantic decoder's end as well. */
static void
test_fusion_given (void)
{
  const int height = 128, width = 192;
  g_autoptr (Picture) picture = picture_new (height, width);
  g_autofree guint8 *given = g_new (guint8, height * width);
  g_autofree float *alpha = g_new (float, height *width);
  run_all (picture, 1);
  for (int i = 0; i < height * width; i++)
    given[i] = (i % width / 7 + i / width / 23) % 5 ? 2 * (i % width > 100) : 1;
  const P3mNetOutput own = { .alpha = alpha }, fused = { .alpha = alpha, .fuse = given };
  g_assert_cmpfloat (p3m_net_get_work (net, height, width, &fused), <,
                     p3m_net_get_work (net, height, width, &own));
  run (picture, &fused, 2);
  assert_fused (alpha, given, picture);

  g_autofree guint8 *classes = g_memdup2 (picture->classes, height * width);
  const P3mNetOutput both = { .classes = picture->classes, .alpha = alpha, .fuse = given };
  run (picture, &both, 2);
  g_assert_cmpmem (picture->classes, height * width, classes, height * width);
  assert_fused (alpha, given, picture);
}

/* No transition at all: the matting decoder's steps have nothing to do. */
static void
test_fusion_empty (void)
{
  g_autoptr (Picture) picture = picture_new (64, 64);
  const P3mNetOutput output = { .classes = picture->classes, .alpha = picture->local };
  find_bias ("decoder0_g.6")[1] -= 1e6f;
  run (picture, &output, 2);
  find_bias ("decoder0_g.6")[1] += 1e6f;
  for (int i = 0; i < 64 * 64; i++)
    {
      g_assert_cmpint (picture->classes[i], !=, 1);
      g_assert_cmpfloat (picture->local[i], ==, picture->classes[i] / 2);
    }
}

/* An arena grows with the run, and a run may find anything in it. */
static void
test_arena (void)
{
  static const int sizes[][2] = { { 64, 64 }, { 320, 448 }, { 96, 160 } };
  g_autoptr (P3mArena) arena = p3m_arena_new ();
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      const int height = sizes[i][0], width = sizes[i][1];
      g_autoptr (Picture) alone = picture_new (height, width);
      g_autoptr (Picture) shared = picture_new (height, width);
      const P3mNetOutput all = { shared->logits, shared->classes, shared->local };
      run_all (alone, 2);
      g_assert_true (p3m_net_run (net, height, width, shared->rgb, &all, 2, arena, NULL, NULL, NULL,
                                  NULL, NULL, NULL));
      assert_equal (alone, shared);
      run (alone, &(P3mNetOutput){ .alpha = alone->local }, 2);
      g_assert_true (p3m_net_run (net, height, width, shared->rgb,
                                  &(P3mNetOutput){ .alpha = shared->local }, 2, arena, NULL, NULL,
                                  NULL, NULL, NULL, NULL));
      assert_equal (alone, shared);
    }
}

/* So many filled bytes from `arena` on; returns what is to be freed. */
static char *
fill_arena (gsize size, int filling, char **arena)
{
  char *block = g_malloc (size + 64);
  *arena = block + (64 - GPOINTER_TO_SIZE (block) % 64);
  memset (*arena, filling, size);
  return block;
}

/* Makes no numbers of a sparse node's tiles that are neither computed nor blank. */
static void
spoil_rest (const P3mPlan *plan, const P3mNode *node, char *arena)
{
  const int step = node - p3m_graph_node (net->graph, 0);
  if (!plan->tiles[step])
    return;
  const P3mValue *value = p3m_graph_value (net->graph, node->outputs[0]);
  const int height = plan->height >> value->shift, width = plan->width >> value->shift;
  const int across = (width + 3) / 4;
  g_autofree gboolean *kept = g_new0 (gboolean, across * ((height + 3) / 4));
  for (int i = 0; i < plan->n_tiles[step] + plan->n_blanks[step]; i++)
    kept[plan->tiles[step][i]] = TRUE;
  float *map = p3m_plan_locate (plan, arena, node->outputs[0]);
  for (int i = 0; i < height * width; i++)
    for (int c = 0; c < value->channels && !kept[i / width / 4 * across + i % width / 4]; c++)
      map[(gsize) i * value->channels + c] = NAN;
}

/* What p3m_net_run() does, on this thread and in an arena of the caller's; then what is not computed is no number. */
static void
do_nodes (P3mPlan *plan, char *arena, const float *rgb)
{
  if (plan->output.fuse)
    p3m_needs_find (plan, arena);
  for (guint i = 0; i < net->graph->nodes->len; i++)
    {
      P3mJob job;
      const P3mNode *node = p3m_graph_node (net->graph, i);
      if (!plan->needed[i])
        continue;
      kernels_do (p3m_plan_work (plan, node, arena, rgb, &job), &job,
                  (gpointer) (arena + plan->scratch), TRUE);
      p3m_needs_clear (plan, node, arena);
      spoil_rest (plan, node, arena);
    }
}

/* Known classes with a transition in a corner only: most of both decoders is left out, and what is shown is the
 * same, though all the rest is no number. */
static void
test_fusion_given_sparse (void)
{
  const int height = 416, width = 544;
  g_autoptr (Picture) picture = picture_new (height, width);
  g_autofree guint8 *given = g_new (guint8, height * width);
  g_autofree float *alpha = g_new (float, height *width);
  for (int i = 0; i < height * width; i++)
    given[i] = hypot (i % width - 400, i / width - 70) < 31.5 ? 1 : 2 * (i % width > 300);
  const P3mNetOutput local = { .local = picture->local }, fused = { .alpha = alpha, .fuse = given };
  run (picture, &local, 2);
  g_autoptr (P3mPlan) plan = p3m_plan_new (net, height, width, &fused, 1);
  char *arena;
  g_autofree char *block = fill_arena (plan->size, 0xff, &arena);
  do_nodes (plan, arena, picture->rgb);
  double share = 0.0;
  int sparse = 0;
  for (guint i = 0; i < net->graph->nodes->len; i++)
    if (plan->tiles[i])
      {
        share += p3m_needs_get_share (plan, p3m_graph_node (net->graph, i));
        sparse++;
      }
  g_test_message ("%d steps compute %.2f of their pixels", sparse, share / sparse);
  g_assert_cmpfloat (share / sparse, <, 0.5);
  assert_fused (alpha, given, picture);
}

/* Bytes in whole cache lines that still are as they were filled. */
static gsize
count_untouched (const char *bytes, gsize count, char filling)
{
  char line[64];
  gsize untouched = 0;
  memset (line, filling, sizeof line);
  for (gsize i = 0; i + sizeof line <= count; i += sizeof line)
    if (memcmp (bytes + i, line, sizeof line) == 0)
      untouched += sizeof line;
  return untouched;
}

/* The memory that is planned is what a run uses: no byte more, and hardly one less. */
static void
test_planned (void)
{
  enum
  {
    FILLING = 0x5a,
    FENCE = 4096 /* bytes behind the arena */
  };
  g_autoptr (Picture) picture = picture_new (320, 448);
  const P3mNetOutput output
      = { .logits = picture->logits, .classes = picture->classes, .local = picture->local };
  g_autoptr (P3mPlan) plan = p3m_plan_new (net, picture->height, picture->width, &output, 1);
  g_assert_cmpuint (plan->size, ==,
                    p3m_net_get_memory (net, picture->height, picture->width, &output, 1));
  char *arena;
  g_autofree char *block = fill_arena (plan->size + FENCE, FILLING, &arena);
  do_nodes (plan, arena, picture->rgb);
  g_assert_cmpuint (count_untouched (arena + plan->size, FENCE, FILLING), ==, FENCE);
  const gsize untouched = count_untouched (arena, plan->size, FILLING);
  g_test_message ("%" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes are not touched", untouched,
                  plan->size);
  g_assert_cmpuint (untouched, <=, plan->size / 20);
}

/* ---- progress, cancelling ----------------------------------------------------------------- */

typedef struct
{
  GThread *thread;
  double last;
  int calls;
  double cancel_at;
  GCancellable *cancellable;
} Progress;

static void
on_progress (double fraction, gpointer data)
{
  Progress *progress = data;
  g_assert_true (progress->thread == g_thread_self ());
  g_assert_cmpfloat (fraction, >=, progress->last);
  g_assert_cmpfloat (fraction, <=, 1.0 + 1e-9);
  progress->last = fraction;
  progress->calls++;
  if (fraction >= progress->cancel_at)
    g_cancellable_cancel (progress->cancellable);
}

static void
test_progress (void)
{
  g_autoptr (Picture) picture = picture_new (64, 64);
  const P3mNetOutput output = { .local = picture->local };
  Progress progress = { .thread = g_thread_self (), .cancel_at = 2.0 };
  g_assert_true (p3m_net_run (net, 64, 64, picture->rgb, &output, 2, NULL, NULL, NULL, on_progress,
                              &progress, NULL, NULL));
  g_assert_cmpint (progress.calls, >, 20);
  g_assert_cmpfloat_with_epsilon (progress.last, 1.0, 1e-9);
}

/* Cancelled at a tenth, it goes no further than the blocks that are under way. */
static void
test_cancel (void)
{
  g_autoptr (Picture) picture = picture_new (256, 256);
  const P3mNetOutput output = { .local = picture->local };
  for (int threads = 1; threads <= 2; threads++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Progress progress
          = { .thread = g_thread_self (), .cancel_at = 0.1, .cancellable = cancellable };
      g_assert_false (p3m_net_run (net, 256, 256, picture->rgb, &output, threads, NULL, NULL, NULL,
                                   on_progress, &progress, cancellable, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      if (threads == 1) /* a helper may be far ahead of a starved calling thread */
        g_assert_cmpfloat (progress.last, <, 0.2);
    }
}

static void
test_cancelled_before (void)
{
  g_autoptr (Picture) picture = picture_new (32, 32);
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  const P3mNetOutput output = { .classes = picture->classes };
  g_cancellable_cancel (cancellable);
  g_assert_false (p3m_net_run (net, 32, 32, picture->rgb, &output, 2, NULL, NULL, NULL, NULL, NULL,
                               cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  if (kernels_are_missing ())
    return 0;
  g_test_init (&argc, &argv, NULL);
  make_nets (6);
  g_test_add_func ("/net/plain", test_plain);
  g_test_add_func ("/net/parts", test_parts);
  g_test_add_func ("/net/fusion", test_fusion);
  g_test_add_func ("/net/fusion/given", test_fusion_given);
  g_test_add_func ("/net/fusion/given-sparse", test_fusion_given_sparse);
  g_test_add_func ("/net/fusion/empty", test_fusion_empty);
  g_test_add_func ("/net/threads", test_threads);
  g_test_add_func ("/net/at-once", test_at_once);
  g_test_add_func ("/net/arena", test_arena);
  g_test_add_func ("/net/planned", test_planned);
  g_test_add_func ("/net/progress", test_progress);
  g_test_add_func ("/net/cancel", test_cancel);
  g_test_add_func ("/net/cancelled-before", test_cancelled_before);
  const int status = g_test_run ();
  p3m_net_free (net);
  p3m_net_free (portable);
  return status;
}
