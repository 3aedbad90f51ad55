/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* From a node of the network to the job of its kernel. */
#include "plan.h"

static P3mWork
stem_work (const P3mPlan *plan, const P3mNode *node, char *arena, const float *rgb, P3mStemJob *job)
{
  *job = (P3mStemJob){ .stem = &plan->net->layers[node->layer].stem,
                       .rgb = rgb,
                       .height = plan->height,
                       .width = plan->width,
                       .pooled = p3m_plan_locate (plan, arena, node->outputs[0]),
                       .index = p3m_plan_locate (plan, arena, node->outputs[1]) };
  for (int i = 0; i < 3; i++)
    job->sparse[i] = p3m_plan_locate (plan, arena, node->outputs[2 + i]);
  return p3m_stem_work (job);
}

static P3mWork
convolution_work (const P3mPlan *plan, const P3mNode *node, char *arena, P3mConvolutionJob *job)
{
  const P3mGraph *graph = plan->net->graph;
  const P3mValue *output = p3m_graph_value (graph, node->outputs[0]);
  const int step = node - p3m_graph_node (graph, 0);
  *job = (P3mConvolutionJob){ .convolution = &plan->net->layers[node->layer].convolution,
                              .height = plan->height >> output->shift,
                              .width = plan->width >> output->shift,
                              .activation = node->activation,
                              .residual = p3m_plan_locate (plan, arena, node->residual),
                              .output = p3m_plan_locate (plan, arena, node->outputs[0]),
                              .tiles = plan->tiles[step],
                              .n_tiles = plan->n_tiles[step],
                              .shared = p3m_plan_locate_shared (plan, arena, node) };
  if (node->op == P3M_OP_UNPOOLED)
    {
      job->parts[job->n_parts++] = (P3mPart){ p3m_plan_locate (plan, arena, node->inputs[0]),
                                              p3m_plan_locate (plan, arena, node->inputs[1]),
                                              p3m_graph_value (graph, node->inputs[0])->channels };
      return p3m_convolution_work (job);
    }
  for (int i = 0; i < P3M_NODE_INPUTS && node->inputs[i] >= 0; i++)
    job->parts[job->n_parts++] = (P3mPart){ p3m_plan_locate (plan, arena, node->inputs[i]), NULL,
                                            p3m_graph_value (graph, node->inputs[i])->channels };
  return p3m_convolution_work (job);
}

/* Pooling and upsampling: the kernels of maps without weights. */
static P3mWork
pool_work (const P3mPlan *plan, const P3mNode *node, char *arena, P3mPoolJob *job)
{
  const P3mValue *input = p3m_graph_value (plan->net->graph, node->inputs[0]);
  *job = (P3mPoolJob){ .input = p3m_plan_locate (plan, arena, node->inputs[0]),
                       .height = plan->height >> input->shift,
                       .width = plan->width >> input->shift,
                       .channels = input->channels,
                       .output = p3m_plan_locate (plan, arena, node->outputs[0]),
                       .index = p3m_plan_locate (plan, arena, node->outputs[1]) };
  return p3m_pool_work (job);
}

static P3mWork
upsample_work (const P3mPlan *plan, const P3mNode *node, char *arena, P3mUpsampleJob *job)
{
  const P3mValue *input = p3m_graph_value (plan->net->graph, node->inputs[0]);
  const P3mValue *output = p3m_graph_value (plan->net->graph, node->outputs[0]);
  *job = (P3mUpsampleJob){ .input = p3m_plan_locate (plan, arena, node->inputs[0]),
                           .height = plan->height >> input->shift,
                           .width = plan->width >> input->shift,
                           .channels = input->channels,
                           .factor = 1 << (input->shift - output->shift),
                           .output = p3m_plan_locate (plan, arena, node->outputs[0]) };
  return p3m_upsample_work (job);
}

static P3mWork
narrow_work (const P3mPlan *plan, const P3mNode *node, char *arena, P3mNarrowJob *job)
{
  const int shift = p3m_graph_value (plan->net->graph, node->outputs[0])->shift;
  *job = (P3mNarrowJob){ .narrow = &plan->net->layers[node->layer].narrow,
                         .input = p3m_plan_locate (plan, arena, node->inputs[0]),
                         .height = plan->height >> shift,
                         .width = plan->width >> shift,
                         .output = p3m_plan_locate (plan, arena, node->outputs[0]) };
  return p3m_narrow_work (job);
}

static P3mWork
classes_work (const P3mPlan *plan, const P3mNode *node, char *arena, P3mClassesJob *job)
{
  *job = (P3mClassesJob){ .input = p3m_plan_locate (plan, arena, node->inputs[0]),
                          .height = plan->height / 2,
                          .width = plan->width / 2,
                          .logits = plan->output.logits,
                          .classes = p3m_plan_get_classes (plan, arena) };
  return p3m_classes_work (job);
}

static P3mWork
head_work (const P3mPlan *plan, const P3mNode *node, char *arena, P3mHeadJob *job)
{
  *job = (P3mHeadJob){ .narrow = &plan->net->layers[node->layer].narrow,
                       .input = p3m_plan_locate (plan, arena, node->inputs[0]),
                       .index = p3m_plan_locate (plan, arena, node->inputs[1]),
                       .height = plan->height,
                       .width = plan->width,
                       .classes = plan->output.alpha ? p3m_plan_get_fused (plan, arena) : NULL,
                       .local = plan->output.local,
                       .alpha = plan->output.alpha };
  return p3m_head_work (job);
}

P3mWork
p3m_plan_work (const P3mPlan *plan, const P3mNode *node, char *arena, const float *rgb, P3mJob *job)
{
  switch (node->op)
    {
    case P3M_OP_STEM:
      return stem_work (plan, node, arena, rgb, &job->stem);
    case P3M_OP_POOL:
      return pool_work (plan, node, arena, &job->pool);
    case P3M_OP_CONVOLUTION:
    case P3M_OP_UNPOOLED:
      return convolution_work (plan, node, arena, &job->convolution);
    case P3M_OP_UPSAMPLE:
      return upsample_work (plan, node, arena, &job->upsample);
    case P3M_OP_NARROW:
      return narrow_work (plan, node, arena, &job->narrow);
    case P3M_OP_CLASSES:
      return classes_work (plan, node, arena, &job->classes);
    case P3M_OP_HEAD:
      return head_work (plan, node, arena, &job->head);
    }
  g_assert_not_reached ();
}
