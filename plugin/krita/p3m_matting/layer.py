# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""A paint layer: its pixels go into shared memory, and what was made of them becomes a part of the picture."""
import os

from krita import Krita, Selection
from PyQt5.QtCore import QByteArray

from .process import Memory
from .text import FOLDER, P3mError, _

MASK_FILE = os.path.join(FOLDER, "mask.kra")
BAND = 32 << 20  # bytes that are copied at once
SRGB, SRGB_LINEAR = "sRGB-elle-V2-srgbtrc.icc", "sRGB-elle-V2-g10.icc"
GREY, GREY_LINEAR = "Gray-D50-elle-V2-srgbtrc.icc", "Gray-D50-elle-V2-g10.icc"
ANY = ("RGBA", "F32", SRGB_LINEAR)  # holds every colour that another space has
FORMATS = {  # colour spaces that p3m-dialog understands as they are, and the bytes of a pixel
    ("RGBA", "F16", SRGB_LINEAR): ("rgba-half", 8),
    ANY: ("rgba-float", 16),
    ("GRAYA", "U8", GREY): ("grey-u8", 2),
    ("GRAYA", "U16", GREY): ("grey-u16", 4),
    ("GRAYA", "F16", GREY_LINEAR): ("grey-half", 4),
    ("GRAYA", "F32", GREY_LINEAR): ("grey-float", 8),
}
for _name in (SRGB, "sRGB built-in", "sRGB IEC61966-2.1"):
    FORMATS["RGBA", "U8", _name] = "rgba-u8", 4
    FORMATS["RGBA", "U16", _name] = "rgba-u16", 8


