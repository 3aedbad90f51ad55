# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Things that catch the eye and are nobody: stamps of animals, food and objects, shapes, and flat posters of people."""
import os

import cv2
import numpy as np

KINDS = ("animals", "food", "hobbies", "household", "plants", "sports", "vehicles")
LONG_SIDE = 256


def build(folder, path):
    """Photographs with alpha from Debian's tuxpaint-stamps-default, downscaled, as one .npz."""
    out = []
    for kind in KINDS:
        for root, _, names in sorted(os.walk(os.path.join(folder, kind))):
            if "cartoon" in root:
                continue
            for n in sorted(names):
                if not n.endswith(".png") or "mirror" in n or "flip" in n or "cartoon" in n:
                    continue
                a = cv2.imread(os.path.join(root, n), cv2.IMREAD_UNCHANGED)
                if a is None or a.ndim != 3 or a.shape[2] != 4 or a.dtype != np.uint8 or min(a.shape[:2]) < 60:
                    continue
                ys, xs = np.nonzero(a[..., 3] > 127)
                if not len(ys):
                    continue
                a = a[ys.min():ys.max() + 1, xs.min():xs.max() + 1]
                colours = len(np.unique(a[a[..., 3] > 200][:, :3] // 8, axis=0))
                if colours < 400:                       # drawn, not photographed
                    continue
                s = LONG_SIDE / max(a.shape[:2])
                if s < 1:
                    a = cv2.resize(a, None, fx=s, fy=s, interpolation=cv2.INTER_AREA)
                out.append(np.ascontiguousarray(a[..., [2, 1, 0, 3]]))
    np.savez(path, *out)
    return len(out)


def paste(canvas, rgb, alpha, x, y):
    """rgb float over canvas float at (x, y), clipped; returns the alpha in the canvas's size."""
    h, w = canvas.shape[:2]
    x0, y0, x1, y1 = max(0, x), max(0, y), min(w, x + rgb.shape[1]), min(h, y + rgb.shape[0])
    cover = np.zeros((h, w, 1), np.float32)
    if x1 > x0 and y1 > y0:
        a = alpha[y0 - y:y1 - y, x0 - x:x1 - x, None]
        part = canvas[y0:y1, x0:x1]
        part += a * (rgb[y0 - y:y1 - y, x0 - x:x1 - x] - part)
        cover[y0:y1, x0:x1] = a
    return cover


def stamp(canvas, stamps, rng, small=0.15, big=0.7):
    """One stamp on canvas (float RGB, changed in place); returns what it covers."""
    h, w = canvas.shape[:2]
    a = stamps[rng.integers(len(stamps))]
    s = max(h, w) * np.exp(rng.uniform(np.log(small), np.log(big))) / max(a.shape[:2])
    size = max(4, int(a.shape[1] * s)), max(4, int(a.shape[0] * s))
    a = cv2.resize(a, size, interpolation=cv2.INTER_AREA if s < 1 else cv2.INTER_LINEAR).astype(np.float32) / 255
    if rng.random() < 0.5:
        a = a[:, ::-1]
    rgb = np.clip(a[..., :3] * np.float32(2 ** rng.normal(0, 0.4)) * (1 + rng.normal(0, 0.08, 3).astype(np.float32)), 0, 1)
    x, y = int(rng.uniform(-0.3, 0.9) * w), int(rng.uniform(-0.2, 0.9) * h)
    return paste(canvas, rgb, a[..., 3], x, y)


def surface(h, w, rng):
    """h x w of something painted, float RGB: colours that run into one another, with a pattern or grain."""
    y, x = np.mgrid[:h, :w].astype(np.float32) / max(h, w)
    turn = rng.uniform(0, 2 * np.pi)
    along = x * np.float32(np.cos(turn)) + y * np.float32(np.sin(turn))
    along += np.float32(rng.uniform(0, 0.4)) * cv2.resize(rng.standard_normal((3, 3), np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    along = (along - along.min()) / max(1e-3, along.max() - along.min())
    first, last = rng.random((2, 1), np.float32) + (rng.random((2, 3), np.float32) - np.float32(0.5)) * np.float32(rng.uniform(0, 1.2))
    if rng.random() < 0.5:                              # like one another, as skin and cloth are
        last = first + rng.normal(0, 0.15, 3).astype(np.float32)
    out = first + along[..., None] * (last - first)
    kind = rng.random()
    if kind < 0.3:
        out *= 1 + np.float32(rng.uniform(0.05, 0.3)) * np.sin(along * np.float32(rng.uniform(20, 200)))[..., None]
    elif kind < 0.6:
        cells = int(np.exp(rng.uniform(np.log(4), np.log(64))))
        spots = rng.standard_normal((cells, cells, 1), np.float32).repeat(3, 2)
        out *= 1 + np.float32(rng.uniform(0.05, 0.3)) * cv2.resize(spots, (w, h), interpolation=cv2.INTER_CUBIC)
    if rng.random() < 0.5:
        out += rng.standard_normal((h, w, 1), np.float32) * np.float32(rng.uniform(0, 0.06))
    return np.clip(out, 0, 1)


def outline(h, w, rng, small, big):
    """Alpha, h x w, of a smooth shape: round, a band across the picture, or a head on shoulders with neither face nor hair."""
    def blob(cx, cy, rx, ry, rough):
        t = np.linspace(0, 2 * np.pi, 160, endpoint=False)
        r = 1 + sum(rough / k * rng.standard_normal() * np.cos(k * t + rng.uniform(0, 6.3)) for k in range(2, 9))
        return np.stack([cx + rx * r * np.cos(t), cy + ry * r * np.sin(t)], 1)
    size = max(h, w) * np.exp(rng.uniform(np.log(small), np.log(big)))
    cx, cy = rng.uniform(0, 1) * w, rng.uniform(0.1, 1) * h
    kind = rng.random()
    if kind < 0.4:
        lean = np.exp(rng.normal(0, 0.4))
        parts = [blob(cx, cy, size / 2 * lean, size / 2 / lean, rng.uniform(0, 0.25))]
    elif kind < 0.7:
        t = np.linspace(-0.2, 1.2, 40) * max(h, w)
        bend = rng.normal(0, 0.08) * max(h, w) * np.sin(t / max(h, w) * rng.uniform(1, 8) + rng.uniform(0, 6.3))
        slope = rng.normal(0, 0.4)
        width = size / 4 * (1 + rng.normal(0, 0.3) * t / max(h, w))
        middle = cx + slope * (t - h / 2) + bend
        parts = [np.concatenate([np.stack([middle - width, t], 1), np.stack([middle + width, t], 1)[::-1]])]
        if rng.random() < 0.3:
            parts[0] = parts[0][:, ::-1]                # lying
    else:
        top, r = cy - size / 4, size / 2 * rng.uniform(0.25, 0.5)
        parts = [blob(cx, top, r * rng.uniform(0.6, 1.2), r, 0.08),
                 blob(cx, top + r * rng.uniform(0.8, 1.3) + size / 2, size / 2 * rng.uniform(0.6, 1.3), size / 2, 0.1)]
    cover = np.zeros((h, w), np.uint8)
    for points in parts:
        cv2.fillPoly(cover, [np.rint(points * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    return cv2.GaussianBlur(cover, (0, 0), np.exp(rng.uniform(np.log(0.4), np.log(3)))).astype(np.float32)[..., None] / 255


def shape(canvas, filling, rng, small=0.15, big=0.7):
    """A smooth shape on canvas (float RGB, changed in place), filled with a float picture of the same size and lit from a side."""
    h, w = canvas.shape[:2]
    cover = outline(h, w, rng, small, big)
    light = 1 + np.float32(rng.normal(0, 0.3)) * np.linspace(-1, 1, w, dtype=np.float32)[None, :, None]
    canvas += cover * (np.clip(filling * light, 0, 1) - canvas)


def poster(canvas, picture, rng):
    """A flat picture (uint8 RGB, somebody on it or not) hung into the background, slightly turned, with a rim."""
    h, w = canvas.shape[:2]
    ph = int(h * rng.uniform(0.15, 0.45))
    pw = max(8, int(ph * picture.shape[1] / picture.shape[0]))
    p = cv2.resize(picture, (pw, ph), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    rim = int(rng.integers(1, max(2, ph // 12) + 1))
    p = cv2.copyMakeBorder(p, rim, rim, rim, rim, cv2.BORDER_CONSTANT, value=[float(v) for v in rng.random(3)])
    x, y = rng.uniform(-0.1, 0.8) * w, rng.uniform(-0.1, 0.5) * h
    corners = np.array([[0, 0], [p.shape[1], 0], [p.shape[1], p.shape[0]], [0, p.shape[0]]], np.float32)
    m = cv2.getPerspectiveTransform(corners, (corners + (x, y) + rng.normal(0, 0.04 * ph, (4, 2))).astype(np.float32))
    flat = cv2.warpPerspective(p * np.float32(rng.uniform(0.5, 1.0)), m, (w, h))
    cover = cv2.warpPerspective(np.ones(p.shape[:2], np.float32), m, (w, h))[..., None]
    canvas += cover * (flat - canvas)
