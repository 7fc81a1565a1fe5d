"""What a Python expression is worth when its text says so: literals, constants of the app, sums of these."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import python
from vibeaudit.survey.code import Module, text_of
from vibeaudit.survey.rounds import Bound

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_MAX_DEPTH = 6
NOTHING: Bound = {}
_SETTING = re.compile(r"[A-Z][A-Z0-9_]*")


def constant(project: Project, module: Module, node: Node | None, depth: int = 0, bound: Bound = NOTHING) -> str:
    """The string; what cannot be worked out is left away. `bound`: what names are in one round of a loop."""
    if node is None or depth > _MAX_DEPTH:
        return ""
    if node.type == "string":
        return "".join(_part(project, module, c, depth, bound) for c in node.named_children)
    if node.type == "concatenated_string":
        return "".join(constant(project, module, c, depth + 1, bound) for c in node.named_children)
    if node.type in ("binary_operator", "parenthesized_expression"):
        return "".join(constant(project, module, c, depth + 1, bound) for c in node.named_children)
    if (key := config_key(node)) is not None:
        return _configured(project, *key)
    name = python.dotted(node)
    if name in bound:
        return constant(project, module, bound[name], depth + 1)
    found = project.meaning(module, name) if name and node.type != "call" else None
    if found and found.value is not None and found.function is None and found.value is not node:
        return constant(project, found.module, found.value, depth + 1)
    return _of_settings(project, module, name) if "." in name else ""


def _part(project: Project, module: Module, node: Node, depth: int, bound: Bound) -> str:
    if node.type == "string_content":
        return text_of(node)
    if node.type == "interpolation" and node.named_children:
        return constant(project, module, node.named_children[0], depth + 1, bound)
    return ""


def config_key(node: Node) -> tuple[str, str] | None:
    """The name and the default that `app.config["NAME"]` or `app.config.get("NAME", "/x")` asks for."""
    holder, asked = node.child_by_field_name("value"), node.child_by_field_name("subscript")
    default = ""
    if node.type == "call" and python.dotted(node).endswith(".config.get"):
        given = node.child_by_field_name("arguments")
        said = given.named_children if given is not None else []
        asked, holder = (said[0] if said else None), node
        default = python.string_of(said[1]) if len(said) > 1 else ""
    elif node.type != "subscript" or not re.search(r"(?:^|\.)config$", python.dotted(holder)):
        return None
    key = python.string_of(asked) if asked is not None else ""
    return (key, default) if _SETTING.fullmatch(key) else None


def _configured(project: Project, key: str, default: str) -> str:
    """What the app's settings give a name: a literal of a module or of a class that holds them."""
    memory = ("configured", key)
    if memory not in project.memory:
        hint = re.compile(rf"^[ \t]*{key}\b\s*(?::[^=\n]*)?=".encode(), re.MULTILINE)
        given = (m.values[key] for m in project.hinted(hint, "python") if key in m.values)
        project.memory[memory] = next((python.string_of(v) for v in given if v.type == "string"), None)
    found = project.memory[memory]
    return found if isinstance(found, str) else default


def _of_settings(project: Project, module: Module, name: str) -> str:
    """`settings.API_V1_STR`, where a class of this app gives it as a literal."""
    holder = project.meaning(module, name.split(".")[0])
    last = name.rsplit(".", 1)[-1]
    if holder and re.fullmatch(r"\w+", last) and last in holder.module.values:
        return python.string_of(holder.module.values[last])
    return ""
