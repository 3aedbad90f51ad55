# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Reading and writing the engine's model files: safetensors with metadata."""
import json
import os

import numpy as np
import torch

from p3m_net import P3MNet

DTYPES = {"F16": np.float16, "F32": np.float32}


def wanted(name):
    """What the engine reads: no counters, no side outputs (dbfi_K.conv2)."""
    if name.endswith("num_batches_tracked"):
        return False
    return not (name.startswith("dbfi_") and ".conv2." in name)


def write(path, tensors, metadata, dtype="F16"):
    """tensors: {name: float array}. Written under a temporary name and renamed."""
    header, blobs, offset = {"__metadata__": metadata}, [], 0
    for name in sorted(tensors):
        a = np.asarray(tensors[name], np.float32)
        if name.endswith("running_var"):
            a = np.maximum(a, 1e-6)                 # F16 would flush a tiny variance to zero
        a = np.ascontiguousarray(a.astype(DTYPES[dtype]))
        if not np.isfinite(a).all():
            raise ValueError(f"{name}: not finite in {dtype}")
        if name.endswith("running_var") and not (a > 0).all():
            raise ValueError(f"{name}: variance not positive in {dtype}")
        header[name] = {"dtype": dtype, "shape": list(a.shape), "data_offsets": [offset, offset + a.nbytes]}
        blobs.append(a)
        offset += a.nbytes
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    temporary = f"{path}.{os.getpid()}.tmp"
    with open(temporary, "wb") as f:
        f.write(len(text).to_bytes(8, "little") + text)
        for a in blobs:
            f.write(a.tobytes())
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, path)


def read(path):
    """({name: float32 array}, metadata)."""
    with open(path, "rb") as f:
        data = f.read()
    n = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + n])
    metadata = header.pop("__metadata__", {})
    out = {}
    for name, h in header.items():
        start, end = h["data_offsets"]
        a = np.frombuffer(data, DTYPES[h["dtype"]], (end - start) // np.dtype(DTYPES[h["dtype"]]).itemsize, 8 + n + start)
        out[name] = a.reshape(h["shape"]).astype(np.float32)
    return out, metadata


def load_into(net, path):
    tensors, metadata = read(path)
    missing, unexpected = net.load_state_dict({k: torch.from_numpy(v) for k, v in tensors.items()}, strict=False)
    missing = [m for m in missing if wanted(m)]
    if missing or unexpected:
        raise ValueError(f"{path}: missing {missing[:3]}, unexpected {unexpected[:3]}")
    return metadata


def read_parts(folder, group):
    """One group of the small state files that train_gpu leaves, as float32."""
    out, n = {}, 0
    while os.path.exists(os.path.join(folder, f"{group}-{n}.pt")):
        out.update(torch.load(os.path.join(folder, f"{group}-{n}.pt"), map_location="cpu"))
        n += 1
    return {k: v.float() for k, v in out.items()}


def read_state(path):
    """(tensors, samples, seconds) of a model file, a run of train or train_gpu, or a checkpoint; of runs their moving
    averages. A model file does not say how long it was trained: 0, 0."""
    if path.endswith(".safetensors"):
        return {k: torch.from_numpy(v) for k, v in read(path)[0].items()}, 0, 0.0
    if os.path.exists(os.path.join(path, "ema-0.pt")):
        with open(os.path.join(path, "progress.json"), encoding="utf-8") as f:
            progress = json.load(f)
        return read_parts(path, "ema"), progress["samples"], 60 * progress["minutes"]
    state = torch.load(os.path.join(path, "checkpoint.pt") if os.path.isdir(path) else path, map_location="cpu")
    return state["ema"], state["progress"]["samples"], state["progress"]["total"]


def load_mean(paths):
    """(network, samples, seconds): the network with the mean of these models' weights, which must come from one start
    (Wortsman et al., "Model soups", ICML 2022). One that is named twice counts twice in the mean."""
    states = {path: read_state(path) for path in paths}
    tensors = [states[path][0] for path in paths]
    names = [name for name in tensors[0] if wanted(name)]
    mean = {name: sum(t[name].double() for t in tensors).div(len(tensors)).float() for name in names}
    net = P3MNet(mean["resnet.conv1.weight"].shape[0] / 64)
    missing, unexpected = net.load_state_dict(mean, strict=False)
    if unexpected or any(wanted(m) for m in missing):
        raise ValueError(f"{paths[0]}: missing {missing[:3]}, unexpected {unexpected[:3]}")
    return net.eval(), sum(s[1] for s in states.values()), sum(s[2] for s in states.values())
