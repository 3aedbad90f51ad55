/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Messages, requests and memory of every wrong kind: each is refused in words, none is believed. */
#include "message.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <gegl.h>

#include "layer.h"
#include "request.h"

#define GOOD_REQUEST                                                                               \
  "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=77\n[p3m]\noutput=trimap\n"

/* ---- messages ----------------------------------------------------------------------------- */

static GBytes *
make_message (const char *text)
{
  g_autoptr (GOutputStream) stream = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;
  p3m_message_write (stream, P3M_MESSAGE_REQUEST, text, &error);
  g_assert_no_error (error);
  g_output_stream_close (stream, NULL, NULL);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (stream));
}

static char *
read_message (const guint8 *data, gsize length, GError **error)
{
  g_autoptr (GInputStream) stream
      = g_memory_input_stream_new_from_data (g_memdup2 (data, length), (gssize) length, g_free);
  return p3m_message_read (stream, P3M_MESSAGE_REQUEST, error);
}

static void
assert_refused (const guint8 *data, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_assert_null (read_message (data, length, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA);
}

static void
test_message_returns (void)
{
  g_autofree char *long_text = g_strnfill (P3M_MESSAGE_MAX, 'x');
  const char *const texts[] = { "", "a", "Müller\nzwei", long_text };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = make_message (texts[i]);
      g_autofree char *text
          = read_message (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, texts[i]);
    }
}

/* What is too long is cut at a character. */
static void
test_message_too_long (void)
{
  g_autoptr (GString) text = g_string_new ("x");
  g_autoptr (GError) error = NULL;
  while (text->len <= P3M_MESSAGE_MAX)
    g_string_append (text, "ü");
  g_autoptr (GBytes) bytes = make_message (text->str);
  g_autofree char *received
      = read_message (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (strlen (received), ==, P3M_MESSAGE_MAX - 1);
}

static void
test_message_cut_off (void)
{
  g_autoptr (GBytes) bytes = make_message ("text");
  for (gsize length = 0; length < g_bytes_get_size (bytes); length++)
    assert_refused (g_bytes_get_data (bytes, NULL), length);
}

/* Any other value of any byte of the header is refused, but for the length, which may be less. */
static void
test_message_header (void)
{
  g_autoptr (GBytes) bytes = make_message ("text");
  for (gsize i = 0; i < 12; i++)
    for (int value = 0; value < 256; value++)
      {
        guint8 changed[16];
        memcpy (changed, g_bytes_get_data (bytes, NULL), sizeof (changed));
        const gboolean same = changed[i] == value || (i == 8 && value < changed[i]);
        changed[i] = (guint8) value;
        if (!same)
          assert_refused (changed, sizeof (changed));
      }
}

static void
test_message_no_text (void)
{
  g_autoptr (GBytes) bytes = make_message ("text");
  guint8 changed[16];
  memcpy (changed, g_bytes_get_data (bytes, NULL), sizeof (changed));
  changed[13] = 0;
  assert_refused (changed, sizeof (changed));
  changed[13] = 0xff;
  assert_refused (changed, sizeof (changed));
}

static void
test_message_noise (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  for (int round = 0; round < 2000; round++)
    {
      guint8 noise[64];
      const gsize length = (gsize) g_rand_int_range (random, 0, sizeof (noise));
      for (gsize i = 0; i < length; i++)
        noise[i] = (guint8) g_rand_int (random);
      if (length < 4 || memcmp (noise, "P3MK", 4) != 0)
        assert_refused (noise, length);
    }
}

/* ---- requests ----------------------------------------------------------------------------- */

static void
test_request (void)
{
  g_auto (P3mRequest) request = { 0 };
  g_autoptr (GError) error = NULL;
  p3m_request_parse (&request, GOOD_REQUEST, &error);
  g_assert_no_error (error);
  g_assert_cmpint (request.width, ==, 30);
  g_assert_cmpint (request.height, ==, 20);
  g_assert_cmpint (request.memory, ==, 77);
  g_assert_cmpstr (request.format->babl, ==, "R'G'B'A u8");
  g_assert_cmpint (request.settings.output, ==, P3M_OUTPUT_TRIMAP);
  g_assert_false (request.dialog || request.has_mask || request.other_layer || request.has_hint);
  const P3mMemoryLayout layout = p3m_request_get_layout (&request);
  g_assert_cmpuint (layout.existing, ==, 4096);
  g_assert_cmpuint (layout.alpha, ==, 8192);
  g_assert_cmpuint (layout.colours, ==, 12288);
  g_assert_cmpuint (layout.size, ==, 16384);
}

static void
test_request_refused (void)
{
  static const char *const texts[] = {
    "",
    "nothing",
    "[p3m]\noutput=mask\n",
    "[request]\n",
    "[request]\nwidth=0\nheight=20\nformat=rgba-u8\nmemory=3\n",
    "[request]\nwidth=-5\nheight=20\nformat=rgba-u8\nmemory=3\n",
    "[request]\nwidth=262145\nheight=20\nformat=rgba-u8\nmemory=3\n",
    "[request]\nwidth=99999999999999999999\nheight=20\nformat=rgba-u8\nmemory=3\n",
    "[request]\nwidth=30px\nheight=20\nformat=rgba-u8\nmemory=3\n",
    "[request]\nwidth=30\nformat=rgba-u8\nmemory=3\n",
    "[request]\nwidth=30\nheight=20\nformat=rgb\nmemory=3\n",
    "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=2\n",
    "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=-1\n",
    "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=3\ndialog=perhaps\n",
    "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=3\nhint=1\n",
    "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=3\nhint=1;2;3\n",
    "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=3\nhint=nan;2\n",
    "[request]\nwidth=30\nheight=20\nformat=rgba-u8\nmemory=3\nparent=4294967296\n",
    GOOD_REQUEST "strategy=guess\n",
    GOOD_REQUEST "feather=1e9\n",
  };
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_auto (P3mRequest) request = { 0 };
      g_autoptr (GError) error = NULL;
      g_assert_false (p3m_request_parse (&request, texts[i], &error));
      g_assert_nonnull (error);
      g_assert_cmpstr (error->message, !=, "");
    }
}

