/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Obfuscate Faces in GIMP 2.10: the procedure, its arguments, the layer's pixels and the selection. */
#include <string.h>
#include <gdk/gdkx.h>
#include <gtk/gtk.h>
#include <libgimp/gimp.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "folder.h"
#include "obfuscate/dialog.h"
#include "obfuscate/job.h"

#define PROCEDURE "plug-in-p3m-obfuscate-faces"

/* ---- pixels ------------------------------------------------------------------------------- */

/* The selection over the layer, [height][width]; NULL = nothing is selected. */
static float *
read_selection (gint32 image, gint32 layer)
{
  const int width = gimp_drawable_width (layer), height = gimp_drawable_height (layer);
  int x, y;
  if (gimp_selection_is_empty (image))
    return NULL;
  gimp_drawable_offsets (layer, &x, &y);
  float *selection = g_new (float, (gsize) width *height);
  g_autoptr (GeglBuffer) buffer = gimp_drawable_get_buffer (gimp_image_get_selection (image));
  gegl_buffer_get (buffer, GEGL_RECTANGLE (x, y, width, height), 1.0, babl_format ("Y float"),
                   selection, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return selection;
}

/* GIMP brings back with an undo only what is marked so, which its loaders' comments are not. */
static void
detach_comment (gint32 image)
{
  GimpParasite *comment = gimp_image_get_parasite (image, "gimp-comment");
  if (!comment)
    return;
  comment->flags |= GIMP_PARASITE_UNDOABLE;
  gimp_image_attach_parasite (image, comment);
  gimp_image_detach_parasite (image, comment->name);
  gimp_parasite_free (comment);
}

/* EXIF, XMP and IPTC; GIMP keeps EXIF's description apart, as the comment. */
static void
strip_metadata (gint32 image)
{
  g_autoptr (GObject) nothing = G_OBJECT (gimp_metadata_new ());
  gimp_image_set_metadata (image, GIMP_METADATA (nothing));
  detach_comment (image);
}

static void
write_pixels (gint32 layer, GeglBuffer *pixels)
{
  GeglBuffer *shadow = gimp_drawable_get_shadow_buffer (layer);
  gegl_buffer_copy (pixels, NULL, GEGL_ABYSS_NONE, shadow, NULL);
  g_object_unref (shadow);
  gimp_drawable_merge_shadow (layer, TRUE);
  gimp_drawable_update (layer, 0, 0, gimp_drawable_width (layer), gimp_drawable_height (layer));
}

/* The only place where the image changes: one undo step. The selection would clip what is written, though the
 * soft edge reaches beyond it. */
static void
replace_pixels (gint32 image, gint32 layer, GeglBuffer *pixels, gboolean strip)
{
  gimp_image_undo_group_start (image);
  if (strip)
    strip_metadata (image);
  if (gimp_selection_is_empty (image))
    write_pixels (layer, pixels);
  else
    {
      const gint32 selection = gimp_selection_save (image);
      gimp_selection_none (image);
      write_pixels (layer, pixels);
      gimp_image_select_item (image, GIMP_CHANNEL_OP_REPLACE, selection);
      gimp_image_remove_channel (image, selection);
      gimp_image_set_active_layer (image, layer);
    }
  gimp_image_undo_group_end (image);
}

/* ---- the dialog --------------------------------------------------------------------------- */

/* GIMP 2.10 is an X11 program, also under Wayland; GTK 3 does not know its theme. */
static gboolean
start_gtk (GError **error)
{
  g_autofree char *theme = gimp_gimprc_query ("theme");
  const gboolean is_dark = theme && (strstr (theme, "Dark") || strstr (theme, "Gray"));
  gdk_set_allowed_backends ("x11");
  if (gimp_display_name ())
    g_setenv ("DISPLAY", gimp_display_name (), TRUE);
  if (gtk_init_check (NULL, NULL))
    {
      g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", is_dark,
                    NULL);
      return TRUE;
    }
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                       _ ("The dialog needs a display: run P3M without interaction instead."));
  return FALSE;
}

