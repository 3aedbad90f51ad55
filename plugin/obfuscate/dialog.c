/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Obfuscate Faces: the settings beside a picture of what becomes of the layer. */
#include "obfuscate/dialog.h"

#include <gtk/gtk.h>
#include <glib/gi18n-lib.h>

enum
{
  PREVIEW = 440, /* longer side of the preview, px */
  PAUSE = 150,   /* after a change before the preview follows, ms */
  SPACE = 12     /* between widgets, px */
};

typedef struct
{
  P3mFacesJob *job;
  P3mFacesSettings *settings;
  GtkWidget *dialog, *preview, *message;
  GtkWidget *from, *method, *strength, *softness, *keep_hair, *strip;
  double scale; /* of the preview, 0..1 */
  gboolean has_result;
  guint timeout;
} Dialog;

/* ---- the preview -------------------------------------------------------------------------- */

static void
show_buffer (Dialog *self, GeglBuffer *buffer)
{
  const int width = gegl_buffer_get_width (buffer), height = gegl_buffer_get_height (buffer);
  g_autoptr (GdkPixbuf) pixbuf = gdk_pixbuf_new (GDK_COLORSPACE_RGB, TRUE, 8, width, height);
  gegl_buffer_get (buffer, NULL, 1.0, babl_format ("R'G'B'A u8"), gdk_pixbuf_get_pixels (pixbuf),
                   gdk_pixbuf_get_rowstride (pixbuf), GEGL_ABYSS_NONE);
  gtk_image_set_from_pixbuf (GTK_IMAGE (self->preview), pixbuf);
}

/* faces: -1 = `error` says why there is no number. */
static void
show_result (Dialog *self, int faces, const GError *error)
{
  g_autofree char *found = g_strdup_printf (_ ("Faces: %d"), faces);
  g_autofree char *text = NULL;
  if (faces < 0)
    text = g_strdup (error->message);
  else if (self->settings->from == P3M_FACES_SELECTION)
    text = g_steal_pointer (&found);
  else
    text = g_strdup_printf (
        "%s\n%s", found,
        _ ("A face that was not found stays as it is. Select it and choose “The selection”."));
  gtk_label_set_text (GTK_LABEL (self->message), text);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (self->dialog), GTK_RESPONSE_OK, faces > 0);
  /* the first result takes the focus, so that Return is OK and not the list of a combo box */
  if (faces > 0 && !self->has_result)
    gtk_widget_grab_focus (
        gtk_dialog_get_widget_for_response (GTK_DIALOG (self->dialog), GTK_RESPONSE_OK));
  self->has_result = TRUE;
}

static void
set_waiting (Dialog *self, gboolean is_waiting)
{
  GdkWindow *window = gtk_widget_get_window (self->dialog);
  g_autoptr (GdkCursor) cursor
      = is_waiting ? gdk_cursor_new_from_name (gdk_window_get_display (window), "wait") : NULL;
  gdk_window_set_cursor (window, cursor);
  gdk_display_flush (gdk_window_get_display (window));
}

/* A GSourceFunc. */
static gboolean
update (gpointer data)
{
  Dialog *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GeglBuffer) buffer = p3m_faces_job_copy (self->job, self->scale);
  self->timeout = 0;
  set_waiting (self, TRUE);
  const int faces = p3m_faces_job_run (self->job, self->settings, buffer, &error);
  set_waiting (self, FALSE);
  show_buffer (self, buffer);
  show_result (self, faces, error);
  return G_SOURCE_REMOVE;
}

/* ---- the settings ------------------------------------------------------------------------- */

