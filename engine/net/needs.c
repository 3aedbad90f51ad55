/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The fusion shows the matting decoder only in the transition: which 4x4 tiles of its maps matter to that,
 * backwards from the class map through every convolution's halo. */
#include "plan.h"

#include <string.h>

enum
{
  TILE = 4
};

/* Share of the matting decoder's pixels that a portrait usually needs. */
#define USUAL_SHARE 0.4

/* Which tiles of a map are needed: [height][width] of tiles. */
typedef struct
{
  int height, width;
  guint8 *needed; /* NULL: computed as a whole, before the class map */
} Needs;

static int
count_tiles (int length, int shift)
{
  return ((length >> shift) + TILE - 1) / TILE;
}

static gsize
count_value_tiles (const P3mPlan *plan, int value)
{
  const int shift = p3m_graph_value (plan->net->graph, value)->shift;
  return (gsize) count_tiles (plan->height, shift) * count_tiles (plan->width, shift);
}

/* The first node after the class map. */
static guint
find_first (const P3mGraph *graph)
{
  guint i = 0;
  while (p3m_graph_node (graph, i)->op != P3M_OP_CLASSES)
    i++;
  return i + 1;
}

static gboolean
is_convolution (const P3mNode *node)
{
  return node->op == P3M_OP_CONVOLUTION || node->op == P3M_OP_UNPOOLED;
}

/* A list and a map for each convolution after the class map. */
gsize
p3m_needs_get_size (const P3mPlan *plan)
{
  const P3mGraph *graph = plan->net->graph;
  gsize size = 0;
  for (guint i = find_first (graph); i < graph->nodes->len; i++)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (is_convolution (node))
        size += count_value_tiles (plan, node->outputs[0]) * (sizeof (int) + 1);
    }
  return size;
}

double
p3m_needs_get_share (const P3mPlan *plan, const P3mNode *node)
{
  const P3mGraph *graph = plan->net->graph;
  const int step = node - p3m_graph_node (graph, 0);
  if (!p3m_plan_is_sparse (plan) || step < (int) find_first (graph))
    return 1.0;
  if (is_convolution (node) && plan->tiles[step])
    return (double) plan->n_tiles[step] / count_value_tiles (plan, node->outputs[0]);
  return USUAL_SHARE;
}

/* Marks the tiles top..bottom, left..right, as far as they exist. */
static void
mark (Needs *needs, int top, int bottom, int left, int right)
{
  top = MAX (top, 0);
  left = MAX (left, 0);
  bottom = MIN (bottom, needs->height - 1);
  right = MIN (right, needs->width - 1);
  for (int y = top; y <= bottom; y++)
    memset (needs->needed + (gsize) y * needs->width + left, 1, right - left + 1);
}

/* What the needed tiles of an output need of an input: the same tiles and `halo` around. */
static void
spread (const Needs *output, Needs *input, int halo)
{
  for (int y = 0; y < output->height && input->needed; y++)
    for (int x = 0; x < output->width; x++)
      if (output->needed[(gsize) y * output->width + x])
        mark (input, y - halo, y + halo, x - halo, x + halo);
}

/* The same of the map that is unpooled: its pixels 2 t .. 2 t + 2 can end in tile t. */
static void
spread_unpooled (const Needs *output, Needs *input)
{
  for (int y = 0; y < output->height && input->needed; y++)
    for (int x = 0; x < output->width; x++)
      if (output->needed[(gsize) y * output->width + x])
        mark (input, 2 * y / TILE, (2 * y + 2) / TILE, 2 * x / TILE, (2 * x + 2) / TILE);
}

/* What the transition needs of the map that the head unpools: pixel y reads y - 1 .. y + 1 of the unpooled
 * map, and these (y - 1) / 2 .. (y + 2) / 2 of the map. */
static void
spread_head (const P3mPlan *plan, const guint8 *classes, Needs *input)
{
  for (int y = 0; y < plan->height; y++)
    for (int x = 0; x < plan->width; x++)
      if (classes[(gsize) y * plan->width + x] == 1)
        mark (input, (y - 1) / 2 / TILE, (y + 2) / 2 / TILE, (x - 1) / 2 / TILE,
              (x + 2) / 2 / TILE);
}

static void
spread_node (const P3mGraph *graph, const P3mNode *node, Needs *needs)
{
  const Needs *output = &needs[node->outputs[0]];
  if (node->op == P3M_OP_UNPOOLED)
    {
      spread_unpooled (output, &needs[node->inputs[0]]);
      return;
    }
  const int halo = p3m_graph_layer (graph, node->layer)->size / 2;
  for (int i = 0; i < P3M_NODE_INPUTS && node->inputs[i] >= 0; i++)
    spread (output, &needs[node->inputs[i]], halo);
  if (node->residual >= 0)
    spread (output, &needs[node->residual], 0);
}

/* Lists the needed tiles; returns how many. */
static int
list (const Needs *needs, int *tiles)
{
  int count = 0;
  for (int i = 0; i < needs->height * needs->width; i++)
    if (needs->needed[i])
      tiles[count++] = i;
  return count;
}

void
p3m_needs_find (P3mPlan *plan, char *arena)
{
  const P3mGraph *graph = plan->net->graph;
  const guint first = find_first (graph);
  g_autofree Needs *needs = g_new0 (Needs, graph->values->len);
  int *tiles = (int *) (gpointer) (arena + plan->needs);
  guint8 *maps = (guint8 *) tiles + p3m_needs_get_size (plan) / (sizeof (int) + 1) * sizeof (int);
  for (guint i = first; i < graph->nodes->len; i++)
    if (is_convolution (p3m_graph_node (graph, i)))
      {
        const int value = p3m_graph_node (graph, i)->outputs[0];
        const int shift = p3m_graph_value (graph, value)->shift;
        needs[value]
            = (Needs){ count_tiles (plan->height, shift), count_tiles (plan->width, shift), maps };
        memset (maps, 0, count_value_tiles (plan, value));
        maps += count_value_tiles (plan, value);
      }
  for (guint i = graph->nodes->len - 1; i >= first; i--)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (node->op == P3M_OP_HEAD)
        spread_head (plan, p3m_plan_get_fused (plan, arena), &needs[node->inputs[0]]);
      else if (is_convolution (node))
        {
          spread_node (graph, node, needs);
          plan->tiles[i] = tiles;
          plan->n_tiles[i] = list (&needs[node->outputs[0]], tiles);
          tiles += count_value_tiles (plan, node->outputs[0]);
        }
    }
}
