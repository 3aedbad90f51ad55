/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a batch and its workers, processes of the same program, tell each other over a socket. */
#include "batch/message.h"

#include <errno.h>
#include <sys/socket.h>

/* The types as GVariant stores them, by kind. */
static const char *const types[] = {
  [MESSAGE_JOB] = "(uayaayaayb)", [MESSAGE_NEED] = "(t)",       [MESSAGE_GO] = "(b)",
  [MESSAGE_FREE] = "()",          [MESSAGE_DONE] = "(suubdas)",
};

typedef struct
{
  guint32 kind;
  guint32 length; /* bytes that follow */
} Head;

static gboolean
send_all (int socket, const void *bytes, gsize count)
{
  while (count > 0)
    {
      const gssize sent = send (socket, bytes, count, MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR)
        continue;
      if (sent <= 0)
        return FALSE;
      bytes = (const char *) bytes + sent;
      count -= (gsize) sent;
    }
  return TRUE;
}

static gboolean
receive_all (int socket, void *bytes, gsize count)
{
  while (count > 0)
    {
      const gssize received = recv (socket, bytes, count, 0);
      if (received < 0 && errno == EINTR)
        continue;
      if (received <= 0)
        return FALSE;
      bytes = (char *) bytes + received;
      count -= (gsize) received;
    }
  return TRUE;
}

gboolean
message_send (int socket, MessageKind kind, GVariant *value)
{
  g_autoptr (GVariant) taken = g_variant_ref_sink (value);
  const Head head = { kind, (guint32) g_variant_get_size (taken) };
  return send_all (socket, &head, sizeof head)
         && send_all (socket, g_variant_get_data (taken), head.length);
}

GVariant *
message_receive (int socket, MessageKind *kind)
{
  Head head;
  if (!receive_all (socket, &head, sizeof head) || head.kind >= G_N_ELEMENTS (types))
    return NULL;
  g_autofree guint8 *data = g_malloc (head.length);
  if (!receive_all (socket, data, head.length))
    return NULL;
  *kind = head.kind;
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_steal_pointer (&data), head.length);
  return g_variant_ref_sink (
      g_variant_new_from_bytes (G_VARIANT_TYPE (types[*kind]), bytes, FALSE));
}
