/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The panel: each control changes its own setting and no other, shows what is set, and can be read aloud. */
#include "controls.h"

#include <string.h>

/* What of the panel is being looked at. */
typedef struct
{
  P3mSettings settings;
  GtkWidget *window, *panel;
  GPtrArray *spins, *sliders, *lists, *labels;
  const P3mSetting *changed; /* told last */
  int changes;
} Panel;

static void
collect (GtkWidget *widget, gpointer user_data)
{
  Panel *panel = user_data;
  if (GTK_IS_SPIN_BUTTON (widget))
    g_ptr_array_add (panel->spins, widget);
  else if (GTK_IS_SCALE (widget))
    g_ptr_array_add (panel->sliders, widget);
  else if (GTK_IS_COMBO_BOX (widget))
    g_ptr_array_add (panel->lists, widget);
  else if (GTK_IS_LABEL (widget))
    g_ptr_array_add (panel->labels, widget);
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_foreach (GTK_CONTAINER (widget), collect, user_data);
}

static GtkWidget *
find_label (const Panel *panel, const char *text)
{
  for (guint i = 0; i < panel->labels->len; i++)
    if (g_str_equal (gtk_label_get_text (panel->labels->pdata[i]), text))
      return panel->labels->pdata[i];
  g_assert_not_reached ();
}

static gboolean
is_sensitive (const Panel *panel, const char *label)
{
  return gtk_widget_get_sensitive (find_label (panel, label));
}

static void
on_changed (P3mControls *controls, const P3mSetting *setting, Panel *panel)
{
  (void) controls;
  panel->changed = setting;
  panel->changes++;
}

static Panel *
panel_new (gboolean has_mask)
{
  Panel *panel = g_new0 (Panel, 1);
  p3m_settings_init (&panel->settings);
  panel->window = gtk_offscreen_window_new ();
  g_autoptr (GtkSizeGroup) labels = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  panel->panel = p3m_controls_new (&panel->settings, has_mask, labels);
  panel->spins = g_ptr_array_new ();
  panel->sliders = g_ptr_array_new ();
  panel->lists = g_ptr_array_new ();
  panel->labels = g_ptr_array_new ();
  gtk_container_add (GTK_CONTAINER (panel->window), panel->panel);
  gtk_widget_show_all (panel->window);
  collect (panel->panel, panel);
  g_signal_connect (panel->panel, "changed", G_CALLBACK (on_changed), panel);
  return panel;
}

static void
panel_free (Panel *panel)
{
  gtk_widget_destroy (panel->window);
  g_ptr_array_unref (panel->spins);
  g_ptr_array_unref (panel->sliders);
  g_ptr_array_unref (panel->lists);
  g_ptr_array_unref (panel->labels);
  p3m_settings_clear (&panel->settings);
  g_free (panel);
}

/* All settings as they were but the one that was told. */
static void
check_only_told_changed (const Panel *panel, const P3mSettings *before)
{
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_autofree char *was = p3m_setting_format (setting, before);
      g_autofree char *is = p3m_setting_format (setting, &panel->settings);
      if (setting == panel->changed)
        g_assert_cmpstr (was, !=, is);
      else
        g_assert_cmpstr (was, ==, is);
    }
}

/* Every number has a slider and a field; every choice but that of the scales has a list. */
static void
test_complete (void)
{
  Panel *panel = panel_new (FALSE);
  guint numbers = 0, choices = 0;
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      numbers += setting->type == P3M_SETTING_NUMBER;
      choices += setting->type == P3M_SETTING_CHOICE && !g_str_equal (setting->name, "strategy");
    }
  g_assert_cmpuint (panel->spins->len, ==, numbers);
  g_assert_cmpuint (panel->sliders->len, ==, numbers);
  g_assert_cmpuint (panel->lists->len, ==, choices);
  panel_free (panel);
}

