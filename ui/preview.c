/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The picture in the dialog: zoomed, moved about, and shown as one of several views. */
#include "preview.h"

#include <math.h>
#include <glib/gi18n-lib.h>

/* Longest side of the whole picture's tile, in px: what is seen for a moment while one moves about. */
#define BASE_SIDE 1024

/* Pixels of the layer that are read at once, and how long one idle callback goes on with that: each is followed by
 * a drawing. */
#define READ_STEP 250000
#define READ_US   (G_USEC_PER_SEC / 30)

/* Side of a square of the checkerboard, in logical px, and its two greys, 0..1. */
#define CHECK_SIZE  8
#define CHECK_LIGHT 0.6
#define CHECK_DARK  0.4

#define ZOOM_STEP    1.25
#define ZOOM_MAX     32.0 /* device px for one of the picture */
#define DIVIDER_GRIP 8.0  /* logical px on each side of the divider that take hold of it */
#define DETAIL_MS    80   /* of rest after which the visible part is sharpened */
#define CLICK_SLOP   4.0  /* logical px that a pointer may wander in a click */
#define PAN_STEP     40.0 /* logical px for an arrow key */
#define MARK_RADIUS  5.0  /* logical px of the ring around a point that was clicked */

/* Lengths and places are in px of the picture unless said otherwise. zoom: device px for one of the
 * picture, 0 = fit. */
struct _P3mPreview
{
  GtkDrawingArea parent_instance;
  P3mHost *host;
  P3mSettings settings;
  P3mRefiner *refiner;
  gboolean has_matte;
  P3mView view;
  GdkRGBA colour;
  cairo_pattern_t *checks;

  P3mTile base;   /* the whole picture */
  P3mTile detail; /* what was visible when it was made, as sharp as it is seen; no surface = none */
  P3mTile coming; /* the next detail; no surface = none */
  guint reading, sharpening; /* sources, 0 = none */

  double zoom, centre_x, centre_y;
  double divider;
  GtkGesture *drag, *pinch;
  gboolean dragging_divider;
  double press_x, press_y; /* logical px */
  double drag_x, drag_y;   /* centre, or divider, where a drag began */
  double pinch_zoom;       /* where a pinch began */
};

G_DEFINE_TYPE (P3mPreview, p3m_preview, GTK_TYPE_DRAWING_AREA)

enum
{
  VIEW_CHANGED,
  CLICKED,
  RENDERED,
  FAILED,
  SIGNALS
};

static guint signals[SIGNALS];

/* ---- where things are --------------------------------------------------------------------- */

/* Logical px for one px of the picture when all of it is to be seen. */
static double
get_fitting_scale (P3mPreview *preview)
{
  GtkWidget *widget = GTK_WIDGET (preview);
  return MIN ((double) gtk_widget_get_allocated_width (widget) / preview->host->source.width,
              (double) gtk_widget_get_allocated_height (widget) / preview->host->source.height);
}

/* Logical px for one px of the picture. */
static double
get_scale (P3mPreview *preview)
{
  if (preview->zoom > 0)
    return preview->zoom / gtk_widget_get_scale_factor (GTK_WIDGET (preview));
  return get_fitting_scale (preview);
}

/* Where one axis of the picture begins in the widget, logical px. */
static double
get_offset (double space, double length, double centre, double scale)
{
  if (length * scale <= space)
    return floor ((space - length * scale) / 2);
  return floor (CLAMP (space / 2 - centre * scale, space - length * scale, 0));
}

static void
get_offsets (P3mPreview *preview, double scale, double *x, double *y)
{
  GtkWidget *widget = GTK_WIDGET (preview);
  *x = get_offset (gtk_widget_get_allocated_width (widget), preview->host->source.width,
                   preview->centre_x, scale);
  *y = get_offset (gtk_widget_get_allocated_height (widget), preview->host->source.height,
                   preview->centre_y, scale);
}

