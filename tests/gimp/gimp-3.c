/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A plug-in of GIMP 3 that runs the tests: GIMP's calls, as gimp.h names them. */
#include <libgimp/gimp.h>

#include "gimp.h"
#include "suite.h"

static const GimpPrecision precisions[] = {
  GIMP_PRECISION_U8_NON_LINEAR,
  GIMP_PRECISION_U16_LINEAR,
  GIMP_PRECISION_FLOAT_NON_LINEAR,
  GIMP_PRECISION_FLOAT_LINEAR,
};

static int
id_of (gpointer item)
{
  return item ? gimp_item_get_id (GIMP_ITEM (item)) : -1;
}

int
p3m_gimp_image_new (P3mGimpBase base, P3mGimpPrecision precision, int width, int height)
{
  return gimp_image_get_id (gimp_image_new_with_precision (
      width, height, base == P3M_GIMP_GREY ? GIMP_GRAY : GIMP_RGB, precisions[precision]));
}

void
p3m_gimp_image_make_indexed (int image)
{
  gimp_image_convert_indexed (gimp_image_get_by_id (image), GIMP_CONVERT_DITHER_NONE,
                              GIMP_CONVERT_PALETTE_GENERATE, 255, FALSE, FALSE, "");
}

int
p3m_gimp_image_load (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  return gimp_image_get_id (gimp_file_load (GIMP_RUN_NONINTERACTIVE, file));
}

void
p3m_gimp_image_set_profile (int image, const char *icc, gsize length)
{
  GimpColorProfile *profile
      = gimp_color_profile_new_from_icc_profile ((const guint8 *) icc, length, NULL);
  gimp_image_set_color_profile (gimp_image_get_by_id (image), profile);
  g_object_unref (profile);
}

void
p3m_gimp_image_delete (int image)
{
  gimp_image_delete (gimp_image_get_by_id (image));
}

void
p3m_gimp_image_show (int image)
{
  gimp_display_new (gimp_image_get_by_id (image));
  gimp_displays_flush ();
}

void
p3m_gimp_image_select (int image, int x, int y, int width, int height)
{
  gimp_image_select_rectangle (gimp_image_get_by_id (image), GIMP_CHANNEL_OP_REPLACE, x, y, width,
                               height);
}

void
p3m_gimp_image_select_item (int image, int item)
{
  gimp_image_select_item (gimp_image_get_by_id (image), GIMP_CHANNEL_OP_REPLACE,
                          gimp_item_get_by_id (item));
}

void
p3m_gimp_image_select_none (int image)
{
  gimp_selection_none (gimp_image_get_by_id (image));
}

gboolean
p3m_gimp_image_is_dirty (int image)
{
  return gimp_image_is_dirty (gimp_image_get_by_id (image));
}

void
p3m_gimp_image_clean (int image)
{
  gimp_image_clean_all (gimp_image_get_by_id (image));
}

int
p3m_gimp_layer_new (int image_id, gboolean alpha, int x, int y, int width, int height)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  const gboolean grey = gimp_image_get_base_type (image) == GIMP_GRAY;
  const GimpImageType type = grey ? (alpha ? GIMP_GRAYA_IMAGE : GIMP_GRAY_IMAGE)
                                  : (alpha ? GIMP_RGBA_IMAGE : GIMP_RGB_IMAGE);
  GimpLayer *layer
      = gimp_layer_new (image, "layer", width, height, type, 100, GIMP_LAYER_MODE_NORMAL);
  gimp_image_insert_layer (image, layer, NULL, 0);
  gimp_layer_set_offsets (layer, x, y);
  return id_of (layer);
}

int
p3m_gimp_group_new (int image_id, int child)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  GimpLayer *group = GIMP_LAYER (gimp_group_layer_new (image, "group"));
  gimp_image_insert_layer (image, group, NULL, 0);
  gimp_image_reorder_item (image, gimp_item_get_by_id (child), GIMP_ITEM (group), 0);
  return id_of (group);
}

int
p3m_gimp_text_new (int image_id, const char *text)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  GimpLayer *layer = GIMP_LAYER (
      gimp_text_layer_new (image, text, gimp_context_get_font (), 40, gimp_unit_pixel ()));
  gimp_image_insert_layer (image, layer, NULL, 0);
  return id_of (layer);
}

int
p3m_gimp_channel_new (int image_id, int width, int height)
{
  GimpImage *image = gimp_image_get_by_id (image_id);
  GeglColor *black = gegl_color_new ("black");
  GimpChannel *channel = gimp_channel_new (image, "channel", width, height, 50, black);
  g_object_unref (black);
  gimp_image_insert_channel (image, channel, NULL, 0);
  return id_of (channel);
}

