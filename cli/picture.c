/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures and alphas between files and GEGL buffers. */
#include "picture.h"

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buffer.h"
#include "command.h"
#include "container.h"
#include "cutout.h"
#include "jpeg-file.h"
#include "orientation.h"
#include "p3m.h"
#include "png-file.h"
#include "tiff-file.h"

/* Under this name a buffer that was read carries its file's ICC profile, a GBytes. */
#define PROFILE "p3m-profile"

enum
{
  WEBP_MAX_SIDE = 16383, /* px, by the format */
  JPEG_MAX_SIDE = 65500, /* px, by libjpeg */
  JPEG_QUALITY = 95      /* percent */
};

typedef enum
{
  FILE_PNG,
  FILE_TIFF,
  FILE_WEBP,
  FILE_EXR,
  FILE_JPEG
} FileKind;

typedef struct
{
  const char *suffix;
  FileKind kind;
  gboolean is_cutout, is_mask; /* what may be written as it */
} FileType;

static const FileType file_types[] = {
  { ".png", FILE_PNG, TRUE, TRUE },     { ".tif", FILE_TIFF, TRUE, TRUE },
  { ".tiff", FILE_TIFF, TRUE, TRUE },   { ".webp", FILE_WEBP, TRUE, FALSE },
  { ".exr", FILE_EXR, FALSE, TRUE },    { ".jpg", FILE_JPEG, FALSE, FALSE },
  { ".jpeg", FILE_JPEG, FALSE, FALSE },
};

static const char *const loaders[] = {
  [CONTAINER_JPEG] = "gegl:jpg-load",
  [CONTAINER_PNG] = "gegl:png-load",
  [CONTAINER_TIFF] = "gegl:tiff-load",
  [CONTAINER_WEBP] = "gegl:webp-load",
};

static gboolean is_verbose;

/* ---- what GEGL says ---- */

/* GEGL's loaders and savers report no errors: they print. The first thing printed is kept here. */
static GMutex complaint_lock;
static char *complaint;

static void
keep_complaint (const char *message)
{
  g_mutex_lock (&complaint_lock);
  if (!complaint)
    complaint = g_strstrip (g_strdup (message));
  g_mutex_unlock (&complaint_lock);
}

static void
hear_print (const char *message)
{
  keep_complaint (message);
  if (is_verbose)
    fputs (message, stderr);
}

static void
hear_log (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  /* a profile that babl cannot use is no reason to refuse the picture: it counts as sRGB */
  const gboolean is_about_profile = strstr (message, "icc") || strstr (message, "ICC");
  if ((level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL)) && !is_about_profile)
    keep_complaint (message);
  if (is_verbose)
    g_log_default_handler (domain, level, message, user_data);
}

/* While a node runs, what the libraries below GEGL print themselves goes nowhere. */
static int usual_stderr = -1;

static void
silence_stderr (void)
{
  const int nowhere = is_verbose ? -1 : open ("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere < 0)
    return;
  usual_stderr = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  dup2 (nowhere, STDERR_FILENO);
  close (nowhere);
}

static void
restore_stderr (void)
{
  if (usual_stderr < 0)
    return;
  dup2 (usual_stderr, STDERR_FILENO);
  close (usual_stderr);
  usual_stderr = -1;
}

/* libjpeg ends the process, with status 1, at what it takes for fatal. */
static void
explain_exit (void)
{
  if (usual_stderr < 0)
    return;
  g_set_printerr_handler (NULL);
  restore_stderr ();
  say_error (_ ("The picture is damaged."));
}

static void
start_listening (void)
{
  g_set_printerr_handler (hear_print);
  g_log_set_default_handler (hear_log, NULL);
  silence_stderr ();
}

/* FALSE with what GEGL printed since start_listening() when it printed something. */
static gboolean
stop_listening (GError **error)
{
  restore_stderr ();
  g_log_set_default_handler (g_log_default_handler, NULL);
  g_set_printerr_handler (NULL);
  g_autofree char *heard = g_steal_pointer (&complaint);
  if (heard)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, heard);
  return !heard;
}

/* All of GEGL's operations take a quarter of a second to load, those that files need a hundredth: a folder in
 * the user's cache has links to these. GEGL looks there again later, so it stays. FALSE when it is not whole. */
