/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* One line on the terminal that tells how far a run is. */
#include "progress.h"

#include <stdio.h>
#include <unistd.h>

static const char erase_line[] = "\r\033[K";

void
progress_line_init (ProgressLine *line, gboolean quiet)
{
  *line = (ProgressLine){ !quiet && isatty (STDERR_FILENO), 0, 1, -1, NULL };
}

void
progress_line_update (double fraction, const char *stage, gpointer user_data)
{
  ProgressLine *line = user_data;
  const int percent = (int) (100 * (line->from + fraction * (line->to - line->from)));
  if (!line->shown || (percent == line->percent && stage == line->stage))
    return;
  line->percent = percent;
  line->stage = stage;
  g_printerr ("%s%3d %%  %s", erase_line, percent, stage);
}

void
progress_line_clear (ProgressLine *line)
{
  if (line->shown && line->percent >= 0)
    g_printerr ("%s", erase_line);
  line->percent = -1;
}
