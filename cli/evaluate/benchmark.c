/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Runs every method on every picture and measures the alphas, several at a time. */
#include "evaluate/benchmark.h"

#include <glib/gi18n-lib.h>

#include "command.h"
#include "evaluate/band.h"
#include "evaluate/measure.h"
#include "evaluate/thumbnail.h"

/* GEGL reads and the network runs on the main thread; the measurer's threads measure meanwhile. */
typedef struct
{
  const BenchmarkOptions *options;
  Results *results;
  Measurer *measurer;
  SetResults *set;    /* the one under way */
  GHashTable **files; /* [methods]: alphas for the set under way, NULL = a model */
  guint done, total;  /* samples */
} Benchmark;

/* Takes the message, in which a file name may be in no encoding that is known. */
static void
say_problem (Benchmark *benchmark, char *message)
{
  char *text = g_utf8_make_valid (message, -1);
  progress_line_clear (benchmark->options->line);
  say_error (text);
  g_ptr_array_add (benchmark->results->problems, text);
  g_free (message);
}

static void
say_odd_numbers (Benchmark *benchmark, const Sample *sample, const guint8 *trimap, gsize count)
{
  gsize odd = 0;
  for (gsize i = 0; i < count; i++)
    odd += trimap[i] != 0 && trimap[i] != 128 && trimap[i] != 255 ? 1 : 0;
  if (odd == 0)
    return;
  g_autofree char *pixels = g_strdup_printf ("%" G_GSIZE_FORMAT, odd);
  say_problem (benchmark,
               g_strdup_printf (_ ("“%s” has pixels that are neither 0 nor 128 nor 255, which "
                                   "the benchmark counts for no region: %s."),
                                sample->trimap, pixels));
}

/* A picture whose trimap is missing or broken is measured without one. */
static guint8 *
read_trimap (Benchmark *benchmark, const Sample *sample, const Grey *truth)
{
  g_autoptr (GError) error = NULL;
  if (benchmark->set->radius > 0)
    {
      guint8 *band
          = band_trimap_new (truth->values, truth->width, truth->height, benchmark->set->radius);
      if (!band)
        say_problem (benchmark, g_strdup_printf (_ ("“%s” has no transition band: There is not "
                                                    "enough memory."),
                                                 sample->name));
      return band;
    }
  if (!benchmark->set->set->has_trimaps)
    return NULL;
  if (!sample->trimap)
    {
      say_problem (benchmark, g_strdup_printf (_ ("“%s” has no trimap."), sample->truth));
      return NULL;
    }
  guint8 *trimap = input_read_trimap (sample->trimap, truth->width, truth->height, &error);
  if (trimap)
    say_odd_numbers (benchmark, sample, trimap, (gsize) truth->width * truth->height);
  else
    say_problem (benchmark, g_strdup (error->message));
  return trimap;
}

static gboolean
read_prediction (GHashTable *files, const Method *method, const Sample *sample, const Grey *truth,
                 Grey *prediction, GError **error)
{
  const DatasetFile *file = g_hash_table_lookup (files, sample->stem);
  if (!file)
    {
      g_autofree char *folder = g_filename_display_name (method->folder);
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("“%s” has no alpha in “%s”."),
                   sample->name, folder);
      return FALSE;
    }
  if (file->rival)
    {
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("“%s” and “%s” have the same name."),
                   file->path, file->rival);
      return FALSE;
    }
  return input_read_alpha (file->path, prediction, error)
         && input_check_size (file->path, prediction->width, prediction->height, truth->width,
                              truth->height, error);
}

static gboolean
compute_prediction (Benchmark *benchmark, const Method *method, const Sample *sample,
                    GeglBuffer *picture, Grey *prediction, GError **error)
{
  const BenchmarkOptions *options = benchmark->options;
  if (method_compute (method, picture, options->threads, progress_line_update, options->line,
                      options->cancellable, prediction, error))
    return TRUE;
  g_prefix_error (error, _ ("“%s” cannot be cut out: "), sample->name);
  return FALSE;
}

/* Returns FALSE only when the run is cancelled. */
static gboolean
get_prediction (Benchmark *benchmark, Job *job, guint index, GeglBuffer *picture, GError **error)
{
  g_autoptr (GError) reason = NULL;
  const BenchmarkOptions *options = benchmark->options;
  const Method *method = g_ptr_array_index (benchmark->results->methods, index);
  const Sample *sample = job_get_sample (job);
  const double steps = (double) benchmark->total * job->count;
  const double step = (double) benchmark->done * job->count + index;
  Grey *prediction = &job->predictions[index];
  options->line->from = step / steps;
  options->line->to = (step + 1) / steps;
  if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return FALSE;
  const gboolean is_there
      = method->model ? compute_prediction (benchmark, method, sample, picture, prediction, &reason)
                      : read_prediction (benchmark->files[index], method, sample, &job->truth,
                                         prediction, &reason);
  if (is_there)
    {
      progress_line_update (1, _ ("Measuring"), options->line);
      return TRUE;
    }
  grey_clear (prediction);
  if (g_cancellable_set_error_if_cancelled (options->cancellable, error))
    return FALSE;
  say_problem (benchmark, g_strdup (reason->message));
  return TRUE;
}

