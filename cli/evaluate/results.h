/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What an evaluation found: the metrics of every picture and method, their means, the worst cases. */
#pragma once

#include "evaluate/dataset.h"
#include "evaluate/method.h"
#include "p3m.h"

G_BEGIN_DECLS

/* One picture by one method. */
typedef struct
{
  gboolean is_measured;
  P3mMetrics metrics;
} Score;

/* The metrics, in the order in which they are reported. */
enum
{
  N_METRICS = 10
};

const char *metric_get_name (int metric);

/* After the point, in a table. */
int metric_get_digits (int metric);

/* FALSE = the metric is undefined, or the picture was not measured. */
gboolean score_get (const Score *score, int metric, double *value);

/* A picture of a worst case. They are shown in pairs. */
typedef struct
{
  gboolean starts_pair;
  char *caption;
  char *image; /* data URI */
} Figure;

/* A worst case. */
typedef struct
{
  char *name;
  double sad;         /* the largest of all methods */
  GPtrArray *figures; /* Figure */
} Card;

Card *card_new (const char *name, double sad);

/* Takes `image`. */
void card_add (Card *card, gboolean starts_pair, const char *caption, char *image);

/* One test set. */
typedef struct
{
  const Dataset *set; /* borrowed */
  int radius;         /* of the band that stands for missing trimaps, px; 0 = there is none */
  Score *scores;      /* [methods][samples] */
  GPtrArray *cards;   /* Card, the worst first */
} SetResults;

/* The mean of a metric over the pictures for which it is defined. */
typedef struct
{
  double value;
  guint count; /* 0 = undefined */
} Mean;

Score *set_results_get_score (const SetResults *results, guint method, guint sample);
Mean set_results_get_mean (const SetResults *results, guint method, int metric);
guint set_results_count_measured (const SetResults *results, guint method);

/* Keeps a card, which it takes, if it is among the `limit` worst. */
void set_results_keep_card (SetResults *results, Card *card, guint limit);

typedef struct
{
  GPtrArray *methods;  /* Method, borrowed */
  GPtrArray *sets;     /* SetResults */
  GPtrArray *problems; /* char *, sentences in the order in which they came up */
} Results;

/* No picture of `sets` (Dataset) is measured yet. */
Results *results_new (GPtrArray *sets, GPtrArray *methods, int radius);
void results_free (Results *results);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Results, results_free)

G_END_DECLS
