/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The ways to an alpha that are compared: a model with a strategy, or a folder of finished alphas. */
#pragma once

#include "evaluate/dataset.h"
#include "evaluate/input.h"
#include "p3m.h"

G_BEGIN_DECLS

typedef struct
{
  char *name;      /* the model's, or the folder's; display */
  P3mModel *model; /* NULL = finished alphas */
  P3mStrategy strategy;
  char *folder; /* of finished alphas; a folder in it named as the set goes first */
} Method;

/* Every model with every strategy, then every folder of finished alphas: Method. Without a model,
 * strategies go with the default model, and so does the lack of folders. */
GPtrArray *method_list_new (char **models, char **strategies, char **folders, GError **error);

/* "NAME, STRATEGY" or "NAME". */
char *method_get_label (const Method *method);

/* The strategy's name, "" for finished alphas. */
const char *method_get_strategy (const Method *method);

/* The files of finished alphas for a set: as dataset_list_folder(); NULL for a model. */
GHashTable *method_list_files (const Method *method, const char *set_name, GError **error);

/* Runs the network on a picture. */
gboolean method_compute (const Method *method, GeglBuffer *picture, int threads,
                         P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
                         Grey *alpha, GError **error);

G_END_DECLS