static GeglBuffer *
read_picture (Benchmark *benchmark, const Sample *sample, const Grey *truth, GError **error)
{
  g_autoptr (GeglBuffer) picture
      = input_read_picture (sample->picture, benchmark->options->as_stored, error);
  if (!picture
      || !input_check_size (sample->picture, gegl_buffer_get_width (picture),
                            gegl_buffer_get_height (picture), truth->width, truth->height, error))
    return NULL;
  return g_steal_pointer (&picture);
}

/* The truth, the trimap and the picture, which is NULL if none is needed. */
static Job *
read_sample (Benchmark *benchmark, guint index, GeglBuffer **picture, GError **error)
{
  g_autoptr (Job) job = job_new (benchmark->set, index, benchmark->results->methods->len);
  const Sample *sample = job_get_sample (job);
  if (sample->problem)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, sample->problem);
      return NULL;
    }
  if (!input_read_alpha (sample->truth, &job->truth, error))
    return NULL;
  if (sample->picture && !(*picture = read_picture (benchmark, sample, &job->truth, error)))
    return NULL;
  job->trimap = read_trimap (benchmark, sample, &job->truth);
  if (*picture && benchmark->options->cards > 0)
    job->picture = thumbnail_of_picture (*picture);
  return g_steal_pointer (&job);
}

/* Returns FALSE only when the run is cancelled. */
static gboolean
run_sample (Benchmark *benchmark, guint index, GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (GeglBuffer) picture = NULL;
  g_autoptr (Job) job = read_sample (benchmark, index, &picture, &reason);
  if (!job)
    {
      say_problem (benchmark, g_strdup (reason->message));
      return !g_cancellable_set_error_if_cancelled (benchmark->options->cancellable, error);
    }
  if (benchmark->options->is_verbose)
    g_printerr ("%s: %s\n", benchmark->set->set->name, job_get_sample (job)->name);
  for (guint i = 0; i < job->count; i++)
    if (!get_prediction (benchmark, job, i, picture, error))
      return FALSE;
  measurer_push (benchmark->measurer, g_steal_pointer (&job));
  return TRUE;
}

static gboolean
list_files (Benchmark *benchmark, GError **error)
{
  const GPtrArray *methods = benchmark->results->methods;
  for (guint i = 0; i < methods->len; i++)
    {
      const Method *method = g_ptr_array_index (methods, i);
      g_clear_pointer (&benchmark->files[i], g_hash_table_unref);
      benchmark->files[i] = method_list_files (method, benchmark->set->set->name, error);
      if (!method->model && !benchmark->files[i])
        return FALSE;
    }
  return TRUE;
}

static gboolean
run_set (Benchmark *benchmark, SetResults *set, GError **error)
{
  benchmark->set = set;
  if (!list_files (benchmark, error))
    return FALSE;
  for (guint i = 0; i < set->set->samples->len; i++, benchmark->done++)
    if (!run_sample (benchmark, i, error))
      return FALSE;
  return TRUE;
}

static void
benchmark_init (Benchmark *benchmark, Results *results, const BenchmarkOptions *options)
{
  *benchmark = (Benchmark){ options, results };
  benchmark->measurer = measurer_new (results, (guint) options->cards, options->threads);
  benchmark->files = g_new0 (GHashTable *, results->methods->len);
  for (guint i = 0; i < results->sets->len; i++)
    {
      const SetResults *set = g_ptr_array_index (results->sets, i);
      benchmark->total += set->set->samples->len;
    }
}

static void
benchmark_finish (Benchmark *benchmark)
{
  double seconds;
  g_autoptr (GPtrArray) problems = measurer_finish (benchmark->measurer, &seconds);
  progress_line_clear (benchmark->options->line);
  for (guint i = 0; i < problems->len; i++)
    say_problem (benchmark, g_strdup (g_ptr_array_index (problems, i)));
  if (benchmark->options->is_verbose && seconds > 0.0)
    {
      g_printerr (_ ("Measuring took %.3f s of a processor for each alpha"), seconds);
      g_printerr ("\n");
    }
  for (guint i = 0; i < benchmark->results->methods->len; i++)
    g_clear_pointer (&benchmark->files[i], g_hash_table_unref);
  g_free (benchmark->files);
}

Results *
benchmark_run (GPtrArray *sets, GPtrArray *methods, const BenchmarkOptions *options, GError **error)
{
  g_autoptr (Results) results = results_new (sets, methods, options->radius);
  gboolean success = TRUE;
  Benchmark benchmark;
  benchmark_init (&benchmark, results, options);
  for (guint i = 0; success && i < results->sets->len; i++)
    success = run_set (&benchmark, g_ptr_array_index (results->sets, i), error);
  benchmark_finish (&benchmark);
  return success ? g_steal_pointer (&results) : NULL;
}
