/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Runs the planned steps one after another, the blocks of each shared by a team of threads. */
#include "plan.h"

#include <glib/gi18n-lib.h>

#include "kernel/team.h"
#include "memory.h"

typedef struct
{
  P3mPlan *plan;
  char *arena; /* aligned */
  P3mTeam *team;

  /* The step under way. */
  P3mWork work;
  const P3mJob *job;

  void (*progress) (double fraction, gpointer user_data);
  gpointer progress_data;
  double start;    /* fraction that was done when `total` was last reckoned */
  double total;    /* work of all steps from then on */
  double finished; /* work of those of them before this one */
  double current;  /* work of this one */

  P3mNetTap tap;
  gpointer tap_data;
} Run;

static double
step_work (const P3mPlan *plan, const P3mNode *node)
{
  return p3m_graph_node_work (plan->net->graph, node, plan->height, plan->width)
         * p3m_needs_get_share (plan, node);
}

/* Work of the needed steps from `first` on. */
static double
total_work (const P3mPlan *plan, guint first)
{
  const P3mGraph *graph = plan->net->graph;
  double work = 0.0;
  for (guint i = first; i < graph->nodes->len; i++)
    if (plan->needed[i])
      work += step_work (plan, p3m_graph_node (graph, i));
  return work;
}

static float *
get_scratch (const Run *run, int worker)
{
  return (gpointer) (run->arena + run->plan->scratch + worker * run->plan->share);
}

static void
prepare_block (int block, int worker, gpointer data)
{
  const Run *run = data;
  run->work.prepare (run->job, block, get_scratch (run, worker));
}

static void
run_block (int block, int worker, gpointer data)
{
  const Run *run = data;
  run->work.run (run->job, block, get_scratch (run, worker));
}

static double
get_fraction (const Run *run, double share)
{
  return run->start
         + (1.0 - run->start) * (run->finished + run->current * share) / MAX (run->total, 1.0);
}

static void
tick (int done, gpointer data)
{
  const Run *run = data;
  if (run->progress)
    run->progress (get_fraction (run, (double) done / run->work.blocks), run->progress_data);
}

/* The class map is there: the steps from `first` on compute only what its transition needs. */
static void
restrict_to_transition (Run *run, guint first)
{
  const double fraction = get_fraction (run, 0.0);
  p3m_needs_find (run->plan, run->arena);
  run->start = fraction;
  run->finished = 0.0;
  run->total = total_work (run->plan, first);
}

/* Shows a module's output to the tap, [channels][height][width]. */
static void
show (const Run *run, const P3mNode *node)
{
  const P3mPlan *plan = run->plan;
  if (node->op == P3M_OP_CLASSES)
    {
      if (plan->output.logits)
        run->tap (node->module, 3, plan->height, plan->width, plan->output.logits, run->tap_data);
      return;
    }
  const P3mValue *value = p3m_graph_value (plan->net->graph, node->outputs[0]);
  const int height = plan->height >> value->shift, width = plan->width >> value->shift;
  const gsize pixels = (gsize) height * width;
  const float *map = p3m_plan_locate (plan, run->arena, node->outputs[0]);
  g_autofree float *planes = g_new (float, pixels * value->channels);
  for (gsize i = 0; i < pixels; i++)
    for (int c = 0; c < value->channels; c++)
      planes[c * pixels + i] = map[i * value->channels + c];
  run->tap (node->module, value->channels, height, width, planes, run->tap_data);
}

/* Returns FALSE when it was cancelled. */
static gboolean
run_step (Run *run, const P3mNode *node, const float *rgb)
{
  P3mJob job;
  run->work = p3m_plan_work (run->plan, node, run->arena, rgb, &job);
  run->job = &job;
  run->current = step_work (run->plan, node);
  if (!p3m_team_run (run->team, run->work.preparations, prepare_block, run, NULL, NULL)
      || !p3m_team_run (run->team, run->work.blocks, run_block, run, tick, run))
    return FALSE;
  p3m_needs_clear (run->plan, node, run->arena);
  run->finished += run->current;
  run->current = 0.0;
  if (run->tap && node->module)
    show (run, node);
  return TRUE;
}

static gboolean
run_steps (Run *run, const float *rgb)
{
  const P3mPlan *plan = run->plan;
  const P3mGraph *graph = plan->net->graph;
  if (plan->output.fuse && p3m_plan_is_sparse (plan))
    restrict_to_transition (run, 0);
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (!plan->needed[i])
        continue;
      if (!run_step (run, node, rgb))
        return FALSE;
      if (node->op == P3M_OP_CLASSES && !plan->output.fuse && p3m_plan_is_sparse (plan))
        restrict_to_transition (run, i + 1);
    }
  if (run->progress)
    run->progress (1.0, run->progress_data);
  return TRUE;
}

struct _P3mArena
{
  char *block; /* NULL before the first run */
  char *start;
  gsize size;
};

P3mArena *
p3m_arena_new (void)
{
  return g_new0 (P3mArena, 1);
}

void
p3m_arena_free (P3mArena *arena)
{
  g_free (arena->block);
  g_free (arena);
}

gboolean
p3m_arena_reserve (P3mArena *arena, gsize bytes, GError **error)
{
  if (arena->size >= bytes)
    return TRUE;
  g_clear_pointer (&arena->block, g_free);
  arena->block = p3m_try_alloc_huge (bytes, &arena->start);
  arena->size = arena->block ? bytes : 0;
  if (arena->block)
    return TRUE;
  g_autofree char *size = g_format_size (bytes);
  g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
               _ ("There is not enough memory for this picture: %s are needed."), size);
  return FALSE;
}

gboolean
p3m_net_run (const P3mNet *net, int height, int width, const float *rgb, const P3mNetOutput *output,
             int threads, P3mArena *arena, P3mNetTap tap, gpointer tap_data,
             void (*progress) (double fraction, gpointer user_data), gpointer progress_data,
             GCancellable *cancellable, GError **error)
{
  g_return_val_if_fail (height >= 32 && height % 32 == 0 && width >= 32 && width % 32 == 0, FALSE);
  g_return_val_if_fail (threads >= 1, FALSE);
  g_autoptr (P3mPlan) plan = p3m_plan_new (net, height, width, output, threads);
  Run run = { .plan = plan,
              .progress = progress,
              .progress_data = progress_data,
              .total = total_work (plan, 0),
              .tap = tap,
              .tap_data = tap_data };
  g_autoptr (P3mArena) own = arena ? NULL : p3m_arena_new ();
  arena = arena ? arena : own;
  if (!p3m_arena_reserve (arena, plan->size, error))
    return FALSE;
  run.arena = arena->start;
  g_autoptr (P3mTeam) team = p3m_team_new (threads, cancellable);
  run.team = team;
  if (run_steps (&run, rgb))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Cancelled."));
  return FALSE;
}

double
p3m_net_get_work (const P3mNet *net, int height, int width, const P3mNetOutput *output)
{
  g_autoptr (P3mPlan) plan = p3m_plan_new (net, height, width, output, 1);
  return total_work (plan, 0);
}

gsize
p3m_net_get_memory (const P3mNet *net, int height, int width, const P3mNetOutput *output,
                    int threads)
{
  g_autoptr (P3mPlan) plan = p3m_plan_new (net, height, width, output, threads);
  return plan->size;
}
