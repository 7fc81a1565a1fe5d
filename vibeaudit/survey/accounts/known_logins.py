"""Accounts whose name and password both stand in the code: tables of users, logins that are filled in, connections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript, python
from vibeaudit.survey.accounts.passwords import key_of, names_password
from vibeaudit.survey.accounts.scenes import bare_text, home
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_NAMED = re.compile(
    r"(?i)(?:^|[._])(?:\w*_)?(?:users?|accounts?|credentials?|logins?|admins?|passwords?|members?|people|staff|user_?(?:db|store|table|list|map))$"
    r"|(?:Users|Accounts|Credentials|Logins|Passwords)$"
)
_WHO = re.compile(
    r"(?i)^(?:user_?name|user|e_?mail|email_?address|login|name|identifier|uid|username_or_email|account)$"
)
_ABOUT_PASSWORDS = re.compile(r"(?i)passw|pwd|\blogin\b|authenticate|credential")
_NO_PASSWORD = re.compile(
    r"(?i)^(?:password|passwd|pass|string|str|text|hidden|required|none|null|undefined|x+|\*+|•+|\.+|!|unusable|test|true|false|user|admin_role"
    r"|guest_role|viewer|editor|owner|member|staff|active|inactive|enabled|disabled)$"
    r"|\s|^\$|[{}<>]|^(?:https?:|/)|your|change|placeholder|example\b|invalid|error|\bmin\b|^\w+\.\w+\.\w+$|^pbkdf2|^argon|^scrypt"
    r"|^[0-9a-f]{32,}$|^errors?[._]|^auth[._/]"
)
_ROLE = re.compile(
    r"(?i)^(?:admin|administrator|user|superuser|moderator|manager|employee|customer|[A-Z][a-z]+ [A-Z][a-z]+)$"
)
_SAMPLE = re.compile(
    r"(?i)example|sample|mock|openapi|swagger|schema|label|placeholder|error|message|trans|i18n|locale|docs?$"
)
_FILLED = re.compile(
    r"(?i)\buse(?:State|Form|Formik|FormState)\b|defaultValues|initialValues|createConnection|createPool|DataSource"
    r"|new \w+\(|connect\(|Sequelize|create_engine|knex"
)
_MAX_ENTRIES = 40


def known_logins(project: Project, module: Module) -> Iterator[tuple[str, Node]]:
    """(kind, the first password) of each table of accounts and each login that code fills in."""
    told: set[int] = set()
    for assign in module.assigns:
        if any(_NAMED.search(t) for t in assign.targets) and (node := _of_table(project, module, assign.value)):
            told.add(node.start_byte)
            yield "opens an account with a fixed password", node
        for node in _listed(module, assign.value) if not _SAMPLE.search(" ".join(assign.targets)) else ():
            if node.start_byte not in told:
                told.add(node.start_byte)
                yield "opens an account with a fixed password", node
    for call in module.calls:
        who = next((v for k, v in call.keywords.items() if _WHO.match(k)), None)
        node = next((v for k, v in call.keywords.items() if names_password(k)), None)
        if who is not None and node is not None and _said(module, who) and _typed(module, node):
            yield "signs in with a fixed password", node
        if not _FILLED.search(text_of(call.node)[:200]):
            continue
        for arg in call.args:
            for held in _pairs_in(module, arg):
                if held.start_byte not in told:
                    told.add(held.start_byte)
                    yield "signs in with a fixed password", held


def _listed(module: Module, value: Node) -> Iterator[Node]:
    """`{ users: [{ email, password: hashSync("...") }], products: [...] }`: the first hashed there of each list."""
    if value.type != "object":
        return
    for pair in (c for c in islice(value.named_children, _MAX_ENTRIES) if c.type == "pair"):
        key, held = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is None or held is None or held.type != "array" or not _NAMED.search(key_of(module, key)):
            continue
        entries = (e for e in islice(held.named_children, _MAX_ENTRIES) if e.type == "object")
        hashed = (v for e in entries if (v := _hashed_of(module, e)) is not None)
        if (first := next(hashed, None)) is not None:
            yield first


def _hashed_of(module: Module, entry: Node) -> Node | None:
    """The password of an account that a literal is hashed for on the spot."""
    for pair in (c for c in entry.named_children if c.type == "pair"):
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        call = module.call_at(value) if value is not None else None
        if key is None or call is None or not call.args or call.args[0].type != "string":
            continue
        if names_password(key_of(module, key)) and re.search(r"(?i)hash|crypt", call.name):
            return value
    return None


def _of_table(project: Project, module: Module, value: Node) -> Node | None:
    value = (python if module.kind == "python" else javascript).unwrap(value)
    if value.type in ("dictionary", "object"):
        return _of_map(project, module, value)
    if value.type not in ("list", "array", "tuple"):
        return None
    scene = _around(project, module, value)
    for entry in islice(value.named_children, _MAX_ENTRIES):
        if entry.type in ("dictionary", "object"):
            if (held := _password_of(module, entry)) is not None:
                return held
        elif entry.type in ("tuple", "array", "list") and len(entry.named_children) >= 2:
            name, second = entry.named_children[:2]
            if _said(module, name) and _typed(module, second) and _inserts_password(scene):
                return second
    return None


def _inserts_password(scene: str) -> bool:
    return (
        re.search(
            r"(?i)insert\s[^;]*passw|create_user\(|set_password\(|\bpassword\s*=|\bfor\s+\w+\s*,\s*(?:p|pw|pwd|password)\b",
            scene,
        )
        is not None
    )


def _of_map(project: Project, module: Module, value: Node) -> Node | None:
    """`{"admin": "hunter2"}` where passwords are spoken of, `{"admin": {"password": "hunter2"}}`."""
    pairs = [c for c in islice(value.named_children, _MAX_ENTRIES) if c.type == "pair"]
    for pair in pairs:
        inner = pair.child_by_field_name("value")
        if (
            inner is not None
            and inner.type in ("dictionary", "object")
            and (held := _password_of(module, inner, False))
        ):
            return held
    said = [v for p in pairs if (v := p.child_by_field_name("value")) is not None]
    keys = [key_of(module, k) for p in pairs if (k := p.child_by_field_name("key")) is not None]
    if not said or len(said) != len(value.named_children) or not all(_typed(module, v) for v in said):
        return None
    if any(_WHO.match(k) or names_password(k) for k in keys) or all(_ROLE.match(_said(module, v)) for v in said):
        return None
    return said[0] if _ABOUT_PASSWORDS.search(_around(project, module, value)) else None


def _around(project: Project, module: Module, node: Node) -> str:
    scene = home(module, node)
    return bare_text(project, module, scene) if scene is not None else module.file.text[:20_000]


def _pairs_in(module: Module, node: Node, depth: int = 0) -> Iterator[Node]:
    """The literal passwords in an object that names who signs in with them, however deep it lies in an argument."""
    if depth > 3 or node.type not in ("object", "dictionary"):
        return
    if (held := _password_of(module, node)) is not None:
        yield held
    for child in node.named_children:
        key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
        if key is not None and value is not None and not _SAMPLE.search(text_of(key)):
            yield from _pairs_in(module, value, depth + 1)


def _password_of(module: Module, node: Node, with_name: bool = True) -> Node | None:
    """The literal password of one account's object."""
    fields = {
        key_of(module, k): v
        for c in node.named_children
        if (k := c.child_by_field_name("key")) is not None and (v := c.child_by_field_name("value")) is not None
    }
    held = next((v for k, v in fields.items() if names_password(k)), None)
    named = not with_name or any(_WHO.match(k) and _said(module, v) for k, v in fields.items())
    return held if held is not None and named and _typed(module, held) else None


def _said(module: Module, node: Node) -> str:
    said = (python if module.kind == "python" else javascript).string_of(node)
    return "" if " " in said else said


def _typed(module: Module, node: Node) -> bool:
    said = _said(module, node)
    return len(said) >= 3 and not _NO_PASSWORD.search(said)
