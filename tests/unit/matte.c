/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* From a picture to a matte with a small network of formula weights: sizes, progress, ends of all kinds. */
#include "matte/matte.h"

#include "formula.h"
#include "matte/strategy.h"
#include "model.h"
#include "net/net.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* One trained for no scale, and one for a scale. */
static P3mModel *model, *scaled_model;

static const P3mStrategy strategies[]
    = { P3M_STRATEGY_AUTO, P3M_STRATEGY_RESIZE, P3M_STRATEGY_HYBRID, P3M_STRATEGY_DRAFT };

/* One run: its picture, when it is to fail or be cancelled, and what was reported. */
typedef struct
{
  int width, height;
  int threads;
  gboolean scaled; /* which model */
  int bands, fail_at;
  GCancellable *cancellable;
  double cancel_at; /* fraction at which the run is cancelled */
  double fraction;
  int reports, reports_after_cancel;
  GPtrArray *stages;
} Run;

static gboolean
read_pixels (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  Run *run = user_data;
  if (++run->bands == run->fail_at)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "torn");
      return FALSE;
    }
  for (int y = area->y; y < area->y + area->height; y++)
    for (int x = 0; x < area->width; x++, rgb += 3)
      {
        rgb[0] = (float) x / run->width;
        rgb[1] = (float) y / run->height;
        rgb[2] = ((x ^ y) & 63) / 63.0f;
      }
  return TRUE;
}

static void
on_progress (double fraction, const char *stage, gpointer user_data)
{
  Run *run = user_data;
  g_assert_cmpfloat (fraction, >=, run->fraction);
  g_assert_cmpfloat (fraction, <=, 1.0);
  run->fraction = fraction;
  run->reports++;
  if (run->cancellable && g_cancellable_is_cancelled (run->cancellable))
    run->reports_after_cancel++;
  else if (run->cancellable && fraction >= run->cancel_at)
    g_cancellable_cancel (run->cancellable);
  if (run->stages)
    {
      const guint count = run->stages->len;
      if (!count || strcmp (stage, g_ptr_array_index (run->stages, count - 1)) != 0)
        g_ptr_array_add (run->stages, g_strdup (stage));
    }
}

static P3mMatte *
run_matte (Run *run, P3mStrategy strategy, GError **error)
{
  const P3mSource source = { run->width, run->height, read_pixels, run };
  return p3m_matte_new (run->scaled ? scaled_model : model, &source, strategy, run->threads,
                        on_progress, run, run->cancellable, error);
}

static float *
render_whole (const P3mMatte *matte)
{
  const int width = p3m_matte_get_width (matte), height = p3m_matte_get_height (matte);
  GError *error = NULL;
  float *alpha = g_new (float, (gsize) width *height);
  p3m_matte_render (matte, width, height, &(P3mRectangle){ 0, 0, width, height }, alpha, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < (gsize) width * height; i++)
    g_assert_true (alpha[i] >= 0.0f && alpha[i] <= 1.0f);
  return alpha;
}

static void
test_names (void)
{
  P3mStrategy strategy;
  for (gsize i = 0; i < G_N_ELEMENTS (strategies); i++)
    {
      g_assert_true (p3m_strategy_from_name (p3m_strategy_get_name (strategies[i]), &strategy));
      g_assert_cmpint (strategy, ==, strategies[i]);
    }
  g_assert_false (p3m_strategy_from_name ("Resize", &strategy));
  g_assert_false (p3m_strategy_from_name ("", &strategy));
  g_assert_false (p3m_strategy_from_name (NULL, &strategy));
}

static void
check_plan (P3mStrategy strategy, int size, int width, int height, const P3mScheme *expected)
{
  const P3mScheme plan = p3m_strategy_plan (strategy, size, width, height);
  g_assert_cmpint (plan.kind, ==, expected->kind);
  g_assert_cmpint (plan.look.width, ==, expected->look.width);
  g_assert_cmpint (plan.look.height, ==, expected->look.height);
  g_assert_cmpint (plan.fine.width, ==, expected->fine.width);
  g_assert_cmpint (plan.fine.height, ==, expected->fine.height);
}

