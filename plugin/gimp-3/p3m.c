/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The plug-in of GIMP 3: the procedure and its arguments. */
#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>
#include <glib/gi18n-lib.h>

#include <unistd.h>

#include "buffer.h"
#include "dialog.h"
#include "folder.h"
#include "job.h"
#include "layer.h"

#define PROCEDURE "plug-in-p3m-matting"

/* Kept with the last values, but no argument: the layer for which they were chosen. */
#define LAST_LAYER "last-layer"

/* ---- settings ----------------------------------------------------------------------------- */

static gboolean
take_argument (const P3mSetting *setting, P3mSettings *settings, GObject *config, GError **error)
{
  double number;
  if (setting->type == P3M_SETTING_NUMBER)
    {
      g_object_get (config, setting->name, &number, NULL);
      p3m_setting_set_number (setting, settings, number);
      return TRUE;
    }
  g_autofree char *text = NULL;
  g_object_get (config, setting->name, &text, NULL);
  return p3m_setting_parse (setting, settings, text ? text : "", error);
}

static gboolean
settings_from_config (P3mSettings *settings, GObject *config, GError **error)
{
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    if (!take_argument (setting, settings, config, error))
      return FALSE;
  return TRUE;
}

static void
settings_to_config (const P3mSettings *settings, GObject *config)
{
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    {
      g_autofree char *text = p3m_setting_format (setting, settings);
      if (setting->type == P3M_SETTING_NUMBER)
        g_object_set (config, setting->name, p3m_setting_get_number (setting, settings), NULL);
      else
        g_object_set (config, setting->name, text, NULL);
    }
}

/* GIMP gives numbers to layers anew at each start, and keeps the last values longer than that. */
static char *
identify (GimpDrawable *layer)
{
  return g_strdup_printf ("%d:%d", getppid (), gimp_item_get_id (GIMP_ITEM (layer)));
}

/* People who were clicked in another layer are forgotten: here they stand elsewhere. */
static void
recall (GimpDrawable *layer, GObject *config, P3mSettings *settings)
{
  g_autofree char *last = NULL;
  g_autofree char *now = identify (layer);
  g_object_get (config, LAST_LAYER, &last, NULL);
  if (g_strcmp0 (last, now) != 0)
    p3m_setting_set_text (p3m_setting_find ("people"), settings, "");
}

/* GIMP stores the configuration after a run that succeeded. */
static void
remember (GimpDrawable *layer, GObject *config, const P3mSettings *settings)
{
  g_autofree char *now = identify (layer);
  settings_to_config (settings, config);
  g_object_set (config, LAST_LAYER, now, NULL);
}

/* ---- the procedure ------------------------------------------------------------------------ */

#define P3M_TYPE_PLUG_IN (p3m_plug_in_get_type ())
G_DECLARE_FINAL_TYPE (P3mPlugIn, p3m_plug_in, P3M, PLUG_IN, GimpPlugIn)

struct _P3mPlugIn
{
  GimpPlugIn parent_instance;
};

G_DEFINE_TYPE (P3mPlugIn, p3m_plug_in, GIMP_TYPE_PLUG_IN)

static gboolean
make_output (P3mLayer *layer, gboolean with_dialog, P3mSettings *settings, GError **error)
{
  if (with_dialog)
    {
      gimp_ui_init ("p3m");
      return p3m_dialog_run (&layer->host, settings, error);
    }
  gimp_progress_init (_ ("P3M Matting"));
  const gboolean made = p3m_job_run (&layer->host, settings, error);
  gimp_progress_end ();
  return made;
}

/* People stand where they stand in the image, wherever another layer begins. */
static void
move_people (P3mSettings *settings, const P3mLayer *from, const P3mLayer *to)
{
  int from_x, from_y, to_x, to_y;
  g_autoptr (GArray) people = p3m_settings_get_people (settings);
  gimp_drawable_get_offsets (GIMP_DRAWABLE (from->layer), &from_x, &from_y);
  gimp_drawable_get_offsets (GIMP_DRAWABLE (to->layer), &to_x, &to_y);
  for (guint i = 0; i < people->len; i++)
    {
      P3mPoint *point = &g_array_index (people, P3mPoint, i);
      point->x += from_x - to_x;
      point->y += from_y - to_y;
    }
  p3m_settings_set_people (settings, people);
}

/* What was chosen for the first layer goes for another too. */
static gboolean
make_another (P3mLayer *layer, const P3mLayer *first, const P3mSettings *chosen, GError **error)
{
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_copy (&settings, chosen);
  move_people (&settings, first, layer);
  return make_output (layer, FALSE, &settings, error);
}

/* The dialog shows the first layer. The image changes only when all is ready, and when GIMP's Cancel, which ends the
 * plug-in at once, has gone with the progress. */
static gboolean
make_all (P3mLayer *layers, int count, GimpRunMode mode, P3mSettings *settings, GError **error)
{
  if (!make_output (&layers[0], mode == GIMP_RUN_INTERACTIVE, settings, error))
    return FALSE;
  for (int i = 1; i < count; i++)
    if (!make_another (&layers[i], &layers[0], settings, error))
      return FALSE;
  return p3m_layers_attach (layers, count, error);
}

