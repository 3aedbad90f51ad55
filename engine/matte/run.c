/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* From a picture to a matte: read it, run the network at the strategy's sizes, join what it says. */
#include "matte/matte.h"

#include "matte/detail.h"
#include "matte/fusion.h"
#include "matte/reader.h"
#include "matte/strategy.h"
#include "memory.h"
#include "model.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What reading and resizing one pixel costs, in the network's multiply-adds times two: weighs the
 * progress. Measured for an 8-bit GEGL buffer of 24 megapixels: 0.6 s at 6e10 operations a second. */
#define WORK_PER_PIXEL 1500.0

/* Nearer looks at most. */
#define NEARER_LOOKS 3

/* One call of p3m_matte_new(). */
typedef struct
{
  const P3mNet *net;
  const P3mSource *source;
  P3mStrategy strategy;
  int size; /* px, for which the network was trained */
  int threads;
  GCancellable *cancellable;
  P3mMatte *matte;

  P3mArena *arena;
  P3mScheme scheme;
  P3mInput look, fine; /* fine.width = 0: none */

  P3mProgress progress;
  gpointer progress_data;
  double whole_work, done_work; /* done_work: of the stages before this one */
  double stage_work;            /* of the stage that is running */
  double look_share;            /* of the stage's work, that goes into the class map */
  const char *stage, *last_stage;
  double fraction; /* last reported */
} Run;

/* ---- progress ----------------------------------------------------------------------------- */

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
run_begin_stage (Run *run, double work, const char *stage)
{
  run->stage_work = work;
  run->look_share = 0.0;
  run->stage = run->last_stage = stage;
}

static void
run_end_stage (Run *run)
{
  on_stage_progress (1.0, run);
  run->done_work += run->stage_work;
}

/* Of the rows that an input shows. */
static double
run_get_reading_work (const Run *run)
{
  return WORK_PER_PIXEL * run->source->width * MIN (run->look.area.height, run->source->height);
}

/* What a run of the network answers, for when only its costs are asked for: any pointer stands for an array. */
static P3mNetOutput
describe_output (gboolean classes, gboolean alpha, gboolean fuse)
{
  static guint8 class;
  static float value;
  return (P3mNetOutput){ .classes = classes ? &class : NULL,
                         .alpha = alpha ? &value : NULL,
                         .fuse = fuse ? &class : NULL };
}

static double
run_get_work (const Run *run, const P3mInput *input, gboolean classes, gboolean alpha,
              gboolean fuse)
{
  const P3mNetOutput output = describe_output (classes, alpha, fuse);
  return p3m_net_get_work (run->net, input->height, input->width, &output);
}

static gsize
get_input_memory (const P3mInput *input)
{
  return 3 * sizeof (float) * input->width * input->height;
}

/* Bytes, with those of the input. */
static gsize
run_get_memory (const Run *run, const P3mInput *input, gboolean classes, gboolean alpha,
                gboolean fuse)
{
  const P3mNetOutput output = describe_output (classes, alpha, fuse);
  return p3m_net_get_memory (run->net, input->height, input->width, &output, run->threads)
         + get_input_memory (input);
}

/* Of the largest search, 0 if there is none. The inputs of the first look stay meanwhile. */
static gsize
run_get_search_memory (const Run *run)
{
  gsize memory = 0;
  for (int i = 0; i < P3M_SEARCHES && run->scheme.searches[i].width > 0; i++)
    {
      const P3mPass *pass = &run->scheme.searches[i];
      const P3mInput search = { .width = pass->width, .height = pass->height };
      memory = MAX (memory, run_get_memory (run, &search, TRUE, FALSE, FALSE));
    }
  return memory > 0 ? memory + get_input_memory (&run->look) + get_input_memory (&run->fine) : 0;
}

static gsize
run_get_whole_memory (const Run *run)
{
  const gboolean is_hybrid = run->scheme.kind == P3M_SCHEME_HYBRID;
  const gsize look = run_get_memory (run, &run->look, is_hybrid, !is_hybrid, FALSE);
  if (run->fine.width == 0)
    return look;
  if (is_hybrid)
    return MAX (look, run_get_memory (run, &run->fine, FALSE, TRUE, TRUE));
  const P3mPass largest = p3m_strategy_get_largest_section (&run->scheme);
  const P3mInput section = { .width = largest.width, .height = largest.height };
  return MAX (MAX (look, run_get_search_memory (run)),
              run_get_memory (run, &section, FALSE, TRUE, TRUE));
}

