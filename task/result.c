/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A matte made into what the settings ask for: alpha, trimap and the person's own colours, as GEGL buffers. */
#include "result.h"

#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "samples.h"

/* Pixels that are computed at once: a few MB of floats, and few halos. */
#define BAND_PIXELS (1 << 20)

struct _P3mResult
{
  P3mMatte *matte; /* of the chosen people */
  GeglBuffer *picture;
  P3mGuide guide;
  P3mRefinement refinement;
  P3mExisting existing;
  double decontaminate; /* 0..1 */
  double trimap_band;   /* px */
};

P3mResult *
p3m_result_new (P3mMatte *matte, const P3mSettings *settings, GeglBuffer *picture, GError **error)
{
  g_autoptr (GArray) people = p3m_settings_get_people (settings);
  const P3mSubjects subjects = { settings->keep, (const P3mPoint *) people->data, (int) people->len,
                                 settings->specks, settings->holes };
  P3mMatte *chosen = p3m_matte_select (matte, &subjects, error);
  if (!chosen)
    return NULL;
  P3mResult *result = g_new (P3mResult, 1);
  *result = (P3mResult){ .matte = chosen,
                         .picture = g_object_ref (picture),
                         .guide = p3m_guide_from_buffer (picture),
                         .refinement = settings->refinement,
                         .existing = settings->existing,
                         .decontaminate = settings->decontaminate / 100,
                         .trimap_band = settings->trimap_band };
  return result;
}

void
p3m_result_free (P3mResult *result)
{
  p3m_matte_unref (result->matte);
  g_object_unref (result->picture);
  g_free (result);
}

/* ---- band by band ------------------------------------------------------------------------- */

/* Computes a band and puts it where it belongs; user_data: of the walk. */
typedef gboolean (*WriteBand) (P3mResult *result, const P3mRectangle *area, gpointer user_data,
                               GError **error);

typedef struct
{
  WriteBand write;
  gpointer user_data;
  const char *stage;
  double begin; /* of this walk in the whole work, 0..1 */
  P3mProgress progress;
  gpointer progress_data;
  GCancellable *cancellable;
} Walk;

static gboolean
walk_bands (P3mResult *result, const Walk *walk, GError **error)
{
  const int width = p3m_matte_get_width (result->matte);
  const int height = p3m_matte_get_height (result->matte);
  const int rows = MAX (1, BAND_PIXELS / width);
  for (int y = 0; y < height; y += rows)
    {
      const P3mRectangle area = { 0, y, width, MIN (rows, height - y) };
      if (g_cancellable_set_error_if_cancelled (walk->cancellable, error)
          || !walk->write (result, &area, walk->user_data, error))
        return FALSE;
      const double done = (double) (y + area.height) / height;
      if (walk->progress)
        walk->progress (walk->begin + (1 - walk->begin) * done, walk->stage, walk->progress_data);
    }
  return TRUE;
}

static gpointer
alloc_band (const P3mRectangle *area, gsize size, GError **error)
{
  gpointer band = g_try_malloc_n ((gsize) area->width * area->height, size);
  if (!band)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                         _ ("There is not enough memory for the result."));
  return band;
}

static GeglRectangle
place_in (GeglBuffer *buffer, const P3mRectangle *area)
{
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  return (GeglRectangle){ extent->x + area->x, extent->y + area->y, area->width, area->height };
}

