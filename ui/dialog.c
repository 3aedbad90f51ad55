/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog: the person cut out of the layer, to be looked at, refined and taken. */
#include "dialog.h"

#include <math.h>
#include <unistd.h>
#include <gtk/gtk.h>
#include <glib/gi18n-lib.h>

#include "controls.h"
#include "model-chooser.h"
#include "places.h"
#include "preset-menu.h"
#include "preview.h"
#include "view-bar.h"
#include "worker.h"

#define TICK_MS 50

/* Distances of the GNOME HIG, in logical px. */
#define BORDER        12
#define SPACING       12
#define GROUP_SPACING 18

/* Logical px. The dialog fits a screen of 1280 x 900 with a panel of the desktop. */
#define WIDTH           1120
#define HEIGHT          830
#define MARGIN          48
#define LEAST_PREVIEW   320
#define PROGRESS_LENGTH 180

/* The rest of a run is told when this much of it has been seen. */
#define ESTIMATE_AFTER    (G_USEC_PER_SEC * 3 / 2)
#define ESTIMATE_FRACTION 0.05

/* There is nobody when less of the picture than this is a person. Looked at with this many px a side. */
#define LEAST_PERSON 0.0005
#define LOOK_SIDE    160

typedef struct
{
  P3mHost *host;
  P3mSettings *settings;
  pid_t host_process;

  GtkWidget *window, *preview, *info_bar, *info_label, *hint, *stage, *bar;
  GtkWidget *panel, *panel_window, *controls, *models, *strategy;
  guint tick; /* source, 0 = none */

  P3mWorker *worker;     /* NULL = nothing runs */
  gint64 started;        /* of the run or the writing, monotonic, us */
  P3mMatte *matte;       /* NULL = not made yet */
  GCancellable *writing; /* NULL = not writing */
  gboolean shows_trimap;
  P3mView view_before;  /* the trimap was shown */
  char *model;          /* of the last run */
  gboolean wants_draft; /* there is nothing better to be seen */
  P3mStrategy ran;      /* in the last run */
  gboolean has_opened;  /* the expander, and nothing was scrolled for it yet */
  gboolean updating;    /* widgets change because settings did */
} Dialog;

/* ---- what is said --------------------------------------------------------------------------- */

static void
show_message (Dialog *dialog, GtkMessageType type, const char *message)
{
  gtk_info_bar_set_message_type (GTK_INFO_BAR (dialog->info_bar), type);
  gtk_label_set_text (GTK_LABEL (dialog->info_label), message);
  gtk_widget_show (dialog->info_bar);
}

static void
show_problem (Dialog *dialog, const char *message)
{
  show_message (dialog, GTK_MESSAGE_ERROR, message);
}

static void
show_imported (Dialog *dialog, const char *name)
{
  g_autofree char *message = g_strdup_printf (_ ("The model “%s” is installed."), name);
  show_message (dialog, GTK_MESSAGE_INFO, message);
}

/* The time that is left, when it can be told: "Looking for the person — about 3 s left". */
static char *
tell_stage (Dialog *dialog, double fraction, const char *stage)
{
  const gint64 passed = g_get_monotonic_time () - dialog->started;
  if (passed < ESTIMATE_AFTER || fraction < ESTIMATE_FRACTION || fraction >= 1)
    return g_strdup (stage);
  const int left = (int) ceil ((double) passed / G_USEC_PER_SEC * (1 - fraction) / fraction);
  if (left < 100)
    return g_strdup_printf (_ ("%s — about %d s left"), stage, left);
  return g_strdup_printf (_ ("%s — about %d min left"), stage, (left + 30) / 60);
}

static void
show_progress (Dialog *dialog, double fraction, const char *stage)
{
  g_autofree char *text = tell_stage (dialog, fraction, stage);
  gtk_label_set_text (GTK_LABEL (dialog->stage), text);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (dialog->bar), fraction);
}

