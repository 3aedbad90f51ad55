/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m models: which model files are found, in which order they are preferred, and what is wrong with them. */
#include "command.h"

#include <glib/gi18n-lib.h>

#include "p3m.h"

static void
print_model (const P3mModelInfo *info, gboolean is_default)
{
  g_autofree char *path = g_filename_display_name (info->path);
  g_print ("%s%s\n", info->id, is_default ? _ (" (default)") : "");
  g_print ("  %s\n", path);
  if (info->problem)
    {
      g_print (_ ("  cannot be used: %s"), info->problem);
      g_print ("\n");
      return;
    }
  if (!g_str_equal (info->name, info->id))
    g_print ("  %s\n", info->name);
  g_print (_ ("  width %g of the published network"), info->width);
  g_print ("\n");
  if (info->size > 0)
    {
      g_print (_ ("  trained for a long side of %d px"), info->size);
      g_print ("\n");
    }
  if (*info->license)
    {
      g_print (_ ("  licence: %s"), info->license);
      g_print ("\n");
    }
}

static void
print_folders (void)
{
  g_auto (GStrv) folders = p3m_models_get_folders ();
  g_print ("%s\n", _ ("Models are looked for in:"));
  for (char **folder = folders; *folder; folder++)
    {
      g_autofree char *name = g_filename_display_name (*folder);
      g_print ("  %s\n", name);
    }
}

static ExitStatus
list_models (void)
{
  g_autoptr (GPtrArray) models = p3m_models_list ();
  gboolean found = FALSE;
  for (guint i = 0; i < models->len; i++)
    {
      const P3mModelInfo *info = g_ptr_array_index (models, i);
      print_model (info, !found && !info->problem);
      found = found || !info->problem;
    }
  if (models->len > 0)
    g_print ("\n");
  print_folders ();
  if (found)
    return EXIT_DONE;
  say_error (_ ("No model that can be used was found."));
  return EXIT_MODEL;
}

ExitStatus
models_run (int argc, char **argv, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  (void) cancellable;
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context,
                                _ ("Lists the models that are found, the preferred one first."));
  if (!g_option_context_parse (context, &argc, &argv, &error))
    return say_usage_error ("models", error->message);
  if (argc > 1)
    return say_usage_error ("models", _ ("“p3m models” takes no arguments."));
  return list_models ();
}
