# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Inside Krita without a window: what is stored equals the engine's own alpha; what goes wrong changes nothing."""
import os
import pathlib
import subprocess
import sys

import numpy
from krita import Krita
from p3m_tap import FOLDER, check, end, guarded, note
from PyQt5.QtCore import QByteArray

sys.path.insert(0, os.path.join(os.environ["XDG_DATA_HOME"], "krita", "pykrita"))
import p3m_matting
from p3m_matting import process
from p3m_matting.text import P3mError

ALPHA = os.environ["P3M_TEST_ALPHA"]
ICC = pathlib.Path("/usr/share/color/icc/krita")
PROGRAM = process.PROGRAM
SRGB, LINEAR = "sRGB-elle-V2-srgbtrc.icc", "sRGB-elle-V2-g10.icc"
GREY, GREY_LINEAR = "Gray-D50-elle-V2-srgbtrc.icc", "Gray-D50-elle-V2-g10.icc"
DTYPES = {"U8": "uint8", "U16": "uint16", "F16": "float16", "F32": "float32"}
BABL = {"U8": "u8", "U16": "u16", "F16": "half", "F32": "float"}

# name, model, depth, profile, size of the picture, place of the layer
CASES = [
    ("RGB 8-bit", "RGBA", "U8", SRGB, (120, 90), (0, 0, 120, 90)),
    ("RGB 8-bit, sRGB built-in", "RGBA", "U8", "sRGB built-in", (120, 90), (0, 0, 120, 90)),
    ("RGB 16-bit", "RGBA", "U16", SRGB, (97, 131), (0, 0, 97, 131)),
    ("RGB half float", "RGBA", "F16", LINEAR, (120, 90), (0, 0, 120, 90)),
    ("RGB float", "RGBA", "F32", LINEAR, (120, 90), (0, 0, 120, 90)),
    ("grey 8-bit", "GRAYA", "U8", GREY, (120, 90), (0, 0, 120, 90)),
    ("grey 16-bit", "GRAYA", "U16", GREY, (120, 90), (0, 0, 120, 90)),
    ("grey half float", "GRAYA", "F16", GREY_LINEAR, (120, 90), (0, 0, 120, 90)),
    ("grey float", "GRAYA", "F32", GREY_LINEAR, (120, 90), (0, 0, 120, 90)),
    ("layer inside the picture", "RGBA", "U8", SRGB, (200, 160), (30, 20, 101, 77)),
    ("layer larger than the picture", "RGBA", "U8", SRGB, (64, 64), (-40, -25, 150, 120)),
    ("layer outside of the picture", "RGBA", "U16", SRGB, (50, 50), (70, -200, 60, 80)),
    ("one pixel", "RGBA", "F32", LINEAR, (8, 8), (3, 4, 1, 1)),
    ("several bands", "RGBA", "F32", LINEAR, (1100, 2000), (0, 0, 1100, 2000)),
]


