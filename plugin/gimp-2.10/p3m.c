/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The plug-in of GIMP 2.10: the procedure, its arguments, and one layer behind the seam. */
#include <string.h>
#include <gdk/gdkx.h>
#include <gtk/gtk.h>
#include <libgimp/gimp.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "dialog.h"
#include "folder.h"
#include "job.h"
#include "result.h"

#define PROCEDURE "plug-in-p3m-matting"

/* host: first, so that a P3mHost is a Layer. buffer: of the layer, in its own format.
 * mask: filled, but not attached to the layer yet; -1 = none. */
typedef struct
{
  P3mHost host;
  gint32 image, layer, mask;
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
  if (layer->mask >= 0)
    gimp_item_delete (layer->mask);
  layer->mask = -1;
}

static gboolean
layer_write (P3mHost *host, P3mMatte *matte, const P3mSettings *settings, P3mProgress progress,
             gpointer progress_data, GCancellable *cancellable, GError **error)
{
  Layer *layer = (Layer *) host;
  layer_drop_mask (layer);
  layer->mask = gimp_layer_create_mask (layer->layer, GIMP_ADD_MASK_WHITE);
  if (layer->mask < 0)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, gimp_get_pdb_error ());
      return FALSE;
    }
  g_autoptr (GeglBuffer) buffer = gimp_drawable_get_buffer (layer->mask);
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

/* ---- one layer ---------------------------------------------------------------------------- */

static gboolean
layer_check (gint32 drawable, GError **error)
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

static void
layer_open (Layer *layer, gint32 image, gint32 drawable)
{
  *layer = (Layer){ .image = image, .layer = drawable, .mask = -1 };
  layer->buffer = gimp_drawable_get_buffer (drawable);
  layer->host = (P3mHost){
    .source = p3m_source_from_buffer (layer->buffer),
    .read_scaled = layer_read_scaled,
    .write = layer_write,
    .show_progress = layer_show_progress,
    .set_parent = layer_set_parent,
  };
}

/* The only place where the image changes: one undo step. */
static void
layer_attach_mask (Layer *layer)
{
  gimp_image_undo_group_start (layer->image);
  if (gimp_layer_get_mask (layer->layer) >= 0)
    gimp_layer_remove_mask (layer->layer, GIMP_MASK_DISCARD);
  gimp_layer_add_mask (layer->layer, layer->mask);
  gimp_image_undo_group_end (layer->image);
  layer->mask = -1;
}

static void
layer_close (Layer *layer)
{
  layer_drop_mask (layer);
  g_clear_object (&layer->buffer);
}

/* ---- settings ----------------------------------------------------------------------------- */

/* GIMP 2.10 keeps bytes under the name of the procedure until it ends: strategy, '\n', model. */
static void
settings_load (P3mSettings *settings)
{
  const int length = gimp_get_data_size (PROCEDURE);
  if (length <= 0)
    return;
  g_autofree char *stored = g_malloc0 (length + 1);
  gimp_get_data (PROCEDURE, stored);
  char *model = strchr (stored, '\n');
  if (!model)
    return;
  *model++ = '\0';
  if (!p3m_strategy_from_name (stored, &settings->strategy))
    return;
  g_free (settings->model);
  settings->model = g_strdup (model);
}

static void
settings_save (const P3mSettings *settings)
{
  g_autofree char *stored
      = g_strdup_printf ("%s\n%s", p3m_strategy_get_name (settings->strategy), settings->model);
  gimp_set_data (PROCEDURE, stored, strlen (stored));
}

static gboolean
settings_take_arguments (P3mSettings *settings, const GimpParam *parameters, int count,
                         GError **error)
{
  if (count != 5)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("%s takes 5 arguments, not %d."), PROCEDURE, count);
      return FALSE;
    }
  const char *model = parameters[3].data.d_string;
  const char *strategy = parameters[4].data.d_string;
  if (strategy && *strategy && !p3m_strategy_from_name (strategy, &settings->strategy))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("There is no strategy “%s”: choose auto, resize or hybrid."), strategy);
      return FALSE;
    }
  g_free (settings->model);
  settings->model = g_strdup (model ? model : "");
  return TRUE;
}

/* ---- the procedure ------------------------------------------------------------------------ */

/* GIMP 2.10 is an X11 program, also under Wayland; GTK 3 knows neither its display nor its theme. */
static gboolean
start_gtk (GError **error)
{
  g_autofree char *theme = gimp_gimprc_query ("theme");
  gdk_set_allowed_backends ("x11");
  if (gimp_display_name ())
    g_setenv ("DISPLAY", gimp_display_name (), TRUE);
  if (!gtk_init_check (NULL, NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                           _ ("The dialog needs a display: run P3M without interaction instead."));
      return FALSE;
    }
  if (gimp_wm_class ())
    gdk_set_program_class (gimp_wm_class ());
  if (theme && (strstr (theme, "Dark") || strstr (theme, "Gray")))
    g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", TRUE, NULL);
  return TRUE;
}