/* The part of the picture that is visible, in px of the picture times tile_scale. */
static P3mRectangle
get_visible (P3mPreview *preview, double tile_scale)
{
  GtkWidget *widget = GTK_WIDGET (preview);
  const double scale = get_scale (preview), k = tile_scale / scale;
  const int width = MAX (1, (int) lround (preview->host->source.width * tile_scale));
  const int height = MAX (1, (int) lround (preview->host->source.height * tile_scale));
  double x, y;
  get_offsets (preview, scale, &x, &y);
  const int left = CLAMP ((int) floor (-x * k), 0, width - 1);
  const int top = CLAMP ((int) floor (-y * k), 0, height - 1);
  const int right = (int) ceil ((gtk_widget_get_allocated_width (widget) - x) * k);
  const int bottom = (int) ceil ((gtk_widget_get_allocated_height (widget) - y) * k);
  return (P3mRectangle){ left, top, CLAMP (right, left + 1, width) - left,
                         CLAMP (bottom, top + 1, height) - top };
}

/* ---- tiles -------------------------------------------------------------------------------- */

static void
compose (P3mPreview *preview)
{
  p3m_tile_compose (&preview->base, preview->view, preview->divider, 0, preview->base.rows);
  if (preview->detail.surface)
    p3m_tile_compose (&preview->detail, preview->view, preview->divider, 0, preview->detail.rows);
  gtk_widget_queue_draw (GTK_WIDGET (preview));
}

/* Before there is a matte the picture itself is worth seeing. */
static void
show_coming (P3mPreview *preview)
{
  p3m_tile_clear (&preview->detail);
  preview->detail = preview->coming;
  preview->coming = (P3mTile){ .rows = 0 };
  compose (preview);
}

static void
on_refined (const P3mRefined *refined, gpointer user_data)
{
  P3mPreview *preview = user_data;
  if (refined->error)
    {
      g_signal_emit (preview, signals[FAILED], 0, refined->error->message);
      return;
    }
  if (p3m_tile_take (&preview->coming, refined))
    show_coming (preview);
  else if (p3m_tile_take (&preview->detail, refined) || p3m_tile_take (&preview->base, refined))
    compose (preview);
  const P3mPieceKind seen = preview->detail.surface ? P3M_PIECE_VISIBLE : P3M_PIECE_WHOLE;
  if (refined->newest && refined->kind == seen)
    g_signal_emit (preview, signals[RENDERED], 0);
}

/* Reads some of a tile; hands it on when it is whole. */
static void
read_some (P3mPreview *preview, P3mTile *tile, P3mPieceKind kind)
{
  const P3mPiece *piece = &tile->piece;
  const double row
      = piece->area.width / (piece->scale * piece->scale); /* px of the layer behind it */
  const gint64 end = g_get_monotonic_time () + READ_US;
  do
    p3m_tile_read (tile, preview->host, MAX (1, (int) (READ_STEP / row)));
  while (!p3m_tile_is_read (tile) && g_get_monotonic_time () < end);
  if (p3m_tile_is_read (tile))
    p3m_refiner_set_piece (preview->refiner, kind, piece);
}

static gboolean
on_idle (gpointer user_data)
{
  P3mPreview *preview = user_data;
  if (!p3m_tile_is_read (&preview->base))
    {
      read_some (preview, &preview->base, P3M_PIECE_WHOLE);
      compose (preview);
    }
  else if (preview->coming.surface && !p3m_tile_is_read (&preview->coming))
    {
      read_some (preview, &preview->coming, P3M_PIECE_VISIBLE);
      if (p3m_tile_is_read (&preview->coming) && !preview->has_matte)
        show_coming (preview);
    }
  else
    {
      preview->reading = 0;
      return G_SOURCE_REMOVE;
    }
  return G_SOURCE_CONTINUE;
}

static void
read_on (P3mPreview *preview)
{
  if (!preview->reading)
    preview->reading = g_idle_add (on_idle, preview);
}

/* Without enough memory, or need, there is no detail, and the base tile is what is seen. */
static gboolean
sharpen (gpointer user_data)
{
  P3mPreview *preview = user_data;
  const double device = get_scale (preview) * gtk_widget_get_scale_factor (GTK_WIDGET (preview));
  const double scale = MIN (1, device);
  const P3mRectangle visible = get_visible (preview, scale);
  preview->sharpening = 0;
  p3m_tile_clear (&preview->coming);
  if (scale == preview->base.piece.scale || !p3m_tile_init (&preview->coming, &visible, scale))
    {
      p3m_tile_clear (&preview->detail);
      p3m_refiner_set_piece (preview->refiner, P3M_PIECE_VISIBLE, NULL);
    }
  read_on (preview);
  return G_SOURCE_REMOVE;
}

