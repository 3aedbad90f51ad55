# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""p3m as a process: help, models, progress, silence, and signals."""
import os
import pty
import select
import shutil
import signal
import subprocess
import time

from PIL import Image

import support


class Process(support.Case):
    def test_help_and_version(self):
        for arguments in (("--help",), ("matte", "--help"), ("models", "--help")):
            done = self.call(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("p3m", done.stdout)
        text = self.call("--help").stdout
        for status in ("0 ", "1 ", "2 ", "3 ", "130 "):
            self.assertIn(f"\n  {status}", text)
        self.assertRegex(self.call("--version").stdout, r"^p3m \d+\.\d+\.\d+\n$")

    def test_models_are_listed_with_their_problems(self):
        models = self.folder / "data" / "p3m" / "models"
        models.mkdir(parents=True)
        shutil.copy2(support.MODEL, models / "good.safetensors")
        (models / "broken.safetensors").write_bytes(b"nothing")
        del self.environment["P3M_MODEL"]
        done = self.call("models")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("good (default)\n", done.stdout)
        self.assertIn(str(models / "good.safetensors"), done.stdout)
        self.assertRegex(done.stdout, r"broken\n.*\n  cannot be used: .+")
        self.picture()
        self.matte("in.png", "-o", "out.png", "--model", "good")

    def test_a_model_beside_the_program_is_found(self):
        program = self.folder / "prefix" / "bin" / "p3m"
        models = self.folder / "prefix" / "share" / "p3m" / "models"
        program.parent.mkdir(parents=True)
        models.mkdir(parents=True)
        shutil.copy2(support.PROGRAM, program)
        shutil.copy2(support.MODEL, models / "beside.safetensors")
        del self.environment["P3M_MODEL"]
        self.assertIn("beside (default)\n", self.call("models", program=str(program)).stdout)

    def test_babl_measures_no_tables_and_leaves_no_cache(self):
        self.picture()
        Image.fromarray(self.noise(33, 45, 4)).save(self.folder / "clear.png")
        self.environment["BABL_LUT_INFO"] = "1"  # says when it does
        for name in ("in.png", "clear.png"):
            done = self.call("matte", name, "--verbose", "-o", "out.png", "--mask", "mask.png", "--trimap", "trimap.png")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("measuring", done.stdout + done.stderr)
        self.assertTrue((self.folder / "cache").is_dir())
        self.assertFalse((self.folder / "cache/babl").exists())

    def test_a_cache_that_cannot_be_used_changes_nothing(self):
        self.picture()
        self.matte("in.png", "-o", "usual.png")
        links = self.folder / "cache/p3m/gegl"
        self.assertTrue((links / "png-load.so").is_symlink())
        (links / "png-load.so").unlink()
        (links / "png-load.so").symlink_to("nowhere")  # of another GEGL, as far as p3m can tell
        self.matte("in.png", "-o", "foreign.png")
        self.environment["XDG_CACHE_HOME"] = "/dev/null/cache"
        self.matte("in.png", "-o", "none.png")
        usual = (self.folder / "usual.png").read_bytes()
        for name in ("foreign.png", "none.png"):
            self.assertEqual((self.folder / name).read_bytes(), usual)
        self.assertEqual(os.readlink(links / "png-load.so"), "nowhere")

    def on_terminal(self, *arguments):
        """Runs p3m with a terminal as stderr and returns what it drew there."""
        near, far = pty.openpty()
        process = subprocess.Popen([support.PROGRAM, *arguments], cwd=self.folder, stderr=far,
                                   env=self.environment, stdout=subprocess.PIPE)
        os.close(far)
        drawn = b""
        while select.select([near], [], [], 60)[0]:
            try:
                drawn += os.read(near, 65536)
            except OSError:
                break
        self.assertEqual((process.wait(), process.stdout.read()), (0, b""))
        process.stdout.close()
        os.close(near)
        return drawn.decode()

    def test_progress_is_one_line_that_goes_away(self):
        self.picture(width=300, height=300)
        drawn = self.on_terminal("matte", "in.png", "-o", "out.png")
        self.assertIn(" %  ", drawn)
        self.assertNotIn("\n", drawn)
        self.assertTrue(drawn.endswith("\r\x1b[K"))
        percents = [int(part.split("%")[0]) for part in drawn.split("\r\x1b[K") if "%" in part]
        self.assertEqual(percents, sorted(percents))

    def test_quiet_is_silent_on_a_terminal(self):
        self.picture()
        self.assertEqual(self.on_terminal("matte", "-q", "in.png", "-o", "out.png"), "")

    def test_verbose_tells_model_and_size(self):
        self.picture()
        done = self.call("matte", "-v", "in.png", "-o", "out.png")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertIn(support.MODEL, done.stderr)
        self.assertIn("45 × 33 px", done.stderr)
        self.assertRegex(done.stderr, r"Memory planned for the network.s run: \d")

    def interrupt(self, number, delay):
        """Sends a signal during a long run; the status, the sentence and the seconds that it took."""
        process = subprocess.Popen(
            [support.PROGRAM, "matte", "in.png", "-o", "out.png", "--strategy", "hybrid"],
            cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True)
        time.sleep(delay)
        process.send_signal(number)
        _, error = process.communicate(timeout=60)
        return process.returncode, error

    def test_signals_stop_the_run_and_change_nothing(self):
        self.picture(width=3000, height=3000)
        (self.folder / "out.png").write_text("old")
        before = self.files()
        for number in (signal.SIGINT, signal.SIGTERM):
            for delay in (1.0, 2.0):
                status, error = self.interrupt(number, delay)
                self.assertEqual((status, error), (130, "p3m: Interrupted; no output was changed.\n"))
                self.assertEqual(self.files(), before)


support.main(Process)
