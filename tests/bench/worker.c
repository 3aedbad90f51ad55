/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The engine as a worker of tools/bench: lines of JSON in, lines of JSON out; the twin of peer.js. */
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "model.h"

typedef struct
{
  P3mModel *model;
  P3mArena *arena; /* kept between runs, as ONNX Runtime keeps its own */
  int height, width, threads;
  float *rgb; /* [3][height][width] */

  /* What a run wrote last, each NULL until it is asked for. */
  float *logits;   /* [3][height][width] */
  guint8 *classes; /* [height][width] */
  float *local;    /* [height][width] */
  float *alpha;    /* [height][width] */
} Worker;

/* Seconds of a clock. */
static double
read_clock (clockid_t clock)
{
  struct timespec time;
  clock_gettime (clock, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

typedef struct
{
  double wall, cpu; /* seconds */
} Times;

static Times
read_times (void)
{
  return (Times){ read_clock (CLOCK_MONOTONIC), read_clock (CLOCK_PROCESS_CPUTIME_ID) };
}

static void
print_times (Times start, Times end)
{
  g_print ("{\"wall\": %.6f, \"cpu\": %.6f}\n", end.wall - start.wall, end.cpu - start.cpu);
}

/* {model, and unless only the model's loading is of interest height, width, rgb, threads} */
static void
load (Worker *worker, JsonObject *order)
{
  g_autoptr (GError) error = NULL;
  const Times start = read_times ();
  g_clear_pointer (&worker->model, p3m_model_unref);
  worker->model = p3m_model_load (json_object_get_string_member (order, "model"), NULL, &error);
  if (!worker->model)
    g_error ("%s", error->message);
  const Times end = read_times ();
  if (json_object_has_member (order, "rgb"))
    {
      const char *path = json_object_get_string_member (order, "rgb");
      worker->height = json_object_get_int_member (order, "height");
      worker->width = json_object_get_int_member (order, "width");
      worker->threads = json_object_get_int_member (order, "threads");
      if (!g_file_get_contents (path, (char **) &worker->rgb, NULL, &error))
        g_error ("%s", error->message);
    }
  print_times (start, end);
}

/* The array of an output of that name; its bytes go to `bytes`. */
static gpointer
find_output (Worker *worker, const char *name, gsize *bytes)
{
  const gsize pixels = (gsize) worker->height * worker->width;
  struct
  {
    const char *name;
    gpointer *values;
    gsize bytes;
  } outputs[] = { { "logits", (gpointer *) &worker->logits, 3 * pixels * sizeof (float) },
                  { "classes", (gpointer *) &worker->classes, pixels },
                  { "local", (gpointer *) &worker->local, pixels * sizeof (float) },
                  { "alpha", (gpointer *) &worker->alpha, pixels * sizeof (float) } };
  for (guint i = 0; i < G_N_ELEMENTS (outputs); i++)
    if (strcmp (outputs[i].name, name) == 0)
      {
        if (!*outputs[i].values)
          *outputs[i].values = g_malloc (outputs[i].bytes);
        *bytes = outputs[i].bytes;
        return *outputs[i].values;
      }
  g_error ("there is no output %s", name);
}

static void
write_outputs (Worker *worker, JsonObject *files)
{
  g_autoptr (GList) names = json_object_get_members (files);
  for (GList *name = names; name; name = name->next)
    {
      g_autoptr (GError) error = NULL;
      gsize bytes;
      gpointer values = find_output (worker, name->data, &bytes);
      if (!g_file_set_contents (json_object_get_string_member (files, name->data), values, bytes,
                                &error))
        g_error ("%s", error->message);
    }
}

/* {outputs: [name], threads (if others than loaded with), write: {name: file}}: one run. */
static void
run (Worker *worker, JsonObject *order)
{
  g_autoptr (GError) error = NULL;
  P3mNetOutput output = { NULL };
  JsonArray *names = json_object_get_array_member (order, "outputs");
  for (guint i = 0; i < json_array_get_length (names); i++)
    {
      const char *name = json_array_get_string_element (names, i);
      gsize bytes;
      gpointer values = find_output (worker, name, &bytes);
      output.logits = strcmp (name, "logits") == 0 ? values : output.logits;
      output.classes = strcmp (name, "classes") == 0 ? values : output.classes;
      output.local = strcmp (name, "local") == 0 ? values : output.local;
      output.alpha = strcmp (name, "alpha") == 0 ? values : output.alpha;
    }
  const int threads = json_object_get_int_member_with_default (order, "threads", worker->threads);
  const Times start = read_times ();
  if (!p3m_net_run (p3m_model_get_net (worker->model), worker->height, worker->width, worker->rgb,
                    &output, threads, worker->arena, NULL, NULL, NULL, NULL, NULL, &error))
    g_error ("%s", error->message);
  const Times end = read_times ();
  if (json_object_has_member (order, "write"))
    write_outputs (worker, json_object_get_object_member (order, "write"));
  print_times (start, end);
}

/* What getrusage() says would include the peak of the process which started this one. */
static void
print_peak (void)
{
  g_autofree char *status = NULL;
  const char *line = NULL;
  if (g_file_get_contents ("/proc/self/status", &status, NULL, NULL))
    line = strstr (status, "VmHWM:");
  if (!line)
    g_error ("the system does not say how much memory is used");
  g_print ("{\"peak\": %" G_GINT64_FORMAT "}\n",
           g_ascii_strtoll (line + strlen ("VmHWM:"), NULL, 10) * 1024);
}

static void
obey (Worker *worker, const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) root = json_from_string (line, &error);
  if (!root)
    g_error ("%s", error ? error->message : "an empty line");
  JsonObject *order = json_node_get_object (root);
  const char *verb = json_object_get_string_member (order, "verb");
  if (strcmp (verb, "load") == 0)
    load (worker, order);
  else if (strcmp (verb, "run") == 0)
    run (worker, order);
  else
    print_peak ();
  fflush (stdout);
}

int
main (void)
{
  Worker worker = { .arena = p3m_arena_new () };
  g_autofree char *line = NULL;
  size_t size = 0;
  while (getline (&line, &size, stdin) > 0)
    obey (&worker, line);
  return 0;
}
