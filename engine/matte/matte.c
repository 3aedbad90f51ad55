/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* From a picture to a matte: read it, run the network at the strategy's sizes, fuse. */
#include "matte/matte.h"

#include "memory.h"
#include "matte/detail.h"
#include "matte/reader.h"
#include "matte/strategy.h"
#include "model.h"

#include <glib/gi18n-lib.h>

/* What reading and resizing one pixel costs, in the network's multiply-adds times two: weighs the
 * progress. Measured for an 8-bit GEGL buffer of 24 megapixels: 0.6 s at 6e10 operations a second. */
#define WORK_PER_PIXEL 1500.0

/* One call of p3m_matte_new(). */
typedef struct
{
  const P3mNet *net;
  const P3mSource *source;
  int threads;
  GCancellable *cancellable;
  P3mMatte *matte;

  P3mPass passes[P3M_MAX_PASSES];
  P3mInput inputs[P3M_MAX_PASSES];
  int n_passes;

  P3mProgress progress;
  gpointer progress_data;
  double whole_work, done_work; /* done_work: of the stages before this one */
  double stage_work;            /* of the stage that is running */
  double look_share;            /* of the stage's work, that goes into the class map */
  const char *stage, *last_stage;
  double fraction; /* last reported */
} Run;

P3mMatte *
p3m_matte_alloc (int width, int height)
{
  P3mMatte *matte = g_new0 (P3mMatte, 1);
  g_atomic_ref_count_init (&matte->references);
  matte->columns = p3m_axis_new (width, P3M_LEAST_SIDE);
  matte->rows = p3m_axis_new (height, P3M_LEAST_SIDE);
  return matte;
}

P3mMatte *
p3m_matte_ref (P3mMatte *matte)
{
  g_atomic_ref_count_inc (&matte->references);
  return matte;
}

void
p3m_matte_unref (P3mMatte *matte)
{
  if (!g_atomic_ref_count_dec (&matte->references))
    return;
  g_free (matte->alpha);
  g_free (matte->classes);
  g_free (matte->model);
  g_free (matte);
}

int
p3m_matte_get_width (const P3mMatte *matte)
{
  return matte->columns.length;
}

int
p3m_matte_get_height (const P3mMatte *matte)
{
  return matte->rows.length;
}

static void
on_stage_progress (double fraction, gpointer user_data)
{
  Run *run = user_data;
  const double done = run->done_work + fraction * run->stage_work;
  run->fraction = CLAMP (done / run->whole_work, run->fraction, 1.0);
  const char *stage = fraction < run->look_share ? run->stage : run->last_stage;
  if (run->progress)
    run->progress (run->fraction, stage, run->progress_data);
}

static void
run_end_stage (Run *run)
{
  on_stage_progress (1.0, run);
  run->done_work += run->stage_work;
}

/* The network's answers go straight into the matte; any non-NULL pointer stands for them where only
 * the work is asked for. */
static P3mNetOutput
pass_get_output (const P3mPass *pass, guint8 *classes, float *local)
{
  return (P3mNetOutput){ .classes = pass->classes ? classes : NULL,
                         .local = pass->local ? local : NULL };
}

/* Bytes of the network's run with its input and its answer. */
static gsize
pass_get_memory (const P3mNet *net, const P3mPass *pass, int threads)
{
  guint8 class;
  float local;
  const P3mNetOutput output = pass_get_output (pass, &class, &local);
  const gsize pixel = 3 * sizeof (float) + pass->classes + pass->local * sizeof (float);
  return p3m_net_get_memory (net, pass->height, pass->width, &output, threads)
         + pixel * pass->width * pass->height;
}

static double
run_get_work (const Run *run, const P3mPass *pass)
{
  guint8 class;
  float local;
  const P3mNetOutput output = pass_get_output (pass, &class, &local);
  return p3m_net_get_work (run->net, pass->height, pass->width, &output);
}

static double
run_get_reading_work (const Run *run)
{
  return WORK_PER_PIXEL * run->source->width * run->source->height;
}

static void
run_init_progress (Run *run)
{
  run->whole_work = run_get_reading_work (run);
  for (int i = 0; i < run->n_passes; i++)
    run->whole_work += run_get_work (run, &run->passes[i]);
}

static gboolean
run_read (Run *run, GError **error)
{
  for (int i = 0; i < run->n_passes; i++)
    {
      const P3mPass *pass = &run->passes[i];
      run->inputs[i] = (P3mInput){ pass->width, pass->height };
      run->inputs[i].values = p3m_try_alloc (error, sizeof (float) * 3, pass->height, pass->width);
      if (!run->inputs[i].values)
        return FALSE;
    }
  run->stage_work = run_get_reading_work (run);
  run->stage = run->last_stage = _ ("Reading the picture");
  on_stage_progress (0.0, run);
  if (!p3m_reader_run (run->source, &run->matte->columns, &run->matte->rows, run->inputs,
                       run->n_passes, on_stage_progress, run, run->cancellable, error))
    return FALSE;
  run_end_stage (run);
  return TRUE;
}

