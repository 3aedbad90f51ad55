/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Regions of faces, hair in them, and what becomes of pixels of every kind. */
#include "faces.h"
#include "obfuscate.h"

#include <math.h>

#define WIDTH  90
#define HEIGHT 70

static P3mFaceRegion *
make_oval (int x, int y, int side, double softness)
{
  const P3mRectangle face = { x, y, side, side };
  g_autoptr (GError) error = NULL;
  P3mFaceRegion *region = p3m_face_region_new_oval (&face, softness, WIDTH, HEIGHT, &error);
  g_assert_no_error (error);
  return region;
}

static float
get_cover (const P3mFaceRegion *region, int x, int y)
{
  const P3mRectangle *area = &region->area;
  if (x < area->x || y < area->y || x >= area->x + area->width || y >= area->y + area->height)
    return 0.0f;
  return region->cover[(gsize) (y - area->y) * area->width + x - area->x];
}

static void
check_inside_picture (const P3mFaceRegion *region)
{
  const P3mRectangle *area = &region->area;
  g_assert_cmpint (area->x, >=, 0);
  g_assert_cmpint (area->y, >=, 0);
  g_assert_cmpint (area->width, >=, 1);
  g_assert_cmpint (area->height, >=, 1);
  g_assert_cmpint (area->x + area->width, <=, WIDTH);
  g_assert_cmpint (area->y + area->height, <=, HEIGHT);
  for (int i = 0; i < area->width * area->height; i++)
    {
      g_assert_cmpfloat (region->cover[i], >=, 0.0f);
      g_assert_cmpfloat (region->cover[i], <=, 1.0f);
    }
}

static void
test_oval (void)
{
  g_autoptr (P3mFaceRegion) region = make_oval (20, 10, 40, 0.1);
  check_inside_picture (region);
  g_assert_cmpfloat (region->size, ==, 40.0);
  g_assert_cmpfloat (get_cover (region, 40, 33), ==, 1.0f); /* the nose */
  g_assert_cmpfloat (get_cover (region, 40, 12), <, 1.0f);  /* the hair line */
  g_assert_cmpfloat (get_cover (region, 21, 11), ==, 0.0f); /* the square's corner */
  float last = 1.0f;
  for (int x = 40; x < WIDTH; x++) /* fades outwards and never comes back */
    {
      g_assert_cmpfloat (get_cover (region, x, 33), <=, last + 1e-4f);
      last = get_cover (region, x, 33);
    }
  g_assert_cmpfloat (last, ==, 0.0f);
}

/* Faces that reach out of the picture, lie outside of it, or are of no size. */
static void
test_odd_ovals (void)
{
  static const int squares[][3] = { { -20, -20, 40 }, { 80, 60, 40 }, { -100, 0, 20 },
                                    { 200, 200, 9 },  { 5, 5, 0 },    { -500, -500, 1200 } };
  for (gsize i = 0; i < G_N_ELEMENTS (squares); i++)
    for (double softness = 0.0; softness < 0.6; softness += 0.25)
      {
        g_autoptr (P3mFaceRegion) region
            = make_oval (squares[i][0], squares[i][1], squares[i][2], softness);
        check_inside_picture (region);
      }
}

