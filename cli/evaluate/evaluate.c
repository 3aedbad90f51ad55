/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m evaluate: alphas against the truth, over a whole test set. */
#include <glib/gi18n-lib.h>

#include "command.h"
#include "evaluate/benchmark.h"
#include "evaluate/report.h"
#include "output.h"
#include "picture.h"
#include "progress.h"

enum
{
  MAX_THREADS = 256,
  MAX_BAND = 10000, /* px */
  MAX_CARDS = 1000,
  USUAL_CARDS = 20
};

typedef struct
{
  char *dataset, **sets;
  char *images, *masks, *trimaps;
  char **models, **strategies, **predictions;
  char *csv, *json, *markdown, *html;
  int band, limit, cards, threads;
  gboolean as_stored;
  gboolean is_quiet, is_verbose;
} Options;

static void
options_clear (Options *options)
{
  char **const strings[]
      = { &options->dataset, &options->images, &options->masks,    &options->trimaps,
          &options->csv,     &options->json,   &options->markdown, &options->html };
  char ***const lists[]
      = { &options->sets, &options->models, &options->strategies, &options->predictions };
  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    g_clear_pointer (strings[i], g_free);
  for (gsize i = 0; i < G_N_ELEMENTS (lists); i++)
    g_clear_pointer (lists[i], g_strfreev);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- the command line ---- */

static void
add_input_options (GOptionContext *context, Options *options)
{
  const GOptionEntry entries[] = {
    { "dataset", 0, 0, G_OPTION_ARG_FILENAME, &options->dataset,
      N_ ("P3M-10k as it is published: validation/P3M-500-P and so on"), N_ ("FOLDER") },
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->sets,
      N_ ("Of it: P3M-500-P, P3M-500-NP or train; may be repeated (usually the test sets)"),
      N_ ("NAME") },
    { "images", 0, 0, G_OPTION_ARG_FILENAME, &options->images, N_ ("Or any folder of pictures"),
      N_ ("FOLDER") },
    { "masks", 0, 0, G_OPTION_ARG_FILENAME, &options->masks,
      N_ ("With the true alphas under the same names"), N_ ("FOLDER") },
    { "trimaps", 0, 0, G_OPTION_ARG_FILENAME, &options->trimaps,
      N_ ("And, if there are any, the trimaps (0, 128, 255)"), N_ ("FOLDER") },
    { "band", 0, 0, G_OPTION_ARG_INT, &options->band,
      N_ ("Without trimaps: take for transition what lies up to N px from the truth's edge"),
      N_ ("N") },
    { "limit", 0, 0, G_OPTION_ARG_INT, &options->limit,
      N_ ("Only the first N pictures of each set"), N_ ("N") },
    { "as-stored", 0, 0, G_OPTION_ARG_NONE, &options->as_stored,
      N_ ("Ignore EXIF orientation and colour profiles, as is always done with --dataset"), NULL },
    { NULL },
  };
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
}

static void
add_method_options (GOptionContext *context, Options *options)
{
  const GOptionEntry entries[] = {
    { "model", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->models,
      N_ ("A model: a file, or a name that “p3m models” lists; may be repeated"), N_ ("NAME") },
    { "strategy", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->strategies,
      N_ ("How pictures are looked at: auto, resize, hybrid or draft; may be repeated"),
      N_ ("NAME") },
    { "predictions", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->predictions,
      N_ ("Finished alphas instead of a model, or beside it; may be repeated"), N_ ("FOLDER") },
    { "threads", 0, 0, G_OPTION_ARG_INT, &options->threads,
      N_ ("Threads to compute with (0 = one for each processor)"), N_ ("N") },
    { NULL },
  };
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
}

static void
add_output_options (GOptionContext *context, Options *options)
{
  const GOptionEntry entries[] = {
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &options->csv, N_ ("Write the metrics of every picture"),
      N_ ("FILE") },
    { "json", 0, 0, G_OPTION_ARG_FILENAME, &options->json, N_ ("Write the means for programs"),
      N_ ("FILE") },
    { "markdown", 0, 0, G_OPTION_ARG_FILENAME, &options->markdown,
      N_ ("Write the means as a table"), N_ ("FILE") },
    { "html", 0, 0, G_OPTION_ARG_FILENAME, &options->html,
      N_ ("Write a page with the means and the worst pictures"), N_ ("FILE") },
    { "worst", 0, 0, G_OPTION_ARG_INT, &options->cards,
      N_ ("How many of these in each set (usually 20)"), N_ ("N") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, N_ ("Show no progress"), NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->is_verbose, N_ ("Tell what is done"), NULL },
    { NULL },
  };
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
}

