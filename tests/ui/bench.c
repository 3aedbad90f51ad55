/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A layer of 12 megapixels: how long the first pictures take, and each of a recorded session of slider moves.
 *   ui-bench [PICTURE MODEL] */
#include <math.h>
#include <string.h>
#include <time.h>

#include "buffer.h"
#include "matte/detail.h"
#include "matte/matte.h"
#include "preview.h"
#include "worker.h"

#define WIDTH  4000
#define HEIGHT 3000

/* Of the network's answer: a large one, as hybrid gives it. */
#define ALPHA_WIDTH  1600
#define ALPHA_HEIGHT 1184

/* Of the preview on a screen of 1280 x 900, logical px. */
#define VIEW_WIDTH  640
#define VIEW_HEIGHT 640

/* What a person did: a slider from one place to another. */
static const struct
{
  const char *name;
  double from, to;
  int moves;
} session[] = {
  { "shift-edge", 0, -30, 15 }, { "smooth", 0, 40, 20 },      { "feather", 0, 12, 12 },
  { "feather", 12, 4, 8 },      { "contrast", 0, 25, 12 },    { "edge-detail", 50, 90, 10 },
  { "black-point", 0, 0.1, 5 }, { "white-point", 1, 0.9, 5 }, { "shift-edge", -30, 10, 20 },
};

static gboolean drawn_newest, rendered;

/* ---- a portrait ----------------------------------------------------------------------------- */

/* A head with hair and shoulders; x and y: 0..1. */
static float
get_alpha (double x, double y)
{
  const double u = x - 0.5, v = (y - 0.35) * 0.75;
  const double radius = hypot (u, v), angle = atan2 (v, u);
  const double strands = 0.5 + 0.5 * sin (angle * 90 + radius * 60);
  const double head = CLAMP ((0.14 - radius) * 60, 0, 1);
  const double hair = CLAMP ((0.19 - radius) * 20, 0, 1) * strands * strands;
  const double body = CLAMP ((0.3 - hypot (u, (y - 1) * 0.6)) * 60, 0, 1);
  return (float) MAX (MAX (head, hair), body);
}

static void
get_colour (double x, double y, float *rgb)
{
  const float alpha = get_alpha (x, y);
  for (int channel = 0; channel < 3; channel++)
    rgb[channel] = (float) (alpha * (0.3 + 0.1 * channel)
                            + (1 - alpha) * (0.7 + 0.1 * sin (20 * x + 9 * y + channel)));
}

static P3mMatte *
make_matte (void)
{
  static const float gain[3] = { 1, 1, 1 }, offset[3] = { 0, 0, 0 };
  const gsize count = (gsize) ALPHA_WIDTH * ALPHA_HEIGHT;
  g_autofree float *rgb = g_new (float, 3 * count);
  P3mMatte *matte = p3m_matte_alloc (WIDTH, HEIGHT);
  matte->alpha_width = ALPHA_WIDTH;
  matte->alpha_height = ALPHA_HEIGHT;
  matte->alpha = g_new (float, count);
  for (int y = 0; y < ALPHA_HEIGHT; y++)
    for (int x = 0; x < ALPHA_WIDTH; x++)
      {
        const gsize i = (gsize) y * ALPHA_WIDTH + x;
        const double across = (x + 0.5) / ALPHA_WIDTH, down = (y + 0.5) / ALPHA_HEIGHT;
        float colour[3];
        matte->alpha[i] = get_alpha (across, down);
        get_colour (across, down, colour);
        for (int channel = 0; channel < 3; channel++)
          rgb[channel * count + i] = colour[channel];
      }
  g_assert_true (p3m_detail_fit (matte, rgb, gain, offset, NULL));
  return matte;
}

static gboolean
read_scaled (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba, GError **error)
{
  (void) host;
  (void) error;
  for (int y = 0; y < area->height; y++)
    for (int x = 0; x < area->width; x++, rgba += 4)
      {
        float rgb[3];
        get_colour ((area->x + x + 0.5) / (WIDTH * scale), (area->y + y + 0.5) / (HEIGHT * scale),
                    rgb);
        for (int channel = 0; channel < 3; channel++)
          rgba[channel] = (guint8) (255 * rgb[channel]);
        rgba[3] = 255;
      }
  return TRUE;
}

/* ---- what is seen ---------------------------------------------------------------------------- */

