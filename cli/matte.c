/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m matte: one picture in, its cutout, its mask and its trimap out. */
#include "command.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "buffer.h"
#include "setting-options.h"
#include "picture.h"
#include "products.h"
#include "progress.h"

enum
{
  MAX_THREADS = 256
};

typedef struct
{
  char **pictures;
  char *outputs[N_PRODUCTS];
  char *model;
  P3mSettings settings;
  int threads;
  gboolean is_quiet, is_verbose;
} Options;

static void
options_clear (Options *options)
{
  g_strfreev (options->pictures);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    g_free (options->outputs[kind]);
  g_free (options->model);
  p3m_settings_clear (&options->settings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse (Options *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->outputs[PRODUCT_CUT_OUT],
      N_ ("Write the picture with a transparent background (.png, .tif, .webp)"), N_ ("FILE") },
    { "mask", 'm', 0, G_OPTION_ARG_FILENAME, &options->outputs[PRODUCT_MASK],
      N_ ("Write the alpha: 16-bit grey (.png) or 32-bit float (.tif, .exr)"), N_ ("FILE") },
    { "trimap", 0, 0, G_OPTION_ARG_FILENAME, &options->outputs[PRODUCT_TRIMAP],
      N_ ("Write a trimap: 0, 128 and 255 in 8-bit grey (.png, .tif)"), N_ ("FILE") },
    { "model", 0, 0, G_OPTION_ARG_FILENAME, &options->model,
      N_ ("The model: a file, or a name that “p3m models” lists"), N_ ("NAME") },
    { "threads", 0, 0, G_OPTION_ARG_INT, &options->threads,
      N_ ("Threads to compute with (0 = one for each processor)"), N_ ("N") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, N_ ("Show no progress"), NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options->is_verbose, N_ ("Tell what is done"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->pictures, NULL, NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (_ ("PICTURE"));
  g_option_context_set_main_group (context, setting_options_new (entries, &options->settings));
  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context,
                                _ ("Cuts the person out of a picture (JPEG, PNG, TIFF, WebP)."));
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

/* Why the outputs make no sense together, or NULL. */
static const char *
find_output_contradiction (const Options *options)
{
  static const char *const needs[N_PRODUCTS] = {
    [PRODUCT_CUT_OUT]
    = N_ ("The cutout needs a file that can be transparent: .png, .tif or .webp."),
    [PRODUCT_MASK] = N_ ("The mask needs a .png, .tif or .exr file."),
    [PRODUCT_TRIMAP] = N_ ("The trimap needs a .png or .tif file."),
  };
  gboolean has_output = FALSE;
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      const char *path = options->outputs[kind];
      if (!path)
        continue;
      has_output = TRUE;
      if (!product_is_name (kind, path))
        return _ (needs[kind]);
      if (is_same_file (path, options->pictures[0]))
        return _ ("The picture would be overwritten.");
      for (int other = 0; other < kind; other++)
        if (options->outputs[other] && is_same_file (path, options->outputs[other]))
          return _ ("Two outputs would be written to one file.");
    }
  return has_output ? NULL : _ ("An output is missing: -o, --mask or --trimap with a file.");
}

/* Why the options make no sense together, or NULL. */
static const char *
find_contradiction (const Options *options)
{
  if (!options->pictures || options->pictures[1])
    return _ ("Exactly one picture is needed.");
  if (options->threads < 0 || options->threads > MAX_THREADS)
    return _ ("The number of threads must be from 0 to 256.");
  if (options->is_quiet && options->is_verbose)
    return _ ("--quiet and --verbose contradict each other.");
  return find_output_contradiction (options);
}

static void
outputs_clear (Output outputs[N_PRODUCTS])
{
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    output_clear (&outputs[kind]);
}

static gboolean
begin_outputs (const Options *options, Output outputs[N_PRODUCTS], GError **error)
{
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (options->outputs[kind] && !output_begin (&outputs[kind], options->outputs[kind], error))
      return FALSE;
  return TRUE;
}

/* A folder that is missing or protected is said before the work, not after it. */
static gboolean
check_outputs (const Options *options, GError **error)
{
  Output outputs[N_PRODUCTS] = { 0 };
  const gboolean success = begin_outputs (options, outputs, error);
  outputs_clear (outputs);
  return success;
}

/* All outputs are whole before the first of them gets its name. */
static gboolean
write_outputs (const Products *products, Output outputs[N_PRODUCTS], GCancellable *cancellable,
               GError **error)
{
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (outputs[kind].path && !products_write (products, kind, &outputs[kind], error))
      return FALSE;
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (outputs[kind].path && !output_finish (&outputs[kind], error))
      return FALSE;
  return TRUE;
}

/* What is read, and what working on it takes beside it. */
static void
describe (const Options *options, const P3mModel *model, GeglBuffer *picture)
{
  const int width = gegl_buffer_get_width (picture), height = gegl_buffer_get_height (picture);
  double work;
  gsize memory;
  g_printerr (_ ("Model: %s\n"), p3m_model_get_info (model)->path);
  g_printerr (_ ("Picture: %d × %d px, %s\n"), width, height,
              babl_format_get_encoding (gegl_buffer_get_format (picture)));
  p3m_matte_estimate (model, options->settings.strategy, width, height, &work, &memory);
  g_autofree char *size = g_format_size (memory);
  g_printerr (_ ("Memory planned for the network's run: %s\n"), size);
}

static gboolean
make_products (const Options *options, const P3mModel *model, GeglBuffer *picture,
               Output outputs[N_PRODUCTS], ProgressLine *line, GCancellable *cancellable,
               GError **error)
{
  const P3mSource source = p3m_source_from_buffer (picture);
  line->to = 0.8;
  g_autoptr (P3mMatte) matte
      = p3m_matte_new (model, &source, options->settings.strategy, options->threads,
                       progress_line_update, line, cancellable, error);
  if (!matte)
    return FALSE;
  line->from = line->to;
  line->to = 1;
  g_auto (Products) products = { 0 };
  if (!products_render (&products, picture, matte, &options->settings,
                        (const char *const *) options->outputs, progress_line_update, line,
                        cancellable, error))
    return FALSE;
  progress_line_update (1, _ ("Writing"), line);
  return begin_outputs (options, outputs, error)
         && write_outputs (&products, outputs, cancellable, error);
}

/* A model that is loaded on a thread of its own: the decoding of a large picture takes one processor as long. Not while
 * GEGL starts, which changes the environment that this thread reads. */
typedef struct
{
  const char *name; /* NULL = the bundled one */
  GCancellable *cancellable;
  GThread *thread; /* NULL where the system refuses one */
  P3mModel *model;
  GError *error;
} Loading;

static gpointer
load_model (gpointer data)
{
  Loading *loading = data;
  loading->model = p3m_model_load (loading->name, loading->cancellable, &loading->error);
  return NULL;
}

static void
loading_start (Loading *loading)
{
  loading->thread = g_thread_try_new ("model", load_model, loading, NULL);
}

static P3mModel *
loading_finish (Loading *loading, GError **error)
{
  if (loading->thread)
    g_thread_join (loading->thread);
  else
    load_model (loading);
  if (loading->error)
    g_propagate_error (error, loading->error);
  return loading->model;
}

static ExitStatus
cut_out (const Options *options, Loading *loading, Output outputs[N_PRODUCTS], ProgressLine *line,
         GCancellable *cancellable, GError **error)
{
  g_autoptr (GError) picture_error = NULL;
  g_autoptr (GeglBuffer) picture = picture_read (options->pictures[0], &picture_error);
  g_autoptr (P3mModel) model = loading_finish (loading, error);
  if (!model)
    return EXIT_MODEL;
  if (!picture)
    {
      g_propagate_error (error, g_steal_pointer (&picture_error));
      return EXIT_PICTURE;
    }
  if (options->is_verbose)
    describe (options, model, picture);
  return make_products (options, model, picture, outputs, line, cancellable, error) ? EXIT_DONE
                                                                                    : EXIT_PICTURE;
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

ExitStatus
matte_run (int argc, char **argv, GCancellable *cancellable)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;
  ProgressLine line;
  Output outputs[N_PRODUCTS] = { 0 };
  p3m_settings_init (&options.settings);
  if (!parse (&options, argc, argv, &error))
    return say_usage_error ("matte", error->message);
  const char *contradiction = find_contradiction (&options);
  if (contradiction)
    return say_usage_error ("matte", contradiction);
  if (!check_outputs (&options, &error))
    return report (error, EXIT_PICTURE);
  const gint64 start = g_get_monotonic_time ();
  Loading loading = { .name = options.model, .cancellable = cancellable };
  progress_line_init (&line, options.is_quiet || options.is_verbose);
  picture_start (options.is_verbose);
  loading_start (&loading);
  const ExitStatus status = cut_out (&options, &loading, outputs, &line, cancellable, &error);
  outputs_clear (outputs);
  picture_stop ();
  progress_line_clear (&line);
  if (status != EXIT_DONE)
    return report (error, status);
  if (options.is_verbose)
    g_printerr (_ ("Done in %.1f s\n"), (g_get_monotonic_time () - start) / 1e6);
  return EXIT_DONE;
}