static void
set_parent (GtkWindow *dialog)
{
  GdkWindow *window = gtk_widget_get_window (GTK_WIDGET (dialog));
  const guint32 id = gimp_progress_get_window_handle ();
  GdkWindow *parent
      = id ? gdk_x11_window_foreign_new_for_display (gdk_window_get_display (window), id) : NULL;
  if (parent)
    gdk_window_set_transient_for (window, parent);
}

static void
show_progress (double fraction, const char *stage, gpointer user_data)
{
  (void) user_data;
  gimp_progress_set_text (stage);
  gimp_progress_update (fraction);
}

/* ---- the work ----------------------------------------------------------------------------- */

static gboolean
check_layer (gint32 layer, GError **error)
{
  if (gimp_item_is_layer (layer) && !gimp_item_is_group (layer))
    return TRUE;
  g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                       _ ("Faces are obfuscated in a layer: choose a layer with pixels."));
  return FALSE;
}

static gboolean
choose (P3mFacesJob *job, P3mFacesSettings *settings, GError **error)
{
  if (!start_gtk (error))
    return FALSE;
  if (p3m_faces_dialog_run (job, settings, set_parent))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  return FALSE;
}

/* faces: how many there were. */
static gboolean
obfuscate (gint32 image, gint32 layer, GimpRunMode mode, P3mFacesSettings *settings, int *faces,
           GError **error)
{
  if (!check_layer (layer, error))
    return FALSE;
  g_autoptr (GeglBuffer) buffer = gimp_drawable_get_buffer (layer);
  g_autoptr (P3mFacesJob) job
      = p3m_faces_job_new (buffer, read_selection (image, layer), show_progress, NULL);
  gimp_progress_init (_ ("Obfuscate Faces"));
  if (mode == GIMP_RUN_INTERACTIVE && !choose (job, settings, error))
    return FALSE;
  g_autoptr (GeglBuffer) pixels = gegl_buffer_dup (buffer);
  *faces = p3m_faces_job_run (job, settings, pixels, error);
  gimp_progress_end ();
  if (*faces > 0)
    replace_pixels (image, layer, pixels, settings->strip);
  return *faces >= 0;
}

/* ---- the procedure ------------------------------------------------------------------------ */

static gboolean
refuse (GError **error, const char *why)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, why);
  return FALSE;
}

static gboolean
take_arguments (P3mFacesSettings *settings, const GimpParam *parameters, int count, GError **error)
{
  if (count != 9)
    return refuse (error, _ ("The procedure takes 9 arguments."));
  const char *from = parameters[3].data.d_string, *method = parameters[4].data.d_string;
  const double strength = parameters[5].data.d_float, softness = parameters[6].data.d_float;
  if (from && *from && !p3m_faces_from_from_name (from, &settings->from))
    return refuse (error, _ ("The faces must be auto, found or selection."));
  if (method && *method
      && !p3m_obfuscation_method_from_name (method, &settings->obfuscation.method))
    return refuse (error, _ ("The method must be blur, mosaic or fill."));
  if (!(strength >= P3M_OBFUSCATION_LEAST && strength <= P3M_OBFUSCATION_MOST))
    return refuse (error, _ ("The strength must be from 0.02 to 1."));
  if (!(softness >= 0.0 && softness <= P3M_FACES_SOFTEST))
    return refuse (error, _ ("The softness must be from 0 to 0.5."));
  settings->obfuscation.strength = strength;
  settings->softness = softness;
  settings->keep_hair = parameters[7].data.d_int32 != 0;
  settings->strip = parameters[8].data.d_int32 != 0;
  return TRUE;
}

/* The catalogs beside the executable, or those of the system. */
static char *
find_catalogs (void)
{
  char *beside = p3m_folder_find ("locale");
  return beside ? beside : g_strdup (LOCALEDIR);
}

