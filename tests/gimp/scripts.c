/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a script of README left in P3M_TEST_FILE, against what P3M_TEST_ARGUMENTS ask the engine for. */
#include "expect.h"
#include "pictures.h"
#include "suite.h"

/* The photograph: the lowest layer. */
static int
find_photograph (int image)
{
  g_autofree int *layers = p3m_gimp_list_layers (image, -1);
  int last = 0;
  while (layers[last + 1] >= 0)
    last++;
  return layers[last];
}

static void
check_numbers (const float *stored, const float *expected, gsize length, const char *what)
{
  const float difference = p3m_largest_difference (stored, expected, length);
  p3m_check (difference <= P3M_STEP_U8, "%s is the engine's (difference %.2g)", what, difference);
}

static void
check_trimap (int image, int layer, const char *arguments)
{
  gsize length;
  g_autofree int *channels = p3m_gimp_list_channels (image);
  if (!p3m_check (channels[0] >= 0, "there is a channel"))
    return;
  g_autofree float *stored = p3m_read_as (channels[0], "Y' float", &length);
  g_autofree guint8 *trimap = p3m_expect_trimap (layer, arguments);
  g_autofree float *expected = g_new (float, length);
  for (gsize i = 0; i < length; i++)
    expected[i] = trimap[i] / 255.0f;
  check_numbers (stored, expected, length, "the trimap");
}

static void
check_new_layer (int image, int layer, const char *arguments)
{
  gsize length;
  g_autofree int *layers = p3m_gimp_list_layers (image, -1);
  const int mask = p3m_gimp_layer_get_mask (layers[0]);
  g_autofree float *expected = p3m_expect_alpha (layer, arguments, NULL);
  p3m_check (layers[0] != layer && !p3m_gimp_is_visible (layer),
             "there is a new layer above the photograph");
  g_autofree float *stored
      = mask >= 0 ? p3m_read (mask, &length) : p3m_read_as (layers[0], "A float", &length);
  check_numbers (stored, expected, length, mask >= 0 ? "its mask" : "its transparency");
}

void
p3m_scripts_run (void)
{
  const char *arguments = g_getenv ("P3M_TEST_ARGUMENTS");
  const int image = p3m_gimp_image_load (g_getenv ("P3M_TEST_FILE"));
  const int layer = find_photograph (image);
  g_autofree char *output = p3m_argument_find (arguments, "output");
  if (g_str_equal (output, "trimap"))
    check_trimap (image, layer, arguments);
  else
    check_new_layer (image, layer, arguments);
  p3m_end ();
}
