/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The messages between the Krita extension and p3m-dialog; docs/krita.md describes them. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define P3M_MESSAGE_VERSION 1

/* The longest text of a message, bytes. */
#define P3M_MESSAGE_MAX 65536

typedef enum
{
  P3M_MESSAGE_REQUEST = 1,
  P3M_MESSAGE_PROGRESS,
  P3M_MESSAGE_RESULT,
  P3M_MESSAGE_FAILURE
} P3mMessageKind;

/* Reads one whole message (transfer full), whose text is UTF-8 without a zero byte. NULL with
 * G_IO_ERROR_INVALID_DATA when it is of another kind or of another version than this program knows, too
 * long, cut off or no text; or with what the stream says. Never reads beyond the message. */
char *p3m_message_read (GInputStream *stream, P3mMessageKind kind, GError **error);

/* Writes one message. A text that is too long is cut off at a character. FALSE with what the stream says. */
gboolean p3m_message_write (GOutputStream *stream, P3mMessageKind kind, const char *text,
                            GError **error);

G_END_DECLS