def bands(area, size):
    """The parts of an area, from top to bottom: y, height, offset and length in bytes."""
    x, y, width, height = area
    rows = max(1, BAND // (width * size))
    for top in range(0, height, rows):
        count = min(rows, height - top)
        yield x, y + top, width, count, top * width * size, count * width * size


def read(source, area, size, memory, offset):
    """Copies pixels of a node or a selection into memory."""
    for x, y, width, height, start, length in bands(area, size):
        memory[offset + start:offset + start + length] = bytes(source.pixelData(x, y, width, height))


def write(target, area, size, memory, offset):
    """The reverse. Krita does not say whether it worked: it is looked at."""
    for x, y, width, height, start, length in bands(area, size):
        data = memory[offset + start:offset + start + length]
        target.setPixelData(QByteArray(data), x, y, width, height)
        if bytes(target.pixelData(x, y, width, height)) != data:
            raise P3mError(_("Krita did not take what P3M made."))


class Workshop:
    """A picture that nobody sees, where nodes are made until they are complete: one step to undo later."""

    def __init__(self, area, space):
        self.x, self.y, width, height = area
        self.document = Krita.instance().createDocument(width, height, "P3M", *space, 72.0)
        if not self.document:
            raise P3mError(_("Krita cannot handle the colours of this layer here."))
        self.document.setBatchmode(True)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        self.document.waitForDone()
        self.document.close()

    def add_layer(self, name):
        node = self.document.createNode(name, "paintlayer")
        self.document.rootNode().addChildNode(node, None)
        return node

    def convert(self, node, space):
        model, _depth, profile = space
        for step in ((model, "F32", profile), space):  # at once, wide colours would be cut off on the way
            node.setColorSpace(*step)
            self.document.waitForDone()
        if (node.colorModel(), node.colorDepth(), node.colorProfile()) != space:
            raise P3mError(_("Krita cannot convert the colours of this layer."))


def make_mask(name):
    """A transparency mask that belongs to no picture yet."""
    document = Krita.instance().openDocument(MASK_FILE)
    if not document:
        raise P3mError(_("A part of P3M is missing: {file}").format(file=MASK_FILE))
    mask = document.topLevelNodes()[0].childNodes()[0].clone()
    document.close()
    mask.setName(name)
    return mask


def child_of_type(node, kind):
    return next((child for child in node.childNodes() if child.type() == kind and child.visible()), None)


class Layer:
    """A layer as it is now: `memory` holds its pixels, whatever becomes of the layer later."""

    def __init__(self, document, node):
        if node and node.type().endswith("mask"):
            node = node.parentNode()
        if not node or node.type() != "paintlayer":
            raise P3mError(_("P3M works on paint layers: choose one first."))
        document.waitForDone()
        self.document, self.node = document, node
        bounds, self.position = node.bounds(), node.position()
        if bounds.isEmpty():
            raise P3mError(_("This layer is empty."))
        self.area = bounds.x(), bounds.y(), bounds.width(), bounds.height()
        self.space = node.colorModel(), node.colorDepth(), node.colorProfile()
        self.given = self.space if self.space in FORMATS else ANY
        self.format, self.size = FORMATS[self.given]
        self.mask = child_of_type(node, "transparencymask")
        self.memory = Memory(bounds.width() * bounds.height(), self.size)
        try:
            self.read()
        except BaseException:
            self.memory.close()
            raise

    def read(self):
        if self.given == self.space:
            read(self.node, self.area, self.size, self.memory.bytes, self.memory.pixels)
        else:
            self.read_converted()
        if self.mask:
            read(self.mask, self.area, 1, self.memory.bytes, self.memory.existing)

    def read_converted(self):
        """Krita itself changes the colours of a copy: it alone has the profile."""
        with Workshop(self.area, self.space) as workshop:
            copy = workshop.add_layer("P3M")
            for x, y, width, height, _start, _length in bands(self.area, self.size):
                copy.setPixelData(self.node.pixelData(x, y, width, height), x, y, width, height)
            workshop.convert(copy, self.given)
            read(copy, self.area, self.size, self.memory.bytes, self.memory.pixels)

    def request(self):
        """The layer's part of the request to p3m-dialog."""
        _x, _y, width, height = self.area
        lines = [f"width={width}", f"height={height}", f"format={self.format}",
                 f"mask={'true' if self.mask else 'false'}"]
        selection = self.document.selection()
        if selection and selection.width() and selection.height():
            lines.append(f"hint={selection.x() + selection.width() / 2 - self.area[0]};"
                         f"{selection.y() + selection.height() / 2 - self.area[1]}")
        return "\n".join(lines)

    # ---- what is made of it

    def apply(self, output):
        """Makes what is asked. The picture changes at the end only, and stays as it is after an error."""
        if self.document not in Krita.instance().documents():
            raise P3mError(_("The picture was closed meanwhile."))
        if not self.node.parentNode():
            raise P3mError(_("The layer was deleted meanwhile. The picture is as it was."))
        moved = self.node.position() - self.position
        x, y, width, height = self.area
        self.area = x + moved.x(), y + moved.y(), width, height
        makers = {"mask": self.make_mask, "selection": self.make_selection,
                  "layer-with-mask": self.make_layer_with_mask, "cut-out": self.make_cut_out,
                  "channel": self.make_channel, "trimap": self.make_trimap}
        if output not in makers:
            raise P3mError(_("Krita has no “{output}”.").format(output=output))
        made = makers[output]()
        self.document.waitForDone()
        self.document.refreshProjection()
        return made

    def fill_alpha(self, target):
        write(target, self.area, 1, self.memory.bytes, self.memory.alpha)

    def add(self, parent, node, above=None):
        """Returns the node as the picture knows it: the one that was made elsewhere must not be used later."""
        added = parent.addChildNode(node, above)
        found = next((child for child in parent.childNodes() if child.uniqueId() == node.uniqueId()), None)
        if not added or not found:
            raise P3mError(_("Krita did not take what P3M made."))
        return found

    def make_mask(self):
        mask = make_mask(_("P3M"))
        self.fill_alpha(mask)
        if self.mask and self.mask.parentNode():
            self.mask.remove()
        return self.add(self.node, mask)

    def make_selection(self):
        """As a copy of another picture's: what a script sets directly cannot be undone."""
        selection = Selection()
        self.fill_alpha(selection)
        with Workshop(self.area, ("RGBA", "U8", SRGB)) as workshop:
            workshop.document.setSelection(selection)
            workshop.document.waitForDone()
            mask = child_of_type(workshop.document.rootNode(), "selectionmask").clone()
        root = self.document.rootNode()
        former = self.document.selection() and child_of_type(root, "selectionmask")
        if former:
            former.remove()
        return self.add(root, mask)

    def make_channel(self):
        """What Krita calls a local selection."""
        selection = Selection()
        self.fill_alpha(selection)
        mask = self.document.createSelectionMask(_("P3M"))
        mask.setSelection(selection)
        return self.add(self.node, mask)

    def add_above(self, workshop, layer):
        layer = layer.clone()
        return self.add(self.node.parentNode(), layer, self.node)

    def make_colours(self, workshop):
        layer = workshop.add_layer(_("{layer}, cut out").format(layer=self.node.name()))
        write(layer, self.area, self.size, self.memory.bytes, self.memory.colours)
        if self.given != self.space:
            workshop.convert(layer, self.space)
        return layer

    def make_layer_with_mask(self):
        with Workshop(self.area, self.given) as workshop:
            layer, mask = self.make_colours(workshop), make_mask(_("P3M"))
            self.fill_alpha(mask)
            self.add(layer, mask)
            return self.add_above(workshop, layer)

    def make_cut_out(self):
        with Workshop(self.area, self.given) as workshop:
            return self.add_above(workshop, self.make_colours(workshop))

    def make_trimap(self):
        with Workshop(self.area, ("GRAYA", "U8", GREY)) as workshop:
            layer = workshop.add_layer(_("{layer}, trimap").format(layer=self.node.name()))
            for x, y, width, height, start, length in bands(self.area, 1):
                start += self.memory.alpha
                pixels = bytearray(b"\xff") * (2 * length)
                pixels[::2] = self.memory.bytes[start:start + length]
                layer.setPixelData(QByteArray(bytes(pixels)), x, y, width, height)
            return self.add_above(workshop, layer)

    def close(self):
        self.memory.close()
