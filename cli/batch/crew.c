/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The workers of a batch: who has which picture in hand, and who may run the network now. */
#include "batch/crew.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "batch/message.h"

enum
{
  WORKER_SOCKET = 3,   /* the file descriptor in the worker */
  DRAW_INTERVAL = 200, /* ms */
  WORKER_PICTURES
  = 200 /* after which a worker is replaced: the libraries that read pictures keep some KB of each */
};

typedef struct _Crew Crew;

typedef struct
{
  Crew *crew;
  GSubprocess *process;
  int socket;
  BatchJob *job; /* in hand, NULL = none */
  int pictures;  /* that it did */
  guint64 lease; /* bytes that its network takes, 0 = it does not run */
} Worker;

struct _Crew
{
  GPtrArray *jobs;
  const BatchOptions *options;
  char **argv;
  BatchReport *report;
  GMainLoop *loop;
  char *token;        /* of this run, in the names of its temporary files */
  guint next;         /* the first job that was not looked at */
  GPtrArray *workers; /* of Worker that live */
  GQueue waiting;     /* of Worker that want to run the network; their need is `lease` */
  guint64 pool;       /* bytes that are not lent */
  guint64 whole_pool;
  int running; /* networks */
  int signals; /* that came */
  GError *problem;
};

static void start_worker (Crew *crew, BatchJob *job);

/* ---- temporary files ---- */

/* The name under which an output is written; it is known here, so that nothing is left behind by a worker that was
 * killed. */
static char *
make_temporary (const Crew *crew, const BatchJob *job, int kind)
{
  g_autofree char *folder = g_path_get_dirname (job->outputs[kind]);
  g_autofree char *name = g_strdup_printf (".p3m-%s-%u-%d", crew->token, job->number, kind);
  return g_build_filename (folder, name, NULL);
}

static gboolean
is_made (const BatchJob *job, int kind)
{
  return job->outputs[kind] && !job->is_kept[kind];
}

static void
remove_temporaries (const Crew *crew, const BatchJob *job)
{
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (is_made (job, kind))
      {
        g_autofree char *temporary = make_temporary (crew, job, kind);
        g_unlink (temporary);
      }
}

/* ---- jobs ---- */

/* The next job that is to be done; those that are settled by what is there already are reported. */
static BatchJob *
take_job (Crew *crew)
{
  while (crew->signals == 0 && crew->next < crew->jobs->len)
    {
      BatchJob *job = g_ptr_array_index (crew->jobs, crew->next++);
      batch_job_check_existing (job, crew->options->existing);
      if (job->state == JOB_WAITING)
        return job;
      batch_report_add (crew->report, job);
    }
  return NULL;
}

/* job: NULL tells the worker to end. */
static void
give_job (Worker *worker, BatchJob *job)
{
  const Crew *crew = worker->crew;
  char *outputs[N_PRODUCTS + 1] = { NULL }, *temporaries[N_PRODUCTS + 1] = { NULL };
  worker->job = job;
  if (!job)
    {
      shutdown (worker->socket, SHUT_WR);
      return;
    }
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      outputs[kind] = g_strdup (is_made (job, kind) ? job->outputs[kind] : "");
      temporaries[kind] = is_made (job, kind) ? make_temporary (crew, job, kind) : g_strdup ("");
    }
  /* a worker that is gone is noticed when its socket is read */
  message_send (worker->socket, MESSAGE_JOB,
                g_variant_new (MESSAGE_JOB_TYPE, job->model, job->input, outputs, temporaries,
                               crew->options->existing >= EXISTING_OVERWRITE));
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    {
      g_free (outputs[kind]);
      g_free (temporaries[kind]);
    }
}

static void
settle_job (Worker *worker, JobState state)
{
  worker->job->state = state;
  batch_report_add (worker->crew->report, worker->job);
  worker->job = NULL;
}

