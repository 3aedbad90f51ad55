/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The refinements of what is seen, in a thread of their own: the newest wish counts, older ones are left out. */
#include "refiner.h"

#include "colours.h"
#include "half.h"

#include <math.h>
#include <string.h>
#include <glib/gi18n-lib.h>

/* What takes longer follows when nothing has been wished for in this time: the person's own colours, and the
 * whole picture. */
#define REST_US (G_USEC_PER_SEC / 5)

/* Renderings that take longer than this do not follow a slider any more: while it moves, half the size is
 * rendered, a quarter of the pixels. */
#define SLOW_US (G_USEC_PER_SEC * 30 / 1000)

/* What the thread works from: everything that can be wished for. */
typedef struct
{
  P3mMatte *matte; /* NULL = none yet */
  P3mSettings settings;
  P3mPiece pieces[P3M_PIECES]; /* no rgba = none */
} Wish;

/* The matte of the chosen people, and of whom it was made. */
typedef struct
{
  P3mMatte *matte, *from;
  P3mSettings settings;
} Chosen;

/* The colours that were found last, and of which pixels. */
typedef struct
{
  GBytes *rgba, *colours;
} Tint;

/* The piece at half its size that was made last, and of which pixels. */
typedef struct
{
  GBytes *rgba;
  P3mPiece piece; /* no rgba = there is none */
} Half;

/* What the thread does next: a piece as it must be at once, or with everything. */
typedef struct
{
  P3mPieceKind kind; /* P3M_PIECES = nothing */
  gboolean whole;
} Work;

/* Everything from `wish` to `finished` is shared by the two threads. */
struct _P3mRefiner
{
  P3mRefinedFunc done;
  gpointer user_data;
  GThread *thread;
  Chosen chosen;          /* of the thread alone */
  Tint tints[P3M_PIECES]; /* of the thread alone */
  Half half;              /* of the visible piece; of the thread alone */
  gboolean is_slow;       /* of the thread alone */

  GMutex lock;
  GCond changed;
  Wish wish;
  gboolean stale[P3M_PIECES]; /* are not what is wished for */
  gboolean
      rough[P3M_PIECES]; /* were made in a hurry: at half the size, or without their own colours */
  gboolean halved;       /* the visible piece was */
  gint64 wished_at;      /* monotonic, us */
  guint wishes;          /* how often something was wished for */
  GQueue results;        /* of P3mRefined */
  guint idle;            /* that will hand them out, 0 = none */
  gboolean finished;
};

/* ---- wishes and results ------------------------------------------------------------------- */

static void
piece_copy (P3mPiece *piece, const P3mPiece *from)
{
  *piece = from ? *from : (P3mPiece){ .rgba = NULL };
  if (piece->rgba)
    g_bytes_ref (piece->rgba);
}

static void
piece_clear (P3mPiece *piece)
{
  g_clear_pointer (&piece->rgba, g_bytes_unref);
}

static void
wish_copy (Wish *wish, const Wish *from)
{
  *wish = (Wish){ .matte = p3m_matte_ref (from->matte) };
  p3m_settings_copy (&wish->settings, &from->settings);
  for (int i = 0; i < P3M_PIECES; i++)
    piece_copy (&wish->pieces[i], &from->pieces[i]);
}

static void
wish_clear (Wish *wish)
{
  g_clear_pointer (&wish->matte, p3m_matte_unref);
  p3m_settings_clear (&wish->settings);
  for (int i = 0; i < P3M_PIECES; i++)
    piece_clear (&wish->pieces[i]);
}

static void
refined_free (P3mRefined *refined)
{
  g_clear_pointer (&refined->rgba, g_bytes_unref);
  g_clear_pointer (&refined->alpha, g_bytes_unref);
  g_clear_pointer (&refined->colours, g_bytes_unref);
  g_clear_error (&refined->error);
  g_free (refined);
}

static gboolean
hand_out (gpointer user_data)
{
  P3mRefiner *self = user_data;
  g_mutex_lock (&self->lock);
  GQueue results = self->results;
  g_queue_init (&self->results);
  self->idle = 0;
  g_mutex_unlock (&self->lock);
  for (P3mRefined *refined = g_queue_pop_head (&results); refined;
       refined = g_queue_pop_head (&results))
    {
      self->done (refined, self->user_data);
      refined_free (refined);
    }
  return G_SOURCE_REMOVE;
}

/* The lock is held. Before redrawing, which takes the newest with it. */
static void
put_result (P3mRefiner *self, P3mRefined *refined)
{
  g_queue_push_tail (&self->results, refined);
  if (!self->idle)
    self->idle = g_idle_add_full (G_PRIORITY_HIGH_IDLE, hand_out, self, NULL);
}

