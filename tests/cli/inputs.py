# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""What p3m matte reads: kinds of files, depths, colour spaces, transparency and orientation."""
import pathlib
import shutil
import struct
import subprocess
import zlib

import numpy
from PIL import Image, ImageCms

import support

# What the pixels as stored look like upright, by EXIF orientation
UPRIGHT = {
    1: lambda p: p,
    2: lambda p: p[:, ::-1],
    3: lambda p: p[::-1, ::-1],
    4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2),
    6: lambda p: numpy.rot90(p, -1),
    7: lambda p: p.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda p: numpy.rot90(p, 1),
}


def make_profile():
    """A matrix profile that is not sRGB: sRGB's with its red and green primaries exchanged."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, green = data.index(b"rXYZ", 128), data.index(b"gXYZ", 128)
    data[red + 4:red + 12], data[green + 4:green + 12] = (data[green + 4:green + 12],
                                                          data[red + 4:red + 12])
    return bytes(data)


class Inputs(support.Case):
    def cut_out(self, name):
        self.matte(name, "-o", "out.png", "--decontaminate", 0)
        return self.read("out.png")

    def test_every_kind_of_file_is_read(self):
        for name in ("in.jpg", "in.png", "in.tif", "in.webp"):
            pixels = self.picture(name)
            cutout = self.cut_out(name)
            self.assertEqual(cutout.shape, (33, 45, 4))
            # JPEG decoders may round differently
            limit = 3 if name == "in.jpg" else 0
            self.assertLessEqual(abs(cutout[..., :3].astype(int) - pixels).max(), limit, name)

    def test_the_kind_is_told_by_the_content_not_by_the_name(self):
        self.picture("in.jpg")
        (self.folder / "in.jpg").rename(self.folder / "in.png")
        self.assertEqual(self.cut_out("in.png").shape, (33, 45, 4))

    def convert(self, *arguments):
        if not shutil.which("convert"):
            self.skipTest("ImageMagick is not installed")
        subprocess.run(["convert", *arguments], cwd=self.folder, check=True)

    def raw(self, name, channels):
        """The 16-bit samples of a picture, through ImageMagick."""
        self.convert(name, "-depth", "16", "-endian", "LSB", f"{channels}:out.raw")
        shape = (33, 45, len(channels))
        return numpy.fromfile(self.folder / "out.raw", "<u2").reshape(shape)

    def test_16_bit_pictures_give_16_bit_cutouts(self):
        pixels = self.noise(33, 45, 3, dtype="uint16")
        pixels.tofile(self.folder / "in.raw")
        for kind in ("png", "tif"):
            self.convert("-size", "45x33", "-depth", "16", "-endian", "LSB", "rgb:in.raw",
                         f"in.{kind}")
            self.matte(f"in.{kind}", "-o", f"out.{kind}", "--decontaminate", 0)
            self.assertTrue((self.raw(f"out.{kind}", "rgba")[..., :3] == pixels).all(), kind)

    def test_float_pictures_give_float_tiffs(self):
        pixels = self.random.random((33, 45), dtype="float32") * 1.5
        Image.fromarray(pixels).save(self.folder / "in.tif")
        self.matte("in.tif", "-o", "out.tif", "--decontaminate", 0)
        cutout = numpy.frombuffer(self.first_strip("out.tif"), "<f4").reshape(33, 45, 2)
        self.assertTrue((cutout[..., 0] == pixels).all())

    def first_strip(self, name):
        """The samples of a small, deflated, little-endian TIFF."""
        data = (self.folder / name).read_bytes()
        place, = struct.unpack_from("<I", data, 4)
        count, = struct.unpack_from("<H", data, place)
        tags = dict(struct.unpack_from("<HxxxxxxI", data, place + 2 + 12 * number)
                    for number in range(count))
        return zlib.decompress(data[tags[273]:tags[273] + tags[279]])

    def test_grey_pictures_stay_grey(self):
        pixels = self.noise(33, 45)
        Image.fromarray(pixels).save(self.folder / "in.png")
        cutout = self.cut_out("in.png")
        self.assertEqual(cutout.shape, (33, 45, 2))
        self.assertTrue((cutout[..., 0] == pixels).all())

    def test_a_grey_profile_is_kept_by_png(self):
        profile = pathlib.Path("/usr/share/color/icc/ghostscript/sgray.icc")
        if not profile.exists():
            self.skipTest("there is no grey profile here")
        pixels = self.noise(33, 45)
        Image.fromarray(pixels).save(self.folder / "in.png", icc_profile=profile.read_bytes())
        cutout = self.cut_out("in.png")
        self.assertTrue((cutout[..., 0] == pixels).all())
        self.assertEqual(Image.open(self.folder / "out.png").info["icc_profile"],
                         profile.read_bytes())

    def test_palettes_and_cmyk_become_rgb(self):
        self.picture("rgb.png")
        Image.open(self.folder / "rgb.png").quantize(16).save(self.folder / "in.png")
        expected = numpy.array(Image.open(self.folder / "in.png").convert("RGB"))
        self.assertTrue((self.cut_out("in.png")[..., :3] == expected).all())
        Image.open(self.folder / "rgb.png").convert("CMYK").save(self.folder / "in.jpg")
        self.assertEqual(self.cut_out("in.jpg").shape, (33, 45, 4))

    def test_transparency_is_multiplied(self):
        pixels = self.noise(33, 45, 4)
        Image.fromarray(pixels).save(self.folder / "in.png")
        alpha = self.alpha("in.png")
        cutout = self.cut_out("in.png")
        self.assertTrue((cutout[..., :3] == pixels[..., :3]).all())
        self.assertLessEqual(abs(cutout[..., 3] - alpha * pixels[..., 3]).max(), 0.5 + 1e-2)

    def test_the_profile_is_kept_and_the_numbers_with_it(self):
        # that of sRGB too, and one that says nothing that babl could use
        srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        empty = struct.pack(">I", 132) + srgb[4:128] + bytes(4)
        for name, profile in ((name, profile) for profile in (make_profile(), srgb, empty)
                              for name in ("in.jpg", "in.png", "in.tif", "in.webp")):
            pixels = self.picture(name, icc_profile=profile)
            for output in ("out.png", "out.tif"):
                self.matte(name, "-o", output, "--decontaminate", 0)
                self.assertEqual(Image.open(self.folder / output).info.get("icc_profile"), profile,
                                 (name, output))
                difference = abs(self.read(output)[..., :3].astype(int) - pixels).max()
                self.assertLessEqual(difference, 3 if name == "in.jpg" else 0)

    def test_the_profile_changes_what_the_network_sees(self):
        pixels = self.noise(33, 45, 3)
        Image.fromarray(pixels).save(self.folder / "plain.png")
        Image.fromarray(pixels).save(self.folder / "other.png", icc_profile=make_profile())
        self.assertFalse((self.alpha("plain.png") == self.alpha("other.png")).all())

    def test_a_broken_profile_counts_as_srgb(self):
        pixels = self.noise(33, 45, 3)
        Image.fromarray(pixels).save(self.folder / "plain.png")
        Image.fromarray(pixels).save(self.folder / "in.tif", icc_profile=b"no profile" * 20)
        self.assertTrue((self.alpha("plain.png") == self.alpha("in.tif")).all())

    def test_all_orientations_come_out_upright(self):
        for orientation, upright in UPRIGHT.items():
            exif = Image.Exif()
            exif[0x0112] = orientation
            for name in ("in.jpg", "in.png", "in.tif", "in.webp"):
                pixels = self.picture(name, width=150, height=139, exif=exif)
                cutout, expected = self.cut_out(name), upright(pixels)
                self.assertEqual(cutout.shape[:2], expected.shape[:2], (name, orientation))
                difference = abs(cutout[..., :3].astype(int) - expected).max()
                self.assertLessEqual(difference, 3 if name == "in.jpg" else 0, (name, orientation))

    def test_the_smallest_picture(self):
        self.picture(width=1, height=1)
        self.assertEqual(self.cut_out("in.png").shape, (1, 1, 4))

    def test_names_that_are_not_plain(self):
        self.picture("-ä ‘1’ %s.png")
        self.matte("--mask", "-ö %d.png", "--", "-ä ‘1’ %s.png")
        self.assertEqual(self.read("-ö %d.png").shape, (33, 45))


support.main(Inputs)
