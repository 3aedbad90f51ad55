/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The plug-in of GIMP 2.10: the procedure and its arguments. */
#include <string.h>
#include <gtk/gtk.h>
#include <libgimp/gimp.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "dialog.h"
#include "folder.h"
#include "job.h"
#include "layer.h"

#define PROCEDURE "plug-in-p3m-matting"

/* Under this name GIMP keeps the layer for which the last values were chosen. */
#define LAST_LAYER PROCEDURE "-layer"

/* Arguments before those of p3m_setting_list: run mode, image, layer. */
#define FIXED_ARGUMENTS 3

/* ---- settings ----------------------------------------------------------------------------- */

/* GIMP 2.10 keeps bytes under a name until it ends. People who were clicked in another layer are forgotten:
 * here they stand elsewhere. */
static void
settings_load (P3mSettings *settings, gint32 layer)
{
  gint32 last = -1;
  const int length = gimp_get_data_size (PROCEDURE);
  if (length <= 0)
    return;
  g_autofree char *text = g_malloc0 (length + 1);
  if (gimp_get_data (PROCEDURE, text))
    p3m_settings_from_text (settings, text, NULL);
  if (gimp_get_data_size (LAST_LAYER) == sizeof (last))
    gimp_get_data (LAST_LAYER, &last);
  if (last != layer)
    p3m_setting_set_text (p3m_setting_find ("people"), settings, "");
}

static void
settings_save (const P3mSettings *settings, gint32 layer)
{
  g_autofree char *text = p3m_settings_to_text (settings);
  gimp_set_data (PROCEDURE, text, strlen (text));
  gimp_set_data (LAST_LAYER, &layer, sizeof (layer));
}

static gboolean
take_argument (const P3mSetting *setting, P3mSettings *settings, const GimpParamData *data,
               GError **error)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  if (setting->type == P3M_SETTING_NUMBER)
    return p3m_setting_parse (setting, settings,
                              g_ascii_dtostr (number, sizeof (number), data->d_float), error);
  /* an empty choice is the default, as it always was */
  if (setting->type == P3M_SETTING_CHOICE && (!data->d_string || !*data->d_string))
    return TRUE;
  return p3m_setting_parse (setting, settings, data->d_string ? data->d_string : "", error);
}

static int
count_settings (void)
{
  int count = 0;
  while (p3m_setting_list[count].name)
    count++;
  return count;
}

static gboolean
settings_take_arguments (P3mSettings *settings, const GimpParam *parameters, int count,
                         GError **error)
{
  const int expected = FIXED_ARGUMENTS + count_settings ();
  if (count != expected)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _ ("%s takes %d arguments, not %d."), PROCEDURE, expected, count);
      return FALSE;
    }
  for (int i = 0; p3m_setting_list[i].name; i++)
    if (!take_argument (&p3m_setting_list[i], settings, &parameters[FIXED_ARGUMENTS + i].data,
                        error))
      return FALSE;
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
make_output (P3mLayer *layer, GimpRunMode mode, P3mSettings *settings, GError **error)
{
  if (mode == GIMP_RUN_INTERACTIVE)
    return start_gtk (error) && p3m_dialog_run (&layer->host, settings, error);
  gimp_progress_init (_ ("P3M Matting"));
  const gboolean made = p3m_job_run (&layer->host, settings, error);
  gimp_progress_end ();
  return made;
}

/* GIMP's Cancel, which ends the plug-in at once, goes with the progress: it cannot come between the calls that attach. */
static gboolean
cut_out (gint32 image, gint32 drawable, GimpRunMode mode, P3mSettings *settings, GError **error)
{
  P3mLayer layer;
  if (!p3m_layer_check (drawable, error))
    return FALSE;
  p3m_layer_open (&layer, image, drawable);
  const gboolean made
      = make_output (&layer, mode, settings, error) && p3m_layer_attach (&layer, error);
  p3m_layer_close (&layer);
  if (made && mode == GIMP_RUN_INTERACTIVE)
    settings_save (settings, drawable);
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

/* What the procedure browser says of an argument (transfer full). */
static char *
describe (const P3mSetting *setting)
{
  if (setting->type == P3M_SETTING_NUMBER)
    return g_strdup_printf ("%s (%g to %g, default %g)", setting->description, setting->least,
                            setting->most, setting->initial);
  g_autoptr (GString) text = g_string_new (setting->description);
  for (int i = 0; setting->type == P3M_SETTING_CHOICE && setting->choices[i].name; i++)
    g_string_append_printf (text, "%s\"%s\"%s", i == 0 ? ": " : ", ", setting->choices[i].name,
                            i == (int) setting->initial ? " (default)" : "");
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
add_argument (GArray *arguments, GimpPDBArgType type, const char *name, char *description)
{
  const GimpParamDef argument = { type, (char *) name, description };
  g_array_append_val (arguments, argument);
}

static void
clear_argument (gpointer argument)
{
  g_free (((GimpParamDef *) argument)->description);
}

static GArray *
list_arguments (void)
{
  GArray *arguments = g_array_new (FALSE, FALSE, sizeof (GimpParamDef));
  g_array_set_clear_func (arguments, clear_argument);
  add_argument (arguments, GIMP_PDB_INT32, "run-mode",
                g_strdup ("The run mode: RUN-INTERACTIVE (0), RUN-NONINTERACTIVE (1), "
                          "RUN-WITH-LAST-VALS (2)"));
  add_argument (arguments, GIMP_PDB_IMAGE, "image", g_strdup ("Input image"));
  add_argument (arguments, GIMP_PDB_DRAWABLE, "drawable", g_strdup ("Input layer"));
  for (const P3mSetting *setting = p3m_setting_list; setting->name; setting++)
    add_argument (arguments, setting->type == P3M_SETTING_NUMBER ? GIMP_PDB_FLOAT : GIMP_PDB_STRING,
                  setting->name, describe (setting));
  return arguments;
}

static void
query (void)
{
  g_autofree char *catalogs = find_catalogs ();
  g_autoptr (GArray) arguments = list_arguments ();
  gimp_plugin_domain_register (GETTEXT_PACKAGE, catalogs);
  gimp_install_procedure (PROCEDURE, N_ ("Cut out the person in a portrait, down to the hair"),
                          "Finds the person in a layer with P3M-Net and makes of the alpha matte "
                          "what \"output\" says: a "
                          "mask for the layer, a new layer, the selection or a channel. Where a "
                          "selection is active, its "
                          "middle is the person that \"keep\" means by \"people\".",
                          "The P3M for GIMP and Krita developers", "GPL-3.0-or-later", "2026",
                          N_ ("P_3M…"), "*", GIMP_PLUGIN, (int) arguments->len, 0,
                          (const GimpParamDef *) arguments->data, NULL);
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
  p3m_buffers_init ();
  p3m_folder_add_models ();
  if (mode != GIMP_RUN_NONINTERACTIVE)
    settings_load (&settings, parameters[2].data.d_drawable);
  if (mode != GIMP_RUN_NONINTERACTIVE
      || settings_take_arguments (&settings, parameters, count, &error))
    cut_out (parameters[1].data.d_image, parameters[2].data.d_drawable, mode, &settings, &error);
  if (mode != GIMP_RUN_NONINTERACTIVE)
    gimp_displays_flush ();
  p3m_buffers_exit ();
  *value_count = report (returned, error);
  *values = returned;
}

const GimpPlugInInfo PLUG_IN_INFO = { init, NULL, query, run };
MAIN ()