def paint(model, depth, width, height):
    """Waves and a half transparent part, [height][width][channels], red first, 0..1."""
    y, x = numpy.mgrid[0:height, 0:width]
    channels = 3 if model == "RGBA" else 1
    waves = [0.5 + 0.5 * numpy.sin(0.11 * x + 0.07 * y * (1 + i) + 2.1 * i) for i in range(channels)]
    alpha = numpy.where((x // 16 + y // 16) % 3 == 0, 0.4, 1.0)
    picture = numpy.stack(waves + [alpha], axis=-1)
    if depth[0] == "U":
        picture = numpy.round(picture * numpy.iinfo(DTYPES[depth]).max)
    return picture.astype(DTYPES[depth])


def krita_bytes(picture, model, depth):
    """Krita has blue first where the values are whole numbers."""
    if model == "RGBA" and depth[0] == "U":
        picture = picture[..., [2, 1, 0, 3]]
    return picture.tobytes()


def engine_alpha(picture, model, depth, profile=None):
    """The engine's own alpha, [height][width], 8-bit."""
    height, width, _channels = picture.shape
    linear = depth[0] == "F"
    name = {("RGBA", False): "R'G'B'A", ("RGBA", True): "RGBA",
            ("GRAYA", False): "Y'A", ("GRAYA", True): "YA"}[model, linear]
    icc = ICC / profile if profile else None
    command = [ALPHA, f"{name} {BABL[depth]}", str(width), str(height)]
    done = subprocess.run(command + ([str(icc)] if icc else []), input=picture.tobytes(), check=True,
                          stdout=subprocess.PIPE)
    return numpy.frombuffer(done.stdout, "uint8").reshape(height, width)


def open_picture(model, depth, profile, size, place, picture):
    """A new document with a group and a layer in it."""
    document = Krita.instance().createDocument(*size, "test", model, depth, profile, 72.0)
    document.setBatchmode(True)
    group = document.createGroupLayer("group")
    document.rootNode().addChildNode(group, None)
    layer = document.createNode("person", "paintlayer")
    group.addChildNode(layer, None)
    layer.setPixelData(QByteArray(krita_bytes(picture, model, depth)), *place)
    document.waitForDone()
    return document, layer


def close(document):
    document.setModified(False)
    document.close()


def pixels(node, place, dtype="uint8"):
    data = numpy.frombuffer(bytes(node.pixelData(*place)), dtype)
    return data.reshape(place[3], place[2], -1).squeeze(-1) if data.size == place[2] * place[3] \
        else data.reshape(place[3], place[2], -1)


def tree(node):
    """Names, kinds and pixels of all nodes."""
    return [(child.name(), child.type(), child.visible(), bytes(child.pixelData(0, 0, 90, 90)),
             tree(child)) for child in node.childNodes()]


def test_case(name, model, depth, profile, size, place):
    picture = paint(model, depth, place[2], place[3])
    document, layer = open_picture(model, depth, profile, size, place, picture)
    before = bytes(layer.pixelData(*place))
    given = krita_bytes(picture, model, depth)
    mask = p3m_matting.cut_out(document, layer)
    wanted = engine_alpha(picture, model, depth)
    check(before == given and bytes(layer.pixelData(*place)) == given, f"{name}: the layer is as it was")
    check((pixels(mask, place) == wanted).all(), f"{name}: the mask is the engine's alpha")
    check(place[2] == 1 or int(wanted.max()) - int(wanted.min()) > 20, f"{name}: the alpha says something")
    check(mask.type() == "transparencymask" and mask.parentNode().name() == "person",
          f"{name}: a transparency mask of the layer")
    close(document)


def test_profile(profile, depth):
    """Krita's colour management and babl's do not round alike; without the profile it would be far off."""
    name, picture = f"{profile} {depth}", paint("RGBA", depth, 120, 90)
    place = (5, -5, 120, 90)
    document, layer = open_picture("RGBA", depth, profile, (120, 90), place, picture)
    found = pixels(p3m_matting.cut_out(document, layer), place).astype(float)
    near, far = (numpy.abs(found - engine_alpha(picture, "RGBA", depth, icc)).mean()
                 for icc in (profile, None))
    note(f"{name}: off by {near:.3f} on average, without the profile by {far:.3f}")
    check(near < 0.5 and far > 4 * near, f"{name}: the profile counts")
    close(document)


def test_other_model(model, depth):
    """Colours that only Krita understands: compared with what Krita itself makes of them."""
    place = (0, 0, 60, 50)
    document, layer = open_picture("RGBA", "U8", SRGB, (60, 50), place, paint("RGBA", "U8", 60, 50))
    other = Krita.instance().createDocument(1, 1, "test", model, depth, "", 72.0)
    layer.setColorSpace(model, depth, other.topLevelNodes()[0].colorProfile())
    document.waitForDone()
    other.close()
    before = bytes(layer.pixelData(*place))
    found = pixels(p3m_matting.cut_out(document, layer), place)
    check(layer.colorModel() == model and bytes(layer.pixelData(*place)) == before,
          f"{model} {depth}: the layer is as it was")
    layer.setColorSpace("RGBA", "F32", LINEAR)
    document.waitForDone()
    check((found == engine_alpha(pixels(layer, place, "float32"), "RGBA", "F32")).all(),
          f"{model} {depth}: the mask is the engine's alpha")
    close(document)


PLACE = (30, 20, 101, 77)


def open_case(depth="U8", profile=SRGB):
    picture = paint("RGBA", depth, *PLACE[2:])
    document, layer = open_picture("RGBA", depth, profile, (200, 160), PLACE, picture)
    return document, layer, picture


def test_selection():
    document, layer, picture = open_case()
    p3m_matting.cut_out(document, layer, output="selection")
    check((pixels(document.selection(), PLACE) == engine_alpha(picture, "RGBA", "U8")).all(),
          "selection: it is the engine's alpha")
    p3m_matting.cut_out(document, layer, output="selection", contrast=100)
    kinds = [node.type() for node in document.topLevelNodes()]
    check(kinds.count("selectionmask") == 1, "selection: a former one is replaced")
    check(set(numpy.unique(pixels(document.selection(), PLACE))) <= {0, 255}, "selection: settings count")
    close(document)


def test_channel():
    document, layer, picture = open_case()
    made = p3m_matting.cut_out(document, layer, output="channel")
    check(made.type() == "selectionmask" and made.parentNode().name() == "person",
          "channel: a local selection of the layer")
    check((pixels(made, PLACE) == engine_alpha(picture, "RGBA", "U8")).all(),
          "channel: it is the engine's alpha")
    close(document)


def test_layer_with_mask():
    for depth, profile in (("U8", SRGB), ("F32", LINEAR), ("U16", "ClayRGB-elle-V2-g22.icc")):
        document, layer, picture = open_case(depth, profile)
        made = p3m_matting.cut_out(document, layer, output="layer-with-mask", white_point=0.5)
        mask = made.childNodes()[0]
        alpha = pixels(mask, PLACE)
        old, new = (pixels(node, PLACE, DTYPES[depth]).astype(float) for node in (layer, made))
        scale = numpy.iinfo(DTYPES[depth]).max if depth[0] == "U" else 1
        name = f"new layer, {depth} {profile}"
        check(made.parentNode().name() == "group" and mask.type() == "transparencymask",
              f"{name}: beside the layer, with a mask")
        check((made.colorDepth(), made.colorProfile()) == (depth, profile), f"{name}: of the same colours")
        if profile != "ClayRGB-elle-V2-g22.icc":
            check((alpha == numpy.minimum(engine_alpha(picture, "RGBA", depth) * 2.0, 255).round()).mean() > 0.4,
                  f"{name}: the engine's alpha")
        same = numpy.abs(old - new).max(axis=-1) <= scale * 2e-3
        kept = same[alpha == 255].mean()
        note(f"{name}: {kept:.3f} of the opaque pixels, {same.mean():.3f} of all keep their colours")
        check(kept > 0.95, f"{name}: opaque pixels keep their colours")
        check(not same.all(), f"{name}: soft edges are decontaminated")
        check(numpy.abs(old[..., 3] - new[..., 3]).max() <= scale * 1e-4, f"{name}: its own alpha stays")
        close(document)


def test_cut_out():
    document, layer, picture = open_case()
    made = p3m_matting.cut_out(document, layer, output="cut-out", decontaminate=0)
    wanted = engine_alpha(picture, "RGBA", "U8") * (picture[..., 3] / 255)
    worst = numpy.abs(pixels(made, PLACE)[..., 3] - wanted).max()
    check(worst <= 1.01, f"cut-out: alpha is the product of both, off by {worst:.2f}")
    close(document)


def test_trimap():
    document, layer, _picture = open_case()
    made = p3m_matting.cut_out(document, layer, output="trimap")
    found = pixels(made, PLACE)
    check(made.colorModel() == "GRAYA" and set(numpy.unique(found[..., 0])) <= {0, 128, 255},
          "trimap: a grey layer of three values")
    check((found[..., 1] == 255).all(), "trimap: it is opaque")
    close(document)


def test_existing_mask():
    document, layer, picture = open_case()
    first = p3m_matting.cut_out(document, layer)
    half = numpy.zeros((PLACE[3], PLACE[2]), "uint8")
    half[:, :50] = 128
    wanted = engine_alpha(picture, "RGBA", "U8")
    for how, expected in (("intersect", numpy.minimum(wanted, half)), ("add", numpy.maximum(wanted, half)),
                          ("replace", wanted)):
        first.setPixelData(QByteArray(half.tobytes()), *PLACE)
        first = p3m_matting.cut_out(document, layer, existing=how)
        masks = [node for node in layer.childNodes() if node.type() == "transparencymask"]
        check(len(masks) == 1, f"existing mask, {how}: there is one mask")
        check((pixels(first, PLACE) == expected).all(), f"existing mask, {how}: as it should be")
    close(document)


def test_active_mask():
    """The mask that was just made is what is active then; it stands for its layer."""
    document, layer, _picture = open_case()
    mask = p3m_matting.cut_out(document, layer)
    check(p3m_matting.cut_out(document, mask).parentNode().name() == "person", "a mask stands for its layer")
    close(document)


def fake(text):
    """Puts a script in the place of p3m-dialog."""
    path = os.path.join(FOLDER, "fake")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\n{text}\n")
    os.chmod(path, 0o755)
    process.PROGRAM = path


def refuse(name, words, node=None, **settings):
    """A run that must fail with a sentence and change nothing."""
    document, layer, _picture = open_case()
    before = tree(document.rootNode())
    try:
        p3m_matting.cut_out(document, node(document) if node else layer, **settings)
        message = ""
    except P3mError as error:
        message = str(error)
    note(f"{name}: {message}")
    check(words in message and "\n" not in message, f"{name}: it is said")
    check(tree(document.rootNode()) == before, f"{name}: nothing has changed")
    close(document)


def test_failures():
    refuse("group", "paint layer", lambda document: document.topLevelNodes()[-1])
    refuse("no layer", "paint layer", lambda document: None)
    refuse("unknown setting", "must be", strategy="guess")
    refuse("unknown output", "must be", output="sculpture")
    refuse("no model", "odel", model="/nonexistent/model.safetensors")

    def add_empty(document):
        node = document.createNode("empty", "paintlayer")
        return node
    refuse("empty layer", "empty", add_empty)


def test_broken_engine():
    process.PROGRAM = "/nonexistent/p3m-dialog"
    refuse("missing engine", "cannot be started")
    for name, script in (("killed", "cat > /dev/null; kill -9 $$"), ("crashed", "kill -SEGV $$"),
                         ("silent", "exit 0"), ("failing", "exit 1"),
                         ("cut off", r"printf 'P3MK\001\000\003\000\377\000\000\000mask'")):
        fake(script)
        refuse(name, "unexpectedly")
    for name, script in (("noise", "head -c 100000 /dev/urandom"), ("words", "echo Segmentation fault"),
                         ("other version", r"printf 'P3MK\002\000\003\000\000\000\000\000'"),
                         ("too long", r"printf 'P3MK\001\000\003\000\377\377\377\177'"),
                         ("no number", r"printf 'P3MK\001\000\002\000\003\000\000\000abc'"),
                         ("not UTF-8", r"printf 'P3MK\001\000\003\000\002\000\000\000\377\376'")):
        fake(script)
        refuse(name, "does not understand")
    fake(r"printf 'P3MK\001\000\003\000\007\000\000\000nothing'")
    refuse("unknown answer", "nothing")
    process.PROGRAM = PROGRAM


def test_reader():
    """Messages arrive whole however they are cut."""
    data = b"".join(process.message(kind, text) for kind, text in ((2, "0.5\nä"), (3, "mask\n[p3m]"), (4, "")))
    for size in (1, 5, 12, 13, len(data)):
        reader, found = process.Reader(), []
        for start in range(0, len(data), size):
            found += reader.feed(data[start:start + size])
        check(found == [(2, "0.5\nä"), (3, "mask\n[p3m]"), (4, "")], f"messages in pieces of {size} bytes")


def test_not_executable():
    """As Krita's import of plug-ins leaves it."""
    os.chmod(PROGRAM, 0o644)
    document, layer, _picture = open_case()
    check(p3m_matting.cut_out(document, layer).type() == "transparencymask", "it becomes executable")
    close(document)


def __main__(_arguments):
    Krita.instance().setBatchmode(True)
    for case in CASES:
        guarded(case[0], test_case, *case)
    for profile, depth in (("ClayRGB-elle-V2-g22.icc", "U8"), ("ClayRGB-elle-V2-g22.icc", "U16")):
        guarded(profile, test_profile, profile, depth)
    for model, depth in (("LABA", "U16"), ("XYZA", "F32"), ("CMYKA", "U8")):
        guarded(model, test_other_model, model, depth)
    for test in (test_selection, test_channel, test_layer_with_mask, test_cut_out, test_trimap,
                 test_existing_mask, test_active_mask, test_failures, test_broken_engine, test_reader,
                 test_not_executable):
        guarded(test.__name__, test)
    end()
