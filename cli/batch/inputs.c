/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The pictures that a batch is made of: named, listed, matched by a pattern, or lying in folders. */
#include "batch/inputs.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <glob.h>
#include <string.h>
#include <unistd.h>

static void
batch_input_free (gpointer data)
{
  BatchInput *input = data;
  g_free (input->path);
  g_free (input->place);
  g_free (input);
}

void
batch_inputs_clear (BatchInputs *inputs)
{
  g_clear_pointer (&inputs->inputs, g_ptr_array_unref);
  g_clear_pointer (&inputs->problems, g_ptr_array_unref);
}

/* ---- what is looked for, and where ---- */

typedef struct
{
  BatchInputs *found;
  GHashTable *paths;  /* set: absolute paths that were found, borrowed */
  char *base;         /* deepest folder that holds all operands so far, or NULL */
  gboolean is_chosen; /* whether the person chose `base` */
  GStatBuf output_status;
  gboolean output_exists;
} Search;

/* Shortens `base` to the deepest folder that holds `folder` too; both are absolute. */
static void
widen_base (Search *search, const char *folder)
{
  if (search->is_chosen)
    return;
  if (!search->base)
    {
      search->base = g_strdup (folder);
      return;
    }
  char *base = search->base;
  gsize common = 0, i = 0;
  for (; base[i] && base[i] == folder[i]; i++)
    if (base[i] == '/')
      common = i;
  if ((!base[i] || base[i] == '/') && (!folder[i] || folder[i] == '/'))
    common = i;
  base[MAX (common, 1)] = '\0';
}

/* The part of `path` below `base`, or NULL. */
static const char *
get_place (const char *path, const char *base)
{
  const gsize length = g_str_equal (base, "/") ? 0 : strlen (base);
  return strncmp (path, base, length) == 0 && path[length] == '/' ? path + length + 1 : NULL;
}

static void
add_file (Search *search, const char *path)
{
  if (g_hash_table_contains (search->paths, path))
    return;
  BatchInput *input = g_new0 (BatchInput, 1);
  input->path = g_strdup (path);
  g_ptr_array_add (search->found->inputs, input);
  g_hash_table_add (search->paths, input->path);
}

/* ---- folders ---- */

/* The folders above the one that is being read: a link to one of them leads around in a circle. */
typedef struct _Above Above;
struct _Above
{
  const Above *above;
  dev_t device;
  ino_t node;
};

static gboolean
is_above (const Above *above, const GStatBuf *status)
{
  for (; above; above = above->above)
    if (above->device == status->st_dev && above->node == status->st_ino)
      return TRUE;
  return FALSE;
}

static gboolean
is_output (const Search *search, const GStatBuf *status)
{
  return search->output_exists && status->st_dev == search->output_status.st_dev
         && status->st_ino == search->output_status.st_ino;
}

static gboolean
has_picture_name (const char *name)
{
  static const char *const suffixes[] = { ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp" };
  const char *suffix = strrchr (name, '.');
  for (gsize i = 0; suffix && i < G_N_ELEMENTS (suffixes); i++)
    if (g_ascii_strcasecmp (suffix, suffixes[i]) == 0)
      return TRUE;
  return FALSE;
}

static void
add_problem (Search *search, const char *path, const char *why)
{
  g_autofree char *name = g_filename_display_name (path);
  g_ptr_array_add (search->found->problems,
                   g_strdup_printf (_ ("“%s” cannot be read: %s."), name, why));
}

static void walk_folder (Search *search, const char *path, const GStatBuf *status,
                         const Above *above);

static void
walk_entry (Search *search, const char *path, const char *name, const Above *above)
{
  GStatBuf status;
  if (name[0] == '.')
    return;
  if (g_stat (path, &status) != 0)
    {
      if (has_picture_name (name))
        add_problem (search, path, g_strerror (errno));
      else
        search->found->passed_over++;
    }
  else if (S_ISDIR (status.st_mode))
    {
      if (!is_output (search, &status) && !is_above (above, &status))
        walk_folder (search, path, &status, above);
    }
  else if (S_ISREG (status.st_mode) && has_picture_name (name))
    add_file (search, path);
  else
    search->found->passed_over++;
}

static void
walk_folder (Search *search, const char *path, const GStatBuf *status, const Above *above)
{
  const Above here = { above, status->st_dev, status->st_ino };
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) folder = g_dir_open (path, 0, &error);
  if (!folder)
    {
      add_problem (search, path, g_strerror (errno));
      return;
    }
  for (const char *name = g_dir_read_name (folder); name; name = g_dir_read_name (folder))
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);
      walk_entry (search, entry, name, &here);
    }
}

/* ---- operands ---- */

