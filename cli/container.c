/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which kind of picture file this is, and whether all of it is there. */
#include "container.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "p3m.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FILE, fclose)

enum
{
  MAX_PROFILE = 1 << 24 /* bytes of an ICC profile; a larger one is left out */
};

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, why);
  return FALSE;
}

static gboolean
refuse_truncated (GError **error)
{
  return refuse (error, _ ("The file ends too early."));
}

static gboolean
refuse_damaged (GError **error)
{
  return refuse (error, _ ("The file is damaged."));
}

static guint32
big_endian (const guint8 *bytes, int count)
{
  guint32 value = 0;
  for (int i = 0; i < count; i++)
    value = value << 8 | bytes[i];
  return value;
}

static guint32
little_endian (const guint8 *bytes)
{
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (guint32) bytes[3] << 24;
}

static gboolean
read_bytes (FILE *file, guint8 *bytes, gsize count, GError **error)
{
  return fread (bytes, 1, count, file) == count || refuse_truncated (error);
}

/* ---- PNG: a signature, then chunks of length, type, data and CRC, the last one IEND ---- */

static gboolean
skip_png_chunk (FILE *file, guint32 length, const guint8 *type, GError **error)
{
  guint8 block[16384];
  uLong crc = crc32 (0, type, 4);
  for (guint32 left = length; left > 0;)
    {
      const gsize count = MIN (left, sizeof block);
      if (!read_bytes (file, block, count, error))
        return FALSE;
      crc = crc32 (crc, block, count);
      left -= count;
    }
  if (!read_bytes (file, block, 4, error))
    return FALSE;
  /* a small letter at the front: not needed to show the picture */
  return g_ascii_islower (type[0]) || big_endian (block, 4) == crc || refuse_damaged (error);
}

/* data: an iCCP chunk's: a name that ends with a zero, a zero for deflate, the compressed profile. */
static GBytes *
inflate_png_profile (const guint8 *data, gsize length)
{
  const guint8 *name_end = memchr (data, 0, MIN (length, 80));
  if (!name_end || name_end + 2 >= data + length)
    return NULL;
  const gsize start = (gsize) (name_end - data) + 2;
  for (uLongf room = 1 << 16; room <= MAX_PROFILE; room *= 4)
    {
      uLongf size = room;
      g_autofree guint8 *profile = g_try_malloc (room);
      if (!profile)
        return NULL;
      const int status = uncompress (profile, &size, data + start, length - start);
      if (status == Z_OK)
        return g_bytes_new (profile, size);
      if (status != Z_BUF_ERROR)
        return NULL;
    }
  return NULL;
}

static gboolean
read_png_profile (FILE *file, guint32 length, Container *container, GError **error)
{
  guint8 crc[4];
  if (length > MAX_PROFILE)
    return refuse_damaged (error);
  g_autofree guint8 *data = g_malloc (MAX (length, 1));
  if (!read_bytes (file, data, length, error) || !read_bytes (file, crc, 4, error))
    return FALSE;
  g_clear_pointer (&container->profile, g_bytes_unref);
  container->profile = inflate_png_profile (data, length);
  return TRUE;
}

static gboolean
inspect_png (FILE *file, Container *container, GError **error)
{
  gboolean has_profile = FALSE;
  guint8 head[8];
  if (!read_bytes (file, head, 8, error))
    return FALSE;
  do
    {
      if (!read_bytes (file, head, 8, error))
        return FALSE;
      const guint32 length = big_endian (head, 4);
      const gboolean is_profile = memcmp (head + 4, "iCCP", 4) == 0;
      if (is_profile ? !read_png_profile (file, length, container, error)
                     : !skip_png_chunk (file, length, head + 4, error))
        return FALSE;
      has_profile = has_profile || is_profile;
      container->is_srgb = container->is_srgb || memcmp (head + 4, "sRGB", 4) == 0;
    }
  while (memcmp (head + 4, "IEND", 4) != 0);
  container->is_srgb = container->is_srgb && !has_profile;
  return TRUE;
}

