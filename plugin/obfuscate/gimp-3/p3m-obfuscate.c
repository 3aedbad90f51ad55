/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Obfuscate Faces in GIMP 3: the procedure, its arguments, the layers' pixels and the selection. */
#include <libgimp/gimp.h>
#include <libgimp/gimpui.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "folder.h"
#include "obfuscate/dialog.h"
#include "obfuscate/job.h"

#define PROCEDURE "plug-in-p3m-obfuscate-faces"

/* ---- pixels ------------------------------------------------------------------------------- */

/* The selection over the layer, [height][width]; NULL = nothing is selected. */
static float *
read_selection (GimpImage *image, GimpDrawable *layer)
{
  const int width = gimp_drawable_get_width (layer), height = gimp_drawable_get_height (layer);
  int x, y;
  if (gimp_selection_is_empty (image))
    return NULL;
  gimp_drawable_get_offsets (layer, &x, &y);
  float *selection = g_new (float, (gsize) width *height);
  g_autoptr (GeglBuffer) buffer
      = gimp_drawable_get_buffer (GIMP_DRAWABLE (gimp_image_get_selection (image)));
  gegl_buffer_get (buffer, GEGL_RECTANGLE (x, y, width, height), 1.0, babl_format ("Y float"),
                   selection, GEGL_AUTO_ROWSTRIDE, GEGL_ABYSS_NONE);
  return selection;
}

/* GIMP brings back with an undo only what is marked so, which its loaders' comments are not. */
static void
detach_comment (GimpImage *image)
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
strip_metadata (GimpImage *image)
{
  g_autoptr (GObject) nothing = G_OBJECT (gimp_metadata_new ());
  gimp_image_set_metadata (image, GIMP_METADATA (nothing));
  detach_comment (image);
}

static void
write_pixels (GimpDrawable *layer, GeglBuffer *pixels)
{
  GeglBuffer *shadow = gimp_drawable_get_shadow_buffer (layer);
  gegl_buffer_copy (pixels, NULL, GEGL_ABYSS_NONE, shadow, NULL);
  g_object_unref (shadow);
  gimp_drawable_merge_shadow (layer, TRUE);
  gimp_drawable_update (layer, 0, 0, gimp_drawable_get_width (layer),
                        gimp_drawable_get_height (layer));
}

/* pixels: GeglBuffer, one for each of the layers. The only place where the image changes: one undo step. The
 * selection would clip what is written, though the soft edge reaches beyond it. */
static void
replace_pixels (GimpImage *image, GimpDrawable **layers, GPtrArray *pixels, gboolean strip)
{
  GimpChannel *selection = NULL;
  gimp_image_undo_group_start (image);
  if (strip)
    strip_metadata (image);
  if (!gimp_selection_is_empty (image))
    {
      selection = GIMP_CHANNEL (gimp_selection_save (image));
      gimp_selection_none (image);
    }
  for (guint i = 0; i < pixels->len; i++)
    write_pixels (layers[i], g_ptr_array_index (pixels, i));
  if (selection)
    {
      gimp_image_select_item (image, GIMP_CHANNEL_OP_REPLACE, GIMP_ITEM (selection));
      gimp_image_remove_channel (image, selection);
      gimp_image_set_selected_layers (image, (const GimpLayer **) layers);
    }
  gimp_image_undo_group_end (image);
}

/* ---- the work ----------------------------------------------------------------------------- */

static void
show_progress (double fraction, const char *stage, gpointer user_data)
{
  (void) user_data;
  gimp_progress_set_text (stage);
  gimp_progress_update (fraction);
}

static void
set_parent (GtkWindow *dialog)
{
  gimp_window_set_transient (dialog);
}

static gboolean
check_layers (GimpDrawable **layers, GError **error)
{
  gboolean is_good = layers[0] != NULL;
  for (int i = 0; is_good && layers[i]; i++)
    is_good = GIMP_IS_LAYER (layers[i]) && !gimp_item_is_group (GIMP_ITEM (layers[i]));
  if (!is_good)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                         _ ("Faces are obfuscated in a layer: choose a layer with pixels."));
  return is_good;
}