static gboolean
cut_out (GimpImage *image, GimpDrawable **drawables, GimpRunMode mode, GObject *config,
         GError **error)
{
  g_auto (P3mSettings) settings = { .model = NULL };
  p3m_settings_init (&settings);
  if (!settings_from_config (&settings, config, error) || !p3m_layers_check (drawables, error))
    return FALSE;
  const int count = gimp_core_object_array_get_length ((GObject **) drawables);
  g_autofree P3mLayer *layers = g_new0 (P3mLayer, count);
  for (int i = 0; i < count; i++)
    p3m_layer_open (&layers[i], image, drawables[i]);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    recall (drawables[0], config, &settings);
  const gboolean made = make_all (layers, count, mode, &settings, error);
  for (int i = 0; i < count; i++)
    p3m_layer_close (&layers[i]);
  if (made && mode == GIMP_RUN_INTERACTIVE)
    remember (drawables[0], config, &settings);
  return made;
}

static GimpPDBStatusType
status_of (const GError *error)
{
  if (!error)
    return GIMP_PDB_SUCCESS;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return GIMP_PDB_CANCEL;
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT)
             ? GIMP_PDB_CALLING_ERROR
             : GIMP_PDB_EXECUTION_ERROR;
}

static GimpValueArray *
run (GimpProcedure *procedure, GimpRunMode mode, GimpImage *image, GimpDrawable **drawables,
     GimpProcedureConfig *config, gpointer run_data)
{
  GError *error = NULL;
  (void) run_data;
  p3m_buffers_init ();
  p3m_folder_add_models ();
  cut_out (image, drawables, mode, G_OBJECT (config), &error);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush ();
  const GimpPDBStatusType status = status_of (error);
  if (status == GIMP_PDB_CANCEL)
    g_clear_error (&error);
  return gimp_procedure_new_return_values (procedure, status, error);
}

static GimpChoice *
list_choices (const P3mSetting *setting)
{
  GimpChoice *choice = gimp_choice_new ();
  for (int i = 0; setting->choices[i].name; i++)
    gimp_choice_add (choice, setting->choices[i].name, i, _ (setting->choices[i].label), NULL);
  return choice;
}

static void
add_argument (GimpProcedure *procedure, const P3mSetting *setting)
{
  const char *label = _ (setting->label), *description = _ (setting->description);
  if (setting->type == P3M_SETTING_NUMBER)
    gimp_procedure_add_double_argument (procedure, setting->name, label, description,
                                        setting->least, setting->most, setting->initial,
                                        G_PARAM_READWRITE);
  else if (setting->type == P3M_SETTING_CHOICE)
    gimp_procedure_add_choice_argument (
        procedure, setting->name, label, description, list_choices (setting),
        setting->choices[(int) setting->initial].name, G_PARAM_READWRITE);
  else
    gimp_procedure_add_string_argument (procedure, setting->name, label, description, "",
                                        G_PARAM_READWRITE);
}

static GimpProcedure *
create_procedure (GimpPlugIn *plug_in, const gchar *name)
{
  GimpProcedure *procedure
      = gimp_image_procedure_new (plug_in, name, GIMP_PDB_PROC_TYPE_PLUGIN, run, NULL, NULL);
  g_autofree char *menu = g_build_path ("/", "<Image>/Filters", _ ("_Matting"), NULL);
  gimp_procedure_set_image_types (procedure, "*");
  gimp_procedure_set_sensitivity_mask (procedure, GIMP_PROCEDURE_SENSITIVE_DRAWABLE
                                                      | GIMP_PROCEDURE_SENSITIVE_DRAWABLES);
  gimp_procedure_set_menu_label (procedure, _ ("P_3M…"));
  gimp_procedure_add_menu_path (procedure, menu);
  gimp_procedure_set_documentation (
      procedure, _ ("Cut out the person in a portrait, down to the hair"),
      _ ("Finds the person in each chosen layer with P3M-Net and makes of the alpha matte what "
         "“output” says: a mask for the layer, a new layer, the selection or a channel. Where a "
         "selection is active, its middle is the person that “keep” means by “people”."),
      name);
  gimp_procedure_set_attribution (procedure, "The P3M for GIMP and Krita developers",
                                  "GPL-3.0-or-later", "2026");
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    add_argument (procedure, setting);
  gimp_procedure_add_string_aux_argument (procedure, LAST_LAYER, LAST_LAYER, "", "",
                                          G_PARAM_READWRITE);
  return procedure;
}

static GList *
query_procedures (GimpPlugIn *plug_in)
{
  (void) plug_in;
  return g_list_append (NULL, g_strdup (PROCEDURE));
}

/* GIMP 3 takes catalogs from inside the plug-in's folder only. */
static gboolean
set_i18n (GimpPlugIn *plug_in, const gchar *name, gchar **domain, gchar **catalogs)
{
  g_autofree char *beside = p3m_folder_find ("locale");
  (void) plug_in;
  (void) name;
  if (!beside)
    return FALSE;
  *domain = g_strdup (GETTEXT_PACKAGE);
  *catalogs = g_strdup ("locale");
  return TRUE;
}

static void
p3m_plug_in_class_init (P3mPlugInClass *klass)
{
  GimpPlugInClass *plug_in_class = GIMP_PLUG_IN_CLASS (klass);
  plug_in_class->query_procedures = query_procedures;
  plug_in_class->create_procedure = create_procedure;
  plug_in_class->set_i18n = set_i18n;
}

static void
p3m_plug_in_init (P3mPlugIn *plug_in)
{
  (void) plug_in;
}

GIMP_MAIN (P3M_TYPE_PLUG_IN)
