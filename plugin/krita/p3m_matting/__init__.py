# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Cuts people out of photographs: Filter, Matting, P3M; for scripts: p3m_matting.cut_out()."""
from krita import Krita

from .extension import P3mExtension
from .script import cut_out

__all__ = ["cut_out"]

Krita.instance().addExtension(P3mExtension(Krita.instance()))