static gboolean
choose (P3mFacesJob *job, P3mFacesSettings *settings, GError **error)
{
  gimp_ui_init ("p3m-obfuscate");
  if (p3m_faces_dialog_run (job, settings, set_parent))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "");
  return FALSE;
}

/* The new pixels of a layer; adds to `faces`. */
static GeglBuffer *
obfuscate_layer (GimpImage *image, GimpDrawable *layer, gboolean with_dialog,
                 P3mFacesSettings *settings, int *faces, GError **error)
{
  g_autoptr (GeglBuffer) buffer = gimp_drawable_get_buffer (layer);
  g_autoptr (P3mFacesJob) job
      = p3m_faces_job_new (buffer, read_selection (image, layer), show_progress, NULL);
  if (with_dialog && !choose (job, settings, error))
    return NULL;
  g_autoptr (GeglBuffer) pixels = gegl_buffer_dup (buffer);
  const int count = p3m_faces_job_run (job, settings, pixels, error);
  if (count < 0)
    return NULL;
  *faces += count;
  return g_steal_pointer (&pixels);
}

/* The dialog shows the first layer; what it chose goes for the others too. */
static gboolean
obfuscate (GimpImage *image, GimpDrawable **layers, GimpRunMode mode, P3mFacesSettings *settings,
           int *faces, GError **error)
{
  g_autoptr (GPtrArray) pixels = g_ptr_array_new_with_free_func (g_object_unref);
  if (!check_layers (layers, error))
    return FALSE;
  gimp_progress_init (_ ("Obfuscate Faces"));
  for (int i = 0; layers[i]; i++)
    {
      GeglBuffer *changed = obfuscate_layer (
          image, layers[i], mode == GIMP_RUN_INTERACTIVE && i == 0, settings, faces, error);
      if (!changed)
        return FALSE;
      g_ptr_array_add (pixels, changed);
    }
  if (*faces > 0)
    replace_pixels (image, layers, pixels, settings->strip);
  gimp_progress_end ();
  return TRUE;
}

/* ---- the procedure ------------------------------------------------------------------------ */

#define P3M_TYPE_FACES (p3m_faces_get_type ())
G_DECLARE_FINAL_TYPE (P3mFaces, p3m_faces, P3M, FACES, GimpPlugIn)

struct _P3mFaces
{
  GimpPlugIn parent_instance;
};

G_DEFINE_TYPE (P3mFaces, p3m_faces, GIMP_TYPE_PLUG_IN)

static void
settings_load (P3mFacesSettings *settings, GimpProcedureConfig *config)
{
  g_autofree char *from = NULL;
  g_autofree char *method = NULL;
  p3m_faces_settings_init (settings);
  g_object_get (config, "faces", &from, "method", &method, "strength",
                &settings->obfuscation.strength, "softness", &settings->softness, "keep-hair",
                &settings->keep_hair, "strip", &settings->strip, NULL);
  p3m_faces_from_from_name (from, &settings->from);
  p3m_obfuscation_method_from_name (method, &settings->obfuscation.method);
}

static void
settings_save (const P3mFacesSettings *settings, GimpProcedureConfig *config)
{
  g_object_set (config, "faces", p3m_faces_from_get_name (settings->from), "method",
                p3m_obfuscation_method_get_name (settings->obfuscation.method), "strength",
                settings->obfuscation.strength, "softness", settings->softness, "keep-hair",
                settings->keep_hair, "strip", settings->strip, NULL);
}

