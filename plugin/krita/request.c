/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What the Krita extension asks of p3m-dialog: a layer's pixels in shared memory, and what to do with them. */
#include "request.h"

#include <math.h>
#include <string.h>
#include <glib/gi18n-lib.h>

#define GROUP "request"

/* The parts of the memory begin at multiples of it, bytes. */
#define ALIGNMENT 4096

static const P3mPixelFormat formats[] = {
  { "rgba-u8", "R'G'B'A u8", 4, 1 },  { "rgba-u16", "R'G'B'A u16", 8, 2 },
  { "rgba-half", "RGBA half", 8, 0 }, { "rgba-float", "RGBA float", 16, 0 },
  { "grey-u8", "Y'A u8", 2, 0 },      { "grey-u16", "Y'A u16", 4, 0 },
  { "grey-half", "YA half", 4, 0 },   { "grey-float", "YA float", 8, 0 },
};

/* ---- values ------------------------------------------------------------------------------- */

static gboolean
refuse (const char *key, GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
               _ ("The request to P3M makes no sense: “%s” is missing or wrong."), key);
  return FALSE;
}

static gboolean
get_integer (GKeyFile *file, const char *key, int least, int most, int *value, GError **error)
{
  g_autoptr (GError) problem = NULL;
  *value = g_key_file_get_integer (file, GROUP, key, &problem);
  return (!problem && *value >= least && *value <= most) || refuse (key, error);
}

/* No value: FALSE. */
static gboolean
get_flag (GKeyFile *file, const char *key, gboolean *value, GError **error)
{
  g_autoptr (GError) problem = NULL;
  if (!g_key_file_has_key (file, GROUP, key, NULL))
    return TRUE;
  *value = g_key_file_get_boolean (file, GROUP, key, &problem);
  return !problem || refuse (key, error);
}

static gboolean
get_format (GKeyFile *file, const P3mPixelFormat **format, GError **error)
{
  g_autofree char *name = g_key_file_get_string (file, GROUP, "format", NULL);
  for (gsize i = 0; name && i < G_N_ELEMENTS (formats); i++)
    if (g_str_equal (formats[i].name, name))
      {
        *format = &formats[i];
        return TRUE;
      }
  return refuse ("format", error);
}

static gboolean
get_hint (GKeyFile *file, P3mRequest *request, GError **error)
{
  gsize count;
  if (!g_key_file_has_key (file, GROUP, "hint", NULL))
    return TRUE;
  g_autofree double *numbers = g_key_file_get_double_list (file, GROUP, "hint", &count, NULL);
  if (!numbers || count != 2 || !isfinite (numbers[0]) || !isfinite (numbers[1]))
    return refuse ("hint", error);
  request->has_hint = TRUE;
  request->hint = (P3mPoint){ numbers[0], numbers[1] };
  return TRUE;
}

static gboolean
get_parent (GKeyFile *file, guint64 *parent, GError **error)
{
  g_autoptr (GError) problem = NULL;
  if (!g_key_file_has_key (file, GROUP, "parent", NULL))
    return TRUE;
  *parent = g_key_file_get_uint64 (file, GROUP, "parent", &problem);
  return (!problem && *parent <= G_MAXUINT32) || refuse ("parent", error);
}

/* ---- the request -------------------------------------------------------------------------- */

gboolean
p3m_request_parse (P3mRequest *request, const char *text, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  *request = (P3mRequest){ .memory = -1 };
  p3m_settings_init (&request->settings);
  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, NULL))
    return refuse (GROUP, error);
  return get_integer (file, "width", 1, P3M_MAX_SIDE, &request->width, error)
         && get_integer (file, "height", 1, P3M_MAX_SIDE, &request->height, error)
         && get_format (file, &request->format, error)
         && get_integer (file, "memory", 3, G_MAXINT, &request->memory, error)
         && get_flag (file, "dialog", &request->dialog, error)
         && get_flag (file, "mask", &request->has_mask, error)
         && get_flag (file, "other-layer", &request->other_layer, error)
         && get_flag (file, "dark", &request->dark, error) && get_hint (file, request, error)
         && get_parent (file, &request->parent, error)
         && p3m_settings_from_text (&request->settings, text, error);
}

void
p3m_request_clear (P3mRequest *request)
{
  p3m_settings_clear (&request->settings);
}

static gsize
align (gsize size)
{
  return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

P3mMemoryLayout
p3m_request_get_layout (const P3mRequest *request)
{
  const gsize count = (gsize) request->width * request->height;
  const gsize pixels = align (count * request->format->size), alphas = align (count);
  return (P3mMemoryLayout){ 0, pixels, pixels + alphas, pixels + 2 * alphas,
                            2 * (pixels + alphas) };
}
