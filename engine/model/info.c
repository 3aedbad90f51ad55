/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a model file says about itself: the p3m.* entries of its metadata. */
#include "info.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#include "layout.h"
#include "registry.h"

#define MAX_TEXT 4096
#define MIN_SIZE 32
#define MAX_SIZE 16384

P3mModelInfo *
p3m_model_info_new (const char *path)
{
  P3mModelInfo *info = g_new0 (P3mModelInfo, 1);
  g_autofree char *base = g_path_get_basename (path);
  if (g_str_has_suffix (base, ".safetensors"))
    *g_strrstr (base, ".safetensors") = '\0';
  info->path = g_strdup (path);
  info->id = g_filename_display_name (base);
  info->name = g_strdup (info->id);
  info->license = g_strdup ("");
  info->trained_on = g_strdup ("");
  info->card = g_strdup ("");
  return info;
}

P3mModelInfo *
p3m_model_info_copy (const P3mModelInfo *info)
{
  P3mModelInfo *copy = g_new0 (P3mModelInfo, 1);
  copy->path = g_strdup (info->path);
  copy->id = g_strdup (info->id);
  copy->name = g_strdup (info->name);
  copy->license = g_strdup (info->license);
  copy->trained_on = g_strdup (info->trained_on);
  copy->card = g_strdup (info->card);
  copy->width = info->width;
  copy->size = info->size;
  copy->problem = g_strdup (info->problem);
  return copy;
}

void
p3m_model_info_free (P3mModelInfo *info)
{
  g_free (info->path);
  g_free (info->id);
  g_free (info->name);
  g_free (info->license);
  g_free (info->trained_on);
  g_free (info->card);
  g_free (info->problem);
  g_free (info);
}

static gboolean
take_text (const P3mSafetensors *file, const char *key, char **text, GError **error)
{
  const char *value = g_hash_table_lookup (file->metadata, key);
  if (!value || !*value)
    return TRUE;
  if (strlen (value) > MAX_TEXT)
    {
      p3m_bad_model (error, file->path, _ ("its metadata %s is too long"), key);
      return FALSE;
    }
  g_free (*text);
  *text = g_strdup (value);
  return TRUE;
}

static gboolean
check_width (const P3mSafetensors *file, double width, GError **error)
{
  const char *text = g_hash_table_lookup (file->metadata, "p3m.width");
  char *end;
  if (!text)
    return TRUE;
  const double said = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && fabs (said - width) < 1e-6)
    return TRUE;
  g_autofree char *shown = p3m_printable_name (text);
  p3m_bad_model (error, file->path, _ ("its p3m.width is %s, but its tensors have the width %g"),
                 shown, width);
  return FALSE;
}

static gboolean
take_size (const P3mSafetensors *file, int *size, GError **error)
{
  const char *text = g_hash_table_lookup (file->metadata, "p3m.size");
  guint64 value;
  if (!text)
    return TRUE;
  if (g_ascii_string_to_unsigned (text, 10, MIN_SIZE, MAX_SIZE, &value, NULL))
    {
      *size = (int) value;
      return TRUE;
    }
  g_autofree char *shown = p3m_printable_name (text);
  p3m_bad_model (error, file->path, _ ("its p3m.size is %s, not a number of pixels from %d to %d"),
                 shown, MIN_SIZE, MAX_SIZE);
  return FALSE;
}

gboolean
p3m_model_info_take (P3mModelInfo *info, const P3mSafetensors *file, int channels, GError **error)
{
  const char *architecture = g_hash_table_lookup (file->metadata, "p3m.architecture");
  info->width = channels / (double) P3M_LAYOUT_PUBLISHED_CHANNELS;
  if (architecture && !g_str_equal (architecture, P3M_ARCHITECTURE))
    {
      g_autofree char *shown = p3m_printable_name (architecture);
      p3m_bad_model (error, file->path, _ ("its p3m.architecture is %s, not %s"), shown,
                     P3M_ARCHITECTURE);
      return FALSE;
    }
  return check_width (file, info->width, error) && take_size (file, &info->size, error)
         && take_text (file, "p3m.name", &info->name, error)
         && take_text (file, "p3m.license", &info->license, error)
         && take_text (file, "p3m.trained_on", &info->trained_on, error)
         && take_text (file, "p3m.card", &info->card, error);
}
