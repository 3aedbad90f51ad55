/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The settings that dialog and command line share, as options. */
#include "setting-options.h"

#include <string.h>

static const char *const not_for_files[] = { "model", "output", "existing", NULL };

static gboolean
take_value (const gchar *option_name, const gchar *value, gpointer settings, GError **error)
{
  const P3mSetting *setting = p3m_setting_find (option_name + strlen ("--"));
  g_autoptr (GError) problem = NULL;
  if (p3m_setting_parse (setting, settings, value, &problem))
    return TRUE;
  g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, problem->message);
  return FALSE;
}

/* What may stand after the option, e.g. "-100..100" or "auto|resize|hybrid". */
static char *
describe_values (const P3mSetting *setting)
{
  if (setting->type == P3M_SETTING_TEXT)
    return g_strdup ("“X,Y X,Y”");
  if (setting->type == P3M_SETTING_NUMBER)
    return g_strdup_printf ("%.7g..%.7g%s%s", setting->least, setting->most,
                            *setting->unit ? " " : "", setting->unit);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  for (const P3mChoice *choice = setting->choices; choice->name; choice++)
    g_strv_builder_add (names, choice->name);
  g_auto (GStrv) list = g_strv_builder_end (names);
  return g_strjoinv ("|", list);
}

/* GOption keeps the strings of its entries, not copies: these live as long as the program. */
static void
add_setting (GOptionGroup *group, const P3mSetting *setting)
{
  g_autofree char *values = describe_values (setting);
  const GOptionEntry entries[] = {
    { setting->name, 0, 0, G_OPTION_ARG_CALLBACK, take_value, setting->description,
      g_intern_string (values) },
    { NULL },
  };
  g_option_group_add_entries (group, entries);
}

GOptionGroup *
setting_options_new (const GOptionEntry *entries, P3mSettings *settings)
{
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, settings, NULL);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_group_add_entries (group, entries);
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    if (!g_strv_contains (not_for_files, setting->name))
      add_setting (group, setting);
  return group;
}
