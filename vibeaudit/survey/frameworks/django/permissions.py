"""What a permission class of the REST framework lets through, by name or, for the app's own, by what it does."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, lineage
from vibeaudit.survey.code import Branch, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SAFE = frozenset(("GET", "HEAD", "OPTIONS"))
_NOBODY = frozenset[str]()
_SIGNED_IN = frozenset(("authentication",))
_CHOSEN = frozenset(("authentication", "authorization"))
_ROLE = re.compile(
    r"is_staff|is_superuser|is_admin|has_perm|\bgroups?\b|\brole|\bowner\b|\.user\s*==|==\s*\w*\.?request\.user|==\s*request\.user"
    r"|\.author\b|is_owner|member",
    re.IGNORECASE,
)
_WHO = re.compile(r"request\.user|request\.auth|super\(\)|is_authenticated|request\.headers|META")


# what is chosen comes on top of what the class lists: `self.permission_classes += [IsPending]`
_ADDS = re.compile(
    r"self\.permission_classes\s*\+=|self\.permission_classes\.(?:append|extend)\(|self\.permission_classes\s*\+\s*\["
)


def of_lineage(project: Project, found: Lineage, methods: tuple[str, ...], action: str) -> tuple[Guard, ...] | None:
    """The guards that a class view declares for an action; None when it leaves that to the settings."""
    listed = found.attribute("permission_classes")
    chooser = found.method("get_permissions")
    if chooser is not None:
        chosen = _chosen(project, chosen_for(chooser[0], chooser[1].body, action, methods), chooser[0], methods)
        if chosen is not None and listed and _ADDS.search(text_of(chooser[1].body)):
            return (*of_node(project, listed[0], listed[1], methods), *chosen)
        if chosen is not None:
            return chosen
    return of_node(project, listed[0], listed[1], methods) if listed else None


def chosen_for(module: Module, body: Node, action: str, methods: tuple[str, ...]) -> list[Node]:
    """The parts of `get_permissions` that hold for an action: a branch that names it, else what the others leave."""
    branches = list(module.branches_in(body))
    names = {action, *methods}
    for branch in branches:
        said = set(re.findall(r"['\"](\w+)['\"]", text_of(branch.condition)))
        safe = "SAFE_METHODS" in text_of(branch.condition) and set(methods) <= _SAFE
        negated = re.search(r"\bnot\s+in\b|!=", text_of(branch.condition)) is not None
        if ((bool(said & names) or safe) and not negated) or (negated and said and not said & names):
            return [branch.then]
    return _leftovers(branches, body)


def _leftovers(branches: list[Branch], body: Node) -> list[Node]:
    ends = [o for b in branches for o in b.otherwise if o.type == "else_clause"]
    if ends:
        return ends
    return [c for c in body.named_children if c.type != "if_statement"]


def _chosen(project: Project, parts: list[Node], module: Module, methods: tuple[str, ...]) -> tuple[Guard, ...] | None:
    text = " ".join(text_of(p) for p in parts)
    if not re.search(r"[\[(]\s*(?:permissions\.)?\w*[A-Z]\w+|=\s*\[\s*\]|return\s*\[\s*\]", text):
        return None  # `return super().get_permissions()`
    names = [n for n in re.findall(r"\b[A-Z]\w+\b", text) if n not in ("True", "False", "None")]
    at = module.file.locate(parts[0])
    kinds = frozenset().union(*(_kinds(project, module, n, methods) for n in names)) if names else _NOBODY
    return tuple(Guard(kind, "dependency", "get_permissions", at) for kind in sorted(kinds))


def of_node(project: Project, module: Module, node: Node, methods: tuple[str, ...]) -> tuple[Guard, ...]:
    """The guards of `[IsAuthenticated, IsOwner | ReadOnly]`: all of a list hold, of a sum any."""
    if node.type not in ("list", "tuple"):
        found = project.meaning(module, python.dotted(node))
        if found and found.value is not None and found.value.type in ("list", "tuple"):
            return of_node(project, found.module, found.value, methods)
    items = node.named_children if node.type in ("list", "tuple") else [node]
    kinds = frozenset().union(*(_expression(project, module, i, methods) for i in items)) if items else _NOBODY
    at = module.file.locate(node)
    return tuple(Guard(kind, "dependency", text_of(node).strip("[]() ,")[:60], at) for kind in sorted(kinds))


def of_names(
    project: Project, module: Module, names: Iterable[str], methods: tuple[str, ...], said: str
) -> tuple[Guard, ...]:
    """The same for classes that settings name as strings."""
    kinds: frozenset[str] = _NOBODY
    for name in names:
        spec, _, last = name.rpartition(".")
        target = project.target(module, spec) if spec else None
        kinds |= _kinds(project, target or module, last, methods)
    at = module.file.locate(module.values["REST_FRAMEWORK"])
    return tuple(Guard(kind, "middleware", said, at) for kind in sorted(kinds))


def _expression(project: Project, module: Module, node: Node, methods: tuple[str, ...]) -> frozenset[str]:
    node = python.unwrap(node)
    if node.type == "binary_operator":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return _NOBODY
        one, other = _expression(project, module, left, methods), _expression(project, module, right, methods)
        return one | other if text_of(node.child_by_field_name("operator")) == "&" else one & other
    if node.type == "unary_operator":
        return _NOBODY
    return _kinds(project, module, python.dotted(node), methods)


def _kinds(project: Project, module: Module, name: str, methods: tuple[str, ...]) -> frozenset[str]:
    own = lineage(project, module, name)
    last = name.rsplit(".", 1)[-1]
    if own is not None:
        return _of_own(own, methods)
    if last in ("AllowAny", "BasePermission") or not last:
        return _NOBODY
    if last.endswith("ReadOnly") and set(methods) <= _SAFE and last != "ReadOnly":
        return _NOBODY
    if last == "ReadOnly" or last in ("OperandHolder",):
        return _NOBODY
    if re.search(r"Admin|Staff|Superuser|Owner|ModelPermissions|ObjectPermissions|Scope", last, re.IGNORECASE):
        return _CHOSEN
    return _SIGNED_IN


def _of_own(own: Lineage, methods: tuple[str, ...]) -> frozenset[str]:
    """A class of the app: what `has_permission` and `has_object_permission` ask."""
    kinds: set[str] = set()
    for base in own.foreign:
        last = base.rsplit(".", 1)[-1]
        if last in ("IsAuthenticated", "IsAuthenticatedOrReadOnly") and not (
            last.endswith("ReadOnly") and set(methods) <= _SAFE
        ):
            kinds |= _SIGNED_IN
        elif last in ("IsAdminUser", "DjangoModelPermissions"):
            kinds |= _CHOSEN
    asked = own.method("has_permission")
    text = text_of(asked[1].body) if asked else ""
    on_row = own.method("has_object_permission")
    row = text_of(on_row[1].body) if on_row else ""
    reads = set(methods) <= _SAFE
    if asked and not (reads and _lets_read(text)) and not re.fullmatch(r"\s*return\s+True\s*", text):
        kinds |= (_SIGNED_IN if _WHO.search(text) else _NOBODY) | (_CHOSEN if _ROLE.search(text) else _NOBODY)
    if on_row and not (reads and _lets_read(row)) and _ROLE.search(row):
        kinds |= _CHOSEN
    return frozenset(kinds)


def _lets_read(text: str) -> bool:
    return "SAFE_METHODS" in text or bool(re.search(r"method\s*==\s*['\"]GET['\"]", text))
