/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What the tests need of a GIMP, done by gimp-2.10.c and gimp-3.c. Images and items are GIMP's ids. */
#pragma once

#include <gegl.h>

#define P3M_PROCEDURE "plug-in-p3m-matting"

typedef enum
{
  P3M_GIMP_RGB,
  P3M_GIMP_GREY,
  P3M_GIMP_INDEXED
} P3mGimpBase;

typedef enum
{
  P3M_GIMP_U8,
  P3M_GIMP_U16_LINEAR,
  P3M_GIMP_FLOAT,
  P3M_GIMP_FLOAT_LINEAR
} P3mGimpPrecision;

typedef enum
{
  P3M_GIMP_SUCCESS,
  P3M_GIMP_CANCELLED,
  P3M_GIMP_FAILED
} P3mGimpStatus;

/* An indexed image starts as RGB; p3m_gimp_image_make_indexed() converts it once it has its pixels. */
int p3m_gimp_image_new (P3mGimpBase base, P3mGimpPrecision precision, int width, int height);
void p3m_gimp_image_make_indexed (int image);
void p3m_gimp_image_delete (int image);
void p3m_gimp_image_show (int image);
void p3m_gimp_image_select (int image, int x, int y, int width, int height);
gboolean p3m_gimp_image_is_dirty (int image);
void p3m_gimp_image_clean (int image);

int p3m_gimp_layer_new (int image, gboolean alpha, int x, int y, int width, int height);
int p3m_gimp_group_new (int image, int child);
int p3m_gimp_text_new (int image, const char *text);
int p3m_gimp_channel_new (int image, int width, int height);

/* -1 = the layer has none. */
int p3m_gimp_layer_get_mask (int layer);
void p3m_gimp_layer_add_black_mask (int layer);

GeglBuffer *p3m_gimp_get_buffer (int drawable);

/* Runs the procedure on layers, ended by -1. message (transfer full): what GIMP says went wrong. */
P3mGimpStatus p3m_gimp_run (int image, const int *layers, gboolean interactive, const char *model,
                            const char *strategy, char **message);

/* Runs it with the values of the last time. */
P3mGimpStatus p3m_gimp_run_again (int image, int layer, char **message);

/* TRUE: the procedure takes more than one layer. */
gboolean p3m_gimp_takes_layers (void);

/* TRUE: GIMP itself lets no strategy through that there is not. */
gboolean p3m_gimp_has_choices (void);
