/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The fusion shows the matting decoder only in the transition: which pixels of a map matter to that, backwards
 * from the class map through every convolution's halo, and which 4x4 tiles hold such pixels. What lies around
 * these tiles counts as zero: a tile's other pixels, of which nothing is shown, come out wrong, and those that
 * matter are the same up to rounding. Where the class map is known before the run, that goes on through the
 * semantic decoder to the encoder's last pooling. */
#include "plan.h"

#include <string.h>

enum
{
  TILE = 4
};

/* Share of a sparse map's pixels that a portrait usually needs. */
#define USUAL_SHARE 0.4

/* Which pixels of a map are needed: [height][width], 1 or 0. */
typedef struct
{
  int height, width;
  guint8 *needed; /* NULL: computed as a whole */
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

static gboolean
is_convolution (const P3mNode *node)
{
  return node->op == P3M_OP_CONVOLUTION || node->op == P3M_OP_UNPOOLED;
}

static gsize
count_value_pixels (const P3mPlan *plan, int value)
{
  const int shift = p3m_graph_value (plan->net->graph, value)->shift;
  return (gsize) (plan->height >> shift) * (plan->width >> shift);
}

/* The first node that comes when the class map is known. */
static guint
find_first (const P3mPlan *plan)
{
  const P3mGraph *graph = plan->net->graph;
  guint i = 0;
  while (!plan->output.fuse && p3m_graph_node (graph, i)->op != P3M_OP_CLASSES)
    i++;
  return plan->output.fuse ? 0 : i + 1;
}

void
p3m_needs_find_sparse (P3mPlan *plan)
{
  const P3mGraph *graph = plan->net->graph;
  const int first = find_first (plan);
  g_autofree gboolean *whole = g_new0 (gboolean, graph->values->len);
  for (int i = graph->nodes->len - 1; i >= 0; i--)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (!plan->needed[i])
        continue;
      const gboolean has_needs = is_convolution (node) || node->op == P3M_OP_UPSAMPLE;
      plan->sparse[i]
          = i >= first && (node->op == P3M_OP_HEAD || (has_needs && !whole[node->outputs[0]]));
      for (int k = 0; k < P3M_NODE_INPUTS && !plan->sparse[i]; k++)
        if (node->inputs[k] >= 0)
          whole[node->inputs[k]] = TRUE;
      if (!plan->sparse[i] && node->residual >= 0)
        whole[node->residual] = TRUE;
    }
}

/* Whether a node's output is a sparse map, and whether its tiles are listed: upsampling is done as a whole. */
static gboolean
has_map (const P3mPlan *plan, guint i)
{
  return plan->sparse[i] && p3m_graph_node (plan->net->graph, i)->op != P3M_OP_HEAD;
}

static gboolean
has_list (const P3mPlan *plan, guint i)
{
  return plan->sparse[i] && is_convolution (p3m_graph_node (plan->net->graph, i));
}

static gsize
count_listed_tiles (const P3mPlan *plan)
{
  const P3mGraph *graph = plan->net->graph;
  gsize count = 0;
  for (guint i = 0; i < graph->nodes->len; i++)
    if (has_list (plan, i))
      count += count_value_tiles (plan, p3m_graph_node (graph, i)->outputs[0]);
  return count;
}

/* The lists of tiles, then a map of pixels for each of the sparse maps. */
gsize
p3m_needs_get_size (const P3mPlan *plan)
{
  const P3mGraph *graph = plan->net->graph;
  gsize size = count_listed_tiles (plan) * sizeof (int);
  for (guint i = 0; i < graph->nodes->len; i++)
    if (has_map (plan, i))
      size += count_value_pixels (plan, p3m_graph_node (graph, i)->outputs[0]);
  return size;
}

double
p3m_needs_get_share (const P3mPlan *plan, const P3mNode *node)
{
  const int step = node - p3m_graph_node (plan->net->graph, 0);
  if (!plan->sparse[step])
    return 1.0;
  if (plan->tiles[step])
    return (double) plan->n_tiles[step] / count_value_tiles (plan, node->outputs[0]);
  return USUAL_SHARE;
}

/* What the needed pixels of an output need of an input: the same pixels and `halo` around. */
static void
spread (const Needs *output, Needs *input, int halo)
{
  const int height = output->height, width = output->width;
  for (int i = 0; i < (2 * halo + 1) * (2 * halo + 1) && input->needed; i++)
    {
      const int dy = i / (2 * halo + 1) - halo, dx = i % (2 * halo + 1) - halo;
      const int left = MAX (0, -dx), count = width - ABS (dx);
      for (int y = MAX (0, -dy); y < height - MAX (0, dy); y++)
        {
          const guint8 *from = output->needed + (gsize) y * width + left;
          guint8 *to = input->needed + (gsize) (y + dy) * width + left + dx;
          for (int x = 0; x < count; x++)
            to[x] |= from[x];
        }
    }
}

/* Marks the pixels top..bottom, left..right, as far as they exist. */
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

/* The same of the map that is unpooled: the windows that hold the pixel. */
static void
spread_unpooled (const Needs *output, Needs *input)
{
  for (int y = 0; y < output->height && input->needed; y++)
    for (int x = 0; x < output->width; x++)
      if (output->needed[(gsize) y * output->width + x])
        mark (input, y / 2, (y + 1) / 2, x / 2, (x + 1) / 2);
}

/* The same of the map that is upsampled: the two rows and columns between which a pixel lies. */
static void
spread_upsampled (const Needs *output, Needs *input)
{
  const int factor = output->height / MAX (input->height, 1);
  for (int y = 0; y < output->height && input->needed; y++)
    for (int x = 0; x < output->width; x++)
      if (output->needed[(gsize) y * output->width + x])
        {
          const int top = (2 * y + 1 + factor) / (2 * factor) - 1;
          const int left = (2 * x + 1 + factor) / (2 * factor) - 1;
          mark (input, top, top + 1, left, left + 1);
        }
}