static void
test_plan (void)
{
  static const struct
  {
    P3mStrategy strategy;
    int size, width, height;
    P3mScheme plan;
  } cases[] = {
    { P3M_STRATEGY_RESIZE, 448, 611, 437, { P3M_SCHEME_LOOK, { 288, 192 } } },
    { P3M_STRATEGY_RESIZE, 0, 64, 30000, { P3M_SCHEME_LOOK, { 32, 1600 } } },
    { P3M_STRATEGY_HYBRID, 448, 840, 1100, { P3M_SCHEME_HYBRID, { 416, 544 }, { 832, 1088 } } },
    { P3M_STRATEGY_HYBRID, 0, 3600, 1400, { P3M_SCHEME_HYBRID, { 1600, 672 }, { 1600, 1376 } } },
    { P3M_STRATEGY_AUTO, 0, 65, 127, { P3M_SCHEME_HYBRID, { 32, 32 }, { 64, 96 } } },
    { P3M_STRATEGY_AUTO, 448, 3000, 2000, { P3M_SCHEME_SUBJECT, { 448, 288 }, { 896, 608 } } },
    { P3M_STRATEGY_AUTO, 256, 400, 300, { P3M_SCHEME_SUBJECT, { 256, 192 }, { 416, 288 } } },
    { P3M_STRATEGY_AUTO, 448, 64, 64, { P3M_SCHEME_SUBJECT, { 448, 448 }, { 448, 448 } } },
    { P3M_STRATEGY_AUTO, 320, 30000, 64, { P3M_SCHEME_SUBJECT, { 320, 32 }, { 640, 32 } } },
    { P3M_STRATEGY_AUTO, 5000, 3000, 3000, { P3M_SCHEME_SUBJECT, { 1600, 1600 }, { 1600, 1600 } } },
    { P3M_STRATEGY_DRAFT, 256, 3000, 2000, { P3M_SCHEME_LOOK, { 256, 160 } } },
    { P3M_STRATEGY_DRAFT, 0, 3000, 2000, { P3M_SCHEME_LOOK, { 512, 352 } } },
    { P3M_STRATEGY_DRAFT, 0, 100, 70, { P3M_SCHEME_LOOK, { 96, 64 } } },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check_plan (cases[i].strategy, cases[i].size, cases[i].width, cases[i].height, &cases[i].plan);
}

/* The searches are larger than the look and one another by a quarter at least, and no larger than the picture. */
static void
test_searches (void)
{
  static const struct
  {
    int size, width, height;
    P3mPass searches[P3M_SEARCHES];
  } cases[] = {
    { 448, 4000, 3000, { { 672, 512 }, { 1120, 832 } } },
    { 448, 700, 1000, { { 480, 672 }, { 704, 992 } } },
    { 448, 600, 450, { { 608, 448 } } },
    { 448, 500, 500 },
    { 1600, 4000, 3000 },
    { 0, 4000, 3000 },
  };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const P3mScheme plan
          = p3m_strategy_plan (P3M_STRATEGY_AUTO, cases[i].size, cases[i].width, cases[i].height);
      for (int k = 0; k < P3M_SEARCHES; k++)
        {
          g_assert_cmpint (plan.searches[k].width, ==, cases[i].searches[k].width);
          g_assert_cmpint (plan.searches[k].height, ==, cases[i].searches[k].height);
        }
    }
}

/* Somebody fills a thousandth of a look; less are specks. */
static void
test_has_subject (void)
{
  const P3mInput look = { 100, 50, { 0, 0, 1000, 500 }, NULL };
  float alpha[100 * 50] = { 0 };
  g_assert_false (p3m_strategy_has_subject (&look, alpha));
  alpha[0] = alpha[700] = alpha[2000] = alpha[4999] = 0.5f;
  g_assert_false (p3m_strategy_has_subject (&look, alpha));
  alpha[2001] = 0.4f;
  g_assert_false (p3m_strategy_has_subject (&look, alpha));
  alpha[2001] = 1.0f;
  g_assert_true (p3m_strategy_has_subject (&look, alpha));
}

/* What is planned for a picture with a model of this scale, bytes. */
static gsize
get_planned (int size, int width, int height)
{
  P3mModelInfo *info = (P3mModelInfo *) p3m_model_get_info (scaled_model);
  const int own_size = info->size;
  double work;
  gsize planned;
  info->size = size;
  p3m_matte_estimate (scaled_model, P3M_STRATEGY_AUTO, width, height, &work, &planned);
  info->size = own_size;
  return planned;
}

