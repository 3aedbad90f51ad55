/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m obfuscate: pictures in, the same pictures with unrecognizable faces out. */
#include "command.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "obfuscate/picture-job.h"
#include "output.h"
#include "picture.h"

enum
{
  MAX_THREADS = 256
};

static const double max_softness = 0.5;

typedef struct
{
  char **inputs;
  char *output, *csv, *masks, *alphas, *regions, *model, *method;
  double strength, softness;
  int threads;
  gboolean without_matte, as_stored, is_quiet, is_verbose;
} Options;

static void
options_clear (Options *options)
{
  char *texts[] = { options->output,  options->csv,   options->masks, options->alphas,
                    options->regions, options->model, options->method };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  g_strfreev (options->inputs);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

/* ---- options ---- */

static void
add_input_options (GOptionContext *context, Options *options)
{
  const GOptionEntry entries[] = {
    { "faces", 0, 0, G_OPTION_ARG_FILENAME, &options->masks,
      N_ ("Where the faces are, white in a mask of the picture's size, instead of looking for "
          "them"),
      N_ ("FILE|FOLDER") },
    { "alphas", 0, 0, G_OPTION_ARG_FILENAME, &options->alphas,
      N_ ("Alphas that tell where hair is, instead of the model's"), N_ ("FILE|FOLDER") },
    { "model", 0, 0, G_OPTION_ARG_FILENAME, &options->model,
      N_ ("The model: a file, or a name that “p3m models” lists"), N_ ("NAME") },
    { "no-matte", 0, 0, G_OPTION_ARG_NONE, &options->without_matte,
      N_ ("Do not look for hair: obfuscate all of a face's region"), NULL },
    { "as-stored", 0, 0, G_OPTION_ARG_NONE, &options->as_stored,
      N_ ("Let neither EXIF orientation nor colour profile count, as the benchmark does"), NULL },
    { "threads", 0, 0, G_OPTION_ARG_INT, &options->threads,
      N_ ("Threads to compute with (0 = one for each processor)"), N_ ("N") },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->inputs, NULL, NULL },
    { NULL },
  };
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
}

static void
add_output_options (GOptionContext *context, Options *options)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
      N_ ("Write the picture to this file, or the pictures into this folder"), N_ ("FILE|FOLDER") },
    { "method", 0, 0, G_OPTION_ARG_STRING, &options->method,
      N_ ("What becomes of a face: blur, mosaic or fill"), N_ ("NAME") },
    { "strength", 0, 0, G_OPTION_ARG_DOUBLE, &options->strength,
      N_ ("Width of the blur, or of a tile, in sizes of the face: 0.02 to 1"), N_ ("SHARE") },
    { "softness", 0, 0, G_OPTION_ARG_DOUBLE, &options->softness,
      N_ ("How far the edge fades out, in sizes of the face: 0 to 0.5"), N_ ("SHARE") },
    { "regions", 0, 0, G_OPTION_ARG_FILENAME, &options->regions,
      N_ ("Write what was obfuscated as masks into this folder"), N_ ("FOLDER") },
    { "csv", 0, 0, G_OPTION_ARG_FILENAME, &options->csv,
      N_ ("Write how many faces were found in each picture"), N_ ("FILE") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet,
      N_ ("Show no progress and no list of the pictures"), NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->is_verbose, N_ ("Tell what is done"), NULL },
    { NULL },
  };
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
}

static gboolean
parse (Options *options, int argc, char **argv, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (_ ("PICTURE|FOLDER…"));
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (
      context, _ ("Makes the faces in pictures unrecognizable and leaves hair sharp, for "
                  "privacy-preserving training.\nFaces are found from the front and from the side; "
                  "some are not found: look at every picture.\nCamera data, thumbnails and XMP are "
                  "not copied. Pictures that are read are never changed."));
  add_input_options (context, options);
  add_output_options (context, options);
  return g_option_context_parse (context, &argc, &argv, error);
}

static const char *
find_method_contradiction (const Options *options)
{
  P3mObfuscationMethod method;
  if (!p3m_obfuscation_method_from_name (options->method, &method))
    return _ ("The method must be blur, mosaic or fill.");
  if (!(options->strength >= P3M_OBFUSCATION_LEAST && options->strength <= P3M_OBFUSCATION_MOST))
    return _ ("The strength must be from 0.02 to 1.");
  if (!(options->softness >= 0.0 && options->softness <= max_softness))
    return _ ("The softness must be from 0 to 0.5.");
  return NULL;
}

static gboolean
is_file (const char *path)
{
  return path && !g_file_test (path, G_FILE_TEST_IS_DIR);
}

/* Whether the one picture would go into a new folder that is called like a file of another kind. */
static gboolean
is_strange_name (const char *output)
{
  g_autofree char *name = g_path_get_basename (output);
  return is_file (output) && !g_str_has_suffix (output, G_DIR_SEPARATOR_S)
         && strrchr (name + 1, '.') && !picture_is_picture_name (output);
}

/* Why the options make no sense together, or NULL. */
static const char *
find_contradiction (const Options *options)
{
  const gboolean has_one = options->inputs && !options->inputs[1] && is_file (options->inputs[0]);
  if (!options->inputs)
    return _ ("Pictures are missing.");
  if (!options->output)
    return _ ("An output is missing: -o FILE or -o FOLDER.");
  if (has_one && is_strange_name (options->output))
    return _ (
        "No such picture can be written: the file needs to be .png, .jpg, .tif or .webp. A new "
        "folder’s name may end with “/”.");
  if (!has_one && (is_file (options->masks) || is_file (options->alphas)))
    return _ ("Several pictures need a folder of masks, not a file.");
  if (options->without_matte && (options->alphas || options->model))
    return _ ("--no-matte and --alphas or --model contradict each other.");
  if (options->alphas && options->model)
    return _ ("--alphas and --model contradict each other.");
  if (options->threads < 0 || options->threads > MAX_THREADS)
    return _ ("The number of threads must be from 0 to 256.");
  if (options->is_quiet && options->is_verbose)
    return _ ("--quiet and --verbose contradict each other.");
  return find_method_contradiction (options);
}

