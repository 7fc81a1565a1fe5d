"""Judges whose text a value is, within functions and one call deep."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.pages.origin_calls import Calls
from vibeaudit.pages.origin_names import Frame
from vibeaudit.pages.origins import Origin
from vibeaudit.pages.page import Path
from vibeaudit.pages.renders import entries
from vibeaudit.survey import javascript, python
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 14
MAX_STEPS = 4000
_OWN = frozenset(
    ("comparison_operator", "not_operator", "unary_expression", "unary_operator", "integer", "float", "number", "true",
     "false", "none", "null", "undefined", "regex", "comment", "lambda", "arrow_function")
)  # fmt: skip


@dataclass
class Judge(Calls):
    """Judges expressions."""

    leading: bool = False  # only what a text begins with counts

    def start(self, module: Module, node: Node, path: Path, leading: bool = False) -> Origin:
        self.steps, self.leading = 0, leading
        return self.of(module, node, path, None, 0)

    def of(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        """Whose text the field `path` of an expression is."""
        self.steps += 1
        if depth > MAX_DEPTH or self.steps > MAX_STEPS:
            return Origin.UNKNOWN
        node = python.unwrap(node) if module.kind == "python" else javascript.unwrap(node)
        kind = node.type
        if kind in ("identifier", "shorthand_property_identifier"):
            return self._name(module, node, path, frame, depth)
        if kind in ("attribute", "member_expression", "subscript", "subscript_expression"):
            return self._member(module, node, path, frame, depth)
        if kind in ("call", "call_expression", "new_expression"):
            return self._call(module, node, path, frame, depth)
        if kind in ("object", "dictionary"):
            return self._literal(module, node, path, frame, depth)
        if kind in ("list", "array", "tuple", "set"):
            inner = path[1:] if path[:1] == ("[]",) else path
            return self._worst(module, node.named_children, inner, frame, depth)
        if kind in ("string", "template_string", "concatenated_string"):
            return self._worst(module, _first(node) if self.leading else _gaps(node), (), frame, depth)
        if kind == "ternary_expression":
            return self._worst(module, node.named_children[1:], path, frame, depth)
        if kind == "conditional_expression":
            return self._worst(module, [c for i, c in enumerate(node.named_children) if i != 1], path, frame, depth)
        if kind in ("binary_expression", "binary_operator", "boolean_operator", "spread_element", "expression_list"):
            return self._operation(module, node, path, frame, depth)
        if kind.endswith("comprehension") or kind == "generator_expression":
            body = node.child_by_field_name("body")
            return self.of(module, body, path[1:], frame, depth + 1) if body is not None else Origin.UNKNOWN
        return Origin.OWN if kind in _OWN else Origin.UNKNOWN

    def _operation(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        sign = node.child_by_field_name("operator")
        if sign is not None and text_of(sign) not in ("+", "%", "||", "??", "or", "&&", "and", "|"):
            return Origin.OWN
        parts = node.named_children
        if self.leading and text_of(sign) == "+" and len(text_of(parts[0])) > 2:  # not behind an empty text
            parts = parts[:1]
        return self._worst(module, parts, path, frame, depth)

    def _literal(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        given = list(entries(node))
        if not path or path[0] == "[]":
            return self._worst(module, [v for _, v in given], path[1:], frame, depth)
        named = [v for k, v in given if k == path[0]]
        if named:
            return self.of(module, named[-1], path[1:], frame, depth + 1)
        return self._worst(module, [v for k, v in given if not k], path, frame, depth)

    def _member(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        known = self._known(module, node)
        if known is not None:
            return known
        holder = node.child_by_field_name("object") or node.child_by_field_name("value")
        if holder is None:
            return Origin.UNKNOWN
        name = node.child_by_field_name("attribute") or node.child_by_field_name("property")
        if name is not None:
            part = text_of(name)
            if part in ("length", "size", "status_code", "statusCode"):
                return Origin.OWN
        else:
            index = node.child_by_field_name("subscript") or node.child_by_field_name("index")
            said = text_of(index)
            part = said[1:-1] if said[:1] in "'\"" else "[]"
        return self.of(module, holder, (part, *path), frame, depth + 1)


def _first(node: Node) -> list[Node]:
    """The gap that a text begins with."""
    begins = text_of(node).lstrip("rRbBfF").lstrip("'\"`").startswith(("{", "${"))
    return _gaps(node)[-1:] if begins else []


def _gaps(node: Node) -> list[Node]:
    found: list[Node] = []
    waiting = list(node.named_children)
    while waiting:
        child = waiting.pop()
        if child.type in ("template_substitution", "interpolation"):
            found += child.named_children[:1]
        elif child.type == "string":
            waiting += child.named_children
    return found
