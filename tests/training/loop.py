# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""The whole loop on a dataset that is drawn here: obfuscate, separate, train as published, export, evaluate.

loop.py P3M TRAINING
"""
import csv
import os
import pathlib
import subprocess
import sys
import tempfile

try:
    import cv2
    import numpy
    import torch
except ImportError as error:
    print(f"1..0 # SKIP {error}")
    sys.exit(0)

P3M = os.path.abspath(sys.argv[1])
TRAINING = pathlib.Path(sys.argv[2]).resolve()
PORTRAIT = pathlib.Path(__file__).resolve().parents[2] / "data/demo/astronaut.png"
FACE = (slice(70, 200), slice(165, 285))  # of the portrait, px: the head
HEIGHT, WIDTH = 160, 192  # of the drawn pictures, px
COUNT = {"train": 6, "P3M-500-P": 2, "P3M-500-NP": 2}
STEPS = 50
WITHIN = 1e-3

tests = failures = 0


def report(good, name):
    global tests, failures
    tests += 1
    failures += not good
    print(f"{'' if good else 'not '}ok {tests} {name}", flush=True)
    return good


def run(*command, **options):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, encoding="utf-8",
                          timeout=400, **options)
    if done.returncode != 0:
        print("\n".join("# " + line for line in (done.stdout + done.stderr).splitlines()[-20:]))
    return done


# ---- the dataset

def draw(random):
    """A person with a real face before a coloured ground: R'G'B', alpha and face mask."""
    y, x = numpy.mgrid[:HEIGHT, :WIDTH].astype(float)
    middle, scale = WIDTH / 2 + random.uniform(-20, 20), random.uniform(0.55, 0.75)
    ground = random.uniform(40, 200, 3) + 30 * numpy.sin(x / 17 + random.uniform(0, 6))[..., None]
    head = numpy.hypot((x - middle) / (62 * scale), (y - 70) / (66 * scale))
    body = numpy.hypot((x - middle) / 62, (y - 190) / 90)
    alpha = numpy.clip(12 * (1 - numpy.minimum(head, body)) + 0.5, 0, 1)
    person = numpy.ones((HEIGHT, WIDTH, 3)) * random.uniform(20, 230, 3)
    face = cv2.imread(str(PORTRAIT))[FACE][..., ::-1]
    face = cv2.resize(face, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    h, w = face.shape[:2]
    top, left = 70 - h // 2, int(middle) - w // 2
    person[top:top + h, left:left + w] = face
    mask = (numpy.hypot((x - middle) / (30 * scale), (y - 74) / (38 * scale)) < 1) * 255
    noise = random.normal(0, 3, (HEIGHT, WIDTH, 3))
    rgb = alpha[..., None] * person + (1 - alpha[..., None]) * ground + noise
    return numpy.clip(rgb, 0, 255).astype("uint8"), (alpha * 255).round().astype("uint8"), mask.astype("uint8")


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels, [cv2.IMWRITE_JPEG_QUALITY, 95])


def make_dataset(folder):
    """The published layout, with pictures that nobody has obfuscated yet."""
    random = numpy.random.default_rng(1)
    for name, count in COUNT.items():
        place = folder / ("train" if name == "train" else f"validation/{name}")
        for number in range(count):
            rgb, alpha, face = draw(random)
            kind = "original_image" if name == "P3M-500-NP" else "raw"
            save(place / kind / f"p_{number}.jpg", rgb)
            save(place / "mask" / f"p_{number}.png", alpha)
            save(place / "face" / f"p_{number}.png", face)
            kernel = numpy.ones((9, 9), "uint8")
            trimap = numpy.where(cv2.erode((alpha == 255).astype("uint8"), kernel) > 0, 255,
                                 numpy.where(cv2.dilate((alpha > 0).astype("uint8"), kernel) > 0, 128, 0))
            save(place / "trimap" / f"p_{number}.png", trimap.astype("uint8"))


# ---- the loop

def obfuscate(data):
    for place in (data / "train", data / "validation/P3M-500-P"):
        done = run(P3M, "obfuscate", place / "raw", "-o", place / "blurred_image", "--faces", place / "face",
                   "--alphas", place / "mask", "--as-stored", "--regions", place / "facemask")
        if not report(done.returncode == 0, f"{place.name} is obfuscated"):
            return False
        before = cv2.imread(str(place / "raw/p_0.jpg")).astype(float)
        after = cv2.imread(str(place / "blurred_image/p_0.jpg")).astype(float)
        face = cv2.imread(str(place / "face/p_0.png"), 0) > 0
        report(cv2.Laplacian(after, cv2.CV_64F)[face].std() < 0.5 * cv2.Laplacian(before, cv2.CV_64F)[face].std(),
               f"{place.name}: faces have lost their detail")
        report(abs(after - before)[cv2.dilate(face.astype("uint8"), numpy.ones((41, 41))) == 0].mean() < 4,
               f"{place.name}: the rest is what it was")
    return True


