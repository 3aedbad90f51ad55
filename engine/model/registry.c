/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Where models are looked for: the environment, the user's and the system's data folders, the bundle. */
#include "registry.h"

#include <glib/gi18n-lib.h>

#include "info.h"
#include "weights.h"

#define SUFFIX ".safetensors"

/* Folders that p3m_models_add_folder() made known, in its order. */
static GPtrArray *added_folders;

void
p3m_models_add_folder (const char *folder)
{
  if (!added_folders)
    added_folders = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (added_folders, g_strdup (folder));
}

/* The file or folder that the user insists on; NULL when there is none. */
static const char *
get_insisted (void)
{
  const char *place = g_getenv ("P3M_MODEL");
  return place && *place ? place : NULL;
}

/* Takes `place`; of equal places the first stays. */
static void
add_place (GPtrArray *places, char *place)
{
  if (g_ptr_array_find_with_equal_func (places, place, g_str_equal, NULL))
    g_free (place);
  else
    g_ptr_array_add (places, place);
}

char **
p3m_models_get_folders (void)
{
  GPtrArray *places = g_ptr_array_new ();
  const char *const *data = g_get_system_data_dirs ();
  if (get_insisted ())
    add_place (places, g_strdup (get_insisted ()));
  add_place (places, g_build_filename (g_get_user_data_dir (), "p3m", "models", NULL));
  for (; *data; data++)
    add_place (places, g_build_filename (*data, "p3m", "models", NULL));
  for (guint i = 0; added_folders && i < added_folders->len; i++)
    add_place (places, g_strdup (added_folders->pdata[i]));
  add_place (places, g_strdup (P3M_MODEL_DIR));
  g_ptr_array_add (places, NULL);
  return (char **) g_ptr_array_free (places, FALSE);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* The model files of a folder in the order of their names; hidden ones are somebody's unfinished work. */
static GPtrArray *
list_folder (const char *folder)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, SUFFIX) && *name != '.')
      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (paths, compare_names);
  return paths;
}

static void
add_model (GPtrArray *models, P3mModelInfo *info)
{
  for (guint i = 0; i < models->len; i++)
    {
      const P3mModelInfo *earlier = g_ptr_array_index (models, i);
      if (g_str_equal (earlier->id, info->id))
        {
          p3m_model_info_free (info);
          return;
        }
    }
  g_ptr_array_add (models, info);
}

static void
add_folder_models (GPtrArray *models, const char *folder)
{
  g_autoptr (GPtrArray) paths = list_folder (folder);
  for (guint i = 0; i < paths->len; i++)
    add_model (models, p3m_weights_inspect (g_ptr_array_index (paths, i)));
}

GPtrArray *
p3m_models_list (void)
{
  g_auto (GStrv) places = p3m_models_get_folders ();
  GPtrArray *models = g_ptr_array_new_with_free_func ((GDestroyNotify) p3m_model_info_free);
  char **place = places;
  if (get_insisted () && !g_file_test (*place, G_FILE_TEST_IS_DIR))
    add_model (models, p3m_weights_inspect (*place++));
  for (; *place; place++)
    add_folder_models (models, *place);
  return models;
}

/* ---- finding ------------------------------------------------------------------------------ */

/* What P3M_MODEL means when no other model is asked for: it is taken, or it is an error. */
static char *
find_insisted (const char *place, GError **error)
{
  g_autofree char *shown = g_filename_display_name (place);
  if (!g_file_test (place, G_FILE_TEST_EXISTS))
    {
      g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MODEL,
                   _ ("The environment variable P3M_MODEL names %s, which does not exist."), shown);
      return NULL;
    }
  if (!g_file_test (place, G_FILE_TEST_IS_DIR))
    return g_strdup (place);
  g_autoptr (GPtrArray) models
      = g_ptr_array_new_with_free_func ((GDestroyNotify) p3m_model_info_free);
  add_folder_models (models, place);
  for (guint i = 0; i < models->len; i++)
    {
      const P3mModelInfo *info = g_ptr_array_index (models, i);
      if (!info->problem)
        return g_strdup (info->path);
    }
  g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MODEL,
               _ ("The environment variable P3M_MODEL names the folder %s, which holds no model."),
               shown);
  return NULL;
}

/* The first model of an id, sound or not: its fault is then reported. NULL = the first sound one of all. */
static char *
find_installed (const char *id)
{
  g_autoptr (GPtrArray) models = p3m_models_list ();
  for (guint i = 0; i < models->len; i++)
    {
      const P3mModelInfo *info = g_ptr_array_index (models, i);
      if (id ? g_str_equal (info->id, id) : !info->problem)
        return g_strdup (info->path);
    }
  return NULL;
}

static void
set_not_found (const char *name, GError **error)
{
  g_auto (GStrv) places = p3m_models_get_folders ();
  g_autofree char *looked = g_strjoinv (", ", places);
  g_autofree char *shown = g_filename_display_name (looked);
  if (name)
    g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MODEL,
                 _ ("There is no model of the name %s. Models are looked for in: %s"), name, shown);
  else
    g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MODEL,
                 _ ("No model was found. Models are looked for in: %s"), shown);
}

char *
p3m_registry_find (const char *name, GError **error)
{
  if (!name || !*name)
    {
      if (get_insisted ())
        return find_insisted (get_insisted (), error);
      name = NULL;
    }
  else if (strchr (name, G_DIR_SEPARATOR))
    return g_strdup (name);
  char *path = find_installed (name);
  if (!path && name && g_file_test (name, G_FILE_TEST_EXISTS))
    path = g_strdup (name);
  if (!path)
    set_not_found (name, error);
  return path;
}