static void
take_settings (Dialog *self)
{
  P3mFacesSettings *settings = self->settings;
  const char *from = gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->from));
  const char *method = gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->method));
  p3m_faces_from_from_name (from, &settings->from);
  p3m_obfuscation_method_from_name (method, &settings->obfuscation.method);
  settings->obfuscation.strength = gtk_range_get_value (GTK_RANGE (self->strength));
  settings->softness = gtk_range_get_value (GTK_RANGE (self->softness));
  settings->keep_hair = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->keep_hair));
  settings->strip = gtk_toggle_button_get_active (GTK_TOGGLE_BUTTON (self->strip));
  gtk_widget_set_sensitive (self->strength, settings->obfuscation.method != P3M_OBFUSCATION_FILL);
}

static void
on_changed (Dialog *self)
{
  take_settings (self);
  if (self->timeout)
    g_source_remove (self->timeout);
  self->timeout = g_timeout_add (PAUSE, update, self);
}

static GtkWidget *
add_row (GtkWidget *grid, int row, const char *label, GtkWidget *widget)
{
  GtkWidget *name = gtk_label_new_with_mnemonic (label);
  gtk_label_set_mnemonic_widget (GTK_LABEL (name), widget);
  gtk_widget_set_halign (name, GTK_ALIGN_START);
  gtk_widget_set_hexpand (widget, TRUE);
  gtk_grid_attach (GTK_GRID (grid), name, 0, row, 1, 1);
  gtk_grid_attach (GTK_GRID (grid), widget, 1, row, 1, 1);
  return widget;
}

static GtkWidget *
add_scale (GtkWidget *grid, int row, const char *label, double least, double most, double value)
{
  GtkWidget *scale = gtk_scale_new_with_range (GTK_ORIENTATION_HORIZONTAL, least, most, 0.01);
  gtk_range_set_value (GTK_RANGE (scale), value);
  gtk_scale_set_value_pos (GTK_SCALE (scale), GTK_POS_RIGHT);
  gtk_widget_set_size_request (scale, 180, -1);
  return add_row (grid, row, label, scale);
}

static GtkWidget *
add_check (GtkWidget *grid, int row, const char *label, gboolean is_on)
{
  GtkWidget *check = gtk_check_button_new_with_mnemonic (label);
  gtk_toggle_button_set_active (GTK_TOGGLE_BUTTON (check), is_on);
  gtk_grid_attach (GTK_GRID (grid), check, 0, row, 2, 1);
  return check;
}

static void
add_choices (Dialog *self, GtkWidget *grid)
{
  GtkComboBoxText *from = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  GtkComboBoxText *method = GTK_COMBO_BOX_TEXT (gtk_combo_box_text_new ());
  gtk_combo_box_text_append (from, "found", _ ("Found in the picture"));
  if (p3m_faces_job_has_selection (self->job))
    gtk_combo_box_text_append (from, "selection", _ ("The selection"));
  gtk_combo_box_text_append (method, "blur", _ ("Blur"));
  gtk_combo_box_text_append (method, "mosaic", _ ("Mosaic"));
  gtk_combo_box_text_append (method, "fill", _ ("Fill with one colour"));
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (from),
                               p3m_faces_from_get_name (self->settings->from));
  gtk_combo_box_set_active_id (
      GTK_COMBO_BOX (method), p3m_obfuscation_method_get_name (self->settings->obfuscation.method));
  self->from = add_row (grid, 0, _ ("_Faces"), GTK_WIDGET (from));
  self->method = add_row (grid, 1, _ ("_Method"), GTK_WIDGET (method));
}

