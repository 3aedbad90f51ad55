# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""The engine against ONNX Runtime with the same network, in turns on one machine; see tools/bench."""
import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import time
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image

import network

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)
PAUSE = 0.05  # seconds: lets the other side's threads stop spinning
ALL = ["logits", "classes", "local"]
MANY, FEW = 15, 5  # rounds
MEGABYTE = 1e6


class Worker:
    """A process that loads a model and runs it on demand."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()

    def ask(self, verb, **order):
        print(json.dumps({"verb": verb, **order}), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.process.args[0]} ended during: {verb} {order}")
        return json.loads(answer)


class Row:
    """One line of the result. better: how many times better than the peer, or than the bar where there is none."""

    def __init__(self, work, ours, peer, better, bar, note=""):
        self.work, self.ours, self.peer, self.better, self.bar, self.note = work, ours, peer, better, bar, note

    def is_reached(self):
        return self.better >= self.bar


def apart(function, *arguments):
    """Calls it in a process of its own. A process that starts another hands its own peak of memory on to it, so
    this one has to stay small."""
    process = multiprocessing.Process(target=function, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"{function.__name__} failed")


def scale_portrait(height, width, path):
    """The demo portrait, cut to shape and scaled: a PNG, and beside it the network's input, [3][height][width]."""
    image = Image.open(ROOT / "data/demo/astronaut.png").convert("RGB")
    side = min(image.width, image.height * width / height)
    tall = side * height / width
    left, top = (image.width - side) / 2, (image.height - tall) / 2
    image = image.resize((width, height), Image.BICUBIC, (left, top, left + side, top + tall))
    image.save(path)
    pixels = np.asarray(image, np.float32) / 255
    ((pixels - MEAN) / DEVIATION).transpose(2, 0, 1).tofile(path.with_suffix(".f32"))


def middle(answers, clock):
    return statistics.median(answer[clock] for answer in answers)


