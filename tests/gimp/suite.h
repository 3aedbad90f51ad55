/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the P3M for GIMP and Krita developers */
/* The tests themselves, the same for every GIMP. */
#pragma once

/* Runs the tests of the suite that P3M_TEST_SUITE names ("batch" or "dialog") and writes TAP to the file
 * that P3M_TEST_OUTPUT names. Called inside a plug-in of a running GIMP. */
void p3m_suite_run (void);
