# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""What p3m matte writes: masks and cutouts in every kind of file."""
import struct
import zlib

import numpy
from PIL import Image

import support


class Outputs(support.Case):
    def test_the_16_bit_mask_is_the_rounded_float_mask(self):
        self.picture()
        alpha = self.alpha("in.png")
        self.assertGreater(alpha.max() - alpha.min(), 0.1)
        self.matte("in.png", "--mask", "mask.png")
        # "I": how Pillow calls 16-bit grey, in newer versions "I;16"
        self.assertIn(Image.open(self.folder / "mask.png").mode, ("I", "I;16"))
        difference = self.read("mask.png") - alpha * 65535
        self.assertLessEqual(abs(difference).max(), 0.5 + 1e-2)

    def test_the_float_mask_has_32_bits_and_the_size_of_the_picture(self):
        self.picture(width=70, height=41)
        self.matte("in.png", "-m", "mask.tiff")
        mask = self.read("mask.tiff")
        self.assertEqual((mask.dtype, mask.shape), (numpy.float32, (41, 70)))
        self.assertGreaterEqual(mask.min(), 0)
        self.assertLessEqual(mask.max(), 1)

    def test_an_exr_mask_holds_the_alpha(self):
        self.picture()
        alpha = self.alpha("in.png")
        self.matte("in.png", "-m", "mask.exr")
        header, rows = self.exr_rows("mask.exr", *alpha.shape)
        self.assertIn(b"Y\0", header)
        self.assertTrue((rows == alpha.astype("float32")).all())

    def exr_rows(self, name, height, width):
        """The header and the float rows of a scan-line file with one channel and ZIP blocks."""
        data = (self.folder / name).read_bytes()
        first = data.index(b"screenWindowWidth\0float\0") + 24 + 4 + 4 + 1
        blocks = (height + 15) // 16
        rows = []
        for offset in struct.unpack_from(f"<{blocks}Q", data, first):
            start, size = struct.unpack_from("<ii", data, offset)
            count = min(16, height - start) * width * 4
            block = data[offset + 8:offset + 8 + size]
            rows.append(self.unzip(block, count) if size < count else block)
        return data[:first], numpy.frombuffer(b"".join(rows), "<f4").reshape(height, width)

    @staticmethod
    def unzip(block, count):
        """OpenEXR's ZIP: halves interleaved, differences of bytes, deflate."""
        raw = numpy.frombuffer(zlib.decompress(block), "uint8").astype("int64")
        raw[1:] -= 128
        raw = (numpy.cumsum(raw) % 256).astype("uint8")
        half = (count + 1) // 2
        out = numpy.empty(count, "uint8")
        out[0::2], out[1::2] = raw[:half], raw[half:]
        return out.tobytes()

    def test_an_8_bit_cutout_keeps_every_colour_if_it_is_to(self):
        pixels = self.picture()
        alpha = self.alpha("in.png")
        for name in ("out.png", "out.tif"):
            self.matte("in.png", "-o", name, "--decontaminate", 0)
            cutout = self.read(name)
            self.assertEqual((cutout.dtype, cutout.shape), (numpy.uint8, (33, 45, 4)))
            self.assertTrue((cutout[..., :3] == pixels).all(), name)
            self.assertLessEqual(abs(cutout[..., 3] - alpha * 255).max(), 0.5 + 1e-2)

    def test_only_soft_pixels_are_decontaminated(self):
        pixels = self.picture(width=60, height=50)
        harden = ("--contrast", 80, "--edge-detail", 0)
        self.matte("in.png", "-o", "out.png", "-m", "alpha.tif", *harden)
        cutout, opaque = self.read("out.png"), self.read("alpha.tif") == 1
        self.assertTrue(0.01 < opaque.mean() < 0.99, opaque.mean())
        changed = (cutout[..., :3] != pixels).any(-1)
        self.assertFalse(changed[opaque].any())
        self.assertGreater(changed[~opaque].mean(), 0.5)
        self.matte("in.png", "-o", "half.png", "--decontaminate", 50, *harden)
        shift = [abs(self.read(name)[..., :3].astype(int) - pixels).mean()
                 for name in ("half.png", "out.png")]
        self.assertGreater(shift[1], shift[0])

    def test_a_trimap_has_three_values_and_says_what_the_alpha_says(self):
        self.picture(width=60, height=50)
        harden = ("--contrast", 95, "--edge-detail", 0)
        for name in ("trimap.png", "trimap.tif"):
            self.matte("in.png", "--trimap", name, "-m", "alpha.tif", "--trimap-band", 0, *harden)
            trimap, alpha = self.read(name), self.read("alpha.tif")
            self.assertEqual((trimap.dtype, trimap.shape), (numpy.uint8, (50, 60)))
            self.assertEqual(sorted(set(trimap.flat)), [0, 128, 255])
            self.assertLessEqual(alpha[trimap == 0].max(), 0.02)
            self.assertGreaterEqual(alpha[trimap == 255].min(), 0.98)
        self.matte("in.png", "--trimap", "wide.png", "--trimap-band", 5, *harden)
        self.assertGreater((self.read("wide.png") == 128).sum(), (trimap == 128).sum())

    def test_every_refinement_changes_the_mask(self):
        self.picture(width=300, height=200)
        plain = self.alpha("in.png")
        for option, value in (("edge-detail", 0), ("smooth", 100), ("shift-edge", -100),
                              ("feather", 5), ("contrast", 50), ("black-point", 0.5),
                              ("white-point", 0.5), ("keep", "largest"), ("specks", 1e6)):
            self.matte("in.png", "-m", "mask.tif", f"--{option}", value, "--edge-detail",
                       0 if option == "edge-detail" else 50)
            self.assertFalse((self.read("mask.tif") == plain).all(), option)

    def test_a_webp_cutout_is_transparent(self):
        self.picture()
        alpha = self.alpha("in.png")
        self.matte("in.png", "-o", "out.webp")
        cutout = self.read("out.webp")
        self.assertEqual(cutout.shape, (33, 45, 4))
        self.assertLessEqual(abs(cutout[..., 3] - alpha * 255).max(), 0.5 + 1e-2)

    def test_both_outputs_of_one_run_agree(self):
        self.picture()
        self.matte("in.png", "-o", "out.png", "-m", "mask.png")
        self.assertLessEqual(abs(self.read("out.png")[..., 3] / 255
                                 - self.read("mask.png") / 65535).max(), 0.5 / 255 + 1e-4)

    def test_an_existing_output_is_replaced_with_the_usual_permissions(self):
        self.picture()
        (self.folder / "out.png").write_text("old")
        self.matte("in.png", "-o", "out.png")
        self.assertEqual(self.read("out.png").shape, (33, 45, 4))
        (self.folder / "plain").write_text("")
        self.assertEqual((self.folder / "out.png").stat().st_mode,
                         (self.folder / "plain").stat().st_mode)

    def test_nothing_else_is_left_behind(self):
        self.picture()
        self.matte("in.png", "-o", "out.png", "--mask", "mask.png")
        self.assertEqual(sorted(map(str, self.files())), ["in.png", "mask.png", "out.png"])

    def test_every_strategy_runs_and_threads_change_nothing(self):
        self.picture(width=90, height=70)
        for strategy in ("auto", "resize", "hybrid"):
            masks = []
            for threads in (1, 2):
                self.matte("in.png", "-m", "mask.tif", "--strategy", strategy, "--threads", threads)
                masks.append(self.read("mask.tif"))
            self.assertTrue((masks[0] == masks[1]).all(), strategy)


support.main(Outputs)