class Bench:
    def __init__(self, folder, quick, threads, minutes):
        self.folder, self.quick, self.threads = folder, quick, threads
        self.deadline = time.monotonic() + 60 * minutes
        self.rows, self.log = [], []
        self.build = folder / "build"
        self.model = {"formula": folder / "formula.safetensors", "widened": folder / "widened.safetensors",
                      "half": ROOT / "models/p3m-portrait-half.safetensors"}

    # ---- what is needed

    def prepare(self):
        write = self.build / "tests/support/write-model"
        subprocess.run([write, self.model["formula"], "64", "F16"], check=True)
        formula, _ = network.read_model(self.model["formula"])
        shapes = {name: values.shape for name, values in formula.items()}
        wide, metadata = network.widen(*network.read_model(self.model["half"]), shapes)
        network.write_model(self.model["widened"], wide, metadata)
        network.write_onnx(str(self.folder / "formula.onnx"), formula)
        network.write_onnx(str(self.folder / "widened.onnx"), wide)

    def portrait(self, height, width):
        path = self.folder / f"portrait-{height}x{width}.png"
        apart(scale_portrait, height, width, path)
        return path

    def ours(self):
        return Worker([self.build / "tests/bench/bench-worker"])

    def peer(self):
        modules = self.folder / "onnxruntime/node_modules/onnxruntime-node"
        return Worker(["node", ROOT / "tests/bench/peer.js", modules])

    def order(self, model, height, width, suffix):
        path = self.model[model] if suffix == "safetensors" else self.folder / f"{model}.onnx"
        return {"model": str(path), "height": height, "width": width, "rgb": str(self.portrait(height, width).with_suffix(".f32")),
                "threads": self.threads}

    def add(self, row):
        self.rows.append(row)
        print(f"{row.work}: ours {row.ours}, ONNX Runtime {row.peer}, {row.better:.2f} (bar {row.bar:g}) {row.note}",
              flush=True)

    def is_late(self):
        return time.monotonic() > self.deadline

    # ---- the rows

    def duel(self, work, model, height, width, outputs, rounds, bar):
        """The same outputs of the same input, in turns. Returns the peaks of both in bytes."""
        with self.ours() as ours, self.peer() as peer:
            ours.ask("load", **self.order(model, height, width, "safetensors"))
            peer.ask("load", **self.order(model, height, width, "onnx"))
            self.compare(work, ours, peer, outputs)
            a, b = [], []
            for i in range(rounds):
                if i and self.is_late():
                    break
                a.append(ours.ask("run", outputs=outputs))
                time.sleep(PAUSE)
                b.append(peer.ask("run", outputs=outputs))
                time.sleep(PAUSE)
            peaks = ours.ask("peak")["peak"], peer.ask("peak")["peak"]
        ratio = statistics.median(y["wall"] / x["wall"] for x, y in zip(a, b))
        processor = middle(b, "cpu") / middle(a, "cpu")
        self.add(Row(work, f"{middle(a, 'wall'):.3f} s", f"{middle(b, 'wall'):.3f} s", ratio, bar,
                     f"processor time {processor:.2f}"))
        return peaks

    def compare(self, work, ours, peer, outputs):
        """The first run of both, not timed: do they agree?"""
        names = [name for name in outputs if name in ("local", "alpha")]
        values = []
        for side, worker in (("ours", ours), ("peer", peer)):
            files = {name: str(self.folder / f"{side}-{name}.f32") for name in names}
            worker.ask("run", outputs=outputs, write=files)
            values.append({name: np.fromfile(file, np.float32) for name, file in files.items()})
        for name in names:
            difference = np.abs(values[0][name] - values[1][name])
            share = np.mean(difference > 1 / 255)
            soft = np.mean((values[1][name] > 0.02) & (values[1][name] < 0.98))
            self.log.append(f"{work}: {name} differs by over 1/255 in {share:.1e} of the pixels, on average by "
                            f"{difference.mean():.1e}; {soft:.1%} are soft")
            print(self.log[-1], flush=True)

    def p3m(self, picture, *options):
        """One `p3m matte` from PNG to PNG: its wall and processor seconds and its peak in bytes."""
        command = [self.build / "cli/p3m", "matte", picture, "--mask", self.folder / "alpha.png",
                   "--model", self.model["widened"], "--threads", str(self.threads), "--quiet", *options]
        start = time.monotonic()
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"p3m matte failed with {process.returncode}")
        return {"wall": time.monotonic() - start, "cpu": usage.ru_utime + usage.ru_stime,
                "peak": usage.ru_maxrss * 1024}

    def race_pass(self, height, width, rounds, picture):
        """A whole network run of the peer and `p3m matte` with both passes, in turns."""
        a, b = [], []
        with self.peer() as peer:
            peer.ask("load", **self.order("widened", height, width, "onnx"))
            peer.ask("run", outputs=["classes", "local"])
            for i in range(rounds):
                if i and self.is_late():
                    break
                self.p3m(picture, "--strategy", "hybrid")  # not counted, as the peer's first run is not
                a.append(self.p3m(picture, "--strategy", "hybrid"))
                b.append(peer.ask("run", outputs=["classes", "local"]))
                time.sleep(PAUSE)
        return a, b

    def race_hybrid(self, rounds):
        """Ours is the whole command; of ONNX Runtime only its two passes count."""
        picture = self.portrait(4000, 3000)
        a1, b1 = self.race_pass(1600, 1472, rounds, picture)
        a2, b2 = self.race_pass(1600, 1600, rounds, picture)
        ours = {clock: middle(a1 + a2, clock) for clock in ("wall", "cpu")}
        peer = {clock: middle(b1, clock) + middle(b2, clock) for clock in ("wall", "cpu")}
        self.add(Row("hybrid, 12 megapixels, PNG to PNG", f"{ours['wall']:.2f} s", f"{peer['wall']:.2f} s",
                     peer["wall"] / ours["wall"], 4, f"processor time {peer['cpu'] / ours['cpu']:.2f}"))

    def weigh(self, peaks):
        ours, peer = (peak / MEGABYTE for peak in peaks)
        self.add(Row("peak memory, fusion 1024 x 1024", f"{ours:.0f} MB", f"{peer:.0f} MB", peer / ours, 3))

    def weigh_photo(self):
        picture = self.portrait(6000, 4000)
        for strategy in ("auto", "resize", "hybrid"):
            peak = self.p3m(picture, "--strategy", strategy)["peak"] / MEGABYTE
            self.add(Row(f"peak memory, 24 megapixels, {strategy}", f"{peak:.0f} MB", "-", 1500 / peak, 1,
                         "of 1500 MB"))

    def time_loading(self):
        for model, work, limit in (("formula", "full width", 0.25), ("half", "half width", 0.06)):
            with self.ours() as ours:
                answers = [ours.ask("load", model=str(self.model[model])) for _ in range(6)][1:]
            wall = middle(answers, "wall")
            self.add(Row(f"model load, F16, {work}", f"{wall:.3f} s", "-", limit / wall, 1,
                         f"of {limit} s; processor time {middle(answers, 'cpu'):.3f} s"))

    def time_threads(self, rounds):
        with self.ours() as ours:
            ours.ask("load", **self.order("formula", 512, 512, "safetensors"))
            ours.ask("run", outputs=ALL)
            one, two = [], []
            for _ in range(rounds):
                one.append(ours.ask("run", outputs=ALL, threads=1))
                two.append(ours.ask("run", outputs=ALL, threads=2))
        speedup = statistics.median(x["wall"] / y["wall"] for x, y in zip(one, two))
        self.add(Row("two threads against one, dense 512 x 512", f"{middle(two, 'wall'):.3f} s",
                     f"{middle(one, 'wall'):.3f} s (ours, one)", speedup, 1.8))

    def fuse_1024(self):
        peaks = self.duel("alpha of a portrait, 1024 x 1024", "widened", 1024, 1024, ["alpha"], FEW, 3)
        self.weigh(peaks)

    def run(self, only):
        """What is short comes first; rows that would begin after the deadline are left out and named."""
        rows = [("alpha, 512 x 512", lambda: self.duel("alpha of a portrait, 512 x 512", "widened", 512, 512,
                                                       ["alpha"], MANY, 3)),
                ("dense, 512 x 512", lambda: self.duel("dense pass, 512 x 512", "formula", 512, 512, ALL, MANY, 2)),
                ("loading", self.time_loading), ("threads", lambda: self.time_threads(MANY)),
                ("alpha and memory, 1024 x 1024", self.fuse_1024)]
        if not self.quick:
            rows += [("memory, 24 megapixels", self.weigh_photo),
                     ("dense, 1024 x 1024", lambda: self.duel("dense pass, 1024 x 1024", "formula", 1024, 1024, ALL,
                                                              FEW, 2)),
                     ("alpha, 1600 x 1184", lambda: self.duel("alpha of a portrait, 1600 x 1184", "widened", 1600,
                                                              1184, ["alpha"], FEW, 3)),
                     ("hybrid", lambda: self.race_hybrid(2))]
        for name, measure in rows:
            if only not in name:
                continue
            if self.is_late():
                self.log.append(f"Left out for want of time: {name}")
            else:
                measure()

    # ---- the result

    def machine(self):
        names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                 if line.startswith("model name")]
        version = json.loads((self.folder / "onnxruntime/node_modules/onnxruntime-node/package.json").read_text())
        return (f"{names[0] if names else platform.machine()}, {os.cpu_count()} processors, threads: {self.threads}, "
                f"ONNX Runtime {version['version']}, load {os.getloadavg()[0]:.1f}")

    def table(self):
        lines = [self.machine(), "", "| work | ours | ONNX Runtime | times better | bar | |", "| --- | --- | --- | --- | --- | --- |"]
        for row in self.rows:
            verdict = ("reached" if row.is_reached() else "**not reached**") + (f"; {row.note}" if row.note else "")
            lines.append(f"| {row.work} | {row.ours} | {row.peer} | {row.better:.2f} | {row.bar:g} | {verdict} |")
        return "\n".join(lines + [""] + self.log) + "\n"

    def chart(self, path):
        figure, axes = pyplot.subplots(figsize=(9, 0.45 * len(self.rows) + 1.2))
        positions = range(len(self.rows))
        colours = ["#2a7f62" if row.is_reached() else "#b5482f" for row in self.rows]
        axes.barh(positions, [row.better for row in self.rows], color=colours)
        for i, row in enumerate(self.rows):
            axes.plot([row.bar, row.bar], [i - 0.4, i + 0.4], color="black")
            axes.text(row.better, i, f" {row.better:.2f}", va="center")
        axes.set_yticks(positions, [row.work for row in self.rows])
        axes.invert_yaxis()
        axes.set_xlabel("times better than ONNX Runtime, one thread or the limit; black: the bar")
        axes.set_title(self.machine(), fontsize=8)
        axes.margins(x=0.1)
        figure.tight_layout()
        figure.savefig(path, dpi=110)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true", help="a minute: small sizes and few rounds")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=2, help="of both (default: 2)")
    parser.add_argument("--minutes", type=float, default=8, help="after which no row is begun (default: 8)")
    parser.add_argument("--only", default="", metavar="WORD", help="only the rows whose name holds it: hybrid, memory ...")
    options = parser.parse_args()
    bench = Bench(options.folder.resolve(), options.quick, options.threads, options.minutes)
    apart(bench.prepare)
    bench.run(options.only)
    (bench.folder / "bench.md").write_text(bench.table())
    bench.chart(bench.folder / "bench.png")
    print("\n" + bench.table())
    print(f"{bench.folder}/bench.md, {bench.folder}/bench.png")


main()
