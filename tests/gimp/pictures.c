/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Pictures for the tests: images of every kind with a painted layer. */
#include "pictures.h"

#include <math.h>

const P3mPicture p3m_pictures[] = {
  { "RGB 8-bit",
    P3M_GIMP_RGB,
    P3M_GIMP_U8,
    FALSE,
    120,
    90,
    { 0, 0, 120, 90 },
    P3M_STEP_U8,
    P3M_STEP_U8 },
  { "RGB 8-bit with alpha",
    P3M_GIMP_RGB,
    P3M_GIMP_U8,
    TRUE,
    97,
    131,
    { 0, 0, 97, 131 },
    2 * P3M_STEP_U8,
    P3M_STEP_U8 },
  { "RGB 16-bit linear",
    P3M_GIMP_RGB,
    P3M_GIMP_U16_LINEAR,
    FALSE,
    120,
    90,
    { 0, 0, 120, 90 },
    1e-3f,
    P3M_STEP_U16 },
  { "RGB 32-bit float",
    P3M_GIMP_RGB,
    P3M_GIMP_FLOAT,
    FALSE,
    120,
    90,
    { 0, 0, 120, 90 },
    P3M_EXACT,
    P3M_EXACT },
  { "RGB 32-bit float linear with alpha",
    P3M_GIMP_RGB,
    P3M_GIMP_FLOAT_LINEAR,
    TRUE,
    120,
    90,
    { 0, 0, 120, 90 },
    1e-5f,
    P3M_EXACT },
  { "grey 8-bit",
    P3M_GIMP_GREY,
    P3M_GIMP_U8,
    FALSE,
    120,
    90,
    { 0, 0, 120, 90 },
    P3M_STEP_U8,
    P3M_STEP_U8 },
  { "grey 32-bit float linear with alpha",
    P3M_GIMP_GREY,
    P3M_GIMP_FLOAT_LINEAR,
    TRUE,
    120,
    90,
    { 0, 0, 120, 90 },
    1e-4f,
    P3M_EXACT },
  { "indexed",
    P3M_GIMP_INDEXED,
    P3M_GIMP_U8,
    FALSE,
    120,
    90,
    { 0, 0, 120, 90 },
    P3M_STEP_U8,
    P3M_STEP_U8 },
  { "layer inside the image",
    P3M_GIMP_RGB,
    P3M_GIMP_U8,
    TRUE,
    200,
    160,
    { 30, 20, 101, 77 },
    2 * P3M_STEP_U8,
    P3M_STEP_U8 },
  { "layer larger than the image",
    P3M_GIMP_RGB,
    P3M_GIMP_U8,
    FALSE,
    64,
    64,
    { -40, -25, 150, 120 },
    P3M_STEP_U8,
    P3M_STEP_U8 },
  { "one pixel", P3M_GIMP_RGB, P3M_GIMP_FLOAT, FALSE, 8, 8, { 3, 4, 1, 1 }, P3M_EXACT, P3M_EXACT },
  { NULL },
};

/* R'G'B'A of one pixel, 0..1: waves, in six steps that a palette can hold. */
static void
paint_pixel (const P3mPicture *picture, int x, int y, float *pixel)
{
  const float phase[3] = { 0.0f, 2.1f, 4.2f };
  for (int i = 0; i < 3; i++)
    {
      const int band = picture->base == P3M_GIMP_GREY ? 0 : i;
      const float wave = 0.5f + 0.5f * sinf (0.11f * x + 0.07f * y * (1 + band) + phase[band]);
      pixel[i] = roundf (5 * wave) / 5;
    }
  pixel[3] = picture->alpha && (x / 16 + y / 16) % 3 == 0 ? 0.4f : 1.0f;
}

float *
p3m_picture_paint (const P3mPicture *picture, int layer)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (layer);
  float *rgba = g_new (float, (gsize) picture->layer.width * picture->layer.height * 4);
  for (int y = 0; y < picture->layer.height; y++)
    for (int x = 0; x < picture->layer.width; x++)
      paint_pixel (picture, x, y, rgba + ((gsize) y * picture->layer.width + x) * 4);
  gegl_buffer_set (buffer, GEGL_RECTANGLE (0, 0, picture->layer.width, picture->layer.height), 0,
                   babl_format ("R'G'B'A float"), rgba, GEGL_AUTO_ROWSTRIDE);
  return rgba;
}

const P3mPicture *
p3m_picture_find (const char *name)
{
  const P3mPicture *picture = p3m_pictures;
  while (!g_str_equal (picture->name, name))
    picture++;
  return picture;
}

int
p3m_picture_open (const P3mPicture *picture, int *layer, float **rgba)
{
  const int image = p3m_gimp_image_new (picture->base, picture->precision, picture->image_width,
                                        picture->image_height);
  *layer = p3m_gimp_layer_new (image, picture->alpha, picture->layer.x, picture->layer.y,
                               picture->layer.width, picture->layer.height);
  g_autofree float *painted = p3m_picture_paint (picture, *layer);
  if (picture->base == P3M_GIMP_INDEXED)
    p3m_gimp_image_make_indexed (image);
  if (rgba)
    *rgba = g_steal_pointer (&painted);
  return image;
}
