/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog and its preview on a display, with a host that is not there. */
#include "dialog.h"

#include <math.h>
#include <string.h>
#include <gtk/gtk.h>
#include <glib/gstdio.h>

#include "controls.h"
#include "formula.h"
#include "model-chooser.h"
#include "preset-menu.h"
#include "preview.h"

#define WIDTH  90
#define HEIGHT 70

/* Models: of a formula; one that takes everything for background; no model at all. */
static char *model_path, *nobody_path, *bad_path;

/* A host in memory. failures: how many times write fails before it works; waits: write goes on until it is
 * cancelled; has_all: and has written everything by then; wanted: the settings of the last write, as text. */
typedef struct
{
  P3mHost host;
  int failures, writes;
  gboolean waits, has_all;
  char *wanted;
  float alpha[HEIGHT][WIDTH];
} Host;

/* ---- a host ------------------------------------------------------------------------------- */

static gboolean
read_waves (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  (void) user_data;
  (void) error;
  for (gsize i = 0; i < (gsize) area->width * area->height * 3; i++)
    rgb[i] = 0.5f + 0.5f * sinf (0.01f * (float) i);
  return TRUE;
}

static gboolean
read_scaled (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba, GError **error)
{
  (void) host;
  (void) error;
  g_assert_cmpfloat (scale, ==, 1);
  g_assert_cmpint (area->y + area->height, <=, HEIGHT);
  memset (rgba, 200, (gsize) area->width * area->height * 4);
  return TRUE;
}

static gboolean
store (const P3mRectangle *area, const float *alpha, gpointer user_data, GError **error)
{
  Host *host = user_data;
  (void) error;
  memcpy (host->alpha[area->y], alpha, sizeof (float) * WIDTH * area->height);
  return TRUE;
}

static gboolean
write_mask (P3mHost *seam, P3mMatte *matte, const P3mSettings *settings, P3mProgress progress,
            gpointer progress_data, GCancellable *cancellable, GError **error)
{
  Host *host = (Host *) seam;
  const P3mSink sink = { store, host };
  host->writes++;
  g_free (host->wanted);
  host->wanted = p3m_settings_to_text (settings);
  while (host->waits && !g_cancellable_is_cancelled (cancellable))
    progress (0.5, "Waiting", progress_data);
  if (host->waits)
    return host->has_all || !g_cancellable_set_error_if_cancelled (cancellable, error);
  if (host->writes <= host->failures)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "There is no space.");
      return FALSE;
    }
  return p3m_matte_write (matte, &sink, progress, progress_data, cancellable, error);
}

static void
show_progress (P3mHost *host, double fraction, const char *stage)
{
  (void) host;
  (void) fraction;
  (void) stage;
}

static void
set_parent (P3mHost *host, GtkWindow *dialog)
{
  (void) host;
  g_assert_true (gtk_widget_get_realized (GTK_WIDGET (dialog)));
}

static Host
make_host (void)
{
  return (Host){ .host = { .source = { WIDTH, HEIGHT, read_waves, NULL },
                           .read_scaled = read_scaled,
                           .write = write_mask,
                           .show_progress = show_progress,
                           .set_parent = set_parent } };
}

/* ---- a person ----------------------------------------------------------------------------- */

/* What is done as soon as it can be, and what was seen. */
typedef struct
{
  int response;                     /* GTK_RESPONSE_OK waits until it may be pressed */
  gboolean after_error;             /* the response waits for an error to be shown */
  gboolean changes_strategy;        /* once, as soon as the dialog is there */
  gboolean once_cancels;            /* Cancel follows the response at once */
  void (*does) (GtkWidget *dialog); /* once, as soon as OK may be pressed; NULL = nothing */
  gboolean saw_error;
  char *message; /* of the last information that was seen */
  gboolean ok_was_sensitive;
} Person;

/* The first widget of a type, NULL = none is seen. */
typedef struct
{
  GType type;
  GtkWidget *found;
} Search;

static void
search (GtkWidget *widget, gpointer user_data)
{
  Search *self = user_data;
  if (!self->found && g_type_is_a (G_OBJECT_TYPE (widget), self->type))
    self->found = widget;
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_forall (GTK_CONTAINER (widget), search, user_data);
}

