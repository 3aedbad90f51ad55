/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The part of a picture in which a face is made unrecognizable: its shape, its soft edge, the hair in it. */
#include "region.h"

#include "memory.h"
#include "refine/blur.h"
#include "regions.h"

#include <math.h>
#include <string.h>

/* The oval in the square in which the cascades see a face, in sides of that square. */
static const double oval_x = 0.5, oval_y = 0.57, oval_radius_x = 0.43, oval_radius_y = 0.49;

/* Alphas between these are hair or outline. */
static const float faintest = 0.02f, strongest = 0.98f;

/* Blurred by so many sizes, a cover is above the first number only within the inner part of a region, and
 * above the second one where nothing is spared. */
static const double core_depth = 0.08;
static const float core_from = 0.75f, core_to = 0.9f;

/* Spared hair fades out over this, in sizes. */
static const double hair_softness = 0.02;

void
p3m_face_region_free (P3mFaceRegion *region)
{
  g_free (region->cover);
  g_free (region);
}

/* ---- planes ------------------------------------------------------------------------------- */

/* values: [height][width], in the middle of a plane of zeros that is larger by `border` px on every side. */
static P3mPlane *
pad (const float *values, int width, int height, int border, GError **error)
{
  P3mPlane *plane = p3m_plane_new (width + 2 * border, height + 2 * border, error);
  if (!plane)
    return NULL;
  memset (plane->values, 0, sizeof (float) * plane->width * plane->height);
  for (int y = 0; y < height; y++)
    memcpy (plane->values + (gsize) (y + border) * plane->width + border,
            values + (gsize) y * width, sizeof (float) * width);
  return plane;
}

/* A blurred copy, larger by `border` px on every side. */
static P3mPlane *
blur (const float *values, int width, int height, double sigma, int border, GError **error)
{
  g_autoptr (P3mPlane) plane
      = pad (values, width, height, border + p3m_blur_get_halo (sigma), error);
  return plane ? p3m_blur (plane, sigma, error) : NULL;
}

/* ---- regions ------------------------------------------------------------------------------ */

/* Takes what of `plane`, whose upper left pixel is at (x, y) of the picture, lies inside the picture. */
static P3mFaceRegion *
clip (const P3mPlane *plane, int x, int y, double size, int width, int height, GError **error)
{
  const int left = CLAMP (x, 0, width - 1), top = CLAMP (y, 0, height - 1);
  const int right = CLAMP (x + plane->width, left + 1, width);
  const int bottom = CLAMP (y + plane->height, top + 1, height);
  g_autoptr (P3mFaceRegion) region = g_new0 (P3mFaceRegion, 1);
  region->area = (P3mRectangle){ left, top, right - left, bottom - top };
  region->size = size;
  region->cover = p3m_try_alloc (error, sizeof (float), bottom - top, right - left);
  if (!region->cover)
    return NULL;
  memset (region->cover, 0, sizeof (float) * (bottom - top) * (right - left));
  for (int row = MAX (top, y); row < MIN (bottom, y + plane->height); row++)
    for (int column = MAX (left, x); column < MIN (right, x + plane->width); column++)
      region->cover[(gsize) (row - top) * region->area.width + column - left]
          = plane->values[(gsize) (row - y) * plane->width + column - x];
  return g_steal_pointer (&region);
}

/* A region of a shape, [area->height][area->width], that fades out beyond its edge: twice its blur is 1 at a
 * straight edge and 0 where the blur ends. */
static P3mFaceRegion *
soften (const float *shape, const P3mRectangle *area, double size, double softness, int width,
        int height, GError **error)
{
  const double sigma = softness * size / 2;
  const int border = p3m_blur_get_halo (sigma);
  g_autoptr (P3mPlane) plane = blur (shape, area->width, area->height, sigma, border, error);
  if (!plane)
    return NULL;
  for (int y = 0; y < plane->height; y++)
    for (int x = 0; x < plane->width; x++)
      {
        float *value = plane->values + (gsize) y * plane->width + x;
        const int shape_x = x - border, shape_y = y - border;
        const gboolean is_inside
            = shape_x >= 0 && shape_x < area->width && shape_y >= 0 && shape_y < area->height;
        const float own = is_inside ? shape[(gsize) shape_y * area->width + shape_x] : 0.0f;
        *value = MAX (own, MIN (2.0f * *value, 1.0f));
      }
  return clip (plane, area->x - border, area->y - border, size, width, height, error);
}