/* ---- the report ---- */

typedef struct
{
  guint pictures, faces, without, failed;
  GString *csv;
} Report;

/* Quotes as RFC 4180 wants them. */
static void
append_field (GString *csv, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "\"", -1);
  g_autofree char *doubled = g_strjoinv ("\"\"", parts);
  g_string_append_printf (csv, "\"%s\"", doubled);
}

/* faces: -1 = the picture failed. */
static void
add_to_report (Report *report, const Task *task, int faces)
{
  g_autofree char *name = g_filename_display_name (task->name);
  append_field (report->csv, name);
  if (faces >= 0)
    g_string_append_printf (report->csv, ",%d\r\n", faces);
  else
    g_string_append (report->csv, ",\r\n");
  report->pictures++;
  report->faces += MAX (faces, 0);
  report->without += faces == 0;
  report->failed += faces < 0;
}

static void
print_report (const Options *options, const Report *report)
{
  if (options->is_quiet)
    return;
  g_print (_ ("Pictures: %u, faces found: %u, pictures in which none was found: %u, failed: %u\n"),
           report->pictures, report->faces, report->without, report->failed);
  if (!options->masks)
    g_print ("%s\n", _ ("A face that was not found is as it was. Look at every picture before you "
                        "pass it on."));
}

static gboolean
write_csv (const Options *options, const Report *report, GError **error)
{
  g_auto (Output) output = { 0 };
  if (!options->csv)
    return TRUE;
  return output_begin (&output, options->csv, error)
         && g_file_set_contents_full (output.temporary, report->csv->str, -1,
                                      G_FILE_SET_CONTENTS_NONE, 0666, error)
         && output_finish (&output, error);
}

/* ---- the run ---- */

static void
say_failure (ProgressLine *line, const char *name, const char *why)
{
  g_autofree char *message = g_strdup_printf ("%s: %s", name, why);
  progress_line_clear (line);
  say_error (message);
}

/* Returns FALSE when the run was cancelled. */
static gboolean
run_task (const Options *options, const PictureJob *job, const Task *task, Report *report)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_filename_display_name (task->name);
  const int faces = task->problem ? -1 : picture_job_run (job, task, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return FALSE;
  if (faces < 0)
    say_failure (job->line, name, task->problem ? task->problem : error->message);
  add_to_report (report, task, faces);
  progress_line_clear (job->line);
  if (faces >= 0 && !options->is_quiet)
    g_print (_ ("%s: faces found: %d\n"), name, faces);
  return TRUE;
}

static ExitStatus
run_tasks (const Options *options, const PictureJob *job, GPtrArray *tasks)
{
  g_autoptr (GError) error = NULL;
  Report report = { .csv = g_string_new ("name,faces\r\n") };
  g_autoptr (GString) csv = report.csv;
  for (guint i = 0; i < tasks->len; i++)
    if (g_cancellable_is_cancelled (job->cancellable)
        || !run_task (options, job, g_ptr_array_index (tasks, i), &report))
      {
        progress_line_clear (job->line);
        say_error (_ ("Interrupted; the pictures that were done stay."));
        return EXIT_INTERRUPTED;
      }
  print_report (options, &report);
  if (!write_csv (options, &report, &error))
    {
      say_error (error->message);
      return EXIT_PICTURE;
    }
  return report.failed == 0 ? EXIT_DONE : EXIT_PICTURE;
}

static ExitStatus
run_with_model (const Options *options, P3mModel *model, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  ProgressLine line;
  PictureJob job = {
    .obfuscation = { .strength = options->strength },
    .softness = options->softness,
    .masks = options->masks,
    .alphas = options->alphas,
    .model = model,
    .regions = options->regions,
    .threads = options->threads,
    .as_stored = options->as_stored,
    .line = &line,
    .cancellable = cancellable,
  };
  p3m_obfuscation_method_from_name (options->method, &job.obfuscation.method);
  g_autoptr (GPtrArray) tasks = tasks_new (options->inputs, options->output, &error);
  if (!tasks)
    {
      say_error (error->message);
      return EXIT_PICTURE;
    }
  progress_line_init (&line, options->is_quiet || options->is_verbose);
  picture_start (options->is_verbose);
  const ExitStatus status = run_tasks (options, &job, tasks);
  picture_stop ();
  return status;
}

ExitStatus
obfuscate_run (int argc, char **argv, GCancellable *cancellable)
{
  g_auto (Options) options
      = { .strength = P3M_OBFUSCATION_USUAL, .softness = P3M_OBFUSCATION_SOFTNESS };
  g_autoptr (GError) error = NULL;
  if (!parse (&options, argc, argv, &error))
    return say_usage_error ("obfuscate", error->message);
  if (!options.method)
    options.method = g_strdup (p3m_obfuscation_method_get_name (P3M_OBFUSCATION_BLUR));
  const char *contradiction = find_contradiction (&options);
  if (contradiction)
    return say_usage_error ("obfuscate", contradiction);
  g_autoptr (P3mModel) model = NULL;
  if (!options.without_matte && !options.alphas)
    {
      model = p3m_model_load (options.model, NULL, &error);
      if (!model)
        {
          say_error (error->message);
          return EXIT_MODEL;
        }
    }
  return run_with_model (&options, model, cancellable);
}
