"""YAML that is read with every type that it may name, functions included: what js-yaml did before its version 4."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"['\"]js-yaml['\"]")
_OLD = re.compile(rb"\"js-yaml\"\s*:\s*\"[~^>=v\s]*[0-3](?:\.|\")")
_SAFE = re.compile(r"\b(?:FAILSAFE|JSON|CORE|DEFAULT_SAFE)_SCHEMA\b")
# a file of the app's own says what its author wants
_OWN = re.compile(
    r"^(?:await\s+)?(?:(?:fs\w*|Deno|Bun)\.(?:promises\.)?)?(?:readFile|readTextFile|file)\w*\(|^['\"`][^$]*['\"`]$"
)


def yaml_types(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """Calls of `load` in an app that takes an old js-yaml."""
    if not project.manifests_say(_OLD):
        return
    for call in module.calls:
        root = call.name.split(".")[0]
        entry = module.imports.get(root)
        if entry is None or entry.spec != "js-yaml" or call.last not in ("load", "loadAll") or not call.args:
            continue
        if not _OWN.match(text_of(call.args[0])) and not any(_SAFE.search(text_of(a)) for a in call.args[1:]):
            yield "reads objects from YAML", call.node, call.name
