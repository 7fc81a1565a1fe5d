"""package.json: what an npm project asks for."""

from __future__ import annotations

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Reading, own_code
from vibeaudit.survey.manifests.document import json_lines, read_json, rows, table, word

SECTIONS = (
    ("dependencies", False),
    ("optionalDependencies", False),
    ("devDependencies", True),
)


def read(file: SourceFile) -> Reading:
    """Direct dependencies; peers are somebody else's to install. `members` are workspace globs."""
    data = read_json(file)
    lines = json_lines(file, 2)
    declared: dict[str, Declared] = {}
    for section, dev in SECTIONS:
        for key, value in table(data.get(section)).items():
            name, spec = unalias(key, word(value))
            if name and not own_code(spec):
                declared.setdefault(key, Declared("npm", name, spec, lines.get((section, key), 0), dev))
    spaces = data.get("workspaces")
    globs = rows(spaces) or rows(table(spaces).get("packages"))
    return Reading(tuple(declared.values()), members=frozenset(g.strip("./") for g in globs if isinstance(g, str)))


def unalias(name: str, spec: str) -> tuple[str, str]:
    """`"a": "npm:b@^1"` installs b."""
    if not spec.startswith("npm:"):
        return name, spec
    real, _, version = spec[4:].rpartition("@")
    return (real, version) if real else (spec[4:], "")
