# SPDX-License-Identifier: MIT
"""Holds the JSON Schemas to the shipped files and to the readers.

A sample of each kind has every field that its schema knows. Both must take it; each mutant of it (an unknown field, a
value of another type) both must refuse; and they must agree about a sample that lacks a field, or has another value.
"""

import copy
import json
import pathlib
import subprocess
import tempfile

KINDS = {"topology": "vm-topologies/*.json", "scenario": "nat-scenarios/*.json",
         "profile": "nat-scenarios/profiles/*.json", "vpn": "vpns/*/vpn.json"}

_HEAD = {"$schema": "x.schema.json", "schema": 1, "name": "x", "description": "What it is."}
SAMPLES = {
    "topology": {
        **_HEAD, "stands_for": "Whatever it may be.",
        "segments": [{"name": "internet", "ipv4": "80.100.0.0/16", "ipv6": "3fff::/64"},
                     {"name": "lan", "ipv4": "10.0.0.0/8", "addressing": "dhcp", "may_overlap": True}],
        "gateways": [{"name": "home", "role": "home", "outside": {"segment": "internet"}, "inside": [{"segment": "lan"}]}],
        "machines": [{"name": "a", "role": "peer", "cards": [{"segment": "lan"}], "memory_mib": 96},
                     {"name": "b", "role": "peer", "cards": [{"segment": "internet"}]},
                     {"name": "r", "role": "relay",
                      "cards": [{"segment": "internet", "ipv4": "80.100.0.10", "ipv6": "3fff::10"}]}]},
    "scenario": {
        **_HEAD, "stands_for": "Whatever it may be.", "source": "A standard.",
        "gateways": [{"role": "home", "mapping": "EIM", "filtering": "ADF", "ports": "block", "port_block_size": 64, "flows": "strict",
                      "translation": "napt", "hairpin": "internal-source",
                      "refresh": "outbound-only", "absolute_lifetime": "167h", "icmp_errors": "dropped", "per_host_limit": 16,
                      "udp_out": "none", "tcp_out": [443, 80],
                      "timers": {"udp_unreplied": "30s", "udp_stream": "1m", "tcp_transitory": "2.5m",
                                 "tcp_established": "168h", "icmp": "1000ms"}},
                     {"gateway": "outer", "mapping": "ADM", "filtering": "APDF", "ports": "preserve", "overload_ports": True},
                     {"role": "carrier", "mapping": "EIM", "filtering": "EIF", "external_addresses": 2, "pooling": "arbitrary",
                      "ipv6": "dropped", "mtu": 1400, "mtu_errors": True,
                      "port_mapping": {"protocols": ["pcp", "nat-pmp"], "lifetime": "1h", "refuses": "no", "outbound": False}}],
        "events": [{"at": "0s", "event": "nat-reboot", "role": "home", "lasts": "2s"},
                   {"at": "10s", "event": "udp-block", "gateway": "outer", "lasts": "1h"},
                   {"at": "2h", "event": "roam", "machine": "a", "to": "mobile"},
                   {"at": "3h", "event": "link-loss", "segment": "lan"},
                   {"at": "4h", "event": "rebind", "machine": "a"},
                   {"at": "5h", "event": "relay-reset", "role": "relay"},
                   {"at": "6h", "event": "path-change", "machine": "b", "delay": "20ms", "jitter": "1ms", "loss_percent": 5,
                    "reorder_percent": 1, "duplicate_percent": 1, "correlation_percent": 1, "rate": "10Mbit"}]},
    "profile": {
        **_HEAD, "delay": "2ms", "jitter": "0s", "loss_percent": 0.25, "reorder_percent": 100, "duplicate_percent": 0,
        "correlation_percent": 25, "rate": "1.5Mbit"},
    "vpn": {
        **_HEAD, "binary": "/usr/bin/x", "programs": ["x"], "interface": "x0", "overlay": "10.0.0.1",
        "abilities": {"punches_udp": True, "relays": True, "uses_known_endpoints": False, "port_mapping": ["pcp"],
                      "transports": ["udp", "tcp"]},
        "options": [{"name": "speed", "description": "How fast.", "default": "high",
                     "values": [{"value": "high"}, {"value": "low", "abilities": {"relays": False}}]}],
        "values": [{"name": "port", "value": "1"}],
        "peer": {"files": [{"source": "template", "target": "${folder}/x", "mode": "0600"}], "setup": [["true"]],
                 "daemon": ["x"], "status": ["x", "status"], "teardown": [["true"], ["false"]]},
        "relay": {}},
}