static GimpValueArray *
run (GimpProcedure *procedure, GimpRunMode mode, GimpImage *image, GimpDrawable **drawables,
     GimpProcedureConfig *config, gpointer run_data)
{
  P3mFacesSettings settings;
  GError *error = NULL;
  int faces = 0;
  (void) run_data;
  p3m_buffers_init ();
  p3m_folder_add_models ();
  settings_load (&settings, config);
  const gboolean is_done = obfuscate (image, drawables, mode, &settings, &faces, &error);
  if (is_done)
    settings_save (&settings, config);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush ();
  const gboolean is_cancelled = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  if (is_cancelled)
    g_clear_error (&error);
  GimpValueArray *values = gimp_procedure_new_return_values (
      procedure,
      is_done ? GIMP_PDB_SUCCESS : (is_cancelled ? GIMP_PDB_CANCEL : GIMP_PDB_EXECUTION_ERROR),
      error);
  if (is_done)
    g_value_set_int (gimp_value_array_index (values, 1), faces);
  return values;
}

static void
add_arguments (GimpProcedure *procedure)
{
  gimp_procedure_add_choice_argument (
      procedure, "faces", _ ("_Faces"), _ ("Where the faces are"),
      gimp_choice_new_with_values ("auto", P3M_FACES_AUTO, _ ("Automatic"), NULL, "found",
                                   P3M_FACES_FOUND, _ ("Found in the picture"), NULL, "selection",
                                   P3M_FACES_SELECTION, _ ("The selection"), NULL, NULL),
      "auto", G_PARAM_READWRITE);
  gimp_procedure_add_choice_argument (
      procedure, "method", _ ("_Method"), _ ("What becomes of a face"),
      gimp_choice_new_with_values ("blur", P3M_OBFUSCATION_BLUR, _ ("Blur"), NULL, "mosaic",
                                   P3M_OBFUSCATION_MOSAIC, _ ("Mosaic"), NULL, "fill",
                                   P3M_OBFUSCATION_FILL, _ ("Fill with one colour"), NULL, NULL),
      "blur", G_PARAM_READWRITE);
  gimp_procedure_add_double_argument (procedure, "strength", _ ("_Strength"),
                                      _ ("Width of the blur, or of a tile, in sizes of the face"),
                                      P3M_OBFUSCATION_LEAST, P3M_OBFUSCATION_MOST,
                                      P3M_OBFUSCATION_USUAL, G_PARAM_READWRITE);
  gimp_procedure_add_double_argument (procedure, "softness", _ ("Soft _edge"),
                                      _ ("How far the edge fades out, in sizes of the face"), 0.0,
                                      P3M_FACES_SOFTEST, P3M_OBFUSCATION_SOFTNESS,
                                      G_PARAM_READWRITE);
  gimp_procedure_add_boolean_argument (procedure, "keep-hair", _ ("Keep _hair sharp"),
                                       _ ("Keep hair at the outline sharp, with the default model"),
                                       TRUE, G_PARAM_READWRITE);
  gimp_procedure_add_boolean_argument (
      procedure, "strip", _ ("Remove camera _data"),
      _ ("EXIF, XMP and IPTC of the image, whose thumbnails would show the face"), TRUE,
      G_PARAM_READWRITE);
  gimp_procedure_add_int_return_value (procedure, "count", "Count",
                                       "Number of faces; never said to be all that there are", 0,
                                       G_MAXINT, 0, G_PARAM_READWRITE);
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
  gimp_procedure_set_menu_label (procedure, _ ("_Obfuscate Faces…"));
  gimp_procedure_add_menu_path (procedure, menu);
  gimp_procedure_set_documentation (
      procedure, _ ("Make faces unrecognizable and keep the hair"),
      _ ("Blurs, tiles or fills the faces of a layer. It looks for faces from the front and from "
         "the side and does not find all of them: what is selected is taken as it is."),
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
p3m_faces_class_init (P3mFacesClass *klass)
{
  GimpPlugInClass *plug_in_class = GIMP_PLUG_IN_CLASS (klass);
  plug_in_class->query_procedures = query_procedures;
  plug_in_class->create_procedure = create_procedure;
  plug_in_class->set_i18n = set_i18n;
}

static void
p3m_faces_init (P3mFaces *plug_in)
{
  (void) plug_in;
}

GIMP_MAIN (P3M_TYPE_FACES)
