/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Test sets on the disk: which picture, true alpha and trimap belong together. */
#include "evaluate/dataset.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "p3m.h"

/* The layout in which P3M-10k is published. */
typedef struct
{
  const char *name;
  const char *folder;
  const char *pictures;
  gboolean is_test;
} Published;

static const Published published[] = {
  { "P3M-500-P", "validation/P3M-500-P", "blurred_image", TRUE },
  { "P3M-500-NP", "validation/P3M-500-NP", "original_image", TRUE },
  { "train", "train", "blurred_image", FALSE },
};

static void
sample_free (gpointer data)
{
  Sample *sample = data;
  g_free (sample->name);
  g_free (sample->stem);
  g_free (sample->picture);
  g_free (sample->truth);
  g_free (sample->trimap);
  g_free (sample->problem);
  g_free (sample);
}

void
dataset_free (Dataset *set)
{
  g_free (set->name);
  g_ptr_array_unref (set->samples);
  g_free (set);
}

static void
file_free (gpointer data)
{
  DatasetFile *file = data;
  g_free (file->path);
  g_free (file->rival);
  g_free (file);
}

/* ---- folders ---- */

static gboolean
is_picture_name (const char *name)
{
  static const char *const suffixes[] = { ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp" };
  const char *suffix = strrchr (name, '.');
  if (!suffix || *name == '.')
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    if (g_ascii_strcasecmp (suffix, suffixes[i]) == 0)
      return TRUE;
  return FALSE;
}

/* Of two files the one that comes first by name is kept, whatever the folder's order. */
static void
add_file (GHashTable *files, const char *folder, const char *name)
{
  g_autofree char *stem = g_strndup (name, strrchr (name, '.') - name);
  g_autofree char *path = g_build_filename (folder, name, NULL);
  DatasetFile *file = g_hash_table_lookup (files, stem);
  if (!file)
    {
      file = g_new0 (DatasetFile, 1);
      file->path = g_steal_pointer (&path);
      g_hash_table_insert (files, g_steal_pointer (&stem), file);
      return;
    }
  const gboolean is_first = strcmp (path, file->path) < 0;
  g_free (file->rival);
  file->rival = is_first ? g_steal_pointer (&file->path) : g_steal_pointer (&path);
  if (is_first)
    file->path = g_steal_pointer (&path);
}

GHashTable *
dataset_list_folder (const char *folder, GError **error)
{
  GDir *directory = g_dir_open (folder, 0, error);
  if (!directory)
    return NULL;
  GHashTable *files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, file_free);
  for (const char *name = g_dir_read_name (directory); name; name = g_dir_read_name (directory))
    if (is_picture_name (name))
      add_file (files, folder, name);
  g_dir_close (directory);
  return files;
}

/* ---- samples ---- */

/* The path of a sample's file in a folder; two of one stem become the sample's problem. */
static char *
take_path (Sample *sample, GHashTable *files)
{
  const DatasetFile *file = files ? g_hash_table_lookup (files, sample->stem) : NULL;
  if (!file)
    return NULL;
  if (file->rival && !sample->problem)
    sample->problem
        = g_strdup_printf (_ ("“%s” and “%s” have the same name."), file->path, file->rival);
  return g_strdup (file->path);
}

static Sample *
sample_new (const char *stem, GHashTable *pictures, GHashTable *truths, GHashTable *trimaps)
{
  Sample *sample = g_new0 (Sample, 1);
  sample->stem = g_strdup (stem);
  sample->name = g_filename_display_name (stem);
  sample->picture = take_path (sample, pictures);
  sample->truth = take_path (sample, truths);
  sample->trimap = take_path (sample, trimaps);
  if (sample->problem)
    return sample;
  if (!sample->truth)
    sample->problem = g_strdup_printf (_ ("“%s” has no mask."), sample->picture);
  else if (pictures && !sample->picture)
    sample->problem = g_strdup_printf (_ ("“%s” has no picture."), sample->truth);
  return sample;
}

