/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The nearer look at a small subject, with a small network that is made to see something in one place only. */
#include "matte/matte.h"

#include "formula.h"
#include "matte/strategy.h"
#include "model.h"
#include "net/network.h"
#include "regions.h"

#include <glib/gstdio.h>

enum
{
  SIZE = 96, /* px, the scale for which the network would be trained */
  WIDTH = 900,
  HEIGHT = 600,
  LEFT = 600, /* usually, of a square, px; the rest is flat */
  TOP = 350,
  SIDE = 120
};

static P3mModel *model;
static int left = LEFT, top = TOP;

/* What the logits of background and person get while a look is taken. */
typedef struct
{
  float background, person;
} Bias;

/* For each reading of the picture, or of a section, and the looks that follow; the last one stays. NULL = none. */
static const Bias *biases;
static int n_biases;

typedef struct
{
  int rows_read, readings;
  int next_row; /* of the reading that is going on */
  Bias bias;
  double fraction;
  int cancel_at;             /* a reading, 0 = none */
  GCancellable *cancellable; /* triggered then */
} Run;

/* More than any logit. */
#define SURE 1e4f
#define NOBODY                                                                                     \
  {                                                                                                \
    SURE, 0.0f                                                                                     \
  }

static gboolean
read_scene (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  Run *run = user_data;
  (void) error;
  run->readings += area->y != run->next_row || area->y == 0;
  run->next_row = area->y + area->height;
  run->rows_read += area->height;
  for (int y = area->y; y < area->y + area->height; y++)
    for (int x = 0; x < area->width; x++)
      for (int channel = 0; channel < 3; channel++)
        {
          const gboolean inside = x >= left && x < left + SIDE && y >= top && y < top + SIDE;
          *rgb++ = inside ? ((x / 15 + y / 15) % 2 ? 1.0f : 0.1f * channel) : 0.5f;
        }
  return TRUE;
}

/* Adds to the network's logits. */
static void
add_bias (float background, float transition, float person)
{
  const P3mNet *net = p3m_model_get_net (model);
  for (guint i = 0; i < net->graph->layers->len; i++)
    if (g_str_equal (p3m_graph_layer (net->graph, i)->name, "decoder0_g.6"))
      {
        net->layers[i].bias[0] += background;
        net->layers[i].bias[1] += transition;
        net->layers[i].bias[2] += person;
      }
}

static void
set_bias (Run *run, Bias bias)
{
  add_bias (bias.background - run->bias.background, 0.0f, bias.person - run->bias.person);
  run->bias = bias;
}

static void
on_progress (double fraction, const char *stage, gpointer user_data)
{
  Run *run = user_data;
  g_assert_nonnull (stage);
  g_assert_cmpfloat (fraction, >=, run->fraction);
  run->fraction = fraction;
  if (biases && run->readings > 0)
    set_bias (run, biases[MIN (run->readings, n_biases) - 1]);
  if (run->cancellable && run->readings >= run->cancel_at)
    g_cancellable_cancel (run->cancellable);
}

static P3mMatte *
look (P3mStrategy strategy, Run *run)
{
  GError *error = NULL;
  *run = (Run){ 0 };
  const P3mSource source = { WIDTH, HEIGHT, read_scene, run };
  P3mMatte *matte = p3m_matte_new (model, &source, strategy, 2, on_progress, run, NULL, &error);
  set_bias (run, (Bias){ 0 });
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (run->fraction, 1.0, 1e-9);
  return matte;
}

/* auto, with a bias for each reading. */
static P3mMatte *
look_with (const Bias *of_readings, int count, Run *run)
{
  biases = of_readings;
  n_biases = count;
  P3mMatte *matte = look (P3M_STRATEGY_AUTO, run);
  biases = NULL;
  return matte;
}

static double
get_share (const P3mMatte *matte)
{
  int count = 0;
  for (int i = 0; i < matte->alpha_width * matte->alpha_height; i++)
    count += matte->alpha[i] >= 0.5f;
  return (double) count / (matte->alpha_width * matte->alpha_height);
}

/* Makes the first look take a little of the picture for a person, the rest for background. */
static void
make_network_see (double share)
{
  Run run;
  float step = 64.0f;
  add_bias (0.0f, -SURE, 0.0f);
  for (; step > 1e-4f; step /= 2)
    {
      g_autoptr (P3mMatte) matte = look (P3M_STRATEGY_DRAFT, &run);
      add_bias (get_share (matte) > share ? step : -step, 0.0f, 0.0f);
    }
}

/* Nothing is known outside of the section. */
static void
check_section (const P3mMatte *matte, const P3mSection *section)
{
  gboolean seen = FALSE;
  g_assert_cmpint (matte->alpha_width, ==, section->grid_width);
  g_assert_cmpint (matte->alpha_height, ==, section->grid_height);
  for (int y = 0; y < section->grid_height; y++)
    for (int x = 0; x < section->grid_width; x++)
      {
        const gsize cell = (gsize) y * section->grid_width + x;
        const gsize plane = (gsize) section->grid_width * section->grid_height;
        const gboolean inside = x >= section->x && x < section->x + section->fine.width
                                && y >= section->y && y < section->y + section->fine.height;
        seen |= inside && matte->alpha[cell] > 0.0f;
        if (!inside)
          g_assert_cmpfloat (matte->alpha[cell], ==, 0.0f);
        for (int i = 0; i < 4 && !inside; i++)
          g_assert_cmpfloat (matte->model[i * plane + cell], ==, 0.0f);
      }
  g_assert_true (seen);
}