/* The visible part is another one. */
static void
look_elsewhere (P3mPreview *preview)
{
  if (preview->sharpening)
    g_source_remove (preview->sharpening);
  preview->sharpening = g_timeout_add (DETAIL_MS, sharpen, preview);
  gtk_widget_queue_draw (GTK_WIDGET (preview));
}

/* ---- drawing ------------------------------------------------------------------------------ */

static cairo_pattern_t *
create_checks (void)
{
  cairo_surface_t *tile
      = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 2 * CHECK_SIZE, 2 * CHECK_SIZE);
  cairo_t *cr = cairo_create (tile);
  cairo_set_source_rgb (cr, CHECK_LIGHT, CHECK_LIGHT, CHECK_LIGHT);
  cairo_paint (cr);
  cairo_set_source_rgb (cr, CHECK_DARK, CHECK_DARK, CHECK_DARK);
  cairo_rectangle (cr, 0, 0, CHECK_SIZE, CHECK_SIZE);
  cairo_rectangle (cr, CHECK_SIZE, CHECK_SIZE, CHECK_SIZE, CHECK_SIZE);
  cairo_fill (cr);
  cairo_destroy (cr);
  cairo_pattern_t *checks = cairo_pattern_create_for_surface (tile);
  cairo_surface_destroy (tile);
  cairo_pattern_set_extend (checks, CAIRO_EXTEND_REPEAT);
  cairo_pattern_set_filter (checks, CAIRO_FILTER_NEAREST);
  return checks;
}

static void
set_background (P3mPreview *preview, cairo_t *cr)
{
  if (preview->view == P3M_VIEW_BLACK)
    cairo_set_source_rgb (cr, 0, 0, 0);
  else if (preview->view == P3M_VIEW_WHITE)
    cairo_set_source_rgb (cr, 1, 1, 1);
  else if (preview->view == P3M_VIEW_COLOUR)
    gdk_cairo_set_source_rgba (cr, &preview->colour);
  else
    cairo_set_source (cr, preview->checks);
}

/* cr: in px of the picture; scale: logical px for one of them. */
static void
draw_tile (const P3mTile *tile, double scale, cairo_t *cr)
{
  const P3mPiece *piece = &tile->piece;
  cairo_save (cr);
  cairo_scale (cr, 1 / piece->scale, 1 / piece->scale);
  cairo_set_source_surface (cr, tile->surface, piece->area.x, piece->area.y);
  cairo_pattern_set_filter (cairo_get_source (cr),
                            scale / piece->scale > 3 ? CAIRO_FILTER_NEAREST : CAIRO_FILTER_GOOD);
  cairo_pattern_set_extend (cairo_get_source (cr), CAIRO_EXTEND_PAD); /* no fading at the border */
  cairo_paint (cr);
  cairo_restore (cr);
}

static void
add_tile_outline (const P3mTile *tile, cairo_t *cr)
{
  const P3mPiece *piece = &tile->piece;
  cairo_rectangle (cr, piece->area.x / piece->scale, piece->area.y / piece->scale,
                   piece->area.width / piece->scale, piece->area.height / piece->scale);
}

static void
draw_tiles (P3mPreview *preview, double scale, cairo_t *cr)
{
  const P3mSource *picture = &preview->host->source;
  cairo_save (cr);
  if (preview->detail.surface)
    {
      cairo_rectangle (cr, 0, 0, picture->width, picture->height);
      add_tile_outline (&preview->detail, cr);
      cairo_set_fill_rule (cr, CAIRO_FILL_RULE_EVEN_ODD);
      cairo_clip (cr);
    }
  draw_tile (&preview->base, scale, cr);
  cairo_restore (cr);
  if (!preview->detail.surface)
    return;
  add_tile_outline (&preview->detail, cr);
  cairo_clip (cr);
  draw_tile (&preview->detail, scale, cr);
}

static void
draw_divider (double x, double height, cairo_t *cr)
{
  cairo_set_line_width (cr, 3);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.5);
  cairo_move_to (cr, x, 0);
  cairo_line_to (cr, x, height);
  cairo_stroke_preserve (cr);
  cairo_set_line_width (cr, 1);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_stroke (cr);
}

