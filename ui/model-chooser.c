/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Which model looks at the picture: a list, what is known about each, and the way to more of them. */
#include "model-chooser.h"

#include <string.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

#include "controls.h"
#include "import.h"
#include "places.h"

/* Distances of the GNOME HIG, in logical px. */
#define SPACING 6

/* Characters of the lines of details, so that they do not widen the panel. */
#define LINE_LENGTH 42

struct _P3mModelChooser
{
  GtkBox parent_instance;
  P3mSettings *settings;
  GPtrArray *models; /* of P3mModelInfo, as p3m_models_list() */
  GtkWidget *list, *details, *import_button, *spinner;
  GCancellable *importing, *summing; /* NULL = nothing is going on */
  gboolean updating;
};

G_DEFINE_TYPE (P3mModelChooser, p3m_model_chooser, GTK_TYPE_BOX)

enum
{
  CHANGED,
  IMPORTED,
  FAILED,
  SIGNALS
};

static guint signals[SIGNALS];

/* ---- what is known about a model ---------------------------------------------------------------- */

/* The first sound model is the default, which has the empty name. */
static gboolean
is_chosen (const P3mModelInfo *info, gboolean is_first, const char *name)
{
  return g_str_equal (name, info->id) || g_str_equal (name, info->path) || (is_first && !*name);
}

const P3mModelInfo *
p3m_model_chooser_get_info (P3mModelChooser *self)
{
  gboolean is_first = TRUE;
  for (guint i = 0; i < self->models->len; i++)
    {
      const P3mModelInfo *info = self->models->pdata[i];
      if (info->problem)
        continue;
      if (is_chosen (info, is_first, self->settings->model))
        return info;
      is_first = FALSE;
    }
  return NULL;
}

/* sum: SHA-256 of the file, NULL = not known yet. */
static char *
describe_sum (const char *sum)
{
  if (!sum)
    return g_strdup (_ ("SHA-256: being computed"));
  if (strstr (P3M_KNOWN_SUMS, sum))
    return g_strdup (_ ("SHA-256: verified, as shipped"));
  return g_strdup_printf (_ ("SHA-256: unknown (%.12s…)"), sum);
}

static char *
describe_model (const P3mModelInfo *info, const char *sum)
{
  g_autofree char *path = g_filename_display_name (info->path);
  g_autofree char *width = g_strdup_printf (_ ("%g of the published width"), info->width);
  g_autofree char *verified = describe_sum (sum);
  return g_strdup_printf ("%s · %s\n%s\n%s", *info->license ? info->license : _ ("Licence unknown"),
                          width, verified, path);
}

static void
show_details (P3mModelChooser *self, const char *sum)
{
  const P3mModelInfo *info = p3m_model_chooser_get_info (self);
  g_autofree char *text = info ? describe_model (info, sum) : g_strdup (self->settings->model);
  g_autofree char *tip = info ? g_strdup_printf ("%s\n%s", info->trained_on, info->card) : NULL;
  gtk_label_set_text (GTK_LABEL (self->details), text);
  gtk_widget_set_tooltip_text (self->details, tip ? g_strstrip (tip) : NULL);
}

static void
sum_file (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GMappedFile) file = g_mapped_file_new (task_data, FALSE, NULL);
  (void) source;
  (void) cancellable;
  g_autoptr (GBytes) bytes = file ? g_mapped_file_get_bytes (file) : NULL;
  g_task_return_pointer (
      task, bytes ? g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes) : NULL, g_free);
}

/* A sum that nobody waits for any more comes back as an error. */
static void
on_summed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *sum = g_task_propagate_pointer (G_TASK (result), NULL);
  (void) user_data;
  if (sum)
    show_details (P3M_MODEL_CHOOSER (object), sum);
}

static void
cancel (GCancellable **cancellable)
{
  if (*cancellable)
    g_cancellable_cancel (*cancellable);
  g_clear_object (cancellable);
}

static void
describe (P3mModelChooser *self)
{
  const P3mModelInfo *info = p3m_model_chooser_get_info (self);
  cancel (&self->summing);
  show_details (self, NULL);
  if (!info)
    return;
  self->summing = g_cancellable_new ();
  g_autoptr (GTask) task = g_task_new (self, self->summing, on_summed, NULL);
  g_task_set_task_data (task, g_strdup (info->path), g_free);
  g_task_run_in_thread (task, sum_file);
}

