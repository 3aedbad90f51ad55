/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Resizes a picture of any size in one pass over its rows: down the columns first, then along rows. */
#include "matte/reader.h"

#include "kernel/team.h"
#include "memory.h"

#include <string.h>

/* Bytes of one band of R'G'B' float. */
#define BAND_BYTES ((gsize) 16 << 20)

/* Bands of whole GEGL tiles spare the host from reading a tile twice. */
#define TILE_ROWS 128

/* Floats of a row that are summed at once, so that a band's worth of them stays in the cache. */
#define STRIP 256

typedef struct _Reader Reader;

/* One of the sizes being made. New row i is summed from the old rows begin[i]..end[i]-1; neither of the
 * two falls with i, so at any time the rows done..started-1 are in the making. */
typedef struct
{
  const Reader *reader;
  const P3mInput *input;
  P3mTaps *rows, *columns;
  int *begin, *end;
  int capacity; /* rows in sums; new row i is in row i % capacity */
  int started, done;
  int from, to; /* the new rows to which the band adds something */
  float *sums;  /* [capacity][width of the picture][3] */
} Resize;

struct _Reader
{
  const P3mSource *source;
  int band_rows;
  float *band;   /* [band_rows][width of the picture][3] */
  int y, height; /* old rows that are in it */
  Resize *resizes;
  int n_resizes;
  P3mTeam *team;
};

const float p3m_reader_mean[3] = { 0.485f, 0.456f, 0.406f };
const float p3m_reader_deviation[3] = { 0.229f, 0.224f, 0.225f };

/* The new rows to which the old rows first..last-1 add something: from *from to before *to. */
static void
resize_get_touched (const Resize *self, int first, int last, int *from, int *to)
{
  while (*from < self->rows->count && self->end[*from] <= first)
    ++*from;
  while (*to < self->rows->count && self->begin[*to] < last)
    ++*to;
}

static void
resize_find_order (Resize *self)
{
  const int count = self->rows->count;
  const P3mTap *taps = self->rows->taps;
  self->begin = g_new (int, count);
  self->end = g_new (int, count);
  for (int i = 0, end = 0; i < count; i++)
    self->end[i] = end = MAX (end, taps[i].first + taps[i].count);
  for (int i = count - 1, begin = G_MAXINT; i >= 0; i--)
    self->begin[i] = begin = MIN (begin, taps[i].first);
}

static gboolean
resize_init (Resize *self, const Reader *reader, const P3mAxis *columns, const P3mAxis *rows,
             const P3mInput *input, GError **error)
{
  self->reader = reader;
  self->input = input;
  const P3mArea *area = &input->area;
  self->rows = p3m_taps_new_to_network (rows, area->y, area->height, input->height);
  self->columns = p3m_taps_new_to_network (columns, area->x, area->width, input->width);
  resize_find_order (self);
  for (int y = 0, from = 0, to = 0; y < rows->length; y += reader->band_rows)
    {
      resize_get_touched (self, y, MIN (y + reader->band_rows, rows->length), &from, &to);
      self->capacity = MAX (self->capacity, to - from);
    }
  self->sums = p3m_try_alloc (error, sizeof (float) * 3, self->capacity, columns->length);
  return self->sums != NULL;
}

static void
resize_clear (Resize *self)
{
  g_clear_pointer (&self->rows, p3m_taps_free);
  g_clear_pointer (&self->columns, p3m_taps_free);
  g_free (self->begin);
  g_free (self->end);
  g_free (self->sums);
}

static float *
resize_get_row (const Resize *self, int i)
{
  return self->sums + (gsize) (i % self->capacity) * self->reader->source->width * 3;
}

/* Adds the band to floats x..x+count-1 of new row i. */
static void
resize_add_strip (const Resize *self, int i, gsize x, int count)
{
  const Reader *reader = self->reader;
  const P3mTap *tap = &self->rows->taps[i];
  const gsize stride = (gsize) reader->source->width * 3;
  float *sums = resize_get_row (self, i) + x;
  if (i >= self->started)
    memset (sums, 0, sizeof (float) * count);
  const int last = MIN (reader->y + reader->height, tap->first + tap->count);
  for (int row = MAX (reader->y, tap->first); row < last; row++)
    {
      const float weight = tap->weights[row - tap->first];
      const float *rgb = reader->band + (row - reader->y) * stride + x;
      for (int k = 0; k < count; k++)
        sums[k] += weight * rgb[k];
    }
}

/* Resizes the `block`th of the new rows that are complete along x and writes it, normalised, to the network's
 * input. */
static void
resize_finish_row (int block, int worker G_GNUC_UNUSED, gpointer data)
{
  const Resize *self = data;
  const P3mInput *input = self->input;
  const int i = self->done + block;
  const gsize plane = (gsize) input->height * input->width;
  const float *sums = resize_get_row (self, i);
  float *values = input->values + (gsize) i * input->width;
  for (int x = 0; x < input->width; x++)
    {
      const P3mTap *tap = &self->columns->taps[x];
      const float *rgb = sums + (gsize) tap->first * 3;
      float pixel[3] = { 0.0f, 0.0f, 0.0f };
      for (int k = 0; k < tap->count; k++)
        for (int channel = 0; channel < 3; channel++)
          pixel[channel] += tap->weights[k] * rgb[3 * k + channel];
      for (int channel = 0; channel < 3; channel++)
        values[channel * plane + x]
            = (pixel[channel] - p3m_reader_mean[channel]) / p3m_reader_deviation[channel];
    }
}

