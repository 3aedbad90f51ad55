/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The constants of Winograd's convolution; fast/winograd.c says what they are. */
#pragma once

#define A  0.625f
#define B  1.5f
#define AA (A * A)
#define BB (B * B)
#define S  (AA + BB)
#define P  (AA * BB)

enum
{
  P3M_WINOGRAD_PATCH = 6, /* pixels of a patch's side: of a tile's 4 and one on each side */
  P3M_WINOGRAD_POINTS = P3M_WINOGRAD_PATCH * P3M_WINOGRAD_PATCH
};
