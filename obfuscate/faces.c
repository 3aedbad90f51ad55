/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which cascades look at a picture, at what size, and what becomes of faces that several of them see. */
#include "faces.h"

#include "cascade.h"
#include "memory.h"

enum
{
  LONG_SIDE = 1024, /* of the picture that is looked at, px; larger ones are made smaller */
  SMALLEST = 26     /* side of a face in it, px */
};

static const double much_larger = 1.25;

typedef struct
{
  const char *file;
  gboolean is_mirrored; /* it knows one side of a face: the picture is mirrored for the other one */
  int votes;
} Look;

/* From the surest to the most doubtful: of two that see the same face the first one says where it is. */
static const Look looks[] = {
  { "haarcascade_frontalface_alt2.xml", FALSE, 4 },
  { "haarcascade_frontalface_default.xml", FALSE, 10 },
  { "haarcascade_profileface.xml", FALSE, 6 },
  { "haarcascade_profileface.xml", TRUE, 6 },
};

typedef struct
{
  int width, height; /* px */
  guint8 *pixels;    /* [height][width] */
} Grey;

static void
grey_clear (Grey *grey)
{
  g_free (grey->pixels);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Grey, grey_clear)

/* Spreads the values so that each is as frequent as any other. */
static void
equalize (Grey *grey)
{
  const gsize count = (gsize) grey->width * grey->height;
  gsize frequency[256] = { 0 }, below = 0;
  guint8 values[256];
  for (gsize i = 0; i < count; i++)
    frequency[grey->pixels[i]]++;
  for (int value = 0; value < 256; value++)
    {
      values[value] = (guint8) ((below + frequency[value] / 2) * 255 / count);
      below += frequency[value];
    }
  for (gsize i = 0; i < count; i++)
    grey->pixels[i] = values[grey->pixels[i]];
}

static gboolean
read_grey (GeglBuffer *picture, double scale, Grey *grey, GError **error)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (picture);
  grey->width = MAX (1, (int) (extent->width * scale));
  grey->height = MAX (1, (int) (extent->height * scale));
  grey->pixels = p3m_try_alloc (error, 1, grey->height, grey->width);
  if (!grey->pixels)
    return FALSE;
  gegl_buffer_get (picture,
                   GEGL_RECTANGLE ((int) (extent->x * scale), (int) (extent->y * scale),
                                   grey->width, grey->height),
                   scale, babl_format ("Y' u8"), grey->pixels, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_CLAMP);
  equalize (grey);
  return TRUE;
}

static void
mirror (Grey *grey)
{
  for (int y = 0; y < grey->height; y++)
    {
      guint8 *row = grey->pixels + (gsize) y * grey->width;
      for (int x = 0; x < grey->width / 2; x++)
        {
          const guint8 left = row[x];
          row[x] = row[grey->width - 1 - x];
          row[grey->width - 1 - x] = left;
        }
    }
}

/* Whether the centre of one of the two lies in the other. */
static gboolean
is_same_face (const P3mRectangle *a, const P3mRectangle *b)
{
  const int x = 2 * a->x + a->width - 2 * b->x - b->width;
  const int y = 2 * a->y + a->height - 2 * b->y - b->height;
  return ABS (x) < MAX (a->width, b->width) && ABS (y) < MAX (a->height, b->height);
}

/* A face that is seen again changes nothing unless it is seen much larger: the first one saw a part of it. */
static void
add_new (GArray *faces, const GArray *found)
{
  for (guint i = 0; i < found->len; i++)
    {
      const P3mRectangle *face = &g_array_index (found, P3mRectangle, i);
      P3mRectangle *known = NULL;
      for (guint k = 0; k < faces->len && !known; k++)
        if (is_same_face (face, &g_array_index (faces, P3mRectangle, k)))
          known = &g_array_index (faces, P3mRectangle, k);
      if (!known)
        g_array_append_vals (faces, face, 1);
      else if (face->width > much_larger * known->width)
        *known = *face;
    }
}

static gboolean
look (const Look *look, Grey *grey, GArray *faces, GError **error)
{
  const char *told = g_getenv ("P3M_CASCADES");
  g_autofree char *path = g_build_filename (told ? told : P3M_CASCADE_DIR, look->file, NULL);
  g_autoptr (P3mCascade) cascade = p3m_cascade_new (path, error);
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (P3mRectangle));
  if (!cascade)
    return FALSE;
  if (look->is_mirrored)
    mirror (grey);
  const gboolean is_done = p3m_cascade_find (cascade, grey->pixels, grey->width, grey->height,
                                             SMALLEST, look->votes, found, error);
  if (look->is_mirrored)
    {
      mirror (grey);
      for (guint i = 0; i < found->len; i++)
        {
          P3mRectangle *face = &g_array_index (found, P3mRectangle, i);
          face->x = grey->width - face->x - face->width;
        }
    }
  add_new (faces, found);
  return is_done;
}

static int
compare_sizes (gconstpointer a, gconstpointer b)
{
  return ((const P3mRectangle *) b)->width - ((const P3mRectangle *) a)->width;
}

GArray *
p3m_faces_find (GeglBuffer *picture, GError **error)
{
  const int longer = MAX (gegl_buffer_get_width (picture), gegl_buffer_get_height (picture));
  const double scale = longer > LONG_SIDE ? (double) LONG_SIDE / longer : 1.0;
  g_auto (Grey) grey = { 0 };
  g_autoptr (GArray) faces = g_array_new (FALSE, FALSE, sizeof (P3mRectangle));
  if (!read_grey (picture, scale, &grey, error))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (looks); i++)
    if (!look (&looks[i], &grey, faces, error))
      return NULL;
  for (guint i = 0; i < faces->len; i++)
    {
      P3mRectangle *face = &g_array_index (faces, P3mRectangle, i);
      *face = (P3mRectangle){ (int) (face->x / scale), (int) (face->y / scale),
                              (int) (face->width / scale), (int) (face->height / scale) };
    }
  g_array_sort (faces, compare_sizes);
  return g_steal_pointer (&faces);
}
