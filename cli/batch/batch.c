/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m batch: folders of pictures in, folders of cut-outs out. */
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <signal.h>

#include "batch/crew.h"
#include "batch/inputs.h"
#include "batch/memory.h"
#include "batch/options.h"
#include "batch/record.h"
#include "batch/report.h"
#include "batch/worker.h"
#include "command.h"

/* Whether all models can be used is said before the work; `bytes` gets the size of their files. */
static gboolean
check_models (BatchOptions *options, guint64 *bytes, GError **error)
{
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();
  *bytes = 0;
  for (char **name = options->models; *name; name++)
    {
      GStatBuf status;
      g_autoptr (P3mModel) model = p3m_model_load (*name, NULL, error);
      if (!model)
        return FALSE;
      const P3mModelInfo *info = p3m_model_get_info (model);
      if (g_stat (info->path, &status) == 0)
        *bytes += (guint64) status.st_size;
      g_strv_builder_add (ids, info->id);
    }
  options->model_ids = g_strv_builder_end (ids);
  return TRUE;
}

static void
say_what_is_odd (const BatchInputs *inputs, BatchReport *report)
{
  for (guint i = 0; i < inputs->problems->len; i++)
    batch_report_say (report, g_ptr_array_index (inputs->problems, i));
  if (inputs->passed_over > 0 && !report->options->is_quiet)
    {
      g_autofree char *message = g_strdup_printf (
          _ ("%d other files in the folders were passed over."), inputs->passed_over);
      batch_report_say (report, message);
    }
}

static ExitStatus
do_jobs (const BatchOptions *options, const BatchInputs *inputs, GPtrArray *jobs, guint64 networks,
         char **argv)
{
  g_autoptr (GError) error = NULL;
  BatchReport report;
  batch_report_init (&report, options, jobs->len);
  say_what_is_odd (inputs, &report);
  const gboolean is_whole = batch_crew_run (jobs, options, networks, argv, &report, &error);
  batch_report_finish (&report);
  if (error)
    say_error (error->message);
  if (!is_whole)
    return error ? EXIT_PICTURE : EXIT_INTERRUPTED;
  const gboolean has_failed = report.counts[JOB_FAILED] > 0 || report.counts[JOB_REFUSED] > 0
                              || inputs->problems->len > 0 || report.is_cut;
  return has_failed ? EXIT_PICTURE : EXIT_DONE;
}

/* Everything that can be refused is refused here, before anything is written. */
static ExitStatus
run (BatchOptions *options, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (BatchInputs) inputs = { 0 };
  guint64 model_bytes, networks;
  if (!check_models (options, &model_bytes, &error))
    {
      say_error (error->message);
      return EXIT_MODEL;
    }
  if (!batch_memory_divide (options->memory, model_bytes, &options->jobs, &options->tile_bytes,
                            &networks))
    return say_usage_error ("batch", _ ("That is not enough memory for one picture at a time."));
  if (!batch_inputs_find (&inputs, options->inputs, options->list, options->base, options->folder,
                          &error))
    return say_usage_error ("batch", error->message);
  if (inputs.inputs->len + inputs.problems->len == 0)
    return say_usage_error ("batch", _ ("There are no pictures."));
  g_autoptr (GPtrArray) jobs
      = batch_jobs_new (&inputs, options->folder, options->model_ids, options->suffixes, &error);
  if (!jobs)
    return say_usage_error ("batch", error->message);
  if (!batch_record_check (options, &error))
    {
      say_error (error->message);
      return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT) ? EXIT_USAGE
                                                                              : EXIT_PICTURE;
    }
  return do_jobs (options, &inputs, jobs, networks, argv);
}

ExitStatus
batch_run (int argc, char **argv, GCancellable *cancellable)
{
  g_auto (BatchOptions) options = { 0 };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) call = g_strdupv (argv);
  (void) cancellable;
  if (!batch_options_parse (&options, argc, argv, &error))
    return say_usage_error ("batch", error->message);
  signal (SIGPIPE, SIG_IGN);
  if (options.socket >= 0)
    return batch_worker_run (&options);
  return run (&options, call);
}
