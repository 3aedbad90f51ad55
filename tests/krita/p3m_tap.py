# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""What the tests inside Krita share: results as lines in a file, and requests to the driver."""
import os
import traceback

OUTPUT = open(os.environ["P3M_TEST_OUTPUT"], "a", buffering=1, encoding="utf-8")
FOLDER = os.path.dirname(os.environ["P3M_TEST_OUTPUT"])


def check(good, name):
    OUTPUT.write(f"{'ok' if good else 'not ok'} - {name}\n")
    return good


def note(text):
    for line in text.splitlines():
        OUTPUT.write(f"# {line}\n")


def ask(what):
    """Tells the driver, which watches the file, what to do."""
    OUTPUT.write(f"# please {what}\n")


def end():
    OUTPUT.write("1..\n")


def guarded(name, function, *arguments):
    """Runs a part of the tests; an exception is a failed test."""
    try:
        function(*arguments)
    except BaseException:  # also what Krita raises
        note(traceback.format_exc())
        check(False, name)
