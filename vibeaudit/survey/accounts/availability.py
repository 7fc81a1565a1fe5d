"""Handlers that are there to say whether a name or an address is free, and so list the accounts for whoever asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.asking import looks_up_by_name, says_whether_taken
from vibeaudit.survey.accounts.scenes import bare_text, node_in
from vibeaudit.survey.code import Module
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.accounts.asking import Paths
    from vibeaudit.survey.project import Project

_ANSWER = re.compile(
    r"(?:\bres(?:ponse)?\.(?:status\([^)]*\)\.)?(?:json|send)\(|\breply\.send\(|\bc(?:tx)?\.json\(|(?:Next)?Response\.json\("
    r"|\bjsonify\(|\b(?:JsonResponse|Response|JSONResponse)\(|\breturn\b|\bctx\.body\s*=)\s*\{?\s*['\"]?"
    r"(?:\w+['\"]?\s*[:=]\s*[\w'\"]+\s*,\s*['\"]?)?"
    r"(?:(?:is_?|user_?|email_?)*(?:exists?|available|taken|registered|unique|free))['\"]?\s*[:=,}]",
    re.IGNORECASE,
)


def free_names(
    project: Project, module: Module, guarded: frozenset[tuple[str, int]], paths: Paths
) -> Iterator[tuple[Node, Node]]:
    """(the handler, its answer) of each that looks an account up by a name, and answers whether it is there."""
    for function in module.functions:
        at = (module.path, function.node.start_point[0] + 1)
        if at in guarded or at not in paths:
            continue
        scene = function.node.child_by_field_name("definition") or function.node
        said = words(function.name) | words(" ".join(paths[at].split("/")[-2:]))
        if not says_whether_taken(said) or not looks_up_by_name(module, scene):
            continue
        text = bare_text(project, module, scene)
        if answer := _ANSWER.search(text):
            yield scene, node_in(scene, text, answer.start())