static void
take_result (Worker *worker, GVariant *result)
{
  BatchJob *job = worker->job;
  const char *problem;
  g_autofree const char **sums = NULL;
  g_variant_get (result, "(&suubd^a&s)", &problem, &job->width, &job->height, &job->has_person,
                 &job->seconds, &sums);
  for (int kind = 0; kind < N_PRODUCTS; kind++)
    if (is_made (job, kind))
      job->sha256[kind] = g_strdup (sums[kind]);
  job->problem = *problem ? g_strdup (problem) : NULL;
  settle_job (worker, *problem ? JOB_FAILED : JOB_DONE);
}

/* ---- the network, one worker after another as memory allows ---- */

/* The first in the queue goes first, or large pictures would wait for ever. */
static void
grant (Crew *crew)
{
  while (!g_queue_is_empty (&crew->waiting) && crew->running < crew->options->jobs)
    {
      Worker *worker = g_queue_peek_head (&crew->waiting);
      const gboolean can_ever_go = worker->lease <= crew->whole_pool;
      if (can_ever_go && worker->lease > crew->pool)
        return;
      g_queue_pop_head (&crew->waiting);
      if (can_ever_go)
        {
          crew->pool -= worker->lease;
          crew->running++;
        }
      else
        worker->lease = 0;
      message_send (worker->socket, MESSAGE_GO, g_variant_new ("(b)", can_ever_go));
    }
}

static void
give_back (Worker *worker)
{
  Crew *crew = worker->crew;
  if (!g_queue_remove (&crew->waiting, worker) && worker->lease > 0)
    {
      crew->pool += worker->lease;
      crew->running--;
    }
  worker->lease = 0;
  grant (crew);
}

/* ---- workers ---- */

static void
describe_death (const Worker *worker)
{
  BatchJob *job = worker->job;
  const int status = g_subprocess_get_if_exited (worker->process)
                         ? g_subprocess_get_exit_status (worker->process)
                         : -1;
  /* libjpeg ends the process, with status 1, at what it takes for fatal */
  if (status == 1)
    job->problem = g_strdup_printf (_ ("“%s” cannot be read: The picture is damaged."), job->name);
  else if (status >= 0)
    job->problem = g_strdup_printf (_ ("“%s”: the process that worked on it ended with status %d."),
                                    job->name, status);
  else
    job->problem
        = g_strdup_printf (_ ("“%s”: the process that worked on it was killed by signal %d."),
                           job->name, g_subprocess_get_term_sig (worker->process));
}

/* The socket is closed. The next worker takes over if there is work left. */
static void
bury (Worker *worker)
{
  Crew *crew = worker->crew;
  g_subprocess_wait (worker->process, NULL, NULL);
  give_back (worker);
  if (worker->job && crew->signals < 2)
    {
      remove_temporaries (crew, worker->job);
      describe_death (worker);
      settle_job (worker, JOB_FAILED);
    }
  BatchJob *next = take_job (crew);
  if (next)
    start_worker (crew, next);
  g_ptr_array_remove (crew->workers, worker);
  if (crew->workers->len == 0)
    g_main_loop_quit (crew->loop);
}

static gboolean
on_message (gint socket, GIOCondition condition, gpointer data)
{
  Worker *worker = data;
  MessageKind kind;
  (void) condition;
  g_autoptr (GVariant) message = message_receive (socket, &kind);
  if (!message)
    {
      bury (worker);
      return G_SOURCE_REMOVE;
    }
  if (kind == MESSAGE_NEED)
    {
      g_variant_get (message, "(t)", &worker->lease);
      g_queue_push_tail (&worker->crew->waiting, worker);
      grant (worker->crew);
    }
  else if (kind == MESSAGE_FREE)
    give_back (worker);
  else
    {
      take_result (worker, message);
      const gboolean is_spent = ++worker->pictures >= WORKER_PICTURES;
      give_job (worker, is_spent ? NULL : take_job (worker->crew));
    }
  return G_SOURCE_CONTINUE;
}

static void
worker_free (gpointer data)
{
  Worker *worker = data;
  close (worker->socket);
  g_object_unref (worker->process);
  g_free (worker);
}

