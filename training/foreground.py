# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Foreground colours under a known alpha: multi-level estimation (Germer et al. 2020), vectorised."""
import cv2
import numpy as np

NEIGHBOURS = ((0, 1), (0, -1), (1, 0), (-1, 0))


def estimate_foreground(image, alpha, small=32, small_iterations=10, big_iterations=2,
                        regularisation=1e-3, gradient_weight=1.0):
    """image uint8 HxWx3, alpha float HxW; the foreground as uint8.

    From one pixel to the full size, each level starts from the one before and solves a 2x2 system a
    pixel for foreground and background, tied to the neighbours where alpha is flat.
    """
    h, w = alpha.shape
    im = image.astype(np.float32) / 255
    f = im.mean((0, 1), keepdims=True)
    b = f.copy()
    levels = int(np.ceil(np.log2(max(h, w))))
    for k in range(levels + 1):
        lh = min(h, max(1, round(h ** (k / levels))))
        lw = min(w, max(1, round(w ** (k / levels))))
        i = cv2.resize(im, (lw, lh), interpolation=cv2.INTER_AREA).reshape(lh, lw, 3)
        a = cv2.resize(alpha, (lw, lh), interpolation=cv2.INTER_AREA).reshape(lh, lw)
        f = cv2.resize(f, (lw, lh), interpolation=cv2.INTER_NEAREST).reshape(lh, lw, 3)
        b = cv2.resize(b, (lw, lh), interpolation=cv2.INTER_NEAREST).reshape(lh, lw, 3)
        ap = np.pad(a, 1, mode="edge")
        ties = [regularisation + gradient_weight * np.abs(a - ap[1 + y:1 + y + lh, 1 + x:1 + x + lw])
                for y, x in NEIGHBOURS]
        tie = sum(ties)
        a00, a01, a11 = a * a + tie, a * (1 - a), (1 - a) * (1 - a) + tie
        det = a00 * a11 - a01 * a01
        for _ in range(small_iterations if max(lh, lw) <= small else big_iterations):
            fp = np.pad(f, ((1, 1), (1, 1), (0, 0)), mode="edge")
            bp = np.pad(b, ((1, 1), (1, 1), (0, 0)), mode="edge")
            rf, rb = a[..., None] * i, (1 - a)[..., None] * i
            for t, (y, x) in zip(ties, NEIGHBOURS):
                rf = rf + t[..., None] * fp[1 + y:1 + y + lh, 1 + x:1 + x + lw]
                rb = rb + t[..., None] * bp[1 + y:1 + y + lh, 1 + x:1 + x + lw]
            f = np.clip((a11[..., None] * rf - a01[..., None] * rb) / det[..., None], 0, 1)
            b = np.clip((a00[..., None] * rb - a01[..., None] * rf) / det[..., None], 0, 1)
    return np.rint(f * 255).astype(np.uint8)