P3mFaceRegion *
p3m_face_region_new_oval (const P3mRectangle *face, double softness, int width, int height,
                          GError **error)
{
  const double side = (face->width + face->height) / 2.0;
  const double x = face->x + oval_x * side, y = face->y + oval_y * side;
  const double radius_x = MAX (oval_radius_x * side, 1.0),
               radius_y = MAX (oval_radius_y * side, 1.0);
  const P3mRectangle area = { (int) floor (x - radius_x), (int) floor (y - radius_y),
                              (int) ceil (2 * radius_x) + 1, (int) ceil (2 * radius_y) + 1 };
  g_autofree float *shape = p3m_try_alloc (error, sizeof (float), area.height, area.width);
  if (!shape)
    return NULL;
  for (int row = 0; row < area.height; row++)
    for (int column = 0; column < area.width; column++)
      shape[(gsize) row * area.width + column]
          = hypot ((area.x + column + 0.5 - x) / radius_x, (area.y + row + 0.5 - y) / radius_y)
            <= 1.0;
  return soften (shape, &area, side, softness, width, height, error);
}

/* The box of a numbered part. */
static P3mRectangle
find_box (const P3mRegions *parts, gint32 number)
{
  int left = parts->width, right = -1, top = parts->height, bottom = -1;
  for (int y = 0; y < parts->height; y++)
    for (int x = 0; x < parts->width; x++)
      if (parts->labels[(gsize) y * parts->width + x] == number)
        {
          left = MIN (left, x);
          right = MAX (right, x);
          top = MIN (top, y);
          bottom = MAX (bottom, y);
        }
  return (P3mRectangle){ left, top, right - left + 1, bottom - top + 1 };
}

static P3mFaceRegion *
take_part (const P3mRegions *parts, gint32 number, const float *mask, double softness,
           GError **error)
{
  const P3mRectangle box = find_box (parts, number);
  g_autofree float *shape = p3m_try_alloc (error, sizeof (float), box.height, box.width);
  if (!shape)
    return NULL;
  for (int y = 0; y < box.height; y++)
    for (int x = 0; x < box.width; x++)
      {
        const gsize from = (gsize) (box.y + y) * parts->width + box.x + x;
        shape[(gsize) y * box.width + x]
            = parts->labels[from] == number ? CLAMP (mask[from], 0.0f, 1.0f) : 0.0f;
      }
  return soften (shape, &box, sqrt ((double) box.width * box.height), softness, parts->width,
                 parts->height, error);
}

GPtrArray *
p3m_face_regions_new_from_mask (const float *mask, int width, int height, double softness,
                                GError **error)
{
  g_autoptr (GPtrArray) regions
      = g_ptr_array_new_with_free_func ((GDestroyNotify) p3m_face_region_free);
  g_autofree guint8 *is_face = p3m_try_alloc (error, 1, height, width);
  if (!is_face)
    return NULL;
  for (gsize i = 0; i < (gsize) width * height; i++)
    is_face[i] = mask[i] > 0.0f;
  g_autoptr (P3mRegions) parts = p3m_regions_new (is_face, width, height, error);
  if (!parts)
    return NULL;
  for (guint i = 0; i < parts->regions->len; i++)
    {
      P3mFaceRegion *region = take_part (parts, (gint32) i, mask, softness, error);
      if (!region)
        return NULL;
      g_ptr_array_add (regions, region);
    }
  return g_steal_pointer (&regions);
}

/* ---- hair --------------------------------------------------------------------------------- */

/* 1 at soft alphas, fading out around them. */
static P3mPlane *
find_hair (const P3mFaceRegion *region, const float *alpha, GError **error)
{
  const int width = region->area.width, height = region->area.height;
  const gsize count = (gsize) width * height;
  g_autofree float *soft = p3m_try_alloc (error, sizeof (float), height, width);
  if (!soft)
    return NULL;
  for (gsize i = 0; i < count; i++)
    soft[i] = alpha[i] > faintest && alpha[i] < strongest ? 1.0f : 0.0f;
  P3mPlane *hair = blur (soft, width, height, hair_softness * region->size, 0, error);
  for (gsize i = 0; hair && i < count; i++)
    hair->values[i] = MAX (soft[i], MIN (2.0f * hair->values[i], 1.0f));
  return hair;
}

gboolean
p3m_face_region_spare_hair (P3mFaceRegion *region, const float *alpha, GError **error)
{
  const int width = region->area.width, height = region->area.height;
  g_autoptr (P3mPlane) hair = find_hair (region, alpha, error);
  g_autoptr (P3mPlane) depth
      = hair ? blur (region->cover, width, height, core_depth * region->size, 0, error) : NULL;
  if (!depth)
    return FALSE;
  for (gsize i = 0; i < (gsize) width * height; i++)
    {
      const float core = (depth->values[i] - core_from) / (core_to - core_from);
      region->cover[i] *= 1.0f - hair->values[i] * (1.0f - CLAMP (core, 0.0f, 1.0f));
    }
  return TRUE;
}
