/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog's panel of settings, made from the table of them. */
#include "controls.h"

#include <math.h>
#include <glib/gi18n-lib.h>

/* Distances of the GNOME HIG, in logical px. */
#define ROW_SPACING    6
#define COLUMN_SPACING 12
#define GROUP_SPACING  18

/* Least length of a slider, logical px. */
#define SLIDER_LENGTH 130

/* Sliders of a range above this are finer at its lower end. */
#define LINEAR_RANGE 300
#define BENDING      3

#define MOST_IN_GROUP 5

/* The groups of the panel and the settings in each. */
static const struct
{
  const char *title;
  const char *names[MOST_IN_GROUP];
} groups[] = {
  { N_ ("Edge"), { "edge-detail", "smooth", "shift-edge", "feather" } },
  { N_ ("Levels"), { "contrast", "black-point", "white-point" } },
  { N_ ("People"), { "keep", "specks", "holes" } },
  { N_ ("Output"), { "output", "existing", "decontaminate", "trimap-band" } },
};

/* One setting. value: in its own unit; position: of the slider, 0..1; list: of a choice. What a setting
 * does not have is NULL. */
typedef struct
{
  const P3mSetting *setting;
  GtkWidget *label;
  GtkAdjustment *value, *position;
  GtkWidget *slider, *spin, *list;
  P3mControls *controls;
} Row;

struct _P3mControls
{
  GtkBox parent_instance;
  P3mSettings *settings;
  gboolean has_mask;
  GPtrArray *rows;   /* of Row */
  gboolean updating; /* widgets change because settings did */
};

G_DEFINE_TYPE (P3mControls, p3m_controls, GTK_TYPE_BOX)

static guint changed;

/* ---- from settings to widgets and back -------------------------------------------------------- */

static double
get_bending (const P3mSetting *setting)
{
  return setting->most - setting->least > LINEAR_RANGE ? BENDING : 1;
}

static double
get_position (const P3mSetting *setting, double value)
{
  const double share = (value - setting->least) / (setting->most - setting->least);
  return pow (share, 1 / get_bending (setting));
}

static double
get_value (const P3mSetting *setting, double position)
{
  const double share = pow (position, get_bending (setting));
  const double step = pow (10, -setting->digits);
  return round ((setting->least + share * (setting->most - setting->least)) / step) * step;
}

/* What does not matter for the chosen output cannot be changed. */
static gboolean
matters (const P3mControls *self, const P3mSetting *setting)
{
  const P3mOutput output = self->settings->output;
  if (g_str_equal (setting->name, "existing"))
    return self->has_mask && output <= P3M_OUTPUT_CUT_OUT;
  if (g_str_equal (setting->name, "decontaminate"))
    return output == P3M_OUTPUT_LAYER_WITH_MASK || output == P3M_OUTPUT_CUT_OUT;
  if (g_str_equal (setting->name, "trimap-band"))
    return output == P3M_OUTPUT_TRIMAP;
  return TRUE;
}

static void
set_row_sensitive (const Row *row, gboolean sensitive)
{
  GtkWidget *const widgets[] = { row->label, row->slider, row->spin, row->list };
  for (gsize i = 0; i < G_N_ELEMENTS (widgets); i++)
    if (widgets[i])
      gtk_widget_set_sensitive (widgets[i], sensitive);
}

static void
row_update (Row *row)
{
  const P3mControls *self = row->controls;
  if (row->list)
    gtk_combo_box_set_active (GTK_COMBO_BOX (row->list),
                              p3m_setting_get_choice (row->setting, self->settings));
  else
    {
      const double value = p3m_setting_get_number (row->setting, self->settings);
      gtk_adjustment_set_value (row->value, value);
      gtk_adjustment_set_value (row->position, get_position (row->setting, value));
    }
  set_row_sensitive (row, matters (self, row->setting));
}

void
p3m_controls_update (P3mControls *self)
{
  self->updating = TRUE;
  for (guint i = 0; i < self->rows->len; i++)
    row_update (self->rows->pdata[i]);
  self->updating = FALSE;
}

static void
tell (Row *row)
{
  p3m_controls_update (row->controls);
  g_signal_emit (row->controls, changed, 0, row->setting);
}

static void
set_number (Row *row, double value)
{
  if (row->controls->updating
      || value == p3m_setting_get_number (row->setting, row->controls->settings))
    return;
  p3m_setting_set_number (row->setting, row->controls->settings, value);
  tell (row);
}

static void
on_value_changed (Row *row)
{
  set_number (row, gtk_adjustment_get_value (row->value));
}

