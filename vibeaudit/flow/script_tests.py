"""What a JavaScript condition tells of the values in it."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.flow import errors, prefixes
from vibeaudit.flow.form import Fact, Path, Test
from vibeaudit.flow.lowering import text
from vibeaudit.flow.python_tests import unless_absent
from vibeaudit.flow.script_names import path_of

_SAME = frozenset(("toLowerCase", "toUpperCase", "trim", "toString"))
_MEMBER = frozenset(("includes", "has", "indexOf", "hasOwnProperty", "hasOwn"))
_NO_TEST = frozenset(("get", "find", "filter", "some", "existsSync", "isArray", "query", "keys", "fetch"))
_NUMBERS = frozenset(("isInteger", "isSafeInteger", "isFinite"))
_HOSTS = frozenset(("origin", "host", "hostname"))
MAX_DEPTH = 12


def facts_of(node: Node | None, depth: int = 0) -> Test:
    """Facts when it holds and when it fails; none for what is not understood."""
    if node is None or depth > MAX_DEPTH:
        return Test()
    if node.type in ("parenthesized_expression", "await_expression") and node.named_children:
        return facts_of(node.named_children[0], depth + 1)
    if (known := errors.debugging(text(node))) != Test():
        return known
    operator = text(node.child_by_field_name("operator"))
    if node.type == "unary_expression" and operator == "!":
        inner = facts_of(node.child_by_field_name("argument"), depth + 1)
        return Test(inner.fails, inner.holds)
    if node.type == "binary_expression":
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator in ("&&", "||"):
            first, second = facts_of(left, depth + 1), facts_of(right, depth + 1)
            if operator == "&&":
                return Test(first.holds | second.holds, first.fails & second.fails | unless_absent(first, second))
            return Test(first.holds & second.holds, first.fails | second.fails)
        return _compared(left, operator, right)
    if node.type == "call_expression":
        return _called(node)
    if node.type == "subscript_expression":  # ALLOWED[x]
        index = node.child_by_field_name("index")
        against = path_of(node.child_by_field_name("object"))
        return Test(frozenset(Fact(p, "allow-list", against) for p, same in _subjects(index) if same))
    if path := path_of(node):
        return Test(frozenset({Fact(path, "present")}) | errors.tells_kind(path))
    return Test()


def _compared(left: Node | None, operator: str, right: Node | None) -> Test:
    if left is None or right is None:
        return Test()
    if operator in _MIRRORED and (least := _least(left, operator, right)):
        return least
    if operator in _MIRRORED and left.type == "call_expression":  # list.indexOf(x) < 0
        inner = _called(left)
        return Test(inner.fails, inner.holds) if operator in ("<", "<=") else inner
    if operator == "in":
        facts = frozenset(Fact(p, "allow-list", path_of(right)) for p, same in _subjects(left) if same)
        return Test(facts)
    if operator == "instanceof":
        return Test(errors.is_of_kind(path_of(left), text(right)))
    if operator not in ("==", "===", "!=", "!=="):
        return Test()
    if right.type == "unary_expression" and left.type == "call_expression":  # list.indexOf(x) === -1
        inner = _called(left)
        return Test(inner.fails, inner.holds) if operator.startswith("=") else inner
    left, right = (right, left) if left.type == "string" else (left, right)
    if left.type == "unary_expression" and text(left).startswith("typeof"):
        numeric = right.type == "string" and text(right)[1:-1] in ("number", "boolean", "bigint")
        textual = right.type == "string" and text(right)[1:-1] == "string"
        told = "integer-cast" if numeric else "plain-text" if textual else ""
        facts = frozenset(Fact(p, told) for p in (path_of(left.child_by_field_name("argument")),) if p and told)
    elif right.type in ("string", "number") and text(right)[1:-1] != "":
        facts = frozenset(Fact(p, "allow-list" if same else "part-checked") for p, same in _subjects(left))
        facts |= errors.tells_kind(path_of(left))
    elif right.type == "member_expression" or (right.type == "identifier" and _names_host(left)):
        facts = frozenset(Fact(p, "part-checked", path_of(right)) for p, _ in _subjects(left))
    else:
        return Test()
    return Test(facts) if operator.startswith("=") else Test(frozenset(), facts)


def _names_host(node: Node) -> bool:
    """`new URL(next, base).origin`"""
    return node.type == "member_expression" and text(node.child_by_field_name("property")) in _HOSTS


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _least(left: Node, operator: str, right: Node) -> Test | None:
    """`x <= 0`, `0 < x`: whether a number is known not to be negative."""
    if left.type == "number":
        left, operator, right = right, _MIRRORED[operator], left
    if right.type != "number" or (left.type == "call_expression" and "indexOf" in text(left)):
        return None
    facts = frozenset(Fact(p, "range-checked") for p, _ in _subjects(left))
    return Test(facts) if operator.startswith(">") else Test(frozenset(), facts)


def _called(node: Node) -> Test:
    """What a predicate's yes tells: `allowed.includes(x)`, `/^a$/.test(x)`, `x.startsWith("/")`, `isSafe(x)`."""
    function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    args = [a for a in listed.named_children if a.type != "comment"] if listed is not None else []
    path = path_of(function)
    name, subject = path[-1] if path else "", None
    if function is not None and function.type == "member_expression":
        name = text(function.child_by_field_name("property"))
        subject = function.child_by_field_name("object")
    if name in ("test", "exec"):
        said = prefixes.of_pattern(text(subject)) or "pattern-checked"
        return Test(frozenset(Fact(p, said if s else "part-checked") for a in args for p, s in _subjects(a)))
    if name == "startsWith" and args and (said := prefixes.of_start(text(args[0]))):
        if said == prefixes.ANY_HOST:
            return Test(frozenset(), frozenset(Fact(p, "part-checked") for p, _ in _subjects(subject)))
        return Test(frozenset(Fact(p, said) for p, _ in _subjects(subject)))
    if name in ("match", "startsWith", "endsWith"):
        label = {"match": "pattern-checked", "startsWith": "prefix-checked"}.get(name, "part-checked")
        facts = frozenset(Fact(p, label if s else "part-checked") for p, s in _subjects(subject))
        return Test(facts | _told(subject, args))
    if name in _MEMBER and args:
        if args[0].type == "string":  # x.includes("..")
            if prefixes.names_inside(text(args[0])):
                return Test(_told(subject, args))
            return Test(_told(subject, args), frozenset(Fact(p, "part-checked") for p, _ in _subjects(subject)))
        found = _subjects(args[-1] if name == "hasOwn" else args[0])
        return Test(frozenset(Fact(p, "allow-list" if s else "part-checked", path_of(subject)) for p, s in found))
    if name in ("isNaN",):
        return Test(frozenset(), frozenset(Fact(p, "integer-cast") for a in args for p, s in _subjects(a) if s))
    if name in _NUMBERS:
        return Test(frozenset(Fact(p, "integer-cast") for a in args for p, s in _subjects(a) if s))
    if name in _NO_TEST:
        return Test()
    return Test(frozenset(Fact(p, "checked", callee=path) for a in args for p, s in _subjects(a) if s))


