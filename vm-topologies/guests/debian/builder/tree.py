# SPDX-License-Identifier: MIT
"""Unpacks packages into a directory, without root and without maintainer scripts, and trims it to what a guest needs."""

import lzma
import os
import pathlib
import shutil
import subprocess

from . import BuildError
from .archive import run

DIRECTORIES = ("dev", "proc", "sys", "run", "tmp", "root", "etc", "mnt", "var/log", "var/lib", "var/tmp", "usr/local/bin", "usr/local/sbin")
MERGED = ("bin", "sbin", "lib", "lib64")
USELESS = ("boot", "usr/share/doc", "usr/share/man", "usr/share/info", "usr/share/locale", "usr/share/lintian",
           "usr/share/bug", "usr/share/zsh", "usr/share/fish", "usr/share/bash-completion", "usr/share/gcc",
           "usr/share/gdb", "usr/share/icons", "usr/share/common-licenses", "usr/share/base-files", "usr/share/initramfs-tools",
           "usr/lib/systemd", "usr/lib/udev", "etc/init.d", "etc/systemd", "etc/default", "etc/update-motd.d", "etc/dpkg",
           "usr/share/glib-2.0", "usr/lib/x86_64-linux-gnu/gconv", "usr/lib/x86_64-linux-gnu/audit",
           "usr/share/doc-base", "usr/share/menu", "usr/share/pixmaps", "usr/share/applications", "usr/share/polkit-1", "usr/bin/nebula-service", "usr/bin/go_service")
# Below kernel/: what meshes, NATs and their tests may ask for. Everything else is hardware that no guest has.
MODULES = ("arch/x86/crypto", "crypto", "lib", "net/802", "net/8021q", "net/bridge", "net/core", "net/ipv4", "net/ipv6",
           "net/key", "net/l2tp", "net/llc", "net/mptcp", "net/netfilter", "net/netlink", "net/packet", "net/sched",
           "net/tls", "net/unix", "net/vmw_vsock", "net/xfrm", "drivers/net/wireguard", "drivers/net/vxlan",
           "drivers/net/ppp", "fs/erofs", "fs/overlayfs", "fs/netfs", "drivers/virtio")
SINGLE_MODULES = ("drivers/net/tun", "drivers/net/tap", "drivers/net/veth", "drivers/net/dummy", "drivers/net/ifb",
                  "drivers/net/macsec", "drivers/net/macvlan", "drivers/net/virtio_net", "drivers/net/net_failover",
                  "drivers/net/geneve", "drivers/net/vrf", "drivers/net/bareudp", "net/core/failover",
                  "drivers/block/virtio_blk", "drivers/char/hw_random/virtio-rng", "drivers/char/hw_random/rng-core")


def unpack(packages, debs, directory):
    """`dpkg-deb -x` for each. The merged /usr comes first: tar then keeps the links."""
    directory = pathlib.Path(directory)
    for name in MERGED:
        (directory / "usr" / name).mkdir(parents=True)
        (directory / name).symlink_to(f"usr/{name}")
    for package in packages:
        run(["dpkg-deb", "-x", str(debs / f"{package.sha256}.deb"), str(directory)])


class Tools:
    """Programs of the guest's release, run on the host from where they were unpacked by that release's own loader.

    So the host needs no erofs-utils, kmod or zstd, and every host makes the same image.
    """

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def __call__(self, program, *words, **options):
        usr = self.directory / "usr"
        found = [path for name in ("bin", "sbin") if (path := usr / name / program).exists()]
        if not found:
            raise BuildError(f"{program} is in none of the packages for the build")
        loader = [str(usr / "lib64/ld-linux-x86-64.so.2"), "--library-path", str(usr / "lib/x86_64-linux-gnu"),
                  "--argv0", program]
        return run([*loader, str(found[0].resolve()), *map(str, words)], **options)


def trim(root):
    for name in USELESS:
        path = root / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def keep_modules(root, unpacked_kernel, tools):
    """Copies the modules that guests use, uncompressed (the root image compresses better, and TCG is slow at xz)."""
    [source] = (unpacked_kernel / "usr/lib/modules").iterdir()
    version = source.name
    target = root / "usr/lib/modules" / version
    for path in source.rglob("*.ko.xz"):
        name = path.relative_to(source / "kernel").as_posix().removesuffix(".ko.xz")
        if name in SINGLE_MODULES or any(name.startswith(f"{folder}/") for folder in MODULES):
            kept = target / "kernel" / f"{name}.ko"
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_bytes(lzma.decompress(path.read_bytes()))
    for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
        shutil.copy(source / name, target / name)
    tools("depmod", "-b", root, version)
    return version


def applets(root):
    """A link for each busybox applet whose name no package has taken."""
    busybox = root / "usr/bin/busybox"
    names = subprocess.run([busybox, "--list"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    taken = {path.name for folder in ("bin", "sbin") for path in (root / "usr" / folder).iterdir()}
    for name in names:
        if name not in taken and "/" not in name:
            (root / "usr/bin" / name).symlink_to("busybox")
    if "init" not in names:
        raise BuildError("this busybox has no init")
    (root / "usr/sbin/init").symlink_to("../bin/busybox")


def alternatives(root):
    """What maintainer scripts would have linked. busybox's own sh would prefer its applets to the packages' programs."""
    for link, target in (("traceroute", "traceroute.db"), ("sh", "dash")):
        path = root / "usr/bin" / link
        if (root / "usr/bin" / target).exists():
            path.unlink(missing_ok=True)
            path.symlink_to(target)


def configure(root, own_files, daemon, probe):
    for name in DIRECTORIES:
        (root / name).mkdir(parents=True, exist_ok=True)
    shutil.copytree(own_files, root, dirs_exist_ok=True)
    for source, name in ((daemon, "usr/lib/hermesh/daemon"), (probe, "usr/bin/hermesh-probe")):
        shutil.copyfile(source, root / name)
        os.chmod(root / name, 0o755)
    # The harness may push a resolver; without one a look-up must fail at once instead of waiting.
    (root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
    os.chmod(root / "tmp", 0o1777)
    (root / "etc/mtab").unlink(missing_ok=True)
    (root / "etc/mtab").symlink_to("../proc/self/mounts")