static gboolean
make_file_operations (const char *folder)
{
  static const char *const modules[]
      = { "gegl-core.so", "gegl-common.so", "jpg-load.so",  "png-load.so",
          "tiff-load.so", "webp-load.so",   "webp-save.so", "exr-save.so" };
  gboolean is_whole = g_mkdir_with_parents (folder, 0700) == 0;
  for (gsize i = 0; i < G_N_ELEMENTS (modules) && is_whole; i++)
    {
      g_autofree char *module = g_build_filename (P3M_GEGL_MODULES, modules[i], NULL);
      g_autofree char *link = g_build_filename (folder, modules[i], NULL);
      const gboolean is_new = symlink (module, link) == 0;
      g_autofree char *linked = is_new ? NULL : g_file_read_link (link, NULL);
      is_whole = (is_new || g_strcmp0 (linked, module) == 0) && g_access (link, R_OK) == 0;
    }
  return is_whole;
}

static void
start_gegl (void)
{
  if (g_getenv ("GEGL_PATH"))
    {
      gegl_init (NULL, NULL); /* somebody's own choice of operations */
      return;
    }
  g_autofree char *folder = g_build_filename (g_get_user_cache_dir (), "p3m", "gegl", NULL);
  const gboolean is_made = make_file_operations (folder);
  p3m_buffers_init ();
  gegl_load_module_directory (is_made ? folder : P3M_GEGL_MODULES);
}

void
picture_start (gboolean verbose)
{
  is_verbose = verbose;
  atexit (explain_exit);
  /* babl chooses among its conversions by measured speed, and they differ in the last bits. Without tolerance only
   * those are left that agree with its reference: the same picture gives the same file in every run. */
  g_setenv ("BABL_TOLERANCE", "0.0", FALSE);
  g_setenv ("GEGL_USE_OPENCL", "no", FALSE);
  start_gegl ();
  /* tiles go to a swap file when they outgrow this: half of the memory */
  const guint64 memory = (guint64) sysconf (_SC_PHYS_PAGES) * sysconf (_SC_PAGESIZE);
  g_object_set (gegl_config (), "tile-cache-size", memory / 2, NULL);
}

void
picture_stop (void)
{
  p3m_buffers_exit ();
}

/* ---- reading ---- */

/* Puts right what GEGL's loaders overlook: the sRGB chunk of a PNG (before 0.4.50 they take the gamma
 * chunk beside it at its word) and the profile of a WebP. */
static void
correct_space (GeglBuffer *buffer, const Container *container)
{
  if (container->is_srgb)
    buffer_set_space (buffer, babl_space ("sRGB"));
  if (container->kind != CONTAINER_WEBP || !container->profile)
    return;
  gsize length;
  const char *message = NULL, *bytes = g_bytes_get_data (container->profile, &length);
  const Babl *space
      = babl_space_from_icc (bytes, (int) length, BABL_ICC_INTENT_RELATIVE_COLORIMETRIC, &message);
  if (space && !babl_space_is_cmyk (space) && !babl_space_is_gray (space))
    buffer_set_space (buffer, space);
}

/* The profile goes with the buffer, byte for byte: babl would make another one of it, or cannot use it. */
static void
set_profile (GeglBuffer *buffer, GBytes *profile)
{
  if (profile)
    g_object_set_data_full (G_OBJECT (buffer), PROFILE, g_bytes_ref (profile),
                            (GDestroyNotify) g_bytes_unref);
}

/* A picture without pixels is one that the loader could not read; tiff-load aborts at absurd sizes. */
static gboolean
is_loadable (GeglNode *loader)
{
  const GeglRectangle box = gegl_node_get_bounding_box (loader);
  return box.width >= 1 && box.width <= P3M_MAX_SIDE && box.height >= 1
         && box.height <= P3M_MAX_SIDE;
}

static GeglBuffer *
load (const char *path, ContainerKind kind, GError **error)
{
  g_autoptr (GeglBuffer) buffer = NULL;
  g_autoptr (GeglNode) graph = gegl_node_new ();
  GeglNode *loader = gegl_node_new_child (graph, "operation", loaders[kind], "path", path, NULL);
  GeglNode *sink
      = gegl_node_new_child (graph, "operation", "gegl:buffer-sink", "buffer", &buffer, NULL);
  gegl_node_link (loader, sink);
  start_listening ();
  if (is_loadable (loader))
    gegl_node_process (sink);
  if (!stop_listening (error))
    return NULL;
  if (!buffer)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                         _ ("The picture is empty, damaged or too large."));
  return g_steal_pointer (&buffer);
}

static GeglBuffer *
read_upright (const char *path, GError **error)
{
  g_auto (Container) container = { 0 };
  if (!container_inspect (path, &container, error))
    return NULL;
  g_autoptr (GeglBuffer) stored = load (path, container.kind, error);
  if (!stored)
    return NULL;
  correct_space (stored, &container);
  if (container.kind == CONTAINER_TIFF)
    container.profile = tiff_file_read_profile (path);
  const int orientation = orientation_read (path);
  GeglBuffer *picture
      = orientation == 1 ? g_steal_pointer (&stored) : orientation_apply (stored, orientation);
  set_profile (picture, container.profile);
  return picture;
}

