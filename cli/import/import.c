/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m import: a published checkpoint becomes a model file of the user's. */
#include "command.h"

#include <glib/gi18n-lib.h>

#include "p3m.h"
#include "sandbox.h"

typedef struct
{
  char **files;
  gboolean is_half, is_inspecting;
} Options;

static void
print_shape (const P3mCheckpointTensor *tensor)
{
  if (tensor->rank == 0)
    g_print ("%s", _ ("one number"));
  for (int i = 0; i < tensor->rank; i++)
    g_print (i ? "x%" G_GSIZE_FORMAT : "%" G_GSIZE_FORMAT, tensor->shape[i]);
  g_print ("\n");
}

static gboolean
inspect (const char *path, GError **error)
{
  g_autoptr (GPtrArray) tensors = p3m_checkpoint_inspect (path, error);
  if (!tensors)
    return FALSE;
  for (guint i = 0; i < tensors->len; i++)
    {
      const P3mCheckpointTensor *tensor = g_ptr_array_index (tensors, i);
      g_print ("%-48s %-5s ", tensor->name, tensor->dtype);
      print_shape (tensor);
    }
  return TRUE;
}

static gboolean
import (const char *path, gboolean is_half, GCancellable *cancellable, GError **error)
{
  g_autofree char *sum = NULL;
  g_autoptr (P3mModelInfo) info = p3m_checkpoint_import (path, is_half, &sum, cancellable, error);
  if (!info)
    return FALSE;
  g_autofree char *shown = g_filename_display_name (info->path);
  g_print ("%s\n  %s\n", info->id, shown);
  g_print (_ ("  width %g of the published network"), info->width);
  g_print ("\n");
  g_print (_ ("  SHA-256 of the checkpoint: %s"), sum);
  g_print ("\n");
  return TRUE;
}

static gboolean
parse (int argc, char **argv, Options *options, GError **error)
{
  const GOptionEntry entries[] = {
    { "half", 0, 0, G_OPTION_ARG_NONE, &options->is_half,
      N_ ("Store the convolutions in half precision: half the size"), NULL },
    { "inspect", 0, 0, G_OPTION_ARG_NONE, &options->is_inspecting,
      N_ ("List the tensors of the checkpoint and write nothing"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->files, NULL,
      N_ ("CHECKPOINT") },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (
      context,
      _ ("Turns a checkpoint of P3M-Net that was published as a PyTorch file (.pth) into a "
         "model\nthat p3m and the plug-ins find. Nothing in the file is executed."));
  return g_option_context_parse (context, &argc, &argv, error);
}

ExitStatus
import_run (int argc, char **argv, GCancellable *cancellable)
{
  Options options = { 0 };
  g_autoptr (GError) error = NULL;
  const gboolean parsed = parse (argc, argv, &options, &error);
  g_auto (GStrv) files = options.files;
  if (!parsed)
    return say_usage_error ("import", error->message);
  if (!files || g_strv_length (files) != 1)
    return say_usage_error ("import", _ ("One checkpoint must be named."));
  sandbox_enter ();
  if (options.is_inspecting ? inspect (*files, &error)
                            : import (*files, options.is_half, cancellable, &error))
    return EXIT_DONE;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return EXIT_INTERRUPTED;
  say_error (error->message);
  return EXIT_MODEL;
}
