/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Cuts an area into bands and hands them out. */
#include "bands.h"

#include "kernel/team.h"

typedef struct
{
  P3mRectangle area;
  int unit, count;
  P3mBandFunc func;
  gpointer data;
  GError **errors; /* [count] */
} Bands;

/* Rows before band i. */
static int
find_start (const Bands *self, int i)
{
  const int units = (self->area.height + self->unit - 1) / self->unit;
  return MIN ((int) ((gint64) units * i / self->count) * self->unit, self->area.height);
}

static void
run_band (int i, int worker G_GNUC_UNUSED, gpointer data)
{
  const Bands *self = data;
  const int start = find_start (self, i), end = find_start (self, i + 1);
  const P3mRectangle band = { self->area.x, self->area.y + start, self->area.width, end - start };
  if (band.height > 0)
    self->func (&band, self->data, &self->errors[i]);
}

gboolean
p3m_bands_run (const P3mRectangle *area, int threads, int least_rows, int unit, P3mBandFunc func,
               gpointer data, GError **error)
{
  const int count = CLAMP (area->height / least_rows, 1, threads);
  g_autofree GError **errors = g_new0 (GError *, count);
  Bands self = { *area, unit, count, func, data, errors };
  g_autoptr (P3mTeam) team = p3m_team_new (count, NULL);
  p3m_team_run (team, count, run_band, &self, NULL, NULL);
  GError *first = NULL;
  for (int i = 0; i < count; i++)
    if (first)
      g_clear_error (&errors[i]);
    else
      first = errors[i];
  if (first)
    g_propagate_error (error, first);
  return !first;
}
