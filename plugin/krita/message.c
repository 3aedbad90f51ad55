/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The messages between the Krita extension and p3m-dialog; docs/krita.md describes them. */
#include "message.h"

#include <string.h>
#include <glib/gi18n-lib.h>

static const char magic[4] = { 'P', '3', 'M', 'K' };

/* As it is sent, all numbers little-endian. length: of the text that follows, bytes. */
typedef struct
{
  char magic[4];
  guint16 version, kind;
  guint32 length;
} Header;

G_STATIC_ASSERT (sizeof (Header) == 12);

static gboolean
header_check (const Header *header, P3mMessageKind kind, GError **error)
{
  const char *problem = NULL;
  if (memcmp (header->magic, magic, sizeof (magic)) != 0)
    problem = _ ("This is not a message of P3M.");
  else if (GUINT16_FROM_LE (header->version) != P3M_MESSAGE_VERSION)
    problem = _ ("The P3M extension and its dialog are of different versions: install both anew.");
  else if (GUINT16_FROM_LE (header->kind) != kind)
    problem = _ ("This message of P3M comes at the wrong time.");
  else if (GUINT32_FROM_LE (header->length) > P3M_MESSAGE_MAX)
    problem = _ ("This message of P3M is too long.");
  if (problem)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, problem);
  return !problem;
}

static gboolean
read_whole (GInputStream *stream, gpointer data, gsize size, GError **error)
{
  gsize count;
  if (!g_input_stream_read_all (stream, data, size, &count, NULL, error))
    return FALSE;
  if (count < size)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                         _ ("This message of P3M is cut off."));
  return count == size;
}

char *
p3m_message_read (GInputStream *stream, P3mMessageKind kind, GError **error)
{
  Header header;
  if (!read_whole (stream, &header, sizeof (header), error) || !header_check (&header, kind, error))
    return NULL;
  const gsize length = GUINT32_FROM_LE (header.length);
  g_autofree char *text = g_malloc0 (length + 1);
  if (!read_whole (stream, text, length, error))
    return NULL;
  if (!g_utf8_validate_len (text, length, NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                           _ ("This message of P3M is not text."));
      return NULL;
    }
  return g_steal_pointer (&text);
}

gboolean
p3m_message_write (GOutputStream *stream, P3mMessageKind kind, const char *text, GError **error)
{
  gsize length = strlen (text);
  if (length > P3M_MESSAGE_MAX)
    length = (gsize) (g_utf8_find_prev_char (text, text + P3M_MESSAGE_MAX + 1) - text);
  Header header = { .version = GUINT16_TO_LE (P3M_MESSAGE_VERSION),
                    .kind = GUINT16_TO_LE ((guint16) kind),
                    .length = GUINT32_TO_LE ((guint32) length) };
  memcpy (header.magic, magic, sizeof (magic));
  return g_output_stream_write_all (stream, &header, sizeof (header), NULL, NULL, error)
         && g_output_stream_write_all (stream, text, length, NULL, NULL, error);
}
