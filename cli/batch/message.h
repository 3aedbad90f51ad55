/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a batch and its workers, processes of the same program, tell each other over a socket. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* JOB: to a worker: a picture, see MESSAGE_JOB_TYPE.
 * NEED: the worker wants to run the network, for which it needs that many bytes; it waits for GO.
 * GO: whether it may; FALSE = it needs more than there will ever be.
 * FREE: the network is done and its memory given back.
 * DONE: the picture is done or failed, see MESSAGE_DONE_TYPE. */
typedef enum
{
  MESSAGE_JOB,
  MESSAGE_NEED,
  MESSAGE_GO,
  MESSAGE_FREE,
  MESSAGE_DONE
} MessageKind;

/* Number of the model; the picture; for each kind of product where it is wanted ("" = nowhere) and the name under
 * which it is written; whether files may be replaced. */
#define MESSAGE_JOB_TYPE "(u^ay^aay^aayb)"
/* What went wrong ("" = nothing); width and height, px; whether there is a person; seconds that it took; for each
 * kind of product the SHA-256 of the file, hexadecimal. */
#define MESSAGE_DONE_TYPE "(suubd^as)"

/* Takes `value` if it is floating. FALSE when the other side is gone. */
gboolean message_send (int socket, MessageKind kind, GVariant *value);

/* The next message, or NULL when the other side is gone. */
GVariant *message_receive (int socket, MessageKind *kind);

G_END_DECLS