/* Takes libgimp's list, which ends with NULL. */
static int *
list_ids (gpointer items)
{
  g_autofree gpointer *list = items;
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (int));
  const int end = -1;
  for (int i = 0; list && list[i]; i++)
    {
      const int id = id_of (list[i]);
      g_array_append_val (ids, id);
    }
  g_array_append_val (ids, end);
  return (int *) g_array_free (ids, FALSE);
}

int *
p3m_gimp_list_layers (int image, int group)
{
  if (group < 0)
    return list_ids (gimp_image_get_layers (gimp_image_get_by_id (image)));
  return list_ids (gimp_item_get_children (gimp_item_get_by_id (group)));
}

int *
p3m_gimp_list_channels (int image)
{
  return list_ids (gimp_image_get_channels (gimp_image_get_by_id (image)));
}

int
p3m_gimp_get_selection (int image)
{
  return id_of (gimp_image_get_selection (gimp_image_get_by_id (image)));
}

int
p3m_gimp_layer_float (int image, int layer)
{
  GimpDrawable *drawables[] = { gimp_drawable_get_by_id (layer), NULL };
  return id_of (gimp_selection_float (gimp_image_get_by_id (image), drawables, 0, 0));
}

void
p3m_gimp_layer_get_offsets (int layer, int *x, int *y)
{
  gimp_drawable_get_offsets (gimp_drawable_get_by_id (layer), x, y);
}

double
p3m_gimp_layer_get_opacity (int layer)
{
  return gimp_layer_get_opacity (gimp_layer_get_by_id (layer));
}

void
p3m_gimp_layer_lock (int layer)
{
  gimp_item_set_lock_content (gimp_item_get_by_id (layer), TRUE);
}

void
p3m_gimp_layer_set_blending (int layer)
{
  gimp_layer_set_mode (gimp_layer_get_by_id (layer), GIMP_LAYER_MODE_MULTIPLY);
  gimp_layer_set_opacity (gimp_layer_get_by_id (layer), 40);
}

gboolean
p3m_gimp_layer_is_multiplied (int layer)
{
  return gimp_layer_get_mode (gimp_layer_get_by_id (layer)) == GIMP_LAYER_MODE_MULTIPLY;
}

gboolean
p3m_gimp_is_group (int layer)
{
  return gimp_item_is_group (gimp_item_get_by_id (layer));
}

gboolean
p3m_gimp_is_visible (int item)
{
  return gimp_item_get_visible (gimp_item_get_by_id (item));
}

char *
p3m_gimp_get_name (int item)
{
  return gimp_item_get_name (gimp_item_get_by_id (item));
}

int
p3m_gimp_layer_get_mask (int layer)
{
  return id_of (gimp_layer_get_mask (gimp_layer_get_by_id (layer)));
}

void
p3m_gimp_layer_add_black_mask (int layer_id)
{
  GimpLayer *layer = gimp_layer_get_by_id (layer_id);
  gimp_layer_add_mask (layer, gimp_layer_create_mask (layer, GIMP_ADD_MASK_BLACK));
}

GeglBuffer *
p3m_gimp_get_buffer (int drawable)
{
  return gimp_drawable_get_buffer (gimp_drawable_get_by_id (drawable));
}

static GimpProcedureConfig *
configure (GimpProcedure *procedure, int image, const int *layers, GimpRunMode mode)
{
  GimpProcedureConfig *config = gimp_procedure_create_config (procedure);
  GObject *drawables[3] = { NULL };
  int count = 0;
  for (; layers[count] >= 0 && count < 2; count++)
    drawables[count] = G_OBJECT (gimp_drawable_get_by_id (layers[count]));
  g_object_set (config, "run-mode", mode, "image", gimp_image_get_by_id (image), NULL);
  gimp_procedure_config_set_core_object_array (config, "drawables", drawables, count);
  return config;
}

static P3mGimpStatus
run_config (GimpProcedure *procedure, GimpProcedureConfig *config, char **message)
{
  GimpValueArray *values = gimp_procedure_run_config (procedure, config);
  const GimpPDBStatusType status = g_value_get_enum (gimp_value_array_index (values, 0));
  *message = g_strdup (gimp_pdb_get_last_error (gimp_get_pdb ()));
  gimp_value_array_unref (values);
  if (status == GIMP_PDB_SUCCESS)
    return P3M_GIMP_SUCCESS;
  return status == GIMP_PDB_CANCEL ? P3M_GIMP_CANCELLED : P3M_GIMP_FAILED;
}

static void
set_argument (GimpProcedureConfig *config, const P3mSetting *setting, const char *value)
{
  if (setting->type == P3M_SETTING_NUMBER)
    g_object_set (config, setting->name, g_ascii_strtod (value, NULL), NULL);
  else
    g_object_set (config, setting->name, value, NULL);
}

