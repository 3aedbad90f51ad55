# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""What p3m refuses: the sentence, the exit status, and that nothing is touched."""
import os
import shutil
import struct

from PIL import Image

import support

PICTURE, USAGE, NO_MODEL = 1, 2, 3


class Errors(support.Case):
    def setUp(self):
        super().setUp()
        self.picture()
        self.picture("in.jpg")

    def cut_short(self, name, kind, **options):
        self.picture(f"whole.{kind}", width=100, height=100, **options)
        whole = (self.folder / f"whole.{kind}").read_bytes()
        (self.folder / name).write_bytes(whole[:len(whole) * 2 // 3])

    def test_a_missing_file(self):
        self.refuse(PICTURE, "No such file", "none.png", "-o", "out.png")

    def test_a_folder(self):
        self.refuse(PICTURE, "not a file", self.folder, "-o", "out.png")

    def test_a_pipe(self):
        os.mkfifo(self.folder / "pipe.png")
        self.refuse(PICTURE, "not a file", "pipe.png", "-o", "out.png")

    def test_files_that_are_no_pictures(self):
        for content in (b"", b"hello\n", b"RIFF    WAVEfmt ", b"%PDF-1.4\n" + bytes(100)):
            (self.folder / "text.png").write_bytes(content)
            self.refuse(PICTURE, "no picture of a known kind", "text.png", "-o", "out.png")

    def test_truncated_files(self):
        for kind in ("jpg", "png", "webp"):
            self.cut_short("short", kind)
            self.refuse(PICTURE, "ends too early", "short", "-o", "out.png")
        self.cut_short("short", "tif")
        self.refuse(PICTURE, "cannot be read", "short", "-o", "out.png")

    def test_every_shorter_png_and_jpeg(self):
        for kind in ("png", "jpg"):
            whole = (self.folder / f"in.{kind}").read_bytes()
            for length in range(12, len(whole) - 1, len(whole) // 12):
                (self.folder / "short").write_bytes(whole[:length])
                self.refuse(PICTURE, "cannot be read", "short", "-o", "out.png")

    def test_damaged_files(self):
        png = bytearray((self.folder / "in.png").read_bytes())
        png[len(png) // 2] ^= 1
        (self.folder / "bad.png").write_bytes(png)
        self.refuse(PICTURE, "damaged", "bad.png", "-o", "out.png")
        jpeg = bytearray((self.folder / "in.jpg").read_bytes())
        table = jpeg.index(b"\xff\xc4") + 5
        jpeg[table:table + 15] = b"\xff" * 15
        (self.folder / "bad.jpg").write_bytes(jpeg)
        self.refuse(PICTURE, "damaged", "bad.jpg", "-o", "out.png")

    def test_an_absurd_size(self):
        pack = struct.pack
        entries = [(256, 4, 1, 2 ** 31 - 1), (257, 4, 1, 2 ** 31 - 1), (258, 3, 1, 8),
                   (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8), (277, 3, 1, 1),
                   (278, 4, 1, 2 ** 31 - 1), (279, 4, 1, 4)]
        tiff = b"II*\0" + pack("<I", 8) + pack("<H", len(entries))
        tiff += b"".join(pack("<HHII", *entry) for entry in entries) + pack("<I", 0)
        (self.folder / "huge.tif").write_bytes(tiff)
        self.refuse(PICTURE, "cannot be read", "huge.tif", "-o", "out.png")

    def test_an_animation(self):
        frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
        frames[0].save(self.folder / "in.webp", save_all=True, append_images=frames[1:])
        self.refuse(PICTURE, "Animated", "in.webp", "-o", "out.png")

    def test_outputs_that_cannot_be_written(self):
        (self.folder / "folder.png").mkdir()
        self.refuse(PICTURE, "cannot be written", "in.png", "-o", "folder.png")
        self.refuse(PICTURE, "cannot be written", "in.png", "-o", "none/out.png")
        self.refuse(PICTURE, "cannot be written", "in.png", "-o", "out.png", "-m", "none/m.png")
        # nobody can make files there, not even root
        self.refuse(PICTURE, "cannot be written", "in.png", "--mask", "/proc/mask.png")

    def test_protected_outputs(self):
        if os.geteuid() == 0:
            self.skipTest("root may write everywhere")
        protected = self.folder / "protected"
        protected.mkdir()
        (self.folder / "out.png").write_text("mine")
        (self.folder / "out.png").chmod(0o444)
        self.refuse(PICTURE, "Permission denied", "in.png", "-o", "out.png")
        protected.chmod(0o555)
        self.refuse(PICTURE, "Permission denied", "in.png", "-o", "protected/out.png")
        protected.chmod(0o755)

    def test_a_full_disk(self):
        self.picture("big.png", width=500, height=500)
        self.use_small_disk("64k")
        self.refuse(PICTURE, "cannot be written", "big.png", "-o", "small/out.png")
        self.refuse(PICTURE, "cannot be written", "big.png", "-m", "small/mask.tif")

    def test_command_lines_that_make_no_sense(self):
        for arguments in ((), ("in.png",), ("-o", "out.png"), ("in.png", "in.jpg", "-o", "out.png"),
                          ("in.png", "-o", "out.jpg"), ("in.png", "-o", "out"),
                          ("in.png", "-o", "out.exr"), ("in.png", "--mask", "mask.webp"),
                          ("in.png", "-o", "out.png", "--mask", "./out.png"),
                          ("in.png", "-o", "in.png"), ("in.png", "-m", "in.png"),
                          ("in.png", "-o", "out.png", "--strategy", "fast"),
                          ("in.png", "-o", "out.png", "--smooth", "101"),
                          ("in.png", "-o", "out.png", "--smooth", "a lot"),
                          ("in.png", "-o", "out.png", "--shift-edge", "-101"),
                          ("in.png", "-o", "out.png", "--people", "1;2"),
                          ("in.png", "--trimap", "trimap.exr"),
                          ("in.png", "--trimap", "in.png"),
                          ("in.png", "-m", "out.png", "--trimap", "out.png"),
                          ("in.png", "-o", "out.png", "--threads", "-1"),
                          ("in.png", "-o", "out.png", "--threads", "many"),
                          ("in.png", "-o", "out.png", "--quiet", "--verbose"),
                          ("in.png", "-o", "out.png", "--no-such-option")):
            self.refuse(USAGE, "p3m matte --help", *arguments)

    def test_a_link_to_the_picture_is_the_picture(self):
        (self.folder / "link.png").symlink_to("in.png")
        self.refuse(USAGE, "overwritten", "in.png", "-o", "link.png")

    def test_commands_that_do_not_exist(self):
        for arguments in ((), ("cut",), ("--wrong",)):
            done = self.call(*arguments)
            self.assertEqual(done.returncode, USAGE)
            self.assertIn("p3m --help", done.stderr)

    def test_models_that_cannot_be_used(self):
        (self.folder / "bad.safetensors").write_bytes(b"\x10" + bytes(7) + b"{}              ")
        for model in ("none.safetensors", "none", "bad.safetensors", "in.png"):
            self.refuse(NO_MODEL, "", "in.png", "-o", "out.png", "--model", model)

    def lonely_program(self):
        """p3m in a prefix that holds no models."""
        place = self.folder / "prefix" / "bin" / "p3m"
        place.parent.mkdir(parents=True)
        shutil.copy2(support.PROGRAM, place)
        del self.environment["P3M_MODEL"]
        return str(place)

    def test_no_model_at_all(self):
        program = self.lonely_program()
        listed = self.call("models", program=program)
        if listed.returncode == 0:
            self.skipTest("a model is installed on this machine")
        self.assertEqual(listed.returncode, NO_MODEL)
        self.assertIn(str(self.folder / "data" / "p3m" / "models"), listed.stdout)
        done = self.call("matte", "in.png", "-o", "out.png", program=program)
        self.assertEqual(done.returncode, NO_MODEL)
        self.assertFalse((self.folder / "out.png").exists())


support.main(Errors)
