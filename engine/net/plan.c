/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Plans a run: unneeded steps are left out, and maps that never live at once share their place. */
#include "plan.h"

#include <string.h>

/* Bytes: cache lines, and any vector. */
#define ALIGNMENT 64

/* The first and the last node that need a value, or what a node's blocks share, to be in place. */
typedef struct
{
  int value; /* index of its offset */
  int from, to;
  gsize size; /* bytes */
} Lifetime;

gpointer
p3m_plan_locate (const P3mPlan *plan, char *arena, int value)
{
  return arena && value >= 0 && plan->offsets[value] != G_MAXSIZE ? arena + plan->offsets[value]
                                                                  : NULL;
}

gpointer
p3m_plan_locate_shared (const P3mPlan *plan, char *arena, const P3mNode *node)
{
  const P3mGraph *graph = plan->net->graph;
  return p3m_plan_locate (plan, arena, graph->values->len + (node - p3m_graph_node (graph, 0)));
}

gboolean
p3m_plan_is_sparse (const P3mPlan *plan)
{
  return plan->output.alpha && !plan->output.local;
}

/* Whether the fusion is made with the network's own class map. */
static gboolean
needs_classes (const P3mPlan *plan)
{
  return plan->output.alpha && !plan->output.fuse;
}

guint8 *
p3m_plan_get_classes (const P3mPlan *plan, char *arena)
{
  if (plan->output.classes || !needs_classes (plan) || !arena)
    return plan->output.classes;
  return (guint8 *) arena + plan->classes;
}

const guint8 *
p3m_plan_get_fused (const P3mPlan *plan, char *arena)
{
  return plan->output.fuse ? plan->output.fuse : p3m_plan_get_classes (plan, arena);
}

/* ---- what is needed ----------------------------------------------------------------------- */

static gboolean
is_wanted (const P3mPlan *plan, const P3mNode *node, const gboolean *used)
{
  if (node->op == P3M_OP_CLASSES)
    return plan->output.logits || plan->output.classes || needs_classes (plan);
  if (node->op == P3M_OP_HEAD)
    return plan->output.local || plan->output.alpha;
  for (int i = 0; i < P3M_NODE_OUTPUTS; i++)
    if (node->outputs[i] >= 0 && used[node->outputs[i]])
      return TRUE;
  return FALSE;
}

/* Backwards from the wanted outputs. used: [values], set for the values that a needed node reads. */
static void
find_needed (P3mPlan *plan, gboolean *used)
{
  const P3mGraph *graph = plan->net->graph;
  for (int i = graph->nodes->len - 1; i >= 0; i--)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      plan->needed[i] = is_wanted (plan, node, used);
      if (!plan->needed[i])
        continue;
      for (int k = 0; k < P3M_NODE_INPUTS; k++)
        if (node->inputs[k] >= 0)
          used[node->inputs[k]] = TRUE;
      if (node->residual >= 0)
        used[node->residual] = TRUE;
    }
}

/* ---- where it lies ------------------------------------------------------------------------ */

static gsize
align (gsize bytes)
{
  return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static gsize
value_size (const P3mPlan *plan, int i)
{
  const P3mValue *value = p3m_graph_value (plan->net->graph, i);
  const gsize count
      = (gsize) (plan->height >> value->shift) * (plan->width >> value->shift) * value->channels;
  return align (count * (value->index ? 1 : sizeof (float)));
}

static void
extend (Lifetime *lifetime, int node)
{
  lifetime->to = MAX (lifetime->to, node);
}

/* Fills lifetimes [values] and homes [values]: a value lives in the place of its home, itself or, where a
 * residual is read for the last time, the residual. */
static void
find_lifetimes (const P3mPlan *plan, const gboolean *used, Lifetime *lifetimes, int *homes)
{
  const P3mGraph *graph = plan->net->graph;
  for (guint i = 0; i < graph->values->len; i++)
    {
      homes[i] = i;
      lifetimes[i] = (Lifetime){ i, -1, -1, used[i] ? value_size (plan, i) : 0 };
    }
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (!plan->needed[i])
        continue;
      for (int k = 0; k < P3M_NODE_OUTPUTS; k++)
        if (node->outputs[k] >= 0)
          lifetimes[node->outputs[k]].from = lifetimes[node->outputs[k]].to = i;
      for (int k = 0; k < P3M_NODE_INPUTS; k++)
        if (node->inputs[k] >= 0)
          extend (&lifetimes[node->inputs[k]], i);
      if (node->residual >= 0)
        extend (&lifetimes[node->residual], i);
    }
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (!plan->needed[i] || node->residual < 0 || lifetimes[node->residual].to != (int) i)
        continue;
      const int home = homes[node->residual];
      homes[node->outputs[0]] = home;
      extend (&lifetimes[home], lifetimes[node->outputs[0]].to);
      lifetimes[node->outputs[0]].size = 0;
    }
}

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  const Lifetime *first = a, *second = b;
  if (first->size != second->size)
    return first->size < second->size ? 1 : -1;
  return first->value - second->value;
}

