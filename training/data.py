# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""The portrait packs as one memory-mapped cache, and the augmented samples drawn from it.

Decoding, downscaling and foreground estimation are done once. A sample costs a few milliseconds.
"""
import csv
import json
import os
import signal
from queue import Full

import cv2
import numpy as np

import distractors
import hair
from foreground import estimate_foreground
from framing import EDGE, frame, stand, whole_until

LONG_SIDE = 448
cv2.setNumThreads(0)


# ---------------------------------------------------------------- packs and cache

def read_manifests(folders):
    rows = []
    for folder in folders:
        with open(os.path.join(folder, "manifest.csv"), newline="") as f:
            for r in csv.DictReader(f):
                faces = [[int(v) for v in q.split(",")] for q in r["faces"].split(";") if q]
                rows.append({"name": r["name"], "folder": folder, "split": r["split"], "faces": faces,
                             "synthetic": r["synthetic"] == "1", "licence": r["licence"]})
    return rows


def read_pair(row):
    rgb = cv2.cvtColor(cv2.imread(os.path.join(row["folder"], "images", row["name"] + ".jpg")), cv2.COLOR_BGR2RGB)
    alpha = cv2.imread(os.path.join(row["folder"], "alphas", row["name"] + ".png"), cv2.IMREAD_GRAYSCALE)
    return rgb, alpha


def fit(image, long_side):
    h, w = image.shape[:2]
    s = long_side / max(h, w)
    if s >= 1:
        return image, 1.0
    return cv2.resize(image, (max(1, round(w * s)), max(1, round(h * s))), interpolation=cv2.INTER_AREA), s


def empty_rectangle(alpha, cell=16):
    """Largest rectangle (x, y, w, h) that holds nobody, on a coarse grid; None when it is small."""
    h, w = alpha.shape
    gh, gw = h // cell, w // cell
    free = alpha[:gh * cell, :gw * cell].reshape(gh, cell, gw, cell).max((1, 3)) < 5
    best, box, heights = 0, None, np.zeros(gw, int)
    for y in range(gh):
        heights = np.where(free[y], heights + 1, 0)
        for x0 in range(gw):
            low = heights[x0]
            for x1 in range(x0, gw):
                low = min(low, heights[x1])
                if low == 0:
                    break
                score = low * (x1 - x0 + 1) * min(1.0, 3 * min(low, x1 - x0 + 1) / max(low, x1 - x0 + 1))
                if score > best:
                    best, low = score, int(low)
                    box = (x0 * cell, (y - low + 1) * cell, (x1 - x0 + 1) * cell, low * cell)
    return box if box and min(box[2:]) >= 112 else None


def describe(row, alpha, scale=1.0):
    """What framing needs to know of a person whose picture was scaled."""
    ys, xs = np.nonzero(alpha > 127)
    return {"name": row["name"], "h": alpha.shape[0], "w": alpha.shape[1],
            "faces": [[v * scale for v in f] for f in row["faces"]], "synthetic": row["synthetic"],
            "box": [int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1],
            # sides the person is cut by: the canvas cannot be extended there
            "cut": [bool((alpha[:, :EDGE] > 60).any()), bool((alpha[:EDGE] > 60).any()),
                    bool((alpha[:, -EDGE:] > 60).any()), bool((alpha[-EDGE:] > 60).any())]}


def build_cache(folders, backgrounds, path):
    """Writes path.bin (raw uint8) and path.json (where everything is); train rows only."""
    rows = [r for r in read_manifests(folders) if r["split"] == "train"]
    index, offset = {"people": [], "scenes": []}, 0
    with open(path + ".bin.tmp", "wb") as out:
        def put(*arrays):
            nonlocal offset
            start = offset
            for a in arrays:
                out.write(np.ascontiguousarray(a).tobytes())
                offset += a.nbytes
            return start
        for r in rows:
            rgb, alpha = read_pair(r)
            rgb, s = fit(rgb, LONG_SIDE)
            alpha, _ = fit(alpha, LONG_SIDE)
            fg = estimate_foreground(rgb, alpha.astype(np.float32) / 255)
            index["people"].append({**describe(r, alpha, s), "offset": put(rgb, fg, alpha)})
            box = empty_rectangle(alpha)
            if box:
                x, y, w, h = box
                index["scenes"].append({"name": r["name"], "offset": put(rgb[y:y + h, x:x + w]), "h": h, "w": w,
                                        "whole": False})
        for n in sorted(os.listdir(backgrounds)):
            if n.lower().endswith((".jpg", ".png")):
                rgb = cv2.cvtColor(cv2.imread(os.path.join(backgrounds, n)), cv2.COLOR_BGR2RGB)
                rgb, _ = fit(rgb, 640)
                index["scenes"].append({"name": n, "offset": put(rgb), "h": rgb.shape[0], "w": rgb.shape[1],
                                        "whole": True})
    os.replace(path + ".bin.tmp", path + ".bin")
    with open(path + ".json.tmp", "w") as f:
        json.dump(index, f)
    os.replace(path + ".json.tmp", path + ".json")


def held_out(names):
    """Of the people-free pictures (whole folder), those kept for checking: every seventh."""
    return set(sorted(names)[3::7])


def held_out_backgrounds(folder):
    """(name, RGB) of these pictures."""
    for n in sorted(held_out(n for n in os.listdir(folder) if n.endswith((".jpg", ".png")))):
        yield os.path.splitext(n)[0], cv2.cvtColor(cv2.imread(os.path.join(folder, n)), cv2.COLOR_BGR2RGB)


# ---------------------------------------------------------------- colour and sharpness

def jitter_colour(x, rng, strength=1.0):
    """x float32 0..1; exposure, contrast, temperature, saturation, each now and then."""
    if rng.random() < 0.8:
        x = x * np.float32(2 ** rng.normal(0, 0.35 * strength))
    if rng.random() < 0.6:
        t, g = rng.normal(0, 0.10 * strength), rng.normal(0, 0.04 * strength)
        x = x * np.array([1 + t, 1 + g, 1 - t], np.float32)
    if rng.random() < 0.5:
        x = (x - 0.5) * np.float32(2 ** rng.normal(0, 0.3 * strength)) + np.float32(0.5)
    np.clip(x, 0, 1, out=x)
    if rng.random() < 0.4:
        x = x ** np.float32(2 ** rng.normal(0, 0.4 * strength))
    if rng.random() < 0.5:
        grey = x @ np.array([[0.299], [0.587], [0.114]], np.float32)
        x = grey + (x - grey) * np.float32(max(0, rng.normal(1, 0.35)))
    return np.clip(x, 0, 1)


def degrade(u8, rng):
    """What cameras and the web do: blur, noise, scaling, JPEG; u8 is RGB."""
    h, w = u8.shape[:2]
    if rng.random() < 0.15:
        s = rng.uniform(0.45, 0.9)
        small = cv2.resize(u8, (max(8, int(w * s)), max(8, int(h * s))), interpolation=cv2.INTER_AREA)
        u8 = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR if rng.random() < 0.5 else cv2.INTER_CUBIC)
    elif rng.random() < 0.12:
        u8 = cv2.GaussianBlur(u8, (0, 0), rng.uniform(0.4, 1.3))
    if rng.random() < 0.3:
        sigma = rng.uniform(1, 12)
        noise = rng.standard_normal((h, w, 3 if rng.random() < 0.5 else 1), np.float32) * sigma
        u8 = np.clip(u8 + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        ok, blob = cv2.imencode(".jpg", u8, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 95))])
        u8 = cv2.imdecode(blob, cv2.IMREAD_COLOR)
    return u8


# ---------------------------------------------------------------- groups

def put_group(out, count, somebody, rng):
    """Puts people beside one another on out (float RGB, changed in place), some before others; returns the alpha of all, 0..1.
    somebody() draws one: (what describe() says, foreground colours, alpha)."""
    h, w = out.shape[:2]
    rest = np.ones((h, w), np.float32)
    left, right = (0, w) if rng.random() < 0.5 else np.sort(rng.uniform(0, w, 2))
    if right - left < w / 2:
        left, right = 0, w
    bounds = np.linspace(left, right, count + 1)
    for i in rng.permutation(count):
        for _ in range(50):                                 # packs of nothing but close-ups have nobody for it
            p, rgb, alpha = somebody()
            until = whole_until(alpha)
            place = stand(p, until, bounds[i:i + 2], w, h, rng)
            if place:
                break
        else:
            continue
        s, x, y = place
        size = max(8, round(p["w"] * s)), max(8, round(until * s))
        way = cv2.INTER_AREA if s < 1 else cv2.INTER_LINEAR
        rgb, alpha = (cv2.resize(a[:until], size, interpolation=way) for a in (rgb, alpha))
        if rng.random() < 0.5:
            rgb, alpha = rgb[:, ::-1], alpha[:, ::-1]
            x = bounds[i] + bounds[i + 1] - x - size[0]
        rgb = jitter_colour(rgb.astype(np.float32) / 255, rng, 0.4)
        rest *= 1 - distractors.paste(out, rgb, alpha.astype(np.float32) / 255, round(x), round(y))[..., 0]
    return 1 - rest


# ---------------------------------------------------------------- samples

class Samples:
    """Draws (rgb uint8 HxWx3, alpha uint8 HxW) of any size from the cache. seen: how much of a person the network
    sees in each of the whole people-free pictures; the more, the more often that picture is shown as a whole."""

    def __init__(self, cache, config, seed=0, seen=None):
        with open(cache + ".json") as f:
            index = json.load(f)
        self.bytes = np.memmap(cache + ".bin", np.uint8, "r")
        kept = held_out(s["name"] for s in index["scenes"] if s["whole"])
        self.people, self.c = index["people"], config
        self.scenes = [s for s in index["scenes"] if not (s["whole"] and s["name"] in kept)]
        self.rng = np.random.default_rng(seed)
        weights = np.array([self.weight(p["name"]) for p in self.people])
        self.cumulative = np.cumsum(weights / weights.sum())
        self.whole = [s for s in self.scenes if s["whole"]]
        hard = np.array(seen or [0.0] * len(self.whole)) + 0.01
        self.cumulative_hard = np.cumsum(hard / hard.sum())
        stamps = os.path.join(os.path.dirname(cache), "stamps.npz")     # without it, no stamps
        self.stamps = list(np.load(stamps).values()) if os.path.exists(stamps) else []

    def weight(self, name):
        prefix = name.split("_")[0]
        return self.c["weights"].get(prefix, 1.0)

    def array(self, offset, *shape):
        return self.bytes[offset:offset + int(np.prod(shape))].reshape(shape)

    def whole_scenes(self):
        """The people-free pictures, uint8 RGB, in the order of `seen`."""
        return [self.array(s["offset"], s["h"], s["w"], 3) for s in self.whole]

    def person(self, p, which):
        n = p["h"] * p["w"]
        rgb = self.array(p["offset"] + (3 * n if which == "foreground" else 0), p["h"], p["w"], 3)
        return rgb, self.array(p["offset"] + 6 * n, p["h"], p["w"])

    def scene(self, h, w, whole=None):
        """A people-free picture of that size: a random part, flipped, sometimes out of focus."""
        rng = self.rng
        whole = rng.random() < 0.6 if whole is None else whole
        pool = self.whole if whole else self.scenes
        s = pool[rng.integers(len(pool))]
        a = self.array(s["offset"], s["h"], s["w"], 3)
        k = max(h / s["h"], w / s["w"])
        zoom = 1.0 if k >= 1 else np.exp(rng.uniform(np.log(k), 0))
        ch, cw = min(s["h"], int(round(h / max(zoom, k)))), min(s["w"], int(round(w / max(zoom, k))))
        y, x = rng.integers(s["h"] - ch + 1), rng.integers(s["w"] - cw + 1)
        a = cv2.resize(a[y:y + ch, x:x + cw], (w, h),
                       interpolation=cv2.INTER_AREA if ch > h else cv2.INTER_LINEAR)
        if rng.random() < 0.5:
            a = a[:, ::-1]
        if rng.random() < 0.45:
            a = cv2.GaussianBlur(np.ascontiguousarray(a), (0, 0), max(h, w) / 192 * np.exp(rng.uniform(-0.7, 1.8)))
        return np.ascontiguousarray(a)

    def hard_scene(self, h, w):
        """A people-free picture of that size, sharp and nearly whole, as users would give it."""
        rng = self.rng
        s = self.whole[int(np.searchsorted(self.cumulative_hard, rng.random()))]
        k = min(s["h"] / h, s["w"] / w) * rng.uniform(0.8, 1)
        ch, cw = int(h * k), int(w * k)
        y, x = rng.integers(s["h"] - ch + 1), rng.integers(s["w"] - cw + 1)
        a = self.array(s["offset"], s["h"], s["w"], 3)[y:y + ch, x:x + cw]
        a = cv2.resize(a, (w, h), interpolation=cv2.INTER_AREA if ch > h else cv2.INTER_LINEAR)
        return np.ascontiguousarray(a[:, ::-1]) if rng.random() < 0.5 else a

    def cut_out(self, p, which, h, w, free):
        """The person framed, turned and scaled to h x w: (colours, alpha, largest face or None)."""
        rng = self.rng
        rgb, alpha = self.person(p, which)
        x, y, cw, ch = frame(p, w / h, free, rng, self.c.get("small", 0.1))
        s = w / cw
        if s < 0.75:                                        # antialias: area-scale before the warp
            k = s * 1.1
            size = (max(8, int(round(p["w"] * k))), max(8, int(round(p["h"] * k))))
            rgb, alpha = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
            kx, ky = size[0] / p["w"], size[1] / p["h"]
        else:
            kx = ky = 1.0
        angle = rng.normal(0, 6) if rng.random() < 0.4 else 0.0
        angle = float(np.clip(angle, -15, 15))
        if angle and not free:                              # turn, and zoom so that no corner is left empty
            t = abs(np.sin(np.radians(angle)))
            s = s * (np.cos(np.radians(angle)) + t * max(w / h, h / w))
        c, n = s * np.cos(np.radians(angle)), s * np.sin(np.radians(angle))
        flip = -1 if rng.random() < 0.5 else 1
        mx, my = x + cw / 2, y + ch / 2
        # pixel centres sit at +0.5
        m = np.array([[flip * c / kx, -flip * n / ky, w / 2 - flip * (c * mx - n * my) - 0.5],
                      [n / kx, c / ky, h / 2 - (n * mx + c * my) - 0.5]], np.float64)
        m[:, 2] += m[:, :2] @ (0.5, 0.5)
        face = None
        if p["faces"]:
            f = max(p["faces"], key=lambda q: q[2] * q[3])
            face = *(m[:, :2] @ ((f[0] + f[2] / 2) * kx, (f[1] + f[3] / 2) * ky) + m[:, 2]), f[2] * s, f[3] * s
        rgb = cv2.warpAffine(rgb, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if not free:
            alpha = cv2.warpAffine(alpha, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            return rgb, alpha, face
        # replicate first where the person is cut, so that a turn does not open a seam; 0 where it is not
        left, top, right, bottom = (1 if v else 0 for v in p["cut"])
        pad = 24
        alpha = cv2.copyMakeBorder(alpha, pad * top, pad * bottom, pad * left, pad * right, cv2.BORDER_REPLICATE)
        m[:, 2] -= m[:, :2] @ (pad * left, pad * top)
        alpha = cv2.warpAffine(alpha, m, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
        return rgb, alpha, face

    def background(self, h, w, subject=False):
        """A people-free picture as float, sometimes with things or flat pictures of people in it. subject: the things may
        be as large as a person would be."""
        rng, c = self.rng, self.c
        shapes, big = (2 * c.get("shapes", 0), 1.4) if subject else (c.get("shapes", 0), 0.7)
        def stuff(painted):
            if rng.random() < painted:
                return distractors.surface(h, w, rng)
            return jitter_colour(self.scene(h, w).astype(np.float32) / 255, rng, 0.8)
        out = stuff(shapes / 4)
        if rng.random() < shapes:
            for _ in range(rng.integers(1, 4)):
                distractors.shape(out, stuff(0.5), rng, big=big)
        if rng.random() < c.get("poster", 0):
            picture, _, _ = self.cut_out(self.pick(), "image", 96, 72 if rng.random() < 0.7 else 120, False)
            distractors.poster(out, picture, rng)
        if self.stamps and rng.random() < c.get("stamps", 0):
            for _ in range(rng.integers(1, 4)):
                distractors.stamp(out, self.stamps, rng, big=big)
        return out

    def pick(self):
        return self.people[int(np.searchsorted(self.cumulative, self.rng.random()))]

    def somebody(self):
        p = self.pick()
        return p, *self.person(p, "foreground")

    def one(self, out):
        """Puts a person on out (float RGB, changed in place), now and then with somebody behind, who is a person too;
        returns the alpha, 0..1."""
        rng, c = self.rng, self.c
        h, w = out.shape[:2]
        fg, alpha, face = self.cut_out(self.pick(), "foreground", h, w, True)
        fg = jitter_colour(fg.astype(np.float32) / 255, rng, 0.6)
        if face and face[3] > 24 and rng.random() < c.get("hair", 0):
            fg, alpha = hair.grow(fg, alpha, face, rng)
        rest = 1
        if rng.random() < c["two"]:
            behind, alpha2, _ = self.cut_out(self.pick(), "foreground", h, w, True)
            a = (alpha2.astype(np.float32) / 255)[..., None]
            out += a * (jitter_colour(behind.astype(np.float32) / 255, rng, 0.6) - out)
            rest = 1 - a[..., 0]
        a = (alpha.astype(np.float32) / 255)[..., None]
        out += a * (fg - out)
        return 1 - (1 - a[..., 0]) * rest

    def draw(self, h, w):
        rng, c = self.rng, self.c
        if rng.random() < c["empty"]:
            hard = rng.random() < c.get("hard", 0)
            out = jitter_colour(self.hard_scene(h, w).astype(np.float32) / 255, rng) if hard else self.background(h, w, True)
            alpha = np.zeros((h, w), np.uint8)
        else:
            if rng.random() < c["replace"]:
                out = self.background(h, w)
                if rng.random() < c.get("group", 0):
                    alpha = put_group(out, rng.integers(2, 6), self.somebody, rng)
                else:
                    alpha = self.one(out)
                if self.stamps and rng.random() < c.get("front", 0):    # something before the person
                    alpha *= 1 - distractors.stamp(out, self.stamps, rng, 0.1, 0.4)[..., 0]
                alpha = np.rint(255 * alpha).astype(np.uint8)
                if rng.random() < 0.3:
                    out = jitter_colour(out, rng, 0.5)
            else:
                rgb, alpha, _ = self.cut_out(self.pick(), "image", h, w, False)
                out = jitter_colour(rgb.astype(np.float32) / 255, rng)
        if rng.random() < c["grey"]:
            out = np.repeat(out @ np.array([[0.299], [0.587], [0.114]], np.float32), 3, 2)
        u8 = np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8)
        return degrade(u8, rng), alpha

    def batch(self, count, h, w):
        pairs = [self.draw(h, w) for _ in range(count)]
        return np.stack([p[0] for p in pairs]), np.stack([p[1] for p in pairs])


def worker(queue, cache, config, seed, plan, seen):
    """Runs in a process of its own: keeps the queue full of batches; plan holds (count, size)."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    samples = Samples(cache, config, seed, seen)
    parent = os.getppid()
    while os.getppid() == parent:
        count, size = plan[0], plan[1]
        k = samples.rng.integers(3) if config.get("aspects", True) else 0
        h, w = ((size, size), (size + 32, size - 32), (size + 32, size - 32))[k] if size >= 128 else (size, size)
        if samples.rng.random() < 0.25:
            h, w = w, h
        item = (size,) + samples.batch(count, h, w)
        while os.getppid() == parent:                       # a dead trainer must not leave a process behind
            try:
                queue.put(item, timeout=5)
                break
            except Full:
                pass