static GSubprocess *
spawn (const Crew *crew, int socket, GError **error)
{
  GSubprocessFlags flags
      = crew->options->is_verbose ? G_SUBPROCESS_FLAGS_NONE : G_SUBPROCESS_FLAGS_STDERR_SILENCE;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_autofree char *program = g_file_read_link ("/proc/self/exe", error);
  if (!program)
    return NULL;
  g_autofree char *option = batch_options_format_worker (crew->options, WORKER_SOCKET);
  g_strv_builder_add_many (builder, program, "batch", option, NULL);
  g_strv_builder_addv (builder, (const char **) crew->argv + 1);
  g_auto (GStrv) argv = g_strv_builder_end (builder);
  g_subprocess_launcher_take_fd (launcher, socket, WORKER_SOCKET);
  return g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, error);
}

/* A job that finds no worker is settled by nobody: the run then ends with `problem`. */
static void
start_worker (Crew *crew, BatchJob *job)
{
  int sockets[2] = { -1, -1 };
  g_autoptr (GSubprocess) process = NULL;
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
    g_set_error_literal (crew->problem ? NULL : &crew->problem, G_IO_ERROR, G_IO_ERROR_FAILED,
                         g_strerror (errno));
  else
    process = spawn (crew, sockets[1], crew->problem ? NULL : &crew->problem);
  if (!process)
    {
      if (sockets[0] >= 0)
        close (sockets[0]);
      return;
    }
  Worker *worker = g_new0 (Worker, 1);
  worker->crew = crew;
  worker->process = g_steal_pointer (&process);
  worker->socket = sockets[0];
  g_ptr_array_add (crew->workers, worker);
  g_unix_fd_add (worker->socket, G_IO_IN | G_IO_HUP | G_IO_ERR, on_message, worker);
  give_job (worker, job);
}

/* ---- the whole run ---- */

static void
end_at_once (Crew *crew)
{
  for (guint i = 0; i < crew->workers->len; i++)
    {
      Worker *worker = g_ptr_array_index (crew->workers, i);
      g_subprocess_force_exit (worker->process);
      g_subprocess_wait (worker->process, NULL, NULL);
      if (worker->job)
        remove_temporaries (crew, worker->job);
    }
  g_main_loop_quit (crew->loop);
}

static gboolean
on_signal (gpointer data)
{
  Crew *crew = data;
  crew->signals++;
  if (crew->signals == 1)
    batch_report_say (crew->report,
                      _ ("Interrupted: the pictures in hand are being finished. Once more "
                         "to stop at once."));
  else
    end_at_once (crew);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_draw (gpointer data)
{
  Crew *crew = data;
  batch_report_draw (crew->report);
  return G_SOURCE_CONTINUE;
}

gboolean
batch_crew_run (GPtrArray *jobs, const BatchOptions *options, guint64 pool, char **argv,
                BatchReport *report, GError **error)
{
  Crew crew = { .jobs = jobs,
                .options = options,
                .argv = argv,
                .report = report,
                .loop = g_main_loop_new (NULL, FALSE),
                .token = g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ()),
                .workers = g_ptr_array_new_with_free_func (worker_free),
                .waiting = G_QUEUE_INIT,
                .pool = pool,
                .whole_pool = pool };
  const int signals[] = { SIGINT, SIGTERM, SIGHUP };
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    g_unix_signal_add (signals[i], on_signal, &crew);
  g_timeout_add (DRAW_INTERVAL, on_draw, &crew);
  /* while the networks run, one more picture is read or written */
  for (int i = 0; i <= options->jobs; i++)
    {
      BatchJob *job = take_job (&crew);
      if (job)
        start_worker (&crew, job);
    }
  if (crew.workers->len > 0)
    g_main_loop_run (crew.loop);
  g_ptr_array_unref (crew.workers);
  g_queue_clear (&crew.waiting);
  g_main_loop_unref (crew.loop);
  g_free (crew.token);
  if (crew.problem)
    {
      g_propagate_error (error, crew.problem);
      return FALSE;
    }
  return crew.signals < 2 && crew.next >= jobs->len;
}