GeglBuffer *
picture_read (const char *path, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  GeglBuffer *picture = read_upright (absolute, error);
  if (!picture)
    g_prefix_error (error, _ ("“%s” cannot be read: "), name);
  return picture;
}

/* ---- writing ---- */

static const FileType *
find_file_type (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (file_types); i++)
    {
      const char *suffix = file_types[i].suffix;
      const gsize length = strlen (name), suffix_length = strlen (suffix);
      if (length > suffix_length && g_ascii_strcasecmp (name + length - suffix_length, suffix) == 0)
        return &file_types[i];
    }
  return NULL;
}

gboolean
picture_is_cutout_name (const char *name)
{
  const FileType *type = find_file_type (name);
  return type && type->is_cutout;
}

gboolean
picture_is_picture_name (const char *name)
{
  const FileType *type = find_file_type (name);
  return type && type->kind != FILE_EXR;
}

gboolean
picture_is_mask_name (const char *name)
{
  const FileType *type = find_file_type (name);
  return type && type->is_mask;
}

gboolean
picture_is_trimap_name (const char *name)
{
  return picture_is_mask_name (name) && picture_is_cutout_name (name);
}

/* GEGL's savers count the bytes of a picture in an int. */
static gboolean
check_size (GeglBuffer *buffer, const FileType *type, GError **error)
{
  const int width = gegl_buffer_get_width (buffer), height = gegl_buffer_get_height (buffer);
  const int pixel_size = babl_format_get_bytes_per_pixel (gegl_buffer_get_format (buffer));
  if ((gint64) width * height * pixel_size <= G_MAXINT
      && !(type->kind == FILE_WEBP && MAX (width, height) > WEBP_MAX_SIDE))
    return TRUE;
  g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                       _ ("The picture is too large for this kind of file; PNG can hold it."));
  return FALSE;
}

static gboolean
save_with_gegl (GeglBuffer *buffer, const char *path, const FileType *type, GError **error)
{
  if (!check_size (buffer, type, error))
    return FALSE;
  const char *saver_name = type->kind == FILE_WEBP ? "gegl:webp-save" : "gegl:exr-save";
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autoptr (GeglNode) graph = gegl_node_new ();
  GeglNode *source
      = gegl_node_new_child (graph, "operation", "gegl:buffer-source", "buffer", buffer, NULL);
  GeglNode *saver = gegl_node_new_child (graph, "operation", saver_name, "path", absolute, NULL);
  gegl_node_link (source, saver);
  start_listening ();
  gegl_node_process (saver);
  return stop_listening (error);
}

/* The sample type in which a cutout of `format` is written. */
static const char *
choose_component (const Babl *format, const FileType *type)
{
  const Babl *component = babl_format_get_type (format, 0);
  if (type->kind == FILE_WEBP || type->kind == FILE_JPEG || component == babl_type ("u8"))
    return "u8";
  return type->kind == FILE_PNG || component == babl_type ("u16") ? "u16" : "float";
}

static gboolean
is_grey (const Babl *format)
{
  return babl_format_get_n_components (format) - (babl_format_has_alpha (format) ? 1 : 0) == 1;
}

/* A file keeps the picture's colour space unless it cannot say which one that is. */
static const Babl *
choose_format (const Babl *format, const FileType *type, gboolean with_alpha)
{
  const Babl *space = babl_format_get_space (format);
  const gboolean keeps_grey
      = is_grey (format) && type->kind != FILE_WEBP && type->kind != FILE_JPEG;
  if (type->kind == FILE_WEBP || babl_space_is_cmyk (space)
      || (keeps_grey && !babl_space_is_gray (space)))
    space = babl_space ("sRGB");
  g_autofree char *encoding
      = g_strdup_printf ("%s%s %s", keeps_grey ? "Y'" : "R'G'B'", with_alpha ? "A" : "",
                         choose_component (format, type));
  return babl_format_with_space (encoding, space);
}

/* The profile that says what the numbers of `cutout` mean, or NULL for those of sRGB. It is the picture's
 * own as long as the numbers are. */
