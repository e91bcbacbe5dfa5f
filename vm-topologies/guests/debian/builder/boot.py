# SPDX-License-Identifier: MIT
"""Makes the files that a machine boots from: kernel, initial ramdisk, root image."""

import pathlib
import stat
import struct

from . import BuildError

# Loaded by the initial ramdisk, with what they depend on: disk, root, cards, entropy.
EARLY_MODULES = ("virtio_blk", "erofs", "overlay", "virtio_net", "virtio_rng")
ROOT_UUID = "6865726d-6573-4800-8000-000000000001"  # fixed, so that equal inputs give an equal image


def extract_kernel(bzimage, target, tools):
    """Unpacks the ELF kernel from the bzImage, so that no guest has to decompress it again.

    QEMU boots it by the PVH entry (Linux Documentation/arch/x86/boot.rst has the payload's place and length).
    """
    data = pathlib.Path(bzimage).read_bytes()
    if data[0x202:0x206] != b"HdrS":
        raise BuildError(f"{bzimage}: no bzImage")
    setup_sectors = data[0x1F1] or 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (setup_sectors + 1) * 512 + offset
    # The build appends the unpacked size, four bytes, to what zstd made.
    packed = pathlib.Path(f"{target}.zst")
    packed.write_bytes(data[start:start + length - 4])
    tools("zstd", "-dqf", packed, "-o", target)
    packed.unlink()
    if pathlib.Path(target).read_bytes()[:4] != b"\x7fELF":
        raise BuildError(f"{bzimage}: the payload is no ELF kernel")


def early_modules(modules_directory):
    """EARLY_MODULES that are not built in, and a table {file: its dependencies} of all that they need (depmod's)."""
    table = {}
    for line in (modules_directory / "modules.dep").read_text().splitlines():
        file, others = line.split(":", 1)
        table[file] = others.split()
    by_name = {pathlib.PurePath(file).stem.replace("-", "_"): file for file in table}
    built_in = {pathlib.PurePath(line).stem.replace("-", "_")
                for line in (modules_directory / "modules.builtin").read_text().splitlines()}
    wanted = [name for name in EARLY_MODULES if name not in built_in]
    for name in wanted:
        if name not in by_name:
            raise BuildError(f"the kernel has no module {name}")
    files = {file for name in wanted for file in [by_name[name], *table[by_name[name]]]}
    return wanted, {file: table[file] for file in sorted(files)}


class Cpio:
    """A new-ASCII cpio archive (cpio(5)), everything owned by root, written without being root."""

    def __init__(self):
        self.data = bytearray()
        self.count = 0

    def add(self, name, mode, content=b"", device=(0, 0)):
        self.count += 1
        encoded = name.encode() + b"\0"
        # inode, mode, uid, gid, links, time, size, device of the file, device that it is, length of the name, check
        header = (self.count, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(encoded), 0)
        self.data += b"070701" + b"".join(b"%08x" % value for value in header) + encoded
        self._pad()
        self.data += content
        self._pad()

    def _pad(self):
        self.data += bytes(-len(self.data) % 4)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.data)


def make_initrd(target, init, busybox, modules_directory):
    """Not compressed: 3 MB are copied in less time than any decompressor needs under TCG."""
    archive = Cpio()
    modules = f"lib/modules/{modules_directory.name}"
    for name in ("bin", "dev", "lib", "lib/modules", modules, "lower", "upper", "root"):
        archive.add(name, stat.S_IFDIR | 0o755)
    archive.add("dev/console", stat.S_IFCHR | 0o600, device=(5, 1))
    archive.add("init", stat.S_IFREG | 0o755, pathlib.Path(init).read_bytes())
    archive.add("bin/busybox", stat.S_IFREG | 0o755, pathlib.Path(busybox).read_bytes())
    for name in ("sh", "mount", "mkdir", "modprobe", "switch_root"):
        archive.add(f"bin/{name}", stat.S_IFLNK | 0o777, b"busybox")
    names, table = early_modules(modules_directory)
    for file in table:
        archive.add(f"{modules}/{pathlib.PurePath(file).name}", stat.S_IFREG | 0o644, (modules_directory / file).read_bytes())
    lines = (f"{pathlib.PurePath(file).name}: {' '.join(pathlib.PurePath(other).name for other in others)}\n"
             for file, others in table.items())
    archive.add(f"{modules}/modules.dep", stat.S_IFREG | 0o644, "".join(lines).encode())
    archive.add("modules", stat.S_IFREG | 0o644, f"{' '.join(names)}\n".encode())
    pathlib.Path(target).write_bytes(archive.finish())


def make_root(target, tree, tools):
    tools("mkfs.erofs", "--quiet", "-zlz4hc,level=12", "-C65536", "-x-1", "--all-root", "-T0", f"-U{ROOT_UUID}",
          "-Lhermesh-root", target, tree)
