/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures that a camera stored lying on their side or mirrored, put upright. */
#include "orientation.h"

#include <gexiv2/gexiv2.h>
#include <string.h>

enum
{
  BAND = 128 /* rows of the upright picture that are made at once, px: a GEGL tile */
};

/* How an upright picture is read from the stored one: EXIF 2.32, tag 0x0112. */
typedef struct
{
  gboolean is_turned;               /* rows of one are columns of the other */
  gboolean from_right, from_bottom; /* the stored axis is walked backwards */
} Walk;

static const Walk walks[9] = {
  [1] = { FALSE, FALSE, FALSE }, [2] = { FALSE, TRUE, FALSE }, [3] = { FALSE, TRUE, TRUE },
  [4] = { FALSE, FALSE, TRUE },  [5] = { TRUE, FALSE, FALSE }, [6] = { TRUE, FALSE, TRUE },
  [7] = { TRUE, TRUE, TRUE },    [8] = { TRUE, TRUE, FALSE },
};

int
orientation_read (const char *path)
{
  /* what is wrong with other metadata is nobody's concern here */
  gexiv2_log_set_level (GEXIV2_LOG_LEVEL_MUTE);
  g_autoptr (GExiv2Metadata) metadata = gexiv2_metadata_new ();
  if (!gexiv2_metadata_open_path (metadata, path, NULL))
    return 1;
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS; /* gexiv2 0.14 knows this name alone, 0.16 also another */
  const int orientation = gexiv2_metadata_try_get_orientation (metadata, NULL);
  G_GNUC_END_IGNORE_DEPRECATIONS;
  return orientation >= 1 && orientation <= 8 ? orientation : 1;
}

/* The part of the stored picture that holds the rows y .. y + rows of the upright one. */
static GeglRectangle
find_stored_band (const Walk *walk, const GeglRectangle *stored, int y, int rows)
{
  if (walk->is_turned)
    return (GeglRectangle){ stored->x + (walk->from_right ? stored->width - y - rows : y),
                            stored->y, rows, stored->height };
  return (GeglRectangle){ stored->x,
                          stored->y + (walk->from_bottom ? stored->height - y - rows : y),
                          stored->width, rows };
}

/* `stored` is [stored_height][stored_width] pixels, `upright` the same ones as `walk` meets them. */
static void
turn_band (const Walk *walk, const guint8 *stored, int stored_width, int stored_height,
           guint8 *upright, int pixel_size)
{
  const int width = walk->is_turned ? stored_height : stored_width;
  const int height = walk->is_turned ? stored_width : stored_height;
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      {
        int stored_x = walk->is_turned ? y : x, stored_y = walk->is_turned ? x : y;
        if (walk->from_right)
          stored_x = stored_width - 1 - stored_x;
        if (walk->from_bottom)
          stored_y = stored_height - 1 - stored_y;
        memcpy (upright + ((gsize) y * width + x) * pixel_size,
                stored + ((gsize) stored_y * stored_width + stored_x) * pixel_size, pixel_size);
      }
}

GeglBuffer *
orientation_apply (GeglBuffer *stored, int orientation)
{
  const Walk *walk = &walks[orientation];
  const GeglRectangle *extent = gegl_buffer_get_extent (stored);
  const Babl *format = gegl_buffer_get_format (stored);
  const int pixel_size = babl_format_get_bytes_per_pixel (format);
  const int width = walk->is_turned ? extent->height : extent->width;
  const int height = walk->is_turned ? extent->width : extent->height;
  GeglBuffer *upright = gegl_buffer_new (GEGL_RECTANGLE (0, 0, width, height), format);
  g_autofree guint8 *from = g_malloc_n ((gsize) width * BAND, pixel_size);
  g_autofree guint8 *to = g_malloc_n ((gsize) width * BAND, pixel_size);
  for (int y = 0; y < height; y += BAND)
    {
      const int rows = MIN (BAND, height - y);
      const GeglRectangle band = find_stored_band (walk, extent, y, rows);
      gegl_buffer_get (stored, &band, 1.0, format, from, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
      turn_band (walk, from, band.width, band.height, to, pixel_size);
      gegl_buffer_set (upright, GEGL_RECTANGLE (0, y, width, rows), 0, format, to,
                       GEGL_AUTO_ROWSTRIDE);
    }
  return upright;
}
