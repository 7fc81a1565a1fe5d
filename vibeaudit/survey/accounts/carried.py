"""Whole rows of accounts, with the password's hash, in what the browser keeps: signed tokens, sessions in cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import AppModel, Table
from vibeaudit.source.testing import is_test
from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.scenes import function_of, home
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.rows_answered import cleaned, names_of
from vibeaudit.survey.rows_read import secret_column
from vibeaudit.survey.whole_rows import read_whole

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SIGNS = re.compile(
    r"(?i)(?:^|\.)(?:jwt\.encode|(?:jwt|jsonwebtoken)\.sign|jwt_?service\.sign(?:Async)?|create_(?:access|refresh)_token"
    r"|new\.SignJWT|SignJWT)$"
)
_COOKIE = re.compile(r"(?i)^(?:res|response|resp|reply|ctx\.cookies|cookies)(?:\(\))?\.(?:cookie|set_?cookie|set)$")
_HINT = re.compile(rb"(?i)jwt|create_access_token|set_?cookie|\.cookie\(|\bsession\b|cookies\(")
_FLASK = re.compile(rb"from flask import[^\n#]*(?:\([^)]*)?\bsession\b|\bflask\.session\b")
_ON_SERVER = re.compile(rb"(?i)flask[_-]session")
_IN_COOKIE = re.compile(rb"['\"](?:cookie-session|iron-session|client-sessions|@fastify/secure-session)")
_SCRIPT_SESSION = re.compile(r"^(?:req|request|ctx|c|this)?\.?session\.\w+$")
_AS_IT_IS = re.compile(r"(?:^|\.)(?:dict|toObject|toJSON|stringify|dumps|model_to_dict|lean|get)$")
_HOLDS = frozenset(
    "object pair dictionary spread_element dictionary_splat parenthesized_expression as_expression".split()
)


def carried(project: Project, tables: tuple[Table, ...]) -> Iterator[tuple[Module, Node, str]]:
    """(module, where the row is put in, its secret column)."""
    app = AppModel(tables=tables)
    if not any(secret_column(app, t.name) for t in tables):
        return
    for module in project.hinted(_HINT, "python", *javascript.LANGUAGES):
        if is_test(module.path):
            continue
        for put in _puts(project, module):
            for name in _whole_names(module, put):
                found = _origin(project, app, module, put, name)
                if found is not None:
                    yield found
                    break


def _puts(project: Project, module: Module) -> Iterator[Node]:
    """The values that go into a token, a cookie, or a session that is kept in one."""
    for call in module.calls:
        if _SIGNS.search(call.name):
            yield from call.args[:1]
            yield from (
                v for k, v in call.keywords.items() if k in ("identity", "additional_claims", "payload", "claims")
            )
        elif _COOKIE.search(call.name):
            yield from (*call.args[1:2], *(v for k, v in call.keywords.items() if k == "value"))
    if module.kind == "python":
        if _FLASK.search(module.file.data) and not project.says(_ON_SERVER, "python"):
            yield from (a.value for a in module.assigns if _into_flask(a.node))
    elif project.says(_IN_COOKIE, *javascript.LANGUAGES):
        yield from (a.value for a in module.assigns if any(_SCRIPT_SESSION.match(t) for t in a.targets))


def _into_flask(assign: Node) -> bool:
    return re.match(r"(?:flask\.)?session\[", text_of(assign)) is not None


def _whole_names(module: Module, node: Node) -> Iterator[str]:
    """The names whose whole value a value holds: `user`, `{ user }`, `{ ...user._doc }`, `dict(user)`."""
    if node.type in ("identifier", "shorthand_property_identifier"):
        yield text_of(node)
    elif node.type in ("call", "call_expression"):
        call = module.call_at(node)
        if call is not None and _AS_IT_IS.search(call.name):
            holder = call.name.rpartition(".")[0]
            if call.args and holder in ("", "JSON", "json"):
                yield from _whole_names(module, call.args[0])
            elif holder.isidentifier():
                yield holder
    elif node.type in ("member_expression", "attribute"):
        holder, _, last = text_of(node).rpartition(".")
        if last in ("_doc", "dataValues", "__dict__") and holder.isidentifier():
            yield holder
    elif node.type == "pair":
        value = node.child_by_field_name("value")
        yield from _whole_names(module, value) if value is not None else ()
    elif node.type in _HOLDS:
        for child in node.named_children:
            yield from _whole_names(module, child)


def _origin(
    project: Project, app: AppModel, module: Module, put: Node, name: str, depth: int = 0
) -> tuple[Module, Node, str] | None:
    """Where a whole row is put under this name: here, or by who calls the function with it."""
    scene = home(module, put)
    if scene is None or cleaned(text_of(scene), name):
        return None
    given = [a for a in module.assigns_in(scene) if name in a.targets and a.node.start_byte < put.start_byte]
    for call in module.calls_in(scene):
        if call.node.start_byte > put.start_byte or name not in (names_of(module, scene, call) or ()):
            continue
        if column := read_whole(project, app, module, call):
            return module, put, column
    apart = bool(given) and re.match(r"[^=]*[{\[]", text_of(given[-1].node)) is not None  # `{ password, ...rest } =`
    if given and depth < 2 and not apart:  # `const plain = user.toObject()`
        for inner in _whole_names(module, given[-1].value):
            if inner != name:
                return _origin(project, app, module, given[-1].value, inner, depth + 1) and _origin(
                    project, app, module, put, inner, depth + 1
                )
    return _handed(project, app, module, scene, name) if not given and depth < 1 else None


def _handed(project: Project, app: AppModel, module: Module, scene: Node, name: str) -> tuple[Module, Node, str] | None:
    function = function_of(module, scene)
    names = [p.name for p in function.params if p.name not in ("self", "cls")] if function is not None else []
    if function is None or name not in names:
        return None
    last, at = function.name.rpartition(".")[2], names.index(name)
    for other in project.hinted(
        re.compile(rb"\b" + re.escape(last.encode()) + rb"\("), "python", *javascript.LANGUAGES
    ):
        for call in other.calls if not is_test(other.path) else ():
            given = _argument(call, last, at, name)
            if given is None or project.function_called(other, call) is None:
                continue
            for inner in _whole_names(other, given):
                if found := _origin(project, app, other, given, inner, 1):
                    return found
    return None


def _argument(call: Call, function: str, at: int, name: str) -> Node | None:
    if call.last != function:
        return None
    return call.keywords.get(name) or (call.args[at] if len(call.args) > at else None)