static gboolean
parse (Options *options, int *argc, char **argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (
      context, _ ("Measures how far alphas are from the truth, over a whole test set, as the "
                  "benchmark of P3M-10k\ndoes: SAD, MSE and MAD of the picture and of the "
                  "transition band, SAD of foreground and\nbackground, connectivity and gradient "
                  "errors. The means are printed."));
  add_input_options (context, options);
  add_method_options (context, options);
  add_output_options (context, options);
  return g_option_context_parse (context, argc, &argv, error);
}

static gboolean
has_duplicates (char **strings)
{
  for (char **a = strings; a && *a; a++)
    if (g_strv_contains ((const char *const *) (a + 1), *a))
      return TRUE;
  return FALSE;
}

/* Finished alphas alone need neither a model nor pictures. */
static gboolean
has_model (const Options *options)
{
  return options->models || options->strategies || !options->predictions;
}

static const char *
find_input_contradiction (const Options *options)
{
  if (!options->dataset && !options->masks)
    return _ ("A test set is missing: --dataset FOLDER, or --images FOLDER with --masks FOLDER.");
  if (options->dataset && (options->images || options->masks || options->trimaps))
    return _ ("--dataset and --images, --masks or --trimaps contradict each other.");
  if (options->sets && !options->dataset)
    return _ ("--set needs --dataset.");
  for (char **name = options->sets; name && *name; name++)
    if (!dataset_is_published_name (*name))
      return _ ("The set must be P3M-500-P, P3M-500-NP or train.");
  if (options->masks && !options->images && has_model (options))
    return _ ("A model needs pictures: --images FOLDER.");
  if (options->trimaps && options->band)
    return _ ("--trimaps and --band contradict each other.");
  return NULL;
}

static const char *
find_method_contradiction (const Options *options)
{
  P3mStrategy strategy;
  for (char **name = options->strategies; name && *name; name++)
    if (!p3m_strategy_from_name (*name, &strategy))
      return _ ("The strategy must be auto, resize, hybrid or draft.");
  if (has_duplicates (options->strategies) || has_duplicates (options->models)
      || has_duplicates (options->predictions))
    return _ ("The same model, strategy or folder is given twice.");
  return NULL;
}

static const char *
find_range_error (const Options *options)
{
  if (options->threads < 0 || options->threads > MAX_THREADS)
    return _ ("The number of threads must be from 0 to 256.");
  if (options->band < 0 || options->band > MAX_BAND)
    return _ ("The band must be from 0 to 10000 px wide.");
  if (options->limit < 0)
    return _ ("The limit must not be negative.");
  if (options->cards < 0 || options->cards > MAX_CARDS)
    return _ ("The number of worst pictures must be from 0 to 1000.");
  return NULL;
}

/* ---- outputs ---- */

/* What is written, and how it is made. */
typedef struct
{
  const char *path; /* NULL = not wanted */
  char *(*make) (const Results *results);
} Report;

enum
{
  N_REPORTS = 4
};

static void
list_reports (const Options *options, Report reports[N_REPORTS])
{
  reports[0] = (Report){ options->csv, report_csv };
  reports[1] = (Report){ options->json, report_json };
  reports[2] = (Report){ options->markdown, report_markdown };
  reports[3] = (Report){ options->html, report_html };
}

static const char *
find_output_contradiction (const Options *options)
{
  Report reports[N_REPORTS];
  g_autoptr (GHashTable) paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  list_reports (options, reports);
  for (int i = 0; i < N_REPORTS; i++)
    if (reports[i].path
        && !g_hash_table_add (paths, g_canonicalize_filename (reports[i].path, NULL)))
      return _ ("Two reports would be written to one file.");
  if (options->is_quiet && options->is_verbose)
    return _ ("--quiet and --verbose contradict each other.");
  return NULL;
}

static const char *
find_contradiction (const Options *options)
{
  const char *contradiction = find_input_contradiction (options);
  if (!contradiction)
    contradiction = find_method_contradiction (options);
  if (!contradiction)
    contradiction = find_range_error (options);
  if (!contradiction)
    contradiction = find_output_contradiction (options);
  return contradiction;
}