/* Cut anywhere or with any byte changed, a request is understood or refused in words. */
static void
test_request_noise (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (2);
  for (int round = 0; round < 5000; round++)
    {
      g_auto (P3mRequest) request = { 0 };
      g_autoptr (GError) error = NULL;
      g_autofree char *text = g_strdup (GOOD_REQUEST "people=1,2 3,4\nmodel=a\\nb\n");
      const gint32 length = (gint32) strlen (text);
      if (round % 2)
        text[g_rand_int_range (random, 0, length)] = '\0';
      for (int changes = 0; changes < 3; changes++)
        text[g_rand_int_range (random, 0, length)] = (char) g_rand_int_range (random, 1, 128);
      if (!p3m_request_parse (&request, text, &error))
        g_assert_nonnull (error);
      else
        g_assert_cmpint (request.width, >, 0);
    }
}

/* ---- memory ------------------------------------------------------------------------------- */

static int
make_memory (gsize size, int seals)
{
  const int memory = memfd_create ("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  g_assert_cmpint (ftruncate (memory, (off_t) size), ==, 0);
  g_assert_cmpint (fcntl (memory, F_ADD_SEALS, seals), ==, 0);
  return memory;
}

static P3mLayer *
open_layer (const char *size, int memory, GError **error)
{
  g_auto (P3mRequest) request = { 0 };
  g_autofree char *text
      = g_strdup_printf ("[request]\n%s\nformat=rgba-u8\nmemory=%d\n", size, memory);
  g_autoptr (GError) problem = NULL;
  p3m_request_parse (&request, text, &problem);
  g_assert_no_error (problem);
  return p3m_layer_new (&request, NULL, error);
}

static void
test_memory_refused (void)
{
  const struct
  {
    const char *size;
    int memory;
  } cases[] = { { "width=30\nheight=20", make_memory (16383, F_SEAL_SHRINK) },
                { "width=30\nheight=20", make_memory (16385, F_SEAL_SHRINK) },
                { "width=30\nheight=20", make_memory (16384, 0) },
                { "width=30\nheight=20", open ("/dev/null", O_RDWR) },
                { "width=30\nheight=20", 9999 },
                { "width=262144\nheight=262144", make_memory (16384, F_SEAL_SHRINK) } };
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_assert_null (open_layer (cases[i].size, cases[i].memory, &error));
      g_assert_nonnull (error);
      g_assert_cmpint (fcntl (cases[i].memory, F_GETFD), ==, -1);
    }
}

/* Krita's blue first is red first for the engine, and blue first again in what is made. */
static void
test_memory_order (void)
{
  const int memory = make_memory (16384, F_SEAL_SHRINK);
  guint8 *shared = mmap (NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  g_autoptr (GError) error = NULL;
  float rgb[3];
  memcpy (shared, (guint8[4]){ 10, 20, 30, 255 }, 4);
  g_autoptr (P3mLayer) layer = open_layer ("width=30\nheight=20", memory, &error);
  g_assert_no_error (error);
  const P3mSource *source = &p3m_layer_get_host (layer)->source;
  g_assert_true (source->read (&(P3mRectangle){ 0, 0, 1, 1 }, rgb, source->user_data, &error));
  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (rgb[i], (3 - i) * 10 / 255.f, 1e-5f);
  memcpy (shared + 12288, (guint8[4]){ 1, 2, 3, 4 }, 4);
  p3m_layer_finish (layer);
  g_assert_cmpmem (shared + 12288, 4, ((guint8[4]){ 3, 2, 1, 4 }), 4);
  munmap (shared, 16384);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* buffers need none of the operations, whose libraries keep what they allocate */
  g_setenv ("GEGL_PATH", "/dev/null", TRUE);
  gegl_init (NULL, NULL);
  g_test_add_func ("/message/returns", test_message_returns);
  g_test_add_func ("/message/too-long", test_message_too_long);
  g_test_add_func ("/message/cut-off", test_message_cut_off);
  g_test_add_func ("/message/header", test_message_header);
  g_test_add_func ("/message/no-text", test_message_no_text);
  g_test_add_func ("/message/noise", test_message_noise);
  g_test_add_func ("/request/good", test_request);
  g_test_add_func ("/request/refused", test_request_refused);
  g_test_add_func ("/request/noise", test_request_noise);
  g_test_add_func ("/memory/refused", test_memory_refused);
  g_test_add_func ("/memory/order", test_memory_order);
  const int status = g_test_run ();
  gegl_exit ();
  return status;
}
