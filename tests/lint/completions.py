# SPDX-License-Identifier: MIT
"""The completion scripts in real shells: what they offer for a line, or at least that they parse."""

import os
import subprocess
import tempfile

# The words of a line as bash splits them, the last to be completed; what is offered.
BASH_CASES = [
    ("ru", "run"), ("run --top", "--topology"), ("run --topology dou", "double-nat"), ("show dou", "double-nat"),
    ("run --topology = dou", "double-nat"), ("list sc", "scenarios"), ("oracle --vpn neb", "nebula"),
    ("run --vpn nebula --set relay = o", "on off"), ("run --vpn nebula --set relay =", "on off"),
    ("run --topology vm-topologies/dou", "vm-topologies/double-nat.json"), ("run --vpn vpns/neb", "vpns/nebula"),
    ("validate vm-topologies/REA", "vm-topologies/README.md"), ("run --seed x", ""), ("schema t", "topology"),
]
FISH_CASES = [(line, offered) for line, offered in BASH_CASES if " =" not in line and not line.endswith("vpns/neb")]
BASH = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _hermesh; printf "%s\\n" "${COMPREPLY[@]}"'
FISH = 'source $argv[1]; complete -C "$argv[2]"'


def script(hermesh, shell):
    return subprocess.run([hermesh, "completion", shell], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True).stdout


def answer(argv, tree, **environment):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=tree.root,
                          env={**os.environ, "HERMESH_DATA": str(tree.root), **environment})
    offered = [line.split("\t")[0] for line in done.stdout.splitlines() if line]
    return offered, done.stderr.strip() + (f" (exit status {done.returncode})" if done.returncode not in (0, 1) else "")


def _differences(shell, cases, ask):
    for line, wanted in cases:
        offered, said = ask(line)
        if offered != wanted.split() or said:
            yield f"{shell}: hermesh {line}: found {offered} {said}, wanted {wanted.split()}"


def bash(tree, hermesh):
    with tempfile.NamedTemporaryFile("w", suffix=".bash") as file:
        file.write(script(hermesh, "bash"))
        file.flush()
        yield from _differences("bash", BASH_CASES, lambda line: answer(
            ["bash", "--norc", "--noprofile", "-c", BASH, "bash", file.name, hermesh, *line.split(" ")], tree))


def fish(tree, hermesh):
    with tempfile.TemporaryDirectory() as home:
        path = f"{home}/hermesh.fish"
        with open(path, "w", encoding="utf-8") as file:
            file.write(script(hermesh, "fish"))
        os.symlink(hermesh, f"{home}/hermesh")
        yield from _differences("fish", FISH_CASES, lambda line: answer(
            ["fish", "--no-config", "-c", FISH, path, f"hermesh {line}"], tree, HOME=home, TERM="dumb",
            PATH=f"{home}:{os.environ['PATH']}"))


def zsh(_, hermesh):
    with tempfile.NamedTemporaryFile("w", suffix=".zsh") as file:
        file.write(script(hermesh, "zsh"))
        file.flush()
        done = subprocess.run(["zsh", "-f", "-n", file.name], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        yield from (f"zsh: {line}" for line in done.stderr.splitlines())