static void
draw_ring (double x, double y, cairo_t *cr)
{
  cairo_new_path (cr);
  cairo_arc (cr, x, y, MARK_RADIUS, 0, 2 * G_PI);
  cairo_set_line_width (cr, 4);
  cairo_set_source_rgba (cr, 0, 0, 0, 0.6);
  cairo_stroke_preserve (cr);
  cairo_set_line_width (cr, 2);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_stroke (cr);
}

/* Who was clicked. scale: logical px for one px of the picture. */
static void
draw_marks (P3mPreview *preview, double scale, cairo_t *cr)
{
  if (preview->settings.keep != P3M_KEEP_POINTS)
    return;
  g_autoptr (GArray) people = p3m_settings_get_people (&preview->settings);
  for (guint i = 0; i < people->len; i++)
    {
      const P3mPoint *point = &g_array_index (people, P3mPoint, i);
      draw_ring (point->x * scale, point->y * scale, cr);
    }
}

static gboolean
p3m_preview_draw (GtkWidget *widget, cairo_t *cr)
{
  P3mPreview *preview = P3M_PREVIEW (widget);
  const double scale = get_scale (preview);
  const double width = preview->host->source.width * scale;   /* logical px */
  const double height = preview->host->source.height * scale; /* logical px */
  double x, y;
  get_offsets (preview, scale, &x, &y);
  cairo_save (cr);
  cairo_translate (cr, x, y);
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip (cr);
  set_background (preview, cr);
  cairo_paint (cr);
  cairo_save (cr);
  cairo_scale (cr, scale, scale);
  draw_tiles (preview, scale, cr);
  cairo_restore (cr);
  if (preview->view == P3M_VIEW_SPLIT)
    draw_divider (floor (preview->divider * scale) + 0.5, height, cr);
  draw_marks (preview, scale, cr);
  cairo_restore (cr);
  if (gtk_widget_has_visible_focus (widget))
    gtk_render_focus (gtk_widget_get_style_context (widget), cr, 0, 0,
                      gtk_widget_get_allocated_width (widget),
                      gtk_widget_get_allocated_height (widget));
  return TRUE;
}

/* ---- moving about ------------------------------------------------------------------------- */

/* Zooms so that the place (x, y) of the widget, logical px, shows what it showed. */
static void
zoom_at (P3mPreview *preview, double zoom, double x, double y)
{
  GtkWidget *widget = GTK_WIDGET (preview);
  const double before = get_scale (preview);
  const double fit = get_fitting_scale (preview) * gtk_widget_get_scale_factor (widget);
  double left, top;
  get_offsets (preview, before, &left, &top);
  preview->zoom = CLAMP (zoom, MIN (fit, 1), ZOOM_MAX);
  const double after = get_scale (preview);
  preview->centre_x
      = (x - left) / before + (gtk_widget_get_allocated_width (widget) / 2.0 - x) / after;
  preview->centre_y
      = (y - top) / before + (gtk_widget_get_allocated_height (widget) / 2.0 - y) / after;
  look_elsewhere (preview);
}

static double
get_zoom (P3mPreview *preview)
{
  return get_scale (preview) * gtk_widget_get_scale_factor (GTK_WIDGET (preview));
}

static void
zoom_by (P3mPreview *preview, double factor)
{
  GtkWidget *widget = GTK_WIDGET (preview);
  zoom_at (preview, get_zoom (preview) * factor, gtk_widget_get_allocated_width (widget) / 2.0,
           gtk_widget_get_allocated_height (widget) / 2.0);
}

static gboolean
p3m_preview_scroll (GtkWidget *widget, GdkEventScroll *event)
{
  P3mPreview *preview = P3M_PREVIEW (widget);
  double dx = 0, dy = 0;
  if (event->direction == GDK_SCROLL_UP)
    dy = -1;
  else if (event->direction == GDK_SCROLL_DOWN)
    dy = 1;
  else if (!gdk_event_get_scroll_deltas ((GdkEvent *) event, &dx, &dy))
    return GDK_EVENT_PROPAGATE;
  zoom_at (preview, get_zoom (preview) * pow (ZOOM_STEP, -dy), event->x, event->y);
  return GDK_EVENT_STOP;
}

