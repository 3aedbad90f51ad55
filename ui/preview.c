/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The picture in the dialog: as it is, and once there is an alpha, cut out over a checkerboard. */
#include "preview.h"

#include <math.h>
#include <glib/gi18n-lib.h>

/* Side of a square of the checkerboard, in logical px, and its two greys, 0..1. */
#define CHECK_SIZE  8
#define CHECK_LIGHT 0.6
#define CHECK_DARK  0.4

/* rgba: [height][width][4], not premultiplied; alpha: [height][width], 0..255 = background..person;
 * shown: what is drawn, premultiplied. */
struct _P3mPreview
{
  GtkDrawingArea parent_instance;
  int width, height;
  guint8 *rgba, *alpha;
  cairo_surface_t *shown;
  cairo_pattern_t *checks;
};

G_DEFINE_TYPE (P3mPreview, p3m_preview, GTK_TYPE_DRAWING_AREA)

/* (a * b) / 255, rounded; a and b 0..255. */
static guint32
multiply (guint32 a, guint32 b)
{
  const guint32 product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

static void
compose_rows (P3mPreview *preview, int y, int rows)
{
  guint8 *data = cairo_image_surface_get_data (preview->shown);
  const int stride = cairo_image_surface_get_stride (preview->shown);
  cairo_surface_flush (preview->shown);
  for (int row = y; row < y + rows; row++)
    {
      const gsize first = (gsize) row * preview->width;
      guint32 *target = (guint32 *) (data + (gsize) row * stride);
      for (int x = 0; x < preview->width; x++)
        {
          const guint8 *pixel = preview->rgba + (first + x) * 4;
          const guint32 a = multiply (pixel[3], preview->alpha[first + x]);
          target[x] = a << 24 | multiply (pixel[0], a) << 16 | multiply (pixel[1], a) << 8
                      | multiply (pixel[2], a);
        }
    }
  cairo_surface_mark_dirty (preview->shown);
}

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

static gboolean
p3m_preview_draw (GtkWidget *widget, cairo_t *cr)
{
  P3mPreview *preview = P3M_PREVIEW (widget);
  const double space_x = gtk_widget_get_allocated_width (widget);
  const double space_y = gtk_widget_get_allocated_height (widget);
  const double scale = MIN (space_x / preview->width, space_y / preview->height);
  const double width = preview->width * scale, height = preview->height * scale; /* logical px */
  cairo_save (cr);
  cairo_translate (cr, floor ((space_x - width) / 2), floor ((space_y - height) / 2));
  cairo_rectangle (cr, 0, 0, width, height);
  cairo_clip (cr);
  cairo_set_source (cr, preview->checks);
  cairo_paint (cr);
  cairo_scale (cr, scale, scale);
  cairo_set_source_surface (cr, preview->shown, 0, 0);
  cairo_pattern_set_filter (cairo_get_source (cr), CAIRO_FILTER_GOOD);
  cairo_paint (cr);
  cairo_restore (cr);
  if (gtk_widget_has_visible_focus (widget))
    gtk_render_focus (gtk_widget_get_style_context (widget), cr, 0, 0, space_x, space_y);
  return TRUE;
}

static void
p3m_preview_finalize (GObject *object)
{
  P3mPreview *preview = P3M_PREVIEW (object);
  g_free (preview->rgba);
  g_free (preview->alpha);
  g_clear_pointer (&preview->shown, cairo_surface_destroy);
  cairo_pattern_destroy (preview->checks);
  G_OBJECT_CLASS (p3m_preview_parent_class)->finalize (object);
}

static void
p3m_preview_class_init (P3mPreviewClass *klass)
{
  GTK_WIDGET_CLASS (klass)->draw = p3m_preview_draw;
  gtk_widget_class_set_accessible_role (GTK_WIDGET_CLASS (klass), ATK_ROLE_IMAGE);
  G_OBJECT_CLASS (klass)->finalize = p3m_preview_finalize;
}

static void
p3m_preview_init (P3mPreview *preview)
{
  AtkObject *accessible = gtk_widget_get_accessible (GTK_WIDGET (preview));
  preview->checks = create_checks ();
  gtk_widget_set_can_focus (GTK_WIDGET (preview), TRUE);
  atk_object_set_name (accessible, _ ("Preview"));
  atk_object_set_description (accessible, _ ("The person, cut out over a checkerboard"));
}

GtkWidget *
p3m_preview_new (int width, int height)
{
  P3mPreview *preview = g_object_ref_sink (g_object_new (P3M_TYPE_PREVIEW, NULL));
  const gsize pixels = (gsize) width * height;
  preview->width = width;
  preview->height = height;
  preview->rgba = g_try_malloc0_n (pixels, 4);
  preview->alpha = g_try_malloc (pixels);
  preview->shown = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, width, height);
  if (!preview->rgba || !preview->alpha
      || cairo_surface_status (preview->shown) != CAIRO_STATUS_SUCCESS)
    {
      g_object_unref (preview);
      return NULL;
    }
  memset (preview->alpha, 255, pixels);
  g_object_force_floating (G_OBJECT (preview));
  return GTK_WIDGET (preview);
}

void
p3m_preview_set_rows (P3mPreview *preview, int y, int rows, const guint8 *rgba)
{
  memcpy (preview->rgba + (gsize) y * preview->width * 4, rgba, (gsize) rows * preview->width * 4);
  compose_rows (preview, y, rows);
  gtk_widget_queue_draw (GTK_WIDGET (preview));
}

void
p3m_preview_set_alpha (P3mPreview *preview, const float *alpha)
{
  const gsize pixels = (gsize) preview->width * preview->height;
  for (gsize i = 0; i < pixels; i++)
    preview->alpha[i] = alpha ? (guint8) (CLAMP (alpha[i], 0.0f, 1.0f) * 255 + 0.5f) : 255;
  compose_rows (preview, 0, preview->height);
  gtk_widget_queue_draw (GTK_WIDGET (preview));
}
