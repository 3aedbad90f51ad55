/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Smoothing and shifting the outline, contrast and levels. */
#include "refine/edge.h"

#include "refine/blur.h"

#include <math.h>

/* Share of soft alpha around a pixel (4 a (1 - a), blurred) up to which it counts as a clean outline, and
 * from which as hair. A ramp w px wide under a blur of sigma reaches 0.27 w / sigma. */
#define CLEAN 0.25f
#define HAIR  0.5f

/* The outline's direction is taken at this scale at least, px. */
#define LEAST_SIGMA 1.5

/* Where the blurred slope is well under this, in 1 / sigma, there is no outline to be moved. The blurred
 * edge of a plane has a slope of 0.4 / sigma, and of 0.05 / sigma at two sigma from it. */
#define FLAT 0.01f

static float
clamp_alpha (float alpha)
{
  return CLAMP (alpha, 0.0f, 1.0f);
}

int
p3m_smooth_get_halo (double sigma)
{
  return p3m_blur_get_halo (sigma);
}

static float
get_hair_share (float softness)
{
  const float t = clamp_alpha ((softness - CLEAN) / (HAIR - CLEAN));
  return t * t * (3.0f - 2.0f * t);
}

static P3mPlane *
blur_softness (const P3mPlane *plane, double sigma, GError **error)
{
  g_autoptr (P3mPlane) soft = p3m_plane_new (plane->width, plane->height, error);
  if (!soft)
    return NULL;
  for (gsize i = 0; i < (gsize) plane->width * plane->height; i++)
    soft->values[i] = 4.0f * plane->values[i] * (1.0f - plane->values[i]);
  return p3m_blur (soft, sigma, error);
}

/* The blurred matte with its slope brought back to that of an anti-aliased edge is the matte with a
 * smooth outline. */
P3mPlane *
p3m_smooth (const P3mPlane *plane, double sigma, GError **error)
{
  g_autoptr (P3mPlane) result = p3m_plane_crop (plane, p3m_smooth_get_halo (sigma), error);
  g_autoptr (P3mPlane) blurred = result ? p3m_blur (plane, sigma, error) : NULL;
  g_autoptr (P3mPlane) softness = blurred ? blur_softness (plane, sigma, error) : NULL;
  if (!softness)
    return NULL;
  const float slope = (float) MAX (1.0, sigma);
  for (gsize i = 0; i < (gsize) result->width * result->height; i++)
    {
      const float outline = clamp_alpha (0.5f + slope * (blurred->values[i] - 0.5f));
      const float hair = get_hair_share (softness->values[i]);
      result->values[i] = clamp_alpha (outline + hair * (result->values[i] - outline));
    }
  return g_steal_pointer (&result);
}

static double
shift_get_sigma (double distance)
{
  return MAX (LEAST_SIGMA, fabs (distance));
}

int
p3m_shift_get_halo (double distance)
{
  return distance == 0.0 ? 0 : p3m_blur_get_halo (shift_get_sigma (distance)) + 1;
}

/* The alpha at (across, down) px from pixel (x, y); linear between the four pixels around it, which are
 * inside the plane. What is rounded does not depend on where the plane lies. */
static float
plane_sample (const P3mPlane *plane, int x, int y, float across, float down)
{
  const float columns = floorf (across), rows = floorf (down);
  const float right = across - columns, lower = down - rows;
  const float *top = plane->values + (gsize) (y + (int) rows) * plane->width + x + (int) columns;
  const float *bottom = top + plane->width;
  const float above = top[0] + right * (top[1] - top[0]);
  const float below = bottom[0] + right * (bottom[1] - bottom[0]);
  return above + lower * (below - above);
}

/* Every pixel takes the alpha that lies `distance` px away from it, uphill on the blurred matte. The halo
 * of the blur is three times as wide as the way. */
P3mPlane *
p3m_shift (const P3mPlane *plane, double distance, GError **error)
{
  const int halo = p3m_shift_get_halo (distance);
  g_autoptr (P3mPlane) result = p3m_plane_crop (plane, halo, error);
  if (!result || halo == 0)
    return g_steal_pointer (&result);
  const double sigma = shift_get_sigma (distance);
  g_autoptr (P3mPlane) hill = p3m_blur (plane, sigma, error);
  if (!hill)
    return NULL;
  const float flat = FLAT / (float) sigma, way = (float) distance;
  for (int y = 0; y < result->height; y++)
    for (int x = 0; x < result->width; x++)
      {
        const float *here = hill->values + (gsize) (y + 1) * hill->width + x + 1;
        const float across = (here[1] - here[-1]) / 2.0f;
        const float down = (here[hill->width] - here[-hill->width]) / 2.0f;
        const float reach = way / sqrtf (across * across + down * down + flat * flat);
        result->values[(gsize) y * result->width + x]
            = clamp_alpha (plane_sample (plane, x + halo, y + halo, reach * across, reach * down));
      }
  return g_steal_pointer (&result);
}

static void
add_contrast (P3mPlane *plane, double contrast)
{
  const float gain = contrast < 1.0 ? (float) (1.0 / (1.0 - contrast)) : 1e30f;
  for (gsize i = 0; i < (gsize) plane->width * plane->height; i++)
    plane->values[i] = clamp_alpha (0.5f + (plane->values[i] - 0.5f) * gain);
}

static void
set_levels (P3mPlane *plane, double black, double white)
{
  const float gain = white > black ? (float) (1.0 / (white - black)) : 1e30f;
  for (gsize i = 0; i < (gsize) plane->width * plane->height; i++)
    plane->values[i] = clamp_alpha ((plane->values[i] - (float) black) * gain);
}

void
p3m_tone (P3mPlane *plane, double contrast, double black, double white)
{
  if (contrast > 0.0)
    add_contrast (plane, contrast);
  if (black > 0.0 || white < 1.0)
    set_levels (plane, black, white);
}
