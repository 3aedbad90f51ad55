# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""p3m import: a checkpoint becomes a model that gives the same alpha, or is refused and leaves nothing."""
import json
import os
import pathlib
import shutil
import sys

import support

CHECKPOINT = os.path.abspath(sys.argv[3])
HOSTILE = ("evil_reduce", "evil_reduce_legacy", "truncated", "short_storage")


class Import(support.Case):
    def bring(self, source=CHECKPOINT, name="weights.pth"):
        shutil.copy2(source, self.folder / name)
        return name

    def test_an_imported_model_is_found_and_gives_the_same_alpha(self):
        done = self.call("import", self.bring())
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        model = self.folder / "data" / "p3m" / "models" / "weights.safetensors"
        self.assertIn(f"weights\n  {model}\n", done.stdout)
        self.assertRegex(done.stdout, r"\b[0-9a-f]{64}\b")
        self.picture()
        self.matte("in.png", "--mask", "expected.tif")
        del self.environment["P3M_MODEL"]
        self.assertIn("weights (default)\n", self.call("models").stdout)
        self.matte("in.png", "--mask", "imported.tif")
        self.assertTrue((self.read("expected.tif") == self.read("imported.tif")).all())
        self.assertEqual(sorted(p.name for p in model.parent.iterdir()), ["weights.safetensors"])

    def test_half_precision_is_half_the_size(self):
        folder = self.folder / "data" / "p3m" / "models"
        for name, options in (("full.pth", ()), ("half.pth", ("--half",))):
            self.assertEqual(self.call("import", *options, self.bring(name=name)).returncode, 0)
        sizes = [(folder / f"{name}.safetensors").stat().st_size for name in ("full", "half")]
        self.assertLess(sizes[1], 0.65 * sizes[0])

    def test_inspect_lists_the_tensors_and_writes_nothing(self):
        name = self.bring()
        before = self.files()
        done = self.call("import", "--inspect", name)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("resnet.conv1.weight", done.stdout)
        self.assertIn("8x3x7x7", done.stdout)
        self.assertEqual(self.files(), before)

    def save_with_pytorch(self, name, **options):
        """The small model as a training script would save it: from several processors, with what it had beside."""
        try:
            import torch
        except ImportError:
            self.skipTest("PyTorch is not here")
        data = pathlib.Path(support.MODEL).read_bytes()
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8:8 + length])
        weights = {}
        for key, entry in header.items():
            if key != "__metadata__":
                begin, end = (8 + length + offset for offset in entry["data_offsets"])
                values = support.numpy.frombuffer(data[begin:end], support.numpy.float32).reshape(entry["shape"])
                weights["module." + key] = torch.from_numpy(values.copy())
        first = "module.resnet.conv1.weight"
        weights[first] = weights[first].transpose(0, 1).contiguous().transpose(0, 1)   # a view with strides
        weights["module.encoder0.0.weight"] = weights[first]                           # an alias
        weights["module.resnet.bn1.num_batches_tracked"] = torch.tensor(7)
        torch.save({"epoch": 3, "state_dict": weights, "note": None}, self.folder / name, **options)

    def test_what_pytorch_itself_saved_gives_the_same_alpha(self):
        self.picture()
        self.matte("in.png", "--mask", "expected.tif")
        del self.environment["P3M_MODEL"]
        for name, is_zip in (("zip.pth", True), ("legacy.pth", False)):
            self.save_with_pytorch(name, _use_new_zipfile_serialization=is_zip)
            done = self.call("import", name)
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)
            self.matte("in.png", "--mask", "imported.tif", "--model", name[:-4])
            self.assertTrue((self.read("expected.tif") == self.read("imported.tif")).all(), name)

    def refuse_import(self, name, text):
        before = self.files()
        done = self.call("import", name)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertIn(text, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertEqual(self.files(), before)

    def test_what_is_no_checkpoint_is_refused(self):
        (self.folder / "text.pth").write_text("nothing")
        whole = pathlib.Path(CHECKPOINT).read_bytes()
        (self.folder / "short.pth").write_bytes(whole[:len(whole) // 2])
        for name in ("text.pth", "short.pth", "missing.pth"):
            self.refuse_import(name, name)

    def test_hostile_files_are_refused_by_name(self):
        folder = pathlib.Path(os.environ.get("P3M_ORACLE", "")) / "checkpoints"
        if not folder.is_dir():
            self.skipTest("the reference checkpoints are not here")
        for name in HOSTILE:
            self.refuse_import(self.bring(folder / f"{name}.pth", f"{name}.pth"), name)

    def test_the_command_line_is_checked(self):
        for arguments in ((), ("one.pth", "two.pth"), ("--what", "one.pth")):
            self.assertEqual(self.call("import", *arguments).returncode, 2)


support.main(Import)