# What each kind shall take or refuse besides: (kind, place, value, taken).
OTHERS = [
    ("topology", "/segments/1/ipv4", "192.168.0.0/30", True), ("topology", "/segments/1/ipv4", "192.168.0.0/31", False),
    ("topology", "/segments/1/ipv4", "10.0.0.0/7", False), ("topology", "/segments/1/ipv4", "3fff::/64", False),
    ("topology", "/segments/1/ipv6", "3fff:0:a::/126", True), ("topology", "/segments/1/ipv6", "3fff:0:a::/127", False),
    ("topology", "/segments/1/addressing", "static", False), ("topology", "/machines/0/role", "hub", False),
    ("topology", "/machines/0/memory_mib", 4096, True), ("topology", "/machines/0/memory_mib", 95, False),
    ("topology", "/machines/1/role", "relay", False), ("topology", "/machines/0/cards", [], False),
    ("topology", "/gateways/0/inside", [], False),
    ("topology", "/segments/0/name", "Internet", False), ("topology", "/machines/2/name", "certify", False),
    ("topology", "/machines/2/name", "a" * 33, False), ("topology", "/machines/2/name", "a" * 32, True),
    ("topology", "/machines/2/name", "-a", False), ("topology", "/description", "two\nlines", False),
    ("topology", "/description", "x" * 401, False), ("topology", "/schema", 2, False),
    ("scenario", "/gateways", [], True), ("scenario", "/gateways/0/mapping", "EIN", False),
    ("scenario", "/gateways/0/gateway", "both", False), ("scenario", "/gateways/0/timers", {}, True),
    ("scenario", "/events", [], True), ("scenario", "/events/0/event", "reboot", False), ("scenario", "/events/0/gateway", "outer", False),
    ("scenario", "/events/0/machine", "a", False), ("scenario", "/events/0/to", "mobile", False),
    ("scenario", "/events/4/lasts", "1s", False), ("scenario", "/events/2/lasts", "soon", False),
    ("scenario", "/events/6/loss_percent", 101, False), ("scenario", "/events/5/machine", "r", False),
    ("scenario", "/gateways/0/timers/icmp", "soon", False), ("scenario", "/gateways/0/ports", "odd", False),
    ("profile", "/loss_percent", 100.5, False), ("profile", "/loss_percent", -1, False), ("profile", "/rate", "1Tbit", False),
    ("profile", "/jitter", "-1s", False), ("profile", "/delay", "10s", True),
    ("vpn", "/binary", "x", False), ("vpn", "/interface", "a-name-of-sixteen", False), ("vpn", "/peer", {}, True),
    ("vpn", "/peer/daemon", [], False), ("vpn", "/peer/setup", [[]], False), ("vpn", "/peer/files/0/mode", "644", False),
    ("vpn", "/abilities/transports", [], False), ("vpn", "/abilities/transports/0", "sctp", False),
    ("vpn", "/options/0/values", [], False), ("vpn", "/values/0/name", "Port", False), ("vpn", "/abilities", {}, True),
]
# What may not be taken away here: others of the sample's fields hang on it, which only the reader can see. And a scenario
# without its gateways is a good profile, as far as `hermesh validate` can tell.
STAYS = {("topology", "/gateways"), ("topology", "/segments/0/ipv4"), ("topology", "/segments/0/ipv6"), ("scenario", "/gateways"),
         ("scenario", "/gateways/0/ports"), ("scenario", "/gateways/2/external_addresses")}


def _places(value, place=""):
    """(place, value) of every value, the document itself first."""
    yield place, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from _places(inner, f"{place}/{key}")


def _parent(document, place):
    *way, last = place.split("/")[1:]
    for key in way:
        document = document[int(key) if isinstance(document, list) else key]
    return document, int(last) if isinstance(document, list) else last