/* ---- the picture's own pixels --------------------------------------------------------------- */

/* The guide of a piece: its own pixels, and around it those of the whole picture. */
typedef struct
{
  const P3mPiece *piece, *whole;
} Surroundings;

static const guint8 *
find_pixel (const P3mPiece *piece, int x, int y)
{
  const int column = CLAMP (x - piece->area.x, 0, piece->area.width - 1);
  const int row = CLAMP (y - piece->area.y, 0, piece->area.height - 1);
  const guint8 *rgba = g_bytes_get_data (piece->rgba, NULL);
  return rgba + 4 * ((gsize) row * piece->area.width + column);
}

static gboolean
contains (const P3mPiece *piece, int x, int y)
{
  return x >= piece->area.x && x < piece->area.x + piece->area.width && y >= piece->area.y
         && y < piece->area.y + piece->area.height;
}

static const guint8 *
find_guide_pixel (const Surroundings *self, int x, int y)
{
  if (contains (self->piece, x, y) || !self->whole->rgba)
    return find_pixel (self->piece, x, y);
  const double scale = self->whole->scale / self->piece->scale;
  return find_pixel (self->whole, (int) (x * scale), (int) (y * scale));
}

static gboolean
read_guide (const P3mRectangle *area, float *rgb, gpointer user_data, GError **error)
{
  const Surroundings *self = user_data;
  (void) error;
  for (int y = area->y; y < area->y + area->height; y++)
    for (int x = area->x; x < area->x + area->width; x++)
      {
        const guint8 *pixel = find_guide_pixel (self, x, y);
        for (int channel = 0; channel < 3; channel++)
          *rgb++ = (float) pixel[channel] / 255;
      }
  return TRUE;
}

/* ---- rendering ------------------------------------------------------------------------------ */

static gpointer
alloc_pixels (const P3mPiece *piece, gsize size, GError **error)
{
  gpointer pixels = g_try_malloc_n ((gsize) piece->area.width * piece->area.height, size);
  if (!pixels)
    g_set_error_literal (error, P3M_ERROR, P3M_ERROR_NO_MEMORY,
                         _ ("There is not enough memory to show the result."));
  return pixels;
}

static gboolean
chooses_same (const P3mSettings *a, const P3mSettings *b)
{
  return a->keep == b->keep && a->specks == b->specks && a->holes == b->holes
         && g_str_equal (a->people, b->people);
}

static void
chosen_clear (Chosen *chosen)
{
  g_clear_pointer (&chosen->matte, p3m_matte_unref);
  g_clear_pointer (&chosen->from, p3m_matte_unref);
  p3m_settings_clear (&chosen->settings);
}

/* The matte of the chosen people; most wishes leave it as it was. */
static P3mMatte *
choose_people (P3mRefiner *self, const Wish *wish, GError **error)
{
  Chosen *chosen = &self->chosen;
  if (chosen->from == wish->matte && chooses_same (&chosen->settings, &wish->settings))
    return chosen->matte;
  g_autoptr (GArray) people = p3m_settings_get_people (&wish->settings);
  const P3mSubjects subjects = { wish->settings.keep, (const P3mPoint *) people->data,
                                 (int) people->len, wish->settings.specks, wish->settings.holes };
  P3mMatte *matte = p3m_matte_select (wish->matte, &subjects, error);
  if (!matte)
    return NULL;
  chosen_clear (chosen);
  *chosen = (Chosen){ .matte = matte, .from = p3m_matte_ref (wish->matte) };
  p3m_settings_copy (&chosen->settings, &wish->settings);
  return matte;
}

static gboolean
render_alpha (const Wish *wish, const P3mMatte *matte, const P3mGuide *guide, int width, int height,
              const P3mPiece *piece, guint8 *alpha, GError **error)
{
  const gsize count = (gsize) piece->area.width * piece->area.height;
  g_autofree float *values = alloc_pixels (piece, sizeof (float), error);
  if (!values
      || !p3m_matte_render_refined (matte, &wish->settings.refinement, guide, width, height,
                                    &piece->area, values, error))
    return FALSE;
  for (gsize i = 0; i < count; i++)
    alpha[i] = (guint8) (values[i] * 255 + 0.5f);
  return TRUE;
}

