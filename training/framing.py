# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Which part of a portrait a sample shows: head and shoulders and half body dominate. And where somebody stands in a group."""
import numpy as np

EDGE = 6            # px: who is seen that near to a side is cut by it


def frame(p, aspect, free, rng, small=0.1):
    """A crop (x, y, w, h) of the picture; free: it may leave the picture where the person is not cut,
    far for the share `small` of them, whose person is then small in it."""
    W, H = p["w"], p["h"]
    x0, y0, x1, y1 = p["box"]
    grow = [0.0] * 4
    if free:
        far = 2.0 if rng.random() < small else 0.5
        grow = [0 if cut else rng.uniform(0, far) * (W if k % 2 == 0 else H) for k, cut in enumerate(p["cut"])]
    left, top, right, bottom = -grow[0], -grow[1], W + grow[2], H + grow[3]
    most = min(bottom - top, (right - left) / aspect)
    faces = [f for f in p["faces"] if f[3] >= 14]
    kind = rng.random()
    tall = (y1 - y0) / max(1, x1 - x0) > 2.1           # a standing figure: its head is small
    if faces and kind < (0.75 if tall else 0.4):
        f = faces[int(np.argmax([q[2] * q[3] for q in faces]))]
        h = min(most, f[3] * np.exp(rng.uniform(np.log(2.3), np.log(8.0 if tall else 6.0))))
        w = h * aspect
        cx = f[0] + f[2] / 2 + rng.normal(0, 0.12) * w
        cy = f[1] + f[3] / 2 + (0.5 - rng.uniform(0.2, 0.5)) * h
    elif kind < 0.93:
        h = most * rng.uniform(0.8, 1.0)
        w = h * aspect
        cx = (x0 + x1) / 2 + rng.normal(0, 0.15) * w
        cy = rng.uniform(top + h / 2, bottom - h / 2)
        if rng.random() < 0.6:                          # keep the head
            cy = min(cy, y0 - rng.uniform(0, 0.12) * h + h / 2)
    else:                                               # somewhere, closer
        h = most * rng.uniform(0.4, 0.75)
        w = h * aspect
        cx, cy = rng.uniform(x0, x1), rng.uniform(y0, y1)
    x = min(max(cx - w / 2, left), right - w)
    y = min(max(cy - h / 2, top), bottom - h)
    return x, y, w, h


def whole_until(alpha):
    """Rows of the picture, from the top, in which no side of it cuts the person."""
    sides = (alpha[:, :EDGE] > 60).any(1) | (alpha[:, -EDGE:] > 60).any(1)
    return int(sides.argmax()) if sides.any() else len(alpha)


def stand(p, until, slot, w, h, rng):
    """Where in w x h somebody stands whose head is in the column `slot` (begin, end): (scale, x, y of the picture's
    corner); of the picture only the rows before `until` are shown. None when their head is not whole or too little would be
    seen of them."""
    x0, y0, x1, y1 = p["box"]
    faces = [f for f in p["faces"] if f[1] + f[3] < until]
    if p["cut"][1] or not faces:
        return None
    f = max(faces, key=lambda q: q[2] * q[3])
    s = (slot[1] - slot[0]) * np.exp(rng.uniform(np.log(0.25), np.log(0.7))) / f[2]
    head = rng.uniform(0.02, 0.3) * h
    if until < p["h"] or p["cut"][3]:                   # goes on below what is known: that must be below the sample too
        s = min(s, 0.98 * h / (until - y0))
        if s * (until - y0) < 0.2 * h:
            return None
        y = h + 1 - s * until + rng.uniform(0, 0.35) * s * (until - y0)
    else:
        s = min(s, 2.5 * h / (y1 - y0))
        y = max(rng.uniform(0.8, 1.2) * h - s * y1, head - s * y0)
    x = (slot[0] + slot[1]) / 2 + rng.normal(0, 0.15) * (slot[1] - slot[0]) - s * (f[0] + f[2] / 2)
    return s, x, y
