#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Runs the tests inside a real GIMP with a throw-away profile and passes their TAP on.

run.py 2.10|3 batch|dialog|scripts|german PLUG-IN TEST-PLUG-IN MODEL
"""
import contextlib
import gettext
import io
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

try:
    import numpy
    from PIL import Image
except ImportError as error:
    print(f"1..0 # SKIP {error}")
    sys.exit(0)

PATIENCE = 60  # seconds for a window to come or go
GIMP_LIMIT = 500  # seconds for the whole suite

BATCH = {
    "2.10": (["gimp-console-2.10", "gimp-console"], ["-i"],
             ["-b", "(plug-in-p3m-test RUN-NONINTERACTIVE)", "-b", "(gimp-quit 1)"]),
    "3": (["gimp-console-3.0", "gimp-console-3.2", "gimp-console"], ["--quit"],
          ["--batch-interpreter=plug-in-script-fu-eval", "-b", "(plug-in-p3m-test)"]),
}
DIALOG = {
    "2.10": (["gimp-2.10", "gimp"], [], ["-b", "(plug-in-p3m-test RUN-NONINTERACTIVE)"]),
    "3": (["gimp-3.0", "gimp-3.2", "gimp"], [],
          ["--batch-interpreter=plug-in-script-fu-eval", "-b", "(plug-in-p3m-test)"]),
}

SOURCE = pathlib.Path(__file__).resolve().parents[2]
# The suites for which GIMP is on a screen, and the language it speaks there.
SCREENS = {"dialog": "en", "german": "de"}
TITLE = "P3M Matting"
# README's scripts for each GIMP, by the words before them, and what they ask for.
SCRIPTS = {
    "2.10": [("GIMP 2.10 wants every argument:", "output=layer-with-mask")],
    "3": [("in Script-Fu:", "output=cut-out;shift-edge=-10"),
          ("and in Python:", "output=trimap;trimap-band=4")],
}


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def find(names):
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    skip(f"{names[-1]} is not installed")


def make_profile(folder, version, plug_in, test):
    profile = folder / "profile"
    for source, name in ((plug_in, "p3m"), (test, "p3m-test")):
        place = profile / "plug-ins" / name
        place.mkdir(parents=True)
        shutil.copy2(source, place / name)
    if version == "3":
        (profile / "gimprc").write_text("(show-welcome-dialog no)\n(check-updates no)\n")
    return profile


def add_catalog(profile, language):
    """The catalogue beside the plug-in, where it looks first; returns how to translate."""
    place = profile / "plug-ins" / "p3m" / "locale"
    messages = place / language / "LC_MESSAGES"
    messages.mkdir(parents=True)
    subprocess.run([find(["msgfmt"]), SOURCE / "po" / f"{language}.po", "-o", messages / "p3m.mo"], check=True)
    return gettext.translation("p3m", place, [language]).gettext


def make_locale(folder, language):
    """A real one, as a person has: LANGUAGE counts for nothing in C.UTF-8. Returns what the environment must say."""
    name = f"{language}_{language.upper()}"
    places = folder / "locales"
    places.mkdir()
    made = subprocess.run([find(["localedef"]), "-i", name, "-f", "UTF-8", places / f"{name}.UTF-8"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if made.returncode:
        skip(f"there is no locale {name}: {made.stdout.strip()}")
    return {"LANGUAGE": language, "LC_ALL": f"{name}.UTF-8", "LOCPATH": str(places)}


def make_environment(folder, profile, suite, model):
    environment = dict(os.environ)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        environment[name] = str(folder / name.lower())
        pathlib.Path(environment[name]).mkdir()
    environment.update(GIMP2_DIRECTORY=str(profile), GIMP3_DIRECTORY=str(profile),
                       P3M_MODEL=str(model), P3M_TEST_SUITE=suite,
                       P3M_TEST_OUTPUT=str(folder / "output.tap"),
                       GDK_BACKEND="x11", GSETTINGS_BACKEND="memory", NO_AT_BRIDGE="1",
                       LC_ALL="C.UTF-8", LANGUAGE="en")
    return environment


class Screen:
    """An X server of our own with a window manager."""

    def __init__(self, environment):
        for tool in ("Xvfb", "openbox", "xdotool", "import", "dbus-run-session"):
            find([tool])
        reading, writing = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"],
            pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        environment["DISPLAY"] = ":" + os.read(reading, 16).decode().strip()
        self.environment = environment
        self.manager = subprocess.Popen(["openbox"], env=environment, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def tell(self, *arguments):
        try:
            return subprocess.run(["xdotool", *arguments], env=self.environment, text=True, timeout=20,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.split()
        except subprocess.TimeoutExpired:  # --sync waits for ever when a window has gone meanwhile
            return []

    def windows(self, title):
        return self.tell("search", "--onlyvisible", "--name", title)

    def look(self, window):
        """What a window shows, [height][width], grey."""
        shot = subprocess.run(["import", "-window", window, "png:-"], env=self.environment,
                              stdout=subprocess.PIPE, check=True)
        return numpy.asarray(Image.open(io.BytesIO(shot.stdout)).convert("L"))

    def wait_for(self, title, done=lambda: False):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not done():
            found = self.windows(title)
            if found:
                return found[0]
            time.sleep(0.2)
        return None

    def press_until(self, title, key, done, pause):
        """Presses a key every pause seconds, as a key may come before somebody listens."""
        end = time.monotonic() + PATIENCE
        while not done() and time.monotonic() < end:
            window = self.wait_for(title, done)
            if not window or done():
                break
            self.tell("windowactivate", "--sync", window)
            self.tell("key", key)
            again = time.monotonic() + pause
            while not done() and time.monotonic() < again:
                time.sleep(0.05)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in (self.manager, self.server):
            process.terminate()
            process.wait()


@contextlib.contextmanager
def ending(process):
    """A context after which the process and what it has started have ended, whatever happens."""
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def processes_of(executable):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and os.readlink(entry / "exe") == str(executable):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def parent_of(process):
    fields = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1])


class Driver:
    """Follows the output of the tests, does what they ask for and numbers what they report."""

    def __init__(self, screen, plug_in, path, title):
        self.screen, self.plug_in, self.path = screen, plug_in, path
        self.title = f"^{title}$"  # of the dialog
        self.count, self.failed = 0, False

    def report(self, good, name):
        self.count += 1
        self.failed |= not good
        print(f"{'' if good else 'not '}ok {self.count} - {name}", flush=True)

    def wait_for(self, title, done=lambda: False):
        """The window; raises TimeoutError when it does not come."""
        window = self.screen.wait_for(title, done)
        if not window and not done():
            raise TimeoutError(f"no window with the title {title}")
        return window

    def press(self, title, key, pause):
        """Presses a key until the tests go on."""
        size = self.path.stat().st_size

        def go_on():
            return self.path.stat().st_size > size

        self.wait_for(title, go_on)
        self.screen.press_until(title, key, go_on, pause)

    def obey(self, request):
        actions = {
            "accept": lambda: self.press(self.title, "Return", 0.5),
            "cancel": lambda: self.press(self.title, "Escape", 0.5),
            "close": lambda: self.press(self.title, "alt+F4", 0.5),
            # pressed again only when it must have been lost: twice would undo two steps
            "undo": lambda: self.press("GIMP$", "ctrl+z", PATIENCE / 2),
            "redo": lambda: self.press("GIMP$", "ctrl+y", PATIENCE / 2),
            "kill": self.kill_gimp,
            "stop": self.stop_plug_in,
            "drag": self.drag_and_accept,
            "refine": self.refine,
        }
        actions[request]()

    def find_slider(self, window):
        """The knob at the lower end of the slider that has the focus: what moves when the End key is pressed."""
        self.screen.tell("key", "Home")
        time.sleep(1)
        before = self.screen.look(window)
        panel = before.shape[1] * 6 // 10
        changed = numpy.zeros_like(before[:, panel:])
        end = time.monotonic() + PATIENCE
        while not changed.any() and time.monotonic() < end:
            self.screen.tell("key", "End")
            time.sleep(0.5)
            changed = self.screen.look(window)[:, panel:] != before[:, panel:]
        self.screen.tell("key", "Home")
        left = numpy.flatnonzero(changed.any(axis=0))[0]
        rows = numpy.flatnonzero(changed[:, left:left + 12].any(axis=1))
        return panel + left + 8, (rows[0] + rows[-1]) // 2

    def drag(self, window, x, y, distance):
        place = [["mousemove", "--window", window, str(x + step * distance // 6), str(y)]
                 for step in range(7)]
        for command in (place[0], ["mousedown", "1"], *place[1:], ["mouseup", "1"]):
            self.screen.tell(*command)
            time.sleep(0.1)

    def drag_contrast(self):
        """Another view, and more contrast; returns the English dialog's window."""
        window = self.wait_for(self.title)
        self.screen.tell("windowactivate", "--sync", window)
        self.screen.tell("key", "4")
        self.screen.tell("key", "alt+n")
        self.screen.tell("key", "shift+Tab")
        self.drag(window, *self.find_slider(window), 60)
        return window

    def drag_and_accept(self):
        self.drag_contrast()
        self.press(self.title, "alt+o", 2)

    def refine(self):
        """More contrast, one person, a new layer, OK; with the lists of GTK's own theme."""
        tell = self.screen.tell
        window = self.drag_contrast()
        tell("key", "--delay", "300", "alt+k", "space", "Down", "Down", "Return")
        height, width = self.screen.look(window).shape
        tell("mousemove", "--window", window, str(width * 28 // 100), str(height * 45 // 100), "click", "1")
        tell("key", "--delay", "300", "alt+u", "space", "Down", "Return")
        self.press(self.title, "alt+o", 2)

    def stop_plug_in(self):
        """What GIMP does when somebody presses Cancel beside its progress bar."""
        end = time.monotonic() + PATIENCE
        while not processes_of(self.plug_in) and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        for process in processes_of(self.plug_in):
            os.kill(process, signal.SIGKILL)

    def kill_gimp(self):
        self.wait_for(self.title)
        for process in processes_of(self.plug_in):
            os.kill(parent_of(process), signal.SIGKILL)
        end = time.monotonic() + 10
        while processes_of(self.plug_in) and time.monotonic() < end:
            time.sleep(0.2)
        self.report(not processes_of(self.plug_in), "the plug-in ends when GIMP dies")

    def handle(self, line):
        if line.startswith("# please "):
            self.obey(line.removeprefix("# please ").strip())
        elif line.startswith(("ok ", "not ok ")):
            self.report(line.startswith("ok "), line.partition(" - ")[2].strip())
        return line.startswith("1..")

    def follow(self, gimp):
        """Returns True when the tests came to their end."""
        ended, end = False, time.monotonic() + GIMP_LIMIT
        while not self.path.exists() and gimp.poll() is None and time.monotonic() < end:
            time.sleep(0.1)
        if not self.path.exists():
            return False
        with self.path.open() as output:
            line = ""
            while time.monotonic() < end:
                running = gimp.poll() is None
                line += output.readline()
                if line.endswith("\n"):
                    try:
                        ended |= self.handle(line)
                    except TimeoutError as error:
                        print(f"# {error}", flush=True)
                        return False
                    line = ""
                elif not running:
                    break
                else:
                    time.sleep(0.05)
        return ended


def start(version, suite, environment, log):
    names, options, script = (DIALOG if suite in SCREENS else BATCH)[version]
    command = [find(names), "-d", "-s", "-n", *options, *script]
    if suite in SCREENS:
        command = ["dbus-run-session", "--", *command]
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                            stderr=log, start_new_session=True)


def run_tests(version, suite, environment, driver, log):
    """Lets a GIMP run the tests; the driver follows them to their end."""
    driver.path.unlink(missing_ok=True)
    with ending(start(version, suite, environment, log)) as gimp:
        ended = driver.follow(gimp)
    driver.report(ended, f"GIMP {version} ran the {suite} suite to its end")


def read_script(words):
    """The indented lines that follow these words in README.md."""
    text = (SOURCE / "README.md").read_text()
    found = re.search(re.escape(words) + r"\n\n((?:    .*\n)+)", text)
    return re.sub("^    ", "", found[1], flags=re.M) if found else "false"


def run_scripts(version, environment, driver, folder, log):
    """Runs README's scripts as they stand there and looks at what they made."""
    subprocess.run([find(["convert"]), SOURCE / "data/demo/astronaut.png", "-resize", "300x300",
                    folder / "in.jpg"], check=True)
    for words, arguments in SCRIPTS[version]:
        made = folder / "out.xcf"
        made.unlink(missing_ok=True)
        subprocess.run(read_script(words), shell=True, cwd=folder, env=environment, stdout=log,
                       stderr=log, stdin=subprocess.DEVNULL, timeout=GIMP_LIMIT, check=False)
        driver.report(made.exists(), f"README, “{words}” makes out.xcf")
        if made.exists():
            checking = dict(environment, P3M_TEST_FILE=str(made), P3M_TEST_ARGUMENTS=arguments)
            run_tests(version, "scripts", checking, driver, log)


def main():
    version, suite, plug_in, test, model = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="p3m-gimp-") as name:
        folder = pathlib.Path(name)
        profile = make_profile(folder, version, plug_in, test)
        environment = make_environment(folder, profile, suite, pathlib.Path(model).resolve())
        language = SCREENS.get(suite, "en")
        translate = str
        if language != "en":
            translate = add_catalog(profile, language)
            environment.update(make_locale(folder, language))
        log_path = folder / "log"
        display = Screen(environment) if suite in SCREENS else contextlib.nullcontext()
        with display as screen, log_path.open("w") as log:
            driver = Driver(screen, profile / "plug-ins" / "p3m" / "p3m", folder / "output.tap",
                            translate(TITLE))
            if suite == "scripts":
                run_scripts(version, environment, driver, folder, log)
            else:
                run_tests(version, suite, environment, driver, log)
        print(f"1..{driver.count}", flush=True)
        if driver.failed:
            sys.stderr.write(log_path.read_text(errors="replace"))
        sys.exit(driver.failed)


if __name__ == "__main__":
    main()