static gboolean
refuse (GError **error, const char *format, const char *path)
{
  g_autofree char *name = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, format, name);
  return FALSE;
}

/* A file that is missing is no reason to stop: it fails when its turn comes. */
static gboolean
add_path (Search *search, const char *path, GError **error)
{
  GStatBuf status;
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  const gboolean is_folder = g_stat (absolute, &status) == 0 && S_ISDIR (status.st_mode);
  g_autofree char *folder = is_folder ? g_strdup (absolute) : g_path_get_dirname (absolute);
  if (search->is_chosen && !get_place (absolute, search->base)
      && !(is_folder && g_str_equal (absolute, search->base)))
    return refuse (error, _ ("“%s” does not lie in the folder that --base names."), path);
  widen_base (search, folder);
  if (is_folder)
    walk_folder (search, absolute, &status, NULL);
  else
    add_file (search, absolute);
  return TRUE;
}

static gboolean
add_operand (Search *search, const char *operand, GError **error)
{
  glob_t matches;
  gboolean success = TRUE;
  if (g_access (operand, F_OK) == 0 || !strpbrk (operand, "*?["))
    return add_path (search, operand, error);
  if (glob (operand, 0, NULL, &matches) != 0)
    return refuse (error, _ ("Nothing is called “%s”."), operand);
  for (gsize i = 0; success && i < matches.gl_pathc; i++)
    success = add_path (search, matches.gl_pathv[i], error);
  globfree (&matches);
  return success;
}

/* ---- lists ---- */

/* All of a file, with a NUL behind; NULL with errno. */
static GByteArray *
read_all (int file)
{
  g_autoptr (GByteArray) text = g_byte_array_new ();
  guint8 block[65536];
  gssize count = read (file, block, sizeof block);
  for (; count > 0 || (count < 0 && errno == EINTR); count = read (file, block, sizeof block))
    if (count > 0)
      g_byte_array_append (text, block, (guint) count);
  g_byte_array_append (text, (const guint8 *) "", 1);
  return count < 0 ? NULL : g_steal_pointer (&text);
}

static gboolean
add_listed (Search *search, GByteArray *text, GError **error)
{
  const char *data = (const char *) text->data;
  const gsize length = text->len - 1;
  const char separator = memchr (data, '\0', length) ? '\0' : '\n';
  for (const char *item = data; item < data + length;)
    {
      const char *end = memchr (item, separator, length - (item - data));
      g_autofree char *path = g_strndup (item, (end ? end : data + length) - item);
      if (*path && !add_path (search, path, error))
        return FALSE;
      item += strlen (path) + 1;
    }
  return TRUE;
}

static gboolean
add_list (Search *search, const char *list, GError **error)
{
  const gboolean is_stdin = g_str_equal (list, "-");
  const int file = is_stdin ? STDIN_FILENO : g_open (list, O_RDONLY | O_CLOEXEC, 0);
  g_autoptr (GByteArray) text = file < 0 ? NULL : read_all (file);
  const int code = errno;
  if (file >= 0 && !is_stdin)
    close (file);
  if (text)
    return add_listed (search, text, error);
  g_autofree char *name = g_filename_display_name (list);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), _ ("“%s” cannot be read: %s."),
               name, g_strerror (code));
  return FALSE;
}

/* ---- all of them ---- */

static gint
compare_inputs (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(BatchInput *const *) a)->path, (*(BatchInput *const *) b)->path);
}

static void
place_all (Search *search)
{
  GPtrArray *inputs = search->found->inputs;
  g_ptr_array_sort (inputs, compare_inputs);
  for (guint i = 0; i < inputs->len; i++)
    {
      BatchInput *input = g_ptr_array_index (inputs, i);
      input->place = g_strdup (get_place (input->path, search->base));
    }
}

gboolean
batch_inputs_find (BatchInputs *inputs, char **operands, const char *list, const char *base,
                   const char *output, GError **error)
{
  gboolean success = TRUE;
  Search search = { .found = inputs,
                    .paths = g_hash_table_new (g_str_hash, g_str_equal),
                    .base = base ? g_canonicalize_filename (base, NULL) : NULL,
                    .is_chosen = base != NULL };
  search.output_exists = g_stat (output, &search.output_status) == 0;
  inputs->inputs = g_ptr_array_new_with_free_func (batch_input_free);
  inputs->problems = g_ptr_array_new_with_free_func (g_free);
  for (; success && operands && *operands; operands++)
    success = add_operand (&search, *operands, error);
  if (success && list)
    success = add_list (&search, list, error);
  if (success)
    place_all (&search);
  g_hash_table_unref (search.paths);
  g_free (search.base);
  return success;
}
