/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A layer that Krita has put into shared memory, behind the seam of the hosts. */
#include "layer.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <gdk/gdkx.h>
#include <gtk/gtk.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "message.h"
#include "output.h"

/* host: first, so that a P3mHost is a P3mLayer. memory: of layout.size bytes.
 * The buffers lie in the memory; existing: NULL = the layer has no mask. */
struct _P3mLayer
{
  P3mHost host;
  const P3mPixelFormat *format;
  gsize count; /* of pixels */
  guint64 parent;
  GOutputStream *messages;
  P3mMemoryLayout layout;
  guint8 *memory;
  GeglBuffer *pixels, *existing, *alpha, *colours;
};

/* ---- the seam ----------------------------------------------------------------------------- */

static gboolean
layer_read_scaled (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba,
                   GError **error)
{
  P3mLayer *layer = (P3mLayer *) host;
  (void) error;
  p3m_buffer_read_scaled (layer->pixels, scale, area, rgba);
  return TRUE;
}

static gboolean
layer_write (P3mHost *host, P3mMatte *matte, const P3mSettings *settings, P3mProgress progress,
             gpointer progress_data, GCancellable *cancellable, GError **error)
{
  P3mLayer *layer = (P3mLayer *) host;
  const P3mOutputBuffers buffers = { layer->existing, layer->colours, layer->alpha };
  return p3m_output_write (matte, settings, layer->pixels, &buffers, progress, progress_data,
                           cancellable, error);
}

/* Krita that has gone is noticed elsewhere. */
static void
layer_show_progress (P3mHost *host, double fraction, const char *stage)
{
  P3mLayer *layer = (P3mLayer *) host;
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_autofree char *text = g_strdup_printf (
      "%s\n%s", g_ascii_formatd (number, sizeof (number), "%.3f", fraction), stage);
  p3m_message_write (layer->messages, P3M_MESSAGE_PROGRESS, text, NULL);
}

static void
layer_set_parent (P3mHost *host, GtkWindow *dialog)
{
  const P3mLayer *layer = (const P3mLayer *) host;
  GdkWindow *window = gtk_widget_get_window (GTK_WIDGET (dialog));
  if (!layer->parent || !GDK_IS_X11_WINDOW (window))
    return;
  GdkWindow *parent
      = gdk_x11_window_foreign_new_for_display (gdk_window_get_display (window), layer->parent);
  if (parent)
    gdk_window_set_transient_for (window, parent);
}

/* ---- the memory --------------------------------------------------------------------------- */

/* The size must be right and stay so: reading behind the end of a mapped file ends a program. */
static gboolean
memory_check (int memory, gsize size, GError **error)
{
  struct stat info;
  const int seals = fcntl (memory, F_GET_SEALS);
  if (seals >= 0 && (seals & F_SEAL_SHRINK) && fstat (memory, &info) == 0
      && (gsize) info.st_size == size)
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                       _ ("The memory that P3M shares with Krita is not as it should be."));
  return FALSE;
}

static guint8 *
memory_map (int memory, gsize size, GError **error)
{
  if (!memory_check (memory, size, error))
    return NULL;
  gpointer mapped = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (mapped != MAP_FAILED)
    return mapped;
  g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                       _ ("There is not enough memory for this layer."));
  return NULL;
}

static void
swap_red_and_blue (guint8 *pixels, gsize count, gsize channel)
{
  if (channel == 1)
    for (gsize i = 0; i < count; i++)
      {
        const guint8 blue = pixels[4 * i];
        pixels[4 * i] = pixels[4 * i + 2];
        pixels[4 * i + 2] = blue;
      }
  guint16 *wide = (guint16 *) pixels;
  if (channel == 2)
    for (gsize i = 0; i < count; i++)
      {
        const guint16 blue = wide[4 * i];
        wide[4 * i] = wide[4 * i + 2];
        wide[4 * i + 2] = blue;
      }
}

static GeglBuffer *
buffer_in (P3mLayer *layer, gsize offset, const char *format)
{
  const GeglRectangle extent = { 0, 0, layer->host.source.width, layer->host.source.height };
  return gegl_buffer_linear_new_from_data (layer->memory + offset, babl_format (format), &extent,
                                           GEGL_AUTO_ROWSTRIDE, NULL, NULL);
}

static void
open_buffers (P3mLayer *layer, const P3mRequest *request)
{
  layer->host.source = (P3mSource){ .width = request->width, .height = request->height };
  layer->pixels = buffer_in (layer, layer->layout.pixels, layer->format->babl);
  layer->colours = buffer_in (layer, layer->layout.colours, layer->format->babl);
  layer->alpha = buffer_in (layer, layer->layout.alpha, "Y u8");
  if (request->has_mask)
    layer->existing = buffer_in (layer, layer->layout.existing, "Y u8");
}

/* ---- the layer ---------------------------------------------------------------------------- */

static gboolean
size_check (const P3mRequest *request, GError **error)
{
  /* GEGL counts the bytes of such a buffer as int. */
  if ((gsize) request->width * request->height <= G_MAXINT / request->format->size)
    return TRUE;
  g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
               _ ("A layer of %d × %d pixels is too large for P3M in Krita."), request->width,
               request->height);
  return FALSE;
}

P3mLayer *
p3m_layer_new (const P3mRequest *request, GOutputStream *messages, GError **error)
{
  const P3mMemoryLayout layout = p3m_request_get_layout (request);
  guint8 *memory
      = size_check (request, error) ? memory_map (request->memory, layout.size, error) : NULL;
  close (request->memory);
  if (!memory)
    return NULL;
  P3mLayer *layer = g_new (P3mLayer, 1);
  *layer = (P3mLayer){ .format = request->format,
                       .count = (gsize) request->width * request->height,
                       .parent = request->parent,
                       .messages = messages,
                       .layout = layout,
                       .memory = memory };
  swap_red_and_blue (memory + layout.pixels, layer->count, layer->format->reversed);
  open_buffers (layer, request);
  layer->host = (P3mHost){ .source = p3m_source_from_buffer (layer->pixels),
                           .has_hint = request->has_hint,
                           .hint = request->hint,
                           .has_mask = request->has_mask,
                           .read_scaled = layer_read_scaled,
                           .write = layer_write,
                           .show_progress = layer_show_progress,
                           .set_parent = layer_set_parent };
  return layer;
}

P3mHost *
p3m_layer_get_host (P3mLayer *layer)
{
  return &layer->host;
}

static void
close_buffers (P3mLayer *layer)
{
  g_clear_object (&layer->pixels);
  g_clear_object (&layer->existing);
  g_clear_object (&layer->alpha);
  g_clear_object (&layer->colours);
}

void
p3m_layer_finish (P3mLayer *layer)
{
  close_buffers (layer);
  swap_red_and_blue (layer->memory + layer->layout.colours, layer->count, layer->format->reversed);
}

void
p3m_layer_free (P3mLayer *layer)
{
  close_buffers (layer);
  munmap (layer->memory, layer->layout.size);
  g_free (layer);
}
