/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* write-model FILE [CHANNELS DTYPE]: writes a model, whose weights a formula makes; a very small one
 * unless told otherwise. */
#include "formula.h"

#include <stdlib.h>

int
main (int argc, char **argv)
{
  if (argc != 2 && argc != 4)
    return 2;
  formula_write_model (argv[1], argc == 4 ? atoi (argv[2]) : 8, argc == 4 ? argv[3] : "F32");
  return 0;
}
