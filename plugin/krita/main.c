/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m-dialog: the dialog and the work for Krita, in a process of its own. */
#include <locale.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <gegl.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixoutputstream.h>
#include <gtk/gtk.h>
#include <glib/gi18n-lib.h>

#include "buffer.h"
#include "dialog.h"
#include "folder.h"
#include "job.h"
#include "layer.h"
#include "message.h"

/* The catalogs beside the executable, or those of the system. */
static void
start_translation (void)
{
  g_autofree char *beside = p3m_folder_find ("locale");
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, beside ? beside : LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

static gboolean
start_gtk (const P3mRequest *request, GError **error)
{
  if (request->parent) /* Krita is an X11 program, also under Wayland */
    gdk_set_allowed_backends ("x11");
  if (!gtk_init_check (NULL, NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                           _ ("The dialog needs a display: run P3M without interaction instead."));
      return FALSE;
    }
  g_object_set (gtk_settings_get_default (), "gtk-application-prefer-dark-theme", request->dark,
                NULL);
  return TRUE;
}

static gboolean
cut_out (P3mHost *host, P3mRequest *request, GError **error)
{
  if (request->other_layer) /* people who were clicked stand elsewhere now */
    p3m_setting_set_text (p3m_setting_find ("people"), &request->settings, "");
  if (request->dialog)
    return start_gtk (request, error) && p3m_dialog_run (host, &request->settings, error);
  return p3m_job_run (host, &request->settings, error);
}

/* Does what is asked. Returns the text of the result (transfer full), NULL with the error set. */
static char *
answer (GInputStream *requests, GOutputStream *messages, GError **error)
{
  g_auto (P3mRequest) request = { .memory = -1 };
  g_autofree char *text = p3m_message_read (requests, P3M_MESSAGE_REQUEST, error);
  if (!text || !p3m_request_parse (&request, text, error))
    return NULL;
  g_autoptr (P3mLayer) layer = p3m_layer_new (&request, messages, error);
  if (!layer || !cut_out (p3m_layer_get_host (layer), &request, error))
    return NULL;
  p3m_layer_finish (layer);
  g_autofree char *output = p3m_setting_format (p3m_setting_find ("output"), &request.settings);
  g_autofree char *settings = p3m_settings_to_text (&request.settings);
  return g_strconcat (output, "\n", settings, NULL);
}

static char *
describe (const GError *error)
{
  const gboolean cancelled = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  return g_strconcat (cancelled ? "cancelled" : "failed", "\n", error->message, NULL);
}

/* What libraries print must not come between the messages. */
static GOutputStream *
take_output (void)
{
  const int messages = dup (STDOUT_FILENO);
  dup2 (STDERR_FILENO, STDOUT_FILENO);
  return g_unix_output_stream_new (messages, TRUE);
}

int
main (void)
{
  prctl (PR_SET_PDEATHSIG, SIGTERM); /* without Krita nobody waits for an answer */
  signal (SIGPIPE, SIG_IGN);
  start_translation ();
  g_autoptr (GOutputStream) messages = take_output ();
  g_autoptr (GInputStream) requests = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  g_autoptr (GError) error = NULL;
  p3m_buffers_init ();
  p3m_folder_add_models ();
  g_autofree char *result = answer (requests, messages, &error);
  g_autofree char *failure = result ? NULL : describe (error);
  const gboolean told = p3m_message_write (
      messages, result ? P3M_MESSAGE_RESULT : P3M_MESSAGE_FAILURE, result ? result : failure, NULL);
  p3m_buffers_exit ();
  return result && told ? 0 : 1;
}
