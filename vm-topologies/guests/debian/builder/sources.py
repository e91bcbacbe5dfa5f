# SPDX-License-Identifier: MIT
"""Reads where the host gets its own Debian packages from (sources.list(5): both forms).

The guest's packages come from the same mirror, verified with the same keyring, so that whatever the administrator
configured (a local mirror, a proxy, a snapshot) holds for the guest too.
"""

import dataclasses
import pathlib
import re
import shlex

from . import BuildError

RELEASES = ("bullseye", "bookworm", "trixie", "forky", "duke", "oldoldstable", "oldstable", "stable", "testing", "sid", "unstable")
# Options of an entry that say how far to trust it; they go along with its address.
TRUST = ("Signed-By", "Trusted", "Check-Valid-Until", "Check-Date", "Allow-Insecure", "Allow-Weak")


@dataclasses.dataclass(frozen=True)
class Source:
    uris: tuple
    suites: tuple
    options: tuple = ()

    def stanza(self, suites, keyring=None):
        """This source as a deb822 stanza for other suites, and with another keyring if one is given."""
        options = dict(self.options)
        if keyring:
            options["Signed-By"] = str(keyring)
        lines = ["Types: deb", f"URIs: {' '.join(self.uris)}", f"Suites: {' '.join(suites)}", "Components: main"]
        lines += [f"{key}: {value}" for key, value in options.items()]
        return "\n".join(lines) + "\n"


def one_line(text):
    for line in text.splitlines():
        match = re.match(r"deb(?:\s+\[([^\]]*)\])?\s+(\S+)\s+(\S+)\s+([^#]*)", line.strip())
        if not match or "main" not in match[4].split():
            continue
        given = dict(item.split("=", 1) for item in shlex.split(match[1] or "") if "=" in item)
        options = tuple((key, given[key.lower()]) for key in TRUST if key.lower() in given)
        yield Source((match[2],), (match[3],), options)


def fields(stanza):
    """The fields of a deb822 stanza. A continuation keeps its line breaks: a key may stand there in full."""
    found, name = {}, None
    for line in stanza.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and name:
            found[name] += "\n" + line
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            found[name] = value.strip()
    return found


def deb822(text):
    for stanza in re.split(r"\n\s*\n", text):
        entry = fields(stanza)
        wanted = "deb" in entry.get("types", "").split() and "main" in entry.get("components", "").split()
        if not wanted or entry.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        options = tuple((key, entry[key.lower()]) for key in TRUST if key.lower() in entry)
        yield Source(tuple(entry["uris"].split()), tuple(entry["suites"].split()), options)


def read(list_file, parts):
    """Every enabled binary source with component main, in the order in which apt reads them."""
    paths = [pathlib.Path(list_file)] if pathlib.Path(list_file).is_file() else []
    if pathlib.Path(parts).is_dir():
        paths += sorted(path for path in pathlib.Path(parts).iterdir() if path.suffix in (".list", ".sources"))
    found = []
    for path in paths:
        text = path.read_text(errors="replace")
        found += deb822(text) if path.suffix == ".sources" else one_line(text)
    return found


def debian(sources):
    """The host's Debian archive and its security archive: a pair of sources, the second None when there is none."""
    def first(names, suffixes):
        return next((source for source in sources
                     for suite in source.suites if suite in {name + suffix for name in names for suffix in suffixes}), None)

    # Proposed, backports and the like live in the same archive, but a host without its plain suite is no Debian host.
    archive = first(RELEASES, ("",))
    if not archive:
        raise BuildError("apt's sources on this host have no Debian archive with component main (man sources.list)")
    return archive, first(RELEASES, ("-security", "/updates"))
