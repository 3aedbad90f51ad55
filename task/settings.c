/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a person asks for: one table that dialog, procedures, command line and presets share. */
#include "settings.h"

#include <math.h>
#include <string.h>
#include <glib/gi18n-lib.h>

#define GROUP "p3m"

static const P3mChoice strategies[] = {
  { "auto", N_ ("Automatic") }, { "resize", N_ ("Resize") }, { "hybrid", N_ ("Hybrid") }, { NULL }
};

static const P3mChoice keeps[] = { { "everything", N_ ("Everything") },
                                   { "largest", N_ ("Largest person") },
                                   { "people", N_ ("People that I click") },
                                   { NULL } };

static const P3mChoice outputs[] = { { "mask", N_ ("Layer mask") },
                                     { "layer-with-mask", N_ ("New layer with mask") },
                                     { "cut-out", N_ ("New layer, cut out") },
                                     { "selection", N_ ("Selection") },
                                     { "channel", N_ ("Channel") },
                                     { "trimap", N_ ("Trimap as channel") },
                                     { NULL } };

static const P3mChoice existing[] = { { "replace", N_ ("Replace it") },
                                      { "intersect", N_ ("Intersect with it") },
                                      { "add", N_ ("Add to it") },
                                      { NULL } };

#define FIELD(field) G_STRUCT_OFFSET (P3mSettings, field)

/* name, label, description, type, field, least, most, initial, digits, unit, choices */
const P3mSetting p3m_setting_list[] = {
  { "model", N_ ("_Model"), N_ ("Path or name of the model; empty: the best that is installed"),
    P3M_SETTING_TEXT, FIELD (model), 0, 0, 0, 0, "", NULL },
  { "strategy", N_ ("_Strategy"), N_ ("The scales at which the picture is looked at"),
    P3M_SETTING_CHOICE, FIELD (strategy), 0, 0, P3M_STRATEGY_AUTO, 0, "", strategies },
  { "edge-detail", N_ ("Edge _detail"),
    N_ ("How closely soft edges follow the picture's own pixels"), P3M_SETTING_NUMBER,
    FIELD (refinement.edge_detail), 0, 100, 50, 0, "", NULL },
  { "smooth", N_ ("S_mooth"), N_ ("Straightens the outline and leaves hair alone"),
    P3M_SETTING_NUMBER, FIELD (refinement.smooth), 0, 100, 0, 0, "", NULL },
  { "shift-edge", N_ ("Shift ed_ge"), N_ ("Moves the outline inwards or outwards"),
    P3M_SETTING_NUMBER, FIELD (refinement.shift_edge), -100, 100, 0, 0, "", NULL },
  { "feather", N_ ("_Feather"), N_ ("Blurs the outline"), P3M_SETTING_NUMBER,
    FIELD (refinement.feather), 0, 250, 0, 1, "px", NULL },
  { "contrast", N_ ("Co_ntrast"), N_ ("Makes the outline harder"), P3M_SETTING_NUMBER,
    FIELD (refinement.contrast), 0, 100, 0, 0, "", NULL },
  { "black-point", N_ ("_Black point"), N_ ("What is as transparent as this, or more, vanishes"),
    P3M_SETTING_NUMBER, FIELD (refinement.black_point), 0, 1, 0, 2, "", NULL },
  { "white-point", N_ ("_White point"), N_ ("What is as opaque as this, or more, becomes opaque"),
    P3M_SETTING_NUMBER, FIELD (refinement.white_point), 0, 1, 1, 2, "", NULL },
  { "keep", N_ ("_Keep"), N_ ("Which of the people in the picture stay"), P3M_SETTING_CHOICE,
    FIELD (keep), 0, 0, P3M_KEEP_EVERYTHING, 0, "", keeps },
  { "people", N_ ("_People"), N_ ("Where the people stand that are kept, in pixels: “x,y x,y”"),
    P3M_SETTING_TEXT, FIELD (people), 0, 0, 0, 0, "", NULL },
  { "specks", N_ ("R_emove specks"), N_ ("Separate parts of a smaller area than this vanish"),
    P3M_SETTING_NUMBER, FIELD (specks), 0, 1e6, 0, 0, "px", NULL },
  { "holes", N_ ("F_ill holes"), N_ ("Enclosed holes of a smaller area than this are filled"),
    P3M_SETTING_NUMBER, FIELD (holes), 0, 1e6, 0, 0, "px", NULL },
  { "output", N_ ("O_utput"), N_ ("What is made of the person"), P3M_SETTING_CHOICE, FIELD (output),
    0, 0, P3M_OUTPUT_MASK, 0, "", outputs },
  { "existing", N_ ("E_xisting mask"), N_ ("What becomes of a mask that the layer has"),
    P3M_SETTING_CHOICE, FIELD (existing), 0, 0, P3M_EXISTING_REPLACE, 0, "", existing },
  { "decontaminate", N_ ("Decont_aminate colours"),
    N_ ("Frees the edges of a new layer from the colours of the background"), P3M_SETTING_NUMBER,
    FIELD (decontaminate), 0, 100, 100, 0, "", NULL },
  { "trimap-band", N_ ("Trima_p band"),
    N_ ("How far the unknown part of a trimap reaches beyond soft edges"), P3M_SETTING_NUMBER,
    FIELD (trimap_band), 0, P3M_MAX_BAND, 10, 0, "px", NULL },
  { NULL }
};

