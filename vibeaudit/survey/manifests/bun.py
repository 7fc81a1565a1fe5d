"""bun.lock, the text format. (bun.lockb is binary and left out.)"""

from __future__ import annotations

from typing import Any

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import MAX_PACKAGES, Locked, Reading, from_url, own_code
from vibeaudit.survey.manifests.document import json_lines, read_jsonc, rows, table, word
from vibeaudit.survey.manifests.package_json import unalias


def read(file: SourceFile) -> Reading:
    data = read_jsonc(file)
    lines = json_lines(file, 2)
    locked: list[Locked] = []
    resolved: dict[str, str] = {}
    for key, value in table(data.get("packages")).items():
        full = word(rows(value)[0]) if rows(value) else ""
        at = full.find("@", 1)
        if at < 1 or len(locked) >= MAX_PACKAGES:
            continue
        name, version = full[:at], full[at + 1 :]
        if own_code(version):
            continue
        url = version if from_url(version) else ""
        about = next((table(part) for part in rows(value) if isinstance(part, dict)), {})
        line = lines.get(("packages", key), 0)
        locked.append(Locked("npm", name, "" if url else version, line, False, url, _needs(about)))
        resolved[key] = "" if url else version
    members = frozenset(m for m in table(data.get("workspaces")) if m)
    return Reading(locked=tuple(locked), resolved=resolved, members=members, graph=True)


def _needs(about: dict[str, Any]) -> tuple[str, ...]:
    sections = ("dependencies", "optionalDependencies", "peerDependencies")
    return tuple(unalias(n, word(spec))[0] for s in sections for n, spec in table(about.get(s)).items())
