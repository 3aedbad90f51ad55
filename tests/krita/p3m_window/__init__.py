# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Inside Krita's window: the menu, the dialog beside it, undo and redo, and everything that can come between."""
import os
import time
import traceback

import p3m_matting
from krita import Extension, Krita
from p3m_matting import process
from p3m_tap import FOLDER, ask, check, end, note
from PyQt5.QtCore import QByteArray, QTimer
from PyQt5.QtWidgets import QAbstractItemView, QApplication, QMessageBox

PATIENCE = 60  # seconds for each step
TICK = 100  # ms
WIDTH, HEIGHT = 160, 120
PLACE = (0, 0, WIDTH, HEIGHT)
KRITA = Krita.instance()


def paint(shift=0):
    """Colours in bands, BGRA."""
    return bytes(value for y in range(HEIGHT) for x in range(WIDTH)
                 for value in ((x * 3 + shift) % 256, (y * 5) % 256, (x * y + shift) % 256, 255))


def open_picture():
    """Opens a picture and waits until it is the one that is worked on. Returns it and its layer."""
    document = KRITA.createDocument(WIDTH, HEIGHT, "window", "RGBA", "U8", "", 72.0)
    KRITA.activeWindow().addView(document)
    layer = document.topLevelNodes()[0]
    layer.setPixelData(QByteArray(paint()), *PLACE)
    document.waitForDone()
    document.refreshProjection()
    yield lambda: KRITA.activeDocument() == document and document.activeNode()
    return document, layer


def choose(document, node):
    """Makes a node the active one, as often as Krita itself chooses another."""
    def chosen():
        document.setActiveNode(node)
        active = document.activeNode()
        return active and active.uniqueId() == node.uniqueId()
    yield chosen
    yield chosen


def trigger(name):
    KRITA.action(name).trigger()


def extension():
    """Krita's own list, extensions(), holds deleted ones in 5.3."""
    return next(one for one in KRITA.findChildren(Extension) if type(one).__name__ == "P3mExtension")


def steps_to_undo():
    """What Krita's list of undo steps holds, without the first row, that of the picture as it was opened."""
    for docker in KRITA.dockers():
        if docker.objectName() == "History":
            model = docker.findChildren(QAbstractItemView)[0].model()
            return [model.data(model.index(row, 0)) for row in range(1, model.rowCount())]
    return None


def children(node):
    return [child.type() for child in node.childNodes()]


def message_box():
    return next((box for box in QApplication.topLevelWidgets()
                 if isinstance(box, QMessageBox) and box.isVisible()), None)


def at_rest():
    return extension().run is None


def look(name):
    """Lets the driver take a picture of the screen."""
    ask(f"look {name}")
    yield lambda: os.path.exists(os.path.join(FOLDER, f"looked-{name}"))


def close(document):
    document.waitForDone()
    document.setModified(False)
    document.close()


def dismiss(words, name):
    """Waits for a message and reads it."""
    yield message_box
    box = message_box()
    note(f"{name}: {box.text()}")
    check(words in box.text(), f"{name}: it is said")
    box.close()
    yield at_rest


def undo_and_redo(name, before, after):
    """One step each way. before, after: what must hold then."""
    trigger("edit_undo")
    yield before
    check(before(), f"{name}: one step undoes it")
    yield lambda: KRITA.action("edit_redo").isEnabled()  # a moment later than the layers change
    trigger("edit_redo")
    yield after
    check(after(), f"{name}: one step does it again")


# ---- the tests, each a generator of conditions that are waited for


def test_menu():
    document, _layer = yield from open_picture()
    names = [KRITA.action(name).text().replace("&", "") for name in ("p3m_matting", "p3m_dialog", "p3m_repeat")]
    check(names == ["Matting", "P3M…", "P3M with the Last Settings"], "the menu has its entries")
    close(document)
    yield lambda: True


