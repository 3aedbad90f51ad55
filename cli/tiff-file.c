/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* GEGL buffers written as TIFF, and the profile of a TIFF. */
#include "tiff-file.h"

#include <gio/gio.h>
#include <tiffio.h>

#include "p3m.h"

enum
{
  BAND = 128 /* rows that are fetched at once and share a strip, px: a GEGL tile */
};

/* Above this classic TIFF's 32-bit offsets could overflow. */
static const guint64 classic_limit = G_GUINT64_CONSTANT (0xF0000000);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TIFF, TIFFClose)

/* libtiff has one handler for all files; the first complaint is kept here. */
static char *complaint;

static void
on_error (const char *module, const char *format, va_list arguments)
{
  (void) module;
  if (!complaint)
    complaint = g_strdup_vprintf (format, arguments);
}

static gboolean
fail (GError **error)
{
  g_autofree char *heard = g_steal_pointer (&complaint);
  g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, "%s.", heard ? heard : "libtiff");
  return FALSE;
}

static void
set_samples (TIFF *tiff, const Babl *format)
{
  const Babl *type = babl_format_get_type (format, 0);
  const gboolean is_float = type == babl_type ("float");
  const int components = babl_format_get_n_components (format);
  const guint16 alpha = EXTRASAMPLE_UNASSALPHA;
  TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, components);
  TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE,
                8 * babl_format_get_bytes_per_pixel (format) / components);
  TIFFSetField (tiff, TIFFTAG_SAMPLEFORMAT, is_float ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT);
  TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC,
                components <= 2 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
  if (babl_format_has_alpha (format))
    TIFFSetField (tiff, TIFFTAG_EXTRASAMPLES, 1, &alpha);
  TIFFSetField (tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
  if (!is_float)
    TIFFSetField (tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
}

static void
set_header (TIFF *tiff, GeglBuffer *buffer, GBytes *profile)
{
  TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, (guint32) gegl_buffer_get_width (buffer));
  TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, (guint32) gegl_buffer_get_height (buffer));
  TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, (guint32) BAND);
  set_samples (tiff, gegl_buffer_get_format (buffer));
  if (profile)
    TIFFSetField (tiff, TIFFTAG_ICCPROFILE, (guint32) g_bytes_get_size (profile),
                  g_bytes_get_data (profile, NULL));
}

static gboolean
write_strips (TIFF *tiff, GeglBuffer *buffer)
{
  const Babl *format = gegl_buffer_get_format (buffer);
  const int width = gegl_buffer_get_width (buffer), height = gegl_buffer_get_height (buffer);
  const gsize row_size = (gsize) width * babl_format_get_bytes_per_pixel (format);
  g_autofree guint8 *band = g_malloc_n (row_size, BAND);
  for (int y = 0; y < height; y += BAND)
    {
      const int rows = MIN (BAND, height - y);
      gegl_buffer_get (buffer, GEGL_RECTANGLE (0, y, width, rows), 1.0, format, band,
                       GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      if (TIFFWriteEncodedStrip (tiff, (guint32) (y / BAND), band, (tmsize_t) (row_size * rows))
          < 0)
        return FALSE;
    }
  return TRUE;
}

gboolean
tiff_file_write (GeglBuffer *buffer, const char *path, GBytes *profile, GError **error)
{
  const guint64 size = (guint64) gegl_buffer_get_width (buffer) * gegl_buffer_get_height (buffer)
                       * babl_format_get_bytes_per_pixel (gegl_buffer_get_format (buffer));
  g_clear_pointer (&complaint, g_free);
  TIFFSetErrorHandler (on_error);
  TIFFSetWarningHandler (NULL);
  TIFF *tiff = TIFFOpen (path, size > classic_limit ? "w8" : "w");
  if (!tiff)
    return fail (error);
  set_header (tiff, buffer, profile);
  const gboolean is_done = write_strips (tiff, buffer) && TIFFFlush (tiff);
  TIFFClose (tiff);
  /* closing writes the directory, and has nothing but the handler to say that it could not */
  return (is_done && !complaint) || fail (error);
}

GBytes *
tiff_file_read_profile (const char *path)
{
  guint32 length = 0;
  const void *bytes = NULL;
  TIFFSetErrorHandler (NULL);
  TIFFSetWarningHandler (NULL);
  g_autoptr (TIFF) tiff = TIFFOpen (path, "r");
  if (!tiff || !TIFFGetField (tiff, TIFFTAG_ICCPROFILE, &length, &bytes) || length == 0)
    return NULL;
  return g_bytes_new (bytes, length);
}