P3mGimpStatus
p3m_gimp_run (int image, const int *layers, gboolean interactive, const char *arguments,
              char **message)
{
  GimpProcedure *procedure = gimp_pdb_lookup_procedure (gimp_get_pdb (), P3M_PROCEDURE);
  g_autoptr (GimpProcedureConfig) config = configure (
      procedure, image, layers, interactive ? GIMP_RUN_INTERACTIVE : GIMP_RUN_NONINTERACTIVE);
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_autofree char *value = p3m_argument_find (arguments, setting->name);
      if (value)
        set_argument (config, setting, value);
    }
  return run_config (procedure, config, message);
}

P3mGimpStatus
p3m_gimp_run_again (int image, int layer, char **message)
{
  GimpProcedure *procedure = gimp_pdb_lookup_procedure (gimp_get_pdb (), P3M_PROCEDURE);
  g_autoptr (GimpProcedureConfig) config
      = configure (procedure, image, (int[]){ layer, -1 }, GIMP_RUN_WITH_LAST_VALS);
  return run_config (procedure, config, message);
}

/* What GIMP wrote: (name value) or (name "value"). */
static char *
find_value (const char *text, const char *name)
{
  g_autofree char *pattern = g_strdup_printf ("\\(%s \"?([^\")]*)", name);
  g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;
  return g_regex_match (regex, text, 0, &match) ? g_match_info_fetch (match, 1) : NULL;
}

/* The file in which GIMP keeps the last values (transfer full), "" = there is none. */
static char *
read_last_values (void)
{
  g_autofree char *folder = g_build_filename (gimp_directory (), "plug-in-settings", NULL);
  g_autoptr (GDir) listing = g_dir_open (folder, 0, NULL);
  const char *name;
  char *text = NULL;
  while (listing && !text && (name = g_dir_read_name (listing)))
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      if (g_str_has_suffix (name, P3M_PROCEDURE ".last"))
        g_file_get_contents (path, &text, NULL, NULL);
    }
  return text ? text : g_strdup ("");
}

char *
p3m_gimp_get_last_values (void)
{
  g_autofree char *text = read_last_values ();
  GString *arguments = g_string_new (NULL);
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_autofree char *value = find_value (text, setting->name);
      if (value)
        g_string_append_printf (arguments, "%s=%s;", setting->name, value);
    }
  return g_string_free (arguments, FALSE);
}

gboolean
p3m_gimp_takes_layers (void)
{
  return TRUE;
}

gboolean
p3m_gimp_checks_arguments (void)
{
  return TRUE;
}

#define P3M_TYPE_TEST (p3m_test_get_type ())
G_DECLARE_FINAL_TYPE (P3mTest, p3m_test, P3M, TEST, GimpPlugIn)

struct _P3mTest
{
  GimpPlugIn parent_instance;
};

G_DEFINE_TYPE (P3mTest, p3m_test, GIMP_TYPE_PLUG_IN)

static GimpValueArray *
run (GimpProcedure *procedure, GimpProcedureConfig *config, gpointer run_data)
{
  (void) config;
  (void) run_data;
  p3m_suite_run ();
  return gimp_procedure_new_return_values (procedure, GIMP_PDB_SUCCESS, NULL);
}

static GimpProcedure *
create_procedure (GimpPlugIn *plug_in, const gchar *name)
{
  GimpProcedure *procedure
      = gimp_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run, NULL, NULL);
  gimp_procedure_set_documentation (procedure, "Tests of P3M", "Tests of P3M", name);
  gimp_procedure_set_attribution (procedure, "The P3M for GIMP and Krita developers",
                                  "GPL-3.0-or-later", "2026");
  return procedure;
}

static GList *
query_procedures (GimpPlugIn *plug_in)
{
  (void) plug_in;
  return g_list_append (NULL, g_strdup ("plug-in-p3m-test"));
}

static gboolean
set_i18n (GimpPlugIn *plug_in, const gchar *name, gchar **domain, gchar **catalogs)
{
  (void) plug_in;
  (void) name;
  (void) domain;
  (void) catalogs;
  return FALSE;
}

static void
p3m_test_class_init (P3mTestClass *klass)
{
  GimpPlugInClass *plug_in_class = GIMP_PLUG_IN_CLASS (klass);
  plug_in_class->query_procedures = query_procedures;
  plug_in_class->create_procedure = create_procedure;
  plug_in_class->set_i18n = set_i18n;
}

static void
p3m_test_init (P3mTest *test)
{
  (void) test;
}

GIMP_MAIN (P3M_TYPE_TEST)
