/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The means as text and as a Markdown table, and what the formats share. */
#include "evaluate/report.h"

#include <glib/gi18n-lib.h>
#include <string.h>

enum
{
  COLUMN = 11 /* characters */
};

/* ---- what the formats share ---- */

char *
report_format_mean (const SetResults *set, guint method, int metric)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE], format[8];
  const Mean mean = set_results_get_mean (set, method, metric);
  if (mean.count == 0)
    return g_strdup ("–");
  g_snprintf (format, sizeof format, "%%.%df", metric_get_digits (metric));
  return g_strdup (g_ascii_formatd (text, sizeof text, format, mean.value));
}

char *
report_format_count (const SetResults *set, guint method)
{
  const guint measured = set_results_count_measured (set, method), all = set->set->samples->len;
  return measured == all ? g_strdup_printf ("%u", all)
                         : g_strdup_printf (_ ("%u of %u"), measured, all);
}

/* The names of the metrics that are defined for as many pictures as `metric`, NULL if it is not the first
 * of them. */
static char *
join_metrics (const guint counts[N_METRICS], int metric)
{
  GString *names = g_string_new (metric_get_name (metric));
  for (int i = 0; i < N_METRICS; i++)
    if (i < metric && counts[i] == counts[metric])
      {
        g_string_free (names, TRUE);
        return NULL;
      }
    else if (i > metric && counts[i] == counts[metric])
      g_string_append_printf (names, ", %s", metric_get_name (i));
  return g_string_free (names, FALSE);
}

/* Metrics that some of the measured pictures lack. */
static void
note_undefined (GPtrArray *notes, const Results *results, const SetResults *set, guint method)
{
  const guint measured = set_results_count_measured (set, method);
  g_autofree char *label = method_get_label (g_ptr_array_index (results->methods, method));
  guint counts[N_METRICS];
  for (int metric = 0; metric < N_METRICS; metric++)
    counts[metric] = set_results_get_mean (set, method, metric).count;
  for (int metric = 0; metric < N_METRICS; metric++)
    {
      g_autofree char *names
          = counts[metric] < measured && counts[metric] > 0 ? join_metrics (counts, metric) : NULL;
      if (names)
        g_ptr_array_add (notes,
                         g_strdup_printf (_ ("%s: undefined for %u of %u pictures and the mean "
                                             "of the others: %s."),
                                          label, measured - counts[metric], measured, names));
    }
}

GPtrArray *
report_get_notes (const Results *results, const SetResults *set)
{
  GPtrArray *notes = g_ptr_array_new_with_free_func (g_free);
  if (set->radius > 0)
    g_ptr_array_add (notes, g_strdup_printf (_ ("There are no trimaps: transition is what lies up "
                                                "to %d px from the truth's edge."),
                                             set->radius));
  else if (!set->set->has_trimaps)
    g_ptr_array_add (notes, g_strdup (_ ("There are no trimaps: the errors in the transition band, "
                                         "the foreground and the background are undefined.")));
  for (guint i = 0; i < results->methods->len; i++)
    note_undefined (notes, results, set, i);
  return notes;
}

/* ---- text ---- */

static void
append_padded (GString *text, const char *cell, int width)
{
  const int length = (int) g_utf8_strlen (cell, -1);
  for (int i = length; i < width; i++)
    g_string_append_c (text, ' ');
  g_string_append (text, cell);
}

static int
get_label_width (const Results *results)
{
  int width = 0;
  for (guint i = 0; i < results->methods->len; i++)
    {
      g_autofree char *label = method_get_label (g_ptr_array_index (results->methods, i));
      width = MAX (width, (int) g_utf8_strlen (label, -1));
    }
  return width;
}

static void
append_row (GString *text, const Results *results, const SetResults *set, guint method, int width)
{
  g_autofree char *label = method_get_label (g_ptr_array_index (results->methods, method));
  g_autofree char *count = report_format_count (set, method);
  g_string_append (text, label);
  append_padded (text, "", width - (int) g_utf8_strlen (label, -1));
  append_padded (text, count, COLUMN);
  for (int metric = 0; metric < N_METRICS; metric++)
    {
      g_autofree char *cell = report_format_mean (set, method, metric);
      append_padded (text, cell, COLUMN);
    }
  g_string_append_c (text, '\n');
}

static void
append_table (GString *text, const Results *results, const SetResults *set)
{
  const int width = get_label_width (results);
  g_autoptr (GPtrArray) notes = report_get_notes (results, set);
  g_string_append_printf (text, "%s\n", set->set->name);
  append_padded (text, "", width);
  append_padded (text, _ ("pictures"), COLUMN);
  for (int metric = 0; metric < N_METRICS; metric++)
    append_padded (text, metric_get_name (metric), COLUMN);
  g_string_append_c (text, '\n');
  for (guint i = 0; i < results->methods->len; i++)
    append_row (text, results, set, i, width);
  for (guint i = 0; i < notes->len; i++)
    g_string_append_printf (text, "%s\n", (const char *) g_ptr_array_index (notes, i));
}

char *
report_text (const Results *results)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < results->sets->len; i++)
    {
      if (i > 0)
        g_string_append_c (text, '\n');
      append_table (text, results, g_ptr_array_index (results->sets, i));
    }
  return g_string_free (text, FALSE);
}

/* ---- Markdown ---- */

/* A cell cannot hold a bar or a line break. */
static void
append_cell (GString *text, const char *cell)
{
  g_string_append_c (text, ' ');
  for (const char *c = cell; *c; c++)
    {
      if (strchr ("|\\`*<[", *c))
        g_string_append_c (text, '\\');
      g_string_append_c (text, *c == '\n' ? ' ' : *c);
    }
  g_string_append (text, " |");
}

static void
append_head (GString *text)
{
  g_string_append (text, "|");
  append_cell (text, _ ("set"));
  append_cell (text, _ ("method"));
  append_cell (text, _ ("pictures"));
  for (int metric = 0; metric < N_METRICS; metric++)
    append_cell (text, metric_get_name (metric));
  g_string_append (text, "\n| --- | --- |");
  for (int i = 0; i < 1 + N_METRICS; i++)
    g_string_append (text, " ---: |");
  g_string_append_c (text, '\n');
}

static void
append_line (GString *text, const Results *results, const SetResults *set, guint method)
{
  g_autofree char *label = method_get_label (g_ptr_array_index (results->methods, method));
  g_autofree char *count = report_format_count (set, method);
  g_string_append (text, "|");
  append_cell (text, set->set->name);
  append_cell (text, label);
  append_cell (text, count);
  for (int metric = 0; metric < N_METRICS; metric++)
    {
      g_autofree char *cell = report_format_mean (set, method, metric);
      append_cell (text, cell);
    }
  g_string_append_c (text, '\n');
}

char *
report_markdown (const Results *results)
{
  GString *text = g_string_new (NULL);
  append_head (text);
  for (guint i = 0; i < results->sets->len; i++)
    for (guint k = 0; k < results->methods->len; k++)
      append_line (text, results, g_ptr_array_index (results->sets, i), k);
  for (guint i = 0; i < results->sets->len; i++)
    {
      const SetResults *set = g_ptr_array_index (results->sets, i);
      g_autoptr (GPtrArray) notes = report_get_notes (results, set);
      for (guint k = 0; k < notes->len; k++)
        g_string_append_printf (text, "\n%s: %s\n", set->set->name,
                                (const char *) g_ptr_array_index (notes, k));
    }
  return g_string_free (text, FALSE);
}
