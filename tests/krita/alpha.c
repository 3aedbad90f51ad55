/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The engine's own alpha of raw pixels, for the tests inside Krita to compare with.
 *
 * alpha FORMAT WIDTH HEIGHT [ICC-FILE] < PIXELS > ALPHA      8-bit, [height][width] */
#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"
#include "result.h"

static const Babl *
find_format (const char *name, const char *icc_path)
{
  g_autofree char *icc = NULL;
  gsize length;
  const char *problem = NULL;
  if (!icc_path || !g_file_get_contents (icc_path, &icc, &length, NULL))
    return babl_format (name);
  return babl_format_with_space (
      name,
      babl_space_from_icc (icc, (int) length, BABL_ICC_INTENT_RELATIVE_COLORIMETRIC, &problem));
}

static GeglBuffer *
read_picture (const Babl *format, int width, int height)
{
  const gsize size = (gsize) width * height * babl_format_get_bytes_per_pixel (format);
  g_autofree guint8 *pixels = g_malloc (size);
  if (fread (pixels, 1, size, stdin) != size)
    g_error ("There are not enough pixels.");
  GeglBuffer *buffer = gegl_buffer_new (GEGL_RECTANGLE (0, 0, width, height), format);
  gegl_buffer_set (buffer, NULL, 0, format, pixels, GEGL_AUTO_ROWSTRIDE);
  return buffer;
}

static void
write_alpha (GeglBuffer *alpha, int width, int height)
{
  g_autofree guint8 *bytes = g_malloc ((gsize) width * height);
  gegl_buffer_get (alpha, NULL, 1.0, babl_format ("Y u8"), bytes, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
  fwrite (bytes, 1, (gsize) width * height, stdout);
}

int
main (int argc, char **argv)
{
  g_auto (P3mSettings) settings = { .model = NULL };
  g_autoptr (GError) error = NULL;
  if (argc < 4)
    return 2;
  gegl_init (NULL, NULL);
  p3m_settings_init (&settings);
  const int width = atoi (argv[2]), height = atoi (argv[3]);
  g_autoptr (GeglBuffer) picture = read_picture (find_format (argv[1], argv[4]), width, height);
  g_autoptr (GeglBuffer) alpha
      = gegl_buffer_new (GEGL_RECTANGLE (0, 0, width, height), babl_format ("Y float"));
  const P3mSource source = p3m_source_from_buffer (picture);
  g_autoptr (P3mModel) model = p3m_model_load (NULL, NULL, &error);
  g_autoptr (P3mMatte) matte
      = model ? p3m_matte_new (model, &source, settings.strategy, 0, NULL, NULL, NULL, &error)
              : NULL;
  g_autoptr (P3mResult) result = matte ? p3m_result_new (matte, &settings, picture, &error) : NULL;
  if (!result || !p3m_result_write_alpha (result, NULL, alpha, NULL, NULL, NULL, &error))
    g_error ("%s", error->message);
  write_alpha (alpha, width, height);
  return 0;
}
