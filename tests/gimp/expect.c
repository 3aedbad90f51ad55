/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What the engine itself makes of a layer, computed in one piece: what the plug-in must have stored. */
#include "expect.h"

#include <math.h>

#include "buffer.h"
#include "gimp.h"
#include "suite.h"

/* A layer, its settings, and the matte of the people who are kept. */
typedef struct
{
  GeglBuffer *buffer;
  P3mRectangle all;
  P3mSettings settings;
  P3mMatte *matte;
  P3mGuide guide;
} Expected;

P3mSettings
p3m_expect_settings (const char *arguments)
{
  P3mSettings settings;
  g_autoptr (GError) error = NULL;
  p3m_settings_init (&settings);
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_autofree char *value = p3m_argument_find (arguments, setting->name);
      if (value && !p3m_setting_parse (setting, &settings, value, &error))
        g_error ("%s", error->message);
    }
  return settings;
}

static P3mMatte *
make_matte (const Expected *expected, GError **error)
{
  const P3mSettings *settings = &expected->settings;
  const P3mSource source = p3m_source_from_buffer (expected->buffer);
  g_autoptr (GArray) people = p3m_settings_get_people (settings);
  const P3mSubjects subjects = { settings->keep, (const P3mPoint *) people->data, (int) people->len,
                                 settings->specks, settings->holes };
  g_autoptr (P3mModel) model = p3m_model_load (settings->model, NULL, error);
  if (!model)
    return NULL;
  g_autoptr (P3mMatte) whole
      = p3m_matte_new (model, &source, settings->strategy, 0, NULL, NULL, NULL, error);
  return whole ? p3m_matte_select (whole, &subjects, error) : NULL;
}

static void
expected_init (Expected *expected, int layer, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  expected->buffer = p3m_gimp_get_buffer (layer);
  const GeglRectangle *extent = gegl_buffer_get_extent (expected->buffer);
  expected->all = (P3mRectangle){ 0, 0, extent->width, extent->height };
  expected->settings = p3m_expect_settings (arguments);
  expected->guide = p3m_guide_from_buffer (expected->buffer);
  expected->matte = make_matte (expected, &error);
  if (!expected->matte)
    g_error ("%s", error->message);
}

static void
expected_clear (Expected *expected)
{
  p3m_matte_unref (expected->matte);
  p3m_settings_clear (&expected->settings);
  g_object_unref (expected->buffer);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Expected, expected_clear)

static float
join (float alpha, float existing, P3mExisting how)
{
  if (how == P3M_EXISTING_INTERSECT)
    return fminf (alpha, existing);
  return how == P3M_EXISTING_ADD ? fmaxf (alpha, existing) : alpha;
}

float *
p3m_expect_alpha (int layer, const char *arguments, const float *existing)
{
  g_auto (Expected) expected = { NULL };
  expected_init (&expected, layer, arguments);
  const gsize length = (gsize) expected.all.width * expected.all.height;
  float *alpha = g_new0 (float, length);
  p3m_matte_render_refined (expected.matte, &expected.settings.refinement, &expected.guide,
                            expected.all.width, expected.all.height, &expected.all, alpha, NULL);
  for (gsize i = 0; existing && i < length; i++)
    alpha[i] = join (alpha[i], existing[i], expected.settings.existing);
  return alpha;
}

guint8 *
p3m_expect_trimap (int layer, const char *arguments)
{
  g_auto (Expected) expected = { NULL };
  expected_init (&expected, layer, arguments);
  guint8 *trimap = g_new0 (guint8, (gsize) expected.all.width * expected.all.height);
  p3m_matte_render_trimap (expected.matte, &expected.settings.refinement, &expected.guide,
                           expected.settings.trimap_band, expected.all.width, expected.all.height,
                           &expected.all, trimap, NULL);
  return trimap;
}

/* rgb: [height][width][3] */
static void
separate_colours (const Expected *expected, float *rgb)
{
  const P3mSource source = p3m_linear_source_from_buffer (expected->buffer);
  P3mRectangle needed;
  g_autoptr (P3mForeground) foreground
      = p3m_foreground_new (expected->matte, &expected->settings.refinement, &expected->guide,
                            &source, NULL, NULL, NULL, NULL);
  p3m_foreground_get_needed (foreground, &expected->all, &needed);
  g_autofree float *pixels = g_new (float, (gsize) needed.width *needed.height * 3);
  source.read (&needed, pixels, source.user_data, NULL);
  p3m_foreground_render (foreground, expected->settings.decontaminate / 100, &expected->all, pixels,
                         rgb, NULL);
}

float *
p3m_expect_colours (int layer, const char *arguments)
{
  g_auto (Expected) expected = { NULL };
  gsize length;
  expected_init (&expected, layer, arguments);
  float *rgba = p3m_read_as (layer, "RGBA float", &length);
  if (expected.settings.decontaminate <= 0)
    return rgba;
  g_autofree float *rgb = g_new (float, length / 4 * 3);
  separate_colours (&expected, rgb);
  for (gsize i = 0; i < length; i++)
    if (i % 4 < 3)
      rgba[i] = rgb[i / 4 * 3 + i % 4];
  return rgba;
}

float *
p3m_read_as (int drawable, const char *format, gsize *length)
{
  g_autoptr (GeglBuffer) buffer = p3m_gimp_get_buffer (drawable);
  const GeglRectangle *extent = gegl_buffer_get_extent (buffer);
  const Babl *wanted = babl_format (format);
  *length = (gsize) extent->width * extent->height * babl_format_get_n_components (wanted);
  float *values = g_new (float, *length);
  gegl_buffer_get (buffer, extent, 1.0, wanted, values, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return values;
}

float *
p3m_read (int drawable, gsize *length)
{
  return p3m_read_as (drawable, "Y float", length);
}

float
p3m_largest_difference (const float *a, const float *b, gsize length)
{
  float largest = 0;
  for (gsize i = 0; i < length; i++)
    if (!(fabsf (a[i] - b[i]) <= largest))
      largest = fabsf (a[i] - b[i]);
  return largest;
}
