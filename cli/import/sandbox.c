/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* A filter of system calls (seccomp) and a network of its own without a device in it. */
#include "sandbox.h"

#include <sched.h>
#ifdef HAVE_SECCOMP
#include <errno.h>
#include <seccomp.h>
#include <sys/ioctl.h>

/* What GLib, libzip and the C library need to read a file, to write one and to say so. */
static const int allowed[] = {
  /* files */
  SCMP_SYS (read),
  SCMP_SYS (readv),
  SCMP_SYS (pread64),
  SCMP_SYS (write),
  SCMP_SYS (writev),
  SCMP_SYS (pwrite64),
  SCMP_SYS (lseek),
  SCMP_SYS (_llseek),
  SCMP_SYS (close),
  SCMP_SYS (open),
  SCMP_SYS (openat),
  SCMP_SYS (stat),
  SCMP_SYS (fstat),
  SCMP_SYS (lstat),
  SCMP_SYS (newfstatat),
  SCMP_SYS (stat64),
  SCMP_SYS (fstat64),
  SCMP_SYS (lstat64),
  SCMP_SYS (fstatat64),
  SCMP_SYS (statx),
  SCMP_SYS (access),
  SCMP_SYS (faccessat),
  SCMP_SYS (faccessat2),
  SCMP_SYS (readlink),
  SCMP_SYS (readlinkat),
  SCMP_SYS (getcwd),
  SCMP_SYS (getdents64),
  SCMP_SYS (mkdir),
  SCMP_SYS (mkdirat),
  SCMP_SYS (rename),
  SCMP_SYS (renameat),
  SCMP_SYS (renameat2),
  SCMP_SYS (unlink),
  SCMP_SYS (unlinkat),
  SCMP_SYS (fsync),
  SCMP_SYS (fdatasync),
  SCMP_SYS (fcntl),
  SCMP_SYS (fcntl64),
  SCMP_SYS (umask),
  /* memory */
  SCMP_SYS (mmap),
  SCMP_SYS (mmap2),
  SCMP_SYS (munmap),
  SCMP_SYS (mprotect),
  SCMP_SYS (mremap),
  SCMP_SYS (madvise),
  SCMP_SYS (brk),
  SCMP_SYS (sysinfo),
  /* threads, time and signals */
  SCMP_SYS (futex),
  SCMP_SYS (set_robust_list),
  SCMP_SYS (rseq),
  SCMP_SYS (prctl),
  SCMP_SYS (sched_yield),
  SCMP_SYS (sched_getaffinity),
  SCMP_SYS (gettid),
  SCMP_SYS (getpid),
  SCMP_SYS (getuid),
  SCMP_SYS (geteuid),
  SCMP_SYS (getgid),
  SCMP_SYS (getegid),
  SCMP_SYS (clock_gettime),
  SCMP_SYS (clock_nanosleep),
  SCMP_SYS (nanosleep),
  SCMP_SYS (gettimeofday),
  SCMP_SYS (getrandom),
  SCMP_SYS (rt_sigaction),
  SCMP_SYS (rt_sigprocmask),
  SCMP_SYS (rt_sigreturn),
  SCMP_SYS (sigaltstack),
  SCMP_SYS (restart_syscall),
  SCMP_SYS (tgkill),
  SCMP_SYS (poll),
  SCMP_SYS (ppoll),
  SCMP_SYS (eventfd2),
  SCMP_SYS (exit),
  SCMP_SYS (exit_group),
};

/* Calls of a kernel that this machine has not are left out by the library. */
static gboolean
add_rules (scmp_filter_ctx filter)
{
  for (gsize i = 0; i < G_N_ELEMENTS (allowed); i++)
    if (seccomp_rule_add (filter, SCMP_ACT_ALLOW, allowed[i], 0) < 0)
      return FALSE;
  /* Threads, but no process. clone3 keeps its flags where a filter cannot see them; the C library takes
   * clone when it is told that there is no clone3. */
  return seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (clone), 1,
                           SCMP_A0 (SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD))
             == 0
         && seccomp_rule_add (filter, SCMP_ACT_ERRNO (ENOSYS), SCMP_SYS (clone3), 0) == 0
         /* whether the output is a terminal */
         && seccomp_rule_add (filter, SCMP_ACT_ALLOW, SCMP_SYS (ioctl), 1,
                              SCMP_A1 (SCMP_CMP_EQ, TCGETS))
                == 0;
}

static gboolean
filter_calls (void)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ERRNO (EPERM));
  if (!filter)
    return FALSE;
  const gboolean filtered = seccomp_attr_set (filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0
                            && add_rules (filter) && seccomp_load (filter) == 0;
  seccomp_release (filter);
  return filtered;
}
#else
static gboolean
filter_calls (void)
{
  return FALSE;
}
#endif

gboolean
sandbox_enter (void)
{
  /* Needs a privilege, or a user namespace, which a process with threads cannot take: the filter below
   * forbids sockets in any case. */
  if (unshare (CLONE_NEWNET) < 0)
    g_debug ("the network stays: unshare is not permitted");
  return filter_calls ();
}
