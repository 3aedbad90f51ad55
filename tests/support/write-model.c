/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Writes a very small model, whose weights a formula makes, to the file that is named. */
#include "formula.h"

int
main (int argc, char **argv)
{
  if (argc != 2)
    return 2;
  formula_write_model (argv[1], 8, "F32");
  return 0;
}
