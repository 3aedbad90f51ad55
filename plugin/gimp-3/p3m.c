/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The plug-in of GIMP 3: the procedure, its arguments, and layers behind the seam. */
#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "dialog.h"
#include "folder.h"
#include "job.h"
#include "result.h"

#define PROCEDURE "plug-in-p3m-matting"

/* host: first, so that a P3mHost is a Layer. buffer: of the layer, in its own format.
 * mask: filled, but not attached to the layer yet; NULL = none. Items belong to libgimp. */
typedef struct
{
  P3mHost host;
  GimpLayer *layer;
  GimpLayerMask *mask;
  GeglBuffer *buffer;
} Layer;

/* ---- the seam ----------------------------------------------------------------------------- */

static gboolean
layer_read_scaled (P3mHost *host, double scale, const P3mRectangle *area, guint8 *rgba,
                   GError **error)
{
  Layer *layer = (Layer *) host;
  (void) error;
  gegl_buffer_get (layer->buffer, GEGL_RECTANGLE (area->x, area->y, area->width, area->height),
                   scale, babl_format ("R'G'B'A u8"), rgba, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_CLAMP);
  return TRUE;
}

static void
layer_drop_mask (Layer *layer)
{
  if (layer->mask)
    gimp_item_delete (GIMP_ITEM (layer->mask));
  layer->mask = NULL;
}

static gboolean
layer_write (P3mHost *host, P3mMatte *matte, const P3mSettings *settings, P3mProgress progress,
             gpointer progress_data, GCancellable *cancellable, GError **error)
{
  Layer *layer = (Layer *) host;
  layer_drop_mask (layer);
  layer->mask = gimp_layer_create_mask (layer->layer, GIMP_ADD_MASK_WHITE);
  if (!layer->mask)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                           gimp_pdb_get_last_error (gimp_get_pdb ()));
      return FALSE;
    }
  g_autoptr (GeglBuffer) buffer = gimp_drawable_get_buffer (GIMP_DRAWABLE (layer->mask));
  g_autoptr (P3mResult) result = p3m_result_new (matte, settings, layer->buffer, error);
  return result
         && p3m_result_write_alpha (result, NULL, buffer, progress, progress_data, cancellable,
                                    error);
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

/* ---- layers ------------------------------------------------------------------------------- */

static gboolean
layers_check (GimpDrawable **drawables, GError **error)
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

static void
layer_open (Layer *layer, GimpDrawable *drawable)
{
  *layer = (Layer){ .layer = GIMP_LAYER (drawable) };
  layer->buffer = gimp_drawable_get_buffer (drawable);
  layer->host = (P3mHost){
    .source = p3m_source_from_buffer (layer->buffer),
    .read_scaled = layer_read_scaled,
    .write = layer_write,
    .show_progress = layer_show_progress,
    .set_parent = layer_set_parent,
  };
}

static void
layer_attach_mask (Layer *layer)
{
  if (gimp_layer_get_mask (layer->layer))
    gimp_layer_remove_mask (layer->layer, GIMP_MASK_DISCARD);
  gimp_layer_add_mask (layer->layer, layer->mask);
  layer->mask = NULL;
}

static void
layer_close (Layer *layer)
{
  layer_drop_mask (layer);
  g_clear_object (&layer->buffer);
}

/* ---- the procedure ------------------------------------------------------------------------ */

#define P3M_TYPE_PLUG_IN (p3m_plug_in_get_type ())
G_DECLARE_FINAL_TYPE (P3mPlugIn, p3m_plug_in, P3M, PLUG_IN, GimpPlugIn)

struct _P3mPlugIn
{
  GimpPlugIn parent_instance;
};

G_DEFINE_TYPE (P3mPlugIn, p3m_plug_in, GIMP_TYPE_PLUG_IN)

/* The dialog shows the first layer; what it chose goes for the others too. */
static gboolean
make_mask (Layer *layer, gboolean with_dialog, P3mSettings *settings, GError **error)
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

/* The image changes only when every mask is ready: one undo step. */
static void
attach_masks (GimpImage *image, Layer *layers, int count)
{
  gimp_image_undo_group_start (image);
  for (int i = 0; i < count; i++)
    layer_attach_mask (&layers[i]);
  gimp_image_undo_group_end (image);
}

static gboolean
cut_out (GimpImage *image, GimpDrawable **drawables, GimpRunMode mode, P3mSettings *settings,
         GError **error)
{
  if (!layers_check (drawables, error))
    return FALSE;
  const int count = gimp_core_object_array_get_length ((GObject **) drawables);
  g_autofree Layer *layers = g_new0 (Layer, count);
  gboolean made = TRUE;
  for (int i = 0; i < count && made; i++)
    {
      layer_open (&layers[i], drawables[i]);
      made = make_mask (&layers[i], mode == GIMP_RUN_INTERACTIVE && i == 0, settings, error);
    }
  if (made)
    attach_masks (image, layers, count);
  for (int i = 0; i < count; i++)
    layer_close (&layers[i]);
  return made;
}

static P3mSettings
settings_from_config (GimpProcedureConfig *config)
{
  P3mSettings settings;
  g_autofree char *model = NULL, *strategy = NULL;
  p3m_settings_init (&settings);
  g_object_get (config, "model", &model, "strategy", &strategy, NULL);
  p3m_setting_set_text (p3m_setting_find ("model"), &settings, model);
  p3m_strategy_from_name (strategy, &settings.strategy);
  return settings;
}

static GimpPDBStatusType
status_of (const GError *error)
{
  if (!error)
    return GIMP_PDB_SUCCESS;
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? GIMP_PDB_CANCEL
                                                                   : GIMP_PDB_EXECUTION_ERROR;
}

static GimpValueArray *
run (GimpProcedure *procedure, GimpRunMode mode, GimpImage *image, GimpDrawable **drawables,
     GimpProcedureConfig *config, gpointer run_data)
{
  g_auto (P3mSettings) settings = settings_from_config (config);
  GError *error = NULL;
  (void) run_data;
  gegl_init (NULL, NULL);
  p3m_folder_add_models ();
  if (cut_out (image, drawables, mode, &settings, &error))
    g_object_set (config, "model", settings.model, "strategy",
                  p3m_strategy_get_name (settings.strategy), NULL);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush ();
  const GimpPDBStatusType status = status_of (error);
  if (status == GIMP_PDB_CANCEL)
    g_clear_error (&error);
  return gimp_procedure_new_return_values (procedure, status, error);
}

static void
add_arguments (GimpProcedure *procedure)
{
  gimp_procedure_add_string_argument (procedure, "model", _ ("_Model"),
                                      _ ("Path or name of the model; empty: the best that is "
                                         "installed"),
                                      "", G_PARAM_READWRITE);
  gimp_procedure_add_choice_argument (
      procedure, "strategy", _ ("_Strategy"), _ ("The scales at which the picture is looked at"),
      gimp_choice_new_with_values ("auto", P3M_STRATEGY_AUTO, _ ("Automatic"), NULL, "resize",
                                   P3M_STRATEGY_RESIZE, _ ("Resize"), NULL, "hybrid",
                                   P3M_STRATEGY_HYBRID, _ ("Hybrid"), NULL, NULL),
      "auto", G_PARAM_READWRITE);
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
      _ ("Finds the person in each chosen layer with P3M-Net and gives the layer a mask that holds "
         "the alpha matte. A mask that a layer has is replaced; the selection does not matter."),
      name);
  gimp_procedure_set_attribution (procedure, "The P3M for GIMP and Krita developers",
                                  "GPL-3.0-or-later", "2026");
  add_arguments (procedure);
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
