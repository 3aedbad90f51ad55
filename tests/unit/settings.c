/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The table of settings: defaults, ranges, texts there and back. */
#include "settings.h"

#include <math.h>
#include <string.h>

static void
test_defaults (void)
{
  g_auto (P3mSettings) settings;
  P3mRefinement refinement;
  p3m_settings_init (&settings);
  p3m_refinement_init (&refinement);
  g_assert_cmpmem (&settings.refinement, sizeof refinement, &refinement, sizeof refinement);
  g_assert_cmpstr (settings.model, ==, "");
  g_assert_cmpint (settings.output, ==, P3M_OUTPUT_MASK);
  g_assert_cmpfloat (settings.decontaminate, ==, 100);
}

/* Every setting is documented, and its name names nothing else. */
static void
test_table (void)
{
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_assert_true (p3m_setting_find (setting->name) == setting);
      g_assert_nonnull (g_strstr_len (setting->label, -1, "_"));
      g_assert_cmpint (strlen (setting->description), >, 10);
      g_assert_cmpfloat (setting->initial, >=, setting->least);
      g_assert_true ((setting->type == P3M_SETTING_CHOICE) == (setting->choices != NULL));
      if (setting->type == P3M_SETTING_NUMBER)
        g_assert_cmpfloat (setting->initial, <=, setting->most);
    }
  g_assert_null (p3m_setting_find ("nothing"));
}

static void
assert_equal (const P3mSettings *a, const P3mSettings *b)
{
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_autofree char *of_a = p3m_setting_format (setting, a);
      g_autofree char *of_b = p3m_setting_format (setting, b);
      g_assert_cmpstr (of_a, ==, of_b);
    }
}

static void
test_text (void)
{
  g_auto (P3mSettings) settings, read;
  p3m_settings_init (&settings);
  p3m_settings_init (&read);
  p3m_setting_set_text (p3m_setting_find ("model"), &settings, "/a path/with=signs\nand lines");
  settings.strategy = P3M_STRATEGY_HYBRID;
  settings.refinement.shift_edge = -12.3456789;
  settings.refinement.white_point = 1.0 / 3;
  settings.keep = P3M_KEEP_POINTS;
  settings.output = P3M_OUTPUT_TRIMAP;
  g_autoptr (GArray) people = g_array_new (FALSE, FALSE, sizeof (P3mPoint));
  g_array_append_vals (people, (P3mPoint[]){ { 1.5, 2 }, { 30000.25, -4 } }, 2);
  p3m_settings_set_people (&settings, people);
  g_autofree char *text = p3m_settings_to_text (&settings);
  g_assert_true (p3m_settings_from_text (&read, text, NULL));
  assert_equal (&settings, &read);
  g_autoptr (GArray) again = p3m_settings_get_people (&read);
  g_assert_cmpmem (people->data, people->len * sizeof (P3mPoint), again->data,
                   again->len * sizeof (P3mPoint));
}

/* What is wrong is said, and changes nothing. */
static void
test_bad_text (void)
{
  static const char *const texts[] = {
    "[p3m]\nsmooth=20\nshift-edge=101\n",
    "[p3m]\nsmooth=20\nshift-edge=nan\n",
    "[p3m]\nsmooth=20\nfeather=1 px\n",
    "[p3m]\nsmooth=20\nfeather=\n",
    "[p3m]\nsmooth=20\noutput=Mask\n",
    "[p3m]\nsmooth=20\npeople=1,2 3\n",
    "[p3m]\nsmooth=20\npeople=1,2,3,4\n",
    "[p3m]\nsmooth=20\npeople=1,inf\n",
    "smooth=20\n",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_auto (P3mSettings) settings, untouched;
      p3m_settings_init (&settings);
      p3m_settings_init (&untouched);
      g_assert_false (p3m_settings_from_text (&settings, texts[i], &error));
      g_assert_nonnull (error);
      assert_equal (&settings, &untouched);
    }
}

static void
test_unknown_names (void)
{
  g_auto (P3mSettings) settings;
  p3m_settings_init (&settings);
  settings.refinement.feather = 3;
  g_assert_true (p3m_settings_from_text (&settings, "[p3m]\nfrom-the-future=1\nsmooth=20\n", NULL));
  g_assert_cmpfloat (settings.refinement.smooth, ==, 20);
  g_assert_cmpfloat (settings.refinement.feather, ==, 3);
}

static void
test_limits (void)
{
  g_auto (P3mSettings) settings;
  const P3mSetting *contrast = p3m_setting_find ("contrast");
  p3m_settings_init (&settings);
  p3m_setting_set_number (contrast, &settings, 1000);
  g_assert_cmpfloat (p3m_setting_get_number (contrast, &settings), ==, 100);
  p3m_setting_set_number (contrast, &settings, NAN);
  g_assert_cmpfloat (p3m_setting_get_number (contrast, &settings), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/settings/defaults", test_defaults);
  g_test_add_func ("/settings/table", test_table);
  g_test_add_func ("/settings/text", test_text);
  g_test_add_func ("/settings/bad-text", test_bad_text);
  g_test_add_func ("/settings/unknown-names", test_unknown_names);
  g_test_add_func ("/settings/limits", test_limits);
  return g_test_run ();
}
