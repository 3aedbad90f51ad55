/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The command line of p3m batch. */
#include "batch/options.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>

#include "batch/memory.h"
#include "setting-options.h"

enum
{
  MAX_THREADS = 256,
  MAX_JOBS = 256
};

/* What GOption fills in before it is checked and understood. */
typedef struct
{
  char *write, *format, *mask_format, *if_exists, *memory, *worker;
  gboolean is_resumed;
} Words;

static void
words_clear (Words *words)
{
  g_free (words->write);
  g_free (words->format);
  g_free (words->mask_format);
  g_free (words->if_exists);
  g_free (words->memory);
  g_free (words->worker);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Words, words_clear)

void
batch_options_clear (BatchOptions *options)
{
  g_strfreev (options->inputs);
  g_free (options->list);
  g_free (options->base);
  g_free (options->folder);
  g_strfreev (options->models);
  g_strfreev (options->model_ids);
  p3m_settings_clear (&options->settings);
}

static gboolean
refuse (GError **error, const char *message)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, message);
  return FALSE;
}

/* ---- the words ---- */

static const char summary[]
    = N_ ("Cuts the person out of many pictures (JPEG, PNG, TIFF, WebP): files, whole folders, and "
          "patterns such as 'shoot/*.jpg'. The folders of the pictures are made anew in the folder "
          "of the outputs.");

static gboolean
parse_words (BatchOptions *options, Words *words, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->folder,
      N_ ("Where the outputs go; it is made if it is missing"), N_ ("FOLDER") },
    { "from-file", 0, 0, G_OPTION_ARG_FILENAME, &options->list,
      N_ ("Take more pictures and folders from a list, one a line or between NULs; - = standard "
          "input"),
      N_ ("FILE") },
    { "base", 0, 0, G_OPTION_ARG_FILENAME, &options->base,
      N_ ("The folder that the outputs mirror; else the deepest one that holds all pictures"),
      N_ ("FOLDER") },
    { "write", 0, 0, G_OPTION_ARG_STRING, &words->write,
      N_ ("What is written, with commas between: cut-out, mask, trimap"), N_ ("LIST") },
    { "format", 0, 0, G_OPTION_ARG_STRING, &words->format, N_ ("Of cut-outs"), "png|tif|webp" },
    { "mask-format", 0, 0, G_OPTION_ARG_STRING, &words->mask_format, N_ ("Of masks"),
      "png|tif|exr" },
    { "model", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->models,
      N_ ("The model: a file, or a name that “p3m models” lists; with several each gets a folder"),
      N_ ("NAME") },
    { "if-exists", 0, 0, G_OPTION_ARG_STRING, &words->if_exists,
      N_ ("What happens to outputs that are there already"), "refuse|skip|overwrite" },
    { "resume", 0, 0, G_OPTION_ARG_NONE, &words->is_resumed,
      N_ ("Go on where an earlier run with the same options stopped"), NULL },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &options->jobs,
      N_ ("Pictures at a time (0 = one for each processor)"), N_ ("N") },
    { "threads", 0, 0, G_OPTION_ARG_INT, &options->threads,
      N_ ("Threads for each of them (0 = so that all processors are busy)"), N_ ("N") },
    { "memory", 0, 0, G_OPTION_ARG_STRING, &words->memory,
      N_ ("For all pictures together, e.g. 4G; else three quarters of what is free"), N_ ("SIZE") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->is_json,
      N_ ("Print an object for each picture on standard output"), NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, N_ ("Tell only what failed"), NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->is_verbose, N_ ("Tell what is done"), NULL },
    { "worker", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_STRING, &words->worker, NULL, NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->inputs, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (_ ("PICTURE|FOLDER|PATTERN…"));
  g_option_context_set_main_group (context, setting_options_new (entries, &options->settings));
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, _ (summary));
  return g_option_context_parse (context, &argc, &argv, error);
}

/* ---- their meaning ---- */

/* The place of `word` in `list`, -1 = it is not there. */
static int
find_word (const char *word, const char *const *list)
{
  for (int i = 0; list[i]; i++)
    if (g_str_equal (list[i], word))
      return i;
  return -1;
}

/* The suffix for a word among `names`; the first of them when there is no word. */
static const char *
find_suffix (const char *word, const char *const *names)
{
  static const char *const suffixes[] = { ".png", ".tif", ".webp", ".exr", NULL };
  const int place = word ? find_word (word, names) : 0;
  for (int i = 0; place >= 0 && suffixes[i]; i++)
    if (g_str_equal (suffixes[i] + 1, names[place]))
      return suffixes[i];
  return NULL;
}