static GtkWidget *
find (GtkWidget *dialog, GType type)
{
  Search self = { type, NULL };
  search (dialog, &self);
  return self.found;
}

static void
look_at_information (GtkWidget *dialog, Person *person)
{
  GtkWidget *bar = find (dialog, GTK_TYPE_INFO_BAR);
  if (!gtk_widget_get_visible (bar))
    return;
  GtkWidget *content = gtk_info_bar_get_content_area (GTK_INFO_BAR (bar));
  GtkWidget *label = find (content, GTK_TYPE_LABEL);
  person->saw_error |= gtk_info_bar_get_message_type (GTK_INFO_BAR (bar)) == GTK_MESSAGE_ERROR;
  g_free (person->message);
  person->message = g_strdup (gtk_label_get_text (GTK_LABEL (label)));
}

/* The list of the strategies is the one of three entries. */
static void
change_strategy (GtkWidget *widget, gpointer user_data)
{
  Person *person = user_data;
  if (GTK_IS_COMBO_BOX (widget))
    {
      GtkTreeModel *entries = gtk_combo_box_get_model (GTK_COMBO_BOX (widget));
      if (gtk_tree_model_iter_n_children (entries, NULL) == 3)
        {
          gtk_combo_box_set_active (GTK_COMBO_BOX (widget), 2);
          person->changes_strategy = FALSE;
        }
    }
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_foreach (GTK_CONTAINER (widget), change_strategy, user_data);
}

static void
act_on (GtkDialog *dialog, Person *person)
{
  GtkWidget *ok = gtk_dialog_get_widget_for_response (dialog, GTK_RESPONSE_OK);
  const gboolean ready = gtk_widget_get_sensitive (ok);
  if (person->changes_strategy)
    change_strategy (GTK_WIDGET (dialog), person);
  look_at_information (GTK_WIDGET (dialog), person);
  person->ok_was_sensitive |= ready;
  if (ready && person->does)
    {
      person->does (GTK_WIDGET (dialog));
      person->does = NULL;
      return;
    }
  if ((ready || person->response != GTK_RESPONSE_OK) && !person->does
      && (!person->after_error || person->saw_error))
    {
      gtk_dialog_response (dialog, person->response);
      if (person->once_cancels)
        person->response = GTK_RESPONSE_CANCEL;
    }
}

static gboolean
act (gpointer user_data)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();
  for (GList *i = windows; i; i = i->next)
    if (GTK_IS_DIALOG (i->data) && gtk_dialog_get_widget_for_response (i->data, GTK_RESPONSE_OK))
      act_on (i->data, user_data);
  return G_SOURCE_CONTINUE;
}

/* strategy: NULL, or what was chosen in the end. */
static gboolean
talk (Host *host, Person *person, const char *model, P3mStrategy *strategy, GError **error)
{
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  p3m_setting_set_text (p3m_setting_find ("model"), &settings, model);
  settings.strategy = P3M_STRATEGY_RESIZE;
  const guint source = g_timeout_add (50, act, person);
  const gboolean written = p3m_dialog_run (&host->host, &settings, error);
  g_source_remove (source);
  if (written) /* what the host got is what is kept for the next time */
    {
      g_autofree char *kept = p3m_settings_to_text (&settings);
      g_assert_cmpstr (kept, ==, host->wanted);
    }
  if (strategy)
    *strategy = settings.strategy;
  return written;
}

/* ---- the dialog --------------------------------------------------------------------------- */

/* What the host got is the engine's own alpha. */
static void
check_alpha (const Host *host, P3mStrategy strategy)
{
  g_autoptr (P3mModel) model = p3m_model_load (model_path, NULL, NULL);
  g_autoptr (P3mMatte) matte
      = p3m_matte_new (model, &host->host.source, strategy, 0, NULL, NULL, NULL, NULL);
  const P3mRectangle all = { 0, 0, WIDTH, HEIGHT };
  float alpha[HEIGHT][WIDTH];
  g_assert_true (p3m_matte_render (matte, WIDTH, HEIGHT, &all, alpha[0], NULL));
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++)
      g_assert_cmpfloat_with_epsilon (alpha[y][x], host->alpha[y][x], 1e-6);
}

