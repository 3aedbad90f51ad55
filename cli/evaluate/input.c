/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What is compared, out of picture files: alphas as the numbers that are stored, trimaps, pictures. */
#include "evaluate/input.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#include "container.h"
#include "jpeg-file.h"
#include "orientation.h"
#include "p3m.h"
#include "picture.h"

enum
{
  BAND = 128 /* rows that are converted at once, px: a GEGL tile */
};

/* Channels that differ by more than this are a colour: a grey JPEG in colour is off by less. */
static const double grey_tolerance = 1.0 / 16;

static gboolean
refuse (const char *path, const char *why, GError **error)
{
  g_autofree char *name = g_filename_display_name (path);
  g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("“%s” cannot be used: %s"), name, why);
  return FALSE;
}

/* ---- files ---- */

static gboolean
is_jpeg (const char *path)
{
  g_auto (Container) container = { 0 };
  return container_inspect (path, &container, NULL) && container.kind == CONTAINER_JPEG;
}

/* GEGL's loader ends the process at what libjpeg takes for fatal. */
static GeglBuffer *
read_file (const char *path, GError **error)
{
  return !is_jpeg (path) || jpeg_check_file (path, error) ? picture_read (path, error) : NULL;
}

/* ---- alphas ---- */

typedef enum
{
  DEPTH_U8,
  DEPTH_U16,
  DEPTH_FLOAT
} Depth;

/* How the numbers of a buffer are got as they are. */
typedef struct
{
  const Babl *format;
  Depth depth;
  int components; /* of a pixel */
  int colours;    /* of these without alpha */
} Layout;

static Layout
choose_layout (const Babl *format)
{
  const Babl *component = babl_format_get_type (format, 0);
  const int components = babl_format_get_n_components (format);
  Layout layout
      = { format, DEPTH_FLOAT, components, components - (babl_format_has_alpha (format) ? 1 : 0) };
  if (component == babl_type ("u8"))
    layout.depth = DEPTH_U8;
  else if (component == babl_type ("u16"))
    layout.depth = DEPTH_U16;
  else
    {
      g_auto (GStrv) words = g_strsplit (babl_format_get_encoding (format), " ", 2);
      g_autofree char *encoding = g_strdup_printf ("%s float", words[0]);
      layout.format = babl_format_with_space (encoding, babl_format_get_space (format));
    }
  return layout;
}

static inline double
get_number (gconstpointer pixels, gsize i, Depth depth)
{
  switch (depth)
    {
    case DEPTH_U8:
      return ((const guint8 *) pixels)[i] / 255.0;
    case DEPTH_U16:
      return ((const guint16 *) pixels)[i] / 65535.0;
    default:
      return ((const float *) pixels)[i];
    }
}

/* Takes the first channel of `count` pixels. Returns whether they are grey. */
static gboolean
take_first_channel (const Layout *layout, gconstpointer pixels, gsize count, double *values)
{
  double difference = 0.0;
  for (gsize i = 0; i < count; i++)
    {
      const gsize first = i * layout->components;
      values[i] = get_number (pixels, first, layout->depth);
      for (int c = 1; c < layout->colours; c++)
        difference
            = fmax (difference, fabs (get_number (pixels, first + c, layout->depth) - values[i]));
    }
  return difference <= grey_tolerance;
}

static gboolean
read_values (GeglBuffer *buffer, double *values)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  const Layout layout = choose_layout (gegl_buffer_get_format (buffer));
  const int pixel_size = babl_format_get_bytes_per_pixel (layout.format);
  g_autofree guint8 *pixels = g_malloc_n ((gsize) extent->width * BAND, pixel_size);
  for (int y = 0; y < extent->height; y += BAND)
    {
      const int rows = MIN (BAND, extent->height - y);
      const gsize start = (gsize) y * extent->width, count = (gsize) rows * extent->width;
      gegl_buffer_get (buffer, GEGL_RECTANGLE (extent->x, extent->y + y, extent->width, rows), 1.0,
                       layout.format, pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      if (!take_first_channel (&layout, pixels, count, values + start))
        return FALSE;
    }
  return TRUE;
}

