/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One layer of GIMP 2.10 behind the seam, and what is made of it. */
#include "layer.h"

#include <gdk/gdkx.h>
#include <gtk/gtk.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "output.h"

/* Opacity in which GIMP shows a channel over the image, percent. */
#define CHANNEL_OPACITY 50

/* FALSE with what GIMP says of its last failure. */
static gboolean
fail (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, gimp_get_pdb_error ());
  return FALSE;
}

/* GIMP 2.10 hands out the numbers of a layer as if they were sRGB: here they get the image's profile. */
static GeglBuffer *
get_colour_buffer (gint32 image, gint32 layer)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (layer);
  GimpColorProfile *profile = gimp_image_get_color_profile (image);
  const Babl *space = profile ? gimp_color_profile_get_space (
                          profile, GIMP_COLOR_RENDERING_INTENT_RELATIVE_COLORIMETRIC, NULL)
                              : NULL;
  if (buffer && space && gimp_drawable_is_rgb (layer))
    gegl_buffer_set_format (
        buffer,
        babl_format_with_space (babl_format_get_encoding (gegl_buffer_get_format (buffer)), space));
  g_clear_object (&profile);
  return buffer;
}

/* ---- what is prepared --------------------------------------------------------------------- */

static void
drop (gint32 *item)
{
  if (*item >= 0)
    gimp_item_delete (*item);
  *item = -1;
}

static void
drop_all (P3mLayer *self)
{
  drop (&self->mask);
  drop (&self->copy);
  drop (&self->channel);
}

