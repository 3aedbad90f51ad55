/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* p3m: the subcommands, what they share at start, and the signals that end them. */
#include "command.h"

#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

#include "p3m.h"

typedef struct
{
  const char *name;
  const char *summary;
  ExitStatus (*run) (int argc, char **argv, GCancellable *cancellable);
  gboolean hears_signals; /* it decides itself what a signal means */
} Command;

static const Command commands[] = {
  { "batch", N_ ("Cut the person out of many pictures"), batch_run, TRUE },
  { "evaluate", N_ ("Measure alphas against the truth, over a test set"), evaluate_run },
  { "foreground", N_ ("Separate pictures into foregrounds and backgrounds, for training"),
    foreground_run },
  { "import", N_ ("Make a model of a published checkpoint"), import_run },
  { "matte", N_ ("Cut the person out of a picture"), matte_run },
  { "models", N_ ("List the models that are found, and where"), models_run },
  { "obfuscate", N_ ("Make the faces in pictures unrecognizable"), obfuscate_run },
};

char *
make_printable (const char *text)
{
  GString *printable = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  for (const char *letter = valid; *letter; letter = g_utf8_next_char (letter))
    {
      const gunichar code = g_utf8_get_char (letter);
      g_string_append_unichar (printable, g_unichar_iscntrl (code) ? '?' : code);
    }
  return g_string_free (printable, FALSE);
}

void
say_error (const char *message)
{
  g_autofree char *line = make_printable (message);
  g_printerr ("p3m: %s\n", line);
}

ExitStatus
say_usage_error (const char *command, const char *message)
{
  g_autofree char *call
      = command ? g_strdup_printf ("p3m %s --help", command) : g_strdup ("p3m --help");
  say_error (message);
  g_printerr (_ ("Try “%s”."), call);
  g_printerr ("\n");
  return EXIT_USAGE;
}

static void
print_help (void)
{
  g_print ("%s\n  p3m COMMAND [OPTION…] …\n\n%s\n", _ ("Usage:"), _ ("Commands:"));
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    g_print ("  %-12s%s\n", commands[i].name, _ (commands[i].summary));
  g_print ("\n%s\n",
           _ ("“p3m COMMAND --help” explains a command; “p3m --version” prints the version."));
  g_print ("\n%s\n", _ ("Exit status:"));
  g_print ("  %-5d%s\n", EXIT_DONE, _ ("everything is done"));
  g_print ("  %-5d%s\n", EXIT_PICTURE, _ ("a picture could not be read, cut out or written"));
  g_print ("  %-5d%s\n", EXIT_USAGE, _ ("the command line makes no sense; nothing was done"));
  g_print ("  %-5d%s\n", EXIT_MODEL, _ ("there is no model that can be used"));
  g_print ("  %-5d%s\n", EXIT_INTERRUPTED, _ ("interrupted"));
}

static gboolean
on_signal (gpointer cancellable)
{
  /* the second time the person means it */
  if (g_cancellable_is_cancelled (cancellable))
    _Exit (EXIT_INTERRUPTED);
  g_cancellable_cancel (cancellable);
  return G_SOURCE_CONTINUE;
}

static gpointer
iterate (gpointer context)
{
  for (;;)
    g_main_context_iteration (context, TRUE);
  return NULL;
}

/* A thread of its own turns signals into a cancelled GCancellable while the main thread computes. It does nothing else,
 * so that the environment may still be changed. */
static void
watch_signals (GCancellable *cancellable)
{
  static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  GMainContext *context = g_main_context_new ();
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    {
      GSource *source = g_unix_signal_source_new (signals[i]);
      g_source_set_callback (source, on_signal, cancellable, NULL);
      g_source_attach (source, context);
      g_source_unref (source);
    }
  g_thread_unref (g_thread_new ("signals", iterate, context));
}

static void
start_translation (void)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, P3M_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

/* The models of the prefix in which this executable lies (PREFIX/bin/p3m), wherever that was moved to;
 * a build folder is laid out in the same way. */
static void
add_models_beside_executable (void)
{
  g_autofree char *executable = g_file_read_link ("/proc/self/exe", NULL);
  if (!executable)
    return;
  g_autofree char *bin = g_path_get_dirname (executable);
  g_autofree char *prefix = g_path_get_dirname (bin);
  g_autofree char *folder = g_build_filename (prefix, "share", "p3m", "models", NULL);
  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    p3m_models_add_folder (folder);
}

static ExitStatus
run_command (int argc, char **argv)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (g_str_equal (argv[0], commands[i].name))
      {
        GCancellable *cancellable = g_cancellable_new ();
        g_autofree char *name = g_strdup_printf ("p3m %s", argv[0]);
        g_set_prgname (name);
        add_models_beside_executable ();
        if (!commands[i].hears_signals)
          watch_signals (cancellable);
        return commands[i].run (argc, argv, cancellable);
      }
  g_autofree char *message = g_strdup_printf (_ ("There is no command “%s”."), argv[0]);
  return say_usage_error (NULL, message);
}

int
main (int argc, char **argv)
{
  start_translation ();
  if (argc < 2)
    return say_usage_error (NULL, _ ("A command is missing."));
  if (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h")
      || g_str_equal (argv[1], "help"))
    {
      print_help ();
      return EXIT_DONE;
    }
  if (g_str_equal (argv[1], "--version"))
    {
      g_print ("p3m %s\n", P3M_VERSION);
      return EXIT_DONE;
    }
  return run_command (argc - 1, argv + 1);
}