static void
test_nearer (void)
{
  P3mSection section;
  Run run;
  g_autoptr (P3mMatte) draft = look (P3M_STRATEGY_DRAFT, &run);
  g_assert_cmpint (run.rows_read, ==, HEIGHT);
  const P3mInput first = { draft->alpha_width, draft->alpha_height, { 0, 0, WIDTH, HEIGHT }, NULL };
  g_assert_true (p3m_strategy_plan_section (SIZE, WIDTH, HEIGHT, &first, draft->alpha, &section));
  g_autoptr (P3mMatte) matte = look (P3M_STRATEGY_AUTO, &run);
  g_assert_cmpint (run.rows_read, >, HEIGHT);
  check_section (matte, &section);
}

/* Another bias of the network: what the nearer one shows goes on beyond its section, and another
 * follows at a larger one. */
static void
test_again (void)
{
  P3mSection section;
  Run run;
  make_network_see (0.007);
  g_autoptr (P3mMatte) draft = look (P3M_STRATEGY_DRAFT, &run);
  const P3mInput first = { draft->alpha_width, draft->alpha_height, { 0, 0, WIDTH, HEIGHT }, NULL };
  g_assert_true (p3m_strategy_plan_section (SIZE, WIDTH, HEIGHT, &first, draft->alpha, &section));
  const int section_rows = section.fine.height * HEIGHT / section.grid_height;
  g_autoptr (P3mMatte) matte = look (P3M_STRATEGY_AUTO, &run);
  g_assert_cmpint (matte->alpha_width, <, section.grid_width);
  g_assert_cmpint (run.rows_read, >, HEIGHT + 3 * section_rows / 2);
  g_assert_cmpfloat (get_share (matte), >, 0.0);
}

/* A person who is larger the nearer one looks, until a look would be no nearer: the first one counts. */
static void
test_back (void)
{
  static const Bias larger[] = { { 0.0f, 0.0f }, { 0.0f, SURE } };
  Run run;
  g_autoptr (P3mMatte) draft = look (P3M_STRATEGY_DRAFT, &run);
  g_autoptr (P3mMatte) matte = look_with (larger, G_N_ELEMENTS (larger), &run);
  g_assert_cmpint (run.rows_read, >, 2 * HEIGHT);
  g_assert_cmpint (matte->alpha_width, ==, 2 * SIZE);
  g_assert_cmpfloat_with_epsilon (get_share (matte), get_share (draft), 0.005);
}

/* The separate parts that are under a hundredth of the largest. */
static int
count_specks (const P3mMatte *matte)
{
  const gsize count = (gsize) matte->alpha_width * matte->alpha_height;
  g_autofree guint8 *mask = g_new (guint8, count);
  for (gsize i = 0; i < count; i++)
    mask[i] = matte->alpha[i] > 0.1f;
  g_autoptr (P3mRegions) parts
      = p3m_regions_new (mask, matte->alpha_width, matte->alpha_height, NULL);
  const P3mRegion *regions = (const P3mRegion *) parts->regions->data;
  const int largest = p3m_regions_find_largest (parts);
  int specks = 0;
  for (guint i = 0; i < parts->regions->len; i++)
    specks += regions[i].cells < 0.01 * regions[largest].cells;
  return specks;
}

/* What is tiny beside the rest is left out; this network would leave six such parts. */
static void
test_specks (void)
{
  Run run;
  make_network_see (0.3);
  g_autoptr (P3mMatte) matte = look (P3M_STRATEGY_AUTO, &run);
  g_assert_cmpfloat (get_share (matte), >, 0.1);
  g_assert_cmpint (count_specks (matte), ==, 0);
}

/* ---- searches ---- */

/* The section that a look at this size finds. */
static P3mSection
find_section (double size)
{
  P3mSection section;
  Run run;
  P3mModelInfo *info = (P3mModelInfo *) p3m_model_get_info (model);
  info->size = (int) size;
  g_autoptr (P3mMatte) seen = look (P3M_STRATEGY_DRAFT, &run);
  info->size = SIZE;
  const P3mInput search = { seen->alpha_width, seen->alpha_height, { 0, 0, WIDTH, HEIGHT }, NULL };
  g_assert_true (p3m_strategy_plan_section (SIZE, WIDTH, HEIGHT, &search, seen->alpha, &section));
  return section;
}

/* Moves the square: from some places the network takes something for a person that is small enough for a first look to
 * miss. */
static void
put_at (int x, int y)
{
  left = x;
  top = y;
}