/* A search takes no more memory than was planned, with the inputs of the look and the fine pass, which stay. */
static void
test_searches_planned (void)
{
  static guint8 class;
  const P3mNetOutput output = { .classes = &class };
  const P3mScheme plan = p3m_strategy_plan (P3M_STRATEGY_AUTO, 256, 4000, 4000);
  const P3mPass *last = &plan.searches[P3M_SEARCHES - 1];
  const P3mPass *inputs[] = { &plan.look, &plan.fine, last };
  gsize needed = p3m_net_get_memory (p3m_model_get_net (scaled_model), last->height, last->width,
                                     &output, (int) g_get_num_processors ());
  for (gsize i = 0; i < G_N_ELEMENTS (inputs); i++)
    needed += 3 * sizeof (float) * inputs[i]->width * inputs[i]->height;
  g_assert_cmpint (needed, <=, get_planned (256, 4000, 4000));
}

/* The passes at a section take no more cells and no more memory than was planned for the picture. */
static void
check_planned (int size, int width, int height, const P3mSection *section)
{
  const P3mScheme plan = p3m_strategy_plan (P3M_STRATEGY_AUTO, size, width, height);
  const P3mPass largest = p3m_strategy_get_largest_section (&plan);
  static const guint8 class;
  static float value;
  const P3mNet *net = p3m_model_get_net (scaled_model);
  const P3mNetOutput look = { .alpha = &value }, fine = { .alpha = &value, .fuse = &class };
  const int threads = (int) g_get_num_processors ();
  const gsize planned = get_planned (size, width, height);
  g_assert_cmpint (section->look.width * section->look.height, <=, largest.width * largest.height);
  g_assert_cmpint (section->fine.width * section->fine.height, <=, largest.width * largest.height);
  g_assert_cmpint (
      p3m_net_get_memory (net, section->look.height, section->look.width, &look, threads), <=,
      planned);
  g_assert_cmpint (
      p3m_net_get_memory (net, section->fine.height, section->fine.width, &fine, threads), <=,
      planned);
}

/* A look at a picture of 4000 px across that sees a person from (x0, y0) to (x1, y1), px of the look. */
static gboolean
plan_section_of (int height, int size, int x0, int y0, int x1, int y1, P3mSection *section)
{
  const P3mScheme plan = p3m_strategy_plan (P3M_STRATEGY_AUTO, size, 4000, height);
  const P3mInput look = { plan.look.width, plan.look.height, { 0, 0, 4000, height }, NULL };
  g_autofree float *alpha = g_new0 (float, look.width *look.height);
  for (int y = y0; y < y1; y++)
    for (int x = x0; x < x1; x++)
      alpha[y * look.width + x] = 1.0f;
  return p3m_strategy_plan_section (size, 4000, height, &look, alpha, section);
}

static gboolean
plan_section (int size, int x0, int y0, int x1, int y1, P3mSection *section)
{
  return plan_section_of (3000, size, x0, y0, x1, y1, section);
}

/* Whether a look is cut that shows 1000 x 500 px of a picture of 4000 x 3000 px, from (x, y) on, and sees a person from
 * (x0, y0) to (x1, y1), cells of 100 x 50. */
static gboolean
is_cut (double x, double y, int x0, int y0, int x1, int y1)
{
  const P3mInput look = { 100, 50, { x, y, 1000, 500 }, NULL };
  float alpha[100 * 50] = { 0 };
  for (int row = y0; row < y1; row++)
    for (int column = x0; column < x1; column++)
      alpha[row * 100 + column] = 0.7f;
  return p3m_strategy_is_cut (4000, 3000, &look, alpha);
}

static void
test_cut (void)
{
  g_assert_false (is_cut (200, 300, 10, 10, 90, 40));
  g_assert_true (is_cut (200, 300, 0, 10, 90, 40));
  g_assert_true (is_cut (200, 300, 10, 0, 90, 40));
  g_assert_true (is_cut (200, 300, 10, 10, 100, 40));
  g_assert_true (is_cut (200, 300, 10, 10, 90, 50));
  g_assert_false (is_cut (0, 0, 0, 0, 90, 40)); /* by the picture itself */
  g_assert_false (is_cut (3000, 2500, 10, 10, 100, 50));
  g_assert_false (is_cut (200, 300, 0, 10, 90, 12)); /* a finger */
}