static void
on_position_changed (Row *row)
{
  set_number (row, get_value (row->setting, gtk_adjustment_get_value (row->position)));
}

static void
on_chosen (Row *row)
{
  const int choice = gtk_combo_box_get_active (GTK_COMBO_BOX (row->list));
  if (row->controls->updating || choice < 0)
    return;
  p3m_setting_set_choice (row->setting, row->controls->settings, choice);
  tell (row);
}

/* ---- widgets ---------------------------------------------------------------------------------- */

/* Scrolling the panel with the wheel must not turn what the pointer comes across. */
static gboolean
on_scroll (GtkWidget *widget)
{
  g_signal_stop_emission_by_name (widget, "scroll-event");
  return GDK_EVENT_PROPAGATE;
}

static void
describe (GtkWidget *widget, const P3mSetting *setting)
{
  AtkObject *accessible = gtk_widget_get_accessible (widget);
  g_autofree char *name = g_strdup (_ (setting->label));
  g_autofree char *plain = NULL;
  if (pango_parse_markup (name, -1, '_', NULL, &plain, NULL, NULL))
    atk_object_set_name (accessible, plain);
  atk_object_set_description (accessible, _ (setting->description));
  gtk_widget_set_tooltip_text (widget, _ (setting->description));
  g_signal_connect (widget, "scroll-event", G_CALLBACK (on_scroll), NULL);
}

/* The number with its unit; reading it back, GTK stops at the unit. */
static gboolean
on_spin_output (GtkSpinButton *spin, Row *row)
{
  g_autofree char *text = g_strdup_printf (
      "%.*f %s", row->setting->digits, gtk_adjustment_get_value (row->value), row->setting->unit);
  if (g_strcmp0 (text, gtk_entry_get_text (GTK_ENTRY (spin))) != 0)
    gtk_entry_set_text (GTK_ENTRY (spin), text);
  return TRUE;
}

static int
on_spin_input (GtkSpinButton *spin, double *value, Row *row)
{
  const char *text = gtk_entry_get_text (GTK_ENTRY (spin));
  char *end;
  (void) row;
  *value = g_strtod (text, &end);
  return end == text ? GTK_INPUT_ERROR : TRUE;
}

static void
make_spin (Row *row)
{
  const P3mSetting *setting = row->setting;
  const double step = MAX (pow (10, -setting->digits), setting->most > 1 ? 1 : 0.01);
  row->value = g_object_ref_sink (
      gtk_adjustment_new (setting->initial, setting->least, setting->most, step, 10 * step, 0));
  row->spin = gtk_spin_button_new (row->value, step, setting->digits);
  gtk_spin_button_set_update_policy (GTK_SPIN_BUTTON (row->spin), GTK_UPDATE_IF_VALID);
  gtk_entry_set_alignment (GTK_ENTRY (row->spin), 1);
  gtk_entry_set_activates_default (GTK_ENTRY (row->spin), TRUE);
  if (*setting->unit)
    {
      g_signal_connect (row->spin, "output", G_CALLBACK (on_spin_output), row);
      g_signal_connect (row->spin, "input", G_CALLBACK (on_spin_input), row);
    }
  g_signal_connect_swapped (row->value, "value-changed", G_CALLBACK (on_value_changed), row);
  describe (row->spin, setting);
}

static void
make_slider (Row *row)
{
  const P3mSetting *setting = row->setting;
  row->position = g_object_ref_sink (gtk_adjustment_new (0, 0, 1, 0.01, 0.1, 0));
  row->slider = gtk_scale_new (GTK_ORIENTATION_HORIZONTAL, row->position);
  gtk_scale_set_draw_value (GTK_SCALE (row->slider), FALSE);
  gtk_range_set_round_digits (GTK_RANGE (row->slider), -1);
  gtk_scale_add_mark (GTK_SCALE (row->slider), get_position (setting, setting->initial),
                      GTK_POS_BOTTOM, NULL);
  gtk_widget_set_hexpand (row->slider, TRUE);
  gtk_widget_set_size_request (row->slider, SLIDER_LENGTH, -1);
  g_signal_connect_swapped (row->position, "value-changed", G_CALLBACK (on_position_changed), row);
  describe (row->slider, setting);
}

/* A long entry must not make the panel wider. */
static void
ellipsize_entries (GtkWidget *list)
{
  g_autoptr (GList) cells = gtk_cell_layout_get_cells (GTK_CELL_LAYOUT (list));
  for (GList *cell = cells; cell; cell = cell->next)
    g_object_set (cell->data, "ellipsize", PANGO_ELLIPSIZE_END, NULL);
}