const P3mSetting *
p3m_setting_find (const char *name)
{
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    if (g_str_equal (setting->name, name))
      return setting;
  return NULL;
}

/* ---- one setting -------------------------------------------------------------------------- */

double
p3m_setting_get_number (const P3mSetting *setting, const P3mSettings *settings)
{
  return G_STRUCT_MEMBER (double, settings, setting->offset);
}

void
p3m_setting_set_number (const P3mSetting *setting, P3mSettings *settings, double value)
{
  const double number = value > setting->least ? MIN (value, setting->most) : setting->least;
  G_STRUCT_MEMBER (double, settings, setting->offset) = number;
}

/* The enumerations have the size of an unsigned int. */
int
p3m_setting_get_choice (const P3mSetting *setting, const P3mSettings *settings)
{
  return (int) G_STRUCT_MEMBER (unsigned int, settings, setting->offset);
}

void
p3m_setting_set_choice (const P3mSetting *setting, P3mSettings *settings, int choice)
{
  G_STRUCT_MEMBER (unsigned int, settings, setting->offset) = (unsigned int) choice;
}

const char *
p3m_setting_get_text (const P3mSetting *setting, const P3mSettings *settings)
{
  return G_STRUCT_MEMBER (char *, settings, setting->offset);
}

void
p3m_setting_set_text (const P3mSetting *setting, P3mSettings *settings, const char *text)
{
  char **member = &G_STRUCT_MEMBER (char *, settings, setting->offset);
  char *copy = g_strdup (text ? text : "");
  g_free (*member);
  *member = copy;
}

char *
p3m_setting_format (const P3mSetting *setting, const P3mSettings *settings)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  switch (setting->type)
    {
    case P3M_SETTING_NUMBER:
      return g_strdup (
          g_ascii_dtostr (number, sizeof (number), p3m_setting_get_number (setting, settings)));
    case P3M_SETTING_CHOICE:
      return g_strdup (setting->choices[p3m_setting_get_choice (setting, settings)].name);
    default:
      return g_strdup (p3m_setting_get_text (setting, settings));
    }
}

static gboolean
parse_number (const P3mSetting *setting, P3mSettings *settings, const char *text, GError **error)
{
  char *end;
  const double value = g_ascii_strtod (text, &end);
  if (end == text || *end || !(value >= setting->least && value <= setting->most))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("“%s” must be a number from %g to %g, not “%s”."), setting->name,
                   setting->least, setting->most, text);
      return FALSE;
    }
  p3m_setting_set_number (setting, settings, value);
  return TRUE;
}

static gboolean
parse_choice (const P3mSetting *setting, P3mSettings *settings, const char *text, GError **error)
{
  g_autoptr (GString) names = g_string_new (NULL);
  for (int i = 0; setting->choices[i].name; i++)
    {
      if (g_str_equal (setting->choices[i].name, text))
        {
          p3m_setting_set_choice (setting, settings, i);
          return TRUE;
        }
      g_string_append_printf (names, "%s%s", i > 0 ? ", " : "", setting->choices[i].name);
    }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _ ("“%s” must be one of %s, not “%s”."), setting->name, names->str, text);
  return FALSE;
}

