# SPDX-License-Identifier: MIT
"""Chooses, verifies and fetches the guest's packages with a private apt configuration; nothing on the host changes."""

import dataclasses
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from . import BuildError, sources

RELEASE = "trixie"
KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.pgp", "/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclasses.dataclass(frozen=True, order=True)
class Package:
    name: str
    version: str
    sha256: str


def run(argv, **options):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          check=False, **options)
    if done.returncode != 0:
        words = [line for line in done.stderr.splitlines() if line.strip()] or ["no message"]
        raise BuildError(f"{' '.join(argv[:1] + [word for word in argv[1:] if not word.startswith('-')][:3])}: "
                         f"status {done.returncode}: {'; '.join(words[:6])}")
    return done.stdout


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


class Apt:
    """apt with directories, sources and package status of its own.

    The host's apt.conf and auth.conf still apply (proxy, certificates, passwords); its pins and its hooks do not, as
    they speak about the host's own packages.
    """

    def __init__(self, directory, stanzas):
        self.directory = pathlib.Path(directory)
        for name in ("lists/partial", "state", "cache/archives/partial"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        (self.directory / "state/status").write_text("")
        (self.directory / "debian.sources").write_text("\n".join(stanzas))
        self.configuration = self.directory / "apt.conf"
        self.configuration.write_text(f"""\
#clear APT::Architectures;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Update::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::CNF;
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Default-Release "";
APT::Install-Recommends "false";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Dir::State "{self.directory}/state";
Dir::State::lists "{self.directory}/lists";
Dir::State::status "{self.directory}/state/status";
Dir::Cache "{self.directory}/cache";
Dir::Etc::sourcelist "{self.directory}/debian.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
""")

    def __call__(self, program, *words, **options):
        return run([program, "-c", str(self.configuration), *words], env={**os.environ, "LC_ALL": "C"}, **options)

    def update(self):
        self("apt-get", "-q", "update")

    def resolve(self, names):
        """Names and versions of everything that `names` need altogether."""
        text = self("apt-get", "-q", "--simulate", "install", *names)
        return dict(re.findall(r"^Inst (\S+) \((\S+)", text, re.M))

    def records(self, names):
        text = self("apt-cache", "--no-all-versions", "show", *names)
        return [sources.fields(stanza) for stanza in re.split(r"\n\n+", text) if stanza.strip()]

    def packages(self, chosen):
        wanted = [f"{name}={version}" for name, version in sorted(chosen.items())]
        return sorted({Package(entry["package"], entry["version"], entry["sha256"]) for entry in self.records(wanted)
                       if chosen.get(entry["package"]) == entry["version"]})


def fetch(apt, packages, cache):
    """Brings the packages into the cache, by content: CACHE/debs/SHA256.deb. Returns how many were fetched."""
    store = pathlib.Path(cache) / "debs"
    store.mkdir(parents=True, exist_ok=True)
    for package in packages:
        path = store / f"{package.sha256}.deb"
        if path.exists() and sha256(path) != package.sha256:
            path.unlink()
    missing = [package for package in packages if not (store / f"{package.sha256}.deb").exists()]
    if not missing:
        return 0
    with tempfile.TemporaryDirectory(dir=store) as incoming:
        apt("apt-get", "-q", "download", *(f"{package.name}={package.version}" for package in missing), cwd=incoming)
        for path in pathlib.Path(incoming).iterdir():
            os.replace(path, store / f"{sha256(path)}.deb")
    for package in missing:
        if not (store / f"{package.sha256}.deb").exists():
            raise BuildError(f"{package.name} {package.version}: the archive did not deliver the file that it signed for")
    return len(missing)


def directories():
    """Where the host's apt reads its sources."""
    text = run(["apt-config", "shell", "LIST", "Dir::Etc::sourcelist/f", "PARTS", "Dir::Etc::sourceparts/d"])
    return [re.search(rf"^{name}='(.*)'$", text, re.M)[1] for name in ("LIST", "PARTS")]


def open_archive(directory, say):
    """apt over the guest's release, verified through the trust that the host already has."""
    archive, security = sources.debian(sources.read(*directories()))
    host_keyring = next((path for path in KEYRINGS if pathlib.Path(path).exists()), None)

    def stanzas(archive_suites, security_suites, keyring):
        found = [archive.stanza(archive_suites, keyring or (None if dict(archive.options).get("Signed-By") else host_keyring))]
        if security:
            own = dict(security.options).get("Signed-By")
            found.append(security.stanza(security_suites, keyring or (None if own else host_keyring)))
        return found

    if not security:
        say("the host has no security archive in its apt sources; the guest is made without it")
    suites = ([RELEASE, f"{RELEASE}-updates"], [f"{RELEASE}-security"])
    apt = Apt(directory / "apt", stanzas(*suites, None))
    try:
        apt.update()
        return apt
    except BuildError as error:
        if "NO_PUBKEY" not in str(error) and "not signed" not in str(error) and "verif" not in str(error):
            raise
    # The host's release is older than the guest's keys. Its own archive, which it trusts, has the newer keyring.
    say(f"the host's keyring does not know {RELEASE}: taking the one that the host's own archive offers")
    shutil.rmtree(directory / "keyring", ignore_errors=True)
    host = Apt(directory / "keyring", stanzas(archive.suites, security.suites if security else (), None))
    host.update()
    host("apt-get", "-q", "download", "debian-archive-keyring", cwd=host.directory)
    package = next(host.directory.glob("debian-archive-keyring_*.deb"))
    run(["dpkg-deb", "-x", str(package), str(host.directory / "unpacked")])
    keyring = next(path for name in KEYRINGS if (path := host.directory / "unpacked" / name.lstrip("/")).exists())
    apt = Apt(directory / "apt", stanzas(*suites, keyring))
    apt.update()
    return apt
