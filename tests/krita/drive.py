#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Runs the tests inside a real Krita with a throw-away profile and passes their TAP on.

drive.py batch|dialog EXTENSION ENTRY P3M-DIALOG MASK ALPHA MODEL
"""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "gimp"))
import run as desktop

LIMIT = 600  # seconds for the whole suite


def make_profile(folder, suite, extension, entry, dialog, mask):
    place = folder / "data" / "krita" / "pykrita"
    place.mkdir(parents=True)
    shutil.copytree(extension, place / "p3m_matting")
    shutil.copy2(entry, place)
    for path in (dialog, mask):
        shutil.copy2(path, place / "p3m_matting")
    enabled = ["p3m_matting"]
    if suite == "dialog":
        shutil.copytree(HERE / "p3m_window", place / "p3m_window")
        shutil.copy2(HERE / "p3m_window.desktop", place)
        enabled.append("p3m_window")
    config = folder / "config"
    config.mkdir()
    (config / "kritarc").write_text("[python]\n" + "".join(f"enable_{name}=true\n" for name in enabled))
    return place / "p3m_matting" / "p3m-dialog"


def make_environment(folder, alpha, model):
    environment = dict(os.environ)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    for name in ("cache", "runtime", "home"):
        (folder / name).mkdir(mode=0o700)
    # Krita's Python is that of the system, whichever one runs this.
    environment["PATH"] = "/usr/bin:/bin:" + environment["PATH"]
    environment.update(HOME=str(folder / "home"), XDG_CONFIG_HOME=str(folder / "config"),
                       XDG_DATA_HOME=str(folder / "data"), XDG_CACHE_HOME=str(folder / "cache"),
                       XDG_RUNTIME_DIR=str(folder / "runtime"), PYTHONPATH=str(HERE),
                       PYTHONDONTWRITEBYTECODE="1", P3M_MODEL=model, P3M_TEST_ALPHA=alpha,
                       P3M_TEST_OUTPUT=str(folder / "output.tap"), LIBGL_ALWAYS_SOFTWARE="1",
                       GSETTINGS_BACKEND="memory", NO_AT_BRIDGE="1", LC_ALL="C.UTF-8", LANGUAGE="en",
                       # only babl's reference: what it takes by measured speed can differ between the two
                       # processes that are compared
                       BABL_TOLERANCE="0.0")
    return environment


class Driver(desktop.Driver):
    """As for GIMP, with what the tests in Krita ask for."""

    def handle(self, line):
        if line.startswith("# ") and not line.startswith("# please "):
            print(line, end="", flush=True)
        return super().handle(line)

    def obey(self, request):
        actions = {
            "accept": lambda: self.press(self.title, "Return", 0.5),
            "cancel": lambda: self.press(self.title, "Escape", 0.5),
            "close": lambda: self.press(self.title, "alt+F4", 0.5),
            "kill-dialog": self.kill_dialog,
            "kill-krita": self.kill_krita,
            "look": self.look,
        }
        name, _space, argument = request.partition(" ")
        actions[name](*([argument] if argument else []))

    def kill_dialog(self):
        self.wait_for(self.title)
        for process in desktop.processes_of(self.plug_in):
            os.kill(process, signal.SIGKILL)

    def kill_krita(self):
        self.wait_for(self.title)
        for process in desktop.processes_of(self.plug_in):
            os.kill(desktop.parent_of(process), signal.SIGKILL)
        end = time.monotonic() + 10
        while desktop.processes_of(self.plug_in) and time.monotonic() < end:
            time.sleep(0.2)
        self.report(not desktop.processes_of(self.plug_in), "the dialog ends when Krita dies")

    def look(self, name):
        """Takes a picture of the screen, for people, when the environment says where to."""
        folder = os.environ.get("P3M_TEST_SCREENSHOTS")
        if folder:
            if name == "dialog":
                self.wait_for(self.title)
            time.sleep(3)  # until everything is drawn
            subprocess.run(["import", "-window", "root", os.path.join(folder, f"krita-{name}.png")],
                           env=self.screen.environment, check=False)
        (self.path.parent / f"looked-{name}").touch()


def start(suite, environment, log):
    if suite == "batch":
        command = [desktop.find(["kritarunner"]), "-s", "p3m_batch"]
        environment["QT_QPA_PLATFORM"] = "offscreen"
    else:
        command = ["dbus-run-session", "--", desktop.find(["krita"]), "--nosplash"]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                            start_new_session=True)


def main():
    suite, extension, entry, dialog, mask, alpha, model = sys.argv[1:]
    desktop.GIMP_LIMIT = LIMIT
    with tempfile.TemporaryDirectory(prefix="p3m-krita-", ignore_cleanup_errors=True) as name:
        folder = pathlib.Path(name)
        program = make_profile(folder, suite, extension, entry, dialog, mask)
        environment = make_environment(folder, os.path.abspath(alpha), os.path.abspath(model))
        log_path = folder / "log"
        display = desktop.Screen(environment) if suite == "dialog" else contextlib.nullcontext()
        with display as screen, log_path.open("w") as log:
            driver = Driver(screen, program, folder / "output.tap", desktop.TITLE)
            with desktop.ending(start(suite, environment, log)) as krita:
                ended = driver.follow(krita)
        driver.report(ended, f"Krita ran the {suite} suite to its end")
        driver.report(not desktop.processes_of(program), "no process is left")
        print(f"1..{driver.count}", flush=True)
        if driver.failed:
            sys.stderr.write(log_path.read_text(errors="replace"))
        sys.exit(driver.failed)


if __name__ == "__main__":
    main()
