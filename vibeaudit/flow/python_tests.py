"""What a Python condition tells of the values in it."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.flow import errors, prefixes
from vibeaudit.flow.form import Fact, Path, Test
from vibeaudit.flow.lowering import text
from vibeaudit.flow.python_names import path_of

_DIGITS = frozenset(("isdigit", "isdecimal", "isnumeric", "isalnum", "isidentifier", "isalpha"))
_SAME = frozenset(("lower", "upper", "strip", "casefold", "lstrip", "rstrip"))
_PATTERNS = frozenset(("match", "fullmatch", "search"))
_KINDS = {"int": "integer-cast", "float": "integer-cast", "(int, float)": "integer-cast", "str": "plain-text"}
_SCHEMES = re.compile(r"""\(?(?:\s*["']https?(?::/{0,2})?["']\s*,?)+\s*\)?""")
_HOSTS = frozenset(("netloc", "hostname"))
MAX_DEPTH = 12


def facts_of(node: Node | None, depth: int = 0) -> Test:
    """Facts when it holds and when it fails; none for what is not understood."""
    if node is None or depth > MAX_DEPTH:
        return Test()
    if node.type == "parenthesized_expression" and node.named_children:
        return facts_of(node.named_children[0], depth + 1)
    if (known := errors.debugging(text(node))) != Test():
        return known
    if node.type == "not_operator":
        inner = facts_of(node.child_by_field_name("argument"), depth + 1)
        return Test(inner.fails, inner.holds)
    if node.type == "boolean_operator":
        left, right = (facts_of(node.child_by_field_name(f), depth + 1) for f in ("left", "right"))
        if text(node.child_by_field_name("operator")) == "and":
            fails = left.fails & right.fails | unless_absent(left, right)
            return Test(_literal(left.holds | right.holds), fails)
        return Test(left.holds & right.holds, _literal(left.fails | right.fails))
    if node.type == "comparison_operator":
        return _compared(node)
    if node.type == "call":
        return Test(holds=_called(node))
    if path := path_of(node):
        told = frozenset({Fact(path, "part-checked")}) if path[-1] in _HOSTS and len(path) > 1 else frozenset[Fact]()
        return Test(frozenset({Fact(path, "present")}), told)  # an address without a host stays on this site
    if node.type == "named_expression":
        return facts_of(node.child_by_field_name("value"), depth + 1)
    return Test()


def unless_absent(left: Test, right: Test) -> frozenset[Fact]:
    """What is known where `x and not x.startswith("/")` fails: it starts so, or there is nothing in it."""
    there = {f.path for f in left.holds if f.label == "present"}
    return frozenset(f for f in right.fails if f.path in there)


def _literal(facts: frozenset[Fact]) -> frozenset[Fact]:
    """A text that starts with a quote, and holds no other, is a literal."""
    quoted = {f.path for f in facts if f.label == "quote-checked"}
    started = {f.path for f in facts if f.label == "prefix-checked"}
    return facts | {Fact(p, "literal-checked") for p in quoted & started}


def _compared(node: Node) -> Test:
    operands = node.named_children
    signs = [text(c) for c in node.children if not c.is_named]
    if least := _least(operands, signs):
        return least
    operator = " ".join(text(c) for c in node.children if not c.is_named or c.type in ("not in", "is not"))
    if len(operands) != 2:
        return Test()
    left, right = operands
    if operator in ("in", "not in"):
        if left.type == "string":  # ".." in path
            if prefixes.names_inside(text(left)) or _joined_whole(node, left, right):
                return Test()
            label = "quote-checked" if set(text(left)[1:-1].lstrip("\\")) <= {"'", '"'} else "part-checked"
            facts = frozenset(Fact(p, label) for p, _ in _subjects(right))
            return Test(frozenset(), facts) if operator == "in" else Test(facts, frozenset())
        against = path_of(right) or (path_of(right.child_by_field_name("function")) if right.type == "call" else ())
        facts = frozenset(Fact(p, "allow-list" if same else "part-checked", against) for p, same in _subjects(left))
    elif operator in ("==", "is", "!=", "is not"):
        left, right = (right, left) if left.type == "string" else (left, right)
        if right.type in ("none", "true", "false") or (right.type == "string" and text(right)[1:-1] == ""):
            return Test()
        label = "allow-list" if right.type in ("string", "integer") else "part-checked"
        if right.type in ("identifier", "call") and left.type == "identifier":
            return Test()
        facts = frozenset(Fact(p, label if same else "part-checked", path_of(right)) for p, same in _subjects(left))
    else:
        return Test()
    holds = operator in ("in", "==", "is")
    return Test(facts, frozenset()) if holds else Test(frozenset(), facts)


_UP = frozenset(("..", "../", "/.."))
_NOT_ABSOLUTE = re.compile(
    r"startswith|isabs|is_absolute|lstrip|basename|secure_filename|safe_join|realpath|resolve|abspath|normpath|commonpath|is_relative_to"
    r"|['\"]/['\"]|os\.sep\b|\.name\b"
)


def _joined_whole(node: Node, left: Node, right: Node) -> bool:
    """Whether only ".." is refused in a name that is then joined to a folder: an absolute name replaces the folder."""
    if text(left)[1:-1] not in _UP or right.type != "identifier":
        return False
    around = node.parent
    while around is not None and around.type != "function_definition":
        around = around.parent
    said, name = text(around) if around is not None else "", re.escape(text(right))
    joined = re.search(rf"\.join\([^()]+(?:\([^()]*\)[^()]*)*,\s*{name}\s*\)|\)?\s/\s{name}\b", said)
    return joined is not None and _NOT_ABSOLUTE.search(said) is None


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _least(operands: list[Node], signs: list[str]) -> Test | None:
    """`x <= 0`, `0 < x`, `1 <= x <= 9`: whether a number is known not to be negative."""
    if len(operands) != len(signs) + 1 or any(s not in _MIRRORED for s in signs):
        return None
    if len(operands) == 3 and operands[0].type in ("integer", "float"):
        return Test(at_least(operands[1], _MIRRORED[signs[0]])[0])
    if len(operands) != 2:
        return None
    left, right = operands
    if right.type in ("integer", "float"):
        return Test(*at_least(left, signs[0]))
    return Test(*at_least(right, _MIRRORED[signs[0]])) if left.type in ("integer", "float") else None


def at_least(subject: Node, sign: str) -> tuple[frozenset[Fact], frozenset[Fact]]:
    """What `subject SIGN number` tells when it holds, and when it does not."""
    facts = frozenset(Fact(p, "range-checked") for p, _ in _subjects(subject))
    return (facts, frozenset()) if sign.startswith(">") else (frozenset(), facts)


def _called(node: Node) -> frozenset[Fact]:
    """What a predicate's yes tells: `x.isdigit()`, `re.match(r, x)`, `x.startswith("/")`, `allowed(x)`."""
    function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    path = path_of(function)
    args = [a for a in listed.named_children if a.type != "comment"] if listed is not None else []
    name = (
        text(function.child_by_field_name("attribute")) if function is not None and function.type == "attribute" else ""
    )
    if name in _DIGITS and not args:
        return frozenset(Fact(path[:-1], "allow-list") for _ in (1,) if len(path) > 1)
    if name in _PATTERNS and args:
        return frozenset(
            Fact(p, "pattern-checked" if same else "part-checked")
            for p, same in _subjects(args[-1] if len(args) < 3 else args[1])
        )
    if name == "startswith" and args and _SCHEMES.fullmatch(text(args[0])):
        return frozenset()  # that it is an address says nothing of where it leads
    if name in ("startswith", "endswith", "is_relative_to", "relative_to"):
        subject = function.child_by_field_name("object") if function is not None else None
        facts = _subjects(subject)
        return frozenset(Fact(p, "prefix-checked" if name != "endswith" else "part-checked") for p, _ in facts)
    if path and path[0] in ("isinstance", "hasattr", "len", "callable", "any", "bool"):
        told = _KINDS.get(text(args[1]), "") if path[0] == "isinstance" and len(args) == 2 else ""
        if told and path_of(args[0]):
            return frozenset({Fact(path_of(args[0]), told)})
        return (
            errors.is_of_kind(path_of(args[0]), text(args[1]))
            if path[0] == "isinstance" and len(args) == 2
            else frozenset()
        )
    if name in ("get", "exists", "is_file", "is_dir", "has_key", "isfile", "isdir", "filter", "query", "get_json"):
        return frozenset()
    return frozenset(Fact(p, "checked", callee=path) for a in args for p, same in _subjects(a) if same)


def _subjects(node: Node | None, depth: int = 0) -> list[tuple[Path, bool]]:
    """The values that a test is about; whether it is about the whole of them."""
    if node is None or depth > 4:
        return []
    if node.type == "subscript" and any(c.type == "slice" for c in node.named_children):
        return [(p, False) for p, _ in _subjects(node.child_by_field_name("value"), depth + 1)]
    if path := path_of(node):
        return [(path, True)]
    if node.type == "call":
        function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        inner = [a for a in listed.named_children if a.type != "comment"] if listed is not None else []
        if function is not None and function.type == "attribute":
            name = text(function.child_by_field_name("attribute"))
            found = _subjects(function.child_by_field_name("object"), depth + 1)
            same = name in _SAME and not inner
            given = [(p, False) for a in inner for p, _ in _subjects(a, depth + 1)]
            return [(p, s and same) for p, s in found] + given
        same = text(function) == "str"
        return [(p, s and same) for a in inner for p, s in _subjects(a, depth + 1)]
    return [(p, False) for c in node.named_children for p, _ in _subjects(c, depth + 1)]
