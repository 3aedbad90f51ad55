/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Test sets on the disk: which picture, true alpha and trimap belong together. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct
{
  char *name;    /* the files' common name without folder and suffix, for display */
  char *stem;    /* the same in the file system's encoding */
  char *picture; /* path; NULL = none, or not asked for */
  char *truth;   /* path; NULL = none */
  char *trimap;  /* path; NULL = none */
  char *problem; /* why it cannot be measured, NULL = it can */
} Sample;

typedef struct
{
  char *name;
  gboolean has_trimaps; /* whether there is a folder of trimaps */
  GPtrArray *samples;   /* Sample, sorted by name */
} Dataset;

typedef struct
{
  const char *pictures; /* NULL = not needed */
  const char *truths;
  const char *trimaps; /* NULL = there are none */
} DatasetFolders;

/* A file name in its folder: its path, and the path of a second file of that stem or NULL. */
typedef struct
{
  char *path;
  char *rival;
} DatasetFile;

/* The pictures in a folder by their stems: char * to DatasetFile. Other files and hidden ones are left
 * out. */
GHashTable *dataset_list_folder (const char *folder, GError **error);

/* The pictures that the folders hold, matched by stem; only the first `limit` unless that is 0. A picture
 * without a mask, or the other way round, becomes a sample with a problem. */
Dataset *dataset_new (const char *name, const DatasetFolders *folders, int limit, GError **error);
void dataset_free (Dataset *set);

/* The sets of P3M-10k under `folder`, laid out as it is published: Dataset. `names` are those that must
 * be there; NULL = the test sets, or the training set when there are none. */
GPtrArray *dataset_find_published (const char *folder, char **names, gboolean with_pictures,
                                   int limit, GError **error);

/* Whether P3M-10k has a set of that name. */
gboolean dataset_is_published_name (const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Dataset, dataset_free)

G_END_DECLS