static void
show_error (Dialog *dialog, const GError *error)
{
  show_problem (dialog, error->message);
  gtk_label_set_text (GTK_LABEL (dialog->stage), _ ("The layer stays as it is."));
  gtk_widget_set_visible (dialog->bar, FALSE);
}

/* What OK will do. */
static void
show_promise (Dialog *dialog)
{
  static const char *const promises[] = {
    [P3M_OUTPUT_MASK] = N_ ("OK gives the layer this mask."),
    [P3M_OUTPUT_LAYER_WITH_MASK] = N_ ("OK adds a layer with this mask and hides the original."),
    [P3M_OUTPUT_CUT_OUT] = N_ ("OK adds a layer with this cut-out and hides the original."),
    [P3M_OUTPUT_SELECTION] = N_ ("OK selects the person."),
    [P3M_OUTPUT_CHANNEL] = N_ ("OK adds a channel with this matte."),
    [P3M_OUTPUT_TRIMAP] = N_ ("OK adds a channel with this trimap."),
  };
  if (!dialog->matte || dialog->worker || dialog->writing)
    return;
  gtk_label_set_text (GTK_LABEL (dialog->stage), _ (promises[dialog->settings->output]));
}

static void
show_result (Dialog *dialog)
{
  gtk_widget_set_visible (dialog->bar, FALSE);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, TRUE);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK);
  show_promise (dialog);
}

static void
show_hint (Dialog *dialog)
{
  const gboolean clicking = dialog->settings->keep == P3M_KEEP_POINTS;
  gtk_label_set_text (GTK_LABEL (dialog->hint),
                      clicking ? _ ("Click a person to keep them, and again to leave them out.")
                               : _ ("Scroll to zoom, drag to move. Keys 1 to 8 change the view."));
}

/* Whether the matte holds a person; without enough memory to look, that is believed. */
static gboolean
has_person (const P3mMatte *matte)
{
  const P3mRectangle all = { 0, 0, LOOK_SIDE, LOOK_SIDE };
  const int count = LOOK_SIDE * LOOK_SIDE;
  g_autofree float *alpha = g_new (float, count);
  if (!p3m_matte_render (matte, LOOK_SIDE, LOOK_SIDE, &all, alpha, NULL))
    return TRUE;
  int persons = 0;
  for (int i = 0; i < count; i++)
    persons += alpha[i] >= 0.5f;
  return persons >= LEAST_PERSON * count;
}

/* ---- the run -------------------------------------------------------------------------------- */

/* What was running is given up; what was seen stays until there is something new. */
static void
start_run (Dialog *dialog)
{
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  g_clear_pointer (&dialog->matte, p3m_matte_unref);
  gtk_widget_hide (dialog->info_bar);
  gtk_widget_set_visible (dialog->bar, TRUE);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  dialog->wants_draft |= g_strcmp0 (dialog->model, dialog->settings->model) != 0;
  g_free (dialog->model);
  dialog->model = g_strdup (dialog->settings->model);
  dialog->ran = dialog->settings->strategy;
  dialog->started = g_get_monotonic_time ();
  dialog->worker = p3m_worker_new (dialog->host, dialog->settings);
}

/* "Hybrid — about 12 s, 700 MB" */
static char *
tell_strategy (Dialog *dialog, P3mStrategy strategy, const char *label)
{
  double seconds;
  gsize memory;
  if (!p3m_worker_estimate (dialog->worker, strategy, &seconds, &memory))
    return g_strdup (label);
  g_autofree char *size = g_format_size (memory);
  return g_strdup_printf (_ ("%s — about %.0f s, %s"), label, MAX (seconds, 1), size);
}

/* What each strategy takes is known when the network has run once. */
static void
show_estimates (Dialog *dialog)
{
  GtkComboBoxText *list = GTK_COMBO_BOX_TEXT (dialog->strategy);
  const P3mChoice *choices = p3m_setting_find ("strategy")->choices;
  dialog->updating = TRUE;
  gtk_combo_box_text_remove_all (list);
  for (int i = 0; choices[i].name; i++)
    {
      g_autofree char *text = tell_strategy (dialog, (P3mStrategy) i, _ (choices[i].label));
      gtk_combo_box_text_append (list, choices[i].name, text);
    }
  gtk_combo_box_set_active (GTK_COMBO_BOX (list), (int) dialog->settings->strategy);
  dialog->updating = FALSE;
}