def _told(subject: Node | None, args: list[Node]) -> frozenset[Fact]:
    """What a look for a fixed part of an error's sentence tells."""
    fixed = bool(args) and args[0].type == "string"
    return errors.says_kind(path_of(subject), text(args[0])[1:-1]) if fixed else frozenset()


def _subjects(node: Node | None, depth: int = 0) -> list[tuple[Path, bool]]:
    """The values that a test is about; whether it is about the whole of them."""
    if node is None or depth > 4:
        return []
    if path := path_of(node):
        return [(path, True)]
    if node.type in ("as_expression", "parenthesized_expression", "non_null_expression") and node.named_children:
        return _subjects(node.named_children[0], depth + 1)
    if node.type in ("call_expression", "new_expression"):
        function, listed = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        inner = listed.named_children if listed is not None else []
        given = [found for a in inner for found in _subjects(a, depth + 1)]
        if function is not None and function.type == "member_expression":
            same = text(function.child_by_field_name("property")) in _SAME
            found = _subjects(function.child_by_field_name("object"), depth + 1)
            return [(p, s and same) for p, s in found] + [(p, False) for p, _ in given]
        same = text(function) == "String"
        return [(p, s and same) for p, s in given]
    return [(p, False) for c in node.named_children for p, _ in _subjects(c, depth + 1)]