static gboolean
is_at_divider (P3mPreview *preview, double x)
{
  const double scale = get_scale (preview);
  double left, top;
  get_offsets (preview, scale, &left, &top);
  return preview->view == P3M_VIEW_SPLIT
         && fabs (left + preview->divider * scale - x) <= DIVIDER_GRIP;
}

static gboolean
p3m_preview_motion (GtkWidget *widget, GdkEventMotion *event)
{
  P3mPreview *preview = P3M_PREVIEW (widget);
  const char *name = "grab";
  if (is_at_divider (preview, event->x))
    name = "col-resize";
  else if (preview->settings.keep == P3M_KEEP_POINTS)
    name = "crosshair";
  g_autoptr (GdkCursor) cursor = gdk_cursor_new_from_name (gtk_widget_get_display (widget), name);
  gdk_window_set_cursor (event->window, cursor);
  return GDK_EVENT_PROPAGATE;
}

static void
on_drag_begin (P3mPreview *preview, double x, double y)
{
  const double scale = get_scale (preview);
  double left, top;
  preview->press_x = x;
  preview->press_y = y;
  get_offsets (preview, scale, &left, &top);
  gtk_widget_grab_focus (GTK_WIDGET (preview));
  preview->dragging_divider = is_at_divider (preview, x);
  /* where the centre really is: it may lie outside of what can be seen */
  const double space_x = gtk_widget_get_allocated_width (GTK_WIDGET (preview));
  const double space_y = gtk_widget_get_allocated_height (GTK_WIDGET (preview));
  preview->drag_x = preview->dragging_divider ? preview->divider : (space_x / 2 - left) / scale;
  preview->drag_y = (space_y / 2 - top) / scale;
}

static void
on_drag_update (P3mPreview *preview, double dx, double dy)
{
  const double scale = get_scale (preview);
  if (preview->dragging_divider)
    {
      preview->divider = CLAMP (preview->drag_x + dx / scale, 0, preview->host->source.width);
      compose (preview);
      return;
    }
  preview->centre_x = preview->drag_x - dx / scale;
  preview->centre_y = preview->drag_y - dy / scale;
  look_elsewhere (preview);
}

/* A drag that went nowhere is a click. */
static void
on_drag_end (P3mPreview *preview, double dx, double dy)
{
  const P3mSource *picture = &preview->host->source;
  const double scale = get_scale (preview);
  double left, top;
  if (preview->dragging_divider || hypot (dx, dy) > CLICK_SLOP)
    return;
  get_offsets (preview, scale, &left, &top);
  const double x = (preview->press_x - left) / scale, y = (preview->press_y - top) / scale;
  if (x >= 0 && x < picture->width && y >= 0 && y < picture->height)
    g_signal_emit (preview, signals[CLICKED], 0, x, y);
}

/* The middle of what is seen is clicked, for those who have no pointer. */
static void
click_middle (P3mPreview *preview)
{
  const P3mRectangle visible = get_visible (preview, 1);
  g_signal_emit (preview, signals[CLICKED], 0, visible.x + visible.width / 2.0,
                 visible.y + visible.height / 2.0);
}

/* Moves a centre by a step. Returns FALSE when the key is no arrow. */
static gboolean
press_arrow (P3mPreview *preview, guint key)
{
  const double step = PAN_STEP / get_scale (preview);
  if (key == GDK_KEY_Left || key == GDK_KEY_Right)
    preview->centre_x += key == GDK_KEY_Left ? -step : step;
  else if (key == GDK_KEY_Up || key == GDK_KEY_Down)
    preview->centre_y += key == GDK_KEY_Up ? -step : step;
  else
    return FALSE;
  preview->centre_x = CLAMP (preview->centre_x, 0, preview->host->source.width);
  preview->centre_y = CLAMP (preview->centre_y, 0, preview->host->source.height);
  look_elsewhere (preview);
  return TRUE;
}

/* As long as the preview has the focus: arrows move what is zoomed, the space bar clicks. */
static gboolean
p3m_preview_key_press (GtkWidget *widget, GdkEventKey *event)
{
  P3mPreview *preview = P3M_PREVIEW (widget);
  if (event->keyval == GDK_KEY_space && preview->settings.keep == P3M_KEEP_POINTS)
    click_middle (preview);
  else if (preview->zoom == 0 || !press_arrow (preview, event->keyval))
    return GTK_WIDGET_CLASS (p3m_preview_parent_class)->key_press_event (widget, event);
  return GDK_EVENT_STOP;
}

