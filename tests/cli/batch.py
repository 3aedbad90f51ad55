# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""p3m batch: which pictures, where their outputs go, what is never done, and how it ends."""
import hashlib
import json
import os
import pty
import select
import shutil
import signal
import subprocess
import time

import support

DONE, PICTURE, USAGE, NO_MODEL, INTERRUPTED = 0, 1, 2, 3, 130
FIELDS = ["input", "output", "sha256", "status", "error", "model", "seconds", "size", "person"]


class Batch(support.Case):
    def batch(self, *arguments, status=DONE, **options):
        done = self.call("batch", "--quiet", *arguments, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        if status == DONE:
            self.assertEqual(done.stderr, "")
        return done

    def objects(self, *arguments, status=DONE):
        """What --json printed, by input."""
        done = self.batch("--json", *arguments, status=status)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        for one in found:
            self.assertEqual(list(one), FIELDS)
        return {os.path.relpath(one["input"], self.folder): one for one in found}

    def add(self, *names, **options):
        for name in names:
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            self.picture(name, **options)

    def made(self, folder="out"):
        """The files below a folder, the note about the options aside."""
        return sorted(str(path.relative_to(self.folder / folder))
                      for path in (self.folder / folder).rglob("*")
                      if path.is_file() and path.name != ".p3m-batch")

    def digests(self, folder="out"):
        return {name: hashlib.sha256((self.folder / folder / name).read_bytes()).hexdigest()
                for name in self.made(folder)}

    def refused(self, text, *arguments):
        """A command line for which nothing is done."""
        before = self.files()
        done = self.batch(*arguments, status=USAGE)
        self.assertIn(text, done.stderr)
        self.assertEqual(self.files(), before)

    # ---- which pictures, and where they go

    def test_folders_are_mirrored(self):
        self.add("in/a.png", "in/b/a.jpg", "in/b/c/d.TIF", "in/b/.hidden.png", "in/.cache/x.png")
        (self.folder / "in/notes.txt").write_text("no picture")
        done = self.call("batch", "in", "-o", "out")
        self.assertEqual(self.made(), ["a.png", "b/a.png", "b/c/d.png"])
        self.assertIn("1 other files", done.stderr)
        self.assertIn("3 done, 0 skipped, 0 refused, 0 failed, 0 left", done.stderr)

    def test_several_folders_keep_their_names(self):
        self.add("shoots/mon/1.png", "shoots/tue/1.png", "shoots/tue/x/2.png")
        self.batch("shoots/mon", "shoots/tue", "-o", "out")
        self.assertEqual(self.made(), ["mon/1.png", "tue/1.png", "tue/x/2.png"])

    def test_patterns_and_names_keep_their_folders(self):
        self.add("shoots/mon/1.png", "shoots/tue/1.png", "shoots/tue/no.jpg")
        self.batch("shoots/*/[0-9].png", "-o", "out")
        self.assertEqual(self.made(), ["mon/1.png", "tue/1.png"])
        self.batch("shoots/mon/1.png", "-o", "flat")
        self.assertEqual(self.made("flat"), ["1.png"])
        self.batch("shoots/mon/1.png", "--base", ".", "-o", "whole")
        self.assertEqual(self.made("whole"), ["shoots/mon/1.png"])

    def test_a_list_on_standard_input(self):
        names = ["l/one.png", "l/ two.png", "l/sub/three.png"]
        self.add(*names)
        for separator, folder in (("\n", "lines"), ("\0", "nuls")):
            self.batch("--from-file", "-", "-o", folder, input=separator.join(names))
            self.assertEqual(self.made(folder), [" two.png", "one.png", "sub/three.png"])
        (self.folder / "list").write_text("\n".join(names) + "\n")
        self.batch("--from-file", "list", "l/one.png", "-o", "file")
        self.assertEqual(len(self.made("file")), 3)

    def test_hostile_names(self):
        names = ["in/new\nline.png", "in/-o.png", "in/ä “q” %s.png", "in/*.png", "in/a;rm.png",
                 "in/ .. .png", "in/\\.png", "in/\x1b[2J.png"]
        self.add(*names)
        self.add("in/1.png")
        shutil.move(self.folder / "in/1.png", os.fsencode(self.folder / "in") + b"/\xff.png")
        objects = self.objects("in", "-o", "out")
        self.assertEqual(len(objects), 9)
        self.assertTrue(all(one["status"] == "done" for one in objects.values()))
        self.assertEqual(sorted(os.listdir(os.fsencode(self.folder / "out"))),
                         sorted(os.listdir(os.fsencode(self.folder / "in")) + [b".p3m-batch"]))
        done = self.call("batch", "--if-exists", "overwrite", "in", "-o", "out")
        self.assertNotIn("\x1b[2J", done.stderr)
        self.batch("--from-file", "-", "-o", "nul", input="\0".join(names))
        self.assertEqual(len(self.made("nul")), len(names))
        self.batch("-o", "dash", "--", "in/*.png")
        self.assertEqual(self.made("dash"), ["*.png"])

    def test_links_that_lead_in_circles(self):
        self.add("in/a.png", "elsewhere/b.png")
        (self.folder / "in/again").symlink_to(".")
        (self.folder / "in/up").symlink_to("..")
        (self.folder / "in/other").symlink_to("../elsewhere")
        (self.folder / "in/self.png").symlink_to("self.png")
        done = self.batch("in", "-o", "out", status=PICTURE)
        self.assertIn("self.png", done.stderr)
        self.assertEqual(self.made(), ["a.png", "other/b.png", "up/elsewhere/b.png"])

    def test_the_folder_of_the_outputs_is_not_looked_into(self):
        self.add("a.png")
        for _ in range(2):
            self.batch(".", "-o", "out", "--if-exists", "overwrite")
        self.assertEqual(self.made(), ["a.png"])

    def test_several_models(self):
        self.add("in/s/a.png")
        shutil.copy2(support.MODEL, self.folder / "other.safetensors")
        objects = self.call("batch", "-q", "--json", "in", "-o", "out", "--model", support.MODEL,
                            "--model", "other.safetensors")
        self.assertEqual(sorted(json.loads(line)["model"] for line in objects.stdout.splitlines()),
                         ["other", "small"])    # they come as they are done
        self.assertEqual(self.made(), ["other/s/a.png", "small/s/a.png"])

    # ---- what is made

    def test_outputs_are_those_of_p3m_matte(self):
        self.add("in/a.png")
        settings = ("--smooth", 20, "--shift-edge", -30, "--feather", 1.5, "--keep", "largest",
                    "--decontaminate", 80, "--trimap-band", 3, "--strategy", "hybrid")
        self.batch("in", "-o", "out", "--write", "cut-out,mask,trimap", "--format", "tif",
                   "--mask-format", "exr", *settings)
        self.assertEqual(self.made(), ["a-mask.exr", "a-trimap.png", "a.tif"])
        self.matte("in/a.png", "-o", "a.tif", "-m", "a-mask.exr", "--trimap", "a-trimap.png",
                   *settings)
        for name in ("a.tif", "a-trimap.png"):
            self.assertEqual((self.folder / name).read_bytes(),
                             (self.folder / "out" / name).read_bytes())
        # the header of an EXR tells when it was written
        sizes = [(self.folder / name).stat().st_size for name in ("a-mask.exr", "out/a-mask.exr")]
        self.assertEqual(*sizes)

    def test_one_kind_of_output_has_the_pictures_name(self):
        self.add("in/a.jpg")
        self.batch("in", "-o", "masks", "--write", "mask")
        self.assertEqual(self.made("masks"), ["a.png"])

    def test_the_objects_say_what_is_in_the_files(self):
        self.add("in/a.png", "in/b.png", width=50, height=40)
        (self.folder / "in/broken.jpg").write_text("none")
        objects = self.objects("in", "-o", "out", "--write", "mask,trimap", status=PICTURE)
        self.assertEqual(set(objects), {"in/a.png", "in/b.png", "in/broken.jpg"})
        digests = self.digests()
        for name in "a", "b":
            one = objects[f"in/{name}.png"]
            self.assertEqual((one["status"], one["error"], one["size"], one["model"]),
                             ("done", None, [50, 40], "small"))
            self.assertEqual(one["sha256"], {kind: digests[f"{name}-{kind}.png"]
                                             for kind in ("mask", "trimap")})
            self.assertEqual(one["output"]["mask"], str(self.folder / "out" / f"{name}-mask.png"))
            opaque = (self.read(f"out/{name}-mask.png") > 32768).mean()
            self.assertEqual(one["person"], bool(opaque >= 0.001))
            self.assertGreater(one["seconds"], 0)
        broken = objects["in/broken.jpg"]
        self.assertEqual((broken["status"], broken["size"], broken["person"]), ("failed", None, None))
        self.assertIn("no picture of a known kind", broken["error"])

    def test_nobody_is_found_in_an_empty_mask(self):
        self.add("in/a.png")
        objects = self.objects("in", "-o", "out", "--black-point", 1)
        self.assertIs(objects["in/a.png"]["person"], False)

    def test_the_bytes_do_not_depend_on_how_the_work_is_split(self):
        names = [f"in/{number}.{kind}" for number, kind in enumerate(["png", "jpg", "tif"] * 3)]
        self.add(*names, width=150, height=130)
        for number, options in enumerate((("--jobs", 1, "--threads", 1), ("--jobs", 2),
                                          ("--jobs", 4, "--threads", 3))):
            # nothing that babl measured before may matter
            self.environment["XDG_CACHE_HOME"] = str(self.folder / f"cache{number}/cache")
            self.batch("in", "-o", "out", "--if-exists", "overwrite", "--write", "cut-out,mask",
                       *options)
            digests = self.digests()
            self.assertEqual(len(digests), 18)
            self.assertEqual(digests, digests if number == 0 else first)
            first = digests
        for name in names:
            self.batch(name, "-o", "alone", "--base", "in", "--if-exists", "overwrite", "--write",
                       "cut-out,mask")
        self.assertEqual(self.digests("alone"), first)

    # ---- what is never done

    def test_two_pictures_for_one_output_are_refused(self):
        self.add("in/a.png", "in/a.jpg", "in/b.png", "in/b-mask.png")
        self.refused("both be written", "in/a.png", "in/a.jpg", "-o", "out")
        self.batch("in/b.png", "in/b-mask.png", "-o", "out")
        self.refused("both be written", "in/b.png", "in/b-mask.png", "-o", "out2", "--write",
                     "cut-out,mask")

    def test_pictures_are_never_overwritten(self):
        self.add("in/a.png")
        self.refused("would be overwritten", "in", "-o", "in", "--if-exists", "overwrite")

    def test_existing_outputs(self):
        self.add("in/a.png", "in/b.png")
        (self.folder / "out").mkdir()
        (self.folder / "out/a.png").write_text("mine")
        objects = self.objects("in", "-o", "out", status=PICTURE)
        self.assertEqual([objects[f"in/{name}.png"]["status"] for name in "ab"], ["refused", "done"])
        self.assertIn("there already", objects["in/a.png"]["error"])
        objects = self.objects("in", "-o", "out", "--if-exists", "skip")
        self.assertEqual([one["status"] for one in objects.values()], ["skipped"] * 2)
        self.assertEqual((self.folder / "out/a.png").read_text(), "mine")
        done = self.call("batch", "in", "-o", "out", "--if-exists", "overwrite")
        self.assertIn("2 done, 0 skipped, 0 refused", done.stderr)
        self.assertEqual(self.read("out/a.png").shape, (33, 45, 4))

    def test_of_several_outputs_only_the_missing_are_made_to_skip(self):
        self.add("in/a.png")
        (self.folder / "out").mkdir()
        (self.folder / "out/a.png").write_text("mine")
        objects = self.objects("in", "-o", "out", "--if-exists", "skip", "--write", "cut-out,mask")
        self.assertEqual(objects["in/a.png"]["sha256"]["cut-out"], None)
        self.assertEqual((self.folder / "out/a.png").read_text(), "mine")
        self.assertEqual(self.read("out/a-mask.png").shape, (33, 45))

    def test_command_lines_that_make_no_sense(self):
        self.add("in/a.png")
        (self.folder / "empty").mkdir()
        for arguments in ((), ("in",), ("-o", "out"), ("in", "-o", "out", "--jobs", "-1"),
                          ("in", "-o", "out", "--threads", "300"),
                          ("in", "-o", "out", "--write", "picture"),
                          ("in", "-o", "out", "--write", ""),
                          ("in", "-o", "out", "--format", "jpg"),
                          ("in", "-o", "out", "--mask-format", "webp"),
                          ("in", "-o", "out", "--if-exists", "maybe"),
                          ("in", "-o", "out", "--if-exists", "skip", "--resume"),
                          ("in", "-o", "out", "--memory", "much"),
                          ("in", "-o", "out", "--memory", "1M"),
                          ("in", "-o", "out", "--smooth", "101"),
                          ("in", "-o", "out", "--base", "elsewhere"),
                          ("none/*.png", "-o", "out"), ("empty", "-o", "out")):
            self.refused("p3m batch --help", *arguments)
        self.refused("cannot be read", "--from-file", "none", "-o", "out")

    def test_no_model(self):
        self.add("in/a.png")
        before = self.files()
        self.batch("in", "-o", "out", "--model", "none", status=NO_MODEL)
        self.assertEqual(self.files(), before)

    # ---- what goes wrong with one picture

    def test_broken_pictures_are_said_and_the_rest_goes_on(self):
        self.add("in/a.png", "in/z.png", "in/cut.jpg", "in/crash.jpg")
        jpeg = bytearray((self.folder / "in/crash.jpg").read_bytes())
        table = jpeg.index(b"\xff\xc4") + 5
        jpeg[table:table + 15] = b"\xff" * 15
        (self.folder / "in/crash.jpg").write_bytes(jpeg)
        whole = (self.folder / "in/cut.jpg").read_bytes()
        (self.folder / "in/cut.jpg").write_bytes(whole[:len(whole) // 2])
        (self.folder / "in/empty.png").write_bytes(b"")
        objects = self.objects("in", "in/missing.png", "-o", "out", "--jobs", 1, status=PICTURE)
        self.assertEqual({name for name, one in objects.items() if one["status"] == "done"},
                         {"in/a.png", "in/z.png"})
        for name, text in (("cut.jpg", "ends too early"), ("crash.jpg", "damaged"),
                           ("empty.png", "known kind"), ("missing.png", "No such file")):
            self.assertIn(text, objects[f"in/{name}"]["error"])
        self.assertEqual(self.made(), ["a.png", "z.png"])

    def test_a_picture_that_needs_too_much_memory(self):
        self.add("in/a.png")
        self.add("in/big.png", width=2000, height=2000)
        objects = self.objects("in", "-o", "out", "--jobs", 1, "--memory", "500M", "--strategy",
                               "hybrid", status=PICTURE)
        self.assertEqual(objects["in/a.png"]["status"], "done")
        self.assertIn("more than the memory", objects["in/big.png"]["error"])

    def test_folders_that_cannot_be_made(self):
        self.add("in/a.png", "in/sub/b.png")
        (self.folder / "out").mkdir()
        (self.folder / "out/sub").write_text("a file")
        objects = self.objects("in", "-o", "out", status=PICTURE)
        self.assertEqual(objects["in/a.png"]["status"], "done")
        self.assertIn("cannot be written", objects["in/sub/b.png"]["error"])
        done = self.batch("in", "-o", "/proc/out", status=PICTURE)
        self.assertIn("cannot be made", done.stderr)

    def test_permission_denied(self):
        if os.geteuid() == 0:
            self.skipTest("root may read and write everywhere")
        self.add("in/a.png", "in/sub/b.png", "in/closed/c.png")
        (self.folder / "in/closed").chmod(0)
        self.addCleanup((self.folder / "in/closed").chmod, 0o755)
        (self.folder / "out/sub").mkdir(parents=True)
        (self.folder / "out/sub").chmod(0o555)
        done = self.batch("in", "-o", "out", status=PICTURE)
        self.assertEqual(done.stderr.count("Permission denied"), 2)
        self.assertEqual(self.made(), ["a.png"])

    def test_a_full_disk(self):
        self.use_small_disk("128k")
        self.add("in/a.png", "in/b.png")
        self.add("in/big.png", width=500, height=500)
        objects = self.objects("in", "-o", "small", status=PICTURE)
        self.assertEqual({name: one["status"] for name, one in objects.items()},
                         {"in/a.png": "done", "in/b.png": "done", "in/big.png": "failed"})
        self.assertEqual(self.made("kept"), ["a.png", "b.png"])

    def test_standard_output_on_a_full_disk(self):
        self.add("in/a.png", "in/b.png")
        with open("/dev/full", "w") as full:
            done = subprocess.run([support.PROGRAM, "batch", "-q", "--json", "in", "-o", "out"],
                                  cwd=self.folder, env=self.environment, stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=120)
        self.assertEqual(done.returncode, PICTURE)
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertEqual(self.made(), ["a.png", "b.png"])

    # ---- how it ends

    def start(self, *arguments):
        process = subprocess.Popen([support.PROGRAM, "batch", *map(str, arguments)],
                                   cwd=self.folder, env=self.environment, stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, text=True, start_new_session=True)
        self.addCleanup(process.stderr.close)
        return process

    def wait_for(self, condition):
        """Waits for something that happens within seconds on an idle machine."""
        for _ in range(1200):
            if condition():
                return
            time.sleep(0.05)
        self.fail("it never happened")

    def long_run(self, count=12):
        self.add(*(f"in/{number:02}.png" for number in range(count)), width=1300, height=1300)
        return ("in", "-o", "out", "--jobs", 2, "--threads", 1, "--strategy", "hybrid")

    def test_interrupted_it_finishes_what_is_in_hand_and_resumes(self):
        options = self.long_run()
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start(*options, "--resume")
            before = len(self.made()) if (self.folder / "out").exists() else 0
            self.wait_for(lambda: (self.folder / "out").exists()
                          and len([n for n in self.made() if not n.startswith(".")]) > before)
            # Ctrl-C reaches every process of the terminal
            os.killpg(process.pid, number)
            error = process.stderr.read()
            self.assertEqual(process.wait(), INTERRUPTED, error)
            self.assertIn("the pictures in hand are being finished", error)
            made = self.made()
            self.assertTrue(before < len(made) < 12, made)
            self.assertFalse([name for name in made if name.startswith(".")])
            for name in made:
                self.assertEqual(self.read("out/" + name).shape, (1300, 1300, 4))
        digests = self.digests()
        objects = self.objects(*options, "--resume")
        states = [one["status"] for one in objects.values()]
        self.assertEqual((states.count("skipped"), states.count("done")),
                         (len(made), 12 - len(made)))
        self.assertEqual({name: self.digests()[name] for name in made}, digests)

    def test_interrupted_twice_it_stops_at_once_and_leaves_nothing_half_done(self):
        process = self.start(*self.long_run())
        self.wait_for(lambda: (self.folder / "out").exists()
                      and any(name.startswith(".p3m-") for name in self.made()))
        os.killpg(process.pid, signal.SIGINT)
        self.wait_for(lambda: process.stderr.read(1))
        os.killpg(process.pid, signal.SIGINT)
        process.stderr.read()
        self.assertEqual(process.wait(), INTERRUPTED)
        self.assertFalse([name for name in self.made() if name.startswith(".")])

    def test_a_worker_that_is_killed_costs_one_picture(self):
        if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
            self.skipTest("the system does not tell a process's children")
        process = self.start(*self.long_run(6))
        self.wait_for(lambda: (self.folder / "out").exists()
                      and any(name.startswith(".p3m-") for name in self.made()))
        with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as file:
            children = file.read().split()
        os.kill(int(children[0]), signal.SIGKILL)
        error = process.stderr.read()
        self.assertEqual(process.wait(), PICTURE)
        self.assertIn("5 done, 0 skipped, 0 refused, 1 failed, 0 left", error)
        self.assertIn("killed by signal 9", error)
        self.assertEqual(len([name for name in self.made() if name.startswith(".")]), 0)

    def test_resuming_does_again_what_changed_and_refuses_other_options(self):
        self.add("in/a.png", "in/b.png")
        self.batch("in", "-o", "out", "--resume")
        os.utime(self.folder / "in/b.png", (time.time() + 10,) * 2)
        objects = self.objects("in", "-o", "out", "--resume")
        self.assertEqual([objects[f"in/{name}.png"]["status"] for name in "ab"], ["skipped", "done"])
        self.refused("", "in", "-o", "out", "--resume", "--smooth", 5, "--quiet")

    # ---- what is shown

    def on_terminal(self, *arguments):
        near, far = pty.openpty()
        process = subprocess.Popen([support.PROGRAM, "batch", *arguments], cwd=self.folder,
                                   stderr=far, env=self.environment)
        os.close(far)
        drawn = b""
        while select.select([near], [], [], 60)[0]:
            try:
                drawn += os.read(near, 65536)
            except OSError:
                break
        os.close(near)
        self.assertEqual(process.wait(), 0)
        return drawn.decode()

    def test_a_terminal_shows_a_bar_with_speed_and_time(self):
        self.add(*(f"in/{number}.png" for number in range(6)))
        drawn = self.on_terminal("in", "-o", "out", "--jobs", "1")
        self.assertRegex(drawn, r"\[#+\.+\] [1-5]/6  \d+\.\d\d pictures/s, \d+:\d\d left")
        last = drawn.split("\r\x1b[K")[-1]
        self.assertRegex(last, r"^6 done, .*\d+:\d\d, \d+\.\d\d pictures/s\r\n$")
        self.assertEqual(self.on_terminal("in", "-o", "out2", "-q"), "")

    def test_elsewhere_there_are_plain_lines(self):
        self.add("in/a.png", "in/s/b.png")
        error = self.call("batch", "in", "-o", "out").stderr
        self.assertNotIn("\x1b", error)
        self.assertRegex(error, r"(?m)^[12]/2  done  s/b.png  45 × 33 px  \d+\.\d\d s")


support.main(Batch)