static double
run_get_whole_work (const Run *run)
{
  const gboolean is_hybrid = run->scheme.kind == P3M_SCHEME_HYBRID;
  double work = run_get_reading_work (run);
  work += run_get_work (run, &run->look, is_hybrid, !is_hybrid, FALSE);
  if (run->fine.width > 0)
    work += run_get_work (run, &run->fine, FALSE, TRUE, TRUE);
  return work;
}

/* ---- steps -------------------------------------------------------------------------------- */

static void
run_set_inputs (Run *run, const P3mPass *look, const P3mPass *fine, const P3mArea *area)
{
  g_free (run->look.values);
  g_free (run->fine.values);
  run->look = (P3mInput){ look->width, look->height, *area, NULL };
  run->fine = (P3mInput){ fine->width, fine->height, *area, NULL };
}

static gboolean
run_read (Run *run, const char *stage, GError **error)
{
  P3mInput *inputs[] = { &run->look, &run->fine };
  const int n_inputs = run->fine.width > 0 ? 2 : 1;
  P3mInput filled[G_N_ELEMENTS (inputs)];
  for (int i = 0; i < n_inputs; i++)
    {
      inputs[i]->values
          = p3m_try_alloc (error, sizeof (float) * 3, inputs[i]->height, inputs[i]->width);
      if (!inputs[i]->values)
        return FALSE;
      filled[i] = *inputs[i];
    }
  run_begin_stage (run, run_get_reading_work (run), stage);
  on_stage_progress (0.0, run);
  if (!p3m_reader_run (run->source, &run->matte->columns, &run->matte->rows, filled, n_inputs,
                       run->threads, on_stage_progress, run, run->cancellable, error))
    return FALSE;
  run_end_stage (run);
  return TRUE;
}

static gboolean
run_net (Run *run, const P3mInput *input, const P3mNetOutput *output, GError **error)
{
  on_stage_progress (0.0, run);
  if (!p3m_net_run (run->net, input->height, input->width, input->values, output, run->threads,
                    run->arena, NULL, NULL, on_stage_progress, run, run->cancellable, error))
    return FALSE;
  run_end_stage (run);
  return TRUE;
}

/* The look's own fusion, [look.height][look.width]. Returns NULL with the error set. */
static float *
run_look (Run *run, GError **error)
{
  const P3mInput *look = &run->look;
  g_autofree float *alpha = p3m_try_alloc (error, sizeof (float), look->height, look->width);
  const P3mNetOutput output = { .alpha = alpha };
  if (!alpha)
    return NULL;
  run_begin_stage (run, run_get_work (run, look, FALSE, TRUE, FALSE), _ ("Looking for the person"));
  if (run->scheme.kind == P3M_SCHEME_LOOK)
    {
      run->last_stage = _ ("Working out the edges");
      run->look_share = run_get_work (run, look, TRUE, FALSE, FALSE) / run->stage_work;
    }
  return run_net (run, look, &output, error) ? g_steal_pointer (&alpha) : NULL;
}

static void
run_begin_fine (Run *run)
{
  run_begin_stage (run, run_get_work (run, &run->fine, FALSE, TRUE, TRUE),
                   _ ("Working out the edges"));
}

/* The fine pass's alpha where the classes, [fine.height][fine.width], say transition. Returns NULL with the
 * error set. */
static float *
run_fine (Run *run, const guint8 *classes, GError **error)
{
  const P3mInput *fine = &run->fine;
  g_autofree float *alpha = p3m_try_alloc (error, sizeof (float), fine->height, fine->width);
  const P3mNetOutput output = { .alpha = alpha, .fuse = classes };
  if (!alpha)
    return NULL;
  run_begin_fine (run);
  return run_net (run, fine, &output, error) ? g_steal_pointer (&alpha) : NULL;
}

static gboolean
fit_detail (P3mMatte *matte, const P3mInput *input, GError **error)
{
  return p3m_detail_fit (matte, input->values, p3m_reader_deviation, p3m_reader_mean, error);
}

/* ---- a look only, and the published hybrid test ------------------------------------------- */

