/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The shape of Winograd's tiles; fast/winograd.c says what it does with them. */
#pragma once

enum
{
  P3M_WINOGRAD_PATCH = 6, /* pixels of a patch's side: of a tile's 4 and one on each side */
  P3M_WINOGRAD_POINTS = P3M_WINOGRAD_PATCH * P3M_WINOGRAD_PATCH
};
