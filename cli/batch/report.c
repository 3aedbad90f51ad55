/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a batch tells while it runs: a bar on a terminal or lines elsewhere, objects for programs, the sum. */
#include "batch/report.h"

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <unistd.h>

#include "command.h"

enum
{
  BAR_WIDTH = 24 /* letters */
};

static const char erase_line[] = "\r\033[K";

static const char *const state_names[N_JOB_STATES] = {
  [JOB_WAITING] = "waiting", [JOB_DONE] = "done",     [JOB_SKIPPED] = "skipped",
  [JOB_REFUSED] = "refused", [JOB_FAILED] = "failed",
};

void
batch_report_init (BatchReport *report, const BatchOptions *options, guint total)
{
  *report = (BatchReport){ .options = options,
                           .total = total,
                           .start = g_get_monotonic_time (),
                           .has_bar
                           = isatty (STDERR_FILENO) && !options->is_quiet && !options->is_verbose };
}

static guint
count_settled (const BatchReport *report)
{
  guint settled = 0;
  for (int state = 0; state < N_JOB_STATES; state++)
    settled += report->counts[state];
  return settled;
}

static double
get_seconds (const BatchReport *report)
{
  return MAX (1, g_get_monotonic_time () - report->start) / 1e6;
}

/* ---- the bar ---- */

static char *
format_time (double seconds)
{
  const guint whole = (guint) (seconds + 0.5);
  return whole >= 3600 ? g_strdup_printf ("%u:%02u:%02u", whole / 3600, whole / 60 % 60, whole % 60)
                       : g_strdup_printf ("%u:%02u", whole / 60, whole % 60);
}

static void
erase_bar (BatchReport *report)
{
  if (report->is_drawn)
    g_printerr ("%s", erase_line);
  report->is_drawn = FALSE;
}

void
batch_report_draw (BatchReport *report)
{
  if (!report->has_bar)
    return;
  const guint settled = count_settled (report), done = report->counts[JOB_DONE];
  const int filled = (int) (BAR_WIDTH * (guint64) settled / MAX (report->total, 1));
  /* what was skipped took no time and says nothing about what is left */
  const double rate = done / get_seconds (report);
  g_autofree char *left = done ? format_time ((report->total - settled) / rate) : NULL;
  g_autofree char *bar = g_strnfill (filled, '#'), *rest = g_strnfill (BAR_WIDTH - filled, '.');
  g_printerr ("%s[%s%s] %u/%u", erase_line, bar, rest, settled, report->total);
  if (left)
    {
      g_printerr ("  ");
      g_printerr (_ ("%.2f pictures/s, %s left"), rate, left);
    }
  report->is_drawn = TRUE;
}

/* ---- lines ---- */

void
batch_report_say (BatchReport *report, const char *message)
{
  erase_bar (report);
  say_error (message);
}

static void
print_line (BatchReport *report, const BatchJob *job)
{
  static const char *const states[N_JOB_STATES] = {
    [JOB_DONE] = N_ ("done"),
    [JOB_SKIPPED] = N_ ("skipped"),
    [JOB_REFUSED] = N_ ("refused"),
    [JOB_FAILED] = N_ ("failed"),
  };
  g_autofree char *name = make_printable (job->name);
  g_printerr ("%u/%u  %s  %s", count_settled (report), report->total, _ (states[job->state]), name);
  if (job->state == JOB_DONE)
    g_printerr ("  %u × %u px  %.2f s%s%s", job->width, job->height, job->seconds,
                job->has_person ? "" : "  ", job->has_person ? "" : _ ("nobody found"));
  g_printerr ("\n");
}

/* ---- objects ---- */

static void
add_text (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  if (value)
    json_builder_add_string_value (builder, value);
  else
    json_builder_add_null_value (builder);
}

static void
add_path (JsonBuilder *builder, const char *name, const char *path)
{
  g_autofree char *text = path ? g_filename_display_name (path) : NULL;
  add_text (builder, name, text);
}

/* What is known only of pictures that were computed is null for others. */
static void
add_figures (JsonBuilder *builder, const BatchJob *job)
{
  const gboolean is_done = job->state == JOB_DONE;
  json_builder_set_member_name (builder, "seconds");
  json_builder_add_double_value (builder, job->seconds);
  json_builder_set_member_name (builder, "size");
  if (job->width > 0)
    {
      json_builder_begin_array (builder);
      json_builder_add_int_value (builder, job->width);
      json_builder_add_int_value (builder, job->height);
      json_builder_end_array (builder);
    }
  else
    json_builder_add_null_value (builder);
  json_builder_set_member_name (builder, "person");
  if (is_done)
    json_builder_add_boolean_value (builder, job->has_person);
  else
    json_builder_add_null_value (builder);
}

static void
add_outputs (JsonBuilder *builder, const BatchJob *job)
{
  json_builder_set_member_name (builder, "output");
  json_builder_begin_object (builder);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (job->outputs[kind])
      add_path (builder, product_names[kind], job->outputs[kind]);
  json_builder_end_object (builder);
  json_builder_set_member_name (builder, "sha256");
  json_builder_begin_object (builder);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (job->outputs[kind])
      add_text (builder, product_names[kind],
                job->state == JOB_DONE && !job->is_kept[kind] ? job->sha256[kind] : NULL);
  json_builder_end_object (builder);
}

static void
print_object (BatchReport *report, const BatchJob *job)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_path (builder, "input", job->input);
  add_outputs (builder, job);
  add_text (builder, "status", state_names[job->state]);
  add_text (builder, "error", job->problem);
  add_text (builder, "model", report->options->model_ids[job->model]);
  add_figures (builder, job);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);
  if (!report->is_cut && (puts (text) < 0 || fflush (stdout) != 0))
    {
      report->is_cut = TRUE;
      say_error (_ ("Standard output cannot be written any more."));
    }
}

/* ---- pictures and the sum ---- */

void
batch_report_add (BatchReport *report, const BatchJob *job)
{
  report->counts[job->state]++;
  report->without_person += job->state == JOB_DONE && !job->has_person;
  erase_bar (report);
  if (report->options->is_json)
    print_object (report, job);
  if (job->problem)
    say_error (job->problem);
  if (!report->has_bar && !report->options->is_quiet)
    print_line (report, job);
  batch_report_draw (report);
}

void
batch_report_finish (BatchReport *report)
{
  erase_bar (report);
  if (report->options->is_quiet)
    return;
  const guint *counts = report->counts;
  g_autofree char *time = format_time (get_seconds (report));
  g_printerr (
      _ ("%u done, %u skipped, %u refused, %u failed, %u left; nobody found in %u. %s, %.2f "
         "pictures/s"),
      counts[JOB_DONE], counts[JOB_SKIPPED], counts[JOB_REFUSED], counts[JOB_FAILED],
      report->total - count_settled (report), report->without_person, time,
      counts[JOB_DONE] / get_seconds (report));
  g_printerr ("\n");
}