/* A look at a section sees the subject where it lies in the picture. */
static void
test_section_again (void)
{
  P3mSection section;
  const P3mInput look = { 100, 50, { 2000, 1000, 1000, 500 }, NULL };
  float alpha[100 * 50] = { 0 };
  for (int row = 20; row < 50; row++)
    alpha[row * 100 + 50] = 1.0f;
  g_assert_true (p3m_strategy_plan_section (256, 4000, 3000, &look, alpha, &section));
  const double scale = 4000.0 / section.grid_width;
  g_assert_cmpfloat (section.x * scale, <, 2500);
  g_assert_cmpfloat ((section.x + section.fine.width) * scale, >, 2510);
  g_assert_cmpfloat (section.y * scale, <, 1200);
  g_assert_cmpfloat ((section.y + section.fine.height) * scale, >, 1500); /* beyond what was seen */
}

/* longest: of the look at it, px */
static void
check_section (int size, int x0, int y0, int x1, int y1, int longest)
{
  P3mSection section;
  const P3mScheme plan = p3m_strategy_plan (P3M_STRATEGY_AUTO, size, 4000, 3000);
  g_assert_true (plan_section (size, x0, y0, x1, y1, &section));
  /* It lies in the grid, and the grid has the picture's shape. */
  g_assert_cmpint (section.x, >=, 0);
  g_assert_cmpint (section.y, >=, 0);
  g_assert_cmpint (section.x + section.fine.width, <=, section.grid_width);
  g_assert_cmpint (section.y + section.fine.height, <=, section.grid_height);
  g_assert_cmpint (section.grid_width, <=, 1600);
  g_assert_cmpfloat_with_epsilon (section.grid_width / (double) section.grid_height, 4.0 / 3.0,
                                  0.06);
  /* The person is in it. */
  const double across = (double) section.grid_width / plan.look.width;
  const double down = (double) section.grid_height / plan.look.height;
  g_assert_cmpfloat (section.x, <=, x0 * across);
  g_assert_cmpfloat (section.x + section.fine.width, >=, x1 * across);
  g_assert_cmpfloat (section.y, <=, y0 * down);
  g_assert_cmpfloat (section.y + section.fine.height, >=, y1 * down);
  /* It is larger than before, and larger still in the fine pass if that has the pixels. */
  g_assert_cmpint (MAX (section.look.width, section.look.height), ==, longest);
  g_assert_cmpfloat (section.look.width * across / section.fine.width, >, 1.0);
  if (section.grid_width
      < 1600) /* the longest grid: somebody tiny gets fewer cells than the look has */
    {
      g_assert_cmpint (section.fine.width, >=, section.look.width);
      g_assert_cmpint (section.fine.height, >=, section.look.height);
    }
  g_assert_cmpint (section.fine.width % 32 + section.fine.height % 32, ==, 0);
  check_planned (size, 4000, 3000, &section);
}

static void
test_section (void)
{
  P3mSection section;
  /* a person is seen at the scale of the training */
  check_section (256, 100, 60, 140, 160, 256);
  check_section (256, 0, 0, 30, 60, 256);
  check_section (256, 240, 100, 256, 192, 256);
  check_section (320, 150, 100, 152, 102, 320);
  g_assert_false (plan_section (256, 40, 0, 216, 192, &section));  /* fills the picture */
  g_assert_false (plan_section (256, 20, 20, 200, 192, &section)); /* wide enough with its margin */
  g_assert_false (plan_section (256, 0, 0, 0, 0, &section));       /* nobody */
  /* who is wider than high is several, and each of them is */
  check_section (320, 10, 200, 200, 224, 640); /* at most twice as large */
  check_section (512, 0, 300, 100, 384, 576);
  check_section (256, 0, 72, 256, 192, 352); /* the section is no wider */
  check_section (256, 28, 72, 228, 192, 384);
  check_section (256, 100, 72, 256, 192, 320);
  check_section (256, 20, 20, 220, 192, 352);
  check_section (256, 0, 0, 256, 192, 352);
  /* a section that is squarer than the picture */
  g_assert_true (plan_section_of (1000, 256, 100, 0, 164, 64, &section));
  check_planned (256, 4000, 1000, &section);
}

