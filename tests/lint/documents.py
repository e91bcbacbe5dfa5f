# SPDX-License-Identifier: MIT
"""Lints of what is not a program: JSON, the flake's lock, the commands that the READMEs show."""

import functools
import json
import os
import re
import shlex
import subprocess


def strict_json(name, data):
    """What is wrong with a document; the standard library lets a key stand twice, and NaN."""
    def no_constant(word):
        raise ValueError(f"{word} is not JSON")

    def no_key_twice(pairs):
        names = [key for key, _ in pairs]
        twice = sorted({key for key in names if names.count(key) > 1})
        if twice:
            raise ValueError(f"the key '{twice[0]}' stands twice in one object")
        return dict(pairs)

    try:
        json.loads(data.decode("utf-8"), object_pairs_hook=no_key_twice, parse_constant=no_constant)
    except ValueError as error:
        yield f"{name}: {error}"


def flake_lock(tree):
    """The lock has the shape that Nix reads without network, and pins what the flake asks for."""
    if not tree.path("flake.lock").is_file():
        yield "flake.lock: is missing"
        return
    lock = json.loads(tree.bytes("flake.lock"))
    if lock.get("version") != 7:
        yield f"flake.lock: version is {lock.get('version')}, wanted 7"
    nodes = dict(lock.get("nodes", {}))
    root = nodes.pop(lock.get("root"), None)
    if root is None:
        yield "flake.lock: has no root node"
        return
    if unknown := sorted(set(root.get("inputs", {}).values()) - set(nodes)):
        yield f"flake.lock: the root's inputs name nodes that are not there: {', '.join(unknown)}"
    flake = tree.bytes("flake.nix").decode()
    for name, node in nodes.items():
        locked, original = node.get("locked", {}), node.get("original", {})
        for field, form in (("type", "github"), ("owner", r"[\w-]+"), ("repo", r"[\w.-]+"), ("rev", "[0-9a-f]{40}"),
                            ("narHash", "sha256-[A-Za-z0-9+/]{43}="), ("lastModified", "[0-9]{10}")):
            if not re.fullmatch(form, str(locked.get(field))):
                yield f"flake.lock: /nodes/{name}/locked/{field} is {locked.get(field)}, wanted {form}"
        url = "github:" + "/".join(filter(None, (original.get("owner"), original.get("repo"),
                                                  original.get("rev") or original.get("ref"))))
        if f'"{url}"' not in flake:
            yield f"flake.lock: /nodes/{name} is locked for {url}, which flake.nix does not ask for"


def shown_commands(tree):
    """(file, line, words) of each command in a fenced block: after '$ ', or every line of a block marked sh."""
    for name in tree.matching("*.md"):
        lines, fence, start = tree.lines(name), None, 0
        for number, line in enumerate(lines, 1):
            if line.lstrip().startswith("```"):
                if fence is None:
                    fence, start = line.strip("` "), number
                    continue
                block = [(start + 1 + i, text.strip()) for i, text in enumerate(lines[start:number - 1])]
                prompted = [(at, text[2:]) for at, text in block if text.startswith("$ ")]
                for at, text in prompted or (block if fence in ("sh", "bash", "shell") else []):
                    yield name, at, shlex.split(text, comments=True)
                fence = None


def commands(tree, hermesh):
    """Each command that a README shows exists, with its options."""
    @functools.lru_cache(None)
    def help_of(*words):
        done = subprocess.run([hermesh, *words, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else None

    for name, number, words in shown_commands(tree):
        while words and re.match(r"\w+=", words[0]):
            words = words[1:]
        if not words:
            continue
        here = f"{name}:{number}: {words[0]}"
        if words[0].startswith("./") and "/" not in words[0][2:]:
            if not os.access(tree.path(words[0][2:]), os.X_OK):
                yield f"{here}: there is no such program at the top of the tree"
        if words[0] not in ("hermesh", "build/release/harness/hermesh") or len(words) < 2 or words[1].startswith("-"):
            continue
        command = tuple(word for word in words[1:3] if re.fullmatch("[a-z]+", word))
        said = next((text for text in map(lambda n: help_of(*command[:n]), range(len(command), 0, -1)) if text), None)
        if said is None:
            yield f"{here}: there is no command '{words[1]}'"
            continue
        for option in (word.split("=")[0] for word in words if word.startswith("--") and word != "--"):
            if not re.search(rf"(^|[\s,]){re.escape(option)}($|[\s,=\[])", said):
                yield f"{here} {words[1]}: there is no option '{option}'"
