"""pnpm-lock.yaml, lockfile versions 5 to 9."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import MAX_PACKAGES, Locked, Reading, from_url
from vibeaudit.survey.manifests.document import child, pairs, read_yaml_nodes, scalar

_KEY_AT = re.compile(r"^/?(?P<name>(?:@[^/@]+/)?[^/@(]+)@(?P<version>[^(_]+)")  # 6 to 9: /name@1.2.3(peer@4)
_KEY_SLASH = re.compile(r"^/(?P<name>(?:@[^/]+/)?[^/]+)/(?P<version>[^(_/]+)")  # 5: /name/1.2.3_peer@4
_SECTIONS = ("dependencies", "optionalDependencies", "devDependencies")


def read(file: SourceFile) -> Reading:
    root = read_yaml_nodes(file)
    locked: list[Locked] = []
    needs = _needs(child(root, "snapshots"))
    for key, node, line in pairs(child(root, "packages")):
        if one := _locked(key, node, line):
            locked.append(replace(one, needs=tuple(sorted(needs.get(one.name, ())))))
        if len(locked) >= MAX_PACKAGES:
            break
    resolved: dict[str, str] = {}
    importers = pairs(child(root, "importers"))
    _importer("", root, resolved)
    for folder, node, _ in importers:
        _importer("" if folder == "." else folder, node, resolved)
    members = frozenset(folder for folder, _, _ in importers if folder != ".")
    return Reading(locked=tuple(locked), resolved=resolved, members=members, graph=bool(needs))


def _needs(snapshots: Any) -> dict[str, set[str]]:
    """What each package depends on, by name (version 9)."""
    found: dict[str, set[str]] = {}
    for key, node, _ in pairs(snapshots):
        if match := _KEY_AT.match(key):
            into = found.setdefault(match["name"], set())
            for section in ("dependencies", "optionalDependencies"):
                for name, value, _line in pairs(child(node, section)):
                    alias = _KEY_AT.match(scalar(value))
                    into.add(alias["name"] if alias else name)
    return found


def _locked(key: str, node: Any, line: int) -> Locked | None:
    dev = scalar(child(node, "dev")) == "true"
    if key.startswith("file:") or "@file:" in key or "@link:" in key:
        return None
    if from_url(key) or "://" in key or re.match(r"^[\w.-]+\.[a-z]+/", key):
        name = scalar(child(node, "name")) or key.split("@http")[0].split("@git")[0]
        return Locked("npm", name, "", line, dev, key)
    match = _KEY_AT.match(key) or _KEY_SLASH.match(key)
    return Locked("npm", match["name"], match["version"], line, dev) if match else None


def _importer(folder: str, node: Any, resolved: dict[str, str]) -> None:
    """Fill `resolved` from one workspace's direct dependencies. Version 5 writes the version bare."""
    for section in _SECTIONS:
        for name, value, _ in pairs(child(node, section)):
            version = scalar(value) or scalar(child(value, "version"))
            if match := _KEY_AT.match(version):  # an alias
                name, version = name, match["version"]
            resolved[f"{folder}|{name}"] = re.split(r"[(_]", version)[0]