static void
show_matte (Dialog *dialog, P3mMatte *matte)
{
  p3m_preview_set_matte (P3M_PREVIEW (dialog->preview), matte);
  dialog->wants_draft = FALSE;
}

static void
take_matte (Dialog *dialog)
{
  g_autoptr (GError) error = NULL;
  show_estimates (dialog);
  dialog->matte = p3m_worker_finish (dialog->worker, &error);
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  if (!dialog->matte)
    {
      show_error (dialog, error);
      return;
    }
  show_matte (dialog, dialog->matte);
  show_result (dialog);
  if (!has_person (dialog->matte))
    show_message (dialog, GTK_MESSAGE_WARNING,
                  _ ("No person was found in this layer. Try another strategy or model, crop the "
                     "picture closer to the person, or brighten it."));
}

/* Something to look at while the run goes on, unless there is something better of the same model. */
static void
show_draft (Dialog *dialog)
{
  g_autoptr (P3mMatte) draft = p3m_worker_take_draft (dialog->worker);
  if (!draft)
    return;
  if (dialog->wants_draft)
    show_matte (dialog, draft);
  show_estimates (dialog);
}

static gboolean
on_tick (gpointer user_data)
{
  Dialog *dialog = user_data;
  double fraction;
  const char *stage;
  if (getppid () != dialog->host_process) /* the host has died: nobody waits for an answer */
    gtk_dialog_response (GTK_DIALOG (dialog->window), GTK_RESPONSE_CANCEL);
  if (!dialog->worker)
    return G_SOURCE_CONTINUE;
  const gboolean finished = p3m_worker_poll (dialog->worker, &fraction, &stage);
  show_progress (dialog, fraction, stage);
  if (finished)
    take_matte (dialog);
  else
    show_draft (dialog);
  return G_SOURCE_CONTINUE;
}

static void
on_write_progress (double fraction, const char *stage, gpointer user_data)
{
  show_progress (user_data, fraction, stage);
  while (gtk_events_pending ())
    gtk_main_iteration ();
}

/* Nothing but Cancel can be used while the host writes. */
static void
set_writing (Dialog *dialog, GCancellable *cancellable)
{
  dialog->writing = cancellable;
  dialog->started = g_get_monotonic_time ();
  gtk_widget_set_visible (dialog->bar, cancellable != NULL);
  gtk_widget_set_sensitive (dialog->panel, !cancellable);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, !cancellable);
}

/* Writing calls the host, so it happens on this thread; the dialog lives on in between. Who cancels during the last
 * of the work wants nothing of it either. */
static gboolean
write_result (Dialog *dialog, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gtk_widget_hide (dialog->info_bar);
  set_writing (dialog, cancellable);
  const gboolean written = dialog->host->write (dialog->host, dialog->matte, dialog->settings,
                                                on_write_progress, dialog, cancellable, error);
  set_writing (dialog, NULL);
  return written && !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static void
on_response (Dialog *dialog, int response)
{
  if (dialog->writing && response != GTK_RESPONSE_OK && response != GTK_RESPONSE_HELP)
    g_cancellable_cancel (dialog->writing);
}

static void
show_manual (Dialog *dialog)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *page = p3m_places_find_manual ();
  g_autofree char *uri = page ? g_filename_to_uri (page, NULL, NULL) : NULL;
  if (!uri)
    show_problem (dialog, _ ("The manual is not installed."));
  else if (!gtk_show_uri_on_window (GTK_WINDOW (dialog->window), uri, GDK_CURRENT_TIME, &error))
    show_problem (dialog, error->message);
}

/* TRUE: written. Otherwise the error is G_IO_ERROR_CANCELLED: everything else is shown, and another try
 * allowed. */