/* name: with a place for the layer's own; to be freed with g_free(). */
static char *
name_after (P3mLayer *self, const char *format)
{
  g_autofree char *name = gimp_item_get_name (self->layer);
  g_autoptr (GString) text = g_string_new (format);
  g_string_replace (text, "%s", name, 1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static GeglBuffer *
make_mask (P3mLayer *self)
{
  self->mask = gimp_layer_create_mask (self->layer, GIMP_ADD_MASK_WHITE);
  return self->mask < 0 ? NULL : gimp_drawable_get_buffer (self->mask);
}

/* Like the layer in everything that decides how it is blended. A group becomes a plain layer. */
static void
resemble (gint32 copy, gint32 layer)
{
  int x, y;
  gimp_drawable_offsets (layer, &x, &y);
  gimp_layer_set_offsets (copy, x, y);
  gimp_layer_set_blend_space (copy, gimp_layer_get_blend_space (layer));
  gimp_layer_set_composite_space (copy, gimp_layer_get_composite_space (layer));
  gimp_layer_set_composite_mode (copy, gimp_layer_get_composite_mode (layer));
  gimp_item_set_color_tag (copy, gimp_item_get_color_tag (layer));
}

static GeglBuffer *
make_copy (P3mLayer *self, gboolean with_alpha)
{
  g_autofree char *name = name_after (self, _ ("%s cut out"));
  const GimpLayerMode mode = gimp_layer_get_mode (self->layer);
  const GimpImageType type
      = with_alpha ? gimp_drawable_type_with_alpha (self->layer) : gimp_drawable_type (self->layer);
  self->copy = gimp_layer_new (
      self->image, name, gimp_drawable_width (self->layer), gimp_drawable_height (self->layer),
      type, gimp_layer_get_opacity (self->layer),
      mode == GIMP_LAYER_MODE_PASS_THROUGH ? GIMP_LAYER_MODE_NORMAL : mode);
  if (self->copy < 0)
    return NULL;
  resemble (self->copy, self->layer);
  return get_colour_buffer (self->image, self->copy);
}

/* As large as the image, as channels are. */
static GeglBuffer *
make_channel (P3mLayer *self)
{
  const gboolean trimap = self->output == P3M_OUTPUT_TRIMAP;
  const GimpRGB colour = { 0, 0, 0, 1 };
  g_autofree char *name = name_after (self, trimap ? _ ("%s trimap") : _ ("%s alpha"));
  P3mRectangle place = { 0, 0, self->host.source.width, self->host.source.height };
  self->channel = gimp_channel_new (self->image, name, gimp_image_width (self->image),
                                    gimp_image_height (self->image), CHANNEL_OPACITY, &colour);
  if (self->channel < 0)
    return NULL;
  gimp_item_set_visible (self->channel, FALSE);
  gimp_drawable_offsets (self->layer, &place.x, &place.y);
  g_autoptr (GeglBuffer) whole = gimp_drawable_get_buffer (self->channel);
  return p3m_output_cover (whole, &place);
}

/* The items that the output needs, with their buffers. */
static gboolean
prepare (P3mLayer *self, P3mOutputBuffers *buffers, GError **error)
{
  const P3mOutput output = self->output;
  const gboolean copies = output == P3M_OUTPUT_LAYER_WITH_MASK || output == P3M_OUTPUT_CUT_OUT;
  const gboolean masks = output == P3M_OUTPUT_LAYER_WITH_MASK || output == P3M_OUTPUT_MASK;
  const gint32 existing = gimp_layer_get_mask (self->layer);
  if (existing >= 0)
    buffers->existing = gimp_drawable_get_buffer (existing);
  if (copies)
    buffers->colours = make_copy (self, output == P3M_OUTPUT_CUT_OUT);
  if (masks)
    buffers->alpha = make_mask (self);
  else if (!copies)
    buffers->alpha = make_channel (self);
  if ((copies && !buffers->colours) || (output != P3M_OUTPUT_CUT_OUT && !buffers->alpha))
    return fail (error);
  return TRUE;
}

/* The mask becomes a part of the new layer, if there is one, which nobody sees yet. */
static gboolean
give_mask (P3mLayer *self, GError **error)
{
  if (self->output != P3M_OUTPUT_LAYER_WITH_MASK)
    return TRUE;
  if (!gimp_layer_add_mask (self->copy, self->mask))
    return fail (error);
  self->mask = -1;
  return TRUE;
}

/* ---- the seam ----------------------------------------------------------------------------- */

static gboolean
layer_read_scaled (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba,
                   GError **error)
{
  P3mLayer *self = (P3mLayer *) host;
  (void) error;
  p3m_buffer_read_scaled (self->buffer, scale, area, rgba);
  return TRUE;
}

static gboolean
layer_write (P3mHost *host, P3mMatte *matte, const P3mSettings *settings, P3mProgress progress,
             gpointer progress_data, GCancellable *cancellable, GError **error)
{
  P3mLayer *self = (P3mLayer *) host;
  P3mOutputBuffers buffers = { NULL };
  drop_all (self);
  self->output = settings->output;
  const gboolean written = prepare (self, &buffers, error)
                           && p3m_output_write (matte, settings, self->buffer, &buffers, progress,
                                                progress_data, cancellable, error);
  g_clear_object (&buffers.existing);
  g_clear_object (&buffers.colours);
  g_clear_object (&buffers.alpha);
  return written && give_mask (self, error);
}

static void
layer_show_progress (P3mHost *host, double fraction, const char *stage)
{
  (void) host;
  gimp_progress_set_text (stage);
  gimp_progress_update (fraction);
}

static void
layer_set_parent (P3mHost *host, GtkWindow *dialog)
{
  GdkWindow *window = gtk_widget_get_window (GTK_WIDGET (dialog));
  const guint32 parent_id = gimp_progress_get_window_handle ();
  (void) host;
  if (!parent_id)
    return;
  GdkWindow *parent
      = gdk_x11_window_foreign_new_for_display (gdk_window_get_display (window), parent_id);
  if (parent)
    gdk_window_set_transient_for (window, parent);
}

/* ---- from opening to closing -------------------------------------------------------------- */

gboolean
p3m_layer_check (gint32 drawable, GError **error)
{
  const char *problem = NULL;
  if (!gimp_item_is_layer (drawable))
    problem = _ ("P3M works on a layer: choose a layer, not a mask or a channel.");
  else if (gimp_layer_is_floating_sel (drawable))
    problem = _ ("P3M cannot give a mask to a floating selection: anchor it first.");
  if (problem)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, problem);
  return !problem;
}

/* The middle of the selection's bounds stands for the person in it. */
static gboolean
find_hint (gint32 image, gint32 layer, P3mPoint *hint)
{
  gboolean selected;
  int left, top, right, bottom, x, y;
  if (!gimp_selection_bounds (image, &selected, &left, &top, &right, &bottom) || !selected)
    return FALSE;
  gimp_drawable_offsets (layer, &x, &y);
  *hint = (P3mPoint){ (left + right) / 2.0 - x, (top + bottom) / 2.0 - y };
  return TRUE;
}

void
p3m_layer_open (P3mLayer *self, gint32 image, gint32 drawable)
{
  *self = (P3mLayer){ .image = image, .layer = drawable, .mask = -1, .copy = -1, .channel = -1 };
  self->buffer = get_colour_buffer (image, drawable);
  self->host = (P3mHost){
    .source = p3m_source_from_buffer (self->buffer),
    .has_mask = gimp_layer_get_mask (drawable) >= 0,
    .read_scaled = layer_read_scaled,
    .write = layer_write,
    .show_progress = layer_show_progress,
    .set_parent = layer_set_parent,
  };
  self->host.has_hint = find_hint (image, drawable, &self->host.hint);
}

void
p3m_layer_close (P3mLayer *self)
{
  drop_all (self);
  g_clear_object (&self->buffer);
}

/* ---- attaching ---------------------------------------------------------------------------- */

static gboolean
attach_mask (P3mLayer *self)
{
  if (gimp_layer_get_mask (self->layer) >= 0
      && !gimp_layer_remove_mask (self->layer, GIMP_MASK_DISCARD))
    return FALSE;
  return gimp_layer_add_mask (self->layer, self->mask);
}

static gboolean
attach_copy (P3mLayer *self)
{
  const gint32 parent = gimp_item_get_parent (self->layer);
  const int position = gimp_image_get_item_position (self->image, self->layer);
  return gimp_image_insert_layer (self->image, self->copy, MAX (parent, 0), position)
         && gimp_item_set_visible (self->layer, FALSE);
}

/* The layer that was active stays it. */
static gboolean
attach_channel (P3mLayer *self)
{
  const gint32 active = gimp_image_get_active_layer (self->image);
  return gimp_image_insert_channel (self->image, self->channel, 0, 0)
         && (active < 0 || gimp_image_set_active_layer (self->image, active));
}

/* GIMP selects by what is part of the image only. */
static gboolean
attach_selection (P3mLayer *self)
{
  gimp_context_push ();
  gimp_context_set_feather (FALSE);
  const gboolean selected
      = attach_channel (self)
        && gimp_image_select_item (self->image, GIMP_CHANNEL_OP_REPLACE, self->channel)
        && gimp_image_remove_channel (self->image, self->channel);
  gimp_context_pop ();
  return selected;
}

static gboolean
attach (P3mLayer *self)
{
  switch (self->output)
    {
    case P3M_OUTPUT_MASK:
      return attach_mask (self);
    case P3M_OUTPUT_SELECTION:
      return attach_selection (self);
    case P3M_OUTPUT_CHANNEL:
    case P3M_OUTPUT_TRIMAP:
      return attach_channel (self);
    default:
      return attach_copy (self);
    }
}

gboolean
p3m_layer_attach (P3mLayer *self, GError **error)
{
  gimp_image_undo_group_start (self->image);
  const gboolean attached = attach (self);
  gimp_image_undo_group_end (self->image);
  if (!attached)
    return fail (error);
  self->mask = self->copy = self->channel = -1;
  return TRUE;
}
