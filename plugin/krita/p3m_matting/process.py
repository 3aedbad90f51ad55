# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""p3m-dialog as a child process: shared memory, messages (docs/krita.md), and every way in which it can end."""
import fcntl
import mmap
import os
import stat
import struct

from PyQt5.QtCore import QObject, QProcess, pyqtSignal

from .text import FOLDER, P3mCancelled, P3mError, _

PROGRAM = os.path.join(FOLDER, "p3m-dialog")
COMMAND = os.path.join(FOLDER, "bin", "p3m")  # with which the dialog imports checkpoints
HEADER = struct.Struct("<4sHHI")
MAGIC, VERSION, LONGEST = b"P3MK", 1, 65536
REQUEST, PROGRESS, RESULT, FAILURE = range(1, 5)
PAGE = 4096


class Memory:
    """A layer's pixels and what is made of them, one after another, in memory without a name."""

    def __init__(self, count, size):
        """count: of pixels; size: of a pixel, bytes."""
        pixels, alphas = (-(-count * each // PAGE) * PAGE for each in (size, 1))
        self.pixels, self.existing = 0, pixels
        self.alpha, self.colours = pixels + alphas, pixels + 2 * alphas
        self.file = -1
        try:
            self.file = os.memfd_create("p3m", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            os.ftruncate(self.file, 2 * (pixels + alphas))
            fcntl.fcntl(self.file, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
            self.bytes = mmap.mmap(self.file, 2 * (pixels + alphas))
        except (OSError, OverflowError):
            if self.file >= 0:
                os.close(self.file)
            raise P3mError(_("There is not enough memory for this layer.")) from None

    def close(self):
        self.bytes.close()
        os.close(self.file)


def message(kind, text):
    data = text.encode()
    return HEADER.pack(MAGIC, VERSION, kind, len(data)) + data


class Reader:
    """Cuts what arrives into messages."""

    def __init__(self):
        self.rest = b""

    def feed(self, data):
        """Returns the pairs of kind and text that are complete."""
        self.rest += data
        found = []
        while len(self.rest) >= HEADER.size:
            magic, version, kind, length = HEADER.unpack_from(self.rest)
            if (magic != MAGIC or version != VERSION or not PROGRESS <= kind <= FAILURE
                    or length > LONGEST):
                raise ValueError
            end = HEADER.size + length
            if len(self.rest) < end:
                break
            found.append((kind, self.rest[HEADER.size:end].decode()))
            self.rest = self.rest[end:]
        return found


def make_executable():
    """Krita's import of plug-ins forgets that files are programs."""
    for path in (PROGRAM, COMMAND):
        try:
            mode = os.stat(path).st_mode
            if not mode & stat.S_IXUSR:
                os.chmod(path, mode | 0o111)
        except OSError:
            pass  # that it cannot be started is said then


class Process(QObject):
    """One run of p3m-dialog. Emits `ended` once; `result` is then the pair of output and settings, or
    `error` says why there is none."""

    progress = pyqtSignal(float, str)
    ended = pyqtSignal()

    def __init__(self, memory, request, settings):
        super().__init__()
        self.memory, self.reader = memory, Reader()
        self.result, self.error, self.over = None, None, False
        self.request = f"[request]\nmemory={memory.file}\n{request}\n{settings}"
        self.child = QProcess()
        self.child.setProcessChannelMode(QProcess.SeparateChannels)
        self.child.setStandardErrorFile(QProcess.nullDevice())
        self.child.readyReadStandardOutput.connect(self.read)
        self.child.errorOccurred.connect(self.on_error)
        self.child.finished.connect(self.on_finished)

    def start(self):
        make_executable()
        os.set_inheritable(self.memory.file, True)
        self.child.start(PROGRAM, [])
        os.set_inheritable(self.memory.file, False)
        self.child.write(message(REQUEST, self.request))
        self.child.closeWriteChannel()

    def cancel(self):
        self.error = self.error or P3mCancelled(_("Cancelled"))
        self.child.kill()

    def read(self):
        try:
            for kind, text in self.reader.feed(bytes(self.child.readAllStandardOutput())):
                self.take(kind, text)
        except ValueError:
            self.error = P3mError(_("P3M's dialog answers in a way that this extension does not understand: "
                                    "install both anew."))
            self.child.kill()

    def take(self, kind, text):
        head, _newline, rest = text.partition("\n")
        if kind == PROGRESS:
            self.progress.emit(float(head), rest)
        elif kind == RESULT:
            self.result = head, rest
        else:
            self.error = (P3mCancelled if head == "cancelled" else P3mError)(rest)

    def on_error(self, error):
        if error == QProcess.FailedToStart:
            self.error = P3mError(_("P3M's dialog cannot be started: {file}").format(file=PROGRAM))
            self.end()

    def on_finished(self, code, status):
        self.read()
        if not self.error and (code or status != QProcess.NormalExit or not self.result):
            self.error = P3mError(_("P3M's dialog ended unexpectedly. The picture is as it was."))
        self.end()

    def end(self):
        if not self.over:
            self.over = True
            self.ended.emit()

    def wait(self):
        """For scripts: returns when it has ended. Nothing else happens in Krita meanwhile."""
        while not self.over and self.child.state() != QProcess.NotRunning:
            self.child.waitForFinished(1000)
        if not self.over:
            self.on_error(QProcess.FailedToStart)
