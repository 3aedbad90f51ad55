# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""The menu Filter, Matting, and one run from the choice to the result."""
from krita import Extension, Krita
from PyQt5.QtCore import QObject, Qt, QTimer
from PyQt5.QtGui import QGuiApplication, QPalette
from PyQt5.QtWidgets import QMenu, QMessageBox, QProgressDialog

from .layer import Layer
from .process import Process
from .text import P3mCancelled, P3mError, _


def recall():
    """The settings of the last run that was wanted, as text."""
    text = Krita.instance().readSetting("p3m", "settings", "")
    return text if text.startswith("[p3m]\n") else "[p3m]\n"


def window_lines(window):
    """What the dialog must know of Krita's window."""
    dark = window.palette().color(QPalette.Window).lightness() < 128
    lines = ["dialog=true", f"dark={'true' if dark else 'false'}"]
    if QGuiApplication.platformName() == "xcb":
        lines.append(f"parent={int(window.winId())}")
    return "\n".join(lines)


class Stand:
    """A layer that is hidden for as long as the one made of it is in the picture: undoing must bring back
    both, and Krita's scripts cannot join two steps."""

    def __init__(self, document, source, made):
        self.document, self.source, self.made, self.there = document, source, made, True
        self.source.setVisible(False)
        document.refreshProjection()

    def is_open(self):
        return self.document in Krita.instance().documents()

    def follow(self):
        self.document.waitForDone()
        if bool(self.made.parentNode()) != self.there:
            self.there = not self.there
            self.source.setVisible(not self.there)
            self.document.refreshProjection()


class Run(QObject):
    """One layer on its way through p3m-dialog."""

    def __init__(self, window, with_dialog, last_layer):
        super().__init__()
        self.window, self.bar = window, None
        document = Krita.instance().activeDocument()
        if not document:
            raise P3mError(_("There is no picture: open one first."))
        self.layer = Layer(document, document.activeNode())
        self.identity = self.layer.node.uniqueId()
        other = "false" if self.identity == last_layer else "true"
        request = f"{self.layer.request()}\nother-layer={other}"
        if with_dialog:
            request += "\n" + window_lines(window)
        self.process = Process(self.layer.memory, request, recall())
        if not with_dialog:
            self.show_progress()

    def show_progress(self):
        self.bar = QProgressDialog(_("P3M Matting"), _("Cancel"), 0, 1000, self.window)
        self.bar.setWindowTitle(_("P3M Matting"))
        self.bar.setAutoReset(False)
        self.bar.setMinimumDuration(500)
        self.bar.canceled.connect(self.process.cancel)
        self.process.progress.connect(self.on_progress)

    def on_progress(self, fraction, stage):
        self.bar.setLabelText(stage)
        self.bar.setValue(int(1000 * fraction))

    def finish(self):
        """Puts the result into the picture. Returns the Stand of a layer that gave way to a new one, or None.
        Raises P3mError."""
        try:
            if self.process.error:
                raise self.process.error
            output, settings = self.process.result
            made = self.layer.apply(output)
            Krita.instance().writeSetting("p3m", "settings", settings)
            if output in ("layer-with-mask", "cut-out"):
                return Stand(self.layer.document, self.layer.node, made)
            return None
        finally:
            if self.bar:
                self.bar.close()
                self.bar.deleteLater()
            self.layer.close()


class P3mExtension(Extension):
    """What Krita knows of P3M."""

    def __init__(self, parent):
        super().__init__(parent)
        self.run, self.last_layer, self.stands, self.watched = None, None, [], []

    def setup(self):
        pass

    def createActions(self, window):
        menu_action = window.createAction("p3m_matting", _("Matting"), "filter")
        menu = QMenu("p3m_matting", window.qwindow())
        menu_action.setMenu(menu)
        for name, label, with_dialog in (("p3m_dialog", _("P3M…"), True),
                                         ("p3m_repeat", _("P3M with the Last Settings"), False)):
            action = window.createAction(name, label, "filter/p3m_matting")
            action.triggered.connect(lambda _checked, with_dialog=with_dialog: self.begin(with_dialog))

    def begin(self, with_dialog):
        try:
            if self.run:
                raise P3mError(_("P3M is at work already: finish that first."))
            self.run = Run(Krita.instance().activeWindow().qwindow(), with_dialog, self.last_layer)
        except P3mError as error:
            self.complain(error)
            return
        self.run.process.ended.connect(self.end, Qt.QueuedConnection)  # which ends the life of the process object
        self.run.process.start()

    def end(self):
        try:
            self.watch(self.run.finish())
            self.last_layer = self.run.identity
        except P3mCancelled:
            pass
        except P3mError as error:
            self.complain(error)
        finally:
            self.run = None

    def watch(self, stand):
        """Each window has its own actions."""
        if not stand:
            return
        self.stands.append(stand)
        for name in ("edit_undo", "edit_redo"):
            action = Krita.instance().action(name)
            if action not in self.watched:
                self.watched.append(action)
                action.triggered.connect(lambda: QTimer.singleShot(100, self.follow))

    def follow(self):
        """Something was undone or redone."""
        self.stands = [stand for stand in self.stands if stand.is_open()]
        for stand in self.stands:
            stand.follow()

    def complain(self, error):
        window = Krita.instance().activeWindow()
        box = QMessageBox(QMessageBox.Warning, "P3M", str(error), QMessageBox.Ok,
                          window and window.qwindow())
        box.setAttribute(Qt.WA_DeleteOnClose)
        box.open()
