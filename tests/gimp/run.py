#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Runs the tests inside a real GIMP with a throw-away profile and passes their TAP on.

run.py 2.10|3 batch|dialog|scripts|german PLUG-IN TEST-PLUG-IN MODEL
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60  # seconds for a window to come or go
GIMP_LIMIT = 500  # seconds for the whole suite

PROGRAMS = {  # without and with a screen
    "2.10": (["gimp-console-2.10", "gimp-console"], ["gimp-2.10", "gimp"]),
    "3": (["gimp-console-3.0", "gimp-console-3.2", "gimp-console"], ["gimp-3.0", "gimp-3.2", "gimp"]),
}
TESTS = {"2.10": "(plug-in-p3m-test RUN-NONINTERACTIVE)", "3": "(plug-in-p3m-test)"}

# What lets a screen reader see GIMP itself. The dialog, which is always GTK 3, needs nothing.
MODULES = {"2.10": "gail:atk-bridge", "3": ""}

SOURCE = pathlib.Path(__file__).resolve().parents[2]
READER = pathlib.Path(__file__).with_name("reader.py")
READER_MISSING = 77  # its exit status
TITLE = "P3M Matting"  # of the dialog
# The suites for which GIMP is on a screen, the language it speaks there, and the dialog's title in it.
SCREENS = {"dialog": ("en", TITLE), "german": ("de", "P3M-Freisteller")}
GERMAN_MENU = ["Filter", "Freistellen", "P3M …"]
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


def make_profile(folder, version, plug_ins):
    """plug_ins: executables by name."""
    profile = folder / "profile"
    for name, source in plug_ins.items():
        place = profile / "plug-ins" / name
        place.mkdir(parents=True)
        shutil.copy2(source, place / name)
    if version == "3":
        (profile / "gimprc").write_text("(show-welcome-dialog no)\n(check-updates no)\n")
    return profile


def make_command(version, on_screen, scripts):
    """A GIMP that runs scripts; without a screen it ends after them."""
    command = [find(PROGRAMS[version][on_screen]), "-d", "-s", "-n"]
    if version == "3":
        command += ["--batch-interpreter=plug-in-script-fu-eval"] + ([] if on_screen else ["--quit"])
    elif not on_screen:
        command += ["-i"]
        scripts = [*scripts, "(gimp-quit 1)"]
    return command + [word for script in scripts for word in ("-b", script)]


def load_picture(version, name):
    """Script-Fu that binds `image` and `layer`."""
    if version == "3":
        return (f'(image (car (gimp-file-load RUN-NONINTERACTIVE "{name}")))'
                "(layer (vector-ref (car (gimp-image-get-layers image)) 0))")
    return (f'(image (car (gimp-file-load RUN-NONINTERACTIVE "{name}" "{name}")))'
            "(layer (car (gimp-image-get-active-drawable image)))")


def add_catalog(profile, language):
    """The catalogue beside the plug-in, where it looks first."""
    place = profile / "plug-ins" / "p3m" / "locale"
    messages = place / language / "LC_MESSAGES"
    messages.mkdir(parents=True)
    subprocess.run([find(["msgfmt"]), SOURCE / "po" / f"{language}.po", "-o", messages / "p3m.mo"], check=True)


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
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR", "AT_SPI_BUS_ADDRESS"):
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


def serve(command, environment):
    """Starts a server that prints its address; returns both."""
    server = subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return server, server.stdout.readline().strip()


