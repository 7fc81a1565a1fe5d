"""yarn.lock: version 1's own format, and berry's YAML."""

from __future__ import annotations

import re

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import MAX_PACKAGES, Locked, Reading, from_url
from vibeaudit.survey.manifests.document import child, pairs, read_yaml_nodes, scalar
from vibeaudit.survey.manifests.package_json import unalias

_NEED = re.compile(r'^    "?(?P<name>[^"\s]+)"? "?(?P<spec>[^"]+)"?$')
_FIELD = re.compile(r'^  "?(?P<key>version|resolved)"? "?(?P<value>[^"\s]+)"?')


def read(file: SourceFile) -> Reading:
    return _berry(file) if "__metadata:" in file.text[:2000] else _classic(file)


def _classic(file: SourceFile) -> Reading:
    locked: list[Locked] = []
    resolved: dict[str, str] = {}
    specs: list[str] = []
    start, version, source = 0, "", ""
    needs: list[str] = []
    for number, line in enumerate([*file.lines, "end:"], 1):
        if line and not line.startswith((" ", "#")) and line.endswith(":"):
            if specs and version and len(locked) < MAX_PACKAGES:
                _add(specs, version, source, start, locked, resolved, tuple(needs))
            specs = [s.strip().strip('"') for s in line[:-1].split(",")]
            start, version, source, needs = number, "", "", []
        elif match := _FIELD.match(line):
            version = match["value"] if match["key"] == "version" else version
            source = match["value"] if match["key"] == "resolved" else source
        elif match := _NEED.match(line):
            needs.append(unalias(match["name"], match["spec"])[0])
    return Reading(locked=tuple(locked), resolved=resolved, graph=True)


def _add(
    specs: list[str],
    version: str,
    source: str,
    line: int,
    out: list[Locked],
    resolved: dict[str, str],
    needs: tuple[str, ...],
) -> None:
    name, spec = _split(specs[0])
    if spec.startswith(("file:", "link:")):
        return
    if spec.startswith("npm:"):
        name = spec[4:].rpartition("@")[0] or spec[4:]
    url = spec if from_url(spec) else ""
    out.append(Locked("npm", name, "" if url else version, line, False, url and (source or url), needs))
    for one in specs:
        resolved[one] = "" if url else version


def _split(spec: str) -> tuple[str, str]:
    at = spec.find("@", 1)
    return (spec[:at], spec[at + 1 :]) if at > 0 else (spec, "")


def _berry(file: SourceFile) -> Reading:
    locked: list[Locked] = []
    resolved: dict[str, str] = {}
    members: set[str] = set()
    for key, node, line in pairs(read_yaml_nodes(file)):
        name, _, place = scalar(child(node, "resolution")).rpartition("@")
        if "@workspace:" in key or place.startswith("workspace:"):
            members.add(place.removeprefix("workspace:").strip("./"))
            continue
        version = scalar(child(node, "version"))
        if not name or "@" not in scalar(child(node, "resolution")) or place.startswith(("file:", "link:", "portal:")):
            continue
        full = scalar(child(node, "resolution"))
        name, where = _split(full)
        if where.startswith("patch:"):
            continue  # the patched package has an entry of its own
        url = where if from_url(where) else ""
        needs = tuple(
            unalias(n, scalar(v))[0]
            for section in ("dependencies", "optionalDependencies", "peerDependencies")
            for n, v, _ in pairs(child(node, section))
        )
        locked.append(Locked("npm", name, "" if url else version, line, False, url, needs))
        for one in key.split(", "):
            head, spec = _split(one.strip())
            resolved[f"{head}@{spec.removeprefix('npm:')}"] = "" if url else version
            resolved[f"{head}@{spec}"] = "" if url else version
        if len(locked) >= MAX_PACKAGES:
            break
    return Reading(locked=tuple(locked), resolved=resolved, members=frozenset(m for m in members if m), graph=True)
