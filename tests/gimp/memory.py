# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Memory and time that a layer of 12000 x 8400 px takes in a real GIMP, for each output.

memory.py 2.10|3 PLUG-IN MODEL [OUTPUT...]
"""
import pathlib
import subprocess
import sys
import tempfile
import time

import run

WIDTH, HEIGHT = 12000, 8400
OUTPUTS = ["mask", "layer-with-mask", "cut-out", "selection", "channel", "trimap"]
LIMIT = 3e9  # bytes, of GIMP and the plug-in together
GIMP_LIMIT = 900  # seconds for one output
PORTRAIT = run.SOURCE / "data/demo/astronaut.png"


def write_script(version, output, done):
    """Loads a portrait, enlarges it, runs the plug-in and says that it came so far."""
    if version == "3":
        call = ("(plug-in-p3m-matting #:run-mode RUN-NONINTERACTIVE #:image image "
                f'#:drawables (vector layer) #:output "{output}")')
    else:
        call = ('(plug-in-p3m-matting RUN-NONINTERACTIVE image layer "" "auto" 50 0 0 0 0 0 1 "everything" "" 0 0 '
                f'"{output}" "replace" 100 10)')
    return (f"(let* ({run.load_picture(version, PORTRAIT)}) (gimp-image-scale image {WIDTH} {HEIGHT}) {call} "
            f'(close-output-port (open-output-file "{done}")))')


def read_memory(process, name):
    """Bytes; 0 when the process has gone."""
    try:
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(name):
                return 1024 * int(line.split()[1])
    except OSError:
        pass
    return 0


def watch(gimp, plug_in):
    """Follows a GIMP to its end; returns the plug-in's seconds and the most bytes of plug-in, GIMP and both."""
    seconds, most = 0, [0, 0, 0]
    begin, end = None, time.monotonic() + GIMP_LIMIT
    while gimp.poll() is None and time.monotonic() < end:
        for process in run.processes_of(plug_in):
            begin = begin or time.monotonic()
            seconds = time.monotonic() - begin
            now = [read_memory(process, "VmRSS"), read_memory(gimp.pid, "VmRSS")]
            most = [max(pair) for pair in zip(most, [*now, sum(now)])]
        time.sleep(0.02)
    if gimp.poll() is None:
        gimp.kill()
    gimp.wait()
    return seconds, most


def measure(version, output, profile, environment, folder):
    done = folder / f"{output}.done"
    command = run.make_command(version, False, [write_script(version, output, done)])
    with (folder / "log").open("w") as log:
        gimp = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                                stderr=subprocess.STDOUT)
        seconds, most = watch(gimp, profile / "plug-ins/p3m/p3m")
    good = done.exists() and most[2] < LIMIT
    print(f"| {output} | {seconds:.1f} s | " + " | ".join(f"{bytes / 1e6:.0f} MB" for bytes in most)
          + ("" if good else " | failed") + " |", flush=True)
    if not done.exists():
        sys.stderr.write((folder / "log").read_text(errors="replace"))
    return good


def main():
    version, plug_in, model, *outputs = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="p3m-memory-") as name:
        folder = pathlib.Path(name)
        profile = run.make_profile(folder, version, {"p3m": plug_in})
        environment = run.make_environment(folder, profile, "memory", pathlib.Path(model).resolve())
        print("| output | time | plug-in | GIMP | together |\n| --- | --- | --- | --- | --- |")
        good = [measure(version, output, profile, environment, folder)
                for output in outputs or OUTPUTS]
    sys.exit(not all(good))


if __name__ == "__main__":
    main()
