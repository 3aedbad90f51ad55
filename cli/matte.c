/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m matte: one picture in, its cutout and its mask out. */
#include "command.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "buffer.h"
#include "output.h"
#include "p3m.h"
#include "picture.h"
#include "progress.h"

enum
{
  MAX_THREADS = 256
};

typedef struct
{
  char **pictures;
  char *cutout, *mask;
  char *model, *strategy_name;
  P3mStrategy strategy;
  int threads;
  gboolean is_quiet, is_verbose;
} Options;

static void
options_clear (Options *options)
{
  g_strfreev (options->pictures);
  g_free (options->cutout);
  g_free (options->mask);
  g_free (options->model);
  g_free (options->strategy_name);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse (Options *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->cutout,
      N_ ("Write the picture with a transparent background (.png, .tif, .webp)"), N_ ("FILE") },
    { "mask", 'm', 0, G_OPTION_ARG_FILENAME, &options->mask,
      N_ ("Write the alpha: 16-bit grey (.png) or 32-bit float (.tif, .exr)"), N_ ("FILE") },
    { "model", 0, 0, G_OPTION_ARG_FILENAME, &options->model,
      N_ ("The model: a file, or a name that “p3m models” lists"), N_ ("NAME") },
    { "strategy", 0, 0, G_OPTION_ARG_STRING, &options->strategy_name,
      N_ ("How the picture is looked at: auto, resize, hybrid or draft"), N_ ("NAME") },
    { "threads", 0, 0, G_OPTION_ARG_INT, &options->threads,
      N_ ("Threads to compute with (0 = one for each processor)"), N_ ("N") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, N_ ("Show no progress"), NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->is_verbose, N_ ("Tell what is done"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->pictures, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (_ ("PICTURE"));
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context,
                                _ ("Cuts the person out of a picture (JPEG, PNG, TIFF, WebP)."));
  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return g_option_context_parse (context, &argc, &argv, error);
}

static gboolean
is_same_file (const char *a, const char *b)
{
  g_autofree char *absolute_a = g_canonicalize_filename (a, NULL);
  g_autofree char *absolute_b = g_canonicalize_filename (b, NULL);
  GStatBuf status_a, status_b;
  if (g_str_equal (absolute_a, absolute_b))
    return TRUE;
  return g_stat (a, &status_a) == 0 && g_stat (b, &status_b) == 0
         && status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino;
}

/* Why the options make no sense together, or NULL. */
static const char *
find_contradiction (const Options *options)
{
  const char *picture = options->pictures ? options->pictures[0] : NULL;
  if (!picture || options->pictures[1])
    return _ ("Exactly one picture is needed.");
  if (!options->cutout && !options->mask)
    return _ ("An output is missing: -o FILE, --mask FILE or both.");
  if (options->cutout && !picture_is_cutout_name (options->cutout))
    return _ ("The cutout needs a file that can be transparent: .png, .tif or .webp.");
  if (options->mask && !picture_is_mask_name (options->mask))
    return _ ("The mask needs a .png, .tif or .exr file.");
  if (options->cutout && options->mask && is_same_file (options->cutout, options->mask))
    return _ ("The cutout and the mask would be written to one file.");
  if ((options->cutout && is_same_file (options->cutout, picture))
      || (options->mask && is_same_file (options->mask, picture)))
    return _ ("The picture would be overwritten.");
  if (options->threads < 0 || options->threads > MAX_THREADS)
    return _ ("The number of threads must be from 0 to 256.");
  if (options->is_quiet && options->is_verbose)
    return _ ("--quiet and --verbose contradict each other.");
  return NULL;
}

/* The alpha of `picture`: "Y float" of its size. */
static GeglBuffer *
compute_alpha (const Options *options, const P3mModel *model, GeglBuffer *picture,
               ProgressLine *line, GCancellable *cancellable, GError **error)
{
  const P3mSource source = p3m_source_from_buffer (picture);
  line->to = 0.9;
  g_autoptr (P3mMatte) matte = p3m_matte_new (model, &source, options->strategy, options->threads,
                                              progress_line_update, line, cancellable, error);
  if (!matte)
    return NULL;
  g_autoptr (GeglBuffer) alpha = gegl_buffer_new (
      GEGL_RECTANGLE (0, 0, source.width, source.height), babl_format ("Y float"));
  const P3mSink sink = p3m_sink_to_buffer (alpha);
  line->from = 0.9;
  line->to = 1;
  if (!p3m_matte_write (matte, &sink, progress_line_update, line, cancellable, error))
    return NULL;
  return g_steal_pointer (&alpha);
}

static gboolean
write_cutout (Output *output, const Options *options, GeglBuffer *picture, GeglBuffer *alpha,
              GError **error)
{
  g_autofree char *name = g_filename_display_name (options->cutout);
  if (!output_begin (output, options->cutout, error))
    return FALSE;
  if (picture_write_cutout (picture, alpha, output->temporary, options->cutout, error))
    return TRUE;
  g_prefix_error (error, _ ("“%s” cannot be written: "), name);
  return FALSE;
}

static gboolean
write_mask (Output *output, const Options *options, GeglBuffer *alpha, GError **error)
{
  g_autofree char *name = g_filename_display_name (options->mask);
  if (!output_begin (output, options->mask, error))
    return FALSE;
  if (picture_write_mask (alpha, output->temporary, options->mask, error))
    return TRUE;
  g_prefix_error (error, _ ("“%s” cannot be written: "), name);
  return FALSE;
}

/* Both outputs are whole before the first of them gets its name. */
static gboolean
write_outputs (const Options *options, GeglBuffer *picture, GeglBuffer *alpha,
               GCancellable *cancellable, GError **error)
{
  g_auto (Output) cutout = { 0 };
  g_auto (Output) mask = { 0 };
  if (options->cutout && !write_cutout (&cutout, options, picture, alpha, error))
    return FALSE;
  if (options->mask && !write_mask (&mask, options, alpha, error))
    return FALSE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  return (!options->cutout || output_finish (&cutout, error))
         && (!options->mask || output_finish (&mask, error));
}

/* A folder that is missing or protected is said before the work, not after it. */
static gboolean
check_outputs (const Options *options, GError **error)
{
  g_auto (Output) cutout = { 0 };
  g_auto (Output) mask = { 0 };
  return (!options->cutout || output_begin (&cutout, options->cutout, error))
         && (!options->mask || output_begin (&mask, options->mask, error));
}

/* What the picture is, and what working on it takes beside the picture and the model. */
static void
describe (const Options *options, const P3mModel *model, GeglBuffer *picture)
{
  const int width = gegl_buffer_get_width (picture), height = gegl_buffer_get_height (picture);
  double work;
  gsize memory;
  g_printerr (_ ("Picture: %d × %d px, %s\n"), width, height,
              babl_format_get_encoding (gegl_buffer_get_format (picture)));
  p3m_matte_estimate (model, options->strategy, width, height, &work, &memory);
  g_autofree char *size = g_format_size (memory);
  g_printerr (_ ("Memory planned for the network's run: %s\n"), size);
}

static gboolean
cut_out (const Options *options, const P3mModel *model, ProgressLine *line,
         GCancellable *cancellable, GError **error)
{
  if (!check_outputs (options, error))
    return FALSE;
  g_autoptr (GeglBuffer) picture = picture_read (options->pictures[0], error);
  if (!picture)
    return FALSE;
  if (options->is_verbose)
    describe (options, model, picture);
  g_autoptr (GeglBuffer) alpha = compute_alpha (options, model, picture, line, cancellable, error);
  if (!alpha)
    return FALSE;
  progress_line_update (1, _ ("Writing"), line);
  return write_outputs (options, picture, alpha, cancellable, error);
}

static ExitStatus
report (const GError *error, ExitStatus status)
{
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      say_error (_ ("Interrupted; no output was changed."));
      return EXIT_INTERRUPTED;
    }
  say_error (error->message);
  return status;
}

