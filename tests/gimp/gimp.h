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
int p3m_gimp_image_load (const char *path);
void p3m_gimp_image_make_indexed (int image);
void p3m_gimp_image_set_profile (int image, const char *icc, gsize length);
void p3m_gimp_image_delete (int image);
void p3m_gimp_image_show (int image);
void p3m_gimp_image_select (int image, int x, int y, int width, int height);
void p3m_gimp_image_select_item (int image, int item);
void p3m_gimp_image_select_none (int image);
gboolean p3m_gimp_image_is_dirty (int image);
void p3m_gimp_image_clean (int image);

/* Ended by -1, to be freed with g_free(). group: -1 = the layers that are in no group. */
int *p3m_gimp_list_layers (int image, int group);
int *p3m_gimp_list_channels (int image);

/* The drawable that holds the selection. */
int p3m_gimp_get_selection (int image);

int p3m_gimp_layer_new (int image, gboolean alpha, int x, int y, int width, int height);
int p3m_gimp_group_new (int image, int child);
int p3m_gimp_text_new (int image, const char *text);
int p3m_gimp_channel_new (int image, int width, int height);

/* A floating selection of what is selected in a layer. */
int p3m_gimp_layer_float (int image, int layer);

/* -1 = the layer has none. */
int p3m_gimp_layer_get_mask (int layer);
void p3m_gimp_layer_add_black_mask (int layer);
void p3m_gimp_layer_get_offsets (int layer, int *x, int *y);
double p3m_gimp_layer_get_opacity (int layer);

/* A layer that lets nobody touch its pixels. */
void p3m_gimp_layer_lock (int layer);

/* Multiply, and 40 percent. */
void p3m_gimp_layer_set_blending (int layer);
gboolean p3m_gimp_layer_is_multiplied (int layer);

gboolean p3m_gimp_is_group (int layer);
gboolean p3m_gimp_is_visible (int item);
char *p3m_gimp_get_name (int item); /* transfer full */
GeglBuffer *p3m_gimp_get_buffer (int drawable);

/* Runs the procedure on layers, ended by -1. arguments: see p3m_argument_find(). message (transfer full):
 * what GIMP says went wrong. */
P3mGimpStatus p3m_gimp_run (int image, const int *layers, gboolean interactive,
                            const char *arguments, char **message);

/* Runs it with the values of the last time. */
P3mGimpStatus p3m_gimp_run_again (int image, int layer, char **message);

/* The values of the last time as arguments (transfer full). */
char *p3m_gimp_get_last_values (void);

/* TRUE: the procedure takes more than one layer. */
gboolean p3m_gimp_takes_layers (void);

/* TRUE: GIMP itself lets no argument through that is out of range. */
gboolean p3m_gimp_checks_arguments (void);
