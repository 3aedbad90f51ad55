/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A process that cuts out one picture after another for a batch. */
#pragma once

#include "batch/options.h"
#include "command.h"

G_BEGIN_DECLS

/* Serves the batch at the other end of options->socket until that closes the socket. A worker is a process of
 * its own because what reads pictures may end its process, or crash, at a broken one. */
ExitStatus batch_worker_run (const BatchOptions *options);

G_END_DECLS