static gboolean
run_single (Run *run, GError **error)
{
  P3mMatte *matte = run->matte;
  matte->alpha_width = run->look.width;
  matte->alpha_height = run->look.height;
  matte->alpha = run_look (run, error);
  return matte->alpha && fit_detail (matte, &run->look, error);
}

static gboolean
run_classes (Run *run, GError **error)
{
  const P3mInput *look = &run->look;
  P3mMatte *matte = run->matte;
  matte->classes_width = look->width;
  matte->classes_height = look->height;
  matte->classes = p3m_try_alloc (error, 1, look->height, look->width);
  const P3mNetOutput output = { .classes = matte->classes };
  run_begin_stage (run, run_get_work (run, look, TRUE, FALSE, FALSE), _ ("Looking for the person"));
  return matte->classes && run_net (run, look, &output, error);
}

static gboolean
run_hybrid (Run *run, GError **error)
{
  P3mMatte *matte = run->matte;
  const P3mInput *fine = &run->fine;
  if (!run_classes (run, error))
    return FALSE;
  g_clear_pointer (&run->look.values, g_free);
  g_autofree guint8 *spread = p3m_try_alloc (error, 1, fine->height, fine->width);
  if (!spread)
    return FALSE;
  p3m_fusion_spread (matte->classes, matte->classes_width, matte->classes_height, fine->width,
                     fine->height, spread);
  matte->alpha_width = fine->width;
  matte->alpha_height = fine->height;
  matte->alpha = run_fine (run, spread, error);
  return matte->alpha && fit_detail (matte, fine, error);
}

/* ---- the subject -------------------------------------------------------------------------- */

/* Copies count planes of [height][width] of a section into cleared ones of the whole grid. */
static float *
place (const P3mSection *section, const float *planes, int count, GError **error)
{
  const int width = section->fine.width, height = section->fine.height;
  const gsize row = section->grid_width, plane = row * section->grid_height;
  float *whole = p3m_try_alloc (error, sizeof (float), count, plane);
  if (!whole)
    return NULL;
  memset (whole, 0, sizeof (float) * count * plane);
  for (int i = 0; i < count; i++)
    for (int y = 0; y < height; y++, planes += width)
      memcpy (whole + i * plane + (section->y + y) * row + section->x, planes,
              sizeof (float) * width);
  return whole;
}

/* Makes the matte of what is known of the section: alpha, at the size of `input`, which is taken over. */
static gboolean
run_finish (Run *run, const P3mSection *section, const P3mInput *input, float *alpha,
            GError **error)
{
  P3mMatte *matte = run->matte;
  P3mMatte piece = { .columns = p3m_axis_new (input->width, 0),
                     .rows = p3m_axis_new (input->height, 0),
                     .alpha_width = input->width,
                     .alpha_height = input->height,
                     .alpha = alpha,
                     .threads = matte->threads };
  gboolean success = fit_detail (&piece, input, error);
  matte->alpha_width = section->grid_width;
  matte->alpha_height = section->grid_height;
  if (success && section->grid_width == section->fine.width
      && section->grid_height == section->fine.height)
    {
      matte->alpha = g_steal_pointer (&piece.alpha);
      matte->model = g_steal_pointer (&piece.model);
    }
  else if (success)
    {
      matte->alpha = place (section, piece.alpha, 1, error);
      matte->model = matte->alpha ? place (section, piece.model, 4, error) : NULL;
      success = matte->model != NULL;
    }
  g_free (piece.alpha);
  g_free (piece.model);
  return success;
}

static gboolean
run_shows_all (const Run *run)
{
  const P3mArea *area = &run->look.area;
  return area->width >= run->matte->columns.extent - 0.5
         && area->height >= run->matte->rows.extent - 0.5;
}

/* Turns to a section, or back to the whole picture, and reads it. */
static gboolean
run_turn_to (Run *run, const P3mSection *section, GError **error)
{
  const double across = (double) run->matte->columns.extent / section->grid_width;
  const double down = (double) run->matte->rows.extent / section->grid_height;
  const P3mArea area = { section->x * across, section->y * down, section->fine.width * across,
                         section->fine.height * down };
  run->whole_work = run->done_work;
  run_set_inputs (run, &section->look, &section->fine, &area);
  run->whole_work += run_get_whole_work (run);
  return run_read (run, _ ("Looking for the person"), error);
}