static GBytes *
choose_profile (GeglBuffer *cutout, GeglBuffer *picture)
{
  const Babl *format = gegl_buffer_get_format (cutout);
  const Babl *space = babl_format_get_space (format);
  GBytes *own = g_object_get_data (G_OBJECT (picture), PROFILE);
  gsize size = 0;
  int length = 0;
  const char *bytes = own ? g_bytes_get_data (own, &size) : NULL;
  if (size > 20 && memcmp (bytes + 16, is_grey (format) ? "GRAY" : "RGB ", 4) == 0
      && space == babl_format_get_space (gegl_buffer_get_format (picture)))
    return g_bytes_ref (own);
  bytes = space == babl_space ("sRGB") ? NULL : babl_space_get_icc (space, &length);
  return bytes ? g_bytes_new (bytes, (gsize) length) : NULL;
}

static gboolean
save_jpeg (GeglBuffer *buffer, GBytes *profile, const char *path, GError **error)
{
  const int width = gegl_buffer_get_width (buffer), height = gegl_buffer_get_height (buffer);
  const gboolean fits = MAX (width, height) <= JPEG_MAX_SIDE;
  g_autofree guint8 *rgb = fits ? g_try_malloc_n ((gsize) width * 3, height) : NULL;
  if (rgb)
    gegl_buffer_get (buffer, NULL, 1.0, gegl_buffer_get_format (buffer), rgb, GEGL_AUTO_ROWSTRIDE,
                     GEGL_ABYSS_NONE);
  g_autoptr (GBytes) bytes = rgb ? jpeg_encode (rgb, width, height, JPEG_QUALITY, profile) : NULL;
  if (!bytes)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                           _ ("The picture is too large for this kind of file; PNG can hold it."));
      return FALSE;
    }
  gsize length;
  const char *data = g_bytes_get_data (bytes, &length);
  return g_file_set_contents_full (path, data, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0666,
                                   error);
}

/* Writes a buffer whose format choose_format() gave. */
static gboolean
save (GeglBuffer *buffer, GBytes *profile, const char *path, const FileType *type, GError **error)
{
  switch (type->kind)
    {
    case FILE_PNG:
      return png_file_write (buffer, path, profile ? PNG_COLOURS_PROFILE : PNG_COLOURS_SRGB,
                             profile, error);
    case FILE_TIFF:
      return tiff_file_write (buffer, path, profile, error);
    case FILE_JPEG:
      return save_jpeg (buffer, profile, path, error);
    default:
      return save_with_gegl (buffer, path, type, error);
    }
}

gboolean
picture_write_cutout (GeglBuffer *picture, GeglBuffer *colours, GeglBuffer *alpha, const char *path,
                      const char *name, GError **error)
{
  const FileType *type = find_file_type (name);
  const Babl *format = choose_format (gegl_buffer_get_format (picture), type, TRUE);
  g_autoptr (GeglBuffer) cutout = cutout_new (picture, colours, alpha, format);
  g_autoptr (GBytes) profile = choose_profile (cutout, picture);
  return save (cutout, profile, path, type, error);
}

gboolean
picture_write (GeglBuffer *picture, const char *path, const char *name, GError **error)
{
  const FileType *type = find_file_type (name);
  const Babl *own = gegl_buffer_get_format (picture);
  const gboolean with_alpha = babl_format_has_alpha (own) && type->kind != FILE_JPEG;
  const Babl *format = choose_format (own, type, with_alpha);
  if (format == own)
    {
      g_autoptr (GBytes) profile = choose_profile (picture, picture);
      return save (picture, profile, path, type, error);
    }
  const GeglRectangle *extent = gegl_buffer_get_extent (picture);
  g_autoptr (GeglBuffer) stored
      = gegl_buffer_new (GEGL_RECTANGLE (0, 0, extent->width, extent->height), format);
  gegl_buffer_copy (picture, extent, GEGL_ABYSS_NONE, stored, NULL);
  g_autoptr (GBytes) profile = choose_profile (stored, picture);
  return save (stored, profile, path, type, error);
}

gboolean
picture_write_mask (GeglBuffer *alpha, const char *path, const char *name, GError **error)
{
  const FileType *type = find_file_type (name);
  if (type->kind == FILE_TIFF)
    return tiff_file_write (alpha, path, NULL, error);
  if (type->kind == FILE_EXR)
    return save_with_gegl (alpha, path, type, error);
  g_autoptr (GeglBuffer) mask = cutout_new_mask (alpha);
  return png_file_write (mask, path, PNG_COLOURS_NONE, NULL, error);
}

gboolean
picture_write_trimap (GeglBuffer *trimap, const char *path, const char *name, GError **error)
{
  g_autoptr (GeglBuffer) stored = gegl_buffer_dup (trimap);
  gegl_buffer_set_format (stored, babl_format ("Y' u8"));
  return find_file_type (name)->kind == FILE_TIFF
             ? tiff_file_write (stored, path, NULL, error)
             : png_file_write (stored, path, PNG_COLOURS_NONE, NULL, error);
}
