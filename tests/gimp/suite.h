/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tests themselves, the same for every GIMP, and what they share. */
#pragma once

#include "gimp.h"
#include "pictures.h"
#include "settings.h"

/* Runs the tests of the suite that P3M_TEST_SUITE names ("batch", "dialog", "german", "scripts") and writes TAP to the
 * file that P3M_TEST_OUTPUT names. Called inside a plug-in of a running GIMP. */
void p3m_suite_run (void);

/* One line of TAP; returns `good`. */
gboolean p3m_check (gboolean good, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Tells the driver, which watches the output, what to do. */
void p3m_ask (const char *what);

/* Writes how many tests there were: their end. */
void p3m_end (void);

/* The value of one of "name=value;name=value" (transfer full), NULL = it is not named. */
char *p3m_argument_find (const char *arguments, const char *name);

/* Runs the procedure without its dialog on one layer. */
P3mGimpStatus p3m_run_on (int image, int layer, const char *arguments);

/* All that a person sees of an image, so that two of these texts are equal when nothing has changed. */
char *p3m_describe_image (int image);

/* The same without the pixels of layers and channels: GIMP kills a plug-in that reads those of one which an undo
 * takes away meanwhile. */
char *p3m_outline_image (int image);

/* Compares what a run with these arguments has made with what the engine makes, pixel by pixel. A new layer or
 * channel is that above the layer, or the first. existing: the mask that the layer had, NULL = it does not count. */
void p3m_output_check (const P3mPicture *picture, int image, int layer, const char *arguments,
                       const float *existing, const char *name);

void p3m_batch_run (void);
void p3m_outputs_run (void);
void p3m_kill_run (void);
void p3m_dialog_run_tests (void);
void p3m_german_run_tests (void);
void p3m_scripts_run (void);
