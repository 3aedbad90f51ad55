#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (C) 2026 the P3M for GIMP and Krita developers
"""Checks that every source with translated strings is named and every catalogue is complete.

check.py SOURCE-ROOT
"""
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(sys.argv[1])
FOLDERS = ("cli", "engine", "obfuscate", "pixels", "plugin", "task", "ui")


def run(*command):
    return subprocess.run(list(map(str, command)), cwd=ROOT, check=True, capture_output=True,
                          text=True, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})


def report(number, name, problems):
    print(f"{'not ok' if problems else 'ok'} {number} {name}")
    for problem in problems:
        print(f"# {problem}")
    return bool(problems)


def named_sources():
    return (ROOT / "po" / "POTFILES.in").read_text().split()


def check_sources():
    """POTFILES.in names just the files that have strings to translate."""
    found = {str(path.relative_to(ROOT)) for folder in FOLDERS
             for pattern in ("*.[ch]", "*.cc", "*.py")
             for path in (ROOT / folder).rglob(pattern)
             if re.search(r"\bN?_ ?\(\"", path.read_text())}
    found |= {str(path.relative_to(ROOT)) for path in (ROOT / "plugin").rglob("*.desktop.in")}
    named = set(named_sources())
    return ([f"{name} is missing in po/POTFILES.in" for name in sorted(found - named)]
            + [f"{name} in po/POTFILES.in has no strings" for name in sorted(named - found)])


def check_template(template):
    """No string is cut at a macro that xgettext does not know."""
    return [line for line in template.read_text().splitlines()
            if re.search(r"%[lhzjt]*\"$", line)]


def check_catalogue(language, template, folder):
    catalogue, merged = ROOT / "po" / f"{language}.po", folder / f"{language}.po"
    run("msgfmt", "-c", "-o", "/dev/null", catalogue)
    run("msgmerge", "-q", "--no-fuzzy-matching", "-o", merged, catalogue, template)
    missing = run("msgattrib", "--untranslated", "--no-wrap", merged).stdout
    fuzzy = run("msgattrib", "--only-fuzzy", "--no-wrap", merged).stdout
    return [line for line in (missing + fuzzy).splitlines()
            if line.startswith("msgid ") and line != 'msgid ""']


def main():
    languages = (ROOT / "po" / "LINGUAS").read_text().split()
    print(f"1..{len(languages) + 2}")
    failed = report(1, "sources", check_sources())
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        template = folder / "p3m.pot"
        run("xgettext", "--from-code=UTF-8", "-k_", "-kN_", "--flag=g_set_error:4:c-format", "-o", template,
            *named_sources())
        failed |= report(2, "template", check_template(template))
        for number, language in enumerate(languages, 3):
            try:
                problems = check_catalogue(language, template, folder)
            except subprocess.CalledProcessError as error:
                problems = error.stderr.splitlines()
            failed |= report(number, language, problems)
    sys.exit(1 if failed else 0)


main()
