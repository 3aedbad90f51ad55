/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A plug-in of GIMP 2.10 that runs the tests: GIMP's calls, as gimp.h names them. */
#include <libgimp/gimp.h>

#include "gimp.h"
#include "suite.h"

static const GimpPrecision precisions[] = {
  GIMP_PRECISION_U8_GAMMA,
  GIMP_PRECISION_U16_LINEAR,
  GIMP_PRECISION_FLOAT_GAMMA,
  GIMP_PRECISION_FLOAT_LINEAR,
};

int
p3m_gimp_image_new (P3mGimpBase base, P3mGimpPrecision precision, int width, int height)
{
  return gimp_image_new_with_precision (width, height, base == P3M_GIMP_GREY ? GIMP_GRAY : GIMP_RGB,
                                        precisions[precision]);
}

void
p3m_gimp_image_make_indexed (int image)
{
  gimp_image_convert_indexed (image, GIMP_CONVERT_DITHER_NONE, GIMP_CONVERT_PALETTE_GENERATE, 255,
                              FALSE, FALSE, "");
}

void
p3m_gimp_image_delete (int image)
{
  gimp_image_delete (image);
}

void
p3m_gimp_image_show (int image)
{
  gimp_display_new (image);
  gimp_displays_flush ();
}

void
p3m_gimp_image_select (int image, int x, int y, int width, int height)
{
  gimp_image_select_rectangle (image, GIMP_CHANNEL_OP_REPLACE, x, y, width, height);
}

gboolean
p3m_gimp_image_is_dirty (int image)
{
  return gimp_image_is_dirty (image);
}

void
p3m_gimp_image_clean (int image)
{
  gimp_image_clean_all (image);
}

int
p3m_gimp_layer_new (int image, gboolean alpha, int x, int y, int width, int height)
{
  const gboolean grey = gimp_image_base_type (image) == GIMP_GRAY;
  const GimpImageType type = grey ? (alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE)
                                  : (alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE);
  const gint32 layer
      = gimp_layer_new (image, "layer", width, height, type, 100, GIMP_LAYER_MODE_NORMAL);
  gimp_image_insert_layer (image, layer, 0, 0);
  gimp_layer_set_offsets (layer, x, y);
  return layer;
}

int
p3m_gimp_group_new (int image, int child)
{
  const gint32 group = gimp_layer_group_new (image);
  gimp_image_insert_layer (image, group, 0, 0);
  gimp_image_reorder_item (image, child, group, 0);
  return group;
}

int
p3m_gimp_text_new (int image, const char *text)
{
  const gint32 layer = gimp_text_layer_new (image, text, "Sans", 40, GIMP_UNIT_PIXEL);
  gimp_image_insert_layer (image, layer, 0, 0);
  return layer;
}

int
p3m_gimp_channel_new (int image, int width, int height)
{
  const GimpRGB black = { 0, 0, 0, 1 };
  const gint32 channel = gimp_channel_new (image, "channel", width, height, 50, &black);
  gimp_image_insert_channel (image, channel, 0, 0);
  return channel;
}

int
p3m_gimp_layer_get_mask (int layer)
{
  return gimp_layer_get_mask (layer);
}

void
p3m_gimp_layer_add_black_mask (int layer)
{
  gimp_layer_add_mask (layer, gimp_layer_create_mask (layer, GIMP_ADD_MASK_BLACK));
}

GeglBuffer *
p3m_gimp_get_buffer (int drawable)
{
  return gimp_drawable_get_buffer (drawable);
}

static P3mGimpStatus
run_in_mode (int image, int layer, GimpRunMode mode, const char *model, const char *strategy,
             char **message)
{
  int count = 0;
  GimpParam *values = gimp_run_procedure (
      P3M_PROCEDURE, &count, GIMP_PDB_INT32, mode, GIMP_PDB_IMAGE, image, GIMP_PDB_DRAWABLE, layer,
      GIMP_PDB_STRING, model, GIMP_PDB_STRING, strategy, GIMP_PDB_END);
  const GimpPDBStatusType status = values[0].data.d_status;
  *message = g_strdup (gimp_get_pdb_error ());
  gimp_destroy_params (values, count);
  if (status == GIMP_PDB_SUCCESS)
    return P3M_GIMP_SUCCESS;
  return status == GIMP_PDB_CANCEL ? P3M_GIMP_CANCELLED : P3M_GIMP_FAILED;
}

P3mGimpStatus
p3m_gimp_run (int image, const int *layers, gboolean interactive, const char *model,
              const char *strategy, char **message)
{
  return run_in_mode (image, layers[0],
                      interactive ? GIMP_RUN_INTERACTIVE : GIMP_RUN_NONINTERACTIVE, model, strategy,
                      message);
}

P3mGimpStatus
p3m_gimp_run_again (int image, int layer, char **message)
{
  return run_in_mode (image, layer, GIMP_RUN_WITH_LAST_VALS, "", "", message);
}

gboolean
p3m_gimp_takes_layers (void)
{
  return FALSE;
}

gboolean
p3m_gimp_has_choices (void)
{
  return FALSE;
}

static void
query (void)
{
  static const GimpParamDef arguments[] = { { GIMP_PDB_INT32, "run-mode", "not used" } };
  gimp_install_procedure ("plug-in-p3m-test", "Tests of P3M", "Tests of P3M",
                          "The P3M for GIMP and Krita developers", "GPL-3.0-or-later", "2026", NULL,
                          "", GIMP_PLUGIN, G_N_ELEMENTS (arguments), 0, arguments, NULL);
}

static void
run (const gchar *name, gint count, const GimpParam *parameters, gint *value_count,
     GimpParam **values)
{
  static GimpParam returned = { .type = GIMP_PDB_STATUS, .data.d_status = GIMP_PDB_SUCCESS };
  (void) name;
  (void) count;
  (void) parameters;
  p3m_suite_run ();
  *value_count = 1;
  *values = &returned;
}

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };
MAIN ()