static gboolean
run_alloc_answer (Run *run, const P3mPass *pass, GError **error)
{
  P3mMatte *matte = run->matte;
  if (pass->classes)
    {
      matte->classes_width = pass->width;
      matte->classes_height = pass->height;
      matte->classes = p3m_try_alloc (error, 1, pass->height, pass->width);
      if (!matte->classes)
        return FALSE;
    }
  if (pass->local)
    {
      matte->alpha_width = pass->width;
      matte->alpha_height = pass->height;
      matte->alpha = p3m_try_alloc (error, sizeof (float), pass->height, pass->width);
      if (!matte->alpha)
        return FALSE;
    }
  return TRUE;
}

static void
run_name_stage (Run *run, const P3mPass *pass)
{
  run->stage_work = run_get_work (run, pass);
  run->stage = _ ("Looking for the person");
  run->last_stage = pass->local ? _ ("Working out the edges") : run->stage;
  run->look_share = 0.0;
  if (pass->classes)
    {
      P3mPass look = *pass;
      look.local = FALSE;
      run->look_share = run_get_work (run, &look) / run->stage_work;
    }
}

static gboolean
run_pass (Run *run, int index, GError **error)
{
  const P3mPass *pass = &run->passes[index];
  if (!run_alloc_answer (run, pass, error))
    return FALSE;
  run_name_stage (run, pass);
  on_stage_progress (0.0, run);
  const P3mNetOutput output = pass_get_output (pass, run->matte->classes, run->matte->alpha);
  const gboolean success
      = p3m_net_run (run->net, pass->height, pass->width, run->inputs[index].values, &output,
                     run->threads, NULL, NULL, on_stage_progress, run, run->cancellable, error);
  if (success)
    run_end_stage (run);
  return success;
}

/* alpha = 0 where the class is background, 1 where it is person (paper, section 4.1). */
static void
fuse (P3mMatte *matte)
{
  const gsize count = (gsize) matte->alpha_height * matte->alpha_width;
  for (gsize i = 0; i < count; i++)
    if (matte->classes[i] != 1)
      matte->alpha[i] = matte->classes[i] == 2 ? 1.0f : 0.0f;
  g_clear_pointer (&matte->classes, g_free);
}

static gboolean
run_all (Run *run, GError **error)
{
  run_init_progress (run);
  if (!run_read (run, error))
    return FALSE;
  for (int i = 0; i < run->n_passes; i++)
    {
      if (!run_pass (run, i, error))
        return FALSE;
      if (i + 1 < run->n_passes)
        g_clear_pointer (&run->inputs[i].values, g_free);
    }
  if (run->n_passes == 1)
    fuse (run->matte);
  return p3m_detail_fit (run->matte, run->inputs[run->n_passes - 1].values, p3m_reader_deviation,
                         p3m_reader_mean, error);
}

static gboolean
check_side (int side, GError **error)
{
  if (side >= 1 && side <= P3M_MAX_SIDE)
    return TRUE;
  if (side < 1)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE, _ ("The picture is empty."));
  else
    g_set_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE,
                 _ ("The picture is too large: no side may be longer than %d px."), P3M_MAX_SIDE);
  return FALSE;
}

P3mMatte *
p3m_matte_new (const P3mModel *model, const P3mSource *source, P3mStrategy strategy, int threads,
               P3mProgress progress, gpointer progress_data, GCancellable *cancellable,
               GError **error)
{
  if (!check_side (source->width, error) || !check_side (source->height, error))
    return NULL;
  Run run = {
    .net = p3m_model_get_net (model),
    .source = source,
    .threads = threads > 0 ? threads : (int) g_get_num_processors (),
    .cancellable = cancellable,
    .matte = p3m_matte_alloc (source->width, source->height),
    .progress = progress,
    .progress_data = progress_data,
  };
  run.n_passes = p3m_strategy_plan (strategy, p3m_model_get_info (model)->size,
                                    run.matte->columns.extent, run.matte->rows.extent, run.passes);
  const gboolean success = run_all (&run, error);
  for (int i = 0; i < run.n_passes; i++)
    g_free (run.inputs[i].values);
  if (!success)
    g_clear_pointer (&run.matte, p3m_matte_unref);
  return run.matte;
}

gsize
p3m_matte_get_memory (const P3mModel *model, int width, int height, P3mStrategy strategy,
                      int threads)
{
  P3mPass passes[P3M_MAX_PASSES];
  const int n_passes
      = p3m_strategy_plan (strategy, p3m_model_get_info (model)->size, MAX (width, P3M_LEAST_SIDE),
                           MAX (height, P3M_LEAST_SIDE), passes);
  gsize memory = p3m_reader_get_memory (width, height);
  for (int i = 0; i < n_passes; i++)
    memory += pass_get_memory (p3m_model_get_net (model), &passes[i],
                               threads > 0 ? threads : (int) g_get_num_processors ());
  return memory;
}
