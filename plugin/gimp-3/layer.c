/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A layer of GIMP 3 behind the seam, and what is made of it. */
#include "layer.h"

#include <libgimp/gimpui.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "output.h"

/* Opacity in which GIMP shows a channel over the image, percent. */
#define CHANNEL_OPACITY 50

/* FALSE with what GIMP says of its last failure. */
static gboolean
fail (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                       gimp_pdb_get_last_error (gimp_get_pdb ()));
  return FALSE;
}

/* ---- what is prepared --------------------------------------------------------------------- */

/* items: where an item is kept. */
static void
drop (gpointer items)
{
  GimpItem **item = items;
  if (*item)
    gimp_item_delete (*item);
  *item = NULL;
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
  g_autofree char *name = gimp_item_get_name (GIMP_ITEM (self->layer));
  g_autoptr (GString) text = g_string_new (format);
  g_string_replace (text, "%s", name, 1);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static GeglBuffer *
make_mask (P3mLayer *self)
{
  self->mask = gimp_layer_create_mask (self->layer, GIMP_ADD_MASK_WHITE);
  return self->mask ? gimp_drawable_get_buffer (GIMP_DRAWABLE (self->mask)) : NULL;
}

/* Like the layer in everything that decides how it is blended. A group becomes a plain layer. */
static void
resemble (GimpLayer *copy, GimpLayer *layer)
{
  int x, y;
  gimp_drawable_get_offsets (GIMP_DRAWABLE (layer), &x, &y);
  gimp_layer_set_offsets (copy, x, y);
  gimp_layer_set_blend_space (copy, gimp_layer_get_blend_space (layer));
  gimp_layer_set_composite_space (copy, gimp_layer_get_composite_space (layer));
  gimp_layer_set_composite_mode (copy, gimp_layer_get_composite_mode (layer));
  gimp_item_set_color_tag (GIMP_ITEM (copy), gimp_item_get_color_tag (GIMP_ITEM (layer)));
}

static GeglBuffer *
make_copy (P3mLayer *self, gboolean with_alpha)
{
  GimpDrawable *drawable = GIMP_DRAWABLE (self->layer);
  g_autofree char *name = name_after (self, _ ("%s cut out"));
  const GimpLayerMode mode = gimp_layer_get_mode (self->layer);
  const GimpImageType type
      = with_alpha ? gimp_drawable_type_with_alpha (drawable) : gimp_drawable_type (drawable);
  self->copy = gimp_layer_new (
      self->image, name, gimp_drawable_get_width (drawable), gimp_drawable_get_height (drawable),
      type, gimp_layer_get_opacity (self->layer),
      mode == GIMP_LAYER_MODE_PASS_THROUGH ? GIMP_LAYER_MODE_NORMAL : mode);
  if (!self->copy)
    return NULL;
  resemble (self->copy, self->layer);
  return gimp_drawable_get_buffer (GIMP_DRAWABLE (self->copy));
}

/* As large as the image, as channels are. */
static GeglBuffer *
make_channel (P3mLayer *self)
{
  const gboolean trimap = self->output == P3M_OUTPUT_TRIMAP;
  GeglColor *colour = gegl_color_new ("black");
  g_autofree char *name = name_after (self, trimap ? _ ("%s trimap") : _ ("%s alpha"));
  P3mRectangle place = { 0, 0, self->host.source.width, self->host.source.height };
  self->channel = gimp_channel_new (self->image, name, gimp_image_get_width (self->image),
                                    gimp_image_get_height (self->image), CHANNEL_OPACITY, colour);
  g_object_unref (colour);
  if (!self->channel)
    return NULL;
  gimp_item_set_visible (GIMP_ITEM (self->channel), FALSE);
  gimp_drawable_get_offsets (GIMP_DRAWABLE (self->layer), &place.x, &place.y);
  g_autoptr (GeglBuffer) whole = gimp_drawable_get_buffer (GIMP_DRAWABLE (self->channel));
  return p3m_output_cover (whole, &place);
}

/* The items that the output needs, with their buffers. */
static gboolean
prepare (P3mLayer *self, P3mOutputBuffers *buffers, GError **error)
{
  const P3mOutput output = self->output;
  const gboolean copies = output == P3M_OUTPUT_LAYER_WITH_MASK || output == P3M_OUTPUT_CUT_OUT;
  const gboolean masks = output == P3M_OUTPUT_LAYER_WITH_MASK || output == P3M_OUTPUT_MASK;
  GimpLayerMask *existing = gimp_layer_get_mask (self->layer);
  if (existing)
    buffers->existing = gimp_drawable_get_buffer (GIMP_DRAWABLE (existing));
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
  self->mask = NULL;
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
  (void) host;
  gimp_window_set_transient (dialog);
}

/* ---- from opening to closing -------------------------------------------------------------- */

gboolean
p3m_layers_check (GimpDrawable **drawables, GError **error)
{
  const char *problem = NULL;
  if (!drawables[0])
    problem = _ ("P3M works on a layer: choose one first.");
  for (int i = 0; drawables[i] && !problem; i++)
    {
      if (!GIMP_IS_LAYER (drawables[i]))
        problem = _ ("P3M works on a layer: choose a layer, not a mask or a channel.");
      else if (gimp_layer_is_floating_sel (GIMP_LAYER (drawables[i])))
        problem = _ ("P3M cannot give a mask to a floating selection: anchor it first.");
    }
  if (problem)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, problem);
  return !problem;
}

