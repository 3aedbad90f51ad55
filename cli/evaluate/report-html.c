/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The results as a page for a browser, with pictures of the worst cases. */
#include <glib/gi18n-lib.h>

#include "evaluate/report.h"

static const char style[]
    = "body{font:15px/1.45 system-ui,sans-serif;max-width:80em;margin:2em auto;padding:0 1em;"
      "color:#222;background:#fff}"
      ".wide{overflow-x:auto}"
      "table{border-collapse:collapse;font-size:.92em;font-variant-numeric:tabular-nums}"
      "th,td{padding:.3em .5em;text-align:right;border-bottom:1px solid #ccc}"
      "th:first-child,td:first-child{text-align:left;white-space:nowrap}"
      "section{border-top:1px solid #ccc;margin-top:1.5em}"
      "h3{margin:.8em 0 .4em;font-size:1em}"
      ".pairs{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,28em),1fr));"
      "gap:12px}"
      ".pair{display:grid;grid-template-columns:1fr 1fr;gap:12px}"
      "figure{margin:0}"
      "figure img{display:block;width:100%;box-sizing:border-box;border:1px solid #bbb}"
      "figcaption{font-size:.85em;color:#555;overflow-wrap:anywhere}"
      ".problems{color:#8a1f11}";

static void
append_element (GString *html, const char *element, const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  g_string_append_printf (html, "<%s>%s</%s>\n", element, escaped, element);
}

static void
append_list (GString *html, const GPtrArray *sentences, const char *class)
{
  if (sentences->len == 0)
    return;
  g_string_append_printf (html, "<ul class=\"%s\">\n", class);
  for (guint i = 0; i < sentences->len; i++)
    append_element (html, "li", g_ptr_array_index (sentences, i));
  g_string_append (html, "</ul>\n");
}

static void
append_table (GString *html, const Results *results, const SetResults *set)
{
  g_string_append (html, "<div class=\"wide\"><table>\n<tr>");
  append_element (html, "th", _ ("method"));
  append_element (html, "th", _ ("pictures"));
  for (int metric = 0; metric < N_METRICS; metric++)
    append_element (html, "th", metric_get_name (metric));
  g_string_append (html, "</tr>\n");
  for (guint i = 0; i < results->methods->len; i++)
    {
      g_autofree char *label = method_get_label (g_ptr_array_index (results->methods, i));
      g_autofree char *count = report_format_count (set, i);
      g_string_append (html, "<tr>");
      append_element (html, "td", label);
      append_element (html, "td", count);
      for (int metric = 0; metric < N_METRICS; metric++)
        {
          g_autofree char *mean = report_format_mean (set, i, metric);
          append_element (html, "td", mean);
        }
      g_string_append (html, "</tr>\n");
    }
  g_string_append (html, "</table></div>\n");
}

static void
append_figure (GString *html, const Figure *figure)
{
  g_autofree char *caption = g_markup_escape_text (figure->caption, -1);
  g_string_append_printf (html,
                          "<figure><img src=\"%s\" alt=\"%s\"><figcaption>%s</figcaption>"
                          "</figure>\n",
                          figure->image, caption, caption);
}

static void
append_figures (GString *html, const GPtrArray *figures)
{
  g_string_append (html, "<div class=\"pairs\">\n");
  for (guint i = 0; i < figures->len; i++)
    {
      const Figure *figure = g_ptr_array_index (figures, i);
      if (figure->starts_pair)
        g_string_append (html, i > 0 ? "</div>\n<div class=\"pair\">" : "<div class=\"pair\">");
      append_figure (html, figure);
    }
  g_string_append (html, "</div>\n</div>\n");
}

static void
append_cards (GString *html, const SetResults *set)
{
  if (set->cards->len == 0)
    return;
  append_element (html, "p", _ ("The worst pictures, the largest SAD first:"));
  for (guint i = 0; i < set->cards->len; i++)
    {
      const Card *card = g_ptr_array_index (set->cards, i);
      g_autofree char *heading = g_strdup_printf ("%u. %s", i + 1, card->name);
      g_string_append (html, "<section>\n");
      append_element (html, "h3", heading);
      append_figures (html, card->figures);
      g_string_append (html, "</section>\n");
    }
}

static void
append_set (GString *html, const Results *results, const SetResults *set)
{
  g_autoptr (GPtrArray) notes = report_get_notes (results, set);
  append_element (html, "h2", set->set->name);
  append_table (html, results, set);
  append_list (html, notes, "notes");
  append_cards (html, set);
}

char *
report_html (const Results *results)
{
  GString *html = g_string_new ("<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
                                "<meta name=\"viewport\" content=\"width=device-width\">\n");
  g_autofree char *version = g_strdup_printf ("p3m %s", P3M_VERSION);
  append_element (html, "title", _ ("Evaluation of mattes"));
  g_string_append_printf (html, "<style>%s</style>\n</head>\n<body>\n", style);
  append_element (html, "h1", _ ("Evaluation of mattes"));
  append_element (html, "p", version);
  append_element (html, "p",
                  _ ("Less is better in every column. Errors are shown in red where the alpha is "
                     "too opaque and in blue where it is too transparent, as the square root of "
                     "the error, so that faint ones are seen."));
  append_list (html, results->problems, "problems");
  for (guint i = 0; i < results->sets->len; i++)
    append_set (html, results, g_ptr_array_index (results->sets, i));
  g_string_append (html, "</body>\n</html>\n");
  return g_string_free (html, FALSE);
}