static void
on_pinch_begin (P3mPreview *preview)
{
  preview->pinch_zoom = get_zoom (preview);
}

static void
on_pinch (P3mPreview *preview, double factor)
{
  double x, y;
  if (gtk_gesture_get_bounding_box_center (preview->pinch, &x, &y))
    zoom_at (preview, preview->pinch_zoom * factor, x, y);
}

static void
p3m_preview_size_allocate (GtkWidget *widget, GtkAllocation *allocation)
{
  GTK_WIDGET_CLASS (p3m_preview_parent_class)->size_allocate (widget, allocation);
  look_elsewhere (P3M_PREVIEW (widget));
}

gboolean
p3m_preview_press_key (P3mPreview *preview, const GdkEventKey *event)
{
  const guint key = event->keyval;
  const gboolean control = event->state & GDK_CONTROL_MASK;
  if (control && (key == GDK_KEY_1 || key == GDK_KEY_KP_1))
    p3m_preview_set_zoom (preview, 1);
  else if (key == GDK_KEY_0 || key == GDK_KEY_KP_0)
    p3m_preview_set_zoom (preview, 0);
  else if (key == GDK_KEY_plus || key == GDK_KEY_equal || key == GDK_KEY_KP_Add)
    zoom_by (preview, ZOOM_STEP);
  else if (key == GDK_KEY_minus || key == GDK_KEY_KP_Subtract)
    zoom_by (preview, 1 / ZOOM_STEP);
  else if (!control && key >= GDK_KEY_1 && key < GDK_KEY_1 + P3M_VIEWS)
    p3m_preview_set_view (preview, (P3mView) (key - GDK_KEY_1));
  else if (!control && key >= GDK_KEY_KP_1 && key < GDK_KEY_KP_1 + P3M_VIEWS)
    p3m_preview_set_view (preview, (P3mView) (key - GDK_KEY_KP_1));
  else
    return FALSE;
  return TRUE;
}

/* ---- the object --------------------------------------------------------------------------- */

static void
p3m_preview_destroy (GtkWidget *widget)
{
  P3mPreview *preview = P3M_PREVIEW (widget);
  g_clear_handle_id (&preview->reading, g_source_remove);
  g_clear_handle_id (&preview->sharpening, g_source_remove);
  g_clear_pointer (&preview->refiner, p3m_refiner_free);
  g_clear_object (&preview->drag);
  g_clear_object (&preview->pinch);
  GTK_WIDGET_CLASS (p3m_preview_parent_class)->destroy (widget);
}

static void
p3m_preview_finalize (GObject *object)
{
  P3mPreview *preview = P3M_PREVIEW (object);
  p3m_tile_clear (&preview->base);
  p3m_tile_clear (&preview->detail);
  p3m_tile_clear (&preview->coming);
  p3m_settings_clear (&preview->settings);
  cairo_pattern_destroy (preview->checks);
  G_OBJECT_CLASS (p3m_preview_parent_class)->finalize (object);
}