/* Nobody at all: the picture is read for the first look and both searches, and nothing is made up. */
static void
test_nobody (void)
{
  static const Bias always = NOBODY;
  Run run;
  g_autoptr (P3mMatte) matte = look_with (&always, 1, &run);
  g_assert_cmpint (run.rows_read, ==, 3 * HEIGHT);
  g_assert_cmpint (matte->alpha_width, ==, 2 * SIZE);
  for (int i = 0; i < matte->alpha_width * matte->alpha_height; i++)
    g_assert_cmpfloat (matte->alpha[i], ==, 0.0f);
}

/* A search, and nearer looks at what it finds: three, as the first two show that there is more. */
static void
test_search (void)
{
  static const Bias first[] = { NOBODY, { 0 }, { -0.06f } };
  Run run;
  put_at (600, 180);
  g_autoptr (P3mMatte) matte = look_with (first, G_N_ELEMENTS (first), &run);
  put_at (LEFT, TOP);
  g_assert_cmpint (run.readings, ==, 5);
  g_assert_cmpint (matte->alpha_width, >, 2 * SIZE);
  g_assert_cmpfloat (get_share (matte), >, 0.0);
}

/* The first search sees nobody, the second, at still more pixels, does. */
static void
test_second_search (void)
{
  static const Bias second[] = { NOBODY, NOBODY, { 0 } };
  Run run;
  put_at (80, 240);
  const P3mSection section = find_section (2.5 * SIZE);
  g_assert_true (p3m_strategy_may_be_overlooked (&section));
  g_autoptr (P3mMatte) matte = look_with (second, G_N_ELEMENTS (second), &run);
  put_at (LEFT, TOP);
  g_assert_cmpint (run.readings, ==, 4);
  check_section (matte, &section);
}

/* Nobody is there when one looks nearer at what the first search found, nor at what the second one did: the first look
 * counts, for which the picture is read again. */
static void
test_search_refuted (void)
{
  static const Bias refuted[] = { NOBODY, { 0 }, NOBODY, { 0 }, NOBODY };
  Run run;
  put_at (540, 360);
  g_autoptr (P3mMatte) matte = look_with (refuted, G_N_ELEMENTS (refuted), &run);
  put_at (LEFT, TOP);
  g_assert_cmpint (run.readings, ==, 6);
  g_assert_cmpint (run.rows_read, >, 4 * HEIGHT);
  g_assert_cmpint (matte->alpha_width, ==, 2 * SIZE);
  g_assert_cmpfloat (get_share (matte), ==, 0.0);
}

/* Somebody who does not want to wait for it gets no matte. */
static void
test_search_cancelled (void)
{
  static const Bias always = NOBODY;
  for (int reading = 1; reading <= 3; reading++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Run run = { .cancel_at = reading, .cancellable = cancellable };
      const P3mSource source = { WIDTH, HEIGHT, read_scene, &run };
      biases = &always;
      n_biases = 1;
      g_assert_null (p3m_matte_new (model, &source, P3M_STRATEGY_AUTO, 2, on_progress, &run,
                                    cancellable, &error));
      biases = NULL;
      set_bias (&run, (Bias){ 0 });
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (run.readings, ==, reading);
    }
}

/* What the searches find would be too large for a first look to miss: it is nobody. */
static void
test_search_in_vain (void)
{
  static const Bias first[] = { NOBODY, { 0 } };
  Run run;
  put_at (540, 120);
  const P3mSection section = find_section (1.5 * SIZE);
  g_assert_false (p3m_strategy_may_be_overlooked (&section));
  g_autoptr (P3mMatte) matte = look_with (first, G_N_ELEMENTS (first), &run);
  put_at (LEFT, TOP);
  g_assert_cmpint (run.rows_read, ==, 3 * HEIGHT);
  g_assert_cmpfloat (get_share (matte), ==, 0.0);
}

static P3mModel *
load_formula_model (void)
{
  g_autofree char *folder = g_dir_make_tmp ("p3m-nearer-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "formula.safetensors", NULL);
  GError *error = NULL;
  formula_write_model (path, 4, "F32");
  P3mModel *loaded = p3m_model_load (path, NULL, &error);
  g_assert_no_error (error);
  ((P3mModelInfo *) p3m_model_get_info (loaded))->size = SIZE;
  g_remove (path);
  g_rmdir (folder);
  return loaded;
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  model = load_formula_model ();
  make_network_see (0.0045);
  g_test_add_func ("/nearer/section", test_nearer);
  g_test_add_func ("/nearer/search", test_search);
  g_test_add_func ("/nearer/second-search", test_second_search);
  g_test_add_func ("/nearer/search-refuted", test_search_refuted);
  g_test_add_func ("/nearer/search-cancelled", test_search_cancelled);
  g_test_add_func ("/nearer/search-in-vain", test_search_in_vain);
  g_test_add_func ("/nearer/again", test_again);
  g_test_add_func ("/nearer/back", test_back);
  g_test_add_func ("/nearer/nobody", test_nobody);
  g_test_add_func ("/nearer/specks", test_specks);
  const int status = g_test_run ();
  p3m_model_unref (model);
  return status;
}