/* Where somebody may be, [look.height][look.width]: an alpha made of the classes. It costs less than the fused one, as the
 * matting decoder is left out. Returns NULL with the error set. */
static float *
run_rough (Run *run, GError **error)
{
  static const float alphas[] = { 0.0f, 0.5f, 1.0f };
  const P3mInput *look = &run->look;
  const gsize count = (gsize) look->width * look->height;
  g_autofree guint8 *classes = p3m_try_alloc (error, 1, 1, count);
  g_autofree float *alpha = classes ? p3m_try_alloc (error, sizeof (float), 1, count) : NULL;
  const P3mNetOutput output = { .classes = classes };
  if (!alpha)
    return NULL;
  run_begin_stage (run, run_get_work (run, look, TRUE, FALSE, FALSE), _ ("Looking for the person"));
  if (!run_net (run, look, &output, error))
    return NULL;
  for (gsize i = 0; i < count; i++)
    alpha[i] = alphas[classes[i]];
  return g_steal_pointer (&alpha);
}

/* Searches all of the picture for somebody who is too small for the first look, which saw nobody. Returns FALSE with the
 * error set; *found tells whether there is a section. The run's inputs stay. */
static gboolean
run_search (Run *run, const P3mPass *pass, P3mSection *section, gboolean *found, GError **error)
{
  const P3mInput look = run->look, fine = run->fine;
  const int width = run->matte->columns.extent, height = run->matte->rows.extent;
  run->look = (P3mInput){ pass->width, pass->height, { 0, 0, width, height }, NULL };
  run->fine = (P3mInput){ 0 };
  run->whole_work
      += run_get_reading_work (run) + run_get_work (run, &run->look, TRUE, FALSE, FALSE);
  g_autofree float *alpha
      = run_read (run, _ ("Looking for the person"), error) ? run_rough (run, error) : NULL;
  *found = alpha && p3m_strategy_plan_section (run->size, width, height, &run->look, alpha, section)
           && p3m_strategy_may_be_overlooked (section);
  g_free (run->look.values);
  run->look = look;
  run->fine = fine;
  return alpha != NULL;
}

/* Nearer looks: the first at the section, and when it shows that the subject goes on, others at what is known then.
 * Returns FALSE with the error set; *alpha is NULL when none of them shows all of the subject. */
static gboolean
run_approach (Run *run, P3mSection *section, float **alpha, GError **error)
{
  const int width = run->matte->columns.extent, height = run->matte->rows.extent;
  gboolean found = TRUE;
  for (int i = 0; i < NEARER_LOOKS && found; i++)
    {
      if (!run_turn_to (run, section, error))
        return FALSE;
      *alpha = run_look (run, error);
      if (!*alpha)
        return FALSE;
      if (!p3m_strategy_is_cut (width, height, &run->look, *alpha))
        return TRUE;
      found = p3m_strategy_plan_section (run->size, width, height, &run->look, *alpha, section);
      g_clear_pointer (alpha, g_free);
    }
  return TRUE;
}

/* A search counts when the nearer look at what it found sees somebody there too. */
static gboolean
run_search_all (Run *run, P3mSection *section, float **alpha, GError **error)
{
  for (int i = 0; i < P3M_SEARCHES && !*alpha; i++)
    {
      const P3mPass *pass = &run->scheme.searches[i];
      gboolean found = FALSE;
      if (pass->width > 0 && !run_search (run, pass, section, &found, error))
        return FALSE;
      if (found && !run_approach (run, section, alpha, error))
        return FALSE;
      if (*alpha && !p3m_strategy_has_subject (&run->look, *alpha))
        g_clear_pointer (alpha, g_free);
    }
  return TRUE;
}

/* A nearer look at a small subject takes the place of the first one; when none shows all of it, the first one counts. */
static gboolean
run_look_nearer (Run *run, P3mSection *section, float **look, GError **error)
{
  const int width = run->matte->columns.extent, height = run->matte->rows.extent;
  const P3mInput first = { run->look.width, run->look.height, run->look.area, NULL };
  P3mSection nearer;
  g_autofree float *alpha = NULL;
  if (!p3m_strategy_has_subject (&first, *look) && !run_search_all (run, &nearer, &alpha, error))
    return FALSE;
  if (!alpha && p3m_strategy_plan_section (run->size, width, height, &first, *look, &nearer)
      && !run_approach (run, &nearer, &alpha, error))
    return FALSE;
  if (alpha)
    {
      g_free (*look);
      *look = g_steal_pointer (&alpha);
      *section = nearer;
      return TRUE;
    }
  if (run_shows_all (run))
    return TRUE;
  if (!run_turn_to (run, section, error))
    return FALSE;
  run->whole_work -= run_get_work (run, &run->look, FALSE, TRUE, FALSE); /* has been done */
  return TRUE;
}