def test_mask():
    document, layer = yield from open_picture()
    trigger("p3m_dialog")
    yield lambda: extension().run and extension().run.process.child.state() == 2
    yield from look("dialog")
    ticks, start = 0, time.monotonic()
    while time.monotonic() < start + 2:  # somebody goes on working
        document.createNode("x", "paintlayer")
        ticks += 1
        yield lambda: True
    check(ticks >= 5 and not at_rest(), "Krita lives on while the dialog is open")
    trigger("p3m_dialog")
    yield from dismiss_second()
    ask("accept")
    yield at_rest
    yield lambda: children(layer) == ["transparencymask"]
    check(children(layer) == ["transparencymask"], "OK: the layer has a mask")
    check(steps_to_undo() == ["Add Layer"], "OK: it is one step to undo")
    alpha = bytes(layer.childNodes()[0].pixelData(*PLACE))
    check(len(set(alpha)) > 10, "OK: the mask holds an alpha")
    check(bytes(layer.pixelData(*PLACE)) == paint(), "OK: the pixels are as they were")
    check(KRITA.readSetting("p3m", "settings", "").startswith("[p3m]\n"), "OK: the settings are kept")
    yield from undo_and_redo("mask", lambda: children(layer) == [],
                             lambda: children(layer) == ["transparencymask"])
    check(bytes(layer.childNodes()[0].pixelData(*PLACE)) == alpha, "redo: the mask is the same")
    yield from look("mask")
    close(document)


def dismiss_second():
    yield message_box
    check("already" in message_box().text(), "a second dialog: it is said")
    message_box().close()


def test_moved():
    document, _background = yield from open_picture()
    layer = document.createNode("photo", "paintlayer")
    layer.setPixelData(QByteArray(paint()), *PLACE)
    document.rootNode().addChildNode(layer, None)
    yield from choose(document, layer)
    trigger("p3m_dialog")
    yield lambda: extension().run and extension().run.process.child.state() == 2
    layer.move(30, 20)
    ask("accept")
    yield at_rest
    yield lambda: children(layer) == ["transparencymask"]
    moved = bytes(layer.childNodes()[0].pixelData(30, 20, WIDTH, HEIGHT))
    straight = p3m_matting.cut_out(document, layer)
    check(moved == bytes(straight.pixelData(30, 20, WIDTH, HEIGHT)), "moved meanwhile: the mask follows")
    close(document)


def test_cancel():
    document, layer = yield from open_picture()
    for request in ("cancel", "close"):
        trigger("p3m_dialog")
        ask(request)
        yield at_rest
        check(children(layer) == [] and steps_to_undo() == [] and not message_box(),
              f"{request}: nothing is changed, nothing is said")
    close(document)


def test_killed():
    document, layer = yield from open_picture()
    trigger("p3m_dialog")
    ask("kill-dialog")
    yield from dismiss("unexpectedly", "dialog killed")
    check(children(layer) == [] and steps_to_undo() == [], "dialog killed: nothing is changed")
    close(document)


def test_missing():
    document, layer = yield from open_picture()
    program, process.PROGRAM = process.PROGRAM, "/nonexistent/p3m-dialog"
    trigger("p3m_dialog")
    yield from dismiss("cannot be started", "engine missing")
    process.PROGRAM = program
    check(children(layer) == [], "engine missing: nothing is changed")
    close(document)


def test_closed():
    document, _layer = yield from open_picture()
    trigger("p3m_dialog")
    yield lambda: extension().run and extension().run.process.child.state() == 2
    close(document)
    ask("accept")
    yield from dismiss("closed meanwhile", "picture closed")


def test_deleted():
    document, layer = yield from open_picture()
    other = document.createNode("other", "paintlayer")
    document.rootNode().addChildNode(other, None)
    yield from choose(document, layer)
    trigger("p3m_dialog")
    yield lambda: extension().run and extension().run.process.child.state() == 2
    layer.remove()
    document.waitForDone()
    ask("accept")
    yield from dismiss("deleted meanwhile", "layer deleted")
    check([node.name() for node in document.topLevelNodes()] == ["other"], "layer deleted: the rest stays")
    close(document)


def test_repeat():
    document, layer = yield from open_picture()
    KRITA.writeSetting("p3m", "settings", "[p3m]\noutput=layer-with-mask\n")
    trigger("p3m_repeat")
    yield at_rest
    yield lambda: len(document.topLevelNodes()) == 2
    check(children(document.topLevelNodes()[1]) == ["transparencymask"], "repeat: a new layer with a mask")
    check(steps_to_undo() == ["Add Layer"], "new layer: it is one step to undo")
    check(not layer.visible(), "new layer: the old one is hidden")
    yield from undo_and_redo("new layer", lambda: len(document.topLevelNodes()) == 1 and layer.visible(),
                             lambda: len(document.topLevelNodes()) == 2 and not layer.visible())
    yield from look("layer")
    close(document)


