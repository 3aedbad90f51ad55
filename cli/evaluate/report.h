/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The results of an evaluation as text. */
#pragma once

#include "evaluate/results.h"

G_BEGIN_DECLS

/* Each returns a whole file, to be freed. */

/* Aligned tables of the means, for a terminal. */
char *report_text (const Results *results);

/* A table of the means. */
char *report_markdown (const Results *results);

/* The means, with the number of pictures over which they were taken, and the problems. */
char *report_json (const Results *results);

/* A line for each picture and method: name, then the metrics, of which the undefined ones are empty,
 * then set, model and strategy if there are several. */
char *report_csv (const Results *results);

/* A page that needs no other file: the means, the problems, the worst cases with pictures. */
char *report_html (const Results *results);

/* ---- what the formats share ---- */

/* The mean as a table shows it, "–" if it is undefined. */
char *report_format_mean (const SetResults *set, guint method, int metric);

/* Sentences that a table of the means needs: char *. */
GPtrArray *report_get_notes (const Results *results, const SetResults *set);

/* "3 of 4", or "4" when none is missing. */
char *report_format_count (const SetResults *set, guint method);

G_END_DECLS