def separate(data):
    done = run(P3M, "foreground", "--dataset", data, "--lossless")
    if not report(done.returncode == 0, "foregrounds and backgrounds are estimated"):
        return False
    place = data / "train"
    maps = [cv2.imread(str(place / kind / name)).astype(float)
            for kind, name in (("blurred_image", "p_0.jpg"), ("fg", "p_0.png"), ("bg", "p_0.png"))]
    alpha = cv2.imread(str(place / "mask/p_0.png"), 0)[..., None] / 255
    error = abs(alpha * maps[1] + (1 - alpha) * maps[2] - maps[0])
    return report(error.mean() < 1 and error.max() < 40, f"they compose the picture again (mean error {error.mean():.2f} of 255)")


def train(data, output, *more):
    return run(sys.executable, TRAINING / "train_published", "--dataset", data, "--output", output, "--width", 0.125,
               "--batch", 2, "--crops", "96,128", "--size", 64, "--rate", 1e-3, "--workers", 0, "--device", "cpu", *more)


def losses(output):
    with open(output / "log.csv", encoding="utf-8") as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def check_training(folder, data):
    done = train(data, folder / "epoch", "--epochs", 1, "--cp-images", data / "validation/P3M-500-NP/original_image",
                 "--cp-masks", data / "validation/P3M-500-NP/face", "--cp-share", 1)
    report(done.returncode == 0 and len(losses(folder / "epoch")) == COUNT["train"] // 2, "one epoch with P3M-CP runs")
    done = train(data, folder / "run", "--epochs", 5)
    report(done.returncode == 0, "training runs")
    done = train(data, folder / "run", "--epochs", 1000, "--steps", STEPS, "--export", folder / "model.safetensors",
                 "--dtype", "F32")
    seen = losses(folder / "run")
    report(done.returncode == 0 and "going on after epoch 5" in done.stdout and len(seen) == STEPS, "and goes on")
    return report(numpy.isfinite(seen).all() and numpy.mean(seen[-10:]) < 0.9 * numpy.mean(seen[:10]),
                  f"the loss falls ({numpy.mean(seen[:10]):.3f} to {numpy.mean(seen[-10:]):.3f})")


def check_faces(data):
    """P3M-CP gives the training pictures the detail of a face back."""
    sys.path.insert(0, str(TRAINING))
    import published
    place = data / "validation/P3M-500-NP"
    source = published.FaceSource(str(place / "original_image"), str(place / "face"))
    picture = published.read(str(data / "train/blurred_image/p_0.jpg"), True)
    mask = published.read(str(data / "train/facemask/p_0.png"), False)
    old = picture.copy()
    published.paste_faces((picture,), mask, source, numpy.random.default_rng(1))
    detail = [cv2.Laplacian(p.astype(float), cv2.CV_64F)[mask > 250].std() for p in (old, picture)]
    report(detail[1] > 1.5 * detail[0] and (picture[mask == 0] == old[mask == 0]).all(), "P3M-CP pastes into the mask only")


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return {(row["set"], row["name"]): row for row in csv.DictReader(file)}


def compare(folder, data, strategy):
    model = folder / "model.safetensors"
    ours = run(P3M, "evaluate", "--dataset", data, "--model", model, "--strategy", strategy, "--csv", folder / "ours.csv")
    theirs = run(sys.executable, TRAINING / "evaluate_published", model, "--dataset", data, "--strategy", strategy,
                 "--csv", folder / "theirs.csv")
    if not report(ours.returncode == 0 and theirs.returncode == 0, f"{strategy}: both evaluate"):
        return
    a, b = rows(folder / "ours.csv"), rows(folder / "theirs.csv")
    report(set(a) == set(b) and len(a) == COUNT["P3M-500-P"] + COUNT["P3M-500-NP"], f"{strategy}: the same pictures")
    columns = [c for c in b[min(b)] if c not in ("name", "set")]
    worst = max((abs(float(a[k][c]) - float(b[k][c])) / max(1, abs(float(b[k][c]))), c, k) for k in b for c in columns)
    sad = numpy.mean([float(row["sad"]) for row in b.values()])
    report(worst[0] <= WITHIN, f"{strategy}: engine = PyTorch (largest difference {worst[0]:.1e}, {worst[1]}; mean SAD {sad:.3f})")


def main():
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory(prefix="p3m-loop-") as name:
        folder = pathlib.Path(name)
        data = folder / "P3M-10k"
        make_dataset(data)
        if obfuscate(data) and separate(data):
            check_faces(data)
            if check_training(folder, data):
                for strategy in ("resize", "hybrid"):
                    compare(folder, data, strategy)
    print(f"1..{tests}")
    sys.exit(failures > 0)


main()
