# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""The training of the papers (arXiv 2104.14222, 2203.16828): samples of P3M-10k, copied faces, losses."""
import os

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from losses import blur_kernel
from p3m_net import fuse

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")
KERNEL = (15, 30)              # side of the ellipse that widens the transition, px of the picture
LEVELS = 5                     # of the Laplacian pyramid


# ---- files ----

def by_stem(folder):
    names = (n for n in sorted(os.listdir(folder)) if n.lower().endswith(SUFFIXES) and not n.startswith("."))
    return {os.path.splitext(n)[0]: os.path.join(folder, n) for n in names}


def read(path, colour):
    """uint8 HxWx3 R'G'B', or HxW; neither EXIF orientation nor a profile counts, as in `p3m evaluate --as-stored`."""
    flags = cv2.IMREAD_COLOR if colour else cv2.IMREAD_UNCHANGED
    pixels = cv2.imread(path, flags | cv2.IMREAD_IGNORE_ORIENTATION)
    if pixels is None:
        raise OSError(f"{path} cannot be read")
    if colour:
        return cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    if pixels.ndim == 3:
        pixels = pixels[..., 0]
    return (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels


def make_trimap(alpha, kernel):
    """0, 128 and 255: what an ellipse of that side around an edge or a soft pixel touches is unknown."""
    ellipse = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (kernel, kernel))
    some = cv2.dilate((alpha > 0).astype(np.uint8), ellipse)
    solid = cv2.erode((alpha == 255).astype(np.uint8), ellipse)
    return np.where(solid > 0, 255, np.where(some > 0, 128, 0)).astype(np.uint8)


# ---- copied faces (P3M-CP at the level of images, arXiv 2203.16828, section "P3M-ICP") ----

def face_boxes(mask):
    """(x, y, width, height) of each connected part."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((mask > 127).astype(np.uint8), connectivity=8)
    return [tuple(s[:4]) for s in stats[1:] if s[4] >= 16]


class FaceSource:
    """Pictures whose faces may be seen, with masks of these (`p3m obfuscate --regions` makes them)."""

    def __init__(self, images, masks):
        images, masks = by_stem(images), by_stem(masks)
        self.pairs = [(images[n], masks[n]) for n in sorted(images) if n in masks]
        if not self.pairs:
            raise SystemExit("no picture of --cp-images has a mask in --cp-masks")

    def draw(self, random):
        """A face and its mask, as large as the mask's box; None where the drawn picture shows none."""
        image, mask = self.pairs[random.integers(len(self.pairs))]
        mask = read(mask, False)
        boxes = face_boxes(mask)
        if not boxes:
            return None
        x, y, w, h = boxes[random.integers(len(boxes))]
        return read(image, True)[y:y + h, x:x + w], mask[y:y + h, x:x + w]