def test_selection():
    document, _layer = yield from open_picture()
    KRITA.writeSetting("p3m", "settings", "[p3m]\noutput=selection\n")
    trigger("p3m_repeat")
    yield at_rest
    yield document.selection
    check(steps_to_undo() == ["Add Layer"], "selection: it is one step to undo")
    selected = bytes(document.selection().pixelData(*PLACE))
    check(len(set(selected)) > 10, "selection: it holds an alpha")
    yield from look("selection")
    yield from undo_and_redo("selection", lambda: not document.selection(),
                             lambda: document.selection() is not None)
    check(bytes(document.selection().pixelData(*PLACE)) == selected, "redo: the selection is the same")
    close(document)


def test_animation():
    """Krita 5.1 at times crashes when pictures come and go beside an animated one: it is the last, and stays open."""
    wanted = {}
    for shift in (0, 90):
        still, layer = yield from open_picture()
        layer.setPixelData(QByteArray(paint(shift)), *PLACE)
        wanted[shift] = bytes(p3m_matting.cut_out(still, layer).pixelData(*PLACE))
        close(still)
        yield lambda: True
    document, layer = yield from open_picture()
    layer.enableAnimation()
    yield from choose(document, layer)
    document.setCurrentTime(0)
    trigger("add_duplicate_frame")
    yield lambda: layer.hasKeyframeAtTime(0)
    document.setCurrentTime(5)
    document.waitForDone()
    trigger("add_duplicate_frame")
    yield lambda: layer.hasKeyframeAtTime(5)
    layer.setPixelData(QByteArray(paint(90)), *PLACE)
    for moment, shift in ((5, 90), (0, 0)):
        document.setCurrentTime(moment)
        document.waitForDone()
        check(bytes(layer.pixelData(*PLACE)) == paint(shift), f"animation: frame {moment} is what it should be")
        found = bytes(p3m_matting.cut_out(document, layer).pixelData(*PLACE))
        check(found == wanted[shift], f"animation: the mask is of frame {moment}")
        yield lambda: True


def test_krita_killed():
    yield from open_picture()
    trigger("p3m_dialog")
    yield lambda: extension().run and extension().run.process.child.state() == 2
    end()
    ask("kill-krita")
    yield lambda: False


TESTS = [test_menu, test_mask, test_moved, test_cancel, test_killed, test_missing, test_closed, test_deleted,
         test_repeat, test_selection, test_animation, test_krita_killed]


def waiting_line(steps):
    """Where a generator, or the one that it yields from, waits."""
    while steps.gi_yieldfrom:
        steps = steps.gi_yieldfrom
    return steps.gi_frame.f_lineno


class Story(Extension):
    """Plays the tests one after another, without ever holding up Krita."""

    def setup(self):
        self.tests, self.steps, self.condition, self.deadline = list(TESTS), iter(()), None, 0
        self.timer = QTimer()
        self.timer.setInterval(TICK)
        self.timer.timeout.connect(self.tick)
        self.timer.start()

    def createActions(self, window):
        pass

    def tick(self):
        if not KRITA.activeWindow():
            return
        try:
            if self.condition and not self.condition():
                if time.monotonic() < self.deadline:
                    return
                check(False, f"{self.name}: waited in vain in line {waiting_line(self.steps)}")
                self.give_up()
            self.go_on()
        except BaseException:  # a broken test is a failed one
            note(traceback.format_exc())
            check(False, self.name)
            self.give_up()

    def give_up(self):
        self.steps = iter(())
        if message_box():
            note(message_box().text())
            message_box().close()

    def go_on(self):
        self.condition = next(self.steps, None)
        self.deadline = time.monotonic() + PATIENCE
        if not self.condition and self.tests:
            test = self.tests.pop(0)
            self.name, self.steps = test.__name__, test()


Krita.instance().addExtension(Story(Krita.instance()))