static void
on_rendered (void)
{
  rendered = TRUE;
}

/* The drawing itself follows within the same iteration of the main loop. */
static gboolean
on_drawn (void)
{
  drawn_newest |= rendered;
  return GDK_EVENT_PROPAGATE;
}

/* Seconds that all threads of this program have computed: on a busy machine the figure that says something. */
static double
get_processor_time (void)
{
  struct timespec time;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &time);
  return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}

static GtkWidget *
show_preview (P3mHost *host, GtkWidget **window)
{
  GtkWidget *preview = p3m_preview_new (host, NULL);
  *window = gtk_window_new (GTK_WINDOW_TOPLEVEL);
  gtk_widget_set_size_request (preview, VIEW_WIDTH, VIEW_HEIGHT);
  gtk_container_add (GTK_CONTAINER (*window), preview);
  g_signal_connect (preview, "rendered", G_CALLBACK (on_rendered), NULL);
  g_signal_connect (preview, "draw", G_CALLBACK (on_drawn), NULL);
  gtk_widget_show_all (*window);
  return preview;
}

/* ---- the first pictures --------------------------------------------------------------------- */

/* How often the dialog looks for what the worker has made. */
#define TICK_MS 50

/* A layer as GIMP has it. */
typedef struct
{
  P3mHost host;
  GeglBuffer *buffer;
} Layer;

static gboolean
read_layer_scaled (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba,
                   GError **error)
{
  const Layer *layer = (const Layer *) host;
  (void) error;
  gegl_buffer_get (layer->buffer, GEGL_RECTANGLE (area->x, area->y, area->width, area->height),
                   scale, babl_format ("R'G'B'A u8"), rgba, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_CLAMP);
  return TRUE;
}

/* A picture, enlarged. */
static gboolean
load_layer (Layer *layer, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkPixbuf) picture
      = gdk_pixbuf_new_from_file_at_scale (path, WIDTH, HEIGHT, FALSE, &error);
  if (!picture)
    {
      g_print ("%s\n", error->message);
      return FALSE;
    }
  const gboolean alpha = gdk_pixbuf_get_has_alpha (picture);
  layer->buffer = gegl_buffer_new (GEGL_RECTANGLE (0, 0, WIDTH, HEIGHT), babl_format ("R'G'B' u8"));
  gegl_buffer_set (layer->buffer, NULL, 0, babl_format (alpha ? "R'G'B'A u8" : "R'G'B' u8"),
                   gdk_pixbuf_read_pixels (picture), gdk_pixbuf_get_rowstride (picture));
  layer->host = (P3mHost){ .source = p3m_source_from_buffer (layer->buffer),
                           .read_scaled = read_layer_scaled };
  return TRUE;
}

/* The start of a run, and what it has shown. */
typedef struct
{
  P3mPreview *preview;
  P3mWorker *worker;
  gint64 start;     /* monotonic, us */
  double processor; /* seconds at the start */
  gboolean drafted, finished;
} Run;

static void
tell_time (const Run *run, const char *what)
{
  g_print ("%s after %.2f s (%.2f s of processor time)\n", what,
           (double) (g_get_monotonic_time () - run->start) / G_USEC_PER_SEC,
           get_processor_time () - run->processor);
}

static void
show_made (Run *run, P3mMatte *matte, const char *what)
{
  tell_time (run, what);
  rendered = drawn_newest = FALSE;
  p3m_preview_set_matte (run->preview, matte);
  p3m_matte_unref (matte);
}

/* As the dialog does it. */
static gboolean
look (gpointer user_data)
{
  Run *run = user_data;
  double fraction;
  const char *stage;
  const gboolean finished = p3m_worker_poll (run->worker, &fraction, &stage);
  P3mMatte *draft = p3m_worker_take_draft (run->worker);
  if (draft)
    {
      show_made (run, draft, "the draft is made");
      run->drafted = TRUE;
    }
  if (!finished)
    return G_SOURCE_CONTINUE;
  show_made (run, p3m_worker_finish (run->worker, NULL), "the matte is made");
  run->finished = TRUE;
  return G_SOURCE_REMOVE;
}

static void
wait_until (const gboolean *done, const Run *run, const char *what)
{
  while (!*done || !drawn_newest)
    gtk_main_iteration ();
  tell_time (run, what);
}

