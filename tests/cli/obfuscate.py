# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""p3m obfuscate: what becomes of faces and of all that is none, metadata, folders, and failures."""
import csv
import os
import pathlib

import numpy
from PIL import Image, PngImagePlugin

import support

PORTRAIT = pathlib.Path(__file__).parents[2] / "data/demo/astronaut.png"
XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret thumbnail</x:xmpmeta>"


class Obfuscate(support.Case):
    def setUp(self):
        super().setUp()
        os.makedirs(self.folder / "faces")

    def obfuscate(self, *arguments, status=0):
        done = self.call("obfuscate", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        if status == 0:
            self.assertEqual(done.stderr, "")
        return done

    def mask(self, name, width, height, *ovals):
        """A face mask with an oval (x, y, radius) for each face; returns it, 0..1."""
        y, x = numpy.mgrid[:height, :width]
        mask = numpy.zeros((height, width), "uint8")
        for centre_x, centre_y, radius in ovals:
            mask[numpy.hypot(x - centre_x, y - centre_y) <= radius] = 255
        Image.fromarray(mask).save(self.folder / name)
        return mask / 255

    def detail(self, pixels, where):
        """How much neighbours differ, on average."""
        difference = abs(numpy.diff(pixels.astype(float), axis=1)).mean(2)
        return difference[where[:, 1:] & where[:, :-1]].mean()

    # ---- pixels

    def test_what_is_no_face_keeps_its_bytes(self):
        for name in ("in.png", "in16.png"):
            if name == "in.png":
                pixels = self.picture(name, 120, 90)
            else:
                pixels = self.noise(90, 120, dtype="uint16")
                Image.fromarray(pixels).save(self.folder / name)
            mask = self.mask("faces/m.png", 120, 90, (60, 45, 20))
            self.obfuscate(name, "-o", "out.png", "--faces", "faces/m.png", "--no-matte")
            out = self.read("out.png")
            self.assertEqual(out.shape, pixels.shape)
            y, x = numpy.mgrid[:90, :120]
            outside = numpy.hypot(x - 60, y - 45) > 30
            self.assertTrue((out[outside] == pixels[outside]).all())
            self.assertLess((out[mask > 0] == pixels[mask > 0]).mean(), 0.05)

    def test_each_method_leaves_no_detail(self):
        pixels = self.picture(width=120, height=90)
        inner = self.mask("faces/m.png", 120, 90, (60, 45, 20)) > 0
        before = self.detail(pixels, inner)
        for method, most in (("blur", 0.1), ("mosaic", 0.25), ("fill", 0.001)):
            self.obfuscate("in.png", "-o", "out.png", "--faces", "faces/m.png", "--no-matte",
                           "--method", method, "--strength", 0.15)
            out = self.read("out.png")
            self.assertLess(self.detail(out, inner), most * before, method)
            self.assertLess(abs(out[inner].mean() - pixels[inner].mean()), 3, method)

    def test_strength_is_in_units_of_the_face(self):
        """A picture twice as large gives the same result, twice as large."""
        small = self.noise(60, 80, 3)
        for scale in (1, 2):
            Image.fromarray(small.repeat(scale, 0).repeat(scale, 1)).save(self.folder / "in.png")
            self.mask("faces/m.png", 80 * scale, 60 * scale,
                      (39.5 * scale, 29.5 * scale, 20 * scale))
            self.obfuscate("in.png", "-o", f"out{scale}.png", "--faces", "faces/m.png", "--no-matte",
                           "--strength", 0.2)
        large = self.read("out2.png").reshape(60, 2, 80, 2, 3).astype(float).mean((1, 3))
        y, x = numpy.mgrid[:60, :80]
        centre = numpy.hypot(x - 39.5, y - 29.5) < 12
        self.assertLess(abs(large - self.read("out1.png"))[centre].mean(), 2)

    def test_no_colour_bleeds_in_from_outside(self):
        pixels = numpy.zeros((90, 120, 3), "uint8")
        mask = self.mask("faces/m.png", 120, 90, (60, 45, 20))
        pixels[mask > 0] = (200, 150, 120)
        Image.fromarray(pixels).save(self.folder / "in.png")
        self.obfuscate("in.png", "-o", "out.png", "--faces", "faces/m.png", "--no-matte",
                       "--softness", 0)
        self.assertLessEqual(abs(self.read("out.png").astype(int) - pixels).max(), 1)

    def test_hair_at_the_outline_stays_sharp(self):
        pixels = self.picture(width=120, height=90)
        self.mask("faces/m.png", 120, 90, (60, 45, 30))
        alpha = numpy.full((90, 120), 255, "uint8")
        alpha[:, 60:63] = 128                            # a strand across the whole face
        Image.fromarray(alpha).save(self.folder / "alpha.png")
        self.obfuscate("in.png", "-o", "out.png", "--faces", "faces/m.png", "--alphas", "alpha.png")
        out = self.read("out.png")
        self.assertTrue((out[16:18, 60:63] == pixels[16:18, 60:63]).all())
        self.assertLess(self.detail(out[35:55, 50:73], numpy.ones((20, 23), bool)),
                        0.2 * self.detail(pixels, numpy.ones((90, 120), bool)))

    def test_faces_apart_are_two_and_the_region_is_written(self):
        self.picture(width=160, height=90)
        mask = self.mask("faces/in.png", 160, 90, (40, 45, 20), (120, 45, 10))
        done = self.obfuscate("in.png", "-o", "out", "--faces", "faces", "--no-matte",
                              "--regions", "regions")
        self.assertIn("in.png: faces found: 2\n", done.stdout)
        region = self.read("regions/in.png") / 65535
        self.assertTrue((region[mask > 0] == 1).all())
        self.assertLess(region[0].max(), 1e-4)

    def test_colours_under_transparency_are_changed_too(self):
        pixels = numpy.dstack([self.noise(90, 120, 3), numpy.zeros((90, 120), "uint8")])
        Image.fromarray(pixels).save(self.folder / "in.png")
        inner = self.mask("faces/m.png", 120, 90, (60, 45, 20)) > 0
        self.obfuscate("in.png", "-o", "out.png", "--faces", "faces/m.png", "--no-matte")
        out = self.read("out.png")
        self.assertTrue((out[..., 3] == 0).all())
        self.assertLess(self.detail(out[..., :3], inner), 0.1 * self.detail(pixels[..., :3], inner))

    # ---- detection

    def test_a_face_is_found_and_gone(self):
        done = self.call("obfuscate", PORTRAIT, "-o", "out.png", "--no-matte")
        if "without OpenCV" in done.stderr:
            self.skipTest("p3m was built without OpenCV")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("astronaut.png: faces found: 1\n", done.stdout)
        self.assertIn("Look at every picture", done.stdout)
        again = self.obfuscate("out.png", "-o", "again.png", "--no-matte")
        self.assertIn("out.png: faces found: 0\n", again.stdout)
        self.assertTrue((self.read("again.png") == self.read("out.png")).all())

    def test_a_mirrored_face_is_found_too(self):
        Image.open(PORTRAIT).transpose(Image.FLIP_LEFT_RIGHT).save(self.folder / "in.png")
        done = self.call("obfuscate", "in.png", "-o", "out.png", "--no-matte")
        if "without OpenCV" in done.stderr:
            self.skipTest("p3m was built without OpenCV")
        self.assertIn("in.png: faces found: 1\n", done.stdout)

    def test_missing_cascades_are_named(self):
        self.picture()
        self.environment["P3M_CASCADES"] = str(self.folder / "nowhere")
        done = self.obfuscate("in.png", "-o", "out.png", "--no-matte", status=1)
        if "without OpenCV" in done.stderr:
            self.skipTest("p3m was built without OpenCV")
        self.assertIn("opencv-data", done.stderr)
        self.assertFalse((self.folder / "out.png").exists())

    # ---- metadata

    def test_nothing_that_was_written_beside_the_pixels_comes_along(self):
        pixels = Image.fromarray(self.noise(64, 48, 3))
        exif = Image.Exif()
        exif[0x010e], exif[0x0112] = "secret description", 6
        jpeg = self.folder / "in.jpg"
        pixels.save(jpeg, exif=exif, quality=95)
        data = jpeg.read_bytes()
        jpeg.write_bytes(data[:2] + b"\xff\xe1" + (len(XMP) + 2).to_bytes(2, "big") + XMP + data[2:])
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Comment", "secret comment")
        pixels.save(self.folder / "in.png", pnginfo=texts, exif=exif)
        pixels.save(self.folder / "in.tif", exif=exif)
        pixels.save(self.folder / "in.webp", exif=exif, lossless=True)
        for suffix in ("jpg", "png", "tif", "webp"):
            self.assertIn(b"secret", (self.folder / f"in.{suffix}").read_bytes(), suffix)
            self.mask("faces/m.png", 64, 48, (20, 20, 6))
            self.obfuscate(f"in.{suffix}", "-o", f"out.{suffix}", "--faces", "faces/m.png",
                           "--no-matte")
            data = (self.folder / f"out.{suffix}").read_bytes()
            for word in (b"secret", b"xap", b"Exif\0", b"eXIf"):
                self.assertNotIn(word, data, suffix)
            # upright, because the tag that said so is gone
            self.assertEqual(Image.open(self.folder / f"out.{suffix}").size, (64, 48), suffix)
            self.assertEqual(Image.open(self.folder / f"out.{suffix}").getexif().get(0x0112, 1), 1)

    def test_a_profile_is_kept(self):
        from PIL import ImageCms
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        for suffix in ("jpg", "png"):
            Image.fromarray(self.noise(48, 64, 3)).save(self.folder / f"in.{suffix}",
                                                        icc_profile=profile)
            self.mask("faces/m.png", 64, 48, (20, 20, 6))
            self.obfuscate(f"in.{suffix}", "-o", f"out.{suffix}", "--faces", "faces/m.png",
                           "--no-matte")
            self.assertEqual(Image.open(self.folder / f"out.{suffix}").info["icc_profile"], profile)

    # ---- folders

    def tree(self):
        """Two good pictures and a broken one in folders, with masks; what is no picture beside them."""
        for name in ("a.png", "sub/b.jpg", "sub/broken.jpg"):
            for top in ("data", "faces"):
                (self.folder / top / name).parent.mkdir(parents=True, exist_ok=True)
            self.picture("data/" + name, 64, 48)
            self.mask("faces/" + name.rpartition(".")[0] + ".png", 64, 48, (30, 20, 10))
        broken = self.folder / "data/sub/broken.jpg"
        broken.write_bytes(broken.read_bytes()[:200])
        (self.folder / "data/notes.txt").write_text("no picture")
        (self.folder / "data/.hidden.png").write_bytes(b"")

    def test_a_folder_is_mirrored_and_a_failure_survived(self):
        self.tree()
        before = {path: path.read_bytes() for path in (self.folder / "data").rglob("*")
                  if path.is_file()}
        done = self.obfuscate("data", "-o", "out", "--faces", "faces", "--no-matte", "--csv",
                              "out.csv", status=1)
        self.assertRegex(done.stderr, r"^p3m: sub/broken\.jpg: [^\n]+\n$")
        files = sorted(str(path.relative_to(self.folder / "out"))
                       for path in (self.folder / "out").rglob("*") if path.is_file())
        self.assertEqual(files, ["a.png", "sub/b.jpg"])
        with open(self.folder / "out.csv", newline="", encoding="utf-8") as file:
            self.assertEqual(list(csv.reader(file)), [["name", "faces"], ["a.png", "1"],
                                                      ["sub/b.jpg", "1"], ["sub/broken.jpg", ""]])
        self.assertIn("Pictures: 3, faces found: 2, pictures in which none was found: 0, failed: 1",
                      done.stdout)
        for path, data in before.items():
            self.assertEqual(path.read_bytes(), data)

    def test_a_picture_without_its_mask_fails(self):
        self.tree()
        (self.folder / "faces/a.png").unlink()
        done = self.obfuscate("data/a.png", "-o", "out", "--faces", "faces", "--no-matte", status=1)
        self.assertIn("a.png: It has no partner", done.stderr)
        self.mask("faces/a.png", 63, 48, (30, 20, 10))
        done = self.obfuscate("data/a.png", "-o", "out", "--faces", "faces", "--no-matte", status=1)
        self.assertIn("63 × 48", done.stderr)

    def test_inputs_are_never_overwritten(self):
        self.tree()
        os.makedirs(self.folder / "links")
        os.link(self.folder / "data/a.png", self.folder / "links/a.png")
        before = self.files()
        for arguments in (["data/a.png", "-o", "data/a.png"], ["data/a.png", "-o", "data"],
                          ["data", "-o", "data"], ["data", "-o", "data/out"],
                          ["data/a.png", "-o", "links"]):
            done = self.obfuscate(*arguments, "--faces", "faces", "--no-matte", status=1)
            self.assertRegex(done.stderr, "overwritten|outside", arguments)
            self.assertEqual(self.files(), before, arguments)

    def test_contradictions(self):
        self.picture()
        for text, arguments in (("missing", []), ("output is missing", ["in.png"]),
                                ("blur, mosaic or fill", ["in.png", "-o", "o", "--method", "x"]),
                                ("0.02 to 1", ["in.png", "-o", "o", "--strength", 0]),
                                ("0.02 to 1", ["in.png", "-o", "o", "--strength", "nan"]),
                                ("0 to 0.5", ["in.png", "-o", "o", "--softness", 1]),
                                ("folder of masks", [".", "-o", "o", "--faces", "in.png"]),
                                ("No such picture", ["in.png", "-o", "out.gif"]),
                                ("contradict", ["in.png", "-o", "o", "--no-matte", "--model", "x"])):
            done = self.obfuscate(*arguments, status=2)
            self.assertIn(text, done.stderr, arguments)

    def test_the_model_spares_hair_unless_told_otherwise(self):
        self.picture(width=96, height=96)
        self.mask("faces/m.png", 96, 96, (48, 48, 40))
        outs = []
        for more in ([], ["--no-matte"]):
            self.obfuscate("in.png", "-o", "out.png", "--faces", "faces/m.png", *more)
            outs.append(self.read("out.png"))
        alpha = self.alpha("in.png")
        self.assertTrue(((alpha > 0.02) & (alpha < 0.98)).any())  # the small model sees something soft in the noise
        self.assertTrue((outs[0] != outs[1]).any())
        self.environment["P3M_MODEL"] = str(self.folder / "nowhere")
        done = self.obfuscate("in.png", "-o", "out.png", "--model", "none", status=3)
        self.assertTrue(done.stderr.startswith("p3m: "))


if __name__ == "__main__":
    support.main(Obfuscate)
