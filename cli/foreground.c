/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m foreground: what is in front and what is behind, for the composition loss of the training. */
#include "command.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "evaluate/dataset.h"
#include "evaluate/input.h"
#include "output.h"
#include "p3m.h"
#include "picture.h"
#include "progress.h"

typedef struct
{
  char *dataset, *images, *masks, *foregrounds, *backgrounds;
  gboolean is_lossless, is_quiet;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->dataset);
  g_free (options->images);
  g_free (options->masks);
  g_free (options->foregrounds);
  g_free (options->backgrounds);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse (Options *options, int *argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "dataset", 0, 0, G_OPTION_ARG_FILENAME, &options->dataset,
      N_ ("P3M-10k as it is published: train/fg and train/bg are made beside train/mask"),
      N_ ("FOLDER") },
    { "images", 0, 0, G_OPTION_ARG_FILENAME, &options->images, N_ ("The pictures"), N_ ("FOLDER") },
    { "masks", 0, 0, G_OPTION_ARG_FILENAME, &options->masks, N_ ("Their true alphas"),
      N_ ("FOLDER") },
    { "foregrounds", 0, 0, G_OPTION_ARG_FILENAME, &options->foregrounds,
      N_ ("Where the foregrounds are written"), N_ ("FOLDER") },
    { "backgrounds", 0, 0, G_OPTION_ARG_FILENAME, &options->backgrounds,
      N_ ("Where the backgrounds are written"), N_ ("FOLDER") },
    { "lossless", 0, 0, G_OPTION_ARG_NONE, &options->is_lossless,
      N_ ("Write PNG files instead of JPEG"), NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, N_ ("Show no progress"), NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (
      context, _ ("Separates pictures whose alpha is known into foregrounds and backgrounds. Those "
                  "that are there\nalready are not made again: an interrupted run goes on."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return g_option_context_parse (context, argc, &argv, error);
}

/* Puts the folders of the published layout in the place of --dataset; says why the options make no sense. */
static const char *
resolve (Options *options)
{
  if (options->dataset)
    {
      if (options->images || options->masks || options->foregrounds || options->backgrounds)
        return _ ("--dataset and the other folders contradict each other.");
      options->images = g_build_filename (options->dataset, "train", "blurred_image", NULL);
      options->masks = g_build_filename (options->dataset, "train", "mask", NULL);
      options->foregrounds = g_build_filename (options->dataset, "train", "fg", NULL);
      options->backgrounds = g_build_filename (options->dataset, "train", "bg", NULL);
    }
  if (!options->images || !options->masks || !options->foregrounds || !options->backgrounds)
    return _ ("Folders are missing: --dataset FOLDER, or --images, --masks, --foregrounds and "
              "--backgrounds.");
  return NULL;
}

/* ---- one picture ---- */

static char *
build_name (const Options *options, const char *folder, const Sample *sample)
{
  g_autofree char *name = g_strconcat (sample->stem, options->is_lossless ? ".png" : ".jpg", NULL);
  return g_build_filename (folder, name, NULL);
}

static gboolean
write_colours (const float *rgb, int width, int height, const char *path, GError **error)
{
  g_auto (Output) output = { 0 };
  const GeglRectangle extent = { 0, 0, width, height };
  g_autoptr (GeglBuffer) picture = gegl_buffer_new (&extent, babl_format ("R'G'B' u8"));
  gegl_buffer_set (picture, &extent, 0, babl_format ("R'G'B' float"), rgb, GEGL_AUTO_ROWSTRIDE);
  return output_begin (&output, path, error)
         && picture_write (picture, output.temporary, path, error)
         && output_finish (&output, error);
}

/* The picture and its alpha, as the training reads them. */
static gboolean
read_sample (const Sample *sample, float **rgb, float **alpha, int *width, int *height,
             GError **error)
{
  g_auto (Grey) grey = { 0 };
  g_autoptr (GeglBuffer) picture = input_read_picture (sample->picture, TRUE, error);
  if (!picture || !input_read_alpha (sample->truth, &grey, error)
      || !input_check_size (sample->picture, gegl_buffer_get_width (picture),
                            gegl_buffer_get_height (picture), grey.width, grey.height, error))
    return FALSE;
  const gsize count = (gsize) grey.width * grey.height;
  *width = grey.width;
  *height = grey.height;
  *rgb = g_new (float, 3 * count);
  *alpha = g_new (float, count);
  gegl_buffer_get (picture, NULL, 1.0, babl_format ("R'G'B' float"), *rgb, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
  for (gsize i = 0; i < count; i++)
    (*alpha)[i] = (float) CLAMP (grey.values[i], 0.0, 1.0);
  return TRUE;
}

static gboolean
separate (const Options *options, const Sample *sample, GError **error)
{
  g_autofree char *front = build_name (options, options->foregrounds, sample);
  g_autofree char *back = build_name (options, options->backgrounds, sample);
  g_autofree float *rgb = NULL;
  g_autofree float *alpha = NULL;
  int width, height;
  if (g_file_test (front, G_FILE_TEST_EXISTS) && g_file_test (back, G_FILE_TEST_EXISTS))
    return TRUE;
  if (!read_sample (sample, &rgb, &alpha, &width, &height, error))
    return FALSE;
  const gsize count = (gsize) width * height;
  g_autofree float *foreground = g_new (float, 3 * count);
  g_autofree float *background = g_new (float, 3 * count);
  return p3m_colours_estimate (rgb, alpha, width, height, foreground, background, error)
         && write_colours (foreground, width, height, front, error)
         && write_colours (background, width, height, back, error);
}

/* ---- the run ---- */

static gboolean
make_folder (const char *folder, GError **error)
{
  if (g_mkdir_with_parents (folder, 0777) == 0)
    return TRUE;
  const int code = errno;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code),
               _ ("The folder “%s” cannot be made: %s."), folder, g_strerror (code));
  return FALSE;
}

static ExitStatus
separate_all (const Options *options, const Dataset *set, GCancellable *cancellable)
{
  ExitStatus status = EXIT_DONE;
  ProgressLine line;
  progress_line_init (&line, options->is_quiet);
  for (guint i = 0; i < set->samples->len; i++)
    {
      g_autoptr (GError) error = NULL;
      const Sample *sample = g_ptr_array_index (set->samples, i);
      if (g_cancellable_is_cancelled (cancellable))
        {
          progress_line_clear (&line);
          say_error (_ ("Interrupted; the pictures that were done stay."));
          return EXIT_INTERRUPTED;
        }
      if (sample->problem || !separate (options, sample, &error))
        {
          progress_line_clear (&line);
          say_error (sample->problem ? sample->problem : error->message);
          status = EXIT_PICTURE;
        }
      progress_line_update ((i + 1.0) / set->samples->len, _ ("Separating the colours"), &line);
    }
  progress_line_clear (&line);
  return status;
}

ExitStatus
foreground_run (int argc, char **argv, GCancellable *cancellable)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;
  if (!parse (&options, &argc, argv, &error))
    return say_usage_error ("foreground", error->message);
  if (argc > 1)
    return say_usage_error ("foreground", _ ("“p3m foreground” takes options only."));
  const char *contradiction = resolve (&options);
  if (contradiction)
    return say_usage_error ("foreground", contradiction);
  const DatasetFolders folders = { options.images, options.masks, NULL };
  g_autoptr (Dataset) set = dataset_new ("train", &folders, 0, &error);
  if (!set || !make_folder (options.foregrounds, &error)
      || !make_folder (options.backgrounds, &error))
    {
      say_error (error->message);
      return EXIT_PICTURE;
    }
  picture_start (FALSE);
  const ExitStatus status = separate_all (&options, set, cancellable);
  picture_stop ();
  return status;
}