/* From the opening of the dialog on. */
static void
make_first_pictures (const char *picture, const char *model)
{
  Layer layer;
  GtkWidget *window;
  g_autofree char *name = g_strdup (model);
  const P3mSettings settings = { .model = name };
  if (!load_layer (&layer, picture))
    return;
  Run run = { .start = g_get_monotonic_time (), .processor = get_processor_time () };
  run.preview = P3M_PREVIEW (show_preview (&layer.host, &window));
  run.worker = p3m_worker_new (&layer.host, &settings);
  g_timeout_add (TICK_MS, look, &run);
  wait_until (&run.drafted, &run, "the draft is seen");
  wait_until (&run.finished, &run, "the matte is seen");
  p3m_worker_free (run.worker);
  gtk_widget_destroy (window);
  g_object_unref (layer.buffer);
}

/* ---- the session ---------------------------------------------------------------------------- */

/* Seconds until the settings are seen. */
static double
wait_until_seen (P3mPreview *preview, const P3mSettings *settings)
{
  const gint64 start = g_get_monotonic_time ();
  rendered = drawn_newest = FALSE;
  p3m_preview_set_settings (preview, settings);
  while (!drawn_newest)
    gtk_main_iteration ();
  return (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *) a, y = *(const double *) b;
  return x < y ? -1 : x > y;
}

static double
get_median (GArray *times)
{
  g_array_sort (times, compare);
  return g_array_index (times, double, times->len / 2);
}

static void
play (P3mPreview *preview, const char *name)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (double));
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  wait_until_seen (preview, &settings);
  const double start = get_processor_time ();
  for (gsize i = 0; i < G_N_ELEMENTS (session); i++)
    {
      g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
      for (int move = 1; move <= session[i].moves; move++)
        {
          const double share = (double) move / session[i].moves;
          p3m_setting_set_number (p3m_setting_find (session[i].name), &settings,
                                  session[i].from + share * (session[i].to - session[i].from));
          const double time = wait_until_seen (preview, &settings);
          g_array_append_val (times, time);
          g_array_append_val (all, time);
        }
      g_print ("%s  %-12s %5.1f ms\n", name, session[i].name, 1e3 * get_median (times));
    }
  const double median = get_median (all);
  g_print ("%s  all: median %.1f ms, nine of ten within %.1f ms, %u moves, %.1f ms of processor "
           "time each\n",
           name, 1e3 * median, 1e3 * g_array_index (all, double, all->len * 9 / 10), all->len,
           1e3 * (get_processor_time () - start) / all->len);
}

/* Moves with nothing to compute: what the display alone takes. */
static void
play_idle (P3mPreview *preview)
{
  g_autoptr (GArray) times = g_array_new (FALSE, FALSE, sizeof (double));
  for (int i = 0; i < 30; i++)
    {
      const gint64 start = g_get_monotonic_time ();
      drawn_newest = FALSE;
      gtk_widget_queue_draw (GTK_WIDGET (preview));
      while (!drawn_newest)
        gtk_main_iteration ();
      const double time = (double) (g_get_monotonic_time () - start) / G_USEC_PER_SEC;
      g_array_append_val (times, time);
    }
  g_print ("drawing alone: median %.1f ms\n", 1e3 * get_median (times));
}

static void
settle (void)
{
  for (int i = 0; i < 100; i++)
    {
      while (gtk_events_pending ())
        gtk_main_iteration ();
      g_usleep (10000);
    }
}

int
main (int argc, char **argv)
{
  if (!gtk_init_check (&argc, &argv))
    {
      g_print ("There is no display.\n");
      return 77;
    }
  p3m_buffers_init ();
  if (argc > 2)
    make_first_pictures (argv[1], argv[2]);
  P3mHost host = { .source = { WIDTH, HEIGHT, NULL, NULL }, .read_scaled = read_scaled };
  GtkWidget *window;
  GtkWidget *preview = show_preview (&host, &window);
  P3mMatte *matte = make_matte ();
  p3m_preview_set_matte (P3M_PREVIEW (preview), matte);
  settle ();
  play (P3M_PREVIEW (preview), "fit");
  play_idle (P3M_PREVIEW (preview));
  p3m_preview_set_zoom (P3M_PREVIEW (preview), 1);
  settle ();
  play (P3M_PREVIEW (preview), "1:1");
  gtk_widget_destroy (window);
  p3m_matte_unref (matte);
  gegl_exit ();
  return 0;
}