static void
make_list (Row *row)
{
  row->list = gtk_combo_box_text_new ();
  for (const P3mChoice *choice = row->setting->choices; choice->name; choice++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (row->list), choice->name, _ (choice->label));
  g_signal_connect_swapped (row->list, "changed", G_CALLBACK (on_chosen), row);
  describe (row->list, row->setting);
  ellipsize_entries (row->list);
}

static GtkWidget *
make_label (const P3mSetting *setting, GtkWidget *control)
{
  GtkWidget *label = gtk_label_new_with_mnemonic (_ (setting->label));
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), control);
  gtk_widget_set_tooltip_text (label, _ (setting->description));
  return label;
}

GtkWidget *
p3m_controls_build_row (const P3mSetting *setting, GtkWidget *control, GtkSizeGroup *labels)
{
  GtkWidget *row = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, COLUMN_SPACING);
  GtkWidget *label = make_label (setting, control);
  describe (control, setting);
  ellipsize_entries (control);
  gtk_size_group_add_widget (labels, label);
  gtk_box_pack_start (GTK_BOX (row), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (row), control, TRUE, TRUE, 0);
  return row;
}

static void
row_free (gpointer data)
{
  Row *row = data;
  g_clear_object (&row->value);
  g_clear_object (&row->position);
  g_free (row);
}

static void
add_row (P3mControls *self, GtkGrid *grid, int place, const P3mSetting *setting)
{
  Row *row = g_new0 (Row, 1);
  row->setting = setting;
  row->controls = self;
  g_ptr_array_add (self->rows, row);
  if (setting->type == P3M_SETTING_CHOICE)
    make_list (row);
  else
    {
      make_spin (row);
      make_slider (row);
    }
  row->label = make_label (setting, row->list ? row->list : row->spin);
  gtk_grid_attach (grid, row->label, 0, place, 1, 1);
  gtk_grid_attach (grid, row->list ? row->list : row->slider, 1, place, row->list ? 2 : 1, 1);
  if (row->spin)
    gtk_grid_attach (grid, row->spin, 2, place, 1, 1);
}

static void
add_group (P3mControls *self, const char *title, const char *const *names, GtkSizeGroup *labels,
           GtkSizeGroup *spins)
{
  GtkWidget *grid = gtk_grid_new ();
  GtkWidget *heading = gtk_label_new (NULL);
  g_autofree char *markup = g_markup_printf_escaped ("<b>%s</b>", title);
  gtk_label_set_markup (GTK_LABEL (heading), markup);
  gtk_label_set_xalign (GTK_LABEL (heading), 0);
  gtk_grid_set_row_spacing (GTK_GRID (grid), ROW_SPACING);
  gtk_grid_set_column_spacing (GTK_GRID (grid), COLUMN_SPACING);
  gtk_grid_attach (GTK_GRID (grid), heading, 0, 0, 3, 1);
  for (int i = 0; i < MOST_IN_GROUP && names[i]; i++)
    {
      add_row (self, GTK_GRID (grid), i + 1, p3m_setting_find (names[i]));
      const Row *row = self->rows->pdata[self->rows->len - 1];
      gtk_size_group_add_widget (labels, row->label);
      if (row->spin)
        gtk_size_group_add_widget (spins, row->spin);
    }
  gtk_container_add (GTK_CONTAINER (self), grid);
}

/* ---- the object ------------------------------------------------------------------------------- */

static void
p3m_controls_finalize (GObject *object)
{
  g_ptr_array_unref (P3M_CONTROLS (object)->rows);
  G_OBJECT_CLASS (p3m_controls_parent_class)->finalize (object);
}

static void
p3m_controls_class_init (P3mControlsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = p3m_controls_finalize;
  changed = g_signal_new ("changed", P3M_TYPE_CONTROLS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                          G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
p3m_controls_init (P3mControls *self)
{
  self->rows = g_ptr_array_new_with_free_func (row_free);
}

GtkWidget *
p3m_controls_new (P3mSettings *settings, gboolean has_mask, GtkSizeGroup *labels)
{
  P3mControls *self = g_object_new (P3M_TYPE_CONTROLS, "orientation", GTK_ORIENTATION_VERTICAL,
                                    "spacing", GROUP_SPACING, NULL);
  g_autoptr (GtkSizeGroup) spins = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  self->settings = settings;
  self->has_mask = has_mask;
  for (gsize i = 0; i < G_N_ELEMENTS (groups); i++)
    add_group (self, _ (groups[i].title), groups[i].names, labels, spins);
  p3m_controls_update (self);
  return GTK_WIDGET (self);
}
