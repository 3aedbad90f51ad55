/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* Where the things are that the dialog opens or starts: beside the program, in the installation, in the PATH. */
#include "places.h"

#define COMMAND "p3m"
#define PAGE    "index.html"

/* `name` in `folder` beside the running program. */
static char *
get_beside (const char *folder, const char *name)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *home = program ? g_path_get_dirname (program) : g_strdup (".");
  return g_build_filename (home, folder, name, NULL);
}

char *
p3m_places_find_command (void)
{
  g_autofree char *beside = get_beside ("bin", COMMAND);
  if (g_file_test (beside, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&beside);
  g_autofree char *installed = g_build_filename (P3M_BIN_DIR, COMMAND, NULL);
  if (g_file_test (installed, G_FILE_TEST_IS_EXECUTABLE))
    return g_steal_pointer (&installed);
  return g_find_program_in_path (COMMAND);
}

char *
p3m_places_find_manual (void)
{
  g_autofree char *beside = get_beside ("manual", PAGE);
  if (g_file_test (beside, G_FILE_TEST_IS_REGULAR))
    return g_steal_pointer (&beside);
  g_autofree char *installed = g_build_filename (P3M_MANUAL_DIR, PAGE, NULL);
  return g_file_test (installed, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer (&installed) : NULL;
}

char *
p3m_places_get_models (void)
{
  return g_build_filename (g_get_user_data_dir (), "p3m", "models", NULL);
}
