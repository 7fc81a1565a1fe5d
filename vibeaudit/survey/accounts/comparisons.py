"""Sign-ins that hold a typed password against the stored one, letter by letter: what is stored is the password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from vibeaudit.survey import people
from vibeaudit.survey.accounts.passwords import is_raw, key_of, names_password
from vibeaudit.survey.accounts.scenes import bare_text, home
from vibeaudit.survey.accounts.written import leaves
from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node, Query

    from vibeaudit.survey.project import Project

_ASKED = re.compile(
    r"(?i)\bwhere\b[^;]*?\b(?:\w+\.)?[`\"\[]?(?:passw(?:or)?d|passwd|pwd|pass|user_pass(?:word)?)[`\"\]]?\s*(?:=|like)"
)
_SQL_HASHES = re.compile(r"(?i)\b(?:crypt|sha\d?|sha2|md5|password|digest|encrypt)\s*\(")
_RUNS = re.compile(
    r"^(?:execute\w*|query\w*|run|exec|all|raw|get|each|none|one\w*|prepare|text|\$?queryRaw\w*|sql|fetch\w*)$"
)
_FINDS = frozenset(
    "filter filter_by get get_or_none find_one findOne find findFirst findUnique findOneBy where first exists count"
    " findBy aget".split()
)
_PEOPLE = re.compile(rf"(?i){people.SOMEBODY}|admin|people|login|objects|query|collection")
_TYPED_IN = re.compile(
    r"(?i)\b(?:req|request|form|body|data|inputs?|args|params|payload|dto|values|cleaned_data|state|process|env|environ|config"
    r"|settings|event|props|credentials?|query|old|new|confirm)\b|^(?:self|this|form\w*|\w*[fF]orm|(?-i:[A-Z_]+))$"
)
_TABLE = re.compile(
    r"(?i)(?:^|[._])(?:\w*_)?(?:users?|accounts?|credentials?|logins?|passwords?|user_?(?:db|store|table|map))$"
)
_HASHES = re.compile(r"(?i)bcrypt|scrypt|argon|pbkdf|hash|\bcrypt\b|encrypt|check_password|\bmd5\b|\bsha_?\d")
_AGAIN = re.compile(r"(?i)confirm|again|repeat|retype|2\b|verify|cpass|new|old")


@lru_cache
def _query(language: str) -> Query:
    from tree_sitter import Query

    from vibeaudit.source.trees import grammar

    return Query(grammar(language), "(comparison_operator) @c" if language == "python" else "(binary_expression) @c")


def compared_as_typed(project: Project, module: Module) -> Iterator[Node]:
    """The first such comparison of a file: one table is behind them all."""
    found = sorted((*_in_queries(project, module), *_in_code(project, module)), key=lambda f: f[1].start_byte)
    for scene, node in found:
        said = re.sub(r"(?i)import[^\n]*|require\([^)]*\)", " ", bare_text(project, module, scene))
        if scene.parent is not None and not _HASHES.search(said):
            yield node
            return


def _in_queries(project: Project, module: Module) -> Iterator[tuple[Node, Node]]:
    """`WHERE name = ? AND password = ?`, `find_one({"name": name, "password": password})`."""
    for call in module.calls:
        scene = home(module, call.node)
        if scene is None:
            continue
        by_sql = _RUNS.match(call.last or call.name) and call.args and _asks_sql(project, module, scene, call)
        found = call.last in _FINDS and _PEOPLE.search(call.name)
        if by_sql or (found and any(is_raw(project, module, scene, v) for v in _wanted(module, call))):
            yield scene, call.node


def _asks_sql(project: Project, module: Module, scene: Node, call: Call) -> bool:
    statement = call.args[0]
    if statement.type == "identifier":
        given = [a for a in module.assigns_in(scene) if text_of(statement) in a.targets]
        statement = given[-1].value if given else statement
    said = bare_text(project, module, statement)[:3000]
    if not _ASKED.search(said) or _SQL_HASHES.search(said) or re.match(r"(?i)\W*(?:update|insert|delete)\b", said):
        return False
    return any(is_raw(project, module, scene, n) for a in (*call.args[1:], statement) for n in leaves(a))


def _wanted(module: Module, call: Call) -> Iterator[Node]:
    yield from (v for k, v in call.keywords.items() if names_password(k))
    waiting = [a for a in call.args if a.type in ("object", "dictionary")]
    while waiting:
        for child in waiting.pop().named_children:
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if child.type == "shorthand_property_identifier" and names_password(text_of(child)):
                yield child
            elif key is not None and value is not None:
                if names_password(key_of(module, key)):
                    yield value
                elif key_of(module, key) == "where" and value.type == "object":
                    waiting.append(value)


def _in_code(project: Project, module: Module) -> Iterator[tuple[Node, Node]]:
    """`user.password == password`, `users[name] !== req.body.password`."""
    from tree_sitter import QueryCursor

    tree = module.file.tree
    captured = QueryCursor(_query(module.file.language)).captures(tree.root_node) if tree else {}
    for node in sorted(captured.get("c", ()), key=lambda n: n.start_byte):
        sides = node.named_children
        if len(sides) != 2 or not re.search(r"[!=]==?", text_of(node)) or _AGAIN.search(text_of(node)):
            continue
        scene = home(module, node)
        if scene is None:
            continue
        for stored, given in (sides, sides[::-1]):
            if _is_stored(module, stored) and not _is_stored(module, given) and is_raw(project, module, scene, given):
                yield scene, node
                break


def _is_stored(module: Module, node: Node) -> bool:
    """A password field of a row, or what a table of users holds under a name."""
    if node.type in ("call", "call_expression"):
        call = module.call_at(node)
        return call is not None and call.last == "get" and bool(_TABLE.search(call.name.rpartition(".")[0]))
    if node.type not in ("attribute", "member_expression", "subscript", "subscript_expression"):
        return False
    holder = text_of(node.child_by_field_name("object") or node.child_by_field_name("value"))
    last = node.child_by_field_name("attribute") or node.child_by_field_name("property")
    key = node.child_by_field_name("subscript") or node.child_by_field_name("index")
    if last is not None:
        return names_password(text_of(last)) and not _TYPED_IN.search(holder)
    if key is None:
        return False
    return (names_password(key_of(module, key)) and not _TYPED_IN.search(holder)) or (
        key.type == "identifier" and bool(_TABLE.search(holder))
    )
