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

int
p3m_gimp_image_load (const char *path)
{
  return gimp_file_load (GIMP_RUN_NONINTERACTIVE, path, path);
}

void
p3m_gimp_image_set_profile (int image, const char *icc, gsize length)
{
  GimpColorProfile *profile
      = gimp_color_profile_new_from_icc_profile ((const guint8 *) icc, length, NULL);
  gimp_image_set_color_profile (image, profile);
  g_object_unref (profile);
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

void
p3m_gimp_image_select_item (int image, int item)
{
  gimp_image_select_item (image, GIMP_CHANNEL_OP_REPLACE, item);
}

void
p3m_gimp_image_select_none (int image)
{
  gimp_selection_none (image);
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

/* Takes libgimp's list. */
static int *
end_list (int *list, int count)
{
  int *ended = g_renew (int, list, count + 1);
  ended[count] = -1;
  return ended;
}

int *
p3m_gimp_list_layers (int image, int group)
{
  int count = 0;
  int *list
      = group < 0 ? gimp_image_get_layers (image, &count) : gimp_item_get_children (group, &count);
  return end_list (list, count);
}

int *
p3m_gimp_list_channels (int image)
{
  int count = 0;
  int *list = gimp_image_get_channels (image, &count);
  return end_list (list, count);
}

int
p3m_gimp_get_selection (int image)
{
  return gimp_image_get_selection (image);
}

int
p3m_gimp_layer_float (int image, int layer)
{
  return gimp_selection_float (image, layer, 0, 0);
}

void
p3m_gimp_layer_get_offsets (int layer, int *x, int *y)
{
  gimp_drawable_offsets (layer, x, y);
}

double
p3m_gimp_layer_get_opacity (int layer)
{
  return gimp_layer_get_opacity (layer);
}

void
p3m_gimp_layer_lock (int layer)
{
  gimp_item_set_lock_content (layer, TRUE);
}

void
p3m_gimp_layer_set_blending (int layer)
{
  gimp_layer_set_mode (layer, GIMP_LAYER_MODE_MULTIPLY);
  gimp_layer_set_opacity (layer, 40);
}

gboolean
p3m_gimp_layer_is_multiplied (int layer)
{
  return gimp_layer_get_mode (layer) == GIMP_LAYER_MODE_MULTIPLY;
}

gboolean
p3m_gimp_is_group (int layer)
{
  return gimp_item_is_group (layer);
}

gboolean
p3m_gimp_is_visible (int item)
{
  return gimp_item_get_visible (item);
}

char *
p3m_gimp_get_name (int item)
{
  return gimp_item_get_name (item);
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

/* GIMP 2.10 hands out the numbers of RGB layers as if they were sRGB. */
GeglBuffer *
p3m_gimp_get_buffer (int drawable)
{
  GeglBuffer *buffer = gimp_drawable_get_buffer (drawable);
  GimpColorProfile *profile = gimp_image_get_color_profile (gimp_item_get_image (drawable));
  if (profile && gimp_drawable_is_rgb (drawable))
    {
      const Babl *space = gimp_color_profile_get_space (
          profile, GIMP_COLOR_RENDERING_INTENT_RELATIVE_COLORIMETRIC, NULL);
      const char *encoding = babl_format_get_encoding (gegl_buffer_get_format (buffer));
      gegl_buffer_set_format (buffer, babl_format_with_space (encoding, space));
    }
  g_clear_object (&profile);
  return buffer;
}

/* The value that `arguments` has for a setting, or its default. */
static GimpParam
make_argument (const P3mSetting *setting, const char *arguments)
{
  char *value = p3m_argument_find (arguments, setting->name);
  if (setting->type == P3M_SETTING_NUMBER)
    {
      g_autofree char *number = value;
      return (GimpParam){
        GIMP_PDB_FLOAT, { .d_float = number ? g_ascii_strtod (number, NULL) : setting->initial }
      };
    }
  if (!value)
    value = g_strdup (setting->choices ? setting->choices[(int) setting->initial].name : "");
  return (GimpParam){ GIMP_PDB_STRING, { .d_string = value } };
}

static P3mGimpStatus
run_in_mode (int image, int layer, GimpRunMode mode, const char *arguments, char **message)
{
  int count = 0;
  g_autoptr (GArray) list = g_array_new (FALSE, FALSE, sizeof (GimpParam));
  const GimpParam fixed[] = { { GIMP_PDB_INT32, { .d_int32 = mode } },
                              { GIMP_PDB_IMAGE, { .d_image = image } },
                              { GIMP_PDB_DRAWABLE, { .d_drawable = layer } } };
  g_array_append_vals (list, fixed, G_N_ELEMENTS (fixed));
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      const GimpParam argument = make_argument (setting, arguments);
      g_array_append_val (list, argument);
    }
  GimpParam *values = gimp_run_procedure2 (P3M_PROCEDURE, &count, (int) list->len,
                                           (const GimpParam *) list->data);
  const GimpPDBStatusType status = values[0].data.d_status;
  *message = g_strdup (gimp_get_pdb_error ());
  gimp_destroy_params (values, count);
  for (guint i = 0; i < list->len; i++)
    if (g_array_index (list, GimpParam, i).type == GIMP_PDB_STRING)
      g_free (g_array_index (list, GimpParam, i).data.d_string);
  if (status == GIMP_PDB_SUCCESS)
    return P3M_GIMP_SUCCESS;
  return status == GIMP_PDB_CANCEL ? P3M_GIMP_CANCELLED : P3M_GIMP_FAILED;
}

P3mGimpStatus
p3m_gimp_run (int image, const int *layers, gboolean interactive, const char *arguments,
              char **message)
{
  return run_in_mode (image, layers[0],
                      interactive ? GIMP_RUN_INTERACTIVE : GIMP_RUN_NONINTERACTIVE, arguments,
                      message);
}

P3mGimpStatus
p3m_gimp_run_again (int image, int layer, char **message)
{
  return run_in_mode (image, layer, GIMP_RUN_WITH_LAST_VALS, "", message);
}

/* The lines of the plug-in's data. */
char *
p3m_gimp_get_last_values (void)
{
  const int length = gimp_get_data_size (P3M_PROCEDURE);
  g_autofree char *text = g_malloc0 (length + 1);
  gimp_get_data (P3M_PROCEDURE, text);
  return g_strdelimit (g_steal_pointer (&text), "\n", ';');
}

gboolean
p3m_gimp_takes_layers (void)
{
  return FALSE;
}

gboolean
p3m_gimp_checks_arguments (void)
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