static gboolean
try_to_write (Dialog *dialog, GError **error)
{
  GError *problem = NULL;
  if (write_result (dialog, &problem))
    return TRUE;
  if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_propagate_error (error, problem);
      return FALSE;
    }
  show_result (dialog);
  show_error (dialog, problem);
  g_error_free (problem);
  return FALSE;
}

static gboolean
converse (Dialog *dialog, GError **error)
{
  GError *cancelled = NULL;
  while (!cancelled)
    {
      const int response = gtk_dialog_run (GTK_DIALOG (dialog->window));
      if (response == GTK_RESPONSE_HELP)
        show_manual (dialog);
      else if (response != GTK_RESPONSE_OK)
        break;
      else if (try_to_write (dialog, &cancelled))
        return TRUE;
    }
  if (!cancelled)
    cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Cancelled"));
  g_propagate_error (error, cancelled);
  return FALSE;
}

/* ---- the controls --------------------------------------------------------------------------- */

/* The first person is the one that a selection in the host means. */
static void
take_hint (Dialog *dialog)
{
  P3mSettings *settings = dialog->settings;
  if (settings->keep != P3M_KEEP_POINTS || *settings->people || !dialog->host->has_hint)
    return;
  g_autoptr (GArray) people = g_array_new (FALSE, FALSE, sizeof (P3mPoint));
  g_array_append_val (people, dialog->host->hint);
  p3m_settings_set_people (settings, people);
}

/* A trimap is looked at as what it is. */
static void
choose_view (Dialog *dialog)
{
  P3mPreview *preview = P3M_PREVIEW (dialog->preview);
  const P3mView view = p3m_preview_get_view (preview);
  const gboolean trimap = dialog->settings->output == P3M_OUTPUT_TRIMAP;
  if (trimap == dialog->shows_trimap)
    return;
  dialog->shows_trimap = trimap;
  if (trimap)
    dialog->view_before = view;
  if (trimap || view == P3M_VIEW_ALPHA)
    p3m_preview_set_view (preview, trimap ? P3M_VIEW_ALPHA : dialog->view_before);
}

/* Everything that is seen follows the settings; the network runs only when another one, or at another scale,
 * is wanted. */
static void
apply_settings (Dialog *dialog)
{
  if (dialog->writing) /* a model was imported meanwhile */
    return;
  take_hint (dialog);
  p3m_preview_set_settings (P3M_PREVIEW (dialog->preview), dialog->settings);
  choose_view (dialog);
  show_hint (dialog);
  if (dialog->settings->strategy != dialog->ran
      || !g_str_equal (dialog->settings->model, dialog->model))
    start_run (dialog);
  show_promise (dialog);
}

static void
on_preset (Dialog *dialog)
{
  dialog->updating = TRUE;
  p3m_controls_update (P3M_CONTROLS (dialog->controls));
  p3m_model_chooser_update (P3M_MODEL_CHOOSER (dialog->models));
  gtk_combo_box_set_active (GTK_COMBO_BOX (dialog->strategy), (int) dialog->settings->strategy);
  dialog->updating = FALSE;
  gtk_widget_hide (dialog->info_bar);
  apply_settings (dialog);
}

static void
on_strategy_chosen (Dialog *dialog)
{
  if (dialog->updating)
    return;
  p3m_setting_set_choice (p3m_setting_find ("strategy"), dialog->settings,
                          gtk_combo_box_get_active (GTK_COMBO_BOX (dialog->strategy)));
  apply_settings (dialog);
}

static void
on_preview_clicked (P3mPreview *preview, double x, double y, Dialog *dialog)
{
  const P3mPoint point = { x, y };
  (void) preview;
  if (dialog->settings->keep != P3M_KEEP_POINTS || dialog->writing)
    return;
  g_autoptr (GArray) people = p3m_settings_get_people (dialog->settings);
  g_array_append_val (people, point);
  p3m_settings_set_people (dialog->settings, people);
  apply_settings (dialog);
}