/* A field's number is the setting; its slider follows, and back again. */
static void
test_numbers (void)
{
  Panel *panel = panel_new (FALSE);
  for (guint i = 0; i < panel->spins->len; i++)
    {
      GtkSpinButton *spin = panel->spins->pdata[i];
      g_auto (P3mSettings) before = { .model = NULL };
      double least, most;
      gtk_spin_button_get_range (spin, &least, &most);
      p3m_settings_copy (&before, &panel->settings);
      const double value = gtk_spin_button_get_value (spin) == most ? least : most;
      panel->changes = 0;
      gtk_spin_button_set_value (spin, value);
      g_assert_cmpint (panel->changes, ==, 1);
      g_assert_cmpfloat (p3m_setting_get_number (panel->changed, &panel->settings), ==, value);
      g_assert_cmpfloat_with_epsilon (gtk_range_get_value (panel->sliders->pdata[i]),
                                      value == most ? 1 : 0, 1e-9);
      check_only_told_changed (panel, &before);
    }
  panel_free (panel);
}

static void
test_sliders (void)
{
  Panel *panel = panel_new (FALSE);
  for (guint i = 0; i < panel->sliders->len; i++)
    {
      g_auto (P3mSettings) before = { .model = NULL };
      p3m_settings_copy (&before, &panel->settings);
      panel->changes = 0;
      gtk_range_set_value (panel->sliders->pdata[i], 0.8);
      g_assert_cmpint (panel->changes, ==, 1);
      check_only_told_changed (panel, &before);
      const double value = p3m_setting_get_number (panel->changed, &panel->settings);
      g_assert_cmpfloat (gtk_spin_button_get_value (panel->spins->pdata[i]), ==, value);
      g_assert_cmpfloat_with_epsilon (gtk_range_get_value (panel->sliders->pdata[i]), 0.8, 0.01);
    }
  panel_free (panel);
}

static void
test_choices (void)
{
  Panel *panel = panel_new (TRUE);
  for (guint i = 0; i < panel->lists->len; i++)
    {
      g_auto (P3mSettings) before = { .model = NULL };
      p3m_settings_copy (&before, &panel->settings);
      gtk_combo_box_set_active (panel->lists->pdata[i], 1);
      check_only_told_changed (panel, &before);
      g_assert_cmpint (p3m_setting_get_choice (panel->changed, &panel->settings), ==, 1);
    }
  panel_free (panel);
}

/* What is set elsewhere is shown, and nobody is told that a person did it. */
static void
test_update (void)
{
  Panel *panel = panel_new (FALSE);
  const P3mSetting *feather = p3m_setting_find ("feather");
  p3m_setting_set_number (feather, &panel->settings, 17.5);
  panel->settings.keep = P3M_KEEP_LARGEST;
  p3m_controls_update (P3M_CONTROLS (panel->panel));
  g_assert_cmpint (panel->changes, ==, 0);
  gboolean found = FALSE;
  for (guint i = 0; i < panel->spins->len; i++)
    found |= g_str_equal (gtk_entry_get_text (panel->spins->pdata[i]), "17.5 px");
  g_assert_true (found);
  p3m_settings_clear (&panel->settings);
  p3m_settings_init (&panel->settings);
  p3m_controls_update (P3M_CONTROLS (panel->panel));
  g_assert_cmpfloat (p3m_setting_get_number (feather, &panel->settings), ==, 0);
  panel_free (panel);
}

/* The field of feathering takes a number with and without its unit. */
static void
test_units (void)
{
  static const char *const texts[] = { "12.5", "12.5 px", "12.5px" };
  Panel *panel = panel_new (FALSE);
  GtkWidget *label = find_label (panel, "Feather");
  GtkSpinButton *spin = GTK_SPIN_BUTTON (gtk_label_get_mnemonic_widget (GTK_LABEL (label)));
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      gtk_spin_button_set_value (spin, 0);
      gtk_entry_set_text (GTK_ENTRY (spin), texts[i]);
      gtk_spin_button_update (spin);
      g_assert_cmpfloat (panel->settings.refinement.feather, ==, 12.5);
    }
  gtk_entry_set_text (GTK_ENTRY (spin), "much");
  gtk_spin_button_update (spin);
  g_assert_cmpfloat (panel->settings.refinement.feather, ==, 12.5);
  panel_free (panel);
}

