/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog: the person cut out of the layer, to be looked at and taken. */
#include "dialog.h"

#include <unistd.h>
#include <gtk/gtk.h>
#include <glib/gi18n-lib.h>

#include "preview.h"
#include "worker.h"

#define TICK_MS 100

/* Distances of the GNOME HIG, in logical px. */
#define BORDER  12
#define SPACING 12

typedef struct
{
  P3mHost *host;
  P3mSettings *settings;
  pid_t host_process;

  GtkWidget *window, *preview, *info_bar, *info_label, *stage, *bar;
  GtkWidget *view, *colour, *model, *strategy;
  guint tick; /* source, 0 = none */

  P3mWorker *worker;     /* NULL = nothing runs */
  P3mMatte *matte;       /* NULL = not made yet */
  GCancellable *writing; /* NULL = not writing */
} Dialog;

/* ---- what is said --------------------------------------------------------------------------- */

static void
show_progress (Dialog *dialog, double fraction, const char *stage)
{
  gtk_label_set_text (GTK_LABEL (dialog->stage), stage);
  gtk_progress_bar_set_fraction (GTK_PROGRESS_BAR (dialog->bar), fraction);
}

static void
show_error (Dialog *dialog, const GError *error)
{
  gtk_label_set_text (GTK_LABEL (dialog->info_label), error->message);
  gtk_widget_show (dialog->info_bar);
  gtk_label_set_text (GTK_LABEL (dialog->stage), _ ("The layer stays as it is."));
  gtk_widget_set_opacity (dialog->bar, 0);
}

static void
show_result (Dialog *dialog)
{
  gtk_label_set_text (GTK_LABEL (dialog->stage), _ ("Press OK to give the layer this mask."));
  gtk_widget_set_opacity (dialog->bar, 0);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, TRUE);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK);
}

/* ---- the run -------------------------------------------------------------------------------- */

/* What was running is given up. */
static void
start_run (Dialog *dialog)
{
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  g_clear_pointer (&dialog->matte, p3m_matte_unref);
  gtk_widget_hide (dialog->info_bar);
  gtk_widget_set_opacity (dialog->bar, 1);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  dialog->worker = p3m_worker_new (&dialog->host->source, dialog->settings);
}

static void
take_matte (Dialog *dialog)
{
  g_autoptr (GError) error = NULL;
  dialog->matte = p3m_worker_finish (dialog->worker, &error);
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  if (dialog->matte && p3m_preview_set_matte (P3M_PREVIEW (dialog->preview), dialog->matte, &error))
    show_result (dialog);
  else
    show_error (dialog, error);
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
  return G_SOURCE_CONTINUE;
}

static void
on_write_progress (double fraction, const char *stage, gpointer user_data)
{
  show_progress (user_data, fraction, stage);
  while (gtk_events_pending ())
    gtk_main_iteration ();
}

/* Writing calls the host, so it happens on this thread; the dialog lives on in between. */
static gboolean
write_mask (Dialog *dialog, GError **error)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gtk_widget_set_opacity (dialog->bar, 1);
  gtk_widget_hide (dialog->info_bar);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  dialog->writing = cancellable;
  const gboolean written = dialog->host->write (dialog->host, dialog->matte, dialog->settings,
                                                on_write_progress, dialog, cancellable, error);
  dialog->writing = NULL;
  return written;
}

static void
on_response (Dialog *dialog, int response)
{
  if (dialog->writing && response != GTK_RESPONSE_OK)
    g_cancellable_cancel (dialog->writing);
}

/* TRUE: written. Otherwise the error is G_IO_ERROR_CANCELLED: everything else is shown, and another try
 * allowed. */
static gboolean
converse (Dialog *dialog, GError **error)
{
  while (gtk_dialog_run (GTK_DIALOG (dialog->window)) == GTK_RESPONSE_OK)
    {
      GError *problem = NULL;
      if (write_mask (dialog, &problem))
        return TRUE;
      if (g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        {
          g_propagate_error (error, problem);
          return FALSE;
        }
      show_result (dialog);
      show_error (dialog, problem);
      g_error_free (problem);
    }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _ ("Cancelled"));
  return FALSE;
}

/* ---- the controls --------------------------------------------------------------------------- */

static void
on_view_chosen (Dialog *dialog)
{
  p3m_preview_set_view (P3M_PREVIEW (dialog->preview),
                        (P3mView) gtk_combo_box_get_active (GTK_COMBO_BOX (dialog->view)));
}

static void
on_view_changed (Dialog *dialog)
{
  const P3mView view = p3m_preview_get_view (P3M_PREVIEW (dialog->preview));
  gtk_combo_box_set_active (GTK_COMBO_BOX (dialog->view), (int) view);
  gtk_widget_set_visible (dialog->colour, view == P3M_VIEW_COLOUR);
}

