/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* libjpeg with errors that are returned: by itself it ends the process. */
#include "jpeg-file.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>

#include "p3m.h"

enum
{
  FINE = 95 /* percent; from here on colours are not stored coarser than brightness */
};

typedef struct
{
  struct jpeg_error_mgr manager; /* must be first: libjpeg knows this part only */
  jmp_buf out;
  char message[JMSG_LENGTH_MAX];
} Handler;

static void
leave (j_common_ptr info)
{
  Handler *handler = (Handler *) info->err;
  info->err->format_message (info, handler->message);
  longjmp (handler->out, 1);
}

static void
keep_silent (j_common_ptr info)
{
  (void) info;
}

static struct jpeg_error_mgr *
handler_init (Handler *handler)
{
  struct jpeg_error_mgr *manager = jpeg_std_error (&handler->manager);
  manager->error_exit = leave;
  manager->output_message = keep_silent;
  return manager;
}

/* What is read, or only decoded to see whether it can be. */
typedef struct
{
  gboolean is_wanted; /* as R'G'B' */
  guint8 *rgb;        /* [height][width][3], NULL = not wanted, or the colours are none of R'G'B' */
  int width, height;  /* px */
} Pixels;

/* Room for the rows, or NULL for one row that the next one overwrites. */
static guint8 *
take_room (struct jpeg_decompress_struct *info, Pixels *pixels)
{
  const J_COLOR_SPACE space = info->jpeg_color_space;
  if (!pixels->is_wanted || (space != JCS_GRAYSCALE && space != JCS_RGB && space != JCS_YCbCr))
    return NULL;
  info->out_color_space = JCS_RGB;
  pixels->width = (int) info->image_width;
  pixels->height = (int) info->image_height;
  pixels->rgb = g_try_malloc_n ((gsize) pixels->width * 3, pixels->height);
  return pixels->rgb;
}

static gboolean
decode (struct jpeg_decompress_struct *info, FILE *file, Pixels *pixels, Handler *handler)
{
  if (setjmp (handler->out))
    return FALSE;
  jpeg_create_decompress (info);
  jpeg_stdio_src (info, file);
  jpeg_read_header (info, TRUE);
  guint8 *rgb = take_room (info, pixels);
  jpeg_start_decompress (info);
  const JDIMENSION length = info->output_width * (JDIMENSION) info->output_components;
  JSAMPARRAY row = info->mem->alloc_sarray ((j_common_ptr) info, JPOOL_IMAGE, length, 1);
  while (info->output_scanline < info->output_height)
    {
      JSAMPROW place = rgb ? rgb + (gsize) info->output_scanline * length : row[0];
      jpeg_read_scanlines (info, &place, 1);
    }
  jpeg_finish_decompress (info);
  return TRUE;
}

static gboolean
read_file (const char *path, Pixels *pixels, GError **error)
{
  Handler handler = { 0 };
  struct jpeg_decompress_struct info = { .err = handler_init (&handler) };
  FILE *file = g_fopen (path, "rbe");
  if (!file)
    {
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("“%s” cannot be opened."), path);
      return FALSE;
    }
  const gboolean success = decode (&info, file, pixels, &handler);
  jpeg_destroy_decompress (&info);
  fclose (file);
  if (!success)
    {
      g_clear_pointer (&pixels->rgb, g_free);
      g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("“%s” is damaged: %s."), path,
                   handler.message);
    }
  return success;
}

gboolean
jpeg_check_file (const char *path, GError **error)
{
  Pixels pixels = { 0 };
  return read_file (path, &pixels, error);
}

gboolean
jpeg_read_file (const char *path, guint8 **rgb, int *width, int *height, GError **error)
{
  Pixels pixels = { .is_wanted = TRUE };
  if (!read_file (path, &pixels, error))
    return FALSE;
  *rgb = pixels.rgb;
  *width = pixels.width;
  *height = pixels.height;
  return TRUE;
}

static gboolean
encode (struct jpeg_compress_struct *info, const guint8 *rgb, int width, int height, int quality,
        GBytes *profile, unsigned char **bytes, unsigned long *length, Handler *handler)
{
  if (setjmp (handler->out))
    return FALSE;
  jpeg_create_compress (info);
  jpeg_mem_dest (info, bytes, length);
  info->image_width = (JDIMENSION) width;
  info->image_height = (JDIMENSION) height;
  info->input_components = 3;
  info->in_color_space = JCS_RGB;
  jpeg_set_defaults (info);
  jpeg_set_quality (info, quality, TRUE);
  if (quality >= FINE)
    info->comp_info[0].h_samp_factor = info->comp_info[0].v_samp_factor = 1;
  jpeg_start_compress (info, TRUE);
  if (profile)
    jpeg_write_icc_profile (info, g_bytes_get_data (profile, NULL),
                            (unsigned int) g_bytes_get_size (profile));
  while (info->next_scanline < info->image_height)
    {
      JSAMPROW row = (JSAMPROW) rgb + (gsize) info->next_scanline * info->image_width * 3;
      jpeg_write_scanlines (info, &row, 1);
    }
  jpeg_finish_compress (info);
  return TRUE;
}

GBytes *
jpeg_encode (const guint8 *rgb, int width, int height, int quality, GBytes *profile)
{
  Handler handler = { 0 };
  struct jpeg_compress_struct info = { .err = handler_init (&handler) };
  unsigned char *bytes = NULL;
  unsigned long length = 0;
  const gboolean success
      = encode (&info, rgb, width, height, quality, profile, &bytes, &length, &handler);
  jpeg_destroy_compress (&info);
  GBytes *encoded = success ? g_bytes_new (bytes, length) : NULL;
  free (bytes);
  return encoded;
}