/* The alpha of the section at the fine pass's size. Returns NULL with the error set. */
static float *
run_join (Run *run, const float *look, GError **error)
{
  const P3mInput *fine = &run->fine;
  const gsize count = (gsize) fine->width * fine->height;
  g_autofree float *enlarged = p3m_try_alloc (error, sizeof (float), 1, count);
  g_autofree guint8 *classes = enlarged ? p3m_try_alloc (error, 1, 1, count) : NULL;
  if (!classes
      || !p3m_fusion_enlarge (look, run->look.width, run->look.height, fine->width, fine->height,
                              enlarged, classes, error))
    return NULL;
  if (!memchr (classes, 1, count)) /* no transition, as where nobody is */
    {
      run_begin_fine (run);
      run_end_stage (run);
      return g_steal_pointer (&enlarged);
    }
  float *alpha = run_fine (run, classes, error);
  if (alpha)
    p3m_fusion_join (enlarged, count, alpha);
  return alpha;
}

static gboolean
run_subject (Run *run, GError **error)
{
  const P3mPass *fine = &run->scheme.fine;
  P3mSection section = { fine->width, fine->height, 0, 0, run->scheme.look, *fine };
  g_autofree float *look = run_look (run, error);
  if (!look || !run_look_nearer (run, &section, &look, error)
      || !p3m_fusion_drop_specks (look, run->look.width, run->look.height, error))
    return FALSE;
  float *alpha = run_join (run, look, error);
  return alpha && run_finish (run, &section, &run->fine, alpha, error);
}

/* ---- all ---------------------------------------------------------------------------------- */

/* Chooses the passes for the whole picture. */
static void
run_plan (Run *run)
{
  const P3mArea all = { 0.0, 0.0, run->matte->columns.extent, run->matte->rows.extent };
  run->scheme = p3m_strategy_plan (run->strategy, run->size, run->matte->columns.extent,
                                   run->matte->rows.extent);
  run_set_inputs (run, &run->scheme.look, &run->scheme.fine, &all);
  run->whole_work = run_get_whole_work (run);
}

static gboolean
run_all (Run *run, GError **error)
{
  run_plan (run);
  if (!p3m_arena_reserve (run->arena, run_get_whole_memory (run), error)
      || !run_read (run, _ ("Reading the picture"), error))
    return FALSE;
  switch (run->scheme.kind)
    {
    case P3M_SCHEME_LOOK:
      return run_single (run, error);
    case P3M_SCHEME_HYBRID:
      return run_hybrid (run, error);
    case P3M_SCHEME_SUBJECT:
      return run_subject (run, error);
    }
  g_return_val_if_reached (FALSE);
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
    .strategy = strategy,
    .size = p3m_model_get_info (model)->size,
    .threads = threads > 0 ? threads : (int) g_get_num_processors (),
    .cancellable = cancellable,
    .matte = p3m_matte_alloc (source->width, source->height),
    .arena = p3m_arena_new (),
    .progress = progress,
    .progress_data = progress_data,
  };
  run.matte->threads = run.threads;
  if (!run_all (&run, error))
    g_clear_pointer (&run.matte, p3m_matte_unref);
  g_free (run.look.values);
  g_free (run.fine.values);
  p3m_arena_free (run.arena);
  return run.matte;
}

void
p3m_matte_estimate (const P3mModel *model, P3mStrategy strategy, int width, int height,
                    double *work, gsize *memory)
{
  const P3mSource source = { width, height, NULL, NULL };
  Run run = {
    .net = p3m_model_get_net (model),
    .source = &source,
    .strategy = strategy,
    .size = p3m_model_get_info (model)->size,
    .threads = (int) g_get_num_processors (),
    .matte = p3m_matte_alloc (width, height),
  };
  run_plan (&run);
  *work = run.whole_work;
  *memory = run_get_whole_memory (&run);
  p3m_matte_unref (run.matte);
}