/* Not while a list is open or a number is typed, which have keys of their own. */
static gboolean
on_key_press (Dialog *dialog, GdkEventKey *event)
{
  if (GTK_IS_ENTRY (gtk_window_get_focus (GTK_WINDOW (dialog->window))))
    return GDK_EVENT_PROPAGATE;
  return p3m_preview_press_key (P3M_PREVIEW (dialog->preview), event);
}

/* ---- the widgets ---------------------------------------------------------------------------- */

static void
build_info_bar (Dialog *dialog)
{
  dialog->info_bar = gtk_info_bar_new ();
  dialog->info_label = gtk_label_new (NULL);
  gtk_info_bar_set_show_close_button (GTK_INFO_BAR (dialog->info_bar), TRUE);
  gtk_label_set_line_wrap (GTK_LABEL (dialog->info_label), TRUE);
  gtk_label_set_selectable (GTK_LABEL (dialog->info_label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (dialog->info_label), 0);
  gtk_container_add (
      GTK_CONTAINER (gtk_info_bar_get_content_area (GTK_INFO_BAR (dialog->info_bar))),
      dialog->info_label);
  gtk_widget_show (dialog->info_label);
  gtk_widget_set_no_show_all (dialog->info_bar, TRUE);
  g_signal_connect (dialog->info_bar, "response", G_CALLBACK (gtk_widget_hide), NULL);
}

static GtkWidget *
build_line (PangoEllipsizeMode ellipsize)
{
  GtkWidget *label = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (label), 0);
  gtk_label_set_ellipsize (GTK_LABEL (label), ellipsize);
  return label;
}

static GtkWidget *
build_status (Dialog *dialog)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, SPACING);
  dialog->stage = build_line (PANGO_ELLIPSIZE_END);
  dialog->bar = gtk_progress_bar_new ();
  gtk_widget_set_valign (dialog->bar, GTK_ALIGN_CENTER);
  gtk_widget_set_size_request (dialog->bar, PROGRESS_LENGTH, -1);
  atk_object_set_name (gtk_widget_get_accessible (dialog->bar), _ ("Progress"));
  gtk_box_pack_start (GTK_BOX (box), dialog->stage, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), dialog->bar, FALSE, FALSE, 0);
  return box;
}

static GtkWidget *
build_picture (Dialog *dialog)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING / 2);
  dialog->hint = build_line (PANGO_ELLIPSIZE_END);
  gtk_style_context_add_class (gtk_widget_get_style_context (dialog->hint), "dim-label");
  gtk_widget_set_size_request (dialog->preview, LEAST_PREVIEW, LEAST_PREVIEW);
  gtk_box_pack_start (GTK_BOX (box), p3m_view_bar_new (P3M_PREVIEW (dialog->preview)), FALSE, FALSE,
                      0);
  gtk_box_pack_start (GTK_BOX (box), dialog->preview, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), dialog->hint, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_status (dialog), FALSE, FALSE, 0);
  g_signal_connect (dialog->preview, "clicked", G_CALLBACK (on_preview_clicked), dialog);
  g_signal_connect_swapped (dialog->preview, "failed", G_CALLBACK (show_problem), dialog);
  return box;
}

static GtkWidget *
build_strategy (Dialog *dialog, GtkSizeGroup *labels)
{
  const P3mSetting *setting = p3m_setting_find ("strategy");
  dialog->strategy = gtk_combo_box_text_new ();
  for (const P3mChoice *choice = setting->choices; choice->name; choice++)
    gtk_combo_box_text_append (GTK_COMBO_BOX_TEXT (dialog->strategy), choice->name,
                               _ (choice->label));
  gtk_combo_box_set_active (GTK_COMBO_BOX (dialog->strategy), (int) dialog->settings->strategy);
  g_signal_connect_swapped (dialog->strategy, "changed", G_CALLBACK (on_strategy_chosen), dialog);
  return p3m_controls_build_row (setting, dialog->strategy, labels);
}