def _with(document, place, value):
    changed = copy.deepcopy(document)
    parent, key = _parent(changed, place)
    parent[key] = value
    return changed


def _without(document, place):
    changed = copy.deepcopy(document)
    parent, key = _parent(changed, place)
    del parent[key]
    return changed


def _of_another_type(value):
    if isinstance(value, bool) or value is None:
        return "yes"
    return "seven" if isinstance(value, (int, float)) else 7 if isinstance(value, (str, dict)) else {}


def _cases(kind, sample):
    """(what was done, document, taken: True, False, or None where the two only have to agree)."""
    yield "the sample", sample, True
    for place, value in _places(sample):
        if isinstance(value, dict):
            yield f"an unknown field at {place or '/'}", {**sample, "no_such_field": 1} if not place else _with(
                sample, place, {**value, "no_such_field": 1}), False
        if place:
            yield f"another type at {place}", _with(sample, place, _of_another_type(value)), False
            if isinstance(_parent(sample, place)[0], dict) and (kind, place) not in STAYS:
                yield f"without {place}", _without(sample, place), None
    for of_kind, place, value, taken in OTHERS:
        if of_kind == kind:
            yield f"{json.dumps(value)[:40]} at {place}", _with(sample, place, value), taken


def _known_fields(schema):
    for _, value in _places(schema):
        if isinstance(value, dict) and isinstance(value.get("properties"), dict) and value.get("additionalProperties") is False:
            yield from value["properties"]


def _read_all(hermesh, kind, documents):
    """Whether `hermesh validate` takes each document."""
    with tempfile.TemporaryDirectory() as work:
        files = []
        for number, document in enumerate(documents):
            folder = pathlib.Path(work) / str(number)
            folder.mkdir()
            files.append(folder / ("vpn.json" if kind == "vpn" else "file.json"))
            files[-1].write_text(json.dumps(document))
            (folder / "template").write_text("")
        done = subprocess.run([hermesh, "validate", "--json", *files], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, check=False)
        return [(finding["ok"], finding["problem"]) for finding in json.loads(done.stdout)["files"]]


def _mutant_faults(kind, name, schema, validator, hermesh):
    sample = SAMPLES[kind]
    if lacking := set(_known_fields(schema)) - {place.rsplit("/", 1)[-1] for place, _ in _places(sample)}:
        yield f"{name}: tests/lint/schemas.py has no sample of {', '.join(sorted(lacking))}"
    cases = list(_cases(kind, sample))
    for (what, document, taken), (read, problem) in zip(cases, _read_all(hermesh, kind, [case[1] for case in cases])):
        complaint = next((error.message[:200] for error in validator.iter_errors(document)), None)
        valid = complaint is None
        if taken is None and valid != read:
            yield f"{name}: {what}: the reader says {problem or 'ok'}, the schema {complaint or 'ok'}"
        if taken is not None and valid != taken:
            yield f"{name}: {what}: the schema {'refuses it: ' + complaint if taken else 'takes it'}"
        if taken is not None and read != taken:
            yield f"{name}: {what}: the reader {'refuses it: ' + problem if taken else 'takes it'}"


def faults(tree, hermesh):
    import jsonschema  # pylint: disable=import-outside-toplevel # the caller looked whether there is one
    for kind, shipped in KINDS.items():
        name = f"harness/model/schemas/{kind}.schema.json"
        if name not in tree.files:
            continue
        schema = json.loads(tree.bytes(name))
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            yield f"{name}: is no JSON Schema: {error.message}"
            continue
        validator = jsonschema.Draft202012Validator(schema)
        for file in tree.matching(shipped):
            if file.count("/") != shipped.count("/"):
                continue
            document = json.loads(tree.bytes(file))
            for error in validator.iter_errors(document):
                yield f"{file}: {error.json_path}: {error.message[:200]} ({name})"
            if kind == "topology" and not document.get("stands_for"):
                yield f"{file}: wants 'stands_for', the real-world case"
        yield from _mutant_faults(kind, name, schema, validator, hermesh)