static GBytes *
render_piece (P3mRefiner *self, const Wish *wish, const P3mPiece *piece, GError **error)
{
  const Surroundings around = { piece, &wish->pieces[P3M_PIECE_WHOLE] };
  const P3mGuide guide = { read_guide, (gpointer) &around };
  const P3mMatte *matte = choose_people (self, wish, error);
  g_autofree guint8 *alpha = matte ? alloc_pixels (piece, 1, error) : NULL;
  if (!alpha)
    return NULL;
  const int width = MAX (1, (int) lround (p3m_matte_get_width (matte) * piece->scale));
  const int height = MAX (1, (int) lround (p3m_matte_get_height (matte) * piece->scale));
  const gboolean rendered
      = wish->settings.output == P3M_OUTPUT_TRIMAP
            ? p3m_matte_render_trimap (matte, &wish->settings.refinement, &guide,
                                       wish->settings.trimap_band, width, height, &piece->area,
                                       alpha, error)
            : render_alpha (wish, matte, &guide, width, height, piece, alpha, error);
  if (!rendered)
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&alpha),
                           (gsize) piece->area.width * piece->area.height);
}

static void
half_clear (Half *half)
{
  g_clear_pointer (&half->rgba, g_bytes_unref);
  piece_clear (&half->piece);
}

/* The half of the visible piece; NULL = there is none. */
static const P3mPiece *
get_half (P3mRefiner *self, const P3mPiece *visible)
{
  Half *half = &self->half;
  if (half->rgba != visible->rgba)
    {
      half_clear (half);
      half->rgba = g_bytes_ref (visible->rgba);
      p3m_half_make (visible, &half->piece);
    }
  return half->piece.rgba ? &half->piece : NULL;
}

/* NULL without an error: this piece cannot be halved. */
static GBytes *
render_half (P3mRefiner *self, const Wish *wish, GError **error)
{
  const P3mPiece *visible = &wish->pieces[P3M_PIECE_VISIBLE];
  const P3mPiece *half = get_half (self, visible);
  g_autoptr (GBytes) alpha = half ? render_piece (self, wish, half, error) : NULL;
  if (!alpha)
    return NULL;
  return p3m_half_enlarge (half, alpha, visible, wish->settings.output != P3M_OUTPUT_TRIMAP);
}

/* Learns how long a whole rendering takes. */
static GBytes *
render_whole (P3mRefiner *self, const Wish *wish, P3mPieceKind kind, GError **error)
{
  const gint64 start = g_get_monotonic_time ();
  GBytes *alpha = render_piece (self, wish, &wish->pieces[kind], error);
  if (kind == P3M_PIECE_VISIBLE)
    self->is_slow = g_get_monotonic_time () - start > SLOW_US;
  return alpha;
}

/* Only a new layer has colours of its own. */
static gboolean
wants_colours (const P3mSettings *settings)
{
  return settings->decontaminate > 0
         && (settings->output == P3M_OUTPUT_LAYER_WITH_MASK
             || settings->output == P3M_OUTPUT_CUT_OUT);
}

static void
tint_clear (Tint *tint)
{
  g_clear_pointer (&tint->rgba, g_bytes_unref);
  g_clear_pointer (&tint->colours, g_bytes_unref);
}

static gboolean
tint (P3mRefiner *self, const Wish *wish, P3mPieceKind kind, GBytes *alpha, GError **error)
{
  Tint *tint = &self->tints[kind];
  tint_clear (tint);
  tint->rgba = g_bytes_ref (wish->pieces[kind].rgba);
  tint->colours = p3m_piece_decontaminate (&wish->pieces[kind], alpha,
                                           wish->settings.decontaminate / 100, error);
  return tint->colours != NULL;
}

/* In a hurry, the colours of before are nearly right. halved: whether the alpha was made at half the size. */
static P3mRefined *
refine (P3mRefiner *self, const Wish *wish, const Work *work, gboolean *halved)
{
  P3mRefined *refined = g_new0 (P3mRefined, 1);
  const Tint *found = &self->tints[work->kind];
  const gboolean tinted = wants_colours (&wish->settings);
  refined->kind = work->kind;
  refined->rgba = g_bytes_ref (wish->pieces[work->kind].rgba);
  *halved = FALSE;
  if (!work->whole && self->is_slow && work->kind == P3M_PIECE_VISIBLE)
    *halved = (refined->alpha = render_half (self, wish, &refined->error)) != NULL;
  if (!refined->alpha && !refined->error)
    refined->alpha = render_whole (self, wish, work->kind, &refined->error);
  if (!refined->alpha || !tinted)
    return refined;
  if (work->whole && !tint (self, wish, work->kind, refined->alpha, &refined->error))
    return refined;
  if (found->colours && found->rgba == refined->rgba)
    refined->colours = g_bytes_ref (found->colours);
  return refined;
}

/* ---- the thread ----------------------------------------------------------------------------- */

/* The lock is held. */
static gboolean
has_work (const P3mRefiner *self, P3mPieceKind kind)
{
  const gboolean halved = kind == P3M_PIECE_VISIBLE && self->halved;
  return self->wish.pieces[kind].rgba
         && (self->stale[kind]
             || (self->rough[kind] && (halved || wants_colours (&self->wish.settings))));
}

