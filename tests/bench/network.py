# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""P3M-Net as an ONNX file, from the weights of a model file, for other engines to run."""
import json
import struct

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

EPSILON = 1e-5
STAGES = (3, 4, 6, 3)  # basic blocks of ResNet-34
DTYPES = {"F32": np.float32, "F16": np.float16}


def read_model(path):
    """{name: float32 array} of a safetensors file, and its metadata."""
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = np.frombuffer(data[begin:end], DTYPES[entry["dtype"]])
        arrays[name] = values.reshape(entry["shape"]).astype(np.float32)
    return arrays, metadata


def write_model(path, arrays, metadata):
    """arrays as an F16 safetensors file."""
    header, offset = {"__metadata__": metadata}, 0
    for name, values in arrays.items():
        size = values.size * 2
        header[name] = {"dtype": "F16", "shape": list(values.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in arrays.values():
            file.write(values.astype(np.float16).tobytes())


def count_parts(name):
    """How many maps of equal width a layer's input is concatenated from."""
    if name.endswith(".conv1.weight"):
        return 3 if name.startswith("tfi_") else 2 if name.startswith(("sbfi_", "dbfi_")) else 1
    return 1


def widen(arrays, metadata, shapes):
    """The same function with the channels of `shapes` ({name: shape}), the further ones zero."""
    wide = {}
    for name, shape in shapes.items():
        values = arrays[name]
        wide[name] = np.ones(shape, np.float32) if name.endswith("running_var") else np.zeros(shape, np.float32)
        if values.ndim == 1:
            wide[name][: len(values)] = values
            continue
        parts = count_parts(name)
        old, new = values.shape[1] // parts, shape[1] // parts
        for k in range(parts):
            wide[name][: len(values), k * new : k * new + old] = values[:, k * old : (k + 1) * old]
    return wide, {**metadata, "p3m.width": "1", "p3m.name": metadata["p3m.name"] + ", widened"}


class Graph:
    """Builds the network; methods take and give the names of values [1, channels, height, width]."""

    def __init__(self, arrays):
        self.arrays, self.nodes, self.initializers = arrays, [], {}

    def constant(self, name, values):
        self.initializers[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def node(self, kind, *inputs, outputs=1, **attributes):
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def convolve(self, value, name, norm=None):
        """Convolution with its batch norm folded in, as every engine would fold it."""
        weight = self.arrays[name + ".weight"].astype(np.float64)
        bias = self.arrays.get(name + ".bias", np.zeros(len(weight)))
        if norm:
            gamma, beta, mean, variance = (
                self.arrays[f"{norm}.{k}"].astype(np.float64)
                for k in ("weight", "bias", "running_mean", "running_var"))
            scale = gamma / np.sqrt(variance + EPSILON)
            weight, bias = weight * scale[:, None, None, None], (bias - mean) * scale + beta
        weights = self.constant(name + ".weight", weight.astype(np.float32))
        biases = self.constant(name + ".bias", np.asarray(bias, np.float32))
        size = weight.shape[2]
        return self.node("Conv", value, weights, biases, kernel_shape=[size] * 2, pads=[size // 2] * 4)

    def relu(self, value):
        return self.node("Relu", value)

    def pool(self, value):
        return self.node("MaxPool", value, outputs=2, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4)

    def unpool(self, value, index, like):
        return self.node("MaxUnpool", value, index, self.node("Shape", like), kernel_shape=[2, 2], strides=[2, 2])

    def upsample(self, value, factor):
        scales = self.constant(f"scales_{factor}", np.array([1, 1, factor, factor], np.float32))
        return self.node("Resize", value, "", scales, mode="linear", coordinate_transformation_mode="half_pixel")

    def stage(self, value, number):
        for i in range(STAGES[number - 1]):
            owner = f"resnet.layer{number}.{i}"
            inner = self.relu(self.convolve(value, owner + ".conv1", owner + ".bn1"))
            if owner + ".downsample.0.weight" in self.arrays:
                value = self.convolve(value, owner + ".downsample.0", owner + ".downsample.1")
            value = self.relu(self.node("Add", self.convolve(inner, owner + ".conv2", owner + ".bn2"), value))
        return value

    def decoder(self, value, owner, convolutions):
        for i in range(convolutions):
            value = self.relu(self.convolve(value, f"{owner}.{3 * i}", f"{owner}.{3 * i + 1}"))
        return value

    def integrate(self, value, owner, parts):
        """The bipartite integrations: value plus what the parts say."""
        inner = self.relu(self.convolve(self.node("Concat", *parts, axis=1), owner + ".conv1", owner + ".bn1"))
        return self.node("Add", value, inner)

    def integrate_deep(self, value, number, deepest):
        owner = f"dbfi_{number}"
        deep = self.upsample(self.convolve(deepest, owner + ".transform2"), 1 << (4 - number))
        return self.integrate(value, owner, (self.convolve(value, owner + ".transform1"), deep))

    def integrate_shallow(self, value, number, e0):
        owner = f"sbfi_{number}"
        sparse = self.node("MaxPool", e0, kernel_shape=[2, 2], strides=[2 << number] * 2)
        own = self.convolve(value, owner + ".transform1")
        return self.integrate(value, owner, (own, self.convolve(sparse, owner + ".transform2")))

    def integrate_tripartite(self, number, values):
        owner = f"tfi_{number}"
        parts = [self.convolve(value, owner + ".transform") for value in values]
        return self.relu(self.convolve(self.node("Concat", *parts, axis=1), owner + ".conv1", owner + ".bn1"))


def build(arrays):
    """The whole network: rgb -> logits, classes, local, alpha."""
    graph = Graph(arrays)
    e0 = graph.relu(graph.convolve("rgb", "resnet.conv1", "resnet.bn1"))
    pooled, index = graph.pool(e0)
    maps, indices, sources = [pooled], [index], [e0]
    for i in range(1, 5):
        sources.append(maps[-1])
        value, index = graph.pool(maps[-1])
        indices.append(index)
        maps.append(graph.stage(value, i))

    value, semantic = maps[4], {}
    for k in (4, 3, 2, 1):
        if k <= 2:
            value = graph.integrate_deep(value, k, maps[4])
        value = semantic[k - 1] = graph.upsample(graph.decoder(value, f"decoder{k}_g", 3), 2)
    value = graph.decoder(graph.integrate_deep(value, 0, maps[4]), "decoder0_g", 2)
    logits = graph.upsample(graph.convolve(value, "decoder0_g.6"), 2)

    value = graph.decoder(maps[4], "decoder4_l", 3)
    for k in (3, 2, 1, 0):
        unpooled = graph.unpool(value, indices[k + 1], sources[k + 1])
        value = graph.integrate_tripartite(k, (semantic[k], unpooled, maps[k]))
        if k < 3:
            value = graph.integrate_shallow(value, k, e0)
        value = graph.decoder(value, f"decoder{k}_l", 3 if k else 2)
    value = graph.unpool(value, indices[0], e0)
    local = graph.node("Sigmoid", graph.convolve(value, "decoder_final_l"))

    classes = graph.node("ArgMax", logits, axis=1, keepdims=1)
    one, half = (graph.constant(*pair) for pair in (("one", np.int64(1)), ("half", np.float32(0.5))))
    known = graph.node("Mul", graph.node("Cast", classes, to=TensorProto.FLOAT), half)
    alpha = graph.node("Where", graph.node("Equal", classes, one), local, known)
    for name, value in (("logits", logits), ("classes", classes), ("local", local), ("alpha", alpha)):
        graph.nodes.append(helper.make_node("Identity", [value], [name]))
    return graph


def write_onnx(path, arrays):
    """height and width stay open: a session fixes them."""
    def describe(name, kind, channels):
        return helper.make_tensor_value_info(name, kind, [1, channels, "height", "width"])

    graph = build(arrays)
    outputs = [describe("logits", TensorProto.FLOAT, 3), describe("classes", TensorProto.INT64, 1),
               describe("local", TensorProto.FLOAT, 1), describe("alpha", TensorProto.FLOAT, 1)]
    onnx_graph = helper.make_graph(graph.nodes, "p3m-net", [describe("rgb", TensorProto.FLOAT, 3)], outputs,
                                   list(graph.initializers.values()))
    model = helper.make_model(onnx_graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, path)
