/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* OpenCV's cascades of classifiers behind a C interface; no exception leaves this file. */
#include "cascade.h"

#include <glib/gi18n-lib.h>
#include <opencv2/objdetect.hpp>

struct _P3mCascade
{
  cv::CascadeClassifier classifier;
};

/* The next size is this much larger. */
static const double step = 1.1;

static void
fail (GError **error, const char *path)
{
  char *name = g_filename_display_name (path);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
               _ ("Faces cannot be looked for: “%s” is missing (Debian package opencv-data)."),
               name);
  g_free (name);
}

P3mCascade *
p3m_cascade_new (const char *path, GError **error)
{
  P3mCascade *cascade = new P3mCascade;
  try
    {
      if (g_file_test (path, G_FILE_TEST_IS_REGULAR) && cascade->classifier.load (path))
        return cascade;
    }
  catch (const std::exception &)
    {
    }
  delete cascade;
  fail (error, path);
  return NULL;
}

void
p3m_cascade_free (P3mCascade *cascade)
{
  delete cascade;
}

gboolean
p3m_cascade_find (P3mCascade *cascade, const guint8 *grey, int width, int height, int smallest,
                  int votes, GArray *faces, GError **error)
{
  try
    {
      const cv::Mat picture (height, width, CV_8UC1, const_cast<guint8 *> (grey));
      std::vector<cv::Rect> found;
      cascade->classifier.detectMultiScale (picture, found, step, votes, 0,
                                            cv::Size (smallest, smallest));
      for (const cv::Rect &one : found)
        {
          const P3mRectangle face = { one.x, one.y, one.width, one.height };
          g_array_append_val (faces, face);
        }
      return TRUE;
    }
  catch (const std::exception &exception)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _ ("OpenCV failed: %s"),
                   exception.what ());
      return FALSE;
    }
}
