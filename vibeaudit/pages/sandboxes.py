"""Pages that their view sends in a sandbox: scripts in them run, but apart from the app and its cookies."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_SANDBOX = re.compile(
    r"""['"]Content-Security-Policy['"][^\n]{0,20}['"](?:[^'"\n]*;)?\s*sandbox\b(?![^'"\n]*allow-same-origin)""",
    re.IGNORECASE,
)
_FUNCTIONS = frozenset(
    "function_definition function_declaration arrow_function function_expression method_definition".split()
)


def is_sandboxed(module: Module, node: Node) -> bool:
    """Whether the function around a render sets such a policy."""
    if b"sandbox" not in module.file.data:
        return False
    up = node.parent
    while up is not None and up.type not in _FUNCTIONS:
        up = up.parent
    return up is not None and _SANDBOX.search(text_of(up)) is not None
