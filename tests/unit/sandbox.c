/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a process in the sandbox of p3m import can still do, and what it cannot. */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static gpointer
add_one (gpointer data)
{
  return GINT_TO_POINTER (GPOINTER_TO_INT (data) + 1);
}

static gboolean
can_start_thread (void)
{
  GThread *thread = g_thread_try_new ("adder", add_one, GINT_TO_POINTER (1), NULL);
  return thread && GPOINTER_TO_INT (g_thread_join (thread)) == 2;
}

static gboolean
can_use_files (void)
{
  g_autofree char *path = NULL;
  const int fd = g_file_open_tmp ("p3m-sandbox-XXXXXX", &path, NULL);
  if (fd < 0)
    return FALSE;
  const gboolean written = write (fd, "abc", 3) == 3 && fsync (fd) == 0;
  close (fd);
  return g_unlink (path) == 0 && written;
}

static gboolean
is_socket_refused (void)
{
  return socket (AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM
         && socket (AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM;
}

static gboolean
is_program_refused (void)
{
  return execl ("/bin/true", "true", NULL) < 0 && errno == EPERM;
}

static gboolean
is_process_refused (void)
{
  return fork () < 0 && errno == EPERM;
}

static gboolean
is_other_process_refused (void)
{
  return kill (getppid (), 0) < 0 && errno == EPERM;
}

/* Runs a check in a child, inside the sandbox. */
static void
test_inside (gconstpointer data)
{
  gboolean (*const *check) (void) = data;
  int status = 0;
  const pid_t child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (!sandbox_enter () ? 2 : (*check) () ? 1 : 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  if (WEXITSTATUS (status) == 2)
    g_test_skip ("this system cannot filter system calls");
  else
    g_assert_cmpint (WEXITSTATUS (status), ==, 1);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *name;
    gboolean (*check) (void);
  } tests[] = {
    { "/sandbox/files", can_use_files },
    { "/sandbox/thread", can_start_thread },
    { "/sandbox/no-socket", is_socket_refused },
    { "/sandbox/no-program", is_program_refused },
    { "/sandbox/no-process", is_process_refused },
    { "/sandbox/no-other-process", is_other_process_refused },
  };
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (tests[i].name, &tests[i].check, test_inside);
  return g_test_run ();
}