static gboolean
understand_products (BatchOptions *options, const Words *words, GError **error)
{
  static const char *const formats[] = { "png", "tif", "webp", NULL };
  static const char *const mask_formats[] = { "png", "tif", "exr", NULL };
  static const char *const kinds[] = { "cut-out", "mask", "trimap", NULL };
  const char *const suffixes[N_PRODUCTS]
      = { find_suffix (words->format, formats), find_suffix (words->mask_format, mask_formats),
          ".png" };
  if (!suffixes[PRODUCT_CUT_OUT])
    return refuse (error, _ ("--format must be png, tif or webp."));
  if (!suffixes[PRODUCT_MASK])
    return refuse (error, _ ("--mask-format must be png, tif or exr."));
  g_auto (GStrv) wanted = g_strsplit (words->write ? words->write : "cut-out", ",", -1);
  for (char **word = wanted; *word; word++)
    {
      const int kind = find_word (*word, kinds);
      if (kind < 0)
        return refuse (error, _ ("--write must name cut-out, mask or trimap."));
      options->suffixes[kind] = suffixes[kind];
    }
  return wanted[0] || refuse (error, _ ("--write must name cut-out, mask or trimap."));
}

static gboolean
understand_existing (BatchOptions *options, const Words *words, GError **error)
{
  static const char *const names[] = { "refuse", "skip", "overwrite", NULL };
  const int place = words->if_exists ? find_word (words->if_exists, names) : EXISTING_REFUSE;
  if (place < 0)
    return refuse (error, _ ("--if-exists must be refuse, skip or overwrite."));
  if (words->is_resumed && words->if_exists)
    return refuse (error, _ ("--resume and --if-exists contradict each other."));
  options->existing = words->is_resumed ? EXISTING_RESUME : (Existing) place;
  return TRUE;
}

static gboolean
understand_numbers (BatchOptions *options, const Words *words, GError **error)
{
  const int processors = (int) g_get_num_processors ();
  if (options->jobs < 0 || options->jobs > MAX_JOBS)
    return refuse (error, _ ("The number of jobs must be from 0 to 256."));
  if (options->threads < 0 || options->threads > MAX_THREADS)
    return refuse (error, _ ("The number of threads must be from 0 to 256."));
  if (words->memory && !batch_memory_parse (words->memory, &options->memory))
    return refuse (error, _ ("--memory must be a size such as 800M or 4G."));
  if (!words->memory)
    options->memory = batch_memory_get_usual ();
  if (options->jobs == 0)
    options->jobs = processors;
  if (options->threads == 0)
    options->threads = MAX (1, processors / options->jobs);
  return TRUE;
}

/* The batch tells its workers what it settled by the memory that there was. */
char *
batch_options_format_worker (const BatchOptions *options, int socket)
{
  return g_strdup_printf ("--worker=%d:%d:%" G_GUINT64_FORMAT, socket, options->threads,
                          options->tile_bytes);
}

static gboolean
understand_worker (BatchOptions *options, const Words *words, GError **error)
{
  const char *word = words->worker;
  return !word
         || sscanf (word, "%d:%d:%" G_GUINT64_FORMAT, &options->socket, &options->threads,
                    &options->tile_bytes)
                == 3
         || refuse (error, _ ("--worker is for p3m's own use."));
}

gboolean
batch_options_parse (BatchOptions *options, int argc, char **argv, GError **error)
{
  g_auto (Words) words = { 0 };
  *options = (BatchOptions){ .socket = -1 };
  p3m_settings_init (&options->settings);
  if (!parse_words (options, &words, argc, argv, error)
      || !understand_products (options, &words, error)
      || !understand_existing (options, &words, error)
      || !understand_numbers (options, &words, error)
      || !understand_worker (options, &words, error))
    return FALSE;
  if (!options->models)
    options->models = g_strdupv ((char *[]){ "", NULL });
  if (!options->folder)
    return refuse (error, _ ("The folder for the outputs is missing: -o FOLDER."));
  char *absolute = g_canonicalize_filename (options->folder, NULL);
  g_free (options->folder);
  options->folder = absolute;
  if (!options->inputs && !options->list)
    return refuse (error, _ ("Pictures are missing."));
  if (options->is_quiet && options->is_verbose)
    return refuse (error, _ ("--quiet and --verbose contradict each other."));
  return TRUE;
}