/* Every pixel of every picture gets an alpha in 0..1, and not all the same one where it is large. */
static void
test_sizes (void)
{
  static const int sizes[][2]
      = { { 1, 1 }, { 3, 5 }, { 63, 65 }, { 64, 64 }, { 150, 180 }, { 1, 30000 }, { 30000, 40 } };
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (gsize k = 0; k < 2 * G_N_ELEMENTS (strategies); k++)
      {
        GError *error = NULL;
        Run run = { .width = sizes[i][0], .height = sizes[i][1], .scaled = k % 2 };
        g_autoptr (P3mMatte) matte = run_matte (&run, strategies[k / 2], &error);
        g_assert_no_error (error);
        g_assert_cmpint (p3m_matte_get_width (matte), ==, sizes[i][0]);
        g_assert_cmpint (p3m_matte_get_height (matte), ==, sizes[i][1]);
        g_autofree float *alpha = render_whole (matte);
        gboolean differs = FALSE;
        for (int n = 1; n < sizes[i][0] * sizes[i][1]; n++)
          differs |= alpha[n] != alpha[0];
        g_assert_true (differs || sizes[i][0] < 150);
      }
}

static void
test_large (void)
{
  GError *error = NULL;
  Run run = { .width = 20000, .height = 1500 };
  g_autoptr (P3mMatte) matte = run_matte (&run, P3M_STRATEGY_RESIZE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (run.bands, >, 10);
  const P3mRectangle area = { 19000, 1400, 1000, 100 };
  g_autofree float *alpha = g_new (float, 1000 * 100);
  g_assert_true (p3m_matte_render (matte, 20000, 1500, &area, alpha, &error));
}

/* Whether a mirrored sliver or not: the alpha is the same as before at every size. */
static void
test_enlarge (void)
{
  static const int sizes[][2] = { { 120, 90 }, { 128, 16 } };
  const P3mRectangle area = { 10, 20, 200, 60 };
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      Run run = { .width = sizes[i][0], .height = sizes[i][1], .scaled = TRUE };
      const int width = 8 * run.width, height = 8 * run.height;
      g_autoptr (P3mMatte) matte = run_matte (&run, P3M_STRATEGY_DRAFT, NULL);
      g_autofree float *small = g_new (float, area.width *area.height);
      g_autofree float *large = g_new (float, area.width *area.height);
      g_assert_true (p3m_matte_render (matte, width, height, &area, small, NULL));
      p3m_matte_enlarge (matte, width, height);
      g_assert_cmpint (p3m_matte_get_width (matte), ==, width);
      g_assert_cmpint (p3m_matte_get_height (matte), ==, height);
      g_assert_true (p3m_matte_render (matte, width, height, &area, large, NULL));
      for (int k = 0; k < area.width * area.height; k++)
        g_assert_cmpfloat_with_epsilon (small[k], large[k], 1e-6);
    }
}

/* However many threads work on it, the answer is the same to the last bit. */
static void
check_thread_counts (gboolean scaled)
{
  g_autofree float *expected = NULL;
  for (int threads = 0; threads <= 3; threads++)
    {
      GError *error = NULL;
      Run run = { .width = 150, .height = 180, .threads = threads, .scaled = scaled };
      g_autoptr (P3mMatte) matte = run_matte (&run, P3M_STRATEGY_AUTO, &error);
      g_assert_no_error (error);
      float *alpha = render_whole (matte);
      if (expected)
        g_assert_cmpmem (alpha, sizeof (float) * 150 * 180, expected, sizeof (float) * 150 * 180);
      g_free (expected);
      expected = alpha;
    }
}

static void
test_thread_counts (void)
{
  check_thread_counts (FALSE);
  check_thread_counts (TRUE);
}

static void
test_bad_sizes (void)
{
  static const int sizes[][2]
      = { { 0, 5 }, { 5, 0 }, { -1, 5 }, { P3M_MAX_SIDE + 1, 1 }, { 1, P3M_MAX_SIDE + 1 } };
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GError) error = NULL;
      Run run = { .width = sizes[i][0], .height = sizes[i][1] };
      g_assert_null (run_matte (&run, P3M_STRATEGY_RESIZE, &error));
      g_assert_error (error, P3M_ERROR, P3M_ERROR_BAD_PICTURE);
      g_assert_cmpint (run.bands, ==, 0);
      g_assert_cmpint (run.reports, ==, 0);
    }
}

