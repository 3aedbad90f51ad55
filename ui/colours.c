/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The person's own colours in what the preview shows: in linear light, as in the layer that is made. */
#include "colours.h"

#include <math.h>
#include <glib/gi18n-lib.h>

/* The transfer function of sRGB, IEC 61966-2-1. */
static float
to_linear (int value)
{
  const float share = (float) value / 255;
  return share <= 0.04045f ? share / 12.92f : powf ((share + 0.055f) / 1.055f, 2.4f);
}

static guint8
from_linear (float light)
{
  const float clamped = light > 0 ? MIN (light, 1) : 0;
  const float value
      = clamped <= 0.0031308f ? 12.92f * clamped : 1.055f * powf (clamped, 1 / 2.4f) - 0.055f;
  return (guint8) (value * 255 + 0.5f);
}

static void
read_linear (const guint8 *rgba, const guint8 *alpha, gsize count, float *rgb, float *shares)
{
  float table[256];
  for (int i = 0; i < 256; i++)
    table[i] = to_linear (i);
  for (gsize i = 0; i < count; i++)
    {
      shares[i] = (float) alpha[i] / 255;
      for (int channel = 0; channel < 3; channel++)
        rgb[3 * i + channel] = table[rgba[4 * i + channel]];
    }
}

/* own: linear; amount: 0..1. */
static guint8
mix (guint8 seen, float own, double amount)
{
  const float linear = to_linear (seen);
  return from_linear (linear + (float) amount * (own - linear));
}

/* Only soft pixels change. own: [count][3]. */
static void
write_colours (const guint8 *rgba, const guint8 *alpha, const float *own, double amount,
               gsize count, guint8 *colours)
{
  for (gsize i = 0; i < count; i++)
    for (int channel = 0; channel < 3; channel++)
      {
        const guint8 seen = rgba[4 * i + channel];
        const gboolean soft = alpha[i] > 0 && alpha[i] < 255;
        colours[3 * i + channel] = soft ? mix (seen, own[3 * i + channel], amount) : seen;
      }
}

GBytes *
p3m_piece_decontaminate (const P3mPiece *piece, GBytes *alpha, double amount, GError **error)
{
  const guint8 *rgba = g_bytes_get_data (piece->rgba, NULL);
  const guint8 *shown = g_bytes_get_data (alpha, NULL);
  const int width = piece->area.width, height = piece->area.height;
  const gsize count = (gsize) width * height;
  g_autofree float *maps = g_try_malloc_n (count, 10 * sizeof (float));
  g_autofree guint8 *colours = g_try_malloc_n (count, 3);
  if (!maps || !colours)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                           _ ("There is not enough memory to show the result."));
      return NULL;
    }
  float *rgb = maps, *shares = rgb + 3 * count, *own = shares + count,
        *background = own + 3 * count;
  read_linear (rgba, shown, count, rgb, shares);
  if (!p3m_colours_estimate (rgb, shares, width, height, own, background, error))
    return NULL;
  write_colours (rgba, shown, own, amount, count, colours);
  return g_bytes_new_take (g_steal_pointer (&colours), 3 * count);
}
