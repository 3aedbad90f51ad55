/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The public header compiles with nothing before it, and twice. */
#include "p3m.h"
#include "p3m.h"

static void
test_domain (void)
{
  g_assert_cmpstr (g_quark_to_string (P3M_ERROR), ==, "p3m-error-quark");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/header/domain", test_domain);
  return g_test_run ();
}
