"""What a name stands for in a JavaScript, TypeScript or Python file, as far as the file itself tells."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ast_grep_py import SgNode

FUNCTIONS = frozenset(
    "arrow_function function_expression function_declaration method_definition function generator_function "
    "generator_function_declaration function_definition lambda".split()
)
_GIVES = ("variable_declarator", "assignment_expression", "augmented_assignment_expression", "for_in_statement")
_GIVES_IN_PYTHON = ("assignment", "augmented_assignment", "for_statement")
_LOOPS = frozenset(("for_in_statement", "for_statement"))
_NAMES = frozenset(("identifier", "shorthand_property_identifier_pattern"))
_WRAPPERS = frozenset(
    "parenthesized_expression await_expression as_expression satisfies_expression non_null_expression "
    "type_assertion".split()
)


@dataclass(frozen=True)
class Definition:
    """`value` is bound to the name: as a whole, or a part of it (destructured)."""

    value: SgNode
    whole: bool
    start: int
    scope: tuple[int, int]
    entry: bool = False  # the name takes the value's entries in turn: a loop


def unwrap(node: SgNode) -> SgNode:
    """Without parentheses, await, casts and the like."""
    for _ in range(20):
        if node.kind() not in _WRAPPERS:
            return node
        inner = [c for c in node.named_children() if c.kind() != "comment"]
        if not inner:
            return node
        node = inner[-1] if node.kind() == "type_assertion" else inner[0]
    return node


def span(node: SgNode) -> tuple[int, int]:
    """Where a node starts and ends, in characters."""
    at = node.range()
    return at.start.index, at.end.index


def declaring(root: SgNode) -> str:
    """The kind of node by which a file of this language declares a function; others are unknown to its parser."""
    return "function_definition" if root.kind() == "module" else "function_declaration"


def function_around(node: SgNode) -> SgNode | None:
    """The innermost function that holds the node."""
    return next((a for a in node.ancestors() if a.kind() in FUNCTIONS), None)


def parameters(function: SgNode) -> list[SgNode]:
    """The parameter nodes of a function, in order."""
    if (single := function.field("parameter")) is not None:
        return [single]
    held = function.field("parameters")
    return held.named_children() if held is not None else []


class Names:
    """The definitions of one file, collected when first asked for."""

    def __init__(self, root: SgNode) -> None:
        self.root = root

    @cached_property
    def _by_name(self) -> dict[str, list[Definition]]:
        found: dict[str, list[Definition]] = {}
        gives = _GIVES_IN_PYTHON if self.root.kind() == "module" else _GIVES
        for node in self.root.find_all(any=[{"kind": k} for k in gives]):
            declared = node.kind() == "variable_declarator"
            target = node.field("name" if declared else "left")
            value = node.field("value" if declared else "right")
            if target is None or value is None:
                continue
            loop = node.kind() in _LOOPS
            holder = function_around(node)
            scope = span(holder if holder is not None else self.root)
            for name, whole in _bound(target):
                given = Definition(value, whole and not loop, span(node)[0], scope, entry=loop)
                found.setdefault(name, []).append(given)
        return found

    def definitions(self, identifier: SgNode) -> list[Definition]:
        """What the name may hold where it stands: the definitions of the innermost scope that has any,
        before its use first. Empty for a parameter, an import or a global."""
        name, (start, _) = identifier.text(), span(identifier)
        seen = [d for d in self._by_name.get(name, ()) if d.scope[0] <= start < d.scope[1]]
        if not seen:
            return []
        scope = max(d.scope for d in seen)
        owner = self.parameter_of(identifier)
        if owner is not None and span(owner)[0] > scope[0]:
            return []
        inner = [d for d in seen if d.scope == scope and d.value.range().start.index != start]
        before = [d for d in inner if d.start < start]
        return before or inner

    def function(self, identifier: SgNode) -> SgNode | None:
        """The function that is declared by this name, in the innermost block around it that declares one."""
        seen = [(holder, f) for holder, f in self._functions.get(identifier.text(), ()) if _within(identifier, holder)]
        return max(seen, key=lambda one: span(one[0])[0])[1] if seen else None

    @cached_property
    def _functions(self) -> dict[str, list[tuple[SgNode, SgNode]]]:
        found: dict[str, list[tuple[SgNode, SgNode]]] = {}
        for node in self.root.find_all(kind=declaring(self.root)):
            name, holder = node.field("name"), node.parent()
            if holder is not None and holder.kind() == "decorated_definition":
                holder = holder.parent()
            if name is not None and holder is not None:
                found.setdefault(name.text(), []).append((holder, node))
        return found

    def parameter_of(self, identifier: SgNode) -> SgNode | None:
        """The innermost function that takes this name as a parameter."""
        name = identifier.text()
        for function in (a for a in identifier.ancestors() if a.kind() in FUNCTIONS):
            if any(name == n for p in parameters(function) for n, _ in _bound(p)):
                return function
        return None


def _within(node: SgNode, holder: SgNode) -> bool:
    (start, end), (first, last) = span(node), span(holder)
    return first <= start and end <= last


def _bound(target: SgNode) -> list[tuple[str, bool]]:
    """The names that a binding pattern gives, and whether each gets the whole value."""
    if target.kind() in ("required_parameter", "optional_parameter"):
        target = target.field("pattern") or target
    if target.kind() in ("default_parameter", "typed_default_parameter"):
        target = target.field("name") or target
    if target.kind() == "typed_parameter":
        target = target.child(0) or target
    if target.kind() == "identifier":
        return [(target.text(), True)]
    if target.kind() in ("object_pattern", "array_pattern", "assignment_pattern", "rest_pattern"):
        names = target.find_all(any=[{"kind": k} for k in sorted(_NAMES)])
        return [(n.text(), _is_rest(n)) for n in names]
    return []


def _is_rest(name: SgNode) -> bool:
    parent = name.parent()
    return parent is not None and parent.kind() == "rest_pattern"