static void
test_ok (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_OK };
  g_autoptr (GError) error = NULL;
  g_assert_true (talk (&host, &person, model_path, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (host.writes, ==, 1);
  g_assert_false (person.saw_error);
  check_alpha (&host, P3M_STRATEGY_RESIZE);
  g_free (host.wanted);
}

static void
test_another_strategy (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_OK, .changes_strategy = TRUE };
  P3mStrategy strategy;
  g_autoptr (GError) error = NULL;
  g_assert_true (talk (&host, &person, model_path, &strategy, &error));
  g_assert_no_error (error);
  g_assert_cmpint (strategy, ==, P3M_STRATEGY_HYBRID);
  check_alpha (&host, P3M_STRATEGY_HYBRID);
  g_free (host.wanted);
}

static void
test_cancel (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_CANCEL };
  g_autoptr (GError) error = NULL;
  g_assert_false (talk (&host, &person, model_path, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (host.writes, ==, 0);
}

static void
test_no_model (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_DELETE_EVENT, .after_error = TRUE };
  g_autoptr (GError) error = NULL;
  g_assert_false (talk (&host, &person, "/nonexistent/model.safetensors", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (person.saw_error);
  g_assert_false (person.ok_was_sensitive);
  g_free (person.message);
}

static void
test_write_fails_once (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_OK };
  g_autoptr (GError) error = NULL;
  host.failures = 1;
  g_assert_true (talk (&host, &person, model_path, NULL, &error));
  g_assert_cmpint (host.writes, ==, 2);
  g_assert_true (person.saw_error);
  g_free (host.wanted);
  g_free (person.message);
}

/* Whether the host was asked for that line of the settings. */
static gboolean
wanted (const Host *host, const char *line)
{
  g_auto (GStrv) lines = g_strsplit (host->wanted, "\n", -1);
  return g_strv_contains ((const char *const *) lines, line);
}

static void
turn_controls (GtkWidget *dialog)
{
  GtkWidget *panel = find (dialog, P3M_TYPE_CONTROLS);
  GtkWidget *list = find (panel, GTK_TYPE_COMBO_BOX);
  GtkWidget *spin = find (panel, GTK_TYPE_SPIN_BUTTON);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), 30);
  gtk_combo_box_set_active (GTK_COMBO_BOX (list), 1);
}

/* What is set in the panel is what the host is asked for; nothing else has changed. */
static void
test_settings (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_OK, .does = turn_controls };
  g_auto (P3mSettings) initial = { .model = NULL };
  p3m_settings_init (&initial);
  p3m_setting_set_text (p3m_setting_find ("model"), &initial, model_path);
  initial.strategy = P3M_STRATEGY_RESIZE;
  g_autofree char *before = p3m_settings_to_text (&initial);
  g_assert_true (talk (&host, &person, model_path, NULL, NULL));
  g_auto (GStrv) was = g_strsplit (before, "\n", -1);
  int others = 0;
  for (char **line = was; *line; line++)
    others += !wanted (&host, *line);
  g_assert_cmpint (others, ==, 2);
  g_free (host.wanted);
}

static void
note_last (GtkWidget *item, gpointer user_data)
{
  GtkWidget **last = user_data;
  *last = item;
}

/* What was turned is turned back by the last entry of the presets. */
static void
turn_and_reset (GtkWidget *dialog)
{
  GtkWidget *spin = find (find (dialog, P3M_TYPE_CONTROLS), GTK_TYPE_SPIN_BUTTON);
  const double before = gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin));
  turn_controls (dialog);
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), !=, before);
  GtkMenuButton *presets = GTK_MENU_BUTTON (find (dialog, P3M_TYPE_PRESET_MENU));
  GtkWidget *last = NULL;
  gtk_container_foreach (GTK_CONTAINER (gtk_menu_button_get_popup (presets)), note_last, &last);
  gtk_menu_item_activate (GTK_MENU_ITEM (last));
  g_assert_cmpfloat (gtk_spin_button_get_value (GTK_SPIN_BUTTON (spin)), ==, before);
}