/* The lock is held; waits for what has to wait. */
static Work
find_work (P3mRefiner *self)
{
  if (!self->wish.matte)
    return (Work){ P3M_PIECES, FALSE };
  if (self->wish.pieces[P3M_PIECE_VISIBLE].rgba && self->stale[P3M_PIECE_VISIBLE])
    return (Work){ P3M_PIECE_VISIBLE, FALSE };
  if (!self->wish.pieces[P3M_PIECE_VISIBLE].rgba && self->wish.pieces[P3M_PIECE_WHOLE].rgba
      && self->stale[P3M_PIECE_WHOLE])
    return (Work){ P3M_PIECE_WHOLE, FALSE };
  const gboolean visible = has_work (self, P3M_PIECE_VISIBLE);
  if (!visible && !has_work (self, P3M_PIECE_WHOLE))
    return (Work){ P3M_PIECES, FALSE };
  const gint64 due = self->wished_at + REST_US;
  if (g_get_monotonic_time () >= due)
    return (Work){ visible ? P3M_PIECE_VISIBLE : P3M_PIECE_WHOLE, TRUE };
  g_cond_wait_until (&self->changed, &self->lock, due);
  return self->finished ? (Work){ P3M_PIECES, FALSE } : find_work (self);
}

static void
do_work (P3mRefiner *self, const Work *work)
{
  Wish wish;
  wish_copy (&wish, &self->wish);
  const guint wishes = self->wishes;
  self->stale[work->kind] = FALSE;
  self->rough[work->kind] = !work->whole;
  g_mutex_unlock (&self->lock);
  gboolean halved;
  P3mRefined *refined = refine (self, &wish, work, &halved);
  wish_clear (&wish);
  g_mutex_lock (&self->lock);
  if (work->kind == P3M_PIECE_VISIBLE)
    self->halved = halved;
  refined->newest = wishes == self->wishes;
  put_result (self, refined);
}

static gpointer
work_on (gpointer user_data)
{
  P3mRefiner *self = user_data;
  g_mutex_lock (&self->lock);
  while (!self->finished)
    {
      const Work work = find_work (self);
      if (work.kind < P3M_PIECES)
        do_work (self, &work);
      else if (!self->finished)
        g_cond_wait (&self->changed, &self->lock);
    }
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* ---- for the preview ------------------------------------------------------------------------ */

P3mRefiner *
p3m_refiner_new (P3mRefinedFunc done, gpointer user_data)
{
  P3mRefiner *self = g_new0 (P3mRefiner, 1);
  self->done = done;
  self->user_data = user_data;
  p3m_settings_init (&self->wish.settings);
  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  g_queue_init (&self->results);
  self->thread = g_thread_new ("p3m-refiner", work_on, self);
  return self;
}

void
p3m_refiner_free (P3mRefiner *self)
{
  g_mutex_lock (&self->lock);
  self->finished = TRUE;
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_clear_handle_id (&self->idle, g_source_remove);
  g_queue_clear_full (&self->results, (GDestroyNotify) refined_free);
  wish_clear (&self->wish);
  chosen_clear (&self->chosen);
  for (int i = 0; i < P3M_PIECES; i++)
    tint_clear (&self->tints[i]);
  half_clear (&self->half);
  g_cond_clear (&self->changed);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The lock is held, and is let go. */
static void
wake (P3mRefiner *self)
{
  self->wishes++;
  self->wished_at = g_get_monotonic_time ();
  g_cond_signal (&self->changed);
  g_mutex_unlock (&self->lock);
}

void
p3m_refiner_set_matte (P3mRefiner *self, P3mMatte *matte)
{
  g_mutex_lock (&self->lock);
  p3m_matte_ref (matte);
  g_clear_pointer (&self->wish.matte, p3m_matte_unref);
  self->wish.matte = matte;
  self->stale[P3M_PIECE_VISIBLE] = self->stale[P3M_PIECE_WHOLE] = TRUE;
  wake (self);
}

void
p3m_refiner_set_settings (P3mRefiner *self, const P3mSettings *settings)
{
  g_mutex_lock (&self->lock);
  p3m_settings_copy (&self->wish.settings, settings);
  self->stale[P3M_PIECE_VISIBLE] = self->stale[P3M_PIECE_WHOLE] = TRUE;
  wake (self);
}

void
p3m_refiner_set_piece (P3mRefiner *self, P3mPieceKind kind, const P3mPiece *piece)
{
  g_mutex_lock (&self->lock);
  piece_clear (&self->wish.pieces[kind]);
  piece_copy (&self->wish.pieces[kind], piece);
  self->stale[kind] = TRUE;
  wake (self);
}
