/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A matte rendered with its refinements: detail, then smooth, shift, feather, contrast, levels. */
#include "p3m.h"

#include "bands.h"
#include "matte/detail.h"
#include "memory.h"
#include "refine/blur.h"
#include "refine/edge.h"

#include <string.h>

/* What 100 of a control means, as a share of the picture's longer side. */
#define LARGEST_SHIFT  0.01
#define LARGEST_SMOOTH 0.005

/* GIMP's own feathering has this relation of its radius to the deviation of its Gaussian. */
#define FEATHER_SIGMA (1.0 / 3.5)

/* Rows of a band that one thread renders: enough that its halo is not most of the work. */
#define LEAST_ROWS 64

/* The controls in px of the size that is rendered. */
typedef struct
{
  double smooth, shift, feather;
} Amounts;

void
p3m_refinement_init (P3mRefinement *refinement)
{
  *refinement = (P3mRefinement){ .edge_detail = 50.0, .white_point = 1.0 };
}

/* NaN counts as the lower end. */
static double
limit (double value, double least, double most)
{
  return value > least ? MIN (value, most) : least;
}

static Amounts
get_amounts (const P3mRefinement *refinement, const P3mMatte *matte, int width)
{
  const int columns = p3m_matte_get_width (matte), rows = p3m_matte_get_height (matte);
  const double scale = (double) width / columns;
  const double side = scale * MAX (columns, rows);
  return (Amounts){
    .smooth = limit (refinement->smooth, 0.0, 100.0) / 100.0 * LARGEST_SMOOTH * side,
    .shift = limit (refinement->shift_edge, -100.0, 100.0) / 100.0 * LARGEST_SHIFT * side,
    .feather = limit (refinement->feather, 0.0, 250.0) * FEATHER_SIGMA * scale,
  };
}

/* Beyond the picture the matte goes on as its edge pixels: a person who is cut off by the frame stays so. */
static void
fill_halo (P3mPlane *plane, const float *alpha, const P3mRectangle *inside, int left, int top)
{
  for (int y = 0; y < plane->height; y++)
    {
      const float *from = alpha + (gsize) CLAMP (y - top, 0, inside->height - 1) * inside->width;
      float *row = plane->values + (gsize) y * plane->width;
      for (int x = 0; x < left; x++)
        row[x] = from[0];
      memcpy (row + left, from, sizeof (float) * inside->width);
      for (int x = left + inside->width; x < plane->width; x++)
        row[x] = from[inside->width - 1];
    }
}

/* One rendering, which bands of rows share.
 *
 * inside: the part of the picture that all bands and their halos need; rgb: [inside.height][inside.width][3],
 * what the guide says of it, NULL = nothing. */
typedef struct
{
  const P3mMatte *matte;
  const P3mRefinement *refinement;
  int width, height; /* of the whole picture as it is rendered, px */
  P3mRectangle area, inside;
  float *rgb;
  Amounts amounts;
  int halo;
  float *alpha; /* [area.height][area.width] */
} Rendering;

static double
get_detail (const P3mRefinement *refinement)
{
  return limit (refinement->edge_detail, 0.0, 100.0) / 100.0;
}

/* An area and the halo around it, as far as there is a picture. */
static P3mRectangle
add_halo (const P3mRectangle *area, int halo, int width, int height)
{
  const int x = MAX (area->x - halo, 0), y = MAX (area->y - halo, 0);
  return (P3mRectangle){ x, y, MIN (area->x + area->width + halo, width) - x,
                         MIN (area->y + area->height + halo, height) - y };
}

/* Detail comes first: it belongs to the network's answer, and needs no neighbours. inside: full rows of
 * self->inside. */
static gboolean
add_detail (const Rendering *self, const P3mRectangle *inside, float *alpha, GError **error)
{
  if (!self->rgb)
    return TRUE;
  const gsize first = (gsize) (inside->y - self->inside.y) * inside->width;
  return p3m_detail_add (self->matte, get_detail (self->refinement), self->width, self->height,
                         inside, self->rgb + 3 * first, alpha, error);
}

static P3mPlane *
render_with_halo (const Rendering *self, const P3mRectangle *area, GError **error)
{
  const int halo = self->halo;
  const P3mRectangle inside = add_halo (area, halo, self->width, self->height);
  g_autoptr (P3mPlane) alpha = p3m_plane_new (inside.width, inside.height, error);
  if (!alpha
      || !p3m_matte_render (self->matte, self->width, self->height, &inside, alpha->values, error)
      || !add_detail (self, &inside, alpha->values, error))
    return NULL;
  P3mPlane *plane = p3m_plane_new (area->width + 2 * halo, area->height + 2 * halo, error);
  if (plane)
    fill_halo (plane, alpha->values, &inside, inside.x - (area->x - halo),
               inside.y - (area->y - halo));
  return plane;
}

/* Hands the plane on to one refinement and frees it. */
static P3mPlane *
refine (P3mPlane *plane, P3mPlane *(*function) (const P3mPlane *, double, GError **), double amount,
        GError **error)
{
  if (!plane || amount == 0.0)
    return plane;
  P3mPlane *result = function (plane, amount, error);
  p3m_plane_free (plane);
  return result;
}

static gboolean
render_band (const P3mRectangle *area, gpointer data, GError **error)
{
  const Rendering *self = data;
  const P3mRefinement *refinement = self->refinement;
  P3mPlane *plane = render_with_halo (self, area, error);
  plane = refine (plane, p3m_smooth, self->amounts.smooth, error);
  plane = refine (plane, p3m_shift, self->amounts.shift, error);
  plane = refine (plane, p3m_blur, self->amounts.feather, error);
  if (!plane)
    return FALSE;
  p3m_tone (plane, limit (refinement->contrast, 0.0, 100.0) / 100.0,
            limit (refinement->black_point, 0.0, 1.0), limit (refinement->white_point, 0.0, 1.0));
  memcpy (self->alpha + (gsize) (area->y - self->area.y) * area->width, plane->values,
          sizeof (float) * area->width * area->height);
  p3m_plane_free (plane);
  return TRUE;
}

static gboolean
read_guide (Rendering *self, const P3mGuide *guide, GError **error)
{
  if (!guide || !self->matte->model || !(get_detail (self->refinement) > 0.0))
    return TRUE;
  self->rgb = p3m_try_alloc (error, 3 * sizeof (float), self->inside.height, self->inside.width);
  return self->rgb && guide->read (&self->inside, self->rgb, guide->user_data, error);
}

gboolean
p3m_matte_render_refined (const P3mMatte *matte, const P3mRefinement *refinement,
                          const P3mGuide *guide, int width, int height, const P3mRectangle *area,
                          float *alpha, GError **error)
{
  Rendering self = { matte, refinement, width, height, *area };
  self.amounts = get_amounts (refinement, matte, width);
  self.halo = p3m_smooth_get_halo (self.amounts.smooth) + p3m_shift_get_halo (self.amounts.shift)
              + p3m_blur_get_halo (self.amounts.feather);
  self.inside = add_halo (area, self.halo, width, height);
  self.alpha = alpha;
  const gboolean rendered = read_guide (&self, guide, error)
                            && p3m_bands_run (area, matte->threads, MAX (LEAST_ROWS, self.halo), 1,
                                              render_band, &self, error);
  g_free (self.rgb);
  return rendered;
}
