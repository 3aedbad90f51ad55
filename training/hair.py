# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Procedural hair: thin strands along the outline of a head, with their exact alpha.

True soft hair is the scarcest thing in the packs. Strands are drawn three times as dense as the
sample and averaged, so that a strand thinner than a pixel covers exactly its share of it.
"""
import cv2
import numpy as np

DENSE = 3


def outline(alpha, face):
    """Pixels (x, y) on the person's edge about the head and down to the shoulders, and their outward normals."""
    h, w = alpha.shape
    cx, cy, fw, fh = face
    x0, x1 = int(max(1, cx - 1.6 * fw)), int(min(w - 1, cx + 1.6 * fw))
    y0, y1 = int(max(1, cy - 1.8 * fh)), int(min(h - 1, cy + 0.5 * fh))
    if x1 - x0 < 8 or y1 - y0 < 8:
        return None
    smooth = cv2.GaussianBlur(alpha[y0:y1, x0:x1].astype(np.float32), (0, 0), max(1.0, 0.03 * fh))
    gx, gy = cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)
    ys, xs = np.nonzero((smooth > 110) & (smooth < 150))
    # nothing grows where the picture's border, not the person, ends the mask
    ok = (xs > 2) & (ys > 2) & (xs < x1 - x0 - 3) & (ys < y1 - y0 - 3)
    xs, ys = xs[ok], ys[ok]
    if len(xs) < 12:
        return None
    n = np.stack((-gx[ys, xs], -gy[ys, xs]), 1)
    n /= np.linalg.norm(n, axis=1, keepdims=True) + 1e-6
    return np.stack((xs + x0, ys + y0), 1).astype(np.float32), n


def grow(rgb, alpha, face, rng):
    """rgb float32 0..1 (foreground colours), alpha uint8; face (cx, cy, w, h) in pixels. New (rgb, alpha)."""
    edge = outline(alpha, face)
    if edge is None:
        return rgb, alpha
    points, normals = edge
    h, w = alpha.shape
    fh = face[3]
    style = rng.random()
    count = int(np.exp(rng.uniform(np.log(20), np.log(900))))
    length = fh * np.exp(rng.uniform(np.log(0.08), np.log(0.45)))
    curl, stray = rng.uniform(0, 0.9) ** 2 * 2.5, rng.uniform(0.15, 0.8)
    gravity = rng.uniform(-0.1, 0.9)
    # locks: strands of one lock share their root and bend
    locks = rng.integers(len(points), size=max(1, count // int(rng.integers(1, 12))))
    root = points[rng.choice(locks, count)] + rng.normal(0, 0.02 * fh, (count, 2))
    nearest = ((root[:, None] - points[None, ::max(1, len(points) // 200)]) ** 2).sum(2).argmin(1) * max(1, len(points) // 200)
    root -= normals[nearest] * (0.04 * fh)                  # start inside the head
    heading = np.arctan2(normals[nearest, 1], normals[nearest, 0]) + rng.normal(0, stray, count)
    tangent = rng.choice((-1.0, 1.0)) * (style < 0.4)       # combed to one side
    heading += tangent * rng.uniform(0.3, 1.2)
    steps = 7
    reach = length * np.exp(rng.normal(0, 0.5, count)) / steps
    bend = rng.normal(0, curl / steps, count)
    line = np.empty((steps + 1, count, 2))
    line[0] = root
    for k in range(steps):
        d = np.stack((np.cos(heading), np.sin(heading)), 1)
        d[:, 1] += gravity * (k + 1) / steps
        d /= np.linalg.norm(d, axis=1, keepdims=True) + 1e-6
        line[k + 1] = line[k] + d * reach[:, None]
        heading = np.arctan2(d[:, 1], d[:, 0]) + bend + rng.normal(0, 0.1 * curl + 0.03, count)
    cover = np.zeros((h * DENSE, w * DENSE), np.uint8)
    colour = np.zeros((h, w, 3), np.float32)
    shift = 4
    dense = np.ascontiguousarray(np.rint(line.transpose(1, 0, 2) * DENSE * (1 << shift)).astype(np.int32))
    opacity = rng.integers(110, 256, count)
    for k in range(count):
        cv2.polylines(cover, [dense[k]], False, int(opacity[k]), 1 if rng.random() < 0.8 else 2, cv2.LINE_AA, shift)
    cover = cv2.resize(cover, (w, h), interpolation=cv2.INTER_AREA)
    # colour: the head's own just inside the roots, spread along the strands, with a light of its own
    seen = np.zeros((h, w), np.float32)
    for k in range(0, count, max(1, count // 150)):
        x, y = np.clip(np.rint(root[k] - normals[nearest[k]] * 0.05 * fh).astype(int), 0, (w - 1, h - 1))
        if alpha[y, x] < 200:
            continue
        c = rgb[y, x] * np.float32(np.exp(rng.normal(0.05, 0.2)))
        px = np.rint(line[:, k]).astype(int)
        px = px[(px[:, 0] >= 0) & (px[:, 1] >= 0) & (px[:, 0] < w) & (px[:, 1] < h)]
        colour[px[:, 1], px[:, 0]] += c
        seen[px[:, 1], px[:, 0]] += 1
    if not seen.any():
        return rgb, alpha
    s = max(1.5, 0.12 * fh)
    colour, seen = cv2.GaussianBlur(colour, (0, 0), s), cv2.GaussianBlur(seen, (0, 0), s)
    colour = np.clip(colour / (seen[..., None] + 1e-6), 0, 1)
    # strands over the person's own soft edge: one foreground layer, colours mixed by their shares
    a, b = alpha.astype(np.float32)[..., None] / 255, cover.astype(np.float32)[..., None] / 255
    b = b * (seen[..., None] > 1e-6)
    total = a + b * (1 - a)
    mixed = (rgb * a + colour * b * (1 - a)) / np.maximum(total, 1e-4)
    mixed = np.where(total > 1e-4, mixed, rgb)
    return mixed.astype(np.float32), np.rint(total[..., 0] * 255).astype(np.uint8)
