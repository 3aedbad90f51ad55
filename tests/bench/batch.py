# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""p3m batch against ISNet through ONNX Runtime, in turns in one run, and memory over many pictures; see
tools/bench-batch. Prints a table and writes batch.json and memory.svg."""
import argparse
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import tempfile
import time

import numpy
from PIL import Image

PIXELS = 2_000_000
CHUNK = 25  # pictures before it is the other's turn


def prepare(portraits, folder, count):
    """`count` pictures of 2 megapixels, made of the portraits again and again."""
    files = sorted(portraits.glob("*.jpg"))
    for number in range(count):
        picture = Image.open(files[number % len(files)]).convert("RGB")
        scale = (PIXELS / (picture.width * picture.height)) ** 0.5
        size = round(picture.width * scale), round(picture.height * scale)
        target = folder / f"{number // CHUNK:03}" / f"{number:04}.jpg"
        target.parent.mkdir(exist_ok=True)
        picture.resize(size, Image.BICUBIC).save(target, quality=92)


def prepare_input(picture, file):
    """What ISNet gets, ready made: the peer decodes and scales nothing while the clock runs."""
    values = numpy.asarray(Image.open(picture).convert("RGB").resize((1024, 1024)), "float32")
    ((values - 128) / 256).transpose(2, 0, 1).tofile(file)


def processor_seconds(pid):
    """User and system time of a process that lives."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Peer:
    def __init__(self, peer, threads):
        self.process = subprocess.Popen(
            ["node", pathlib.Path(__file__).with_name("isnet.js"), peer / "node_modules", "medium",
             str(threads)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def run(self, count, file):
        before, start = processor_seconds(self.process.pid), time.monotonic()
        self.process.stdin.write(f"{count} {file}\n")
        self.process.stdin.flush()
        mean = float(self.process.stdout.readline())
        assert 0.01 < mean < 0.99, "ISNet saw nobody"
        return time.monotonic() - start, processor_seconds(self.process.pid) - before

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def run_ours(program, folder, output):
    """Everything: start, decoding, network, refinement, PNG; the default options but for the mask."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run([program, "batch", "-q", folder, "-o", output, "--write", "mask"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.monotonic() - start,
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def compare(options, folder):
    pictures, output = folder / "pictures", folder / "out"
    pictures.mkdir()
    prepare(options.portraits, pictures, options.pictures)
    prepare_input(next(pictures.glob("*/*.jpg")), folder / "input")
    peer = Peer(options.peer, os.cpu_count())
    peer.run(1, folder / "input")
    rounds = []
    for chunk in sorted(pictures.iterdir()):
        count = len(list(chunk.iterdir()))
        ours, theirs = run_ours(options.program, chunk, output / chunk.name), peer.run(
            count, folder / "input")
        rounds.append((count, ours, theirs))
    peer.close()
    return rounds


def sum_up(rounds):
    figures = {"pictures": sum(count for count, _, _ in rounds)}
    for index, name in enumerate(("wall", "processor")):
        ours = sum(ours[index] for _, ours, _ in rounds)
        theirs = sum(theirs[index] for _, _, theirs in rounds)
        ratios = [theirs[index] / ours[index] for _, ours, theirs in rounds]
        figures[name] = {"ratio": theirs / ours, "median": statistics.median(ratios),
                         "least": min(ratios), "most": max(ratios)}
    return figures


# ---- memory

def read_pss(pid):
    """Memory of a process in MB, what it shares counted in part."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"Pss:\s+(\d+)", text)[1]) / 1024


def watch_memory(options, folder):
    """Pairs of pictures that were done and MB of all processes."""
    pictures = folder / "many"
    pictures.mkdir()
    source = Image.open(sorted(options.portraits.glob("*.jpg"))[0]).convert("RGB")
    for number in range(options.memory_pictures):
        source.resize((240 + number % 7 * 16, 320)).save(pictures / f"{number}.jpg", quality=90)
    process = subprocess.Popen([options.program, "batch", "-q", "--json", pictures, "-o",
                                folder / "many-out"], stdout=subprocess.PIPE, text=True)
    samples = []
    for done, _ in enumerate(process.stdout, 1):
        try:
            children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            samples.append((done, sum(map(read_pss, [process.pid, *children.split()]))))
        except (OSError, TypeError):
            pass  # a worker has just ended
    assert process.wait() == 0
    return samples


def draw(samples, file):
    width, height, margin = 720, 280, 48
    most = max(done for done, _ in samples), max(size for _, size in samples) * 1.1
    points = " ".join(f"{margin + done / most[0] * (width - 2 * margin):.1f},"
                      f"{height - margin - size / most[1] * (height - 2 * margin):.1f}"
                      for done, size in samples)
    peak = max(size for _, size in samples)
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="13">\n'
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
        f'<path d="M{margin} {margin}V{height - margin}H{width - margin}" fill="none" stroke="#888"/>\n'
        f'<polyline points="{points}" fill="none" stroke="#06c" stroke-width="1.5"/>\n'
        f'<text x="{margin}" y="{margin - 14}">Memory of all processes of p3m batch; peak {peak:.0f} MB'
        '</text>\n'
        f'<text x="{width - margin}" y="{height - margin + 20}" text-anchor="end">{most[0]} pictures'
        '</text>\n</svg>\n')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--memory-pictures", type=int, default=1000)
    parser.add_argument("portraits", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("peer", type=pathlib.Path)
    parser.add_argument("results", type=pathlib.Path)
    options = parser.parse_args()
    options.program = options.build / "cli/p3m"
    with tempfile.TemporaryDirectory(prefix="p3m-bench-") as folder:
        folder = pathlib.Path(folder)
        figures = sum_up(compare(options, folder)) if options.pictures else {}
        samples = watch_memory(options, folder) if options.memory_pictures else []
    for name in ("wall", "processor"):
        if name in figures:
            print(f"{name}: {figures[name]['ratio']:.1f} times as many pictures as ISNet at 1024 "
                  f"({figures[name]['least']:.1f} to {figures[name]['most']:.1f} by chunk)")
    if samples:
        half = len(samples) // 2
        figures["memory"] = {"first_half": max(size for _, size in samples[:half]),
                             "second_half": max(size for _, size in samples[half:])}
        print("peak of memory: {first_half:.0f} MB in the first half of the pictures, {second_half:.0f} "
              "MB in the second".format(**figures["memory"]))
        draw(samples, options.results / "memory.svg")
    (options.results / "batch.json").write_text(json.dumps(figures, indent=1) + "\n")


main()