/* ---- the list ----------------------------------------------------------------------------------- */

/* Every sound model by its name; one that was chosen elsewhere last. */
static void
fill (P3mModelChooser *self)
{
  GtkComboBoxText *rows = GTK_COMBO_BOX_TEXT (self->list);
  g_clear_pointer (&self->models, g_ptr_array_unref);
  self->models = p3m_models_list ();
  gtk_combo_box_text_remove_all (rows);
  for (guint i = 0; i < self->models->len; i++)
    {
      const P3mModelInfo *info = self->models->pdata[i];
      if (!info->problem)
        gtk_combo_box_text_append (rows, info->id, info->name);
    }
  if (!p3m_model_chooser_get_info (self) && *self->settings->model)
    {
      g_autofree char *name = g_path_get_basename (self->settings->model);
      gtk_combo_box_text_append (rows, self->settings->model, name);
    }
}

void
p3m_model_chooser_update (P3mModelChooser *self)
{
  self->updating = TRUE;
  fill (self);
  const P3mModelInfo *info = p3m_model_chooser_get_info (self);
  gtk_combo_box_set_active_id (GTK_COMBO_BOX (self->list), info ? info->id : self->settings->model);
  self->updating = FALSE;
  describe (self);
}

static void
choose (P3mModelChooser *self, const char *id)
{
  p3m_setting_set_text (p3m_setting_find ("model"), self->settings, id);
  describe (self);
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
on_chosen (P3mModelChooser *self)
{
  const char *id = gtk_combo_box_get_active_id (GTK_COMBO_BOX (self->list));
  if (!self->updating && id)
    choose (self, id);
}

/* ---- more models -------------------------------------------------------------------------------- */

static void
show_importing (P3mModelChooser *self, gboolean active)
{
  gtk_widget_set_sensitive (self->import_button, !active);
  g_object_set (self->spinner, "active", active, NULL);
}

static void
on_imported (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (P3mModelChooser) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = p3m_import_finish (result, &error);
  (void) object;
  if (!self->importing) /* the dialog is closed */
    return;
  g_clear_object (&self->importing);
  show_importing (self, FALSE);
  if (!id)
    {
      g_signal_emit (self, signals[FAILED], 0, error->message);
      return;
    }
  choose (self, id);
  p3m_model_chooser_update (self);
  g_signal_emit (self, signals[IMPORTED], 0, id);
}

void
p3m_model_chooser_import (P3mModelChooser *self, const char *path)
{
  cancel (&self->importing);
  self->importing = g_cancellable_new ();
  show_importing (self, TRUE);
  p3m_import_async (path, self->importing, on_imported, g_object_ref (self));
}

static void
add_filter (GtkFileChooser *chooser, const char *name, const char *const *patterns)
{
  GtkFileFilter *filter = gtk_file_filter_new ();
  gtk_file_filter_set_name (filter, name);
  for (; *patterns; patterns++)
    gtk_file_filter_add_pattern (filter, *patterns);
  gtk_file_chooser_add_filter (chooser, filter);
}

static void
on_import (P3mModelChooser *self)
{
  static const char *const patterns[] = { "*.pth", "*.pt", "*.ckpt", "*.safetensors", NULL };
  static const char *const all[] = { "*", NULL };
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));
  GtkWidget *dialog = gtk_file_chooser_dialog_new (
      _ ("Import a Model"), GTK_WINDOW (window), GTK_FILE_CHOOSER_ACTION_OPEN, _ ("_Cancel"),
      GTK_RESPONSE_CANCEL, _ ("_Import"), GTK_RESPONSE_ACCEPT, NULL);
  add_filter (GTK_FILE_CHOOSER (dialog), _ ("Checkpoints and models"), patterns);
  add_filter (GTK_FILE_CHOOSER (dialog), _ ("All files"), all);
  gtk_dialog_set_default_response (GTK_DIALOG (dialog), GTK_RESPONSE_ACCEPT);
  const int response = gtk_dialog_run (GTK_DIALOG (dialog));
  g_autofree char *path = gtk_file_chooser_get_filename (GTK_FILE_CHOOSER (dialog));
  gtk_widget_destroy (dialog);
  if (response == GTK_RESPONSE_ACCEPT && path)
    p3m_model_chooser_import (self, path);
}

