/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* GEGL buffers as sources and sinks of the engine; babl does every change of colour space. */
#include "buffer.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* R'G'B' behind transparent pixels: mid-grey of the perceptual scale. */
static const float backdrop = 0.5f;

/* As soon as babl knows a conversion between 8-bit formats it measures, in 300 MB and 0.2 s, whether a table would
 * be faster, and may then fill one of up to 268 MB: more than the conversion of a picture costs. Newer versions
 * can be told not to; older ones know no such conversion as long as they do not read those which other programs
 * left in their cache. To find the few that are used here takes less time than the measurement. */
static void
spare_tables (void)
{
  g_setenv ("BABL_LUT", "0", FALSE);
  g_setenv ("BABL_INHIBIT_CACHE", "1", FALSE);
}

void
p3m_buffers_init (void)
{
  spare_tables ();
  g_autofree char *operations = g_strdup (g_getenv ("GEGL_PATH"));
  g_setenv ("GEGL_PATH", "", TRUE);
  gegl_init (NULL, NULL);
  if (operations)
    g_setenv ("GEGL_PATH", operations, TRUE);
  else
    g_unsetenv ("GEGL_PATH");
}

void
p3m_buffers_exit (void)
{
  g_setenv ("XDG_CACHE_HOME", "/dev/null", TRUE); /* where babl finds no place for its cache */
  gegl_exit ();
}

static GeglRectangle
place_in_extent (GeglBuffer *buffer, const P3mRectangle *area)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  return (GeglRectangle){ extent->x + area->x, extent->y + area->y, area->width, area->height };
}

/* R'G'B'A, 0..1. Layers and pictures of 8 bits, which are the most, need no conversion by babl: see
 * spare_tables(). */
static void
read_rgba (GeglBuffer *buffer, const GeglRectangle *place, float *rgba)
{
  const Babl *bytes = babl_format ("R'G'B'A u8");
  const gsize count = 4 * (gsize) place->width * place->height;
  if (gegl_buffer_get_format (buffer) != bytes)
    {
      gegl_buffer_get (buffer, place, 1.0, babl_format ("R'G'B'A float"), rgba, GEGL_AUTO_ROWSTRIDE,
                       GEGL_ABYSS_NONE);
      return;
    }
  const guint8 *values = (const guint8 *) (rgba + count) - count; /* the end of what they become */
  gegl_buffer_get (buffer, place, 1.0, bytes, (guint8 *) values, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
  for (gsize i = 0; i < count; i++)
    rgba[i] = values[i] / 255.0f;
}

static gboolean
read_opaque (GeglBuffer *buffer, const GeglRectangle *place, float *rgb)
{
  gegl_buffer_get (buffer, place, 1.0, babl_format ("R'G'B' float"), rgb, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
  return TRUE;
}

static gboolean
read_composed (GeglBuffer *buffer, const GeglRectangle *place, float *rgb, GError **error)
{
  const gsize pixels = (gsize) place->width * place->height;
  float *rgba = g_try_new (float, pixels * 4); /* [height][width][4] */
  if (!rgba)
    {
      g_set_error (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                   _ ("There is not enough memory to read the picture."));
      return FALSE;
    }
  read_rgba (buffer, place, rgba);
  for (gsize i = 0; i < pixels; i++)
    {
      const float alpha = rgba[i * 4 + 3];
      for (int c = 0; c < 3; c++)
        rgb[i * 3 + c] = alpha * rgba[i * 4 + c] + (1 - alpha) * backdrop;
    }
  g_free (rgba);
  return TRUE;
}

static gboolean
read_area (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  GeglBuffer *buffer = user_data;
  const GeglRectangle place = place_in_extent (buffer, area);
  if (babl_format_has_alpha (gegl_buffer_get_format (buffer)))
    return read_composed (buffer, &place, rgb, error);
  return read_opaque (buffer, &place, rgb);
}

static gboolean
read_linear_area (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  GeglBuffer *buffer = user_data;
  const GeglRectangle place = place_in_extent (buffer, area);
  (void) error;
  gegl_buffer_get (buffer, &place, 1.0, babl_format ("RGB float"), rgb, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
  return TRUE;
}

static gboolean
write_area (const P3mRectangle *area, const float *alpha, gpointer user_data, GError **error)
{
  GeglBuffer *buffer = user_data;
  const GeglRectangle place = place_in_extent (buffer, area);
  (void) error;
  gegl_buffer_set (buffer, &place, 0, babl_format ("Y float"), alpha, GEGL_AUTO_ROWSTRIDE);
  return TRUE;
}

void
p3m_buffer_read_scaled (GeglBuffer *buffer, double scale, const P3mRectangle *area, guint8 *rgba)
{
  const GeglRectangle place = { area->x, area->y, area->width, area->height };
  const gboolean has_alpha = babl_format_has_alpha (gegl_buffer_get_format (buffer));
  const gsize count = (gsize) area->width * area->height;
  guint8 *pixels = has_alpha ? rgba : rgba + count; /* opaque ones: the end of what they become */
  gegl_buffer_get (buffer, &place, scale, babl_format (has_alpha ? "R'G'B'A u8" : "R'G'B' u8"),
                   pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_CLAMP);
  for (gsize i = 0; i < count && !has_alpha; i++)
    {
      memmove (rgba + 4 * i, pixels + 3 * i, 3);
      rgba[4 * i + 3] = G_MAXUINT8;
    }
}

P3mSource
p3m_source_from_buffer (GeglBuffer *buffer)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  return (P3mSource){ extent->width, extent->height, read_area, buffer };
}

P3mSource
p3m_linear_source_from_buffer (GeglBuffer *buffer)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  return (P3mSource){ extent->width, extent->height, read_linear_area, buffer };
}

P3mGuide
p3m_guide_from_buffer (GeglBuffer *buffer)
{
  return (P3mGuide){ read_area, buffer };
}

P3mSink
p3m_sink_to_buffer (GeglBuffer *buffer)
{
  return (P3mSink){ write_area, buffer };
}