static void
test_reset (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_CANCEL, .does = turn_and_reset };
  g_assert_false (talk (&host, &person, model_path, NULL, NULL));
  g_assert_null (person.does);
  g_free (person.message);
}

/* Chooses what has that id in the list that has it. */
static void
choose (GtkWidget *widget, gpointer id)
{
  if (GTK_IS_COMBO_BOX (widget))
    gtk_combo_box_set_active_id (GTK_COMBO_BOX (widget), id);
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_foreach (GTK_CONTAINER (widget), choose, id);
}

static void
keep_people (GtkWidget *dialog)
{
  GtkWidget *panel = find (dialog, P3M_TYPE_CONTROLS);
  GtkWidget *preview = find (dialog, P3M_TYPE_PREVIEW);
  g_signal_emit_by_name (preview, "clicked", 1.0, 1.0); /* no click counts before it is asked for */
  choose (panel, "people");
  g_signal_emit_by_name (preview, "clicked", 40.0, 30.5);
}

static void
test_click (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_OK, .does = keep_people };
  g_assert_true (talk (&host, &person, model_path, NULL, NULL));
  g_assert_true (wanted (&host, "keep=people"));
  g_assert_true (wanted (&host, "people=40,30.5"));
  g_free (host.wanted);
}

/* A selection in the host is the first of the people. */
static void
test_hint (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_OK, .does = keep_people };
  host.host.has_hint = TRUE;
  host.host.hint = (P3mPoint){ 12, 34 };
  g_assert_true (talk (&host, &person, model_path, NULL, NULL));
  g_assert_true (wanted (&host, "people=12,34 40,30.5"));
  g_free (host.wanted);
}

static void
check_cancel_while_writing (gboolean has_all)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_OK, .once_cancels = TRUE };
  g_autoptr (GError) error = NULL;
  host.waits = TRUE;
  host.has_all = has_all;
  g_assert_false (talk (&host, &person, model_path, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (host.writes, ==, 1);
  g_free (host.wanted);
}

static void
test_cancel_while_writing (void)
{
  check_cancel_while_writing (FALSE);
}

static void
test_cancel_at_the_end (void)
{
  check_cancel_while_writing (TRUE);
}

static void
do_nothing (GtkWidget *dialog)
{
  (void) dialog;
}

static void
test_nobody (void)
{
  Host host = make_host ();
  Person person = { .response = GTK_RESPONSE_CANCEL, .does = do_nothing };
  g_assert_false (talk (&host, &person, nobody_path, NULL, NULL));
  g_assert_true (person.ok_was_sensitive);
  g_assert_false (person.saw_error);
  g_assert_nonnull (strstr (person.message, "No person"));
  g_free (person.message);
}

static void
import_a_bad_file (GtkWidget *dialog)
{
  GtkWidget *models = find (dialog, P3M_TYPE_MODEL_CHOOSER);
  p3m_model_chooser_import (P3M_MODEL_CHOOSER (models), bad_path);
}

static void
test_bad_import (void)
{
  Host host = make_host ();
  Person person
      = { .response = GTK_RESPONSE_CANCEL, .does = import_a_bad_file, .after_error = TRUE };
  g_assert_false (talk (&host, &person, model_path, NULL, NULL));
  g_assert_nonnull (strstr (person.message, "bad.safetensors"));
  g_free (person.message);
}

/* ---- the preview -------------------------------------------------------------------------- */

static const guint8 quarters_rgba[2][2][4]
    = { { { 255, 0, 0, 255 }, { 0, 255, 0, 255 } }, { { 0, 0, 255, 255 }, { 255, 255, 255, 0 } } };

static gboolean
read_quarters (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba, GError **error)
{
  (void) host;
  (void) scale;
  (void) error;
  for (int y = 0; y < area->height; y++)
    memcpy (rgba + (gsize) y * area->width * 4, quarters_rgba[area->y + y][area->x],
            (gsize) area->width * 4);
  return TRUE;
}

static void
settle (void)
{
  for (int i = 0; i < 20; i++)
    {
      while (gtk_events_pending ())
        gtk_main_iteration ();
      g_usleep (10000);
    }
}

/* 0xRRGGBB near the corners of a preview of 64 x 64, row by row. */
static void
draw_corners (GtkWidget *preview, guint32 *corners)
{
  settle ();
  cairo_surface_t *image = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 64, 64);
  cairo_t *cr = cairo_create (image);
  gtk_widget_draw (preview, cr);
  cairo_destroy (cr);
  const guint32 *pixels = (const guint32 *) cairo_image_surface_get_data (image);
  const int stride = cairo_image_surface_get_stride (image) / 4;
  for (int i = 0; i < 4; i++)
    corners[i] = pixels[(i / 2 ? 60 : 3) * stride + (i % 2 ? 60 : 3)] & 0xffffff;
  cairo_surface_destroy (image);
}

