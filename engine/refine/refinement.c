/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A matte rendered with its refinements: detail, then smooth, shift, feather, contrast, levels. */
#include "p3m.h"

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

/* Detail comes first: it belongs to the network's answer, and needs no neighbours. */
static gboolean
add_detail (const P3mMatte *matte, double amount, const P3mGuide *guide, int width, int height,
            const P3mRectangle *area, float *alpha, GError **error)
{
  if (!guide || !matte->model || !(amount > 0.0))
    return TRUE;
  g_autofree float *rgb = p3m_try_alloc (error, 3 * sizeof (float), area->height, area->width);
  return rgb && guide->read (area, rgb, guide->user_data, error)
         && p3m_detail_add (matte, amount, width, height, area, rgb, alpha, error);
}

static P3mPlane *
render_with_halo (const P3mMatte *matte, double detail, const P3mGuide *guide, int width,
                  int height, const P3mRectangle *area, int halo, GError **error)
{
  const int x = MAX (area->x - halo, 0), y = MAX (area->y - halo, 0);
  const P3mRectangle inside = { x, y, MIN (area->x + area->width + halo, width) - x,
                                MIN (area->y + area->height + halo, height) - y };
  g_autoptr (P3mPlane) alpha = p3m_plane_new (inside.width, inside.height, error);
  if (!alpha || !p3m_matte_render (matte, width, height, &inside, alpha->values, error)
      || !add_detail (matte, detail, guide, width, height, &inside, alpha->values, error))
    return NULL;
  P3mPlane *plane = p3m_plane_new (area->width + 2 * halo, area->height + 2 * halo, error);
  if (plane)
    fill_halo (plane, alpha->values, &inside, x - (area->x - halo), y - (area->y - halo));
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

gboolean
p3m_matte_render_refined (const P3mMatte *matte, const P3mRefinement *refinement,
                          const P3mGuide *guide, int width, int height, const P3mRectangle *area,
                          float *alpha, GError **error)
{
  const Amounts amounts = get_amounts (refinement, matte, width);
  const int halo = p3m_smooth_get_halo (amounts.smooth) + p3m_shift_get_halo (amounts.shift)
                   + p3m_blur_get_halo (amounts.feather);
  P3mPlane *plane = render_with_halo (matte, limit (refinement->edge_detail, 0.0, 100.0) / 100.0,
                                      guide, width, height, area, halo, error);
  plane = refine (plane, p3m_smooth, amounts.smooth, error);
  plane = refine (plane, p3m_shift, amounts.shift, error);
  plane = refine (plane, p3m_blur, amounts.feather, error);
  if (!plane)
    return FALSE;
  p3m_tone (plane, limit (refinement->contrast, 0.0, 100.0) / 100.0,
            limit (refinement->black_point, 0.0, 1.0), limit (refinement->white_point, 0.0, 1.0));
  memcpy (alpha, plane->values, sizeof (float) * plane->width * plane->height);
  p3m_plane_free (plane);
  return TRUE;
}
