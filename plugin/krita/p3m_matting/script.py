# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""For scripts, without a dialog."""
from .layer import Layer
from .process import Process


def settings_text(values):
    """The lines of p3m's settings. Underscores stand for the hyphens of their names."""
    lines = ["[p3m]"]
    for name, value in values.items():
        text = str(value).replace("\\", "\\\\").replace("\n", "\\n")
        lines.append(f"{name.replace('_', '-')}={text}")
    return "\n".join(lines)


def cut_out(document, node=None, **settings):
    """Finds the person in a paint layer, makes of it what the settings say (as in p3m matte --help) and
    returns the new node. node: None = the active layer. Raises P3mError; the picture is then as it was.

    cut_out(document, output="layer-with-mask", feather=2.5)
    """
    layer = Layer(document, node or document.activeNode())
    try:
        process = Process(layer.memory, layer.request(), settings_text(settings))
        process.start()
        process.wait()
        if process.error:
            raise process.error
        return layer.apply(process.result[0])
    finally:
        layer.close()
