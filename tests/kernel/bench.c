/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* How fast the kernels and whole runs are, against the processor's matrix product. Prints; judges nothing. */
#include "net/plan.h"

#include <cblas.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formula.h"
#include "kernel/team.h"
#include "kernels.h"

enum
{
  ROUNDS = 5,
  THREADS = 2
};

static int
compare (gconstpointer a, gconstpointer b)
{
  const double first = *(const double *) a, second = *(const double *) b;
  return (first > second) - (first < second);
}

static double
median (double *seconds, int count)
{
  qsort (seconds, count, sizeof *seconds, compare);
  return seconds[count / 2];
}

/* Seconds of a clock: on a busy machine wall time measures the others, the processor's time does less. */
static double
read_clock (clockid_t clock)
{
  struct timespec time;
  clock_gettime (clock, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

/* ---- the matrix product, one a thread ----------------------------------------------------- */

static void
multiply (int block G_GNUC_UNUSED, int worker, gpointer data)
{
  enum
  {
    SIDE = 576
  };
  float *const matrices = (float *) data + (gsize) worker * 3 * SIDE * SIDE;
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1.0f, matrices, SIDE,
               matrices + SIDE * SIDE, SIDE, 0.0f, matrices + 2 * SIDE * SIDE, SIDE);
}

/* GFLOP/s of OpenBLAS's sgemm on one thread. */
static double
get_peak (void)
{
  const int side = 576, blocks = 8;
  g_autoptr (P3mTeam) team = p3m_team_new (1, NULL);
  g_autofree float *matrices = g_new0 (float, (gsize) 3 * side * side);
  double seconds[ROUNDS];
  openblas_set_num_threads (1);
  for (int i = 0; i < ROUNDS; i++)
    {
      const double start = read_clock (CLOCK_PROCESS_CPUTIME_ID);
      p3m_team_run (team, blocks, multiply, matrices, NULL, NULL);
      seconds[i] = read_clock (CLOCK_PROCESS_CPUTIME_ID) - start;
    }
  return 2.0 * side * side * side * blocks / median (seconds, ROUNDS) / 1e9;
}

/* ---- single convolutions ------------------------------------------------------------------ */

typedef struct
{
  int size, side, inputs, outputs;
} Shape;

static const Shape shapes[] = { { 3, 256, 64, 64 },  { 3, 256, 96, 64 },  { 3, 128, 64, 64 },
                                { 3, 64, 128, 128 }, { 3, 32, 256, 256 }, { 3, 32, 384, 256 },
                                { 3, 16, 512, 512 }, { 1, 256, 64, 32 },  { 1, 64, 128, 64 } };

/* GFLOP/s, counted as a direct convolution's, on one thread. */
static double
get_speed (const Shape *shape, P3mMethod method)
{
  const gsize pixels = (gsize) shape->side * shape->side;
  g_autofree float *weights = g_new0 (
      float, p3m_convolution_count_weights (method, shape->size, shape->inputs, shape->outputs));
  g_autofree float *bias = g_new0 (float, shape->outputs + 16);
  g_autofree float *input = g_new0 (float, pixels * shape->inputs);
  g_autofree float *output = g_new0 (float, pixels * shape->outputs);
  const P3mConvolution layer
      = { method, shape->size, shape->inputs, shape->outputs, weights, bias };
  P3mConvolutionJob job = { .convolution = &layer,
                            .parts = { { input, NULL, shape->inputs } },
                            .n_parts = 1,
                            .height = shape->side,
                            .width = shape->side,
                            .activation = P3M_ACTIVATION_RELU,
                            .output = output };
  const P3mWork work = p3m_convolution_work (&job);
  g_autofree float *scratch = g_new (float, work.scratch + 16);
  g_autofree float *shared = g_new (float, work.shared);
  job.shared = shared;
  double seconds[ROUNDS];
  for (int i = 0; i < ROUNDS; i++)
    {
      const double start = read_clock (CLOCK_PROCESS_CPUTIME_ID);
      kernels_do (work, &job, scratch, FALSE);
      seconds[i] = read_clock (CLOCK_PROCESS_CPUTIME_ID) - start;
    }
  return 2.0 * shape->size * shape->size * shape->inputs * shape->outputs * pixels
         / median (seconds, ROUNDS) / 1e9;
}

static void
bench_convolutions (double peak)
{
  g_print ("sgemm on one thread: %.1f GFLOP/s\n\n", peak);
  g_print ("GFLOP/s on one thread       im2col+BLAS     direct     F(4x4)       late\n");
  for (guint i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_print ("%dx%d, %3d -> %3d, %3d x %3d", shapes[i].size, shapes[i].size, shapes[i].inputs,
               shapes[i].outputs, shapes[i].side, shapes[i].side);
      for (int method = 0; method < P3M_METHOD_COUNT; method++)
        if (method < P3M_METHOD_WINOGRAD || shapes[i].size == 3)
          g_print (" %10.1f", get_speed (&shapes[i], method));
      g_print ("\n");
    }
}

/* ---- layer by layer ----------------------------------------------------------------------- */

/* Steps of one kind and shape. */
typedef struct
{
  char *name;
  int count;
  double seconds, work;
} Group;

static void
clear_group (gpointer data)
{
  g_free (((Group *) data)->name);
}

static char *
describe_step (const P3mGraph *graph, const P3mNode *node)
{
  static const char *const names[]
      = { "stem", "pool", "convolution", "of unpooled", "upsample", "narrow", "classes", "head" };
  if (node->layer < 0 || node->outputs[0] < 0)
    return g_strdup (names[node->op]);
  const P3mLayer *layer = p3m_graph_layer (graph, node->layer);
  const int scale = 1 << p3m_graph_value (graph, node->outputs[0])->shift;
  return g_strdup_printf ("%s %dx%d, %d -> %d, 1/%d", names[node->op], layer->size, layer->size,
                          layer->inputs, layer->outputs, scale);
}

static Group *
find_group (GArray *groups, const P3mGraph *graph, const P3mNode *node)
{
  g_autofree char *name = describe_step (graph, node);
  for (guint i = 0; i < groups->len; i++)
    if (strcmp (g_array_index (groups, Group, i).name, name) == 0)
      return &g_array_index (groups, Group, i);
  const Group group = { g_steal_pointer (&name), 0, 0.0, 0.0 };
  g_array_append_val (groups, group);
  return &g_array_index (groups, Group, groups->len - 1);
}

/* The median of the processor's seconds that a step takes on one thread. */
static double
time_step (const P3mPlan *plan, const P3mNode *node, char *arena, const float *rgb)
{
  P3mJob job;
  const P3mWork work = p3m_plan_work (plan, node, arena, rgb, &job);
  double seconds[ROUNDS];
  for (int i = 0; i < ROUNDS; i++)
    {
      const double start = read_clock (CLOCK_PROCESS_CPUTIME_ID);
      kernels_do (work, &job, (gpointer) (arena + plan->scratch), FALSE);
      seconds[i] = read_clock (CLOCK_PROCESS_CPUTIME_ID) - start;
    }
  return median (seconds, ROUNDS);
}

static int
compare_groups (gconstpointer a, gconstpointer b)
{
  return compare (&((const Group *) b)->seconds, &((const Group *) a)->seconds);
}

/* Where the time of a dense run goes. */
static void
bench_steps (const P3mNet *net, int side, double peak)
{
  const gsize pixels = (gsize) side * side;
  g_autofree float *rgb = g_new (float, pixels * 3);
  g_autofree float *logits = g_new (float, pixels * 3);
  g_autofree guint8 *classes = g_new (guint8, pixels);
  g_autofree float *local = g_new (float, pixels);
  const P3mNetOutput all = { .logits = logits, .classes = classes, .local = local };
  g_autoptr (P3mPlan) plan = p3m_plan_new (net, side, side, &all, 1);
  g_autofree char *block = g_malloc (plan->size + 64);
  char *arena = block + (64 - GPOINTER_TO_SIZE (block) % 64);
  g_autoptr (GArray) groups = g_array_new (FALSE, FALSE, sizeof (Group));
  double total = 0.0;
  g_array_set_clear_func (groups, clear_group);
  formula_uniform ("picture", pixels * 3, rgb);
  for (guint i = 0; i < net->graph->nodes->len; i++)
    {
      const P3mNode *node = p3m_graph_node (net->graph, i);
      Group *group = find_group (groups, net->graph, node);
      const double seconds = time_step (plan, node, arena, rgb);
      group->count++;
      group->seconds += seconds;
      group->work += p3m_graph_node_work (net->graph, node, side, side);
      total += seconds;
    }
  qsort (groups->data, groups->len, sizeof (Group), compare_groups);
  g_print ("\n%d x %d, one thread, by layer           steps     ms   share  GFLOP/s  of sgemm\n",
           side, side);
  for (guint i = 0; i < groups->len; i++)
    {
      const Group *group = &g_array_index (groups, Group, i);
      const double speed = group->work / group->seconds / 1e9;
      g_print ("  %-38s %5d %6.1f  %4.1f %% %8.1f   %5.2f\n", group->name, group->count,
               group->seconds * 1e3, 100.0 * group->seconds / total, speed, speed / peak);
    }
  g_print ("  all %47.1f\n", total * 1e3);
}

/* ---- whole runs --------------------------------------------------------------------------- */

typedef struct
{
  double wall[ROUNDS], processor[ROUNDS]; /* seconds */
} Times;

static void
time_run (Times *times, int round, const P3mNet *net, int side, const float *rgb,
          const P3mNetOutput *output, int threads)
{
  const double wall = read_clock (CLOCK_MONOTONIC);
  const double processor = read_clock (CLOCK_PROCESS_CPUTIME_ID);
  p3m_net_run (net, side, side, rgb, output, threads, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
  times->processor[round] = read_clock (CLOCK_PROCESS_CPUTIME_ID) - processor;
  times->wall[round] = read_clock (CLOCK_MONOTONIC) - wall;
}

static void
print_times (const char *name, Times *times, double work)
{
  const double processor = median (times->processor, ROUNDS);
  g_print ("  %-26s %7.3f s wall, %7.3f s processor, %6.1f GFLOP/s\n", name,
           median (times->wall, ROUNDS), processor, work / processor);
}

/* The kernels in turns, so that a change of the machine's load hits all alike. */
static void
bench_runs (const P3mNet *net, const P3mNet *portable, int side)
{
  const gsize pixels = (gsize) side * side;
  g_autofree float *rgb = g_new (float, pixels * 3);
  g_autofree float *logits = g_new (float, pixels * 3);
  g_autofree guint8 *classes = g_new (guint8, pixels);
  g_autofree float *local = g_new (float, pixels);
  const P3mNetOutput all = { .logits = logits, .classes = classes, .local = local };
  Times times[3];
  formula_uniform ("picture", pixels * 3, rgb);
  for (int i = 0; i < ROUNDS; i++)
    {
      time_run (&times[0], i, portable, side, rgb, &all, THREADS);
      time_run (&times[1], i, net, side, rgb, &all, THREADS);
      time_run (&times[2], i, net, side, rgb, &all, 1);
    }
  const double work = p3m_net_get_work (net, side, side, &all) / 1e9;
  g_print ("\n%d x %d, all outputs, %.1f GFLOP, arena %.0f MB\n", side, side, work,
           p3m_net_get_memory (net, side, side, &all, THREADS) / 1e6);
  print_times ("portable, two threads", &times[0], work);
  print_times ("two threads", &times[1], work);
  print_times ("one thread", &times[2], work);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("p3m-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "formula.safetensors", NULL);
  formula_write_model (path, 64, "F16");
  double start = read_clock (CLOCK_MONOTONIC);
  g_autoptr (P3mWeights) weights = p3m_weights_load (path, &error);
  g_print ("weights read in %.2f s", read_clock (CLOCK_MONOTONIC) - start);
  start = read_clock (CLOCK_MONOTONIC);
  g_autoptr (P3mNet) net = p3m_net_new (weights, NULL, NULL);
  g_print (", folded in %.2f s\n", read_clock (CLOCK_MONOTONIC) - start);
  g_autoptr (P3mNet) portable = p3m_net_new_portable (weights, NULL);
  g_unlink (path);
  g_rmdir (folder);
  const double peak = get_peak ();
  const int side = argc > 1 ? atoi (argv[1]) : 512;
  bench_convolutions (peak);
  bench_steps (net, side, peak);
  bench_runs (net, portable, side);
  return 0;
}