static ExitStatus
run_with_model (const Options *options, const P3mModel *model, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;
  ProgressLine line;
  const gint64 start = g_get_monotonic_time ();
  progress_line_init (&line, options->is_quiet || options->is_verbose);
  picture_start (options->is_verbose);
  const gboolean is_done = cut_out (options, model, &line, cancellable, &error);
  picture_stop ();
  progress_line_clear (&line);
  if (!is_done)
    return report (error, EXIT_PICTURE);
  if (options->is_verbose)
    g_printerr (_ ("Done in %.1f s\n"), (g_get_monotonic_time () - start) / 1e6);
  return EXIT_DONE;
}

ExitStatus
matte_run (int argc, char **argv, GCancellable *cancellable)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;
  if (!parse (&options, argc, argv, &error))
    return say_usage_error ("matte", error->message);
  if (options.strategy_name && !p3m_strategy_from_name (options.strategy_name, &options.strategy))
    return say_usage_error ("matte", _ ("The strategy must be auto, resize, hybrid or draft."));
  const char *contradiction = find_contradiction (&options);
  if (contradiction)
    return say_usage_error ("matte", contradiction);
  g_autoptr (P3mModel) model = p3m_model_load (options.model, cancellable, &error);
  if (!model)
    return report (error, EXIT_MODEL);
  if (options.is_verbose)
    g_printerr (_ ("Model: %s\n"), p3m_model_get_info (model)->path);
  return run_with_model (&options, model, cancellable);
}