/* ---- JPEG: segments of marker, length and data; compressed data after each SOS, until EOI ---- */

enum
{
  MARKER_SOF0 = 0xC0, /* baseline; 1 extended, 2 progressive, 3.. what libjpeg does not read */
  MARKER_DHT = 0xC4,
  MARKER_JPG = 0xC8,
  MARKER_DAC = 0xCC,
  MARKER_SOF15 = 0xCF,
  MARKER_RST0 = 0xD0,
  MARKER_RST7 = 0xD7,
  MARKER_SOI = 0xD8,
  MARKER_EOI = 0xD9,
  MARKER_SOS = 0xDA,
  MARKER_APP2 = 0xE2,
  MARKER_TEM = 0x01
};

/* The next marker, skipping compressed data and fill bytes; EOF when there is none. */
static int
find_jpeg_marker (FILE *file)
{
  int byte = getc (file);
  while (byte != EOF)
    {
      if (byte != 0xFF)
        {
          byte = getc (file);
          continue;
        }
      while (byte == 0xFF)
        byte = getc (file);
      if (byte != 0 && byte != MARKER_TEM && (byte < MARKER_RST0 || byte > MARKER_RST7))
        return byte;
    }
  return EOF;
}

static gboolean
is_jpeg_frame (int marker)
{
  return marker >= MARKER_SOF0 && marker <= MARKER_SOF15 && marker != MARKER_DHT
         && marker != MARKER_JPG && marker != MARKER_DAC;
}

static gboolean
check_jpeg_frame (FILE *file, int marker, GError **error)
{
  guint8 depth;
  if (!read_bytes (file, &depth, 1, error))
    return FALSE;
  if (marker > MARKER_SOF0 + 2 || depth != 8)
    return refuse (error, _ ("JPEG files of this kind cannot be read."));
  return TRUE;
}

/* A profile is cut into segments of "ICC_PROFILE\0", number, count and data; `profile` grows by the one
 * that is next. */
static gboolean
read_jpeg_profile (FILE *file, guint32 length, GByteArray *profile, int *number, GError **error)
{
  guint8 segment[65536];
  if (!read_bytes (file, segment, length, error))
    return FALSE;
  if (length > 14 && memcmp (segment, "ICC_PROFILE", 12) == 0 && segment[12] == *number + 1)
    {
      g_byte_array_append (profile, segment + 14, length - 14);
      (*number)++;
    }
  return TRUE;
}

/* One segment, its marker being read; FALSE at the end and at errors. */
static gboolean
inspect_jpeg_segment (FILE *file, int marker, GByteArray *profile, int *number, GError **error)
{
  guint8 bytes[2];
  if (!read_bytes (file, bytes, 2, error))
    return FALSE;
  const guint32 length = big_endian (bytes, 2);
  if (length < 2)
    return refuse_damaged (error);
  const long next = ftell (file) + (long) length - 2;
  if (is_jpeg_frame (marker) && !check_jpeg_frame (file, marker, error))
    return FALSE;
  if (marker == MARKER_APP2 && !read_jpeg_profile (file, length - 2, profile, number, error))
    return FALSE;
  return fseek (file, next, SEEK_SET) == 0 || refuse_damaged (error);
}

static gboolean
inspect_jpeg (FILE *file, Container *container, GError **error)
{
  gboolean has_frame = FALSE, has_scan = FALSE;
  int number = 0;
  g_autoptr (GByteArray) profile = g_byte_array_new ();
  int marker = find_jpeg_marker (file);
  for (; marker != MARKER_EOI; marker = find_jpeg_marker (file))
    {
      if (marker == EOF)
        return refuse_truncated (error);
      if (marker != MARKER_SOI && !inspect_jpeg_segment (file, marker, profile, &number, error))
        return FALSE;
      has_frame = has_frame || is_jpeg_frame (marker);
      has_scan = has_scan || (marker == MARKER_SOS && has_frame);
    }
  if (profile->len > 0)
    container->profile = g_byte_array_free_to_bytes (g_steal_pointer (&profile));
  return (has_frame && has_scan) || refuse_damaged (error);
}

