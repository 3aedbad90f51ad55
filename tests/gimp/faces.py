# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Obfuscate Faces inside a real GIMP, by scripts and in its dialog, against p3m obfuscate.

faces.py 2.10|3 batch|dialog PLUG-IN P3M MODEL
"""
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import run

try:
    import numpy
    from PIL import Image
except ImportError as error:
    run.skip(str(error))

PORTRAIT = pathlib.Path(__file__).resolve().parents[2] / "data/demo/astronaut.png"
LIMIT = 480  # seconds for one GIMP
OVAL = (215, 85, 90, 110)  # x, y, width, height of a selection, px of the layer
OFFSET = (12, 20)  # of the layer in the image, px


class Scripts:
    """What is said to GIMP, in the Script-Fu of the one or of the other."""

    def __init__(self, version):
        self.version, self.is_3 = version, version == "3"

    def run(self, faces, method, hair, mode="RUN-NONINTERACTIVE"):
        if self.is_3:
            return (f"(plug-in-p3m-obfuscate-faces #:run-mode {mode} #:image image #:drawables "
                    f'(vector layer) #:faces "{faces}" #:method "{method}" #:strength 0.12 '
                    f'#:softness 0.08 #:keep-hair {"TRUE" if hair else "FALSE"} #:strip TRUE)')
        return (f'(plug-in-p3m-obfuscate-faces {mode} image layer "{faces}" "{method}" 0.12 0.08 '
                f'{"TRUE" if hair else "FALSE"} TRUE)')

    def save(self, name):
        if self.is_3:
            return f'(gimp-file-save RUN-NONINTERACTIVE image "{name}")'
        return f'(file-png-save-defaults RUN-NONINTERACTIVE image layer "{name}" "{name}")'

    def select(self):
        x, y, width, height = OVAL
        return (f"(gimp-layer-set-offsets layer {OFFSET[0]} {OFFSET[1]})"
                f"(gimp-image-select-ellipse image CHANNEL-OP-REPLACE {x + OFFSET[0]} "
                f"{y + OFFSET[1]} {width} {height})")

    def export(self, name):
        """As JPEG, with all that GIMP knows of the image."""
        if self.is_3:
            return ("(file-jpeg-export #:run-mode RUN-NONINTERACTIVE #:image image "
                    f'#:file "{name}" #:include-exif TRUE #:include-xmp TRUE)')
        return f'(gimp-file-save RUN-NONINTERACTIVE image layer "{name}" "{name}")'

    def whole(self, *parts, picture=PORTRAIT):
        return f"(let* ({run.load_picture(self.version, picture)}) {' '.join(parts)})"


class Test:
    def __init__(self, version, suite, plug_in, p3m, model):
        self.count, self.failed = 0, False
        self.scripts = Scripts(version)
        self.version, self.suite, self.p3m = version, suite, p3m
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="p3m-faces-"))
        profile = run.make_profile(self.folder, version, {"p3m-obfuscate": plug_in})
        self.environment = run.make_environment(self.folder, profile, suite,
                                                pathlib.Path(model).resolve())
        self.log = self.folder / "log"

    def report(self, good, name):
        self.count += 1
        self.failed |= not good
        print(f"{'' if good else 'not '}ok {self.count} - {name}", flush=True)

    def start(self, scripts):
        command = run.make_command(self.version, self.suite == "dialog", scripts)
        return subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=self.log.open("a"), stderr=subprocess.STDOUT,
                                start_new_session=True)

    def path(self, name):
        return self.folder / name

    def read(self, name):
        """R'G'B' of the layer: an image may be larger than it."""
        pixels = numpy.array(Image.open(self.path(name)).convert("RGB")).astype(int)
        return pixels

    def by_p3m(self, *options):
        subprocess.run([self.p3m, "obfuscate", PORTRAIT, "-o", self.path("p3m.png"), "--strength",
                        "0.12", "--softness", "0.08", *options], check=True,
                       env=self.environment, stdout=subprocess.DEVNULL)
        return self.read("p3m.png")

    def compare(self, name, expected, what):
        if not self.path(name).exists():
            return self.report(False, f"{what}: GIMP made no picture")
        difference = abs(self.read(name) - expected).max()
        return self.report(difference <= 1, f"{what}: as p3m obfuscate ({difference} of 255)")

    def can_look(self):
        done = subprocess.run([self.p3m, "obfuscate", PORTRAIT, "-o", self.path("look.png"),
                               "--no-matte"], env=self.environment, capture_output=True, text=True)
        return "without OpenCV" not in done.stderr

    def finish(self):
        if self.failed:
            sys.stderr.write(self.log.read_text(errors="replace"))
        shutil.rmtree(self.folder, ignore_errors=True)
        print(f"1..{self.count}", flush=True)


