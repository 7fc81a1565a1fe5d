"""environment.yml: the pip section. What conda itself installs has no advisories here."""

from __future__ import annotations

from vibeaudit.model import LeftOut
from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Reading
from vibeaudit.survey.manifests.document import child, items, pairs, read_yaml_nodes, scalar
from vibeaudit.survey.manifests.requirements import parse


def read(file: SourceFile) -> Reading:
    declared: list[Declared] = []
    others = 0
    for item in items(child(read_yaml_nodes(file), "dependencies")):
        others += bool(scalar(item)) and scalar(item).split("=")[0] not in {"python", "pip"}
        for key, node, _ in pairs(item):
            for entry in items(node) if key == "pip" else []:
                text = scalar(entry)
                one = None if text.startswith("-") else parse(text, entry.start_mark.line + 1)
                declared += [one] if one else []
    left = (LeftOut(str(file.path), f"{others} conda packages: no advisories for this ecosystem"),) if others else ()
    return Reading(tuple(declared), left_out=left)