static void
on_expanded (Dialog *dialog)
{
  dialog->has_opened = TRUE;
}

static GtkWidget *
build_model (Dialog *dialog, GtkSizeGroup *labels)
{
  GtkWidget *expander = gtk_expander_new_with_mnemonic (_ ("Model and Qualit_y"));
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING / 2);
  GtkWidget *label = gtk_expander_get_label_widget (GTK_EXPANDER (expander));
  g_autofree char *markup = g_markup_printf_escaped ("<b>%s</b>", _ ("Model and Qualit_y"));
  gtk_label_set_markup_with_mnemonic (GTK_LABEL (label), markup);
  dialog->models = p3m_model_chooser_new (dialog->settings, labels);
  gtk_widget_set_margin_top (box, SPACING / 2);
  gtk_container_add (GTK_CONTAINER (box), build_strategy (dialog, labels));
  gtk_container_add (GTK_CONTAINER (box), dialog->models);
  gtk_container_add (GTK_CONTAINER (expander), box);
  g_signal_connect_swapped (expander, "notify::expanded", G_CALLBACK (on_expanded), dialog);
  g_signal_connect_swapped (dialog->models, "changed", G_CALLBACK (apply_settings), dialog);
  g_signal_connect_swapped (dialog->models, "imported", G_CALLBACK (show_imported), dialog);
  g_signal_connect_swapped (dialog->models, "failed", G_CALLBACK (show_problem), dialog);
  return expander;
}

static GtkWidget *
build_presets (Dialog *dialog)
{
  GtkWidget *presets = p3m_preset_menu_new (dialog->settings);
  gtk_widget_set_halign (presets, GTK_ALIGN_END);
  g_signal_connect_swapped (presets, "changed", G_CALLBACK (on_preset), dialog);
  g_signal_connect_swapped (presets, "failed", G_CALLBACK (show_problem), dialog);
  return presets;
}

/* Fourteen rows and their headings fit beside the picture when they are as low as GIMP's own. */
static void
make_compact (GtkWidget *panel)
{
  static const char style[]
      = ".p3m-panel spinbutton, .p3m-panel spinbutton entry, .p3m-panel spinbutton button,"
        ".p3m-panel button { min-height: 22px; padding-top: 1px; padding-bottom: 1px; }"
        ".p3m-panel spinbutton button { min-width: 14px; padding: 0 4px; }"
        ".p3m-panel button { padding-left: 8px; padding-right: 8px; }"
        ".p3m-panel scale { padding-top: 4px; padding-bottom: 4px; }";
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_data (provider, style, -1, NULL);
  gtk_style_context_add_provider_for_screen (gtk_widget_get_screen (panel),
                                             GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_style_context_add_class (gtk_widget_get_style_context (panel), "p3m-panel");
}

/* What has been opened at the panel's end is to be seen. */
static void
on_panel_resized (Dialog *dialog)
{
  GtkScrolledWindow *window = GTK_SCROLLED_WINDOW (dialog->panel_window);
  GtkAdjustment *place = gtk_scrolled_window_get_vadjustment (window);
  if (dialog->has_opened)
    gtk_adjustment_set_value (place, gtk_adjustment_get_upper (place));
  dialog->has_opened = FALSE;
}

/* What does not fit a small screen is scrolled. */
static GtkWidget *
build_panel (Dialog *dialog)
{
  g_autoptr (GtkSizeGroup) labels = gtk_size_group_new (GTK_SIZE_GROUP_HORIZONTAL);
  GtkWidget *panel = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING / 2);
  GtkWidget *window = gtk_scrolled_window_new (NULL, NULL);
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, GROUP_SPACING);
  dialog->controls = p3m_controls_new (dialog->settings, dialog->host->has_mask, labels);
  gtk_widget_set_margin_end (box, SPACING);
  gtk_container_add (GTK_CONTAINER (box), dialog->controls);
  gtk_container_add (GTK_CONTAINER (box), build_model (dialog, labels));
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (window), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_container_add (GTK_CONTAINER (window), box);
  dialog->panel = panel;
  dialog->panel_window = window;
  gtk_container_set_focus_vadjustment (
      GTK_CONTAINER (box), gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (window)));
  g_signal_connect_swapped (gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (window)),
                            "changed", G_CALLBACK (on_panel_resized), dialog);
  gtk_box_pack_start (GTK_BOX (panel), build_presets (dialog), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (panel), window, TRUE, TRUE, 0);
  gtk_widget_set_hexpand (panel, FALSE);
  make_compact (panel);
  g_signal_connect_swapped (dialog->controls, "changed", G_CALLBACK (apply_settings), dialog);
  return panel;
}

