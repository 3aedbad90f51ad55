# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""What the tests of p3m share: a folder of their own, calls of p3m, pictures to feed it, and TAP."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy
    from PIL import Image
except ImportError as error:
    print(f"1..0 # SKIP {error}")
    sys.exit(0)

PROGRAM, MODEL = map(os.path.abspath, sys.argv[1:3])


# Runs a command where the folder small is a disk of SIZE bytes, and leaves what is there then in the folder kept.
ON_SMALL_DISK = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                 'mount -t tmpfs -o "size=$0" p3m small || exit; "$@"; status=$?; cp -r small/. kept; exit $status']


class Case(unittest.TestCase):
    """A test in a folder of its own, with the small model and none other."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="p3m-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.random = numpy.random.default_rng(1)
        self.environment = dict(os.environ, LC_ALL="C.UTF-8", LANGUAGE="en", P3M_MODEL=MODEL,
                                XDG_DATA_HOME=str(self.folder / "data"),
                                XDG_DATA_DIRS=str(self.folder / "system"),
                                XDG_CACHE_HOME=str(self.folder / "cache"))
        self.before = []  # the words before p3m's name

    def call(self, *arguments, **options):
        """Runs p3m in the folder."""
        options = {"cwd": self.folder, "env": self.environment, "timeout": 120, **options}
        return subprocess.run([*self.before, options.pop("program", PROGRAM), *map(str, arguments)],
                              capture_output=True, text=True, encoding="utf-8", **options)

    def use_small_disk(self, size):
        """From here on p3m finds a disk of so many bytes in the folder small; what it leaves there is then in kept."""
        (self.folder / "small").mkdir()
        self.before = [*ON_SMALL_DISK, size]
        if not shutil.which("unshare") or self.call(program="true").returncode:
            self.skipTest("nothing can be mounted here")

    def matte(self, *arguments):
        """Runs p3m matte, which must succeed without a word."""
        done = self.call("matte", *arguments)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def refuse(self, status, text, *arguments):
        """Runs p3m matte, which must fail with `status` and a sentence with `text`, and leave nothing."""
        before = self.files()
        done = self.call("matte", *arguments)
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(text, done.stderr)
        self.assertTrue(done.stderr.startswith("p3m: "), done.stderr)
        self.assertLessEqual(done.stderr.count("\n"), 2, done.stderr)
        self.assertEqual(self.files(), before)

    def files(self):
        """Names and contents of the folder's files, the cache aside."""
        return {path.relative_to(self.folder): path.read_bytes()
                for path in self.folder.rglob("*")
                if path.is_file() and "cache" not in path.parts}

    def noise(self, *shape, dtype="uint8"):
        return self.random.integers(0, numpy.iinfo(dtype).max + 1, shape, dtype=dtype)

    def picture(self, name="in.png", width=45, height=33, **options):
        """Writes noise as an 8-bit RGB picture and returns its pixels as stored."""
        pixels = self.noise(height, width, 3)
        if name.endswith(".webp"):
            options["lossless"] = True
        Image.fromarray(pixels).save(self.folder / name, **options)
        return numpy.array(Image.open(self.folder / name)) if name.endswith(".jpg") else pixels

    def read(self, name):
        return numpy.array(Image.open(self.folder / name))

    def alpha(self, name):
        """The alpha of the picture `name`, 0..1: what the float mask holds."""
        self.matte(name, "--mask", "alpha.tif")
        return self.read("alpha.tif").astype("float64")


class Tap(unittest.TestResult):
    """Prints each result as a line of the Test Anything Protocol."""

    def line(self, verdict, test, note=""):
        print(f"{verdict} {self.testsRun} {test.id().split('.')[-1]}{note}", flush=True)

    def complain(self, test, error):
        self.line("not ok", test)
        for line in self._exc_info_to_string(error, test).splitlines():
            print(f"# {line}", flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.line("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.line("ok", test, f" # SKIP {reason}")

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.complain(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.complain(test, error)


def main(case):
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(case)
    print(f"1..{suite.countTestCases()}")
    sys.exit(0 if suite.run(Tap()).wasSuccessful() else 1)