static void
get_band (GeglBuffer *buffer, const P3mRectangle *area, const Babl *format, gpointer pixels)
{
  const GeglRectangle place = place_in (buffer, area);
  gegl_buffer_get (buffer, &place, 1.0, format, pixels, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
}

/* What lies outside of the buffer's abyss is lost: a buffer may be a view on a smaller one. */
static void
set_band (GeglBuffer *buffer, const P3mRectangle *area, const Babl *format, gconstpointer pixels)
{
  const GeglRectangle place = place_in (buffer, area);
  const gsize pixel = babl_format_get_bytes_per_pixel (format);
  GeglRectangle kept;
  if (!gegl_rectangle_intersect (&kept, &place, gegl_buffer_get_abyss (buffer)))
    return;
  const gsize skipped = (gsize) (kept.y - place.y) * place.width + (gsize) (kept.x - place.x);
  gegl_buffer_set (buffer, &kept, 0, format, (const guint8 *) pixels + skipped * pixel,
                   (int) (place.width * pixel));
}

/* ---- alpha -------------------------------------------------------------------------------- */

typedef struct
{
  GeglBuffer *existing, *alpha;
} AlphaBuffers;

static void
join (float *alpha, const float *existing, gsize count, P3mExisting how)
{
  for (gsize i = 0; i < count; i++)
    alpha[i] = how == P3M_EXISTING_ADD ? MAX (alpha[i], existing[i]) : MIN (alpha[i], existing[i]);
}

/* The alpha of a band, [height][width], joined with what exists (to be freed with g_free()). */
static float *
make_alpha_band (P3mResult *result, GeglBuffer *buffer, const P3mRectangle *area, GError **error)
{
  const gsize count = (gsize) area->width * area->height;
  const gboolean joins = buffer && result->existing != P3M_EXISTING_REPLACE;
  g_autofree float *alpha = alloc_band (area, sizeof (float), error);
  g_autofree float *existing = alpha && joins ? alloc_band (area, sizeof (float), error) : NULL;
  if (!alpha || (joins && !existing)
      || !p3m_matte_render_refined (result->matte, &result->refinement, &result->guide,
                                    p3m_matte_get_width (result->matte),
                                    p3m_matte_get_height (result->matte), area, alpha, error))
    return NULL;
  if (joins)
    {
      get_band (buffer, area, babl_format ("Y float"), existing);
      join (alpha, existing, count, result->existing);
    }
  return g_steal_pointer (&alpha);
}

static gboolean
write_alpha_band (P3mResult *result, const P3mRectangle *area, gpointer user_data, GError **error)
{
  const AlphaBuffers *buffers = user_data;
  g_autofree float *alpha = make_alpha_band (result, buffers->existing, area, error);
  if (!alpha)
    return FALSE;
  set_band (buffers->alpha, area, babl_format ("Y float"), alpha);
  return TRUE;
}

gboolean
p3m_result_write_alpha (P3mResult *result, GeglBuffer *existing, GeglBuffer *alpha,
                        P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
                        GError **error)
{
  AlphaBuffers buffers = { existing, alpha };
  const Walk walk = { write_alpha_band, &buffers,   _ ("Writing the matte"), 0, progress,
                      progress_data,    cancellable };
  return walk_bands (result, &walk, error);
}

/* ---- trimap ------------------------------------------------------------------------------- */

static gboolean
write_trimap_band (P3mResult *result, const P3mRectangle *area, gpointer user_data, GError **error)
{
  GeglBuffer *buffer = user_data;
  g_autofree guint8 *trimap = alloc_band (area, 1, error);
  if (!trimap
      || !p3m_matte_render_trimap (result->matte, &result->refinement, &result->guide,
                                   result->trimap_band, p3m_matte_get_width (result->matte),
                                   p3m_matte_get_height (result->matte), area, trimap, error))
    return FALSE;
  set_band (buffer, area, babl_format ("Y u8"), trimap);
  return TRUE;
}

gboolean
p3m_result_write_trimap (P3mResult *result, GeglBuffer *trimap, P3mProgress progress,
                         gpointer progress_data, GCancellable *cancellable, GError **error)
{
  const Walk walk = { write_trimap_band, trimap,     _ ("Writing the trimap"), 0, progress,
                      progress_data,     cancellable };
  return walk_bands (result, &walk, error);
}

/* ---- colours ------------------------------------------------------------------------------ */

/* Share of the work that goes into reading the whole picture once. */
#define ESTIMATE_SHARE 0.3

typedef struct
{
  P3mForeground *foreground;
  GeglBuffer *colours;
} ColourBuffers;

/* The first part of the work. */
typedef struct
{
  double share; /* 0..1 */
  P3mProgress progress;
  gpointer user_data;
} Part;

static void
on_part_progress (double fraction, const char *stage, gpointer user_data)
{
  const Part *part = user_data;
  if (part->progress)
    part->progress (part->share * fraction, stage, part->user_data);
}

/* A band as it is stored, or else as linear floats, whose alpha can be worked with. To be freed with g_free(). */
static gpointer
get_samples (GeglBuffer *buffer, const P3mRectangle *area, const Babl **format,
             const P3mSamples **samples, GError **error)
{
  *format = gegl_buffer_get_format (buffer);
  *samples = p3m_samples_find (*format);
  if (!*samples)
    {
      *format = babl_format ("RGBA float");
      *samples = p3m_samples_find (*format);
    }
  gpointer pixels = alloc_band (area, (gsize) babl_format_get_bytes_per_pixel (*format), error);
  if (pixels)
    get_band (buffer, area, *format, pixels);
  return pixels;
}

/* The picture's own alpha, [height][width], 1 where it has none. To be freed with g_free(). */
static float *
get_alpha (GeglBuffer *picture, const P3mRectangle *area, GError **error)
{
  const gsize count = (gsize) area->width * area->height;
  const Babl *format;
  const P3mSamples *samples;
  g_autofree float *alpha = alloc_band (area, sizeof (float), error);
  if (!alpha)
    return NULL;
  if (!babl_format_has_alpha (gegl_buffer_get_format (picture)))
    {
      for (gsize i = 0; i < count; i++)
        alpha[i] = 1;
      return g_steal_pointer (&alpha);
    }
  g_autofree gpointer pixels = get_samples (picture, area, &format, &samples, error);
  if (!pixels)
    return NULL;
  samples->get_alpha (pixels, count, babl_format_get_n_components (format), alpha);
  return g_steal_pointer (&alpha);
}

/* rgb: [height][width][3] linear; the picture's own alpha joins it on its way into the buffer. */
static gboolean
set_colours (P3mResult *result, GeglBuffer *colours, const P3mRectangle *area, const float *rgb,
             GError **error)
{
  const gsize count = (gsize) area->width * area->height;
  g_autofree float *alpha = get_alpha (result->picture, area, error);
  g_autofree float *rgba = alpha ? alloc_band (area, 4 * sizeof (float), error) : NULL;
  if (!rgba)
    return FALSE;
  for (gsize i = 0; i < count; i++)
    {
      for (int channel = 0; channel < 3; channel++)
        rgba[4 * i + channel] = rgb[3 * i + channel];
      rgba[4 * i + 3] = alpha[i];
    }
  set_band (colours, area, babl_format ("RGBA float"), rgba);
  return TRUE;
}

static gboolean
write_colours_band (P3mResult *result, const P3mRectangle *area, gpointer user_data, GError **error)
{
  const ColourBuffers *buffers = user_data;
  P3mRectangle changed, needed;
  if (!p3m_foreground_get_changed (buffers->foreground, area, &changed))
    return TRUE;
  p3m_foreground_get_needed (buffers->foreground, &changed, &needed);
  g_autofree float *pixels = alloc_band (&needed, 3 * sizeof (float), error);
  g_autofree float *rgb = pixels ? alloc_band (&changed, 3 * sizeof (float), error) : NULL;
  if (!rgb)
    return FALSE;
  get_band (result->picture, &needed, babl_format ("RGB float"), pixels);
  return p3m_foreground_render (buffers->foreground, result->decontaminate, &changed, pixels, rgb,
                                error)
         && set_colours (result, buffers->colours, &changed, rgb, error);
}

gboolean
p3m_result_write_colours (P3mResult *result, GeglBuffer *colours, P3mProgress progress,
                          gpointer progress_data, GCancellable *cancellable, GError **error)
{
  gegl_buffer_copy (result->picture, NULL, GEGL_ABYSS_NONE, colours,
                    gegl_buffer_get_extent (colours));
  if (result->decontaminate <= 0)
    return TRUE;
  const P3mSource source = p3m_linear_source_from_buffer (result->picture);
  Part estimate = { ESTIMATE_SHARE, progress, progress_data };
  g_autoptr (P3mForeground) foreground
      = p3m_foreground_new (result->matte, &result->refinement, &result->guide, &source,
                            on_part_progress, &estimate, cancellable, error);
  if (!foreground)
    return FALSE;
  ColourBuffers buffers = { foreground, colours };
  const Walk walk
      = { write_colours_band, &buffers,   _ ("Separating the colours"), ESTIMATE_SHARE, progress,
          progress_data,      cancellable };
  return walk_bands (result, &walk, error);
}

/* ---- layers ------------------------------------------------------------------------------- */

/* The colours' share of the work. */
#define COLOURS_SHARE 0.8

/* The colours, and then `write` for what the alpha changes. */
static gboolean
write_layer (P3mResult *result, GeglBuffer *colours, WriteBand write, AlphaBuffers *buffers,
             P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
             GError **error)
{
  Part part = { COLOURS_SHARE, progress, progress_data };
  const Walk walk = { write,         buffers,    _ ("Writing the matte"), COLOURS_SHARE, progress,
                      progress_data, cancellable };
  return p3m_result_write_colours (result, colours, on_part_progress, &part, cancellable, error)
         && walk_bands (result, &walk, error);
}

gboolean
p3m_result_write_layer (P3mResult *result, GeglBuffer *existing, GeglBuffer *colours,
                        GeglBuffer *mask, P3mProgress progress, gpointer progress_data,
                        GCancellable *cancellable, GError **error)
{
  AlphaBuffers buffers = { existing, mask };
  return write_layer (result, colours, write_alpha_band, &buffers, progress, progress_data,
                      cancellable, error);
}

static gboolean
cut_out_band (P3mResult *result, const P3mRectangle *area, gpointer user_data, GError **error)
{
  const AlphaBuffers *buffers = user_data;
  const Babl *format;
  const P3mSamples *samples;
  g_autofree float *alpha = make_alpha_band (result, buffers->existing, area, error);
  g_autofree gpointer pixels
      = alpha ? get_samples (buffers->alpha, area, &format, &samples, error) : NULL;
  if (!pixels)
    return FALSE;
  samples->multiply (pixels, alpha, (gsize) area->width * area->height,
                     babl_format_get_n_components (format));
  set_band (buffers->alpha, area, format, pixels);
  return TRUE;
}

gboolean
p3m_result_write_cut_out (P3mResult *result, GeglBuffer *existing, GeglBuffer *cut_out,
                          P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
                          GError **error)
{
  AlphaBuffers buffers = { existing, cut_out };
  return write_layer (result, cut_out, cut_out_band, &buffers, progress, progress_data, cancellable,
                      error);
}