/* What the transition needs of the map that the head unpools: pixel y reads y - 1 .. y + 1 of the unpooled
 * map, and these (y - 1) / 2 .. (y + 2) / 2 of the map. */
static void
spread_head (const P3mPlan *plan, const guint8 *classes, Needs *input)
{
  for (int y = 0; y < plan->height; y++)
    for (int x = 0; x < plan->width; x++)
      if (classes[(gsize) y * plan->width + x] == 1)
        mark (input, (y - 1) / 2, (y + 2) / 2, (x - 1) / 2, (x + 2) / 2);
}

static void
spread_node (const P3mGraph *graph, const P3mNode *node, Needs *needs)
{
  const Needs *output = &needs[node->outputs[0]];
  if (node->op == P3M_OP_UNPOOLED)
    spread_unpooled (output, &needs[node->inputs[0]]);
  else if (node->op == P3M_OP_UPSAMPLE)
    spread_upsampled (output, &needs[node->inputs[0]]);
  if (node->op != P3M_OP_CONVOLUTION)
    return;
  const int halo = p3m_graph_layer (graph, node->layer)->size / 2;
  for (int i = 0; i < P3M_NODE_INPUTS && node->inputs[i] >= 0; i++)
    spread (output, &needs[node->inputs[i]], halo);
  if (node->residual >= 0)
    spread (output, &needs[node->residual], 0);
}

static gboolean
is_tile_needed (const Needs *needs, int row, int column)
{
  const int left = column * TILE, bottom = MIN ((row + 1) * TILE, needs->height);
  for (int y = row * TILE; y < bottom; y++)
    if (memchr (needs->needed + (gsize) y * needs->width + left, 1,
                MIN (TILE, needs->width - left)))
      return TRUE;
  return FALSE;
}

/* Whether a tile or one of its neighbours is marked in `marks`, [down][across]. */
static gboolean
touches (const guint8 *marks, int down, int across, int row, int column)
{
  const int left = MAX (column - 1, 0), right = MIN (column + 1, across - 1);
  for (int y = MAX (row - 1, 0); y <= MIN (row + 1, down - 1); y++)
    if (memchr (marks + (gsize) y * across + left, 1, right - left + 1))
      return TRUE;
  return FALSE;
}

/* Lists the needed tiles and after them their neighbours which are not needed. */
static void
list (const Needs *needs, int *tiles, int *n_tiles, int *n_blanks)
{
  const int across = (needs->width + TILE - 1) / TILE, down = (needs->height + TILE - 1) / TILE;
  g_autofree guint8 *marks = g_new0 (guint8, (gsize) across * down);
  int count = 0;
  for (int i = 0; i < across * down; i++)
    if (is_tile_needed (needs, i / across, i % across))
      {
        marks[i] = 1;
        tiles[count++] = i;
      }
  *n_tiles = count;
  for (int i = 0; i < across * down; i++)
    if (!marks[i] && touches (marks, down, across, i / across, i % across))
      tiles[count++] = i;
  *n_blanks = count - *n_tiles;
}

void
p3m_needs_clear (const P3mPlan *plan, const P3mNode *node, char *arena)
{
  const P3mGraph *graph = plan->net->graph;
  const int step = node - p3m_graph_node (graph, 0);
  if (!plan->tiles[step])
    return;
  const P3mValue *value = p3m_graph_value (graph, node->outputs[0]);
  const int height = plan->height >> value->shift, width = plan->width >> value->shift;
  const int across = (width + TILE - 1) / TILE;
  float *map = p3m_plan_locate (plan, arena, node->outputs[0]);
  for (int i = 0; i < plan->n_blanks[step]; i++)
    {
      const int tile = plan->tiles[step][plan->n_tiles[step] + i];
      const int top = tile / across * TILE, left = tile % across * TILE;
      for (int y = top; y < MIN (top + TILE, height); y++)
        memset (map + ((gsize) y * width + left) * value->channels, 0,
                sizeof (float) * value->channels * MIN (TILE, width - left));
    }
}

void
p3m_needs_find (P3mPlan *plan, char *arena)
{
  const P3mGraph *graph = plan->net->graph;
  g_autofree Needs *needs = g_new0 (Needs, graph->values->len);
  int *tiles = (int *) (gpointer) (arena + plan->needs);
  guint8 *maps = (guint8 *) (tiles + count_listed_tiles (plan));
  gsize n_pixels = 0;
  for (guint i = 0; i < graph->nodes->len; i++)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (!has_map (plan, i))
        continue;
      const int shift = p3m_graph_value (graph, node->outputs[0])->shift;
      needs[node->outputs[0]]
          = (Needs){ plan->height >> shift, plan->width >> shift, maps + n_pixels };
      n_pixels += count_value_pixels (plan, node->outputs[0]);
    }
  memset (maps, 0, n_pixels);
  for (int i = graph->nodes->len - 1; i >= 0; i--)
    {
      const P3mNode *node = p3m_graph_node (graph, i);
      if (!plan->sparse[i])
        continue;
      if (node->op == P3M_OP_HEAD)
        spread_head (plan, p3m_plan_get_fused (plan, arena), &needs[node->inputs[0]]);
      else
        spread_node (graph, node, needs);
      if (!has_list (plan, i))
        continue;
      plan->tiles[i] = tiles;
      list (&needs[node->outputs[0]], tiles, &plan->n_tiles[i], &plan->n_blanks[i]);
      tiles += count_value_tiles (plan, node->outputs[0]);
    }
}