static void
count (guint *number)
{
  (*number)++;
}

static gboolean
press (GtkWidget *preview, guint key, guint state)
{
  const GdkEventKey event = { .type = GDK_KEY_PRESS, .keyval = key, .state = state };
  return p3m_preview_press_key (P3M_PREVIEW (preview), &event);
}

static void
test_preview (void)
{
  P3mHost host = { .source = { 2, 2, read_waves, NULL }, .read_scaled = read_quarters };
  GtkWidget *window = gtk_offscreen_window_new ();
  GtkWidget *preview = p3m_preview_new (&host, NULL);
  guint32 corners[4];
  guint changes = 0;
  gtk_widget_set_size_request (preview, 64, 64);
  gtk_container_add (GTK_CONTAINER (window), preview);
  gtk_widget_show_all (window);
  g_signal_connect_swapped (preview, "view-changed", G_CALLBACK (count), &changes);
  draw_corners (preview, corners);
  g_assert_cmphex (corners[0], ==, 0xff0000);
  g_assert_cmphex (corners[1], ==, 0x00ff00);
  g_assert_cmphex (corners[2], ==, 0x0000ff);
  g_assert_true (press (preview, GDK_KEY_4, 0));
  g_assert_cmpint (p3m_preview_get_view (P3M_PREVIEW (preview)), ==, P3M_VIEW_WHITE);
  draw_corners (preview, corners);
  g_assert_cmphex (corners[3], ==, 0xffffff);
  g_assert_true (press (preview, GDK_KEY_7, 0));
  draw_corners (preview, corners);
  g_assert_cmphex (corners[0], ==, 0xffffff);
  g_assert_cmpuint (changes, ==, 2);
  g_assert_false (press (preview, GDK_KEY_9, 0));
  g_assert_false (press (preview, GDK_KEY_Return, 0));
  gtk_widget_destroy (window);
}

/* A picture of 2 x 2 at 1:1 in a space of 64 x 64: its corners are background of the widget. */
static void
test_preview_zoom (void)
{
  P3mHost host = { .source = { 2, 2, read_waves, NULL }, .read_scaled = read_quarters };
  GtkWidget *window = gtk_offscreen_window_new ();
  GtkWidget *preview = p3m_preview_new (&host, NULL);
  guint32 corners[4];
  gtk_widget_set_size_request (preview, 64, 64);
  gtk_container_add (GTK_CONTAINER (window), preview);
  gtk_widget_show_all (window);
  settle ();
  g_assert_true (press (preview, GDK_KEY_1, GDK_CONTROL_MASK));
  draw_corners (preview, corners);
  g_assert_cmphex (corners[0], ==, 0);
  g_assert_true (press (preview, GDK_KEY_0, 0));
  draw_corners (preview, corners);
  g_assert_cmphex (corners[0], ==, 0xff0000);
  gtk_widget_destroy (window);
}

/* The bias of the class of the background becomes overwhelming. */
static void
write_nobody (void)
{
  g_autofree char *data = NULL;
  gsize size;
  guint64 length;
  g_assert_true (g_file_get_contents (model_path, &data, &size, NULL));
  memcpy (&length, data, sizeof (length));
  length = GUINT64_FROM_LE (length);
  g_autofree char *header = g_strndup (data + sizeof (length), length);
  const char *tensor = strstr (header, "decoder0_g.6.bias");
  g_assert_nonnull (tensor);
  const char *offset = strstr (tensor, "data_offsets");
  offset += strcspn (offset, "0123456789");
  const float bias[3] = { 1e6f, 0, 0 };
  memcpy (data + sizeof (length) + length + g_ascii_strtoull (offset, NULL, 10), bias,
          sizeof (bias));
  g_assert_true (g_file_set_contents (nobody_path, data, (gssize) size, NULL));
}