/* The middle of the selection's bounds stands for the person in it. */
static gboolean
find_hint (GimpImage *image, GimpDrawable *layer, P3mPoint *hint)
{
  gboolean selected;
  int left, top, right, bottom, x, y;
  if (!gimp_selection_bounds (image, &selected, &left, &top, &right, &bottom) || !selected)
    return FALSE;
  gimp_drawable_get_offsets (layer, &x, &y);
  *hint = (P3mPoint){ (left + right) / 2.0 - x, (top + bottom) / 2.0 - y };
  return TRUE;
}

void
p3m_layer_open (P3mLayer *self, GimpImage *image, GimpDrawable *drawable)
{
  *self = (P3mLayer){ .image = image, .layer = GIMP_LAYER (drawable) };
  self->buffer = gimp_drawable_get_buffer (drawable);
  self->host = (P3mHost){
    .source = p3m_source_from_buffer (self->buffer),
    .has_mask = gimp_layer_get_mask (self->layer) != NULL,
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
  if (gimp_layer_get_mask (self->layer) && !gimp_layer_remove_mask (self->layer, GIMP_MASK_DISCARD))
    return FALSE;
  return gimp_layer_add_mask (self->layer, self->mask);
}

static gboolean
attach_copy (P3mLayer *self)
{
  GimpItem *parent = gimp_item_get_parent (GIMP_ITEM (self->layer));
  const int position = gimp_image_get_item_position (self->image, GIMP_ITEM (self->layer));
  return gimp_image_insert_layer (self->image, self->copy, (GimpLayer *) parent, position)
         && gimp_item_set_visible (GIMP_ITEM (self->layer), FALSE);
}

/* The layers that were selected stay it. */
static gboolean
attach_channel (P3mLayer *self)
{
  g_autofree GimpLayer **selected = gimp_image_get_selected_layers (self->image);
  return gimp_image_insert_channel (self->image, self->channel, NULL, 0)
         && (!selected[0]
             || gimp_image_set_selected_layers (self->image, (const GimpLayer **) selected));
}

/* GIMP selects by what is part of the image only. */
static gboolean
attach_selection (P3mLayer *self, GimpChannelOps operation)
{
  gimp_context_push ();
  gimp_context_set_feather (FALSE);
  const gboolean selected
      = attach_channel (self)
        && gimp_image_select_item (self->image, operation, GIMP_ITEM (self->channel))
        && gimp_image_remove_channel (self->image, self->channel);
  gimp_context_pop ();
  return selected;
}

static gboolean
attach (P3mLayer *self, gboolean first)
{
  switch (self->output)
    {
    case P3M_OUTPUT_MASK:
      return attach_mask (self);
    case P3M_OUTPUT_SELECTION:
      return attach_selection (self, first ? GIMP_CHANNEL_OP_REPLACE : GIMP_CHANNEL_OP_ADD);
    case P3M_OUTPUT_CHANNEL:
    case P3M_OUTPUT_TRIMAP:
      return attach_channel (self);
    default:
      return attach_copy (self);
    }
}

gboolean
p3m_layers_attach (P3mLayer *layers, int count, GError **error)
{
  gboolean attached = TRUE;
  gimp_image_undo_group_start (layers->image);
  for (int i = 0; i < count && attached; i++)
    {
      attached = attach (&layers[i], i == 0);
      if (attached)
        {
          layers[i].mask = NULL;
          layers[i].copy = NULL;
          layers[i].channel = NULL;
        }
    }
  gimp_image_undo_group_end (layers->image);
  return attached || fail (error);
}
