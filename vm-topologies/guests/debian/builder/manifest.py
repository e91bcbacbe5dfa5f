# SPDX-License-Identifier: MIT
"""What an image is made of: the lock, the fingerprint of the inputs, manifest.json."""

import hashlib
import json
import pathlib

from .archive import Package, sha256

SCHEMA = 1


def read_lock(path):
    """The packages of a lock, None when there is no such file."""
    path = pathlib.Path(path)
    if not path.exists():
        return None
    lines = [line.split() for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return [Package(*words) for words in lines]


def write_lock(path, packages):
    text = "".join(f"{package.name} {package.version} {package.sha256}\n" for package in sorted(packages))
    pathlib.Path(path).write_text(text)


def differences(locked, found):
    if locked is None:
        return ["there is no lock"]
    before, after = ({package.name: package for package in packages} for packages in (locked, found))
    told = []
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None:
            told.append(f"{name}: not locked, found {new.version}")
        elif new is None:
            told.append(f"{name}: locked {old.version}, not needed any more")
        elif old.version != new.version:
            told.append(f"{name}: locked {old.version}, found {new.version}")
        elif old.sha256 != new.sha256:
            told.append(f"{name}: {old.version} has another content than locked")
    return told


def fingerprint(guests, lock, probe):
    """One hash over everything that this repository puts into an image. What the archive adds is in the packages."""
    own = [path for folder in (guests / "debian", guests / "common") for path in folder.rglob("*")
           if path.is_file() and "__pycache__" not in path.parts and path.name != "packages.lock"]
    digest = hashlib.sha256()
    for path in sorted([*own, guests / "packages.json"]):
        executable = bool(path.stat().st_mode & 0o100)
        digest.update(f"{path.relative_to(guests)} {executable} {sha256(path)}\n".encode())
    lock = pathlib.Path(lock)
    digest.update(f"lock {sha256(lock) if lock.exists() else '-'}\nprobe {sha256(probe)}\n".encode())
    return digest.hexdigest()


def is_fresh(out, wanted):
    """Whether OUT holds an image with this fingerprint and all of its files."""
    try:
        found = json.loads((out / "manifest.json").read_text())
        files = [found[part]["file"] for part in ("kernel", "initrd", "root")]
        return found["schema"] == SCHEMA and found["fingerprint"] == wanted and all((out / name).is_file() for name in files)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write(path, content):
    pathlib.Path(path).write_text(json.dumps(content, indent=2) + "\n")