/* Appends the next point of "x,y x,y" and moves on behind it. */
static gboolean
parse_point (const char **text, GArray *points)
{
  P3mPoint point;
  char *end;
  point.x = g_ascii_strtod (*text, &end);
  if (end == *text || *end != ',')
    return FALSE;
  const char *second = end + 1;
  point.y = g_ascii_strtod (second, &end);
  if (end == second || (*end && *end != ' ') || !isfinite (point.x) || !isfinite (point.y))
    return FALSE;
  g_array_append_val (points, point);
  *text = end + strspn (end, " ");
  return TRUE;
}

static GArray *
parse_points (const char *text)
{
  g_autoptr (GArray) points = g_array_new (FALSE, FALSE, sizeof (P3mPoint));
  for (text += strspn (text, " "); *text;)
    if (!parse_point (&text, points))
      return NULL;
  return g_steal_pointer (&points);
}

static gboolean
parse_text (const P3mSetting *setting, P3mSettings *settings, const char *text, GError **error)
{
  if (setting->offset == FIELD (people))
    {
      g_autoptr (GArray) points = parse_points (text);
      if (!points)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _ ("“%s” must be points such as “120,340 800,300”, not “%s”."),
                       setting->name, text);
          return FALSE;
        }
    }
  p3m_setting_set_text (setting, settings, text);
  return TRUE;
}

gboolean
p3m_setting_parse (const P3mSetting *setting, P3mSettings *settings, const char *text,
                   GError **error)
{
  switch (setting->type)
    {
    case P3M_SETTING_NUMBER:
      return parse_number (setting, settings, text, error);
    case P3M_SETTING_CHOICE:
      return parse_choice (setting, settings, text, error);
    default:
      return parse_text (setting, settings, text, error);
    }
}

/* ---- all of them -------------------------------------------------------------------------- */

static void
set_initial (const P3mSetting *setting, P3mSettings *settings)
{
  if (setting->type == P3M_SETTING_NUMBER)
    p3m_setting_set_number (setting, settings, setting->initial);
  else if (setting->type == P3M_SETTING_CHOICE)
    p3m_setting_set_choice (setting, settings, (int) setting->initial);
  else
    p3m_setting_set_text (setting, settings, "");
}

void
p3m_settings_init (P3mSettings *settings)
{
  *settings = (P3mSettings){ .model = NULL };
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    set_initial (setting, settings);
}

void
p3m_settings_clear (P3mSettings *settings)
{
  g_clear_pointer (&settings->model, g_free);
  g_clear_pointer (&settings->people, g_free);
}

void
p3m_settings_copy (P3mSettings *settings, const P3mSettings *from)
{
  P3mSettings copy = *from;
  copy.model = g_strdup (from->model);
  copy.people = g_strdup (from->people);
  p3m_settings_clear (settings);
  *settings = copy;
}

char *
p3m_settings_to_text (const P3mSettings *settings)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_autofree char *value = p3m_setting_format (setting, settings);
      g_key_file_set_string (file, GROUP, setting->name, value);
    }
  return g_key_file_to_data (file, NULL, NULL);
}

static gboolean
take_values (P3mSettings *settings, GKeyFile *file, GError **error)
{
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      if (!g_key_file_has_key (file, GROUP, setting->name, NULL))
        continue;
      g_autofree char *value = g_key_file_get_string (file, GROUP, setting->name, error);
      if (!value || !p3m_setting_parse (setting, settings, value, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
p3m_settings_from_text (P3mSettings *settings, const char *text, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  if (!g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, error))
    return FALSE;
  g_auto (P3mSettings) taken = { .model = NULL };
  p3m_settings_copy (&taken, settings);
  if (!take_values (&taken, file, error))
    return FALSE;
  p3m_settings_copy (settings, &taken);
  return TRUE;
}

GArray *
p3m_settings_get_people (const P3mSettings *settings)
{
  GArray *people = parse_points (settings->people);
  return people ? people : g_array_new (FALSE, FALSE, sizeof (P3mPoint));
}

void
p3m_settings_set_people (P3mSettings *settings, const GArray *people)
{
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < people->len; i++)
    {
      const P3mPoint *point = &g_array_index (people, P3mPoint, i);
      char x[G_ASCII_DTOSTR_BUF_SIZE], y[G_ASCII_DTOSTR_BUF_SIZE];
      g_string_append_printf (text, "%s%s,%s", i > 0 ? " " : "",
                              g_ascii_formatd (x, sizeof (x), "%.9g", point->x),
                              g_ascii_formatd (y, sizeof (y), "%.9g", point->y));
    }
  g_free (settings->people);
  settings->people = g_string_free (g_steal_pointer (&text), FALSE);
}
