/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The dialog and its preview on a display, with a host that is not there. */
#include "dialog.h"

#include <math.h>
#include <gtk/gtk.h>
#include <glib/gstdio.h>

#include "formula.h"
#include "preview.h"

#define WIDTH  90
#define HEIGHT 70

static char *model_path;

/* A host in memory. failures: how many times write fails before it works. */
typedef struct
{
  P3mHost host;
  int failures, writes;
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
  (void) settings;
  Host *host = (Host *) seam;
  const P3mSink sink = { store, host };
  host->writes++;
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
  int response;              /* GTK_RESPONSE_OK waits until it may be pressed */
  gboolean after_error;      /* the response waits for an error to be shown */
  gboolean changes_strategy; /* once, as soon as the dialog is there */
  gboolean saw_error;
  gboolean ok_was_sensitive;
} Person;

static void
find_info_bar (GtkWidget *widget, gpointer user_data)
{
  GtkWidget **found = user_data;
  if (GTK_IS_INFO_BAR (widget))
    *found = widget;
  else if (GTK_IS_CONTAINER (widget))
    gtk_container_foreach (GTK_CONTAINER (widget), find_info_bar, user_data);
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

static gboolean
act (gpointer user_data)
{
  Person *person = user_data;
  g_autoptr (GList) windows = gtk_window_list_toplevels ();
  for (GList *i = windows; i; i = i->next)
    {
      GtkWidget *info_bar = NULL;
      if (!GTK_IS_DIALOG (i->data))
        continue;
      GtkWidget *ok = gtk_dialog_get_widget_for_response (i->data, GTK_RESPONSE_OK);
      if (person->changes_strategy)
        change_strategy (i->data, person);
      find_info_bar (i->data, &info_bar);
      person->saw_error |= gtk_widget_get_visible (info_bar);
      person->ok_was_sensitive |= gtk_widget_get_sensitive (ok);
      const gboolean possible
          = person->response != GTK_RESPONSE_OK || gtk_widget_get_sensitive (ok);
      if (possible && (!person->after_error || person->saw_error))
        gtk_dialog_response (i->data, person->response);
    }
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
  if (strategy)
    *strategy = settings.strategy;
  return written;
}

/* ---- the dialog --------------------------------------------------------------------------- */

/* What the host got is the engine's own alpha. */
static void
check_alpha (const Host *host, P3mStrategy strategy)
{
  g_autoptr (P3mModel) model = p3m_model_load (model_path, NULL);
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (!gtk_init_check (&argc, &argv))
    {
      g_print ("1..0 # SKIP there is no display\n");
      return 0;
    }
  g_autofree char *folder = g_dir_make_tmp ("p3m-dialog-XXXXXX", NULL);
  model_path = g_build_filename (folder, "small.safetensors", NULL);
  formula_write_model (model_path, 8, "F32");
  g_test_add_func ("/dialog/ok", test_ok);
  g_test_add_func ("/dialog/another-strategy", test_another_strategy);
  g_test_add_func ("/dialog/cancel", test_cancel);
  g_test_add_func ("/dialog/no-model", test_no_model);
  g_test_add_func ("/dialog/write-fails-once", test_write_fails_once);
  g_test_add_func ("/preview/views", test_preview);
  g_test_add_func ("/preview/zoom", test_preview_zoom);
  const int status = g_test_run ();
  g_unlink (model_path);
  g_rmdir (folder);
  g_free (model_path);
  return status;
}