/* The lowest offset at which a value collides with none of the `count` values that are placed. */
static gsize
find_place (const P3mPlan *plan, const Lifetime *placed, int count, const Lifetime *lifetime)
{
  gsize offset = 0;
  for (int i = 0; i < count; i++)
    {
      const gsize start = plan->offsets[placed[i].value];
      const gboolean apart = placed[i].to < lifetime->from || lifetime->to < placed[i].from
                             || start >= offset + lifetime->size
                             || start + placed[i].size <= offset;
      if (apart)
        continue;
      offset = start + placed[i].size;
      i = -1; /* the new offset may collide with one looked at before */
    }
  return offset;
}

/* Fills lifetimes [nodes] of what the blocks of each share. */
static void
find_shared (const P3mPlan *plan, Lifetime *lifetimes)
{
  const P3mGraph *graph = plan->net->graph;
  for (int i = 0; i < (int) graph->nodes->len; i++)
    {
      P3mJob job;
      lifetimes[i] = (Lifetime){ graph->values->len + i, i, i, 0 };
      if (plan->needed[i])
        lifetimes[i].size
            = align (p3m_plan_work (plan, p3m_graph_node (graph, i), NULL, NULL, &job).shared
                     * sizeof (float));
    }
}

/* Greedy, the largest first. */
static void
place (P3mPlan *plan, const gboolean *used)
{
  const int values = plan->net->graph->values->len, count = values + plan->net->graph->nodes->len;
  g_autofree Lifetime *lifetimes = g_new (Lifetime, count);
  g_autofree int *homes = g_new (int, values);
  find_lifetimes (plan, used, lifetimes, homes);
  find_shared (plan, lifetimes + values);
  qsort (lifetimes, count, sizeof *lifetimes, compare_sizes);
  for (int i = 0; i < count && lifetimes[i].size > 0; i++)
    {
      const gsize offset = find_place (plan, lifetimes, i, &lifetimes[i]);
      plan->offsets[lifetimes[i].value] = offset;
      plan->size = MAX (plan->size, offset + lifetimes[i].size);
    }
  for (int i = 0; i < values; i++)
    plan->offsets[i] = used[i] ? plan->offsets[homes[i]] : G_MAXSIZE;
}

/* Takes so many bytes at the arena's end; returns their offset. */
static gsize
reserve (P3mPlan *plan, gsize size)
{
  const gsize offset = plan->size;
  plan->size += align (size);
  return offset;
}

P3mPlan *
p3m_plan_new (const P3mNet *net, int height, int width, const P3mNetOutput *output, int threads)
{
  P3mPlan *plan = g_new0 (P3mPlan, 1);
  plan->net = net;
  plan->height = height;
  plan->width = width;
  plan->output = *output;
  plan->needed = g_new0 (gboolean, net->graph->nodes->len);
  plan->sparse = g_new0 (gboolean, net->graph->nodes->len);
  const gsize offsets = net->graph->values->len + net->graph->nodes->len;
  plan->offsets = g_new (gsize, offsets);
  memset (plan->offsets, 0xff, offsets * sizeof (gsize));
  plan->tiles = g_new0 (const int *, net->graph->nodes->len);
  plan->n_tiles = g_new0 (int, net->graph->nodes->len);
  plan->n_blanks = g_new0 (int, net->graph->nodes->len);
  g_autofree gboolean *used = g_new0 (gboolean, net->graph->values->len);
  find_needed (plan, used);
  if (p3m_plan_is_sparse (plan))
    p3m_needs_find_sparse (plan);
  place (plan, used);
  if (needs_classes (plan) && !output->classes)
    plan->classes = reserve (plan, (gsize) height * width);
  if (p3m_plan_is_sparse (plan))
    plan->needs = reserve (plan, p3m_needs_get_size (plan));
  for (guint i = 0; i < net->graph->nodes->len; i++)
    if (plan->needed[i])
      {
        P3mJob job;
        const P3mWork work = p3m_plan_work (plan, p3m_graph_node (net->graph, i), NULL, NULL, &job);
        plan->share = MAX (plan->share, work.scratch * sizeof (float));
      }
  plan->share = align (plan->share);
  plan->scratch = reserve (plan, plan->share * threads);
  return plan;
}

void
p3m_plan_free (P3mPlan *plan)
{
  g_free (plan->needed);
  g_free (plan->sparse);
  g_free (plan->offsets);
  g_free (plan->tiles);
  g_free (plan->n_tiles);
  g_free (plan->n_blanks);
  g_free (plan);
}