static void
query (void)
{
  static const GimpParamDef arguments[] = {
    { GIMP_PDB_INT32, "run-mode", "RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1)" },
    { GIMP_PDB_IMAGE, "image", "Input image" },
    { GIMP_PDB_DRAWABLE, "drawable", "Input layer" },
    { GIMP_PDB_STRING, "faces",
      "\"found\" looks for them, \"selection\" takes each part of the selection, \"auto\" or \"\" "
      "the "
      "selection if there is one" },
    { GIMP_PDB_STRING, "method", "\"blur\", \"mosaic\" or \"fill\", \"\" = \"blur\"" },
    { GIMP_PDB_FLOAT, "strength",
      "Width of the blur, or of a tile, in sizes of the face, 0.02..1" },
    { GIMP_PDB_FLOAT, "softness", "How far the edge fades out, in sizes of the face, 0..0.5" },
    { GIMP_PDB_INT32, "keep-hair", "Keep hair at the outline sharp, with the default model" },
    { GIMP_PDB_INT32, "strip", "Remove EXIF, XMP and IPTC of the image" },
  };
  static const GimpParamDef values[]
      = { { GIMP_PDB_INT32, "count", "Number of faces; never said to be all that there are" } };
  g_autofree char *catalogs = find_catalogs ();
  gimp_plugin_domain_register (GETTEXT_PACKAGE, catalogs);
  gimp_install_procedure (PROCEDURE, N_ ("Make faces unrecognizable and keep the hair"),
                          "Blurs, tiles or fills the faces of a layer. It looks for faces from the "
                          "front and from the side "
                          "and does not find all of them: what is selected is taken as it is.",
                          "The P3M for GIMP and Krita developers", "GPL-3.0-or-later", "2026",
                          N_ ("_Obfuscate Faces…"), "*", GIMP_PLUGIN, G_N_ELEMENTS (arguments),
                          G_N_ELEMENTS (values), arguments, values);
  gimp_plugin_menu_register (PROCEDURE, "<Image>/Filters/Matting");
}

/* values: [0] the status, [1] the number of faces or the sentence that GIMP shows; returns how many. */
static int
report (GimpParam *values, int faces, GError *error)
{
  values[0].type = GIMP_PDB_STATUS;
  values[0].data.d_status = GIMP_PDB_SUCCESS;
  values[1].type = GIMP_PDB_INT32;
  values[1].data.d_int32 = faces;
  if (!error)
    return 2;
  values[0].data.d_status = GIMP_PDB_EXECUTION_ERROR;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT))
    values[0].data.d_status = GIMP_PDB_CALLING_ERROR;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      values[0].data.d_status = GIMP_PDB_CANCEL;
      return 1;
    }
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
  g_autofree char *catalogs = find_catalogs ();
  P3mFacesSettings settings;
  int faces = 0;
  (void) name;
  bindtextdomain (GETTEXT_PACKAGE, catalogs);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  p3m_buffers_init ();
  p3m_folder_add_models ();
  p3m_faces_settings_init (&settings);
  if (mode != GIMP_RUN_NONINTERACTIVE && gimp_get_data_size (PROCEDURE) == sizeof settings)
    gimp_get_data (PROCEDURE, &settings);
  if ((mode != GIMP_RUN_NONINTERACTIVE || take_arguments (&settings, parameters, count, &error))
      && obfuscate (parameters[1].data.d_image, parameters[2].data.d_drawable, mode, &settings,
                    &faces, &error)
      && mode == GIMP_RUN_INTERACTIVE)
    gimp_set_data (PROCEDURE, &settings, sizeof settings);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush ();
  *value_count = report (returned, faces, error);
  *values = returned;
}

const GimpPlugInInfo PLUG_IN_INFO = { NULL, NULL, query, run };
MAIN ()