static void
on_colour_chosen (Dialog *dialog)
{
  GdkRGBA colour;
  gtk_color_chooser_get_rgba (GTK_COLOR_CHOOSER (dialog->colour), &colour);
  p3m_preview_set_colour (P3M_PREVIEW (dialog->preview), &colour);
}

static void
on_fit (Dialog *dialog)
{
  p3m_preview_set_zoom (P3M_PREVIEW (dialog->preview), 0);
}

static void
on_one_to_one (Dialog *dialog)
{
  p3m_preview_set_zoom (P3M_PREVIEW (dialog->preview), 1);
}

static void
on_model_chosen (Dialog *dialog)
{
  p3m_setting_set_text (p3m_setting_find ("model"), dialog->settings,
                        gtk_combo_box_get_active_id (GTK_COMBO_BOX (dialog->model)));
  start_run (dialog);
}

static void
on_strategy_chosen (Dialog *dialog)
{
  dialog->settings->strategy
      = (P3mStrategy) gtk_combo_box_get_active (GTK_COMBO_BOX (dialog->strategy));
  start_run (dialog);
}

/* Not while a list is open, which has keys of its own. */
static gboolean
on_key_press (Dialog *dialog, GdkEventKey *event)
{
  return p3m_preview_press_key (P3M_PREVIEW (dialog->preview), event);
}

/* ---- the widgets ---------------------------------------------------------------------------- */

static void
build_info_bar (Dialog *dialog)
{
  dialog->info_bar = gtk_info_bar_new ();
  dialog->info_label = gtk_label_new (NULL);
  gtk_info_bar_set_message_type (GTK_INFO_BAR (dialog->info_bar), GTK_MESSAGE_ERROR);
  gtk_label_set_line_wrap (GTK_LABEL (dialog->info_label), TRUE);
  gtk_label_set_selectable (GTK_LABEL (dialog->info_label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (dialog->info_label), 0);
  gtk_container_add (
      GTK_CONTAINER (gtk_info_bar_get_content_area (GTK_INFO_BAR (dialog->info_bar))),
      dialog->info_label);
  gtk_widget_show (dialog->info_label);
  gtk_widget_set_no_show_all (dialog->info_bar, TRUE);
}

static GtkWidget *
build_progress (Dialog *dialog)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING / 2);
  dialog->stage = gtk_label_new (NULL);
  dialog->bar = gtk_progress_bar_new ();
  gtk_label_set_xalign (GTK_LABEL (dialog->stage), 0);
  gtk_label_set_ellipsize (GTK_LABEL (dialog->stage), PANGO_ELLIPSIZE_END);
  atk_object_set_name (gtk_widget_get_accessible (dialog->bar), _ ("Progress"));
  gtk_container_add (GTK_CONTAINER (box), dialog->stage);
  gtk_container_add (GTK_CONTAINER (box), dialog->bar);
  return box;
}

/* Packs a control with its label. */
static void
add_control (GtkWidget *box, const char *text, GtkWidget *control)
{
  GtkWidget *label = gtk_label_new_with_mnemonic (text);
  gtk_label_set_mnemonic_widget (GTK_LABEL (label), control);
  gtk_box_pack_start (GTK_BOX (box), label, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), control, FALSE, FALSE, 0);
}

static GtkWidget *
build_button (Dialog *dialog, const char *text, const char *tip, void (*pressed) (Dialog *))
{
  GtkWidget *button = gtk_button_new_with_mnemonic (text);
  gtk_widget_set_tooltip_text (button, tip);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (pressed), dialog);
  return button;
}

/* Each with the key that chooses it. */
static GtkWidget *
build_view_list (P3mView active)
{
  static const char *const names[P3M_VIEWS] = { N_ ("Original"),    N_ ("On a checkerboard"),
                                                N_ ("On black"),    N_ ("On white"),
                                                N_ ("On a colour"), N_ ("Red overlay"),
                                                N_ ("Alpha matte"), N_ ("Before and after") };
  GtkWidget *list = gtk_combo_box_text_new ();
  for (int i = 0; i < P3M_VIEWS; i++)
    {
      g_autofree char *entry = g_strdup_printf ("%d  %s", i + 1, _ (names[i]));
      gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (list), entry);
    }
  gtk_combo_box_set_active (GTK_COMBO_BOX (list), (int) active);
  return list;
}

