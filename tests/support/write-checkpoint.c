/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Writes the weights of the very small model as torch.save does: write-checkpoint FILE [CHANNELS]. */
#include "torch.h"

#include <stdlib.h>

int
main (int argc, char **argv)
{
  if (argc < 2 || argc > 3)
    return 2;
  const TorchOptions options = { .channels = argc == 3 ? atoi (argv[2]) : 8 };
  torch_write_checkpoint (argv[1], &options);
  return 0;
}