static void
on_folder (P3mModelChooser *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = p3m_places_get_models ();
  g_autofree char *uri = g_filename_to_uri (folder, NULL, NULL);
  GtkWidget *window = gtk_widget_get_toplevel (GTK_WIDGET (self));
  g_mkdir_with_parents (folder, 0755);
  if (!gtk_show_uri_on_window (GTK_WINDOW (window), uri, GDK_CURRENT_TIME, &error))
    g_signal_emit (self, signals[FAILED], 0, error->message);
}

/* ---- the object --------------------------------------------------------------------------------- */

static void
p3m_model_chooser_dispose (GObject *object)
{
  P3mModelChooser *self = P3M_MODEL_CHOOSER (object);
  cancel (&self->importing);
  cancel (&self->summing);
  G_OBJECT_CLASS (p3m_model_chooser_parent_class)->dispose (object);
}

static void
p3m_model_chooser_finalize (GObject *object)
{
  g_clear_pointer (&P3M_MODEL_CHOOSER (object)->models, g_ptr_array_unref);
  G_OBJECT_CLASS (p3m_model_chooser_parent_class)->finalize (object);
}

static void
p3m_model_chooser_class_init (P3mModelChooserClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = p3m_model_chooser_dispose;
  G_OBJECT_CLASS (klass)->finalize = p3m_model_chooser_finalize;
  signals[CHANGED] = g_signal_new ("changed", P3M_TYPE_MODEL_CHOOSER, G_SIGNAL_RUN_LAST, 0, NULL,
                                   NULL, NULL, G_TYPE_NONE, 0);
  signals[IMPORTED] = g_signal_new ("imported", P3M_TYPE_MODEL_CHOOSER, G_SIGNAL_RUN_LAST, 0, NULL,
                                    NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[FAILED] = g_signal_new ("failed", P3M_TYPE_MODEL_CHOOSER, G_SIGNAL_RUN_LAST, 0, NULL,
                                  NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static GtkWidget *
build_button (P3mModelChooser *self, const char *text, const char *tip,
              void (*pressed) (P3mModelChooser *))
{
  GtkWidget *button = gtk_button_new_with_label (text);
  gtk_widget_set_tooltip_text (button, tip);
  atk_object_set_description (gtk_widget_get_accessible (button), tip);
  g_signal_connect_swapped (button, "clicked", G_CALLBACK (pressed), self);
  return button;
}

static void
build_details (P3mModelChooser *self)
{
  GtkLabel *label;
  self->details = gtk_label_new (NULL);
  label = GTK_LABEL (self->details);
  gtk_label_set_xalign (label, 0);
  gtk_label_set_ellipsize (label, PANGO_ELLIPSIZE_MIDDLE);
  gtk_label_set_max_width_chars (label, LINE_LENGTH);
  gtk_label_set_selectable (label, TRUE);
  gtk_style_context_add_class (gtk_widget_get_style_context (self->details), "dim-label");
}

static GtkWidget *
build_buttons (P3mModelChooser *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, SPACING);
  self->import_button = build_button (
      self, _ ("Import…"), _ ("Install a published checkpoint (.pth) or a model (.safetensors)"),
      on_import);
  self->spinner = gtk_spinner_new ();
  gtk_container_add (GTK_CONTAINER (box), self->import_button);
  gtk_container_add (
      GTK_CONTAINER (box),
      build_button (self, _ ("Show Folder"), _ ("Open the folder of your models"), on_folder));
  gtk_container_add (GTK_CONTAINER (box), self->spinner);
  return box;
}

static void
p3m_model_chooser_init (P3mModelChooser *self)
{
  self->list = gtk_combo_box_text_new ();
  build_details (self);
}

GtkWidget *
p3m_model_chooser_new (P3mSettings *settings, GtkSizeGroup *labels)
{
  P3mModelChooser *self = g_object_new (P3M_TYPE_MODEL_CHOOSER, "orientation",
                                        GTK_ORIENTATION_VERTICAL, "spacing", SPACING, NULL);
  self->settings = settings;
  gtk_container_add (GTK_CONTAINER (self),
                     p3m_controls_build_row (p3m_setting_find ("model"), self->list, labels));
  gtk_container_add (GTK_CONTAINER (self), self->details);
  gtk_container_add (GTK_CONTAINER (self), build_buttons (self));
  g_signal_connect_swapped (self->list, "changed", G_CALLBACK (on_chosen), self);
  p3m_model_chooser_update (self);
  return GTK_WIDGET (self);
}