static int
compare_stems (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The stems of both folders, sorted, each once; they belong to the tables. */
static GPtrArray *
collect_stems (GHashTable *pictures, GHashTable *truths)
{
  GPtrArray *stems = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer stem;
  g_hash_table_iter_init (&iter, truths);
  while (g_hash_table_iter_next (&iter, &stem, NULL))
    g_ptr_array_add (stems, stem);
  if (pictures)
    {
      g_hash_table_iter_init (&iter, pictures);
      while (g_hash_table_iter_next (&iter, &stem, NULL))
        if (!g_hash_table_contains (truths, stem))
          g_ptr_array_add (stems, stem);
    }
  g_ptr_array_sort (stems, compare_stems);
  return stems;
}

Dataset *
dataset_new (const char *name, const DatasetFolders *folders, int limit, GError **error)
{
  g_autoptr (GHashTable) pictures = NULL;
  g_autoptr (GHashTable) trimaps = NULL;
  g_autoptr (GHashTable) truths = dataset_list_folder (folders->truths, error);
  if (!truths || (folders->pictures && !(pictures = dataset_list_folder (folders->pictures, error)))
      || (folders->trimaps && !(trimaps = dataset_list_folder (folders->trimaps, error))))
    return NULL;
  g_autoptr (GPtrArray) stems = collect_stems (pictures, truths);
  if (stems->len == 0)
    {
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("There are no pictures in “%s”."),
                   folders->truths);
      return NULL;
    }
  Dataset *set = g_new0 (Dataset, 1);
  set->name = g_strdup (name);
  set->has_trimaps = trimaps != NULL;
  set->samples = g_ptr_array_new_with_free_func (sample_free);
  const guint count = limit > 0 ? MIN ((guint) limit, stems->len) : stems->len;
  for (guint i = 0; i < count; i++)
    g_ptr_array_add (set->samples,
                     sample_new (g_ptr_array_index (stems, i), pictures, truths, trimaps));
  return set;
}

/* ---- P3M-10k ---- */

gboolean
dataset_is_published_name (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (published); i++)
    if (g_str_equal (name, published[i].name))
      return TRUE;
  return FALSE;
}

static Dataset *
open_published (const char *folder, const Published *layout, gboolean with_pictures, int limit,
                GError **error)
{
  g_autofree char *pictures = g_build_filename (folder, layout->folder, layout->pictures, NULL);
  g_autofree char *truths = g_build_filename (folder, layout->folder, "mask", NULL);
  g_autofree char *trimaps = g_build_filename (folder, layout->folder, "trimap", NULL);
  const gboolean has_trimaps = g_file_test (trimaps, G_FILE_TEST_IS_DIR);
  const DatasetFolders folders
      = { with_pictures ? pictures : NULL, truths, has_trimaps ? trimaps : NULL };
  return dataset_new (layout->name, &folders, limit, error);
}

static gboolean
is_there (const char *folder, const Published *layout)
{
  g_autofree char *path = g_build_filename (folder, layout->folder, NULL);
  return g_file_test (path, G_FILE_TEST_IS_DIR);
}

static gboolean
is_wanted (const char *folder, const Published *layout, char **names, gboolean has_test_sets)
{
  if (names)
    return g_strv_contains ((const char *const *) names, layout->name);
  return is_there (folder, layout) && (layout->is_test || !has_test_sets);
}

GPtrArray *
dataset_find_published (const char *folder, char **names, gboolean with_pictures, int limit,
                        GError **error)
{
  gboolean has_test_sets = FALSE;
  g_autoptr (GPtrArray) sets = g_ptr_array_new_with_free_func ((GDestroyNotify) dataset_free);
  for (gsize i = 0; i < G_N_ELEMENTS (published); i++)
    has_test_sets = has_test_sets || (published[i].is_test && is_there (folder, &published[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (published); i++)
    if (is_wanted (folder, &published[i], names, has_test_sets))
      {
        Dataset *set = open_published (folder, &published[i], with_pictures, limit, error);
        if (!set)
          return NULL;
        g_ptr_array_add (sets, set);
      }
  if (sets->len > 0)
    return g_steal_pointer (&sets);
  g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
               _ ("“%s” holds no set of P3M-10k: neither validation/P3M-500-P nor "
                  "validation/P3M-500-NP nor train."),
               folder);
  return NULL;
}