static void
p3m_preview_class_init (P3mPreviewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  widget_class->draw = p3m_preview_draw;
  widget_class->scroll_event = p3m_preview_scroll;
  widget_class->motion_notify_event = p3m_preview_motion;
  widget_class->key_press_event = p3m_preview_key_press;
  widget_class->size_allocate = p3m_preview_size_allocate;
  widget_class->destroy = p3m_preview_destroy;
  gtk_widget_class_set_accessible_role (widget_class, ATK_ROLE_IMAGE);
  G_OBJECT_CLASS (klass)->finalize = p3m_preview_finalize;
  signals[VIEW_CHANGED] = g_signal_new ("view-changed", P3M_TYPE_PREVIEW, G_SIGNAL_RUN_LAST, 0,
                                        NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[CLICKED] = g_signal_new ("clicked", P3M_TYPE_PREVIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 2, G_TYPE_DOUBLE, G_TYPE_DOUBLE);
  signals[RENDERED] = g_signal_new ("rendered", P3M_TYPE_PREVIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
  signals[FAILED] = g_signal_new ("failed", P3M_TYPE_PREVIEW, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
p3m_preview_init (P3mPreview *preview)
{
  GtkWidget *widget = GTK_WIDGET (preview);
  AtkObject *accessible = gtk_widget_get_accessible (widget);
  preview->view = P3M_VIEW_CHECKERBOARD;
  preview->colour = (GdkRGBA){ 0.2, 0.6, 0.3, 1 };
  preview->checks = create_checks ();
  preview->refiner = p3m_refiner_new (on_refined, preview);
  p3m_settings_init (&preview->settings);
  gtk_widget_set_can_focus (widget, TRUE);
  gtk_widget_add_events (widget, GDK_SCROLL_MASK | GDK_SMOOTH_SCROLL_MASK | GDK_BUTTON_PRESS_MASK
                                     | GDK_BUTTON_RELEASE_MASK | GDK_POINTER_MOTION_MASK
                                     | GDK_TOUCH_MASK);
  preview->drag = gtk_gesture_drag_new (widget);
  preview->pinch = gtk_gesture_zoom_new (widget);
  g_signal_connect_swapped (preview->drag, "drag-begin", G_CALLBACK (on_drag_begin), preview);
  g_signal_connect_swapped (preview->drag, "drag-update", G_CALLBACK (on_drag_update), preview);
  g_signal_connect_swapped (preview->drag, "drag-end", G_CALLBACK (on_drag_end), preview);
  g_signal_connect_swapped (preview->pinch, "begin", G_CALLBACK (on_pinch_begin), preview);
  g_signal_connect_swapped (preview->pinch, "scale-changed", G_CALLBACK (on_pinch), preview);
  atk_object_set_name (accessible, _ ("Preview"));
  atk_object_set_description (
      accessible, _ ("The person cut out of the layer. The keys 1 to 8 choose a view, "
                     "+ and - zoom, 0 shows the whole layer, arrows move it. When people "
                     "are to be clicked, the space bar clicks the middle."));
}

GtkWidget *
p3m_preview_new (P3mHost *host, GError **error)
{
  P3mPreview *preview = g_object_ref_sink (g_object_new (P3M_TYPE_PREVIEW, NULL));
  const P3mSource *picture = &host->source;
  const double scale = MIN (1.0, (double) BASE_SIDE / MAX (picture->width, picture->height));
  const P3mRectangle all = { 0, 0, MAX (1, (int) lround (picture->width * scale)),
                             MAX (1, (int) lround (picture->height * scale)) };
  preview->host = host;
  preview->centre_x = preview->divider = picture->width / 2.0;
  preview->centre_y = picture->height / 2.0;
  if (!p3m_tile_init (&preview->base, &all, scale))
    {
      g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                           _ ("There is not enough memory to show the picture."));
      g_object_unref (preview);
      return NULL;
    }
  read_on (preview);
  g_object_force_floating (G_OBJECT (preview));
  return GTK_WIDGET (preview);
}

void
p3m_preview_set_matte (P3mPreview *preview, P3mMatte *matte)
{
  preview->has_matte = TRUE;
  p3m_refiner_set_matte (preview->refiner, matte);
}

void
p3m_preview_set_settings (P3mPreview *preview, const P3mSettings *settings)
{
  p3m_settings_copy (&preview->settings, settings);
  p3m_refiner_set_settings (preview->refiner, settings);
  gtk_widget_queue_draw (GTK_WIDGET (preview));
}

void
p3m_preview_set_view (P3mPreview *preview, P3mView view)
{
  if (preview->view == view)
    return;
  preview->view = view;
  compose (preview);
  g_signal_emit (preview, signals[VIEW_CHANGED], 0);
}

P3mView
p3m_preview_get_view (P3mPreview *preview)
{
  return preview->view;
}

void
p3m_preview_set_colour (P3mPreview *preview, const GdkRGBA *colour)
{
  preview->colour = *colour;
  gtk_widget_queue_draw (GTK_WIDGET (preview));
}

void
p3m_preview_set_zoom (P3mPreview *preview, double zoom)
{
  GtkWidget *widget = GTK_WIDGET (preview);
  if (zoom > 0)
    {
      zoom_at (preview, zoom, gtk_widget_get_allocated_width (widget) / 2.0,
               gtk_widget_get_allocated_height (widget) / 2.0);
      return;
    }
  preview->zoom = 0;
  look_elsewhere (preview);
}
