/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What an evaluation found: the metrics of every picture and method, their means, the worst cases. */
#include "evaluate/results.h"

typedef enum
{
  ALWAYS,
  WITH_TRIMAP,
  WITH_TRANSITION
} Condition;

static const struct
{
  const char *name;
  gsize offset; /* in P3mMetrics */
  Condition condition;
  int digits;
} metrics[N_METRICS] = {
  { "sad", G_STRUCT_OFFSET (P3mMetrics, sad), ALWAYS, 4 },
  { "mse", G_STRUCT_OFFSET (P3mMetrics, mse), ALWAYS, 6 },
  { "mad", G_STRUCT_OFFSET (P3mMetrics, mad), ALWAYS, 6 },
  { "sad_trimap", G_STRUCT_OFFSET (P3mMetrics, sad_trimap), WITH_TRIMAP, 4 },
  { "mse_trimap", G_STRUCT_OFFSET (P3mMetrics, mse_trimap), WITH_TRANSITION, 6 },
  { "mad_trimap", G_STRUCT_OFFSET (P3mMetrics, mad_trimap), WITH_TRANSITION, 6 },
  { "sad_fg", G_STRUCT_OFFSET (P3mMetrics, sad_fg), WITH_TRIMAP, 4 },
  { "sad_bg", G_STRUCT_OFFSET (P3mMetrics, sad_bg), WITH_TRIMAP, 4 },
  { "conn", G_STRUCT_OFFSET (P3mMetrics, conn), ALWAYS, 4 },
  { "grad", G_STRUCT_OFFSET (P3mMetrics, grad), ALWAYS, 4 },
};

const char *
metric_get_name (int metric)
{
  return metrics[metric].name;
}

int
metric_get_digits (int metric)
{
  return metrics[metric].digits;
}

static gboolean
is_defined (const P3mMetrics *values, Condition condition)
{
  switch (condition)
    {
    case WITH_TRIMAP:
      return values->has_trimap;
    case WITH_TRANSITION:
      return values->has_trimap && values->has_transition;
    default:
      return TRUE;
    }
}

gboolean
score_get (const Score *score, int metric, double *value)
{
  if (!score->is_measured || !is_defined (&score->metrics, metrics[metric].condition))
    return FALSE;
  *value = G_STRUCT_MEMBER (double, &score->metrics, metrics[metric].offset);
  return TRUE;
}

/* ---- worst cases ---- */

static void
figure_free (gpointer data)
{
  Figure *figure = data;
  g_free (figure->caption);
  g_free (figure->image);
  g_free (figure);
}

static void
card_free (gpointer data)
{
  Card *card = data;
  g_free (card->name);
  g_ptr_array_unref (card->figures);
  g_free (card);
}

Card *
card_new (const char *name, double sad)
{
  Card *card = g_new (Card, 1);
  *card = (Card){ g_strdup (name), sad, g_ptr_array_new_with_free_func (figure_free) };
  return card;
}

void
card_add (Card *card, gboolean starts_pair, const char *caption, char *image)
{
  Figure *figure = g_new (Figure, 1);
  *figure = (Figure){ starts_pair, g_strdup (caption), image };
  g_ptr_array_add (card->figures, figure);
}

/* Of equals the first by name, whichever thread was first. */
static int
compare_cards (gconstpointer a, gconstpointer b)
{
  const Card *first = *(const Card *const *) a, *second = *(const Card *const *) b;
  if (first->sad != second->sad)
    return first->sad > second->sad ? -1 : 1;
  return g_strcmp0 (first->name, second->name);
}

void
set_results_keep_card (SetResults *results, Card *card, guint limit)
{
  g_ptr_array_add (results->cards, card);
  g_ptr_array_sort (results->cards, compare_cards);
  if (results->cards->len > limit)
    g_ptr_array_set_size (results->cards, (int) limit);
}

/* ---- sets ---- */

Score *
set_results_get_score (const SetResults *results, guint method, guint sample)
{
  return &results->scores[(gsize) method * results->set->samples->len + sample];
}

Mean
set_results_get_mean (const SetResults *results, guint method, int metric)
{
  Mean mean = { 0 };
  for (guint i = 0; i < results->set->samples->len; i++)
    {
      double value;
      if (!score_get (set_results_get_score (results, method, i), metric, &value))
        continue;
      mean.value += value;
      mean.count++;
    }
  if (mean.count > 0)
    mean.value /= mean.count;
  return mean;
}

guint
set_results_count_measured (const SetResults *results, guint method)
{
  guint count = 0;
  for (guint i = 0; i < results->set->samples->len; i++)
    count += set_results_get_score (results, method, i)->is_measured ? 1 : 0;
  return count;
}

static void
set_results_free (gpointer data)
{
  SetResults *results = data;
  g_free (results->scores);
  g_ptr_array_unref (results->cards);
  g_free (results);
}

Results *
results_new (GPtrArray *sets, GPtrArray *methods, int radius)
{
  Results *results = g_new (Results, 1);
  *results = (Results){ methods, g_ptr_array_new_with_free_func (set_results_free),
                        g_ptr_array_new_with_free_func (g_free) };
  for (guint i = 0; i < sets->len; i++)
    {
      SetResults *set_results = g_new (SetResults, 1);
      const Dataset *set = g_ptr_array_index (sets, i);
      *set_results = (SetResults){ set, set->has_trimaps ? 0 : radius,
                                   g_new0 (Score, (gsize) methods->len * set->samples->len),
                                   g_ptr_array_new_with_free_func (card_free) };
      g_ptr_array_add (results->sets, set_results);
    }
  return results;
}

void
results_free (Results *results)
{
  g_ptr_array_unref (results->sets);
  g_ptr_array_unref (results->problems);
  g_free (results);
}