/* ---- WebP: a RIFF file of chunks of type, length and data, padded to even lengths ---- */

static gboolean
read_webp_profile (FILE *file, guint32 length, Container *container, GError **error)
{
  g_autofree guint8 *bytes = g_try_malloc (length);
  if (!bytes)
    return refuse_damaged (error);
  if (!read_bytes (file, bytes, length, error))
    return FALSE;
  g_clear_pointer (&container->profile, g_bytes_unref);
  container->profile = g_bytes_new_take (g_steal_pointer (&bytes), length);
  return TRUE;
}

static gboolean
inspect_webp (FILE *file, Container *container, GError **error)
{
  guint8 head[12];
  if (!read_bytes (file, head, 12, error) || fseek (file, 0, SEEK_END) != 0)
    return FALSE;
  const long end = ftell (file);
  if ((long) little_endian (head + 4) + 8 > end)
    return refuse_truncated (error);
  for (long place = 12; place + 8 <= end;)
    {
      if (fseek (file, place, SEEK_SET) != 0 || !read_bytes (file, head, 8, error))
        return FALSE;
      const guint32 length = little_endian (head + 4);
      if (place + 8 + (long) length > end)
        return refuse_truncated (error);
      if (memcmp (head, "ICCP", 4) == 0 && !read_webp_profile (file, length, container, error))
        return FALSE;
      if (memcmp (head, "ANIM", 4) == 0)
        return refuse (error, _ ("Animated pictures cannot be read."));
      place += 8 + (long) length + (length & 1);
    }
  return TRUE;
}

typedef struct
{
  ContainerKind kind;
  const char *magic;
  int length;
  /* NULL for TIFF: libtiff says itself what is missing, and GEGL passes it on */
  gboolean (*inspect) (FILE *file, Container *container, GError **error);
} Signature;

static const Signature signatures[] = {
  { CONTAINER_JPEG, "\xFF\xD8\xFF", 3, inspect_jpeg },
  { CONTAINER_PNG, "\x89PNG\r\n\x1A\n", 8, inspect_png },
  { CONTAINER_TIFF, "II*\0", 4, NULL },
  { CONTAINER_TIFF, "MM\0*", 4, NULL },
  { CONTAINER_TIFF, "II+\0", 4, NULL },
  { CONTAINER_TIFF, "MM\0+", 4, NULL },
  { CONTAINER_WEBP, "RIFF", 4, inspect_webp },
};

static const Signature *
find_signature (FILE *file)
{
  guint8 head[12] = { 0 };
  const gsize count = fread (head, 1, sizeof head, file);
  for (gsize i = 0; i < G_N_ELEMENTS (signatures); i++)
    if (count == sizeof head && memcmp (head, signatures[i].magic, signatures[i].length) == 0
        && (signatures[i].kind != CONTAINER_WEBP || memcmp (head + 8, "WEBP", 4) == 0))
      return &signatures[i];
  return NULL;
}

static FILE *
open_picture (const char *path, GError **error)
{
  GStatBuf status;
  FILE *file = NULL;
  if (g_stat (path, &status) == 0)
    {
      /* opening a pipe would wait for its other end */
      if (!S_ISREG (status.st_mode))
        {
          refuse (error, _ ("It is not a file."));
          return NULL;
        }
      file = g_fopen (path, "rbe");
    }
  if (!file)
    {
      const int code = errno;
      g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s.", g_strerror (code));
    }
  return file;
}

gboolean
container_inspect (const char *path, Container *container, GError **error)
{
  *container = (Container){ 0 };
  g_autoptr (FILE) file = open_picture (path, error);
  if (!file)
    return FALSE;
  const Signature *signature = find_signature (file);
  if (!signature)
    return refuse (error, _ ("It is no picture of a known kind (JPEG, PNG, TIFF, WebP)."));
  container->kind = signature->kind;
  rewind (file);
  return !signature->inspect || signature->inspect (file, container, error);
}

void
container_clear (Container *container)
{
  g_clear_pointer (&container->profile, g_bytes_unref);
}