/* A float file can hold anything; the metrics are defined for finite numbers. */
static gboolean
is_finite (const double *values, gsize count)
{
  for (gsize i = 0; i < count; i++)
    if (!isfinite (values[i]))
      return FALSE;
  return TRUE;
}

gboolean
input_read_alpha (const char *path, Grey *alpha, GError **error)
{
  g_autoptr (GeglBuffer) buffer = read_file (path, error);
  if (!buffer)
    return FALSE;
  const int width = gegl_buffer_get_width (buffer), height = gegl_buffer_get_height (buffer);
  g_autofree double *values = g_try_malloc_n ((gsize) width * height, sizeof (double));
  if (!values)
    return refuse (path, _ ("There is not enough memory."), error);
  if (!read_values (buffer, values))
    return refuse (path, _ ("It is a colour picture and not an alpha."), error);
  if (!is_finite (values, (gsize) width * height))
    return refuse (path, _ ("It holds numbers that are not finite."), error);
  *alpha = (Grey){ width, height, g_steal_pointer (&values) };
  return TRUE;
}

void
grey_clear (Grey *grey)
{
  g_clear_pointer (&grey->values, g_free);
}

gboolean
input_check_size (const char *path, int width, int height, int truth_width, int truth_height,
                  GError **error)
{
  if (width == truth_width && height == truth_height)
    return TRUE;
  g_autofree char *why = g_strdup_printf (_ ("It has %d × %d px, the mask %d × %d px."), width,
                                          height, truth_width, truth_height);
  return refuse (path, why, error);
}

guint8 *
input_read_trimap (const char *path, int width, int height, GError **error)
{
  g_auto (Grey) grey = { 0 };
  if (!input_read_alpha (path, &grey, error)
      || !input_check_size (path, grey.width, grey.height, width, height, error))
    return NULL;
  const gsize count = (gsize) width * height;
  guint8 *trimap = g_try_malloc (count);
  if (!trimap)
    refuse (path, _ ("There is not enough memory."), error);
  for (gsize i = 0; trimap && i < count; i++)
    trimap[i] = (guint8) lrint (CLAMP (grey.values[i], 0.0, 1.0) * 255.0);
  return trimap;
}

/* ---- pictures ---- */

/* The pixels as the file has them, and taken for sRGB whatever the file says. */
static GeglBuffer *
undo_corrections (GeglBuffer *upright, const char *path)
{
  /* a quarter turn is undone by the opposite one, everything else by itself */
  static const int inverse[9] = { 1, 1, 2, 3, 4, 5, 8, 7, 6 };
  const int orientation = inverse[orientation_read (path)];
  GeglBuffer *stored
      = orientation == 1 ? g_object_ref (upright) : orientation_apply (upright, orientation);
  const Babl *format = gegl_buffer_get_format (stored);
  if (!babl_space_is_cmyk (babl_format_get_space (format)))
    gegl_buffer_set_format (
        stored, babl_format_with_space (babl_format_get_encoding (format), babl_space ("sRGB")));
  return stored;
}

/* `stored` stays NULL for colours that libjpeg does not turn into R'G'B'. */
static gboolean
read_stored_jpeg (const char *path, GeglBuffer **stored, GError **error)
{
  g_autofree guint8 *rgb = NULL;
  int width, height;
  if (!jpeg_read_file (path, &rgb, &width, &height, error))
    return FALSE;
  if (!rgb)
    return TRUE;
  const GeglRectangle extent = { 0, 0, width, height };
  *stored = gegl_buffer_new (&extent, babl_format ("R'G'B' u8"));
  gegl_buffer_set (*stored, &extent, 0, babl_format ("R'G'B' u8"), rgb, GEGL_AUTO_ROWSTRIDE);
  return TRUE;
}

GeglBuffer *
input_read_picture (const char *path, gboolean as_stored, GError **error)
{
  GeglBuffer *stored = NULL;
  if (as_stored && is_jpeg (path))
    {
      if (!read_stored_jpeg (path, &stored, error))
        return NULL;
      if (stored)
        return stored;
    }
  g_autoptr (GeglBuffer) upright = read_file (path, error);
  if (!upright || !as_stored)
    return g_steal_pointer (&upright);
  return undo_corrections (upright, path);
}
