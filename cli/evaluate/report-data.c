/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The results as JSON and as CSV, for programs. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "evaluate/report.h"

/* ---- JSON ---- */

static void
add_mean (JsonBuilder *builder, const char *name, Mean mean)
{
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "mean");
  if (mean.count > 0)
    json_builder_add_double_value (builder, mean.value);
  else
    json_builder_add_null_value (builder);
  json_builder_set_member_name (builder, "count");
  json_builder_add_int_value (builder, mean.count);
  json_builder_end_object (builder);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_int (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_result (JsonBuilder *builder, const Results *results, const SetResults *set, guint index)
{
  const Method *method = g_ptr_array_index (results->methods, index);
  json_builder_begin_object (builder);
  add_string (builder, "set", set->set->name);
  add_string (builder, "model", method->name);
  add_string (builder, "strategy", method_get_strategy (method));
  add_int (builder, "pictures", set->set->samples->len);
  add_int (builder, "measured", set_results_count_measured (set, index));
  if (set->radius > 0)
    add_int (builder, "band", set->radius);
  json_builder_set_member_name (builder, "metrics");
  json_builder_begin_object (builder);
  for (int metric = 0; metric < N_METRICS; metric++)
    add_mean (builder, metric_get_name (metric), set_results_get_mean (set, index, metric));
  json_builder_end_object (builder);
  json_builder_end_object (builder);
}

char *
report_json (const Results *results)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_string (builder, "version", P3M_VERSION);
  json_builder_set_member_name (builder, "results");
  json_builder_begin_array (builder);
  for (guint i = 0; i < results->sets->len; i++)
    for (guint k = 0; k < results->methods->len; k++)
      add_result (builder, results, g_ptr_array_index (results->sets, i), k);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "problems");
  json_builder_begin_array (builder);
  for (guint i = 0; i < results->problems->len; i++)
    json_builder_add_string_value (builder, g_ptr_array_index (results->problems, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, TRUE);
  return g_strconcat (text, "\n", NULL);
}

/* ---- CSV, RFC 4180 with plain line ends ---- */

static void
append_field (GString *text, const char *field)
{
  if (!strpbrk (field, ",\"\r\n"))
    {
      g_string_append (text, field);
      return;
    }
  g_string_append_c (text, '"');
  for (const char *c = field; *c; c++)
    {
      if (*c == '"')
        g_string_append_c (text, '"');
      g_string_append_c (text, *c);
    }
  g_string_append_c (text, '"');
}

/* Which of the columns at the end tell the lines apart. */
typedef struct
{
  gboolean has_sets, has_models, has_strategies;
} Keys;

static Keys
find_keys (const Results *results)
{
  Keys keys = { .has_sets = results->sets->len > 1 };
  const Method *first = g_ptr_array_index (results->methods, 0);
  for (guint i = 1; i < results->methods->len; i++)
    {
      const Method *method = g_ptr_array_index (results->methods, i);
      keys.has_models = keys.has_models || !g_str_equal (method->name, first->name);
      keys.has_strategies
          = keys.has_strategies
            || !g_str_equal (method_get_strategy (method), method_get_strategy (first));
    }
  return keys;
}

static void
append_keys (GString *text, const Keys *keys, const char *set, const char *model,
             const char *strategy)
{
  const char *fields[] = { keys->has_sets ? set : NULL, keys->has_models ? model : NULL,
                           keys->has_strategies ? strategy : NULL };
  for (gsize i = 0; i < G_N_ELEMENTS (fields); i++)
    if (fields[i])
      {
        g_string_append_c (text, ',');
        append_field (text, fields[i]);
      }
  g_string_append_c (text, '\n');
}

static void
append_record (GString *text, const Keys *keys, const Results *results, const SetResults *set,
               guint sample, guint index)
{
  const Method *method = g_ptr_array_index (results->methods, index);
  const Score *score = set_results_get_score (set, index, sample);
  append_field (text, ((const Sample *) g_ptr_array_index (set->set->samples, sample))->name);
  for (int metric = 0; metric < N_METRICS; metric++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];
      double value;
      g_string_append_c (text, ',');
      if (score_get (score, metric, &value))
        g_string_append (text, g_ascii_formatd (number, sizeof number, "%.12g", value));
    }
  append_keys (text, keys, set->set->name, method->name, method_get_strategy (method));
}

char *
report_csv (const Results *results)
{
  GString *text = g_string_new ("name");
  const Keys keys = find_keys (results);
  for (int metric = 0; metric < N_METRICS; metric++)
    g_string_append_printf (text, ",%s", metric_get_name (metric));
  append_keys (text, &keys, "set", "model", "strategy");
  for (guint i = 0; i < results->sets->len; i++)
    {
      const SetResults *set = g_ptr_array_index (results->sets, i);
      for (guint k = 0; k < set->set->samples->len; k++)
        for (guint m = 0; m < results->methods->len; m++)
          append_record (text, &keys, results, set, k, m);
    }
  return g_string_free (text, FALSE);
}