static void
resize_finish_rows (Resize *self)
{
  int end = self->done;
  while (end < self->to && self->end[end] <= self->reader->y + self->reader->height)
    end++;
  p3m_team_run (self->reader->team, end - self->done, resize_finish_row, self, NULL, NULL);
  self->done = end;
  self->started = self->to;
}

/* NaN fails the first comparison and becomes 0. */
static void
clamp (float *values, gsize count)
{
  for (gsize i = 0; i < count; i++)
    {
      const float positive = values[i] > 0.0f ? values[i] : 0.0f;
      values[i] = positive < 1.0f ? positive : 1.0f;
    }
}

/* Adds the `block`th strip of the band to all sizes. */
static void
reader_add_strip (int block, int worker G_GNUC_UNUSED, gpointer data)
{
  Reader *self = data;
  const gsize length = (gsize) self->source->width * 3, x = (gsize) block * STRIP;
  const int count = MIN (STRIP, length - x);
  for (int row = 0; row < self->height; row++)
    clamp (self->band + row * length + x, count);
  for (int k = 0; k < self->n_resizes; k++)
    for (int i = self->resizes[k].from; i < self->resizes[k].to; i++)
      resize_add_strip (&self->resizes[k], i, x, count);
}

static gboolean
reader_init (Reader *self, const P3mAxis *columns, const P3mAxis *rows, const P3mInput *inputs,
             int n_inputs, int threads, GError **error)
{
  const gsize row_bytes = sizeof (float) * 3 * columns->length;
  self->band_rows = (int) CLAMP (BAND_BYTES / row_bytes, 1, (gsize) rows->length);
  if (self->band_rows > TILE_ROWS)
    self->band_rows -= self->band_rows % TILE_ROWS;
  self->band = p3m_try_alloc (error, sizeof (float) * 3, self->band_rows, columns->length);
  if (!self->band)
    return FALSE;
  self->team = p3m_team_new (threads, NULL);
  self->n_resizes = n_inputs;
  self->resizes = g_new0 (Resize, n_inputs);
  for (int i = 0; i < n_inputs; i++)
    if (!resize_init (&self->resizes[i], self, columns, rows, &inputs[i], error))
      return FALSE;
  return TRUE;
}

static void
reader_clear (Reader *self)
{
  for (int i = 0; i < self->n_resizes; i++)
    resize_clear (&self->resizes[i]);
  g_free (self->resizes);
  g_free (self->band);
  g_clear_pointer (&self->team, p3m_team_free);
}

static gboolean
reader_read_band (Reader *self, int y, int height, GError **error)
{
  const P3mSource *source = self->source;
  const P3mRectangle area = { 0, y, source->width, height };
  const int strips = ((gsize) source->width * 3 + STRIP - 1) / STRIP;
  if (!source->read (&area, self->band, source->user_data, error))
    return FALSE;
  self->y = y;
  self->height = height;
  for (int i = 0; i < self->n_resizes; i++)
    {
      Resize *resize = &self->resizes[i];
      resize->from = resize->done;
      resize->to = resize->started;
      resize_get_touched (resize, y, y + height, &resize->from, &resize->to);
    }
  p3m_team_run (self->team, strips, reader_add_strip, self, NULL, NULL);
  for (int i = 0; i < self->n_resizes; i++)
    resize_finish_rows (&self->resizes[i]);
  return TRUE;
}

/* The rows that the inputs need, from the start of a band on. */
static void
reader_find_rows (const Reader *self, int *first, int *end)
{
  *first = self->source->height;
  for (int i = 0; i < self->n_resizes; i++)
    {
      const Resize *resize = &self->resizes[i];
      *first = MIN (*first, resize->begin[0]);
      *end = MAX (*end, resize->end[resize->rows->count - 1]);
    }
  *first -= *first % self->band_rows;
}

gboolean
p3m_reader_run (const P3mSource *source, const P3mAxis *columns, const P3mAxis *rows,
                const P3mInput *inputs, int n_inputs, int threads,
                void (*progress) (double fraction, gpointer user_data), gpointer progress_data,
                GCancellable *cancellable, GError **error)
{
  Reader reader = { source };
  gboolean success = reader_init (&reader, columns, rows, inputs, n_inputs, threads, error);
  int first = 0, end = 0;
  if (success)
    reader_find_rows (&reader, &first, &end);
  for (int y = first; success && y < end; y += reader.band_rows)
    {
      const int height = MIN (reader.band_rows, source->height - y);
      success = !g_cancellable_set_error_if_cancelled (cancellable, error)
                && reader_read_band (&reader, y, height, error);
      if (success && progress)
        progress (MIN ((double) (y + height - first) / (end - first), 1.0), progress_data);
    }
  reader_clear (&reader);
  return success;
}