static void
check_sensitive (gboolean has_mask, P3mOutput output, gboolean existing, gboolean colours,
                 gboolean band)
{
  Panel *panel = panel_new (has_mask);
  panel->settings.output = output;
  p3m_controls_update (P3M_CONTROLS (panel->panel));
  g_assert_cmpint (is_sensitive (panel, "Existing mask"), ==, existing);
  g_assert_cmpint (is_sensitive (panel, "Decontaminate colours"), ==, colours);
  g_assert_cmpint (is_sensitive (panel, "Trimap band"), ==, band);
  panel_free (panel);
}

static void
test_sensitive (void)
{
  check_sensitive (FALSE, P3M_OUTPUT_MASK, FALSE, FALSE, FALSE);
  check_sensitive (TRUE, P3M_OUTPUT_MASK, TRUE, FALSE, FALSE);
  check_sensitive (TRUE, P3M_OUTPUT_LAYER_WITH_MASK, TRUE, TRUE, FALSE);
  check_sensitive (TRUE, P3M_OUTPUT_CHANNEL, FALSE, FALSE, FALSE);
  check_sensitive (FALSE, P3M_OUTPUT_CUT_OUT, FALSE, TRUE, FALSE);
  check_sensitive (FALSE, P3M_OUTPUT_SELECTION, FALSE, FALSE, FALSE);
  check_sensitive (FALSE, P3M_OUTPUT_TRIMAP, FALSE, FALSE, TRUE);
}

static void
check_described (GPtrArray *widgets)
{
  for (guint i = 0; i < widgets->len; i++)
    {
      AtkObject *accessible = gtk_widget_get_accessible (widgets->pdata[i]);
      const char *name = atk_object_get_name (accessible);
      g_assert_true (name && *name && !strchr (name, '_'));
      g_assert_nonnull (atk_object_get_description (accessible));
      g_assert_nonnull (gtk_widget_get_tooltip_text (widgets->pdata[i]));
    }
}

/* A letter for each control, and none twice; V, T, C, H, R and Y are the rest of the dialog's. */
static void
test_keyboard (void)
{
  Panel *panel = panel_new (TRUE);
  gboolean taken[128] = { FALSE };
  for (const char *letter = "vtchry"; *letter; letter++)
    taken[(guint8) *letter] = TRUE;
  for (guint i = 0; i < panel->labels->len; i++)
    {
      GtkLabel *label = panel->labels->pdata[i];
      const guint key = gdk_keyval_to_lower (gtk_label_get_mnemonic_keyval (label));
      if (!gtk_label_get_mnemonic_widget (label))
        continue; /* a heading */
      g_assert_cmpuint (key, <, 128);
      g_assert_false (taken[key]);
      taken[key] = TRUE;
    }
  check_described (panel->spins);
  check_described (panel->sliders);
  check_described (panel->lists);
  panel_free (panel);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!gtk_init_check (&argc, &argv))
    {
      g_print ("1..0 # SKIP there is no display\n");
      return 0;
    }
  g_test_add_func ("/controls/complete", test_complete);
  g_test_add_func ("/controls/numbers", test_numbers);
  g_test_add_func ("/controls/sliders", test_sliders);
  g_test_add_func ("/controls/choices", test_choices);
  g_test_add_func ("/controls/update", test_update);
  g_test_add_func ("/controls/units", test_units);
  g_test_add_func ("/controls/sensitive", test_sensitive);
  g_test_add_func ("/controls/keyboard", test_keyboard);
  return g_test_run ();
}
