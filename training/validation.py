# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Measures a network on the validation split the way the engine's strategy "auto" uses it."""
import cv2
import numpy as np
import torch

import hair
from data import Samples, read_manifests, read_pair
from p3m_net import MEAN, STD, fuse


def resize(x, h, w):
    """scikit-image's resize: a Gaussian before shrinking, then bilinear with half-pixel centres."""
    sy, sx = max(0.0, (x.shape[0] / h - 1) / 2), max(0.0, (x.shape[1] / w - 1) / 2)
    if sy > 0 or sx > 0:
        ky, kx = 2 * int(4 * sy + 0.5) + 1, 2 * int(4 * sx + 0.5) + 1
        x = cv2.GaussianBlur(x, (kx, ky), sigmaX=max(sx, 1e-6), sigmaY=max(sy, 1e-6), borderType=cv2.BORDER_REFLECT_101)
    return cv2.resize(x, (w, h), interpolation=cv2.INTER_LINEAR)


def network_size(h, w, long_side):
    s = long_side / max(h, w)
    return max(32, int(round(h * s / 32)) * 32), max(32, int(round(w * s / 32)) * 32)


def prepare(rgb, long_side):
    """uint8 RGB picture -> normalised 1x3xHxW at the network's size."""
    h, w = network_size(*rgb.shape[:2], long_side)
    x = resize(rgb.astype(np.float32) / 255, h, w)
    x = (x - np.float32(MEAN)) / np.float32(STD)
    return torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))[None].contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def matte(net, rgb, long_side):
    """alpha, float32 in the picture's resolution."""
    logits, local, _ = net(prepare(rgb, long_side))
    return np.clip(resize(fuse(logits, local)[0, 0].numpy(), *rgb.shape[:2]), 0, 1)


def band_of(truth):
    """Transition band: 15 px at 1080 p about the truth's edge and soft parts."""
    h, w = truth.shape
    r = max(1, round(15 * min(h, w) / 1080))
    k = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * r + 1, 2 * r + 1))
    some = cv2.dilate((truth > 0.05).astype(np.uint8), k)
    solid = cv2.erode((truth > 0.95).astype(np.uint8), k)
    return (some - solid) > 0


def measure(alpha, truth):
    d = np.abs(alpha - truth)
    band = band_of(truth)
    a, t = alpha > 0.5, truth > 0.5
    return {"mae": float(d.mean()), "band": float(d[band].mean()) if band.any() else 0.0,
            "mse": float((d * d).mean()), "sad": float(d.sum() / 1000),
            "iou": float((a & t).sum() / max(1, (a | t).sum())), "wrong": float((d > 0.5).mean())}


def load_validation(folders):
    return [(r, *read_pair(r)) for r in read_manifests(folders) if r["split"] == "val"]


def evaluate(net, pairs, long_side, keep=False):
    """Mean figures, and a list (row, figures[, alpha]) for each picture."""
    net.eval()
    out = []
    for row, rgb, truth in pairs:
        alpha = matte(net, rgb, long_side)
        m = measure(alpha, truth.astype(np.float32) / 255)
        out.append((row, m, alpha) if keep else (row, m))
    mean = {k: float(np.mean([o[1][k] for o in out])) for k in out[0][1]}
    return mean, out


def evaluate_hair(net, cache, count, side=288):
    """On people of the training split with procedural strands, always the same ones, on new backgrounds: the mean error
    where a strand changed alpha, and where there is none."""
    samples = Samples(cache, {"weights": {}}, seed=12345)
    strands, rest = [], []
    while len(strands) < count:
        colours, bare, face = samples.cut_out(samples.pick(), "foreground", side, side, True)
        if not face or face[3] <= 24:
            continue
        colours, truth = hair.grow(colours.astype(np.float32) / 255, bare, face, samples.rng)
        changed = np.abs(truth.astype(int) - bare) > 2
        if not changed.any():
            continue
        truth = truth.astype(np.float32) / 255
        background = samples.scene(side, side).astype(np.float32) / 255
        rgb = background + truth[..., None] * (colours - background)
        error = np.abs(matte(net, np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8), side) - truth)
        strands.append(error[changed].mean())
        rest.append(error[~changed].mean())
    return float(np.mean(strands)), float(np.mean(rest))


def contact_sheet(items, path, height=220, columns=2):
    """items: (title, rgb, truth 0..255, alpha 0..1); each as picture, truth, ours, error."""
    tiles = []
    for title, rgb, truth, alpha in items:
        a8 = np.rint(alpha * 255).astype(np.uint8)
        error = cv2.absdiff(a8, truth)
        panels = [rgb, cv2.cvtColor(truth, cv2.COLOR_GRAY2RGB), cv2.cvtColor(a8, cv2.COLOR_GRAY2RGB),
                  cv2.applyColorMap(error, cv2.COLORMAP_INFERNO)[..., ::-1]]
        w = max(1, round(height * rgb.shape[1] / rgb.shape[0]))
        w = min(w, height * 3 // 2)
        row = np.concatenate([cv2.resize(p, (w, height), interpolation=cv2.INTER_AREA) for p in panels], 1)
        row = np.ascontiguousarray(row)
        cv2.putText(row, title, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 0), 1, cv2.LINE_AA)
        tiles.append(row)
    width = max(t.shape[1] for t in tiles)
    tiles = [np.pad(t, ((2, 2), (0, width - t.shape[1] + 4), (0, 0))) for t in tiles]
    while len(tiles) % columns:
        tiles.append(np.zeros_like(tiles[0]))
    lines = [np.concatenate(tiles[i:i + columns], 1) for i in range(0, len(tiles), columns)]
    cv2.imwrite(path, cv2.cvtColor(np.concatenate(lines), cv2.COLOR_RGB2BGR))