static gboolean
make_mask (Layer *layer, GimpRunMode mode, P3mSettings *settings, GError **error)
{
  if (mode == GIMP_RUN_INTERACTIVE)
    return start_gtk (error) && p3m_dialog_run (&layer->host, settings, error);
  gimp_progress_init (_ ("P3M Matting"));
  const gboolean made = p3m_job_run (&layer->host, settings, error);
  gimp_progress_end ();
  return made;
}

static gboolean
cut_out (gint32 image, gint32 drawable, GimpRunMode mode, P3mSettings *settings, GError **error)
{
  Layer layer;
  if (!layer_check (drawable, error))
    return FALSE;
  layer_open (&layer, image, drawable);
  const gboolean made = make_mask (&layer, mode, settings, error);
  if (made)
    layer_attach_mask (&layer);
  layer_close (&layer);
  return made;
}

/* The catalogs beside the executable, or those of the system. */
static char *
find_catalogs (void)
{
  char *beside = p3m_folder_find ("locale");
  return beside ? beside : g_strdup (LOCALEDIR);
}

static void
start_translation (void)
{
  g_autofree char *catalogs = find_catalogs ();
  bindtextdomain (GETTEXT_PACKAGE, catalogs);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
}

/* At every start of GIMP: unlike what query() says, it does not keep the translatable name of a menu. */
static void
init (void)
{
  gimp_plugin_menu_branch_register ("<Image>/Filters", N_ ("_Matting"));
}

static void
query (void)
{
  static const GimpParamDef arguments[] = {
    { GIMP_PDB_INT32, "run-mode", "RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1)" },
    { GIMP_PDB_IMAGE, "image", "Input image" },
    { GIMP_PDB_DRAWABLE, "drawable", "Input layer" },
    { GIMP_PDB_STRING, "model", "Path or name of the model, \"\" = the best that is installed" },
    { GIMP_PDB_STRING, "strategy", "\"auto\", \"resize\" or \"hybrid\", \"\" = \"auto\"" },
  };
  g_autofree char *catalogs = find_catalogs ();
  gimp_plugin_domain_register (GETTEXT_PACKAGE, catalogs);
  gimp_install_procedure (
      PROCEDURE, N_ ("Cut out the person in a portrait, down to the hair"),
      "Finds the person in a layer with P3M-Net and gives the layer a mask that holds the alpha "
      "matte. A mask that the layer has is replaced; the selection does not matter.",
      "The P3M for GIMP and Krita developers", "GPL-3.0-or-later", "2026", N_ ("P_3M…"), "*",
      GIMP_PLUGIN, G_N_ELEMENTS (arguments), 0, arguments, NULL);
  gimp_plugin_menu_register (PROCEDURE, "<Image>/Filters/Matting");
}

/* values: [0] the status, [1] the sentence that GIMP shows; returns how many there are. */
static int
report (GimpParam *values, GError *error)
{
  GimpPDBStatusType status = GIMP_PDB_SUCCESS;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    status = GIMP_PDB_CANCEL;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
    status = GIMP_PDB_CALLING_ERROR;
  else if (error)
    status = GIMP_PDB_EXECUTION_ERROR;
  values[0].type = GIMP_PDB_STATUS;
  values[0].data.d_status = status;
  if (status != GIMP_PDB_CALLING_ERROR && status != GIMP_PDB_EXECUTION_ERROR)
    return 1;
  values[1].type = GIMP_PDB_STRING;
  values[1].data.d_string = error->message;
  return 2;
}

static void
run (const gchar *name, gint count, const GimpParam *parameters, gint *value_count,
     GimpParam **values)
{
  static GimpParam returned[2];
  static GError *error = NULL; /* libgimp reads the message after this function has returned */
  const GimpRunMode mode = parameters[0].data.d_int32;
  g_auto (P3mSettings) settings = { .model = NULL };
  (void) name;
  p3m_settings_init (&settings);
  start_translation ();
  gegl_init (NULL, NULL);
  p3m_folder_add_models ();
  if (mode != GIMP_RUN_NONINTERACTIVE)
    settings_load (&settings);
  if ((mode != GIMP_RUN_NONINTERACTIVE
       || settings_take_arguments (&settings, parameters, count, &error))
      && cut_out (parameters[1].data.d_image, parameters[2].data.d_drawable, mode, &settings,
                  &error)
      && mode == GIMP_RUN_INTERACTIVE)
    settings_save (&settings);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush ();
  gegl_exit ();
  *value_count = report (returned, error);
  *values = returned;
}

const GimpPlugInInfo PLUG_IN_INFO = { init, NULL, query, run };
MAIN ()
