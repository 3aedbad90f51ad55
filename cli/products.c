/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The files that are made of one picture and its matte. */
#include "products.h"

#include <glib/gi18n-lib.h>

#include "picture.h"
#include "result.h"

enum
{
  BAND = 128, /* rows that are looked at at once, px: a GEGL tile */
  LEAST_PERSON = 1000
};

const char *const product_names[N_PRODUCTS] = {
  [PRODUCT_CUT_OUT] = "cut-out",
  [PRODUCT_MASK] = "mask",
  [PRODUCT_TRIMAP] = "trimap",
};

gboolean
product_is_name (ProductKind kind, const char *path)
{
  switch (kind)
    {
    case PRODUCT_CUT_OUT:
      return picture_is_cutout_name (path);
    case PRODUCT_MASK:
      return picture_is_mask_name (path);
    default:
      return picture_is_trimap_name (path);
    }
}

/* ---- rendering ---- */

static GeglBuffer *
new_buffer (GeglBuffer *picture, const Babl *format)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (picture);
  return gegl_buffer_new (GEGL_RECTANGLE (0, 0, extent->width, extent->height), format);
}

/* Most colours stay the picture's; a colour in CMYK would not survive the way there and back. */
static const Babl *
choose_colours_format (GeglBuffer *picture)
{
  const Babl *own = gegl_buffer_get_format (picture);
  return babl_space_is_cmyk (babl_format_get_space (own)) ? babl_format ("RGB float") : own;
}

/* Shares the progress out among what is rendered one after another. */
typedef struct
{
  int done, count;
  P3mProgress progress;
  gpointer user_data;
} Steps;

static void
on_progress (double fraction, const char *stage, gpointer user_data)
{
  const Steps *steps = user_data;
  steps->progress ((steps->done + fraction) / steps->count, stage, steps->user_data);
}

static gboolean
render_all (Products *products, P3mResult *result, Steps *steps, GCancellable *cancellable,
            GError **error)
{
  if (!p3m_result_write_alpha (result, NULL, products->alpha, on_progress, steps, cancellable,
                               error))
    return FALSE;
  steps->done++;
  if (products->trimap)
    {
      if (!p3m_result_write_trimap (result, products->trimap, on_progress, steps, cancellable,
                                    error))
        return FALSE;
      steps->done++;
    }
  return !products->colours
         || p3m_result_write_colours (result, products->colours, on_progress, steps, cancellable,
                                      error);
}

gboolean
products_render (Products *products, GeglBuffer *picture, P3mMatte *matte,
                 const P3mSettings *settings, const char *const paths[N_PRODUCTS],
                 P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
                 GError **error)
{
  const gboolean needs_colours = paths[PRODUCT_CUT_OUT] && settings->decontaminate > 0;
  *products = (Products){
    .picture = picture,
    .colours = needs_colours ? new_buffer (picture, choose_colours_format (picture)) : NULL,
    .alpha = new_buffer (picture, babl_format ("Y float")),
    .trimap = paths[PRODUCT_TRIMAP] ? new_buffer (picture, babl_format ("Y u8")) : NULL,
  };
  Steps steps = { 0, 1 + !!products->colours + !!products->trimap, progress, progress_data };
  g_autoptr (P3mResult) result = p3m_result_new (matte, settings, picture, error);
  return result && render_all (products, result, &steps, cancellable, error);
}

void
products_clear (Products *products)
{
  g_clear_object (&products->colours);
  g_clear_object (&products->alpha);
  g_clear_object (&products->trimap);
}

gboolean
products_have_person (const Products *products)
{
  GeglBuffer *alpha = products->alpha;
  const int width = gegl_buffer_get_width (alpha), height = gegl_buffer_get_height (alpha);
  g_autofree float *values = g_new (float, (gsize) width *BAND);
  gsize opaque = 0;
  for (int y = 0; y < height; y += BAND)
    {
      const GeglRectangle band = { 0, y, width, MIN (BAND, height - y) };
      gegl_buffer_get (alpha, &band, 1.0, babl_format ("Y float"), values, GEGL_AUTO_ROWSTRIDE,
                       GEGL_ABYSS_NONE);
      for (gsize i = 0; i < (gsize) width * band.height; i++)
        opaque += values[i] > 0.5f;
    }
  return opaque * LEAST_PERSON >= (gsize) width * height;
}

/* ---- writing ---- */

static gboolean
write_kind (const Products *products, ProductKind kind, const Output *output, GError **error)
{
  switch (kind)
    {
    case PRODUCT_CUT_OUT:
      return picture_write_cutout (products->picture, products->colours, products->alpha,
                                   output->temporary, output->path, error);
    case PRODUCT_MASK:
      return picture_write_mask (products->alpha, output->temporary, output->path, error);
    default:
      return picture_write_trimap (products->trimap, output->temporary, output->path, error);
    }
}

gboolean
products_write (const Products *products, ProductKind kind, const Output *output, GError **error)
{
  g_autofree char *name = g_filename_display_name (output->path);
  if (write_kind (products, kind, output, error))
    return TRUE;
  g_prefix_error (error, _ ("“%s” cannot be written: "), name);
  return FALSE;
}
