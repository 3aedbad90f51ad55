# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""p3m evaluate: figures, matching of files, reports, and what it says of broken test sets."""
import base64
import csv
import html.parser
import io
import json
import math
import os
import pathlib
import signal
import struct
import subprocess
import time
import zlib

import numpy
from PIL import Image

import support

METRICS = ["sad", "mse", "mad", "sad_trimap", "mse_trimap", "mad_trimap", "sad_fg", "sad_bg",
           "conn", "grad"]


class Page(html.parser.HTMLParser):
    """The headings, the text and the pictures of a report, and whatever it would load."""

    def __init__(self, text):
        super().__init__()
        self.headings, self.images, self.captions, self.loads = [], [], [], []
        self.open, self.words = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag not in ("meta", "img"):
            self.open.append(tag)
        if tag == "img":
            self.images.append(attributes["src"])
        if tag in ("script", "link", "iframe") or "href" in attributes:
            self.loads.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, tag

    def handle_data(self, data):
        self.words += data
        if self.open and self.open[-1] in ("h2", "h3"):
            self.headings.append(data)
        if self.open and self.open[-1] == "figcaption":
            self.captions.append(data)


class Evaluate(support.Case):
    # ---- what the tests are made of

    def save(self, path, values):
        """Writes numbers as a picture, in a folder that is made."""
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(path)
        return path

    def disc(self, width=40, height=30, shift=0):
        """A soft alpha, 8-bit."""
        y, x = numpy.mgrid[:height, :width]
        distance = numpy.hypot(x - width / 2 - shift, y - height / 2) / (height / 3)
        return (numpy.clip(4 * (1.2 - distance), 0, 1) * 255).round().astype("uint8")

    def declare_linear(self, name):
        """Adds a gamma chunk to a PNG."""
        data = (self.folder / name).read_bytes()
        gamma = b"gAMA" + struct.pack(">I", 100000)
        (self.folder / name).write_bytes(data[:33] + struct.pack(">I", 4) + gamma
                                         + struct.pack(">I", zlib.crc32(gamma)) + data[33:])

    def trimap(self, truth):
        return numpy.where((truth > 0) & (truth < 255), 128, truth).astype("uint8")

    def add(self, name, shift=0, truths="masks", predictions="alphas", error=7):
        """A true alpha and a prediction."""
        truth = self.disc(shift=shift)
        self.save(f"{truths}/{name}.png", truth)
        self.save(f"{predictions}/{name}.png", numpy.clip(truth.astype(int) + error, 0, 255)
                  .astype("uint8"))
        return truth

    def published(self, *names):
        """P3M-10k as it is published, with two pictures in each of the sets named."""
        for set_name in names:
            folder = {"train": "train"}.get(set_name, f"validation/{set_name}")
            images = "original_image" if set_name == "P3M-500-NP" else "blurred_image"
            for number in range(2):
                name = f"{set_name[-2:].lower()}_{number}"
                truth = self.disc(70, 66, number)
                self.save(f"data/{folder}/{images}/{name}.jpg", self.noise(66, 70, 3))
                self.save(f"data/{folder}/mask/{name}.png", truth)
                if set_name != "train":
                    self.save(f"data/{folder}/trimap/{name}.png", self.trimap(truth))

    def evaluate(self, *arguments, status=0):
        done = self.call("evaluate", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        if status == 0:
            self.assertEqual(done.stderr, "")
        return done

    def rows(self, *arguments, status=0):
        """The lines of the CSV file of a run."""
        self.evaluate(*arguments, "--csv", "out.csv", status=status)
        with open(self.folder / "out.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def measure(self, *arguments, status=0):
        """The lines of the CSV file of a comparison of finished alphas."""
        return self.rows("--masks", "masks", "--predictions", "alphas", *arguments, status=status)

    def assert_close(self, text, expected):
        self.assertLessEqual(abs(float(text) - expected), 1e-9 + 5e-7 * abs(expected))

    # ---- figures

    def test_the_figures_of_the_benchmark(self):
        oracle = pathlib.Path(os.environ.get("P3M_ORACLE", "nowhere"))
        if not (oracle / "metrics.json").exists():
            self.skipTest("the reference numbers are not at hand")
        expected = json.loads((oracle / "metrics.json").read_text())
        for case in expected:
            for folder, kind in (("masks", "gt"), ("alphas", "pred"), ("trimaps", "trimap")):
                file = oracle / f"metric{case['case']}_{kind}.png"
                (self.folder / folder).mkdir(exist_ok=True)
                (self.folder / folder / f"{case['case']}.png").write_bytes(file.read_bytes())
        rows = self.measure("--trimaps", "trimaps", "--json", "out.json")
        self.assertEqual([row["name"] for row in rows], [str(case["case"]) for case in expected])
        self.assertEqual(list(rows[0]), ["name"] + METRICS)
        for row, case in zip(rows, expected):
            for metric in METRICS:
                if case[metric] is None:
                    self.assertEqual(row[metric], "", metric)
                else:
                    self.assert_close(row[metric], case[metric])
        means = json.loads((self.folder / "out.json").read_text())["results"][0]["metrics"]
        for metric in METRICS:
            values = [case[metric] for case in expected if case[metric] is not None]
            self.assertEqual(means[metric]["count"], len(values))
            self.assert_close(means[metric]["mean"], sum(values) / len(values))

    def test_the_figures_of_a_network_are_those_of_its_matte(self):
        self.published("P3M-500-P")
        folder = self.folder / "data/validation/P3M-500-P"
        for strategy in ("resize", "hybrid"):
            for row in self.rows("--dataset", "data", "--strategy", strategy):
                # as libjpeg decodes by itself, and so the benchmark's code
                Image.open(folder / "blurred_image" / (row["name"] + ".jpg")).save(
                    self.folder / "stored.png")
                self.matte("stored.png", "--strategy", strategy, "--mask", "alpha.tif",
                           "--edge-detail", 0)
                truth = self.read(folder / "mask" / (row["name"] + ".png")) / 255
                difference = self.read("alpha.tif") - truth
                self.assertGreater(abs(difference).sum(), 1)
                self.assert_close(row["sad"], abs(difference).sum() / 1000)
                self.assert_close(row["mse"], (difference ** 2).mean())
                self.assert_close(row["sad_fg"], abs(difference[truth == 1]).sum() / 1000)

    def test_threads_change_nothing(self):
        for number in range(9):
            self.add(f"n{number}", number)
        self.assertEqual(*(self.measure("--band", 2, "--threads", threads) for threads in (1, 4)))

    def test_the_speed_is_told(self):
        y, x = numpy.mgrid[:1080, :1920]
        distance = numpy.hypot(x - 960, y - 700)
        truth = (numpy.clip(8 * (1 - distance / 550), 0, 1) * 255).astype("uint8")
        hair = (truth * (0.75 + 0.25 * numpy.sin(x / 3) * numpy.sin(y / 5))).astype("uint8")
        self.save("masks/one.png", truth)
        self.save("alphas/one.png", numpy.where(truth < 255, hair, truth))
        self.save("trimaps/one.png", self.trimap(truth))
        done = self.call("evaluate", "-v", "--masks", "masks", "--trimaps", "trimaps",
                         "--predictions", "alphas")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"Measuring took \d\.\d+ s")
        print(f"# 1920 x 1080 px: {done.stderr.splitlines()[-1]}")

    # ---- alphas in files

    def test_16_bits_and_channels_and_tone_curves_change_nothing(self):
        truth = self.add("a")
        expected = self.measure()
        prediction = self.read("alphas/a.png")
        self.save("masks/a.png", truth.astype("uint16") * 257)
        self.save("alphas/a.png", numpy.dstack([prediction] * 3 + [255 - prediction]))
        self.assertEqual(self.measure(), expected)
        self.save("alphas/a.png", prediction)
        self.declare_linear("alphas/a.png")
        self.assertEqual(self.measure(), expected)

    def test_one_bit_and_palettes_are_read_as_grey(self):
        truth = self.disc() // 128 * 255
        self.save("alphas/a.png", self.disc())
        self.save("masks/a.png", truth)
        expected = self.measure()
        for mode in ("1", "P", "LA"):
            Image.fromarray(truth).convert(mode).save(self.folder / "masks/a.png")
            self.assertEqual(self.measure(), expected, mode)

    def test_float_alphas_are_taken_as_they_are(self):
        truth = self.add("a") / 255
        prediction = (truth * 0.9 + 0.03).astype("float32")
        (self.folder / "alphas/a.png").unlink()
        self.save("alphas/a.tif", prediction)
        self.assert_close(self.measure()[0]["sad"], abs(prediction - truth).sum() / 1000)

    def test_the_mask_that_p3m_matte_writes_can_be_measured(self):
        self.picture("a.png", width=40, height=30)
        self.add("a")
        self.matte("a.png", "--mask", "alphas/a.png")
        stored = numpy.array(Image.open(self.folder / "alphas/a.png")) / 65535
        self.assert_close(self.measure()[0]["sad"], abs(stored - self.disc() / 255).sum() / 1000)

    def test_orientation_counts_in_own_folders_and_not_in_the_dataset(self):
        upright = self.noise(66, 70, 3)
        exif = Image.Exif()
        exif[0x0112] = 6
        images = self.folder / "data/validation/P3M-500-P/blurred_image"
        images.mkdir(parents=True)
        Image.fromarray(numpy.rot90(upright)).save(images / "a.png", exif=exif)
        self.save("data/validation/P3M-500-P/mask/a.png", self.disc(66, 70))
        self.save("own/a.png", self.disc(70, 66))
        self.save("plain/a.png", numpy.rot90(upright))
        self.save("upright/a.png", upright)
        masks = "data/validation/P3M-500-P/mask"
        stored = self.rows("--images", "plain", "--masks", masks)
        turned = self.rows("--images", "upright", "--masks", "own")
        self.assertEqual(self.rows("--dataset", "data"), stored)
        self.assertEqual(self.rows("--images", images, "--masks", masks, "--as-stored"), stored)
        self.assertEqual(self.rows("--images", images, "--masks", "own"), turned)
        self.assertNotEqual(stored, turned)

    def test_colour_spaces_count_in_own_folders_and_not_in_the_dataset(self):
        self.published("P3M-500-P")
        images, masks = (f"data/validation/P3M-500-P/{name}" for name in ("blurred_image", "mask"))
        for name in ("-p_0", "-p_1"):
            (self.folder / images / f"{name}.jpg").unlink()
            self.save(f"{images}/{name}.png", self.noise(66, 70, 3))
        as_srgb = self.rows("--images", images, "--masks", masks)
        for name in ("-p_0", "-p_1"):
            self.declare_linear(f"{images}/{name}.png")
        as_linear = self.rows("--images", images, "--masks", masks)
        self.assertNotEqual(as_srgb[0]["sad"], as_linear[0]["sad"])
        self.assertEqual(self.rows("--images", images, "--masks", masks, "--as-stored"), as_srgb)
        self.assertEqual([row["sad"] for row in self.rows("--dataset", "data")],
                         [row["sad"] for row in as_srgb])

    # ---- trimaps

    def test_without_trimaps_the_band_is_undefined(self):
        self.add("a")
        done = self.evaluate("--masks", "masks", "--predictions", "alphas", "--csv", "out.csv")
        self.assertIn("There are no trimaps", done.stdout)
        self.assertIn("–", done.stdout)
        self.assertNotIn("nan", done.stdout.lower())
        row = self.measure()[0]
        for metric in METRICS:
            self.assertEqual(row[metric] == "", metric.split("_")[-1] in ("trimap", "fg", "bg"))

    def test_the_band_is_a_square_about_the_edge(self):
        truth = self.add("a")
        for radius in (1, 3):
            padded = numpy.pad(truth, radius, "edge")
            windows = numpy.lib.stride_tricks.sliding_window_view(padded, [2 * radius + 1] * 2)
            least, most = windows.min((2, 3)), windows.max((2, 3))
            trimap = numpy.where(least == 255, 255, numpy.where(most == 0, 0, 128))
            self.save("trimaps/a.png", trimap.astype("uint8"))
            self.assertEqual(self.measure("--band", radius),
                             self.measure("--trimaps", "trimaps"))

    def test_pictures_without_transition_are_left_out_of_the_mean(self):
        for name in "ab":
            self.save(f"trimaps/{name}.png", self.trimap(self.add(name)))
        self.save("trimaps/b.png", numpy.full((30, 40), 255, "uint8"))
        done = self.evaluate("--masks", "masks", "--trimaps", "trimaps", "--predictions", "alphas",
                             "--json", "out.json")
        self.assertIn("undefined for 1 of 2 pictures", done.stdout)
        self.assertIn("mse_trimap, mad_trimap", done.stdout)
        rows = self.measure("--trimaps", "trimaps")
        means = json.loads((self.folder / "out.json").read_text())["results"][0]["metrics"]
        self.assertEqual(rows[1]["mse_trimap"], "")
        self.assertEqual(means["mse_trimap"]["count"], 1)
        self.assert_close(rows[0]["mse_trimap"], means["mse_trimap"]["mean"])
        self.assertEqual(means["sad"]["count"], 2)

    # ---- test sets and methods

    def test_the_published_layout(self):
        self.published("P3M-500-P", "P3M-500-NP", "train")
        rows = self.rows("--dataset", "data")
        self.assertEqual([(row["set"], row["name"]) for row in rows],
                         [("P3M-500-P", "-p_0"), ("P3M-500-P", "-p_1"),
                          ("P3M-500-NP", "np_0"), ("P3M-500-NP", "np_1")])
        self.assertNotIn("model", rows[0])
        self.assertTrue(all(row["mad_trimap"] for row in rows))
        rows = self.rows("--dataset", "data", "--set", "train", "--limit", 1)
        self.assertEqual([row["name"] for row in rows], ["in_0"])
        self.assertNotIn("set", rows[0])
        self.assertEqual(rows[0]["mad_trimap"], "")

    def test_models_and_strategies_and_folders_side_by_side(self):
        self.published("P3M-500-P", "P3M-500-NP")
        second = self.folder / "second.safetensors"
        second.write_bytes(pathlib.Path(support.MODEL).read_bytes())
        for name in ("np_0", "np_1"):
            self.save(f"ready/P3M-500-NP/{name}.png", self.disc(70, 66))
        for name in ("-p_0", "-p_1"):
            self.save(f"ready/P3M-500-P/{name}.png", self.disc(70, 66))
        rows = self.rows("--dataset", "data", "--model", support.MODEL, "--model", second,
                         "--strategy", "resize", "--strategy", "hybrid", "--predictions", "ready",
                         "--json", "out.json", "--markdown", "out.md")
        methods = [("small", "resize"), ("small", "hybrid"), ("second", "resize"),
                   ("second", "hybrid"), ("ready", "")]
        self.assertEqual([(row["model"], row["strategy"]) for row in rows], methods * 4)
        self.assertEqual([row["sad"] for row in rows[0::5]], [row["sad"] for row in rows[2::5]])
        self.assertNotEqual(rows[0]["sad"], rows[1]["sad"])
        self.assertEqual(float(rows[4]["sad"]), 0)
        results = json.loads((self.folder / "out.json").read_text())["results"]
        self.assertEqual([(result["model"], result["strategy"]) for result in results], methods * 2)
        for index, result in enumerate(results):
            values = [float(row["grad"]) for row in rows[index // 5 * 10 + index % 5:][:10:5]]
            self.assertEqual(result["measured"], 2)
            self.assert_close(result["metrics"]["grad"]["mean"], sum(values) / 2)
        table = (self.folder / "out.md").read_text().splitlines()
        self.assertEqual(len(table), 12)
        self.assertEqual({line.count("|") for line in table}, {14})

    def test_names_are_kept_apart(self):
        self.add("a")
        self.save("more/alphas/a.png", self.read("alphas/a.png"))
        rows = self.measure("--predictions", "more/alphas")
        self.assertEqual([row["model"] for row in rows], ["alphas", "more/alphas"])

    # ---- what is wrong with a set is said, and the rest goes on

    def complaints(self, *arguments):
        """Lines of stderr of a run that measures "good" and nothing else of every method."""
        done = self.evaluate("--masks", "masks", *arguments, "--csv", "out.csv", "--json",
                             "out.json", status=1)
        with open(self.folder / "out.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            self.assertEqual(bool(row["sad"]), row["name"] == "good", row)
        found = json.loads((self.folder / "out.json").read_text())
        lines = done.stderr.splitlines()
        self.assertEqual(lines, ["p3m: " + problem for problem in found["problems"]])
        self.assertEqual(found["results"][0]["measured"], 1)
        self.assertEqual(found["results"][0]["pictures"], len(rows))
        self.assertIn(f"1 of {len(rows)}", done.stdout)
        return lines

    def test_broken_truths_and_alphas(self):
        for name in ("cut", "colour", "good", "lost", "size", "torn", "twice"):
            self.add(name)
        cut = self.folder / "masks/cut.png"
        cut.write_bytes(cut.read_bytes()[:-30])
        self.save("masks/colour.png", self.noise(30, 40, 3))
        (self.folder / "alphas/lost.png").unlink()
        self.save("alphas/size.png", self.disc(41, 30))
        (self.folder / "alphas/torn.png").write_text("nothing")
        self.save("alphas/twice.tif", self.disc())
        lines = self.complaints("--predictions", "alphas")
        for line, name, text in zip(lines, ("colour", "cut", "lost", "size", "torn", "twice"),
                                    ("colour picture", "cannot be read", "has no alpha in",
                                     "41 × 30 px, the mask 40 × 30 px", "cannot be read",
                                     "have the same name")):
            self.assertIn(name, line)
            self.assertIn(text, line)
        self.assertEqual(len(lines), 6)

    def test_broken_pictures(self):
        for name in ("fatal", "good", "nomask", "nopicture", "size"):
            self.add(name)
            self.save(f"images/{name}.jpg", self.noise(30, 40, 3))
        (self.folder / "masks/nomask.png").unlink()
        (self.folder / "images/nopicture.jpg").unlink()
        self.save("images/size.jpg", self.noise(40, 30, 3))
        file = self.folder / "images/fatal.jpg"
        data = bytearray(file.read_bytes())
        table = data.index(b"\xff\xc4")
        data[table + 5:table + 21] = b"\xff" * 16
        file.write_bytes(data)
        lines = self.complaints("--images", "images")
        for line, name, text in zip(lines, ("fatal", "nomask", "nopicture", "size"),
                                    ("is damaged", "has no mask", "has no picture", "30 × 40 px")):
            self.assertIn(name, line)
            self.assertIn(text, line)
        self.assertEqual(len(lines), 4)

    def test_broken_trimaps_leave_the_whole_picture(self):
        for name in "abcd":
            self.save(f"trimaps/{name}.png", self.trimap(self.add(name)))
        (self.folder / "trimaps/b.png").unlink()
        self.save("trimaps/c.png", numpy.zeros((9, 9), "uint8"))
        self.save("trimaps/d.png", numpy.full((30, 40), 127, "uint8"))
        rows = self.measure("--trimaps", "trimaps", status=1)
        self.assertTrue(all(row["sad"] and row["conn"] for row in rows))
        self.assertEqual([row["sad_fg"] != "" for row in rows], [True, False, False, True])
        self.assertEqual([row["mad_trimap"] != "" for row in rows], [True, False, False, False])
        done = self.call("evaluate", "--masks", "masks", "--trimaps", "trimaps", "--predictions",
                         "alphas")
        for text in ("b.png” has no trimap", "9 × 9 px", "d.png” has pixels that are neither"):
            self.assertIn(text, done.stderr)

    def test_command_lines_that_make_no_sense(self):
        self.published("P3M-500-P")
        self.add("a")
        for arguments in (["evaluate"], ["--dataset", "data", "--masks", "masks"],
                          ["--masks", "masks"], ["--masks", "masks", "--set", "train"],
                          ["--dataset", "data", "--set", "test"],
                          ["--dataset", "data", "--strategy", "best"],
                          ["--dataset", "data", "--strategy", "auto", "--strategy", "auto"],
                          ["--dataset", "data", "--csv", "o", "--json", "./o"],
                          ["--dataset", "data", "--limit", "-1"],
                          ["--dataset", "data", "--band", "-1"],
                          ["--dataset", "data", "--worst", "-1"],
                          ["--dataset", "data", "--threads", "999"],
                          ["--dataset", "data", "-q", "-v"],
                          ["--dataset", "data", "--unknown"]):
            done = self.call("evaluate", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertIn("p3m evaluate --help", done.stderr)

    def test_sets_and_models_that_are_not_there(self):
        self.published("P3M-500-P")
        (self.folder / "empty").mkdir()
        for text, arguments in (("holds no set of P3M-10k", ["--dataset", "empty"]),
                                ("no pictures", ["--masks", "empty", "--predictions", "empty"]),
                                ("missing", ["--masks", "missing", "--predictions", "empty"]),
                                ("train", ["--dataset", "data", "--set", "train"])):
            done = self.evaluate(*arguments, status=1)
            self.assertIn(text, done.stderr)
            self.assertEqual(done.stdout, "")
        done = self.evaluate("--dataset", "data", "--model", "nothing", status=3)
        self.assertEqual(done.stdout, "")

    # ---- reports

    def test_the_page_needs_nothing_else_and_starts_with_the_worst(self):
        names = ["mild", "worst <b>&\"", "middle"]
        for name, error in zip(names, (1, 90, 20)):
            self.add(name, error=error)
            self.save(f"images/{name}.png", self.noise(30, 40, 3))
        self.evaluate("--images", "images", "--masks", "masks", "--predictions", "alphas",
                      "--html", "out.html", "--worst", 2)
        text = (self.folder / "out.html").read_text(encoding="utf-8")
        page = Page(text)
        self.assertEqual(page.open, [])
        self.assertEqual(page.loads, [])
        self.assertNotIn("http", text)
        self.assertEqual(page.headings, ["masks", "1. worst <b>&\"", "2. middle"])
        self.assertEqual(page.captions[:2] + page.captions[3:6] + page.captions[7:],
                         ["Picture", "Truth", "Error", "Picture", "Truth", "Error"])
        self.assertRegex(page.captions[2], r"^alphas: SAD \d+\.\d+$")
        self.assertEqual(len(page.images), 8)
        prefix = "data:image/jpeg;base64,"
        for source in page.images:
            self.assertTrue(source.startswith(prefix))
            picture = Image.open(io.BytesIO(base64.b64decode(source[len(prefix):])))
            self.assertEqual(picture.size, (40, 30))
        truth, alpha, error = (numpy.array(Image.open(io.BytesIO(base64.b64decode(
            source[len(prefix):])))).astype(int) for source in page.images[1:4])
        self.assertLess(abs(truth[..., 0] - self.disc()).mean(), 3)
        self.assertGreater((alpha - truth).mean(), 30)
        self.assertEqual(tuple((error[0, 0] > 230).tolist()), (True, False, False))

    def test_problems_are_on_the_page(self):
        self.add("good")
        self.add("lost")
        (self.folder / "alphas/lost.png").unlink()
        self.evaluate("--masks", "masks", "--predictions", "alphas", "--html", "out.html", status=1)
        page = Page((self.folder / "out.html").read_text(encoding="utf-8"))
        self.assertIn("“lost” has no alpha in “alphas”.", page.words)
        self.assertIn("1 of 2", page.words)
        self.assertEqual(page.headings, ["masks", "1. good"])
        self.assertEqual(len(page.images), 3)

    def test_names_with_commas_and_quotes_survive_the_csv(self):
        self.add("a, \"b\"")
        self.assertEqual(self.measure()[0]["name"], "a, \"b\"")

    def test_file_names_in_no_known_encoding_are_reported(self):
        self.add("good")
        for folder in (b"masks", b"alphas"):
            path = os.fsencode(self.folder) + b"/" + folder + b"/\xe9"
            os.link(self.folder / "masks/good.png", path + b".png")
            if folder == b"alphas":
                os.rename(path + b".png", path + b".tif")
                os.link(self.folder / "masks/good.png", path + b".jpg")
        done = self.call("evaluate", "--masks", "masks", "--predictions", "alphas", "--json",
                         "out.json", "--html", "out.html")
        self.assertEqual(done.returncode, 1)
        problems = json.loads((self.folder / "out.json").read_text(encoding="utf-8"))["problems"]
        self.assertEqual(len(problems), 1)
        self.assertIn("\ufffd", problems[0])

    def test_nothing_undefined_is_a_number(self):
        self.add("a")
        self.save("masks/a.png", numpy.zeros((30, 40), "uint8"))
        self.save("alphas/a.png", numpy.zeros((30, 40), "uint8"))
        done = self.evaluate("--masks", "masks", "--predictions", "alphas", "--band", 3, "--csv",
                             "out.csv", "--json", "out.json", "--markdown", "out.md", "--html",
                             "out.html")
        means = json.loads((self.folder / "out.json").read_text())["results"][0]["metrics"]
        self.assertEqual(means["mad_trimap"], {"mean": None, "count": 0})
        self.assertTrue(all(math.isfinite(mean["mean"]) for mean in means.values() if mean["count"]))
        for text in [done.stdout] + [(self.folder / name).read_text() for name in
                                     ("out.csv", "out.json", "out.md")]:
            self.assertNotIn("nan", text.lower())
            self.assertNotIn("inf", text.lower())

    def test_a_protected_place_is_said_before_the_work(self):
        self.add("a")
        done = self.evaluate("--masks", "masks", "--predictions", "alphas", "--csv", "out.csv",
                             "--html", "missing/out.html", status=1)
        self.assertIn("missing/out.html", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertFalse((self.folder / "out.csv").exists())

    def test_interrupted_runs_change_nothing(self):
        self.save("images/a.png", self.noise(3000, 3000, 3))
        self.save("masks/a.png", numpy.zeros((3000, 3000), "uint8"))
        (self.folder / "out.csv").write_text("old")
        before = self.files()
        process = subprocess.Popen(
            [support.PROGRAM, "evaluate", "--images", "images", "--masks", "masks", "--strategy",
             "hybrid", "--csv", "out.csv"], cwd=self.folder, env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (130, ""))
        self.assertEqual(error, "p3m: Interrupted; no output was changed.\n")
        self.assertEqual(self.files(), before)


support.main(Evaluate)
