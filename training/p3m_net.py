# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""P3M-Net (ResNet-34) for any channel width, with the tensor names of the published checkpoint."""
import torch
import torch.nn.functional as F
from torch import nn

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
# Used by the losses only; the exported file leaves them out.
TRAINING_ONLY = (".conv2.weight",)


def conv(cin, cout, k, bias=False):
    return nn.Conv2d(cin, cout, k, padding=k // 2, bias=bias)


def up(x, s):
    return F.interpolate(x, scale_factor=s, mode="bilinear", align_corners=False)


def pool(x):
    return F.max_pool2d(x, 3, 2, 1, return_indices=True)


def unpool(x, index):
    """Max-unpool whose 3x3 windows overlap: of two windows naming one cell, the later one wins."""
    return F.max_unpool2d(x, index, 2, 2, output_size=(x.shape[2] * 2, x.shape[3] * 2))


class Basic(nn.Module):
    def __init__(self, cin, c):
        super().__init__()
        self.conv1, self.bn1 = conv(cin, c, 3), nn.BatchNorm2d(c)
        self.conv2, self.bn2 = conv(c, c, 3), nn.BatchNorm2d(c)
        self.downsample = nn.Sequential(conv(cin, c, 1), nn.BatchNorm2d(c)) if cin != c else None

    def forward(self, x):
        y = F.relu(self.bn1(self.conv1(x)), inplace=True)
        y = self.bn2(self.conv2(y))
        y = y + (x if self.downsample is None else self.downsample(x))
        return F.relu(y, inplace=True)


class Encoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1, self.bn1 = conv(3, c, 7), nn.BatchNorm2d(c)
        cin = c
        for k, (blocks, m) in enumerate(((3, 1), (4, 2), (6, 4), (3, 8)), 1):
            layers = []
            for _ in range(blocks):
                layers.append(Basic(cin, c * m))
                cin = c * m
            setattr(self, f"layer{k}", nn.Sequential(*layers))

    def forward(self, x):
        e0 = F.relu(self.bn1(self.conv1(x)), inplace=True)
        e0p, id0 = pool(e0)
        e1p, id1 = pool(e0p)
        e1 = self.layer1(e1p)
        p, id2 = pool(e1)
        e2 = self.layer2(p)
        p, id3 = pool(e2)
        e3 = self.layer3(p)
        p, id4 = pool(e3)
        e4 = self.layer4(p)
        return e0, e0p, e1, e2, e3, e4, (id0, id1, id2, id3, id4)


class TFI(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.transform = conv(c, c // 2, 1)
        self.conv1, self.bn1 = conv(c // 2 * 3, c, 3), nn.BatchNorm2d(c)

    def forward(self, semantic, matting, encoder):
        y = torch.cat([self.transform(t) for t in (semantic, matting, encoder)], 1)
        return F.relu(self.bn1(self.conv1(y)), inplace=True)


class SBFI(nn.Module):
    def __init__(self, c, c0, stride):
        super().__init__()
        self.stride = stride
        self.transform1, self.transform2 = conv(c, c // 2, 1), conv(c0, c // 2, 1)
        self.conv1, self.bn1 = conv(c, c, 3), nn.BatchNorm2d(c)

    def forward(self, x, e0):
        e = F.max_pool2d(e0, 2, self.stride)
        y = torch.cat((self.transform1(x), self.transform2(e)), 1)
        return x + F.relu(self.bn1(self.conv1(y)))


class DBFI(nn.Module):
    def __init__(self, c, c4, stride):
        super().__init__()
        self.stride = stride
        self.transform1, self.transform2 = conv(c, c // 2, 1), conv(c4, c // 2, 1)
        self.conv1, self.bn1 = conv(c, c, 3), nn.BatchNorm2d(c)
        self.conv2 = conv(c, 3, 3)

    def forward(self, x, e4):
        y = torch.cat((self.transform1(x), up(self.transform2(e4), self.stride)), 1)
        x = x + F.relu(self.bn1(self.conv1(y)))
        side = up(self.conv2(x), 32 // self.stride) if self.training else None
        return x, side


def decoder(*channels):
    layers = []
    for cin, cout in zip(channels, channels[1:]):
        layers += [conv(cin, cout, 3, True), nn.BatchNorm2d(cout), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class P3MNet(nn.Module):
    def __init__(self, width=0.5):
        super().__init__()
        c = int(64 * width)
        self.width = width
        self.resnet = Encoder(c)
        self.tfi_3, self.tfi_2, self.tfi_1, self.tfi_0 = TFI(4 * c), TFI(2 * c), TFI(c), TFI(c)
        self.sbfi_2, self.sbfi_1, self.sbfi_0 = SBFI(2 * c, c, 8), SBFI(c, c, 4), SBFI(c, c, 2)
        self.dbfi_2, self.dbfi_1, self.dbfi_0 = DBFI(2 * c, 8 * c, 4), DBFI(c, 8 * c, 8), DBFI(c, 8 * c, 16)
        for s in "gl":
            setattr(self, "decoder4_" + s, decoder(8 * c, 8 * c, 8 * c, 4 * c))
            setattr(self, "decoder3_" + s, decoder(4 * c, 4 * c, 4 * c, 2 * c))
            setattr(self, "decoder2_" + s, decoder(2 * c, 2 * c, 2 * c, c))
            setattr(self, "decoder1_" + s, decoder(c, c, c, c))
            setattr(self, "decoder0_" + s, decoder(c, c, c))
        self.decoder0_g.add_module("6", conv(c, 3, 3, True))
        self.decoder_final_l = conv(c, 1, 3, True)
        self.initialise()

    def initialise(self):
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
        for m in self.modules():
            if isinstance(m, Basic):            # residual blocks start near the identity
                nn.init.constant_(m.bn2.weight, 0.25)
        nn.init.normal_(self.decoder0_g[6].weight, std=0.02)
        nn.init.normal_(self.decoder_final_l.weight, std=0.02)
        for d in (self.dbfi_0, self.dbfi_1, self.dbfi_2):
            nn.init.normal_(d.conv2.weight, std=0.02)

    def forward(self, x, matting=True):
        """Normalised RGB in; (logits, local alpha, side logits) out. Sides are multiples of 32.

        matting=False leaves the local decoder (a third of the work) out: local is None.
        """
        e0, e0p, e1, e2, e3, e4, (id0, id1, id2, id3, id4) = self.resnet(x)
        d4_g = up(self.decoder4_g(e4), 2)
        d3_g = up(self.decoder3_g(d4_g), 2)
        y, side2 = self.dbfi_2(d3_g, e4)
        d2_g = up(self.decoder2_g(y), 2)
        y, side1 = self.dbfi_1(d2_g, e4)
        d1_g = up(self.decoder1_g(y), 2)
        y, side0 = self.dbfi_0(d1_g, e4)
        logits = up(self.decoder0_g(y), 2)
        if not matting:
            return logits, None, (side2, side1, side0)
        d = unpool(self.decoder4_l(e4), id4)
        d = unpool(self.decoder3_l(self.tfi_3(d4_g, d, e3)), id3)
        d = unpool(self.decoder2_l(self.sbfi_2(self.tfi_2(d3_g, d, e2), e0)), id2)
        d = unpool(self.decoder1_l(self.sbfi_1(self.tfi_1(d2_g, d, e1), e0)), id1)
        d = unpool(self.decoder0_l(self.sbfi_0(self.tfi_0(d1_g, d, e0p), e0)), id0)
        local = torch.sigmoid(self.decoder_final_l(d))
        return logits, local, (side2, side1, side0)


def fuse(logits, local):
    """alpha: 0 in background, 1 in foreground, the local decoder's in the transition."""
    cls = logits.argmax(1, keepdim=True)
    return torch.where(cls == 1, local, (cls == 2).to(local.dtype))


def normalise(rgb):
    """uint8 NHWC (torch) to normalised float NCHW in channels-last memory."""
    x = rgb.permute(0, 3, 1, 2).float()
    mean = torch.tensor(MEAN, device=x.device).view(1, 3, 1, 1) * 255
    std = torch.tensor(STD, device=x.device).view(1, 3, 1, 1) * 255
    return (x - mean) / std