static GtkWidget *
make_settings (Dialog *self)
{
  const P3mFacesSettings *settings = self->settings;
  GtkWidget *grid = gtk_grid_new ();
  gtk_grid_set_row_spacing (GTK_GRID (grid), SPACE / 2);
  gtk_grid_set_column_spacing (GTK_GRID (grid), SPACE);
  add_choices (self, grid);
  self->strength = add_scale (grid, 2, _ ("_Strength"), P3M_OBFUSCATION_LEAST, P3M_OBFUSCATION_MOST,
                              settings->obfuscation.strength);
  gtk_widget_set_tooltip_text (self->strength,
                               _ ("Width of the blur, or of a tile, in sizes of the face"));
  self->softness
      = add_scale (grid, 3, _ ("Soft _edge"), 0.0, P3M_FACES_SOFTEST, settings->softness);
  gtk_widget_set_tooltip_text (self->softness,
                               _ ("How far the edge fades out, in sizes of the face"));
  self->keep_hair = add_check (grid, 4, _ ("Keep _hair sharp"), settings->keep_hair);
  self->strip = add_check (grid, 5, _ ("Remove camera _data"), settings->strip);
  gtk_widget_set_tooltip_text (
      self->strip, _ ("EXIF, XMP and IPTC of the image, whose thumbnails would show the face"));
  self->message = gtk_label_new (NULL);
  gtk_label_set_line_wrap (GTK_LABEL (self->message), TRUE);
  gtk_label_set_max_width_chars (GTK_LABEL (self->message), 36);
  gtk_label_set_xalign (GTK_LABEL (self->message), 0);
  gtk_grid_attach (GTK_GRID (grid), self->message, 0, 6, 2, 1);
  return grid;
}

static void
connect_settings (Dialog *self)
{
  g_signal_connect_swapped (self->from, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (self->method, "changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (self->strength, "value-changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (self->softness, "value-changed", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (self->keep_hair, "toggled", G_CALLBACK (on_changed), self);
  g_signal_connect_swapped (self->strip, "toggled", G_CALLBACK (take_settings), self);
}

/* ---- the window --------------------------------------------------------------------------- */

static void
make_window (Dialog *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, SPACE);
  self->dialog
      = gtk_dialog_new_with_buttons (_ ("Obfuscate Faces"), NULL, 0, _ ("_Cancel"),
                                     GTK_RESPONSE_CANCEL, _ ("_OK"), GTK_RESPONSE_OK, NULL);
  self->preview = gtk_image_new ();
  gtk_dialog_set_default_response (GTK_DIALOG (self->dialog), GTK_RESPONSE_OK);
  gtk_dialog_set_response_sensitive (GTK_DIALOG (self->dialog), GTK_RESPONSE_OK, FALSE);
  gtk_container_set_border_width (GTK_CONTAINER (box), SPACE);
  gtk_box_pack_start (GTK_BOX (box), self->preview, TRUE, TRUE, 0);
  gtk_box_pack_start (GTK_BOX (box), make_settings (self), FALSE, FALSE, 0);
  gtk_container_add (GTK_CONTAINER (gtk_dialog_get_content_area (GTK_DIALOG (self->dialog))), box);
}

/* "auto" is for scripts: a dialog shows what it will do. */
static void
resolve_from (Dialog *self)
{
  const gboolean has_selection = p3m_faces_job_has_selection (self->job);
  if (self->settings->from == P3M_FACES_AUTO)
    self->settings->from = has_selection ? P3M_FACES_SELECTION : P3M_FACES_FOUND;
  if (!has_selection)
    self->settings->from = P3M_FACES_FOUND;
}

gboolean
p3m_faces_dialog_run (P3mFacesJob *job, P3mFacesSettings *settings, P3mFacesSetParent set_parent)
{
  Dialog self = { .job = job, .settings = settings, .scale = 1.0 };
  g_autoptr (GeglBuffer) whole = NULL;
  const double longer = p3m_faces_job_get_longer_side (job);
  if (longer > PREVIEW)
    self.scale = PREVIEW / longer;
  whole = p3m_faces_job_copy (job, self.scale);
  resolve_from (&self);
  make_window (&self);
  take_settings (&self);
  connect_settings (&self);
  show_buffer (&self, whole);
  gtk_widget_show_all (self.dialog);
  set_parent (GTK_WINDOW (self.dialog));
  self.timeout = g_timeout_add (PAUSE, update, &self);
  const int response = gtk_dialog_run (GTK_DIALOG (self.dialog));
  if (self.timeout)
    g_source_remove (self.timeout);
  gtk_widget_destroy (self.dialog);
  return response == GTK_RESPONSE_OK;
}