def paste_faces(pictures, mask, source, random):
    """Puts a drawn face in the place of each face of mask, in all pictures (the picture and its foreground)."""
    for x, y, w, h in face_boxes(mask):
        drawn = source.draw(random)
        if drawn is None:
            continue
        face = cv2.resize(drawn[0], (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float32)
        cover = np.minimum(cv2.resize(drawn[1], (w, h), interpolation=cv2.INTER_LINEAR), mask[y:y + h, x:x + w])
        cover = (cover / 255).astype(np.float32)[..., None]
        for picture in pictures:
            old = picture[y:y + h, x:x + w]
            picture[y:y + h, x:x + w] = np.rint(old + cover * (face - old)).astype(np.uint8)


# ---- samples ----

class Samples(torch.utils.data.Dataset):
    """P3M-10k's train folder: blurred_image, mask, fg and bg (`p3m foreground` makes these two), facemask for faces."""

    def __init__(self, folder, crops, size, seed, faces=None, share=0.0):
        kinds = ["blurred_image", "mask", "fg", "bg"] + (["facemask"] if faces else [])
        files = {}
        for kind in kinds:
            if not os.path.isdir(os.path.join(folder, kind)):
                raise SystemExit(f"{os.path.join(folder, kind)} is missing"
                                 + (": run “p3m foreground --dataset” first" if kind in ("fg", "bg") else ""))
            files[kind] = by_stem(os.path.join(folder, kind))
        self.names = sorted(set.intersection(*(set(f) for f in files.values())))
        lost = len(files["blurred_image"]) - len(self.names)
        if lost:
            print(f"{lost} pictures are left out: something of {', '.join(kinds)} is missing", flush=True)
        if not self.names:
            raise SystemExit(f"there are no samples in {folder}")
        self.files, self.crops, self.size, self.seed = files, crops, size, seed
        self.faces, self.share, self.epoch = faces, share, 0

    def __len__(self):
        return len(self.names)

    def read_maps(self, name, random):
        image, alpha = read(self.files["blurred_image"][name], True), read(self.files["mask"][name], False)
        front, back = read(self.files["fg"][name], True), read(self.files["bg"][name], True)
        if not image.shape[:2] == alpha.shape == front.shape[:2] == back.shape[:2]:
            raise ValueError(f"the files of {name} differ in size")
        if self.faces and random.random() < self.share:
            paste_faces((image, front), read(self.files["facemask"][name], False), self.faces, random)
        return image, alpha, front, back, make_trimap(alpha, int(random.integers(KERNEL[0], KERNEL[1] + 1)))

    def place_crop(self, trimap, side, random):
        """Half of the crops have a pixel of the transition in their middle."""
        h, w = trimap.shape
        unknown = np.flatnonzero(trimap == 128)
        if len(unknown) and random.random() < 0.5:
            y, x = divmod(int(unknown[random.integers(len(unknown))]), w)
        else:
            y, x = int(random.integers(h)), int(random.integers(w))
        return min(max(y - side // 2, 0), h - side), min(max(x - side // 2, 0), w - side)

    def __getitem__(self, index):
        random = np.random.default_rng((self.seed, self.epoch, index))
        maps = self.read_maps(self.names[index], random)
        shorter = min(maps[1].shape)
        side = int(random.choice(self.crops))
        side = min(side if side < shorter else min(self.crops), shorter)
        y, x = self.place_crop(maps[4], side, random)
        flip = random.random() < 0.5
        out = []
        for k, m in enumerate(maps):
            m = m[y:y + side, x:x + side]
            m = np.ascontiguousarray(m[:, ::-1]) if flip else m
            # a trimap between 0 and 128 would be none
            m = cv2.resize(m, (self.size, self.size), interpolation=cv2.INTER_NEAREST if k == 4 else cv2.INTER_LINEAR)
            out.append(torch.from_numpy(np.ascontiguousarray(m)))
        return out


# ---- losses ----

def pyramid_difference(a, b):
    """Mean absolute difference of two Laplacian pyramids, summed over levels; both N1HW."""
    k, d, loss = blur_kernel(a), a - b, 0.0              # the pyramid is linear: one for the difference
    for _ in range(LEVELS):
        low = F.conv2d(F.pad(d, (2, 2, 2, 2), mode="replicate"), k)
        loss = loss + (d - low).abs().mean()
        d = F.avg_pool2d(low, 2)
    return loss + d.abs().mean()


def total(outputs, rgb, alpha, front, back, trimap):
    """The papers' loss with the weights of their code. rgb, front, back 0..1 N3HW; alpha 0..1, trimap 0, 128, 255 N1HW."""
    logits, local, sides = outputs
    target = torch.where(trimap == 255, 2, torch.where(trimap == 0, 0, 1))[:, 0].long()
    band = (trimap == 128).to(local.dtype)
    semantic = 3 * F.cross_entropy(logits, target) + sum(F.cross_entropy(s, target) for s in sides)
    local_loss = ((torch.sqrt((local - alpha) ** 2 + 1e-12) * band).sum() / (band.sum() + 1)
                  + pyramid_difference(local * band, alpha * band))
    fused = fuse(logits, local)
    fused_loss = torch.sqrt((fused - alpha) ** 2 + 1e-12).mean() + pyramid_difference(fused, alpha)
    composed = fused * front + (1 - fused) * back
    composition = torch.sqrt((composed - rgb) ** 2 + 1e-12).sum() / alpha.numel()
    loss = semantic / 6 + 2 * local_loss + 3 * fused_loss + composition
    return loss, {"loss": loss.item(), "semantic": semantic.item() / 6, "local": local_loss.item(),
                  "fused": fused_loss.item(), "composition": composition.item()}
