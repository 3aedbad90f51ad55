/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* What a plug-in carries beside its executable: its models and its translations. */
#include "folder.h"

#include "p3m.h"

char *
p3m_folder_find (const char *name)
{
  g_autofree char *executable = g_file_read_link ("/proc/self/exe", NULL);
  if (!executable)
    return NULL;
  g_autofree char *home = g_path_get_dirname (executable);
  g_autofree char *folder = g_build_filename (home, name, NULL);
  return g_file_test (folder, G_FILE_TEST_IS_DIR) ? g_steal_pointer (&folder) : NULL;
}

void
p3m_folder_add_models (void)
{
  static const char *const names[] = { "models", "../p3m/models" };
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *models = p3m_folder_find (names[i]);
      if (models)
        p3m_models_add_folder (models);
    }
}
