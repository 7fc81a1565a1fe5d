"""The guard of a neighbouring route, ready to stand before another: its words, and the imports that they need."""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Guard, Location, Route
from vibeaudit.remedy.fixer import Bench
from vibeaudit.remedy.script_code import ensure_import
from vibeaudit.remedy.syntax import enclosing, items, node_at, nodes, text
from vibeaudit.source import SourceFile

_BODIES = ("arrow_function", "function_expression", "function_declaration", "method_definition", "function")
_GLOBALS = frozenset(
    "Response Request Error JSON process Deno Boolean String Number Date URL undefined console".split()
)
_NAMES = ("identifier", "shorthand_property_identifier")


def route_of(finding: Finding, bench: Bench) -> Route | None:
    """The route that a finding speaks of."""
    at = finding.primary
    own = [r for r in bench.app.routes if (r.location.path, r.location.line) == (at.path, at.line)]
    around = [
        r for r in bench.app.routes if r.body and r.body.path == at.path and r.body.line <= at.line <= r.body.end_line
    ]
    return next(iter(own or around), None)


def neighbours(route: Route, kind: str, bench: Bench) -> list[tuple[Route, Guard]]:
    """Routes of the same framework that have the guard, those of the same file and of like paths first."""
    mine = set(re.findall(r"\w+", route.path))
    action = route.methods == ("ACTION",)
    found = [
        (r, g)
        for r in bench.app.routes
        for g in r.guards
        if g.kind == kind and r.framework == route.framework and (r.methods == ("ACTION",)) == action and r != route
    ]
    return sorted(
        found,
        key=lambda p: (
            p[0].location.path != route.location.path,
            -len(mine & set(re.findall(r"\w+", p[0].path))),
            str(p[0].location),
            str(p[1].location),
        ),
    )


def handler_body(file: SourceFile, at: Location) -> Node | None:
    """The statement block of the function that starts at a location."""
    if file.tree is None:
        return None
    for node in nodes(file.tree.root_node, *_BODIES):
        if at.line == node.start_point[0] + 1 or (
            (outer := enclosing(node, "expression_statement", "export_statement", "lexical_declaration")) is not None
            and outer.start_point[0] + 1 == at.line
        ):
            body = node.child_by_field_name("body")
            if body is not None and body.type == "statement_block":
                return body
    return None


def guard_statements(file: SourceFile, guard: Guard) -> list[Node] | None:
    """The statements of a handler that make up its early return: what it asks, and what that rests on."""
    inner = node_at(file, guard.location, "if_statement") if guard.how == "early-return" else None
    if inner is None:
        inner = node_at(file, guard.location, "expression_statement", "lexical_declaration")
    body = inner.parent if inner is not None else None
    if inner is None or body is None or body.type != "statement_block":
        return None
    wanted = [inner]
    needed = _used(inner)
    for before in reversed([s for s in items(body) if s.end_byte <= inner.start_byte]):
        if before.type == "lexical_declaration" and _made(before) & needed:
            wanted.insert(0, before)
            needed |= _used(before)
    made = set[str]().union(*(_made(s) for s in wanted))
    after = next((s for s in items(body) if s.start_byte >= inner.end_byte), None)
    if (
        inner.type == "lexical_declaration"
        and after is not None
        and after.type == "if_statement"
        and _ends(after, made)
    ):
        wanted.append(after)  # what is given back is looked at
    return wanted if len(wanted) <= 4 else None


def _ends(branch: Node, names: set[str]) -> bool:
    """Whether a branch turns on one of the names and leaves the function."""
    leaves = any(True for _ in nodes(branch, "return_statement", "throw_statement"))
    return leaves and bool(_used(branch) & names)


def imports_for(statements: list[Node], source: SourceFile, target: SourceFile, body: Node) -> tuple[Edit, ...] | None:
    """The imports that copied statements need in another file; None when they use what cannot be brought along."""
    made = set[str]().union(*(_made(s) for s in statements))
    needed = set[str]().union(*(_used(s) for s in statements)) - made - _GLOBALS
    function = body.parent
    if made & {text(n) for n in nodes(body, "identifier", "shorthand_property_identifier_pattern")}:
        return None  # a name would be declared twice
    known = _parameters(function) if function is not None else set[str]()
    edits: list[Edit] = []
    for name in sorted(needed - known):
        if source.path == target.path:
            continue
        if (found := import_of(name, source, target)) is None:
            return None
        edits += found
    if source.path == target.path:
        local = _parameters(enclosing(statements[0], *_BODIES)) & needed
        return () if local <= known else None
    return tuple(edits)


def import_of(name: str, source: SourceFile, target: SourceFile) -> tuple[Edit, ...] | None:
    """The edit that imports a name as another file does; None where that file does not import it."""
    assert source.tree is not None
    for node in source.tree.root_node.children:
        if node.type not in ("import_statement", "lexical_declaration", "variable_declaration"):
            continue
        module = re.search(r"""(?:from|require\()\s*["']([^"']+)["']""", text(node))
        if module is None or name not in {
            text(n) for n in nodes(node, "identifier", "shorthand_property_identifier_pattern")
        }:
            continue
        braced = re.search(rf"\{{[^}}]*\b{re.escape(name)}\b[^}}]*\}}", text(node))
        return ensure_import(target, f"{{ {name} }}" if braced else name, _module(module[1], source, target))
    if any(name in _made(n) for n in source.tree.root_node.children):
        module_path = posixpath.relpath(str(source.path.with_suffix("")), str(target.path.parent))
        exported = re.search(
            rf"export\s+(?:async\s+)?(?:function|const)\s+{re.escape(name)}\b|exports[^\n]*\b{re.escape(name)}\b",
            source.text,
        )
        dotted = module_path if module_path.startswith(".") else f"./{module_path}"
        return ensure_import(target, f"{{ {name} }}", dotted) if exported else None
    return None


def _module(name: str, source: SourceFile, target: SourceFile) -> str:
    """A relative module path as it is from another folder."""
    if not name.startswith("."):
        return name
    absolute = posixpath.normpath(str(PurePosixPath(source.path.parent) / name))
    moved = posixpath.relpath(absolute, str(target.path.parent))
    return moved if moved.startswith(".") else f"./{moved}"


def _made(statement: Node) -> set[str]:
    """The names that a declaration makes."""
    made = set()
    for one in nodes(statement, "variable_declarator"):
        name = one.child_by_field_name("name")
        if name is not None:
            made |= {text(n) for n in nodes(name, "identifier", "shorthand_property_identifier_pattern")}
    return made | {text(n.child_by_field_name("name")) for n in nodes(statement, "function_declaration")}


def _used(statement: Node) -> set[str]:
    return {text(n) for n in nodes(statement, *_NAMES)} - _made(statement)


def _parameters(function: Node | None) -> set[str]:
    listed = function.child_by_field_name("parameters") if function is not None else None
    listed = listed or (function.child_by_field_name("parameter") if function is not None else None)
    return {text(n) for n in nodes(listed, "identifier", "shorthand_property_identifier_pattern")} if listed else set()