static void
test_mask (void)
{
  g_autofree float *mask = g_new0 (float, WIDTH *HEIGHT);
  g_autoptr (GError) error = NULL;
  for (int y = 10; y < 30; y++)
    for (int x = 10; x < 30; x++)
      mask[y * WIDTH + x] = 1.0f;
  mask[60 * WIDTH + 80] = 0.5f;
  g_autoptr (GPtrArray) regions = p3m_face_regions_new_from_mask (mask, WIDTH, HEIGHT, 0.0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (regions->len, ==, 2);
  const P3mFaceRegion *first = g_ptr_array_index (regions, 0);
  const P3mFaceRegion *second = g_ptr_array_index (regions, 1);
  g_assert_cmpfloat (first->size, ==, 20.0);
  g_assert_cmpfloat (get_cover (first, 10, 10), ==, 1.0f);
  g_assert_cmpfloat (get_cover (first, 30, 10), ==, 0.0f);
  /* what is half selected is more than half obfuscated: twice its blur counts */
  g_assert_cmpfloat (get_cover (second, 80, 60), >=, 0.5f);
}

static void
test_hair (void)
{
  g_autoptr (P3mFaceRegion) region = make_oval (20, 10, 40, 0.1);
  const P3mRectangle area = region->area;
  g_autofree float *alpha = g_new (float, area.width *area.height);
  g_autoptr (GError) error = NULL;
  for (int i = 0; i < area.width * area.height; i++)
    alpha[i] = i % area.width > area.width / 2 ? 0.5f : 1.0f; /* soft on the right half */
  const float left = get_cover (region, 24, 33);
  g_assert_true (p3m_face_region_spare_hair (region, alpha, &error));
  g_assert_cmpfloat (get_cover (region, 24, 33), ==, left);
  g_assert_cmpfloat (get_cover (region, 57, 33), <, 0.05f);
  g_assert_cmpfloat (get_cover (region, 45, 33), ==, 1.0f); /* a wrong matte shows no face */
}

/* The middle of the face loses its pattern; what is far from it keeps its bytes. */
static void
check_format (const char *name, P3mObfuscationMethod method)
{
  const Babl *format = babl_format (name);
  const int size = babl_format_get_bytes_per_pixel (format);
  g_autoptr (GeglBuffer) buffer = gegl_buffer_new (GEGL_RECTANGLE (-7, 5, WIDTH, HEIGHT), format);
  g_autoptr (P3mFaceRegion) region = make_oval (20, 10, 40, 0.1);
  g_autoptr (GError) error = NULL;
  g_autofree float *rgba = g_new (float, WIDTH *HEIGHT * 4);
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    for (int c = 0; c < 4; c++)
      rgba[4 * i + c] = c == 3 ? 0.5f : (float) ((i % WIDTH + i / WIDTH) % 2);
  gegl_buffer_set (buffer, NULL, 0, babl_format ("R'G'B'A float"), rgba, GEGL_AUTO_ROWSTRIDE);
  g_autofree guint8 *before = g_malloc (WIDTH * HEIGHT * size);
  g_autofree guint8 *after = g_malloc (WIDTH * HEIGHT * size);
  gegl_buffer_get (buffer, NULL, 1.0, format, before, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  const P3mObfuscation obfuscation = { method, 0.2 };
  g_assert_true (p3m_obfuscate (buffer, region, &obfuscation, &error));
  gegl_buffer_get (buffer, NULL, 1.0, format, after, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (int i = 0; i < WIDTH * HEIGHT; i++)
    if (get_cover (region, i % WIDTH, i / WIDTH) == 0.0f)
      g_assert_cmpmem (before + i * size, size, after + i * size, size);
  gegl_buffer_get (buffer, NULL, 1.0, babl_format ("R'G'B'A float"), rgba, GEGL_AUTO_ROWSTRIDE,
                   GEGL_ABYSS_NONE);
  const float *nose = rgba + 4 * (33 * WIDTH + 40);
  g_assert_cmpfloat (fabsf (nose[0] - nose[4]), <, 0.15f);
  g_assert_cmpfloat (fabsf (nose[0] - 0.5f), <, 0.15f);
}

static void
test_formats (void)
{
  static const char *const formats[] = { "R'G'B' u8", "R'G'B'A u8", "R'G'B' u16",  "RGBA float",
                                         "Y' u8",     "Y'A u16",    "R'G'B'A half" };
  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    for (int method = P3M_OBFUSCATION_BLUR; method <= P3M_OBFUSCATION_FILL; method++)
      check_format (formats[i], (P3mObfuscationMethod) method);
}

/* Infinite and undefined colours under a face are gone afterwards. */
static void
test_wild_pixels (void)
{
  g_autoptr (GeglBuffer) buffer
      = gegl_buffer_new (GEGL_RECTANGLE (0, 0, WIDTH, HEIGHT), babl_format ("R'G'B'A float"));
  g_autoptr (P3mFaceRegion) region = make_oval (20, 10, 40, 0.1);
  const float wild[4] = { INFINITY, NAN, -1e30f, 1.0f };
  const P3mObfuscation obfuscation = { P3M_OBFUSCATION_BLUR, 0.2 };
  g_autoptr (GError) error = NULL;
  float pixel[4];
  gegl_buffer_set (buffer, GEGL_RECTANGLE (40, 33, 1, 1), 0, babl_format ("R'G'B'A float"), wild,
                   GEGL_AUTO_ROWSTRIDE);
  g_assert_true (p3m_obfuscate (buffer, region, &obfuscation, &error));
  gegl_buffer_get (buffer, GEGL_RECTANGLE (40, 33, 1, 1), 1.0, babl_format ("R'G'B'A float"), pixel,
                   GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  for (int c = 0; c < 3; c++)
    {
      g_assert_true (isfinite (pixel[c]));
      g_assert_cmpfloat (fabsf (pixel[c]), <, 1.0f);
    }
}

static void
test_no_faces (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GeglBuffer) buffer
      = gegl_buffer_new (GEGL_RECTANGLE (3, -4, 1, 1), babl_format ("R'G'B' u8"));
  g_autoptr (GArray) faces = p3m_faces_find (buffer, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    {
      g_test_skip ("built without OpenCV");
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpuint (faces->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* buffers need none of the operations, whose libraries keep what they allocate */
  g_setenv ("GEGL_PATH", "/dev/null", TRUE);
  gegl_init (NULL, NULL);
  g_test_add_func ("/obfuscate/oval", test_oval);
  g_test_add_func ("/obfuscate/odd-ovals", test_odd_ovals);
  g_test_add_func ("/obfuscate/mask", test_mask);
  g_test_add_func ("/obfuscate/hair", test_hair);
  g_test_add_func ("/obfuscate/formats", test_formats);
  g_test_add_func ("/obfuscate/wild-pixels", test_wild_pixels);
  g_test_add_func ("/obfuscate/no-faces", test_no_faces);
  const int status = g_test_run ();
  gegl_exit ();
  return status;
}
