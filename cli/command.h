/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What the subcommands of p3m share: how they are called and with which status they end. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The exit statuses of p3m, documented in `p3m --help` and README.md. */
typedef enum
{
  EXIT_DONE = 0,          /* everything that was asked for is done */
  EXIT_PICTURE = 1,       /* a picture could not be read, cut out or written */
  EXIT_USAGE = 2,         /* the command line makes no sense; nothing was done */
  EXIT_MODEL = 3,         /* there is no model that can be used */
  EXIT_INTERRUPTED = 130, /* stopped by SIGINT or SIGTERM; no output is half written */
} ExitStatus;

/* Parses argv[1..] (argv[0] is the subcommand's name) and does the work; says on stderr why it failed. */
ExitStatus batch_run (int argc, char **argv, GCancellable *cancellable);
ExitStatus evaluate_run (int argc, char **argv, GCancellable *cancellable);
ExitStatus foreground_run (int argc, char **argv, GCancellable *cancellable);
ExitStatus import_run (int argc, char **argv, GCancellable *cancellable);
ExitStatus matte_run (int argc, char **argv, GCancellable *cancellable);
ExitStatus models_run (int argc, char **argv, GCancellable *cancellable);
ExitStatus obfuscate_run (int argc, char **argv, GCancellable *cancellable);

/* A text with names of files in it, for one line of a terminal: control characters become question marks. */
char *make_printable (const char *text);

/* Prints "p3m: MESSAGE" on stderr, in one line. */
void say_error (const char *message);

/* The same for a command line that makes no sense, with a hint at --help. */
ExitStatus say_usage_error (const char *command, const char *message);

G_END_DECLS