/* A folder that is missing or protected is said before the work, not after it. */
static gboolean
check_outputs (const Options *options, GError **error)
{
  Report reports[N_REPORTS];
  list_reports (options, reports);
  for (int i = 0; i < N_REPORTS; i++)
    {
      g_auto (Output) output = { 0 };
      if (reports[i].path && !output_begin (&output, reports[i].path, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_report (Output *output, const Report *report, const Results *results, GError **error)
{
  g_autofree char *text = report->make (results);
  return output_begin (output, report->path, error)
         && g_file_set_contents_full (output->temporary, text, -1, G_FILE_SET_CONTENTS_NONE, 0666,
                                      error);
}

/* All reports are whole before the first of them gets its name. */
static gboolean
write_reports (const Options *options, const Results *results, GError **error)
{
  gboolean success = TRUE;
  Report reports[N_REPORTS];
  Output outputs[N_REPORTS] = { 0 };
  list_reports (options, reports);
  for (int i = 0; success && i < N_REPORTS; i++)
    success = !reports[i].path || write_report (&outputs[i], &reports[i], results, error);
  for (int i = 0; success && i < N_REPORTS; i++)
    success = !reports[i].path || output_finish (&outputs[i], error);
  for (int i = 0; i < N_REPORTS; i++)
    output_clear (&outputs[i]);
  return success;
}

/* ---- the run ---- */

/* The sets (Dataset) that the options name. Pictures count only where something looks at them. */
static GPtrArray *
find_sets (const Options *options, GError **error)
{
  const gboolean with_pictures = has_model (options) || options->html;
  if (options->dataset)
    return dataset_find_published (options->dataset, options->sets, with_pictures, options->limit,
                                   error);
  g_autofree char *name = g_filename_display_name (options->masks);
  const DatasetFolders folders
      = { with_pictures ? options->images : NULL, options->masks, options->trimaps };
  Dataset *set = dataset_new (name, &folders, options->limit, error);
  if (!set)
    return NULL;
  GPtrArray *sets = g_ptr_array_new_with_free_func ((GDestroyNotify) dataset_free);
  g_ptr_array_add (sets, set);
  return sets;
}

static ExitStatus
fail (const GError *error, ExitStatus status)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      say_error (_ ("Interrupted; no output was changed."));
      return EXIT_INTERRUPTED;
    }
  say_error (error->message);
  return status;
}

static Results *
run_benchmark (const Options *options, GPtrArray *sets, GPtrArray *methods,
               GCancellable *cancellable, GError **error)
{
  ProgressLine line;
  const BenchmarkOptions benchmark_options = {
    .radius = options->band,
    .threads = options->threads,
    .cards = options->html ? options->cards : 0,
    .as_stored = options->as_stored || options->dataset,
    .is_verbose = options->is_verbose,
    .line = &line,
    .cancellable = cancellable,
  };
  progress_line_init (&line, options->is_quiet || options->is_verbose);
  picture_start (options->is_verbose);
  Results *results = benchmark_run (sets, methods, &benchmark_options, error);
  picture_stop ();
  progress_line_clear (&line);
  return results;
}

static ExitStatus
run_with_methods (const Options *options, GPtrArray *methods, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) sets = find_sets (options, &error);
  if (!sets || !check_outputs (options, &error))
    return fail (error, EXIT_PICTURE);
  g_autoptr (Results) results = run_benchmark (options, sets, methods, cancellable, &error);
  if (!results)
    return fail (error, EXIT_PICTURE);
  g_autofree char *text = report_text (results);
  g_print ("%s", text);
  if (!write_reports (options, results, &error))
    return fail (error, EXIT_PICTURE);
  return results->problems->len == 0 ? EXIT_DONE : EXIT_PICTURE;
}

ExitStatus
evaluate_run (int argc, char **argv, GCancellable *cancellable)
{
  g_auto (Options) options = { .cards = USUAL_CARDS };
  g_autoptr (GError) error = NULL;
  if (!parse (&options, &argc, argv, &error))
    return say_usage_error ("evaluate", error->message);
  if (argc > 1)
    return say_usage_error ("evaluate", _ ("“p3m evaluate” takes options only."));
  const char *contradiction = find_contradiction (&options);
  if (contradiction)
    return say_usage_error ("evaluate", contradiction);
  g_autoptr (GPtrArray) methods
      = method_list_new (options.models, options.strategies, options.predictions, &error);
  if (!methods)
    return fail (error, EXIT_MODEL);
  return run_with_methods (&options, methods, cancellable);
}
