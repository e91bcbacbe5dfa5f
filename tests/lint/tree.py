# SPDX-License-Identifier: MIT
"""The files of the tree, as the lints see them: without what builds and runs leave in it."""

import fnmatch
import os
import pathlib
import re

PROGRAM = re.compile(r"\.(cc|hh|py|sh|bash|nix|cmake)$|(^|/)CMakeLists\.txt$")
SHELL = re.compile(rb"^#!\s*(/usr)?/bin/(env )?(ba|da|a)?sh(\s|$)|^#!\s*/bin/busybox sh")


class Tree:
    """Paths are relative to the root, with '/', sorted."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.ignored = {".git"}  # at the top only
        ignore = self.root / ".gitignore"
        if ignore.is_file():
            self.ignored |= {line.strip().strip("/") for line in ignore.read_text().splitlines() if line.strip()}
        self.files = sorted(self._walk())

    def _walk(self):
        for here, folders, names in os.walk(self.root):
            place = pathlib.Path(here).relative_to(self.root)
            top = place == pathlib.Path(".")
            folders[:] = [name for name in folders if name != "__pycache__" and not (top and name in self.ignored)]
            for name in names:
                if not (top and name in self.ignored) and not (place / name).suffix == ".pyc":
                    yield (place / name).as_posix()

    def top_level(self):
        return sorted(name for name in os.listdir(self.root) if name not in self.ignored)

    def matching(self, *patterns):
        return [name for name in self.files if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]

    def path(self, name):
        return self.root / name

    def bytes(self, name):
        path = self.root / name
        return b"" if path.is_symlink() else path.read_bytes()

    def lines(self, name):
        return self.bytes(name).decode("utf-8", errors="replace").splitlines()

    def is_text(self, name):
        return b"\0" not in self.bytes(name)[:4096]

    def sources(self):
        """What people wrote as a program, in whatever language."""
        return [name for name in self.files if PROGRAM.search(name) or self.bytes(name)[:2] == b"#!"]

    def shell_scripts(self):
        return [name for name in self.files if name.endswith((".sh", ".bash")) or SHELL.match(self.bytes(name)[:80])]
