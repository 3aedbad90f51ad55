/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a batch has to do: every picture with every model, and the files that this gives. */
#include "batch/jobs.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

static void
batch_job_free (gpointer data)
{
  BatchJob *job = data;
  g_free (job->input);
  g_free (job->name);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      g_free (job->outputs[kind]);
      g_free (job->sha256[kind]);
    }
  g_free (job->problem);
  g_free (job);
}

/* ---- names ---- */

/* The place without the picture's suffix. */
static char *
strip_suffix (const char *place)
{
  const char *name = strrchr (place, '/');
  const char *dot = strrchr (name ? name : place, '.');
  return dot && dot > (name ? name + 1 : place) ? g_strndup (place, dot - place) : g_strdup (place);
}

/* Of several files that are made of one picture, all but the cut-out say what they are. */
static char *
make_output (const char *folder, const char *model, const char *stem, ProductKind kind,
             gboolean is_alone, const char *suffix)
{
  const gboolean is_plain = is_alone || kind == PRODUCT_CUT_OUT;
  g_autofree char *name
      = g_strconcat (stem, is_plain ? "" : "-", is_plain ? "" : product_names[kind], suffix, NULL);
  return model ? g_build_filename (folder, model, name, NULL)
               : g_build_filename (folder, name, NULL);
}

static BatchJob *
new_job (const BatchInput *input, const char *folder, const char *model,
         const char *const suffixes[N_PRODUCTS])
{
  BatchJob *job = g_new0 (BatchJob, 1);
  g_autofree char *stem = strip_suffix (input->place);
  int wanted = 0;
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    wanted += suffixes[kind] != NULL;
  job->input = g_strdup (input->path);
  job->name = g_filename_display_name (input->place);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (suffixes[kind])
      job->outputs[kind] = make_output (folder, model, stem, kind, wanted == 1, suffixes[kind]);
  return job;
}

/* ---- collisions ---- */

static gboolean
refuse_collision (const BatchJob *first, const BatchJob *second, const char *output, GError **error)
{
  g_autofree char *name = g_filename_display_name (output);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
               _ ("“%s” and “%s” would both be written to “%s”. Nothing was done."), first->name,
               second->name, name);
  return FALSE;
}

/* takers: the job by the path of each output */
static gboolean
take_outputs (BatchJob *job, GHashTable *takers, GHashTable *pictures, GError **error)
{
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      char *output = job->outputs[kind];
      if (!output)
        continue;
      const BatchJob *other = g_hash_table_lookup (takers, output);
      if (other)
        return refuse_collision (other, job, output, error);
      if (g_hash_table_contains (pictures, output))
        {
          g_autofree char *name = g_filename_display_name (output);
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                       _ ("The picture “%s” would be overwritten. Nothing was done."), name);
          return FALSE;
        }
      g_hash_table_insert (takers, output, job);
    }
  return TRUE;
}

static gboolean
check_collisions (GPtrArray *jobs, GError **error)
{
  g_autoptr (GHashTable) takers = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) pictures = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean success = TRUE;
  for (guint i = 0; i < jobs->len; i++)
    g_hash_table_add (pictures, ((BatchJob *) g_ptr_array_index (jobs, i))->input);
  for (guint i = 0; success && i < jobs->len; i++)
    success = take_outputs (g_ptr_array_index (jobs, i), takers, pictures, error);
  return success;
}

GPtrArray *
batch_jobs_new (const BatchInputs *inputs, const char *folder, char **models,
                const char *const suffixes[N_PRODUCTS], GError **error)
{
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func (batch_job_free);
  const gboolean has_several = models[0] && models[1];
  for (guint model = 0; models[model]; model++)
    for (guint i = 0; i < inputs->inputs->len; i++)
      {
        BatchJob *job = new_job (g_ptr_array_index (inputs->inputs, i), folder,
                                 has_several ? models[model] : NULL, suffixes);
        job->model = model;
        job->number = jobs->len;
        g_ptr_array_add (jobs, job);
      }
  return check_collisions (jobs, error) ? g_steal_pointer (&jobs) : NULL;
}

/* ---- what is there already ---- */

/* Whether the output was written after the picture. */
static gboolean
is_newer (const char *output, const char *input)
{
  GStatBuf made, taken;
  if (g_stat (output, &made) != 0 || g_stat (input, &taken) != 0)
    return FALSE;
  return made.st_mtim.tv_sec > taken.st_mtim.tv_sec
         || (made.st_mtim.tv_sec == taken.st_mtim.tv_sec
             && made.st_mtim.tv_nsec >= taken.st_mtim.tv_nsec);
}

static void
refuse_existing (BatchJob *job, const char *output)
{
  g_autofree char *name = g_filename_display_name (output);
  job->state = JOB_REFUSED;
  job->problem = g_strdup_printf (_ ("“%s” is there already."), name);
}

void
batch_job_check_existing (BatchJob *job, Existing existing)
{
  gboolean is_complete = TRUE;
  if (existing == EXISTING_OVERWRITE)
    return;
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      if (!job->outputs[kind])
        continue;
      const gboolean is_there = g_file_test (job->outputs[kind], G_FILE_TEST_EXISTS);
      if (is_there && existing == EXISTING_REFUSE)
        {
          refuse_existing (job, job->outputs[kind]);
          return;
        }
      if (is_there && existing == EXISTING_SKIP)
        job->is_kept[kind] = TRUE;
      else if (existing == EXISTING_REFUSE || !is_newer (job->outputs[kind], job->input))
        is_complete = FALSE;
    }
  if (is_complete)
    job->state = JOB_SKIPPED;
}
