# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Translations, and the one kind of error that a person reads."""
import gettext
import os

FOLDER = os.path.dirname(__file__)
_ = gettext.translation("p3m", os.path.join(FOLDER, "locale"), fallback=True).gettext


class P3mError(Exception):
    """What went wrong, in one sentence."""


class P3mCancelled(P3mError):
    """The person does not want it."""
