/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Faces made unrecognizable: means of what is under a region, weighted by how far it is covered. */
#include "obfuscate.h"

#include "memory.h"
#include "refine/blur.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {
  [P3M_OBFUSCATION_BLUR] = "blur",
  [P3M_OBFUSCATION_MOSAIC] = "mosaic",
  [P3M_OBFUSCATION_FILL] = "fill",
};

gboolean
p3m_obfuscation_method_from_name (const char *name, P3mObfuscationMethod *method)
{
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (name, names[i]))
      {
        *method = (P3mObfuscationMethod) i;
        return TRUE;
      }
  return FALSE;
}

const char *
p3m_obfuscation_method_get_name (P3mObfuscationMethod method)
{
  return names[method];
}

/* ---- means -------------------------------------------------------------------------------- */

/* The pixels under a region. */
typedef struct
{
  const P3mFaceRegion *region;
  int width, height;
  float *pixels; /* [height][width][4], R'G'B'A */
  float *means;  /* [height][width][3], what is put in the place of R'G'B' */
} Patch;

/* Blurs one channel times the cover; channel 3 is the cover itself. */
static P3mPlane *
blur_channel (const Patch *patch, int channel, double sigma, GError **error)
{
  const int halo = p3m_blur_get_halo (sigma);
  g_autoptr (P3mPlane) plane
      = p3m_plane_new (patch->width + 2 * halo, patch->height + 2 * halo, error);
  if (!plane)
    return NULL;
  memset (plane->values, 0, sizeof (float) * plane->width * plane->height);
  for (int y = 0; y < patch->height; y++)
    for (int x = 0; x < patch->width; x++)
      {
        const gsize from = (gsize) y * patch->width + x;
        const float value = channel < 3 ? patch->pixels[4 * from + channel] : 1.0f;
        /* the blur computes on integers that a value of 128 would overflow */
        plane->values[(gsize) (y + halo) * plane->width + x + halo]
            = isfinite (value) ? CLAMP (value, -16.0f, 16.0f) * patch->region->cover[from] : 0.0f;
      }
  return p3m_blur (plane, sigma, error);
}

static gboolean
blur (Patch *patch, double sigma, GError **error)
{
  const gsize count = (gsize) patch->width * patch->height;
  g_autoptr (P3mPlane) weights = blur_channel (patch, 3, sigma, error);
  if (!weights)
    return FALSE;
  for (int channel = 0; channel < 3; channel++)
    {
      g_autoptr (P3mPlane) sums = blur_channel (patch, channel, sigma, error);
      if (!sums)
        return FALSE;
      for (gsize i = 0; i < count; i++)
        patch->means[3 * i + channel]
            = weights->values[i] > 0.0f ? sums->values[i] / weights->values[i] : 0.0f;
    }
  return TRUE;
}

/* Gives a tile the mean of what is covered in it. */
static void
level_tile (Patch *patch, int left, int top, int right, int bottom)
{
  double sums[3] = { 0.0, 0.0, 0.0 }, weight = 0.0;
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++)
      {
        const gsize i = (gsize) y * patch->width + x;
        const float cover = patch->region->cover[i];
        if (cover <= 0.0f)
          continue;
        for (int channel = 0; channel < 3; channel++)
          sums[channel] += (double) cover * patch->pixels[4 * i + channel];
        weight += cover;
      }
  for (int y = top; y < bottom; y++)
    for (int x = left; x < right; x++)
      for (int channel = 0; channel < 3; channel++)
        patch->means[3 * ((gsize) y * patch->width + x) + channel]
            = weight > 0.0 ? (float) (sums[channel] / weight) : 0.0f;
}

static void
level_tiles (Patch *patch, int side)
{
  for (int top = 0; top < patch->height; top += side)
    for (int left = 0; left < patch->width; left += side)
      level_tile (patch, left, top, MIN (left + side, patch->width),
                  MIN (top + side, patch->height));
}

static gboolean
fill_means (Patch *patch, const P3mObfuscation *obfuscation, GError **error)
{
  const double length = MAX (obfuscation->strength * patch->region->size, 1.0); /* px */
  switch (obfuscation->method)
    {
    case P3M_OBFUSCATION_BLUR:
      return blur (patch, length, error);
    case P3M_OBFUSCATION_MOSAIC:
      level_tiles (patch, (int) ceil (length));
      return TRUE;
    default:
      level_tile (patch, 0, 0, patch->width, patch->height);
      return TRUE;
    }
}

/* ---- pixels ------------------------------------------------------------------------------- */

static void
mix (Patch *patch)
{
  const gsize count = (gsize) patch->width * patch->height;
  for (gsize i = 0; i < count; i++)
    for (int channel = 0; channel < 3; channel++)
      {
        /* no multiple of the difference: infinite colours must not stay */
        const float cover = patch->region->cover[i];
        float *value = patch->pixels + 4 * i + channel;
        *value = cover < 1.0f ? *value + cover * (patch->means[3 * i + channel] - *value)
                              : patch->means[3 * i + channel];
      }
}

/* What covered pixels are in the picture's own format; babl need not bring the others back bit by bit.
 * bytes: [height][width] pixels of `format`. */
static gboolean
replace_pixels (const Patch *patch, const Babl *format, const Babl *wide, guint8 *bytes,
                GError **error)
{
  const int size = babl_format_get_bytes_per_pixel (format);
  const gsize count = (gsize) patch->width * patch->height;
  g_autofree guint8 *changed = p3m_try_alloc (error, size, patch->height, patch->width);
  if (!changed)
    return FALSE;
  babl_process (babl_fish (wide, format), patch->pixels, changed, (long) count);
  for (gsize i = 0; i < count; i++)
    if (patch->region->cover[i] > 0.0f)
      memcpy (bytes + i * size, changed + i * size, size);
  return TRUE;
}

static gboolean
patch_alloc (Patch *patch, GError **error)
{
  patch->pixels = p3m_try_alloc (error, 4 * sizeof (float), patch->height, patch->width);
  patch->means = patch->pixels
                     ? p3m_try_alloc (error, 3 * sizeof (float), patch->height, patch->width)
                     : NULL;
  return patch->means != NULL;
}

static void
patch_clear (Patch *patch)
{
  g_free (patch->pixels);
  g_free (patch->means);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Patch, patch_clear)

gboolean
p3m_obfuscate (GeglBuffer *picture, const P3mFaceRegion *region, const P3mObfuscation *obfuscation,
               GError **error)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (picture);
  const GeglRectangle place = { extent->x + region->area.x, extent->y + region->area.y,
                                region->area.width, region->area.height };
  const Babl *format = gegl_buffer_get_format (picture);
  /* a palette's space is none that babl can mix in */
  const Babl *space = babl_format_is_palette (format) ? NULL : babl_format_get_space (format);
  const Babl *wide = babl_format_with_space ("R'G'B'A float", space);
  g_auto (Patch) patch = { .region = region, .width = place.width, .height = place.height };
  g_autofree guint8 *bytes
      = p3m_try_alloc (error, babl_format_get_bytes_per_pixel (format), place.height, place.width);
  if (!bytes || !patch_alloc (&patch, error))
    return FALSE;
  gegl_buffer_get (picture, &place, 1.0, format, bytes, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  babl_process (babl_fish (format, wide), bytes, patch.pixels, (long) place.width * place.height);
  if (!fill_means (&patch, obfuscation, error))
    return FALSE;
  mix (&patch);
  if (!replace_pixels (&patch, format, wide, bytes, error))
    return FALSE;
  gegl_buffer_set (picture, &place, 0, format, bytes, GEGL_AUTO_ROWSTRIDE);
  return TRUE;
}