class Screen:
    """An X server of our own with a window manager and a session bus."""

    def __init__(self, environment):
        for tool in ("Xvfb", "openbox", "xdotool", "dbus-daemon"):
            find([tool])
        # a server that resets when its last client leaves may refuse the next, such as the window manager
        self.server, display = serve(["Xvfb", "-displayfd", "1", "-screen", "0", "1280x900x24", "-nolisten", "tcp",
                                      "-noreset"], environment)
        environment["DISPLAY"] = f":{display}"
        self.bus, address = serve(["dbus-daemon", "--session", "--nofork", "--print-address"], environment)
        environment["DBUS_SESSION_BUS_ADDRESS"] = address
        self.environment = environment
        self.ended = set()  # processes whose last window may be seen a little longer
        self.manager = subprocess.Popen(["openbox"], env=environment, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)

    def tell(self, *arguments):
        try:
            return subprocess.run(["xdotool", *arguments], env=self.environment, text=True, timeout=20,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.split()
        except subprocess.TimeoutExpired:  # --sync waits for ever when a window has gone meanwhile
            return []

    def owner(self, window):
        """The process, as a word."""
        return (self.tell("getwindowpid", window) or [None])[0]

    def windows(self, title):
        return [window for window in self.tell("search", "--onlyvisible", "--name", title)
                if self.owner(window) not in self.ended]

    def read(self, *arguments):
        """What a screen reader says, a list of words; raises TimeoutError when it does not find what it shall."""
        done = subprocess.run([sys.executable, READER, *arguments], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode == READER_MISSING:
            skip(done.stderr.strip())
        if done.returncode:
            raise TimeoutError((done.stderr.splitlines() or ["the screen reader does not work"])[-1])
        return done.stdout.split()

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
        for process in (self.manager, self.bus, self.server):
            process.terminate()
            process.wait()


@contextlib.contextmanager
def open_screen(version, environment):
    """One on which a screen reader works."""
    del environment["NO_AT_BRIDGE"]
    environment["GTK_MODULES"] = MODULES[version]
    with Screen(environment) as screen:
        screen.read()
        yield screen


@contextlib.contextmanager
def ending(process):
    """A context after which the process and what it has started have ended, whatever happens."""
    try:
        yield process
    finally:
        for end in (signal.SIGTERM, signal.SIGKILL):  # GIMP may hang in its own end
            if process.poll() is None:
                os.killpg(process.pid, end)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)


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

    def __init__(self, screen, plug_in, path, name):
        self.screen, self.plug_in, self.path = screen, plug_in, path
        self.name, self.title = name, f"^{name}$"  # of the dialog, as a word and as a pattern
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

        window = self.wait_for(title, go_on)
        owner = self.screen.owner(window) if window else None
        self.screen.press_until(title, key, go_on, pause)
        if title == self.title and owner:
            self.screen.ended.add(owner)  # or the next key might go to what is left of this dialog

    def obey(self, request):
        actions = {
            "accept": lambda: self.press(self.title, "Return", 0.5),
            "cancel": lambda: self.press(self.title, "Escape", 0.5),
            # these are pressed again only when they must have been lost: twice would close GIMP or undo two steps
            "close": lambda: self.press(self.title, "alt+F4", 10),
            "undo": lambda: self.press("GIMP$", "ctrl+z", PATIENCE / 2),
            "redo": lambda: self.press("GIMP$", "ctrl+y", PATIENCE / 2),
            "kill": self.kill_gimp,
            "stop": self.stop_plug_in,
            "open": self.open_from_menu,
            "refine": self.refine,
            "choose": self.choose_and_accept,
        }
        name, _space, argument = request.partition(" ")
        actions[name](*([argument] if argument else []))

    def drag(self, x, y, distance):
        place = [["mousemove", str(x + step * distance // 6), str(y)] for step in range(7)]
        for command in (place[0], ["mousedown", "1"], *place[1:], ["mouseup", "1"]):
            self.screen.tell(*command)
            time.sleep(0.1)

    def find_place(self, role, name):
        """x, y, width, height on the screen."""
        return map(int, self.screen.read("wait", self.name, role, name))

    def choose(self, name, item):
        self.screen.read("choose", self.name, name, item)

    def show(self):
        """Brings the dialog to the front, when it has a result."""
        self.screen.tell("windowactivate", "--sync", self.wait_for(self.title))
        self.screen.read("wait", self.name, "PUSH_BUTTON", "OK")

    def dismiss_messages(self):
        """What GIMP says of a plug-in that was stopped lies over the dialog."""
        title = "^GIMP Message$"
        self.screen.press_until(title, "Escape", lambda: not self.screen.windows(title), 0.5)

    def choose_and_accept(self, output):
        self.show()
        self.choose("Output", output)
        self.press(self.title, "alt+o", 2)

    def refine(self):
        """Another view, more contrast, one person, a new layer, OK."""
        self.wait_for(self.title)  # a dialog that comes meanwhile would take the messages' Escape for its own
        self.dismiss_messages()
        self.show()
        self.screen.tell("key", "4")
        self.screen.read("wait", self.name, "COMBO_BOX", "4  On white")
        x, y, width, height = self.find_place("SLIDER", "Contrast")
        self.drag(x + width // 4, y + height // 2, width // 2)
        self.choose("Keep", "People that I click")
        x, y, width, height = self.find_place("IMAGE", "Preview")
        self.screen.tell("mousemove", str(x + width * 2 // 5), str(y + height * 2 // 5), "click", "1")
        self.choose_and_accept("New layer with mask")

    def open_from_menu(self):
        """As a person does it; then OK."""
        self.wait_for("GIMP$")
        self.screen.read("menu", "gimp", *GERMAN_MENU)
        self.press(self.title, "Return", 0.5)

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
    command = make_command(version, suite in SCREENS, [TESTS[version]])
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
        profile = make_profile(folder, version, {"p3m": plug_in, "p3m-test": test})
        environment = make_environment(folder, profile, suite, pathlib.Path(model).resolve())
        language, title = SCREENS.get(suite, ("en", TITLE))
        if language != "en":
            add_catalog(profile, language)
            environment.update(make_locale(folder, language))
        log_path = folder / "log"
        display = open_screen(version, environment) if suite in SCREENS else contextlib.nullcontext()
        with display as screen, log_path.open("w") as log:
            driver = Driver(screen, profile / "plug-ins" / "p3m" / "p3m", folder / "output.tap", title)
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
