/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One line on the terminal that tells how far a run is. */
#pragma once

#include <glib.h>

typedef struct
{
  gboolean shown;  /* whether there is a terminal to draw on */
  double from, to; /* the share of the whole work that the stage under way stands for, 0..1 */
  int percent;     /* what the line says, -1 = there is no line */
  const char *stage;
} ProgressLine;

/* Draws on stderr if that is a terminal and `quiet` is not set. */
void progress_line_init (ProgressLine *line, gboolean quiet);

/* A P3mProgress; `line` is a ProgressLine. */
void progress_line_update (double fraction, const char *stage, gpointer line);

/* Takes the line away. */
void progress_line_clear (ProgressLine *line);
