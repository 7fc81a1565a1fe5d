"""Passwords that SQL writes: beside a statement, in it, or handed with it to the app's own function."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.passwords import HASHED, names_password
from vibeaudit.survey.accounts.scenes import bare_text
from vibeaudit.survey.accounts.written import PEOPLE, Write, hashes_a_text, is_password_node, leaves
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.javascript.query_helpers import handed_on, stated
from vibeaudit.survey.words import PASSWORDS_ABROAD

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SQL = re.compile(
    rf"\b(?P<insert>insert\s+(?:or\s+\w+\s+)?into)\s+[\w.`\"\[\]]+\s*\([^)]*\b(?P<column>\w*passw\w*|\w*{PASSWORDS_ABROAD}\w*|pwd|pass|pw|psw|mdp)\b"
    rf"|\bupdate\s+[\w.`\"\[\]]+\s+set\b[^;]*?\b(?P<set>\w*passw\w*|\w*{PASSWORDS_ABROAD}\w*|pwd|pass|pw|psw|mdp)[`\"]?\s*=",
    re.IGNORECASE,
)
_RUNS = re.compile(
    r"^(?:execute\w*|query\w*|run|exec|all|raw|none|one|prepare|text|\$?executeRaw\w*|\$?queryRaw\w*|sql|fetchrow|run_query|db_query|modify)$"
)
_TEXTS = ("string", "concatenated_string", "template_string")
_WRITING = re.compile(r"(?i)\(?[rbfu]{0,2}(?:\"\"\"|'{3}|[\"'`])\s*(?:insert\s|update\s)")
_SQL_HASHES = re.compile(r"(?i)\b(?:crypt|sha\d?|sha2|md5|password|gen_salt|pgp_sym_encrypt|aes_encrypt|digest)\s*\(")
_COLUMNS = re.compile(r"(?is)\binto\s+[\w.`\"\[\]]+\s*\((?P<columns>[^()]*)\)\s*values\s*\((?P<values>[^()]*)\)")
_PLACEHOLDER = re.compile(r"\?|%s|\$\d+")


def of_sql(project: Project, module: Module, call: Call, scene: Node) -> Iterator[Write] | None:
    """What a call that is given SQL writes; None for other calls."""
    if _is_helper(project, module, call):
        return _of_helper(project, module, call, scene)
    if call.args and (_RUNS.match(call.last or call.name) or _is_statement(call.args[0])):
        return _of_statement(project, module, call, scene)
    return None


def _is_statement(node: Node) -> bool:
    """Whether the app's own helper is handed a statement: `store.change("INSERT INTO ...", ...)`."""
    return node.type in _TEXTS and _WRITING.match(text_of(node)[:60]) is not None


def _of_statement(project: Project, module: Module, call: Call, scene: Node) -> Iterator[Write]:
    """The password that an INSERT or UPDATE is given: beside the statement, or written into it."""
    statement = call.args[0]
    said = bare_text(project, module, statement)
    if statement.type == "identifier":
        given = [a for a in module.assigns_in(scene) if text_of(statement) in a.targets]
        given = [a for a in given if a.node.start_byte < call.node.start_byte]
        if not given:
            return
        statement, said = given[-1].value, bare_text(project, module, given[-1].value)
    match = _SQL.search(said[:4000])
    if match is None or _SQL_HASHES.search(said):
        return
    how = "create" if match["insert"] else "update"
    if (value := _password_among(module, (*call.args[1:], statement))) is not None:
        yield Write(call.node, value, how, scene, "", by_statement=True)
        return
    if match["insert"] and (typed := _typed_password(module, call, said)) is not None:
        yield Write(call.node, typed, how, scene, "", by_statement=True)


def _is_helper(project: Project, module: Module, call: Call) -> bool:
    """Whether a call is given a statement and its values in one object, or by a function of the app's own."""
    if module.kind != "javascript" or not call.args:
        return False
    in_one = call.args[0].type == "object"
    if _RUNS.match(call.last or call.name) and not in_one:
        return False
    return (in_one and call.last in ("query", "execute")) or handed_on(project, module, call)