static GtkWidget *
build_view_controls (Dialog *dialog)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, SPACING / 2);
  dialog->view = build_view_list (p3m_preview_get_view (P3M_PREVIEW (dialog->preview)));
  dialog->colour = gtk_color_button_new_with_rgba (&(GdkRGBA){ 0.2, 0.6, 0.3, 1 });
  on_colour_chosen (dialog);
  atk_object_set_name (gtk_widget_get_accessible (dialog->colour), _ ("Background colour"));
  gtk_widget_set_no_show_all (dialog->colour, TRUE);
  add_control (box, _ ("_View:"), dialog->view);
  gtk_box_pack_start (GTK_BOX (box), dialog->colour, FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (box),
                    build_button (dialog, _ ("_1:1"),
                                  _ ("One pixel of the layer on one of the screen"), on_one_to_one),
                    FALSE, FALSE, 0);
  gtk_box_pack_end (GTK_BOX (box),
                    build_button (dialog, _ ("_Fit"), _ ("Show the whole layer"), on_fit), FALSE,
                    FALSE, 0);
  g_signal_connect_swapped (dialog->view, "changed", G_CALLBACK (on_view_chosen), dialog);
  g_signal_connect_swapped (dialog->preview, "view-changed", G_CALLBACK (on_view_changed), dialog);
  g_signal_connect_swapped (dialog->colour, "color-set", G_CALLBACK (on_colour_chosen), dialog);
  return box;
}

/* Every sound model by its name; the best first, as the empty name; one that was chosen elsewhere last. */
static GtkWidget *
build_model_list (const char *chosen)
{
  GtkWidget *list = gtk_combo_box_text_new ();
  GtkComboBoxText *rows = GTK_COMBO_BOX_TEXT (list);
  g_autoptr (GPtrArray) models = p3m_models_list ();
  gboolean first = TRUE;
  for (guint i = 0; i < models->len; i++)
    {
      const P3mModelInfo *info = models->pdata[i];
      if (info->problem)
        continue;
      if (first && !g_str_equal (chosen, info->id))
        gtk_combo_box_text_append (rows, "", info->name);
      else
        gtk_combo_box_text_append (rows, info->id, info->name);
      first = FALSE;
    }
  if (!gtk_combo_box_set_active_id (GTK_COMBO_BOX (list), chosen) && *chosen)
    {
      g_autofree char *name = g_path_get_basename (chosen);
      gtk_combo_box_text_append (rows, chosen, name);
      gtk_combo_box_set_active_id (GTK_COMBO_BOX (list), chosen);
    }
  return list;
}

static GtkWidget *
build_run_controls (Dialog *dialog)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, SPACING / 2);
  dialog->model = build_model_list (dialog->settings->model);
  dialog->strategy = gtk_combo_box_text_new ();
  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (dialog->strategy), _ ("Automatic"));
  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (dialog->strategy), _ ("Resize"));
  gtk_combo_box_text_append_text (GTK_COMBO_BOX_TEXT (dialog->strategy), _ ("Hybrid"));
  gtk_combo_box_set_active (GTK_COMBO_BOX (dialog->strategy), (int) dialog->settings->strategy);
  gtk_widget_set_tooltip_text (dialog->strategy,
                               _ ("The scales at which the picture is looked at"));
  add_control (box, _ ("_Model:"), dialog->model);
  add_control (box, _ ("_Strategy:"), dialog->strategy);
  g_signal_connect_swapped (dialog->model, "changed", G_CALLBACK (on_model_chosen), dialog);
  g_signal_connect_swapped (dialog->strategy, "changed", G_CALLBACK (on_strategy_chosen), dialog);
  return box;
}

static void
build_content (Dialog *dialog)
{
  GtkWidget *content = gtk_dialog_get_content_area (GTK_DIALOG (dialog->window));
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING);
  gtk_box_set_spacing (GTK_BOX (content), SPACING);
  gtk_widget_set_size_request (dialog->preview, 320, 240);
  build_info_bar (dialog);
  gtk_box_pack_start (GTK_BOX (content), dialog->info_bar, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (content), box, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_view_controls (dialog), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), dialog->preview, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_run_controls (dialog), FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_progress (dialog), FALSE, FALSE, 0);
}

static void
build_window (Dialog *dialog)
{
  dialog->window
      = gtk_dialog_new_with_buttons (_ ("P3M Matting"), NULL, 0, _ ("_Cancel"), GTK_RESPONSE_CANCEL,
                                     _ ("_OK"), GTK_RESPONSE_OK, NULL);
  gtk_window_set_default_size (GTK_WINDOW (dialog->window), 640, 740);
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
}

static void
finish (Dialog *dialog)
{
  gtk_widget_destroy (dialog->window);
  g_clear_handle_id (&dialog->tick, g_source_remove);
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  g_clear_pointer (&dialog->matte, p3m_matte_unref);
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
