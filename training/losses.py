# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""The losses of P3M-Net: three-class cross entropy with side outputs, alpha, Laplacian, composition."""
import torch
import torch.nn.functional as F

from p3m_net import fuse


def transition_band(alpha, radius):
    """1 where alpha is soft or an edge is within radius; alpha float N1HW."""
    k = 2 * radius + 1
    solid = -F.max_pool2d(-(alpha > 0.95).float(), k, 1, radius)
    some = F.max_pool2d((alpha > 0.05).float(), k, 1, radius)
    return some - solid


def classes(alpha, band):
    return torch.where(band > 0, torch.ones_like(alpha), 2 * (alpha > 0.5).float()).long()[:, 0]


def blur_kernel(x):
    k = torch.tensor([1, 4, 6, 4, 1], dtype=x.dtype, device=x.device) / 16
    return (k[:, None] * k[None])[None, None]


def laplacian_loss(a, b, weight, levels=4):
    """Weighted L1 between the Laplacian pyramids of a and b."""
    k, d, loss = blur_kernel(a), a - b, 0.0          # the pyramid is linear: one for the difference
    for level in range(levels):
        low = F.conv2d(F.pad(d, (2, 2, 2, 2), mode="replicate"), k, stride=2)
        high = d - F.interpolate(low, size=d.shape[2:], mode="bilinear", align_corners=False)
        loss = loss + 2 ** level * (high.abs() * weight).sum() / (weight.sum() + 1)
        d, weight = low, F.max_pool2d(weight, 2, 2, ceil_mode=True)
        weight = weight[:, :, :d.shape[2], :d.shape[3]]
    return loss


def total(outputs, rgb, alpha, radius, c):
    """rgb 0..1 N3HW, alpha 0..1 N1HW. Returns (loss, parts as a dict of numbers).

    The parts stay on the device: reading one waits for it."""
    logits, local, sides = outputs
    band = transition_band(alpha, radius)
    cls = classes(alpha, band)
    weight = torch.tensor(c["class_weights"], dtype=logits.dtype, device=logits.device)
    semantic = F.cross_entropy(logits, cls, weight)
    side = sum(F.cross_entropy(s, cls, weight) for s in sides)
    if local is None:
        loss = c["semantic"] * semantic + c["side"] * side
        return loss, {"semantic": semantic.detach(), "side": side.detach() / 3}
    count = band.sum() + 1
    l_alpha = (torch.sqrt((local - alpha) ** 2 + 1e-6) * band).sum() / count
    l_lap = laplacian_loss(local * band, alpha * band, band)
    whole = torch.ones_like(band)
    fused = fuse(logits.detach(), local)
    f_alpha = (fused - alpha).abs().mean()
    f_lap = laplacian_loss(fused, alpha, whole)
    comp = ((local - alpha).abs() * band * rgb).sum() / (3 * count)   # |aF - a'F| with the picture as F
    loss = (c["semantic"] * semantic + c["side"] * side + c["alpha"] * l_alpha + c["laplacian"] * l_lap
            + c["fused"] * (f_alpha + 0.5 * f_lap) + c["composition"] * comp)
    return loss, {"loss": loss.detach(), "semantic": semantic.detach(), "side": side.detach() / 3,
                  "band": l_alpha.detach(), "fused": f_alpha.detach()}
