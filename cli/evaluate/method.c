/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The ways to an alpha that are compared: a model with a strategy, or a folder of finished alphas. */
#include "evaluate/method.h"

#include <glib/gi18n-lib.h>

#include "buffer.h"

static void
method_free (gpointer data)
{
  Method *method = data;
  g_free (method->name);
  g_clear_pointer (&method->model, p3m_model_unref);
  g_free (method->folder);
  g_free (method);
}

/* ---- the list ---- */

static void
add_models (GPtrArray *methods, P3mModel *model, char **strategies)
{
  static char *automatic[] = { "auto", NULL };
  for (char **strategy = strategies ? strategies : automatic; *strategy; strategy++)
    {
      Method *method = g_new0 (Method, 1);
      method->name = g_strdup (p3m_model_get_info (model)->id);
      method->model = p3m_model_ref (model);
      p3m_strategy_from_name (*strategy, &method->strategy);
      g_ptr_array_add (methods, method);
    }
}

static void
add_folder (GPtrArray *methods, const char *folder)
{
  Method *method = g_new0 (Method, 1);
  g_autofree char *absolute = g_canonicalize_filename (folder, NULL);
  g_autofree char *base = g_path_get_basename (absolute);
  method->name = g_filename_display_name (base);
  method->folder = g_strdup (folder);
  g_ptr_array_add (methods, method);
}

/* Methods that would have one label get their whole path for a name. */
static void
make_names_unique (GPtrArray *methods)
{
  g_autoptr (GPtrArray) labels = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < methods->len; i++)
    g_ptr_array_add (labels, method_get_label (g_ptr_array_index (methods, i)));
  for (guint i = 0; i < methods->len; i++)
    for (guint k = 0; k < methods->len; k++)
      if (k != i && g_str_equal (g_ptr_array_index (labels, i), g_ptr_array_index (labels, k)))
        {
          Method *method = g_ptr_array_index (methods, i);
          g_free (method->name);
          method->name = g_filename_display_name (
              method->model ? p3m_model_get_info (method->model)->path : method->folder);
          break;
        }
}

GPtrArray *
method_list_new (char **models, char **strategies, char **folders, GError **error)
{
  static char *usual[] = { "", NULL };
  g_autoptr (GPtrArray) methods = g_ptr_array_new_with_free_func (method_free);
  if (!models && (strategies || !folders))
    models = usual;
  for (char **name = models; name && *name; name++)
    {
      g_autoptr (P3mModel) model = p3m_model_load (*name, NULL, error);
      if (!model)
        return NULL;
      add_models (methods, model, strategies);
    }
  for (char **folder = folders; folder && *folder; folder++)
    add_folder (methods, *folder);
  make_names_unique (methods);
  return g_steal_pointer (&methods);
}

const char *
method_get_strategy (const Method *method)
{
  return method->model ? p3m_strategy_get_name (method->strategy) : "";
}

char *
method_get_label (const Method *method)
{
  return method->model ? g_strdup_printf ("%s, %s", method->name, method_get_strategy (method))
                       : g_strdup (method->name);
}

/* ---- the alpha ---- */

GHashTable *
method_list_files (const Method *method, const char *set_name, GError **error)
{
  if (method->model)
    return NULL;
  g_autofree char *own = g_build_filename (method->folder, set_name, NULL);
  return dataset_list_folder (g_file_test (own, G_FILE_TEST_IS_DIR) ? own : method->folder, error);
}

static gboolean
take_rows (const P3mRectangle *area, const float *values, gpointer user_data, GError **error)
{
  Grey *alpha = user_data;
  (void) error;
  for (int y = 0; y < area->height; y++)
    for (int x = 0; x < area->width; x++)
      alpha->values[(gsize) (area->y + y) * alpha->width + area->x + x]
          = values[(gsize) y * area->width + x];
  return TRUE;
}

gboolean
method_compute (const Method *method, GeglBuffer *picture, int threads, P3mProgress progress,
                gpointer progress_data, GCancellable *cancellable, Grey *alpha, GError **error)
{
  const P3mSource source = p3m_source_from_buffer (picture);
  g_autoptr (P3mMatte) matte = p3m_matte_new (method->model, &source, method->strategy, threads,
                                              progress, progress_data, cancellable, error);
  if (!matte)
    return FALSE;
  alpha->width = source.width;
  alpha->height = source.height;
  alpha->values = g_try_malloc_n ((gsize) source.width * source.height, sizeof (double));
  if (!alpha->values)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                           _ ("There is not enough memory for the alpha."));
      return FALSE;
    }
  const P3mSink sink = { take_rows, alpha };
  return p3m_matte_write (matte, &sink, NULL, NULL, cancellable, error);
}