static void
build_content (Dialog *dialog)
{
  GtkWidget *content = gtk_dialog_get_content_area (GTK_DIALOG (dialog->window));
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, GROUP_SPACING);
  gtk_box_set_spacing (GTK_BOX (content), SPACING);
  build_info_bar (dialog);
  gtk_box_pack_start (GTK_BOX (content), dialog->info_bar, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (content), box, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_picture (dialog), TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_panel (dialog), FALSE, FALSE, 0);
}

/* No larger than what the screen leaves free around a title bar. */
static void
set_size (GtkWindow *window)
{
  GdkMonitor *monitor = gdk_display_get_monitor (gtk_widget_get_display (GTK_WIDGET (window)), 0);
  GdkRectangle space = { 0, 0, WIDTH + MARGIN, HEIGHT + MARGIN };
  if (monitor)
    gdk_monitor_get_workarea (monitor, &space);
  gtk_window_set_default_size (window, MIN (WIDTH, space.width - MARGIN),
                               MIN (HEIGHT, space.height - MARGIN));
}

static void
build_window (Dialog *dialog)
{
  dialog->window = gtk_dialog_new_with_buttons (
      _ ("P3M Matting"), NULL, 0, _ ("_Help"), GTK_RESPONSE_HELP, _ ("_Cancel"),
      GTK_RESPONSE_CANCEL, _ ("_OK"), GTK_RESPONSE_OK, NULL);
  set_size (GTK_WINDOW (dialog->window));
  gtk_container_set_border_width (GTK_CONTAINER (dialog->window), BORDER);
  build_content (dialog);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  g_signal_connect_swapped (dialog->window, "response", G_CALLBACK (on_response), dialog);
  g_signal_connect (dialog->window, "delete-event", G_CALLBACK (gtk_true), NULL);
  g_signal_connect_swapped (dialog->window, "key-press-event", G_CALLBACK (on_key_press), dialog);
  gtk_widget_realize (dialog->window);
  dialog->host->set_parent (dialog->host, GTK_WINDOW (dialog->window));
  gtk_widget_show_all (dialog->window);
  gtk_widget_grab_focus (dialog->preview); /* not Cancel: Enter means OK as soon as there is one */
}

/* ---- from start to end ---------------------------------------------------------------------- */

static void
start (Dialog *dialog)
{
  build_window (dialog);
  dialog->tick = g_timeout_add (TICK_MS, on_tick, dialog);
  start_run (dialog);
  apply_settings (dialog);
}

static void
finish (Dialog *dialog)
{
  gtk_widget_destroy (dialog->window);
  g_clear_handle_id (&dialog->tick, g_source_remove);
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  g_clear_pointer (&dialog->matte, p3m_matte_unref);
  g_clear_pointer (&dialog->model, g_free);
  while (gtk_events_pending ())
    gtk_main_iteration ();
}

gboolean
p3m_dialog_run (P3mHost *host, P3mSettings *settings, GError **error)
{
  Dialog dialog = { .host = host, .settings = settings, .host_process = getppid () };
  dialog.preview = p3m_preview_new (host, error);
  if (!dialog.preview)
    return FALSE;
  start (&dialog);
  const gboolean written = converse (&dialog, error);
  finish (&dialog);
  return written;
}