# ---- scripts

def mask_of_selection(test):
    """GIMP's own selection of the oval, as a face mask."""
    x, y, width, height = OVAL
    script = test.scripts
    return script.whole(
        f"(gimp-image-select-ellipse image CHANNEL-OP-REPLACE {x} {y} {width} {height})",
        "(gimp-context-set-foreground '(255 255 255))",
        "(gimp-context-set-background '(0 0 0))",
        f"(gimp-drawable-edit-fill layer {'FILL-FOREGROUND' if script.is_3 else 'FOREGROUND-FILL'})",
        "(gimp-selection-invert image)",
        f"(gimp-drawable-edit-fill layer {'FILL-BACKGROUND' if script.is_3 else 'BACKGROUND-FILL'})",
        script.save(test.path("mask.png")))


def note_bounds(test):
    bounds = test.path("bounds.txt")
    return (f'(let ((port (open-output-file "{bounds}"))) (write (gimp-selection-bounds image) port)'
            "(close-output-port port))")


def run_batch(test):
    script = test.scripts
    look = test.can_look()
    scripts = [mask_of_selection(test)]
    if look:
        for name, method, hair in (("found.png", "fill", False), ("hair.png", "blur", True)):
            scripts.append(script.whole(script.run("found", method, hair),
                                        script.save(test.path(name))))
    add_camera_data(test)
    for name, parts in (("kept.jpg", []), ("stripped.jpg", [script.select(),
                                                            script.run("auto", "fill", False)])):
        scripts.append(script.whole(*parts, script.export(test.path(name)),
                                    picture=test.path("camera.jpg")))
    scripts += [
        script.whole(script.select(), script.run("auto", "mosaic", False), note_bounds(test),
                     script.save(test.path("selected.png"))),
        script.whole(script.run("selection", "blur", False), script.save(test.path("never.png"))),
    ]
    gimp = test.start(scripts)
    try:
        gimp.wait(LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(gimp.pid, signal.SIGTERM)
    if look:
        test.compare("found.png", test.by_p3m("--method", "fill", "--no-matte"), "found, filled")
        test.compare("hair.png", test.by_p3m(), "found, blurred, hair kept")
    else:
        print(f"ok {test.count + 1} - found # SKIP built without OpenCV", flush=True)
        test.count += 1
    if test.path("mask.png").exists():
        check_selected(test)
    else:
        test.report(False, "GIMP made the mask")
    check_stripped(test)
    test.report(not test.path("never.png").exists(), "without a selection “selection” fails")
    test.report("select the face first" in test.log.read_text(errors="replace"), "and says why")


def add_camera_data(test):
    exif = Image.Exif()
    exif[0x010e], exif[0x010f] = "secret description", "secret maker"
    Image.open(PORTRAIT).convert("RGB").save(test.path("camera.jpg"), exif=exif)


def check_stripped(test):
    """What GIMP exports after the plug-in has none of it, though it would have had."""
    files = [test.path(name) for name in ("kept.jpg", "stripped.jpg")]
    if not all(file.exists() for file in files):
        return test.report(False, "camera data: GIMP made no picture")
    kept, stripped = (b"secret" in file.read_bytes() for file in files)
    return test.report(kept and not stripped,
                       f"camera data is gone from what is exported (before {kept}, after {stripped})")


def check_selected(test):
    mask = Image.open(test.path("mask.png")).convert("L")
    mask.save(test.path("mask-grey.png"))
    expected = test.by_p3m("--method", "mosaic", "--no-matte", "--faces",
                           test.path("mask-grey.png"))
    selected = test.path("selected.png")
    if not selected.exists():
        return test.report(False, "selected: GIMP made no picture")
    pixels = test.read("selected.png")
    if test.version == "3":  # the image, in which the layer lies at OFFSET
        height, width = expected.shape[:2]
        pixels = pixels[OFFSET[1]:, OFFSET[0]:]
        expected = expected[:height - OFFSET[1], :width - OFFSET[0]]
    # GIMP blends the soft edge of the mask in linear light, which makes another number of it
    difference = abs(pixels - expected).max()
    test.report(difference <= 6, f"selected, tiled: as p3m obfuscate ({difference} of 255)")
    bounds = test.path("bounds.txt").read_text() if test.path("bounds.txt").exists() else ""
    x, y, width, height = OVAL
    wanted = [x + OFFSET[0], y + OFFSET[1], x + width + OFFSET[0], y + height + OFFSET[1]]
    found = [int(float(n)) for n in bounds.strip("()").replace("#t", "1").split()[1:5]]
    return test.report(found == wanted, f"the selection is still there ({found})")


# ---- the dialog

def run_dialog(test):
    if not test.can_look():
        run.skip("built without OpenCV")
    script = test.scripts
    done, undone, saved = (test.path(name) for name in ("done", "undone", "saved"))
    wait = f'(let loop () (if (not (file-exists? "{undone}")) (begin (usleep 200000) (loop))))'
    add_camera_data(test)
    scripts = [script.whole(
        # what a script loads from JPEG has none yet
        "(gimp-image-undo-enable image)", "(gimp-display-new image)", *save_and_note(test, "before"),
        script.run("auto", "blur", False, "RUN-INTERACTIVE"), *save_and_note(test, "ok"),
        "(gimp-image-clean-all image)",  # from here on, one step back is one change
        f'(close-output-port (open-output-file "{done}"))', wait, *save_and_note(test, "undone"),
        f'(close-output-port (open-output-file "{saved}"))',
        picture=test.path("camera.jpg"))]
    with run.Screen(test.environment) as screen, run.ending(test.start(scripts)) as gimp:
        drive_dialog(test, screen, gimp)
    if saved.exists():
        check_undone(test)
    else:
        test.report(False, "GIMP made the pictures")


def drive_dialog(test, screen, gimp):
    """OK, then one step back, each when the scripts in GIMP have come so far."""
    done, undone, saved = (test.path(name) for name in ("done", "undone", "saved"))
    end = time.monotonic() + LIMIT
    window = screen.wait_for("^Obfuscate Faces$")
    test.report(window is not None, "the dialog opens")
    if window and os.environ.get("P3M_SCREENSHOT"):
        time.sleep(8)
        subprocess.run(["import", "-window", "root", os.environ["P3M_SCREENSHOT"]],
                       env=test.environment, check=False)
    screen.press_until("^Obfuscate Faces$", "Return", done.exists, 1)
    if done.exists():
        while has_changed(screen) and time.monotonic() < end:
            time.sleep(0.1)  # the title follows
        # pressed again only when it must have been lost: twice would undo two steps
        screen.press_until("GIMP$", "ctrl+z", lambda: has_changed(screen), run.PATIENCE / 2)
        undone.touch()
    while not saved.exists() and time.monotonic() < end and gimp.poll() is None:
        time.sleep(0.2)


def save_and_note(test, name):
    """The pixels, and the names of what GIMP knows of the image besides."""
    return (test.scripts.save(test.path(name + ".png")),
            f'(let ((port (open-output-file "{test.path(name + ".txt")}")))'
            "(write (gimp-image-get-parasite-list image) port) (close-output-port port))")


def check_undone(test):
    before = test.read("before.png")
    changed = (abs(test.read("ok.png") - before).max(2) > 1).mean()
    test.report(0.002 < changed < 0.1, f"OK changes the face ({100 * changed:.1f} % of the pixels)")
    test.report(abs(test.read("undone.png") - before).max() == 0, "one undo brings all pixels back")
    comments = ["gimp-comment" in test.path(name + ".txt").read_text() for name in ("before", "ok", "undone")]
    test.report(comments == [True, False, True], f"and the camera's description, which OK removed ({comments})")


def has_changed(screen):
    """GIMP's title marks an image that has changed with a star."""
    titles = [" ".join(screen.tell("getwindowname", window)) for window in screen.windows("GIMP$")]
    return any("512x512" in title and title.startswith("*") for title in titles)


def main():
    test = Test(*sys.argv[1:])
    (run_batch if test.suite == "batch" else run_dialog)(test)
    test.finish()


main()
