/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog: the person cut out of the layer, to be looked at and taken. */
#include "dialog.h"

#include <math.h>
#include <unistd.h>
#include <gtk/gtk.h>
#include <glib/gi18n-lib.h>

#include "preview.h"
#include "worker.h"

/* Longest side of the preview, in px: sharp on a dialog of 800 logical px at scale 2. */
#define PREVIEW_SIDE 1600

/* Pixels of the layer that one idle callback reads for the preview: a few hundredths of a second. */
#define PREVIEW_STEP 1000000

#define TICK_MS 100

/* Distances of the GNOME HIG, in logical px. */
#define BORDER  12
#define SPACING 12

typedef struct
{
  P3mHost *host;
  pid_t host_process;

  GtkWidget *window, *preview, *info_bar, *info_label, *stage, *bar;
  guint tick, reading; /* sources; 0 = none */

  double scale;      /* of the preview: px of the preview for one of the layer, 0..1 */
  int width, height; /* of the preview, px */
  int rows_read;     /* of the preview, 0..height */
  guint8 *rows;      /* [step rows][width][4] */

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

/* ---- the preview ---------------------------------------------------------------------------- */

static int
rows_of_step (const Dialog *dialog)
{
  const double row = dialog->host->source.width / dialog->scale; /* px of the layer behind a row */
  return CLAMP ((int) (PREVIEW_STEP / row), 1, dialog->height);
}

static gboolean
read_rows (gpointer user_data)
{
  Dialog *dialog = user_data;
  const int rows = MIN (rows_of_step (dialog), dialog->height - dialog->rows_read);
  const P3mRectangle area = { 0, dialog->rows_read, dialog->width, rows };
  g_autoptr (GError) error = NULL;
  if (!dialog->host->read_scaled (dialog->host, dialog->scale, &area, dialog->rows, &error))
    {
      show_error (dialog, error);
      dialog->reading = 0;
      return G_SOURCE_REMOVE;
    }
  p3m_preview_set_rows (P3M_PREVIEW (dialog->preview), area.y, rows, dialog->rows);
  dialog->rows_read += rows;
  if (dialog->rows_read < dialog->height)
    return G_SOURCE_CONTINUE;
  dialog->reading = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
show_cut_out (Dialog *dialog, GError **error)
{
  const P3mRectangle all = { 0, 0, dialog->width, dialog->height };
  g_autofree float *alpha = g_try_new (float, (gsize) dialog->width * dialog->height);
  if (!alpha)
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                           _ ("There is not enough memory to show the result."));
      return FALSE;
    }
  if (!p3m_matte_render (dialog->matte, dialog->width, dialog->height, &all, alpha, error))
    return FALSE;
  p3m_preview_set_alpha (P3M_PREVIEW (dialog->preview), alpha);
  return TRUE;
}

/* ---- the run -------------------------------------------------------------------------------- */

static void
take_matte (Dialog *dialog)
{
  g_autoptr (GError) error = NULL;
  dialog->matte = p3m_worker_finish (dialog->worker, &error);
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  if (dialog->matte && show_cut_out (dialog, &error))
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
  const gboolean written = dialog->host->write (dialog->host, dialog->matte, on_write_progress,
                                                dialog, cancellable, error);
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

static void
build_window (Dialog *dialog)
{
  dialog->window
      = gtk_dialog_new_with_buttons (_ ("P3M Matting"), NULL, 0, _ ("_Cancel"), GTK_RESPONSE_CANCEL,
                                     _ ("_OK"), GTK_RESPONSE_OK, NULL);
  GtkWidget *content = gtk_dialog_get_content_area (GTK_DIALOG (dialog->window));
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, SPACING);
  gtk_window_set_default_size (GTK_WINDOW (dialog->window), 640, 680);
  gtk_container_set_border_width (GTK_CONTAINER (dialog->window), BORDER);
  gtk_box_set_spacing (GTK_BOX (content), SPACING);
  gtk_widget_set_size_request (dialog->preview, 320, 240);
  build_info_bar (dialog);
  gtk_box_pack_start (GTK_BOX (content), dialog->info_bar, FALSE, FALSE, 0);
  gtk_box_pack_start (GTK_BOX (content), box, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), dialog->preview, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), build_progress (dialog), FALSE, FALSE, 0);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (dialog->window), GTK_RESPONSE_OK, FALSE);
  g_signal_connect_swapped (dialog->window, "response", G_CALLBACK (on_response), dialog);
  g_signal_connect (dialog->window, "delete-event", G_CALLBACK (gtk_true), NULL);
  gtk_widget_realize (dialog->window);
  dialog->host->set_parent (dialog->host, GTK_WINDOW (dialog->window));
  gtk_widget_show_all (dialog->window);
  gtk_widget_grab_focus (dialog->preview); /* not Cancel: Enter means OK as soon as there is one */
}

/* ---- from start to end ---------------------------------------------------------------------- */

static gboolean
prepare_preview (Dialog *dialog, GError **error)
{
  const P3mSource *source = &dialog->host->source;
  dialog->scale = MIN (1.0, (double) PREVIEW_SIDE / MAX (source->width, source->height));
  dialog->width = MAX (1, (int) lround (source->width * dialog->scale));
  dialog->height = MAX (1, (int) lround (source->height * dialog->scale));
  dialog->rows = g_try_malloc_n ((gsize) rows_of_step (dialog) * dialog->width, 4);
  dialog->preview = p3m_preview_new (dialog->width, dialog->height);
  if (dialog->rows && dialog->preview)
    return TRUE;
  g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                       _ ("There is not enough memory to show the picture."));
  return FALSE;
}

static void
start (Dialog *dialog, const P3mSettings *settings)
{
  build_window (dialog);
  dialog->reading = g_idle_add (read_rows, dialog);
  dialog->tick = g_timeout_add (TICK_MS, on_tick, dialog);
  dialog->worker = p3m_worker_new (&dialog->host->source, settings);
}

static void
finish (Dialog *dialog)
{
  gtk_widget_destroy (dialog->window);
  g_clear_handle_id (&dialog->reading, g_source_remove);
  g_clear_handle_id (&dialog->tick, g_source_remove);
  g_clear_pointer (&dialog->worker, p3m_worker_free);
  g_clear_pointer (&dialog->matte, p3m_matte_unref);
  while (gtk_events_pending ())
    gtk_main_iteration ();
}

gboolean
p3m_dialog_run (P3mHost *host, P3mSettings *settings, GError **error)
{
  Dialog dialog = { .host = host, .host_process = getppid () };
  gboolean written = FALSE;
  if (prepare_preview (&dialog, error))
    {
      start (&dialog, settings);
      written = converse (&dialog, error);
      finish (&dialog);
    }
  g_free (dialog.rows);
  return written;
}