static void
test_read_error (void)
{
  g_autoptr (GError) error = NULL;
  Run run = { .width = 6000, .height = 800, .fail_at = 3 };
  g_assert_null (run_matte (&run, P3M_STRATEGY_HYBRID, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
  g_assert_cmpstr (error->message, ==, "torn");
  g_assert_cmpint (run.bands, ==, 3);
}

static void
test_cancel_at_once (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_cancellable_cancel (cancellable);
  Run run = { .width = 200, .height = 200, .cancellable = cancellable };
  g_assert_null (run_matte (&run, P3M_STRATEGY_RESIZE, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (run.bands, ==, 0);
}

/* Cancelled while reading, looking and working out the edges: it ends soon after. */
static void
test_cancel_midway (void)
{
  static const double fractions[] = { 0.001, 0.3, 0.6, 0.9 };
  for (gsize i = 0; i < 2 * G_N_ELEMENTS (fractions); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      Run run = { .width = 500,
                  .height = 600,
                  .scaled = i % 2,
                  .cancellable = cancellable,
                  .cancel_at = fractions[i / 2] };
      g_assert_null (run_matte (&run, P3M_STRATEGY_AUTO, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpint (run.reports_after_cancel, <=, 2);
      g_assert_cmpfloat (run.fraction, <, 1.0);
    }
}

static void
check_stages (P3mStrategy strategy, gboolean scaled)
{
  static const char *const expected[]
      = { "Reading the picture", "Looking for the person", "Working out the edges" };
  g_autoptr (GPtrArray) stages = g_ptr_array_new_with_free_func (g_free);
  GError *error = NULL;
  Run run = { .width = 300, .height = 400, .stages = stages, .scaled = scaled };
  g_autoptr (P3mMatte) matte = run_matte (&run, strategy, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (run.fraction, 1.0, 1e-9);
  g_assert_cmpint (run.reports, >, 20);
  g_assert_cmpint (stages->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < stages->len; i++)
    g_assert_cmpstr (g_ptr_array_index (stages, i), ==, expected[i]);
}

static void
test_progress (void)
{
  check_stages (P3M_STRATEGY_RESIZE, FALSE);
  check_stages (P3M_STRATEGY_HYBRID, FALSE);
  check_stages (P3M_STRATEGY_AUTO, FALSE);
  check_stages (P3M_STRATEGY_AUTO, TRUE);
  check_stages (P3M_STRATEGY_DRAFT, TRUE);
}

/* Loads a model that a formula makes; size: px, the scale for which its file would say that it was trained,
 * 0 = none. */
static P3mModel *
load_formula_model (int size, GCancellable *cancellable, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("p3m-matte-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "formula.safetensors", NULL);
  formula_write_model (path, 4, "F32");
  P3mModel *loaded = p3m_model_load (path, cancellable, error);
  if (loaded)
    ((P3mModelInfo *) p3m_model_get_info (loaded))->size = size;
  g_remove (path);
  g_rmdir (folder);
  return loaded;
}

static void
test_cancel_load (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_cancellable_cancel (cancellable);
  g_assert_null (load_formula_model (0, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  model = load_formula_model (0, NULL, NULL);
  scaled_model = load_formula_model (96, NULL, NULL);
  g_assert_true (model && scaled_model);
  g_test_add_func ("/matte/strategy/names", test_names);
  g_test_add_func ("/matte/strategy/plan", test_plan);
  g_test_add_func ("/matte/strategy/searches", test_searches);
  g_test_add_func ("/matte/strategy/searches-planned", test_searches_planned);
  g_test_add_func ("/matte/strategy/has-subject", test_has_subject);
  g_test_add_func ("/matte/strategy/section", test_section);
  g_test_add_func ("/matte/strategy/section-again", test_section_again);
  g_test_add_func ("/matte/strategy/cut", test_cut);
  g_test_add_func ("/matte/new/sizes", test_sizes);
  g_test_add_func ("/matte/new/large", test_large);
  g_test_add_func ("/matte/new/enlarged", test_enlarge);
  g_test_add_func ("/matte/new/thread-counts", test_thread_counts);
  g_test_add_func ("/matte/new/bad-sizes", test_bad_sizes);
  g_test_add_func ("/matte/new/read-error", test_read_error);
  g_test_add_func ("/matte/load/cancelled", test_cancel_load);
  g_test_add_func ("/matte/new/cancel-at-once", test_cancel_at_once);
  g_test_add_func ("/matte/new/cancel-midway", test_cancel_midway);
  g_test_add_func ("/matte/new/progress", test_progress);
  const int status = g_test_run ();
  p3m_model_unref (model);
  p3m_model_unref (scaled_model);
  return status;
}