static void
make_models (const char *folder)
{
  model_path = g_build_filename (folder, "small.safetensors", NULL);
  nobody_path = g_build_filename (folder, "nobody.safetensors", NULL);
  bad_path = g_build_filename (folder, "bad.safetensors", NULL);
  formula_write_model (model_path, 8, "F32");
  write_nobody ();
  g_assert_true (g_file_set_contents (bad_path, "no model", -1, NULL));
}

static void
remove_models (void)
{
  char *const paths[] = { model_path, nobody_path, bad_path };
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_unlink (paths[i]);
      g_free (paths[i]);
    }
}

static void
note_place (GtkWidget *preview, double x, double y, double *place)
{
  (void) preview;
  place[0] = x;
  place[1] = y;
}

/* The space bar clicks the middle, where people are clicked at all. */
static void
test_preview_space (void)
{
  P3mHost host = { .source = { 2, 2, read_waves, NULL }, .read_scaled = read_quarters };
  GtkWidget *window = gtk_offscreen_window_new ();
  GtkWidget *preview = p3m_preview_new (&host, NULL);
  GdkEventKey event = { .type = GDK_KEY_PRESS, .keyval = GDK_KEY_space };
  g_auto (P3mSettings) settings = { .model = NULL };
  double place[2] = { 0, 0 };
  gboolean handled;
  p3m_settings_init (&settings);
  gtk_widget_set_size_request (preview, 64, 64);
  gtk_container_add (GTK_CONTAINER (window), preview);
  gtk_widget_show_all (window);
  g_signal_connect (preview, "clicked", G_CALLBACK (note_place), place);
  settle ();
  g_signal_emit_by_name (preview, "key-press-event", &event, &handled);
  g_assert_cmpfloat (place[0], ==, 0);
  settings.keep = P3M_KEEP_POINTS;
  p3m_preview_set_settings (P3M_PREVIEW (preview), &settings);
  g_signal_emit_by_name (preview, "key-press-event", &event, &handled);
  g_assert_true (handled);
  g_assert_cmpfloat (place[0], ==, 1);
  g_assert_cmpfloat (place[1], ==, 1);
  gtk_widget_destroy (window);
}

int
main (int argc, char **argv)
{
  g_autofree char *folder = g_dir_make_tmp ("p3m-dialog-XXXXXX", NULL);
  g_setenv ("XDG_CONFIG_HOME", folder, TRUE);
  g_setenv ("XDG_DATA_HOME", folder, TRUE);
  g_test_init (&argc, &argv, NULL);
  if (!gtk_init_check (&argc, &argv))
    {
      g_print ("1..0 # SKIP there is no display\n");
      return 0;
    }
  make_models (folder);
  g_test_add_func ("/dialog/ok", test_ok);
  g_test_add_func ("/dialog/another-strategy", test_another_strategy);
  g_test_add_func ("/dialog/cancel", test_cancel);
  g_test_add_func ("/dialog/no-model", test_no_model);
  g_test_add_func ("/dialog/write-fails-once", test_write_fails_once);
  g_test_add_func ("/dialog/settings", test_settings);
  g_test_add_func ("/dialog/reset", test_reset);
  g_test_add_func ("/dialog/click", test_click);
  g_test_add_func ("/dialog/hint", test_hint);
  g_test_add_func ("/dialog/cancel-while-writing", test_cancel_while_writing);
  g_test_add_func ("/dialog/cancel-at-the-end", test_cancel_at_the_end);
  g_test_add_func ("/dialog/nobody", test_nobody);
  g_test_add_func ("/dialog/bad-import", test_bad_import);
  g_test_add_func ("/preview/views", test_preview);
  g_test_add_func ("/preview/zoom", test_preview_zoom);
  g_test_add_func ("/preview/space", test_preview_space);
  const int status = g_test_run ();
  remove_models ();
  g_rmdir (folder);
  return status;
}