def _of_helper(project: Project, module: Module, call: Call, scene: Node) -> Iterator[Write]:
    """The password that the app's own function is given with an INSERT or UPDATE: `run({ query, values })`."""
    held = [_last_given(module, call, scene, n) for n in _members(call.args[0])] or [call.args[0]]
    held += [_last_given(module, call, scene, n) for n in call.args[1:]]
    match = next((m for n in held if (m := _SQL.search(bare_text(project, module, n)[:4000]))), None)
    if match is None or any(_SQL_HASHES.search(bare_text(project, module, n)) for n in held):
        return
    if (value := _password_among(module, held)) is not None:
        yield Write(call.node, value, "create" if match["insert"] else "update", scene, "", by_statement=True)


def _password_among(module: Module, nodes: Iterable[Node]) -> Node | None:
    """The first password that these expressions hold."""
    found = (v for node in nodes for v in leaves(node) if is_password_node(v) and not hashes_a_text(module, v))
    return next(found, None)


def _members(node: Node) -> list[Node]:
    """What an object holds, by its values and its short names."""
    found = []
    for child in node.named_children if node.type == "object" else ():
        value = child if child.type == "shorthand_property_identifier" else child.child_by_field_name("value")
        found += [value] if value is not None else []
    return found


def _last_given(module: Module, call: Call, scene: Node, node: Node) -> Node:
    """What a name was last given before the call; else the node itself."""
    if node.type not in ("identifier", "shorthand_property_identifier"):
        return node
    given = [a for a in module.assigns_in(scene) if a.targets == (text_of(node),)]
    given = [a for a in given if a.node.start_byte < call.node.start_byte]
    return given[-1].value if given else node


def _typed_password(module: Module, call: Call, said: str) -> Node | None:
    """The password among the values beside an INSERT that stands there as a text, or is hashed there from one."""
    for given in call.args[1:]:
        for value in leaves(given):
            made = module.call_at(value)
            if made is not None and made.args and HASHED.search(made.name) and made.args[0].type == "string":
                return value
        place = _place_of_password(said)
        if given.type in ("tuple", "list", "array") and 0 <= place < len(given.named_children):
            held = given.named_children[place]
            made = module.call_at(held)
            if held.type == "string" or (made is not None and len(made.args) == 1 and made.args[0].type == "string"):
                return held
    return None


def _place_of_password(said: str) -> int:
    """Which of a statement's placeholders is the password's; -1 when that cannot be told."""
    found = _COLUMNS.search(said)
    if found is None:
        return -1
    columns, values = _columns_and_values(found)
    at = next((n for n, c in enumerate(columns) if names_password(c)), -1)
    if at < 0 or at >= len(values) or not _PLACEHOLDER.fullmatch(values[at]):
        return -1
    return sum(1 for v in values[:at] if _PLACEHOLDER.fullmatch(v))


def _columns_and_values(found: re.Match[str]) -> tuple[list[str], list[str]]:
    columns = [c.strip().strip('`"[]') for c in found["columns"].split(",")]
    return columns, [v.strip() for v in found["values"].split(",")]


def written_in(project: Project, module: Module, call: Call) -> tuple[Node, str] | None:
    """The statement and the password of an INSERT that has the password of somebody's account written into it."""
    statement = stated(call.args[0]) if call.args else None
    if statement is None or not (_RUNS.match(call.last or call.name) or _is_statement(statement)):
        return None
    said = bare_text(project, module, statement)
    found = _COLUMNS.search(said)
    if found is None or _SQL_HASHES.search(said) or not PEOPLE.search(said[: found.start("columns")]):
        return None
    columns, values = _columns_and_values(found)
    at = next((n for n, c in enumerate(columns) if names_password(c)), len(values))
    literal = re.fullmatch(r"'([^'{}%]{3,60})'", values[at]) if at < len(values) == len(columns) else None
    return (statement, literal[1]) if literal is not None else None
