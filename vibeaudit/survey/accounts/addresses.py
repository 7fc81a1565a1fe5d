"""Accounts whose e-mail address is changed without a password and without asking the new address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey import people
from vibeaudit.survey.accounts.scenes import bare_text, function_of, reached
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_EMAIL = re.compile(r"(?i)^(?:user_?)?e_?mail(?:_?address)?$")
_SELF = re.compile(
    r"(?i)^(?:current_?user|(?:request|req|g|self\.request)\.user|user|me|account|profile|customer|member)$"
)
_OWN = re.compile(r"(?i)(?:current_?user|(?:request|req|g|self\.request)\.user)\b")
_KEEPS = re.compile(r"\.(?:commit|save|asave|flush)\(|\bupdate_session_auth_hash\(")
_UPDATES = frozenset("update updateOne update_one findByIdAndUpdate findOneAndUpdate find_one_and_update".split())
_PEOPLE = re.compile(rf"(?i){people.SOMEBODY}|profile|people")
_RUNS = re.compile(r"^(?:execute\w*|query\w*|run|none|one|\$?executeRaw\w*)$")
_SQL = re.compile(
    rf"(?i)\bupdate\s+[`\"\[]?\w*(?:{people.SOMEBODY}|profile)\w*[`\"\]]?\s+set\b"
    r"(?:(?!\bwhere\b)[^;])*?\be_?mail\w*[`\"]?\s*="
)
# whatever asks for a password or for the word of the new address
_ASKS = re.compile(
    r"(?i)check_?passw|verify|compare|authenticate\(|token|confirm(?!_?passw)|\bcode\b|\botp|pending|new_?email|re-?auth"
    r"|current_?passw|old_?passw|passw\w*_?hash\(|sudo|provider|oauth"
)
_OTHERS = frozenset("admin admins staff register signup webhook webhooks seed import invite callback sync".split())


def changed_unasked(project: Project, route: Route) -> tuple[Module, Node] | None:
    """Where a handler for people who are signed in writes a new address into their account."""
    said = words(route.path) | words(route.handler)
    if not _for_signed_in(route):
        return None
    others = bool(said & _OTHERS) or route.has("authorization")
    handler = handler_of(project, route)
    if handler is None:
        return None
    module, body = handler
    for place, node in reached(project, module, body):
        found = next(_writes(place, node, bare_text(project, place, node)), None)
        if found is not None and (not others or _OWN.match(text_of(found))):
            return None if _asked(project, module, body, found) else (place, found)
    return None


def _asked(project: Project, module: Module, body: Node, write: Node) -> bool:
    """Whether the handler, or what it calls about passwords and addresses, asks for a proof on the way to the write."""
    way = _way_to(project, module, body, write)
    for place, node in reached(project, module, body):
        holds = node is body or node.start_byte <= write.start_byte < node.end_byte
        text = _way_to(project, place, node, write) if holds else bare_text(project, place, node)
        if holds and _ASKS.search(text):
            return True
        function = function_of(place, node)
        called = function is not None and re.search(rf"\b{re.escape(function.name)}\b", way) is not None
        if called and _ASKS.search(text) and re.search(r"(?i)passw|mail\b", text):
            return True
    return False


def _way_to(project: Project, module: Module, node: Node, write: Node) -> str:
    """The text of a function without the arms of conditions that the write does not stand in."""
    text = bytearray(bare_text(project, module, node).encode())
    up = write.parent
    inside = write
    while up is not None and up.start_byte >= node.start_byte:
        if up.type in ("if_statement", "elif_clause") and up.child_by_field_name("condition") != inside:
            for arm in up.named_children:
                if arm != inside and arm.type in ("block", "statement_block", "elif_clause", "else_clause"):
                    start, end = arm.start_byte - node.start_byte, arm.end_byte - node.start_byte
                    text[start:end] = b" " * (end - start)
        inside, up = up, up.parent
    return text.decode("utf-8", "replace")


def _for_signed_in(route: Route) -> bool:
    return any(g.kind == "authentication" for g in route.guards)


def _writes(module: Module, node: Node, text: str) -> Iterator[Node]:
    for assign in module.assigns_in(node) if _KEEPS.search(text) else ():
        for target in assign.targets:
            holder, _, last = target.rpartition(".")
            if _EMAIL.match(last) and _SELF.match(holder) and _is_given(assign.value):
                yield assign.node
    for call in module.calls_in(node):
        if call.last == "sqlmodel_update" and _OWN.match(call.name) and re.search(r"\w\.email\b", text):
            yield call.node  # every field that was sent, the address among them
        by_model = call.last in _UPDATES and _PEOPLE.search(call.name.rpartition(".")[0]) and _holds_email(call)
        if by_model or (_RUNS.match(call.last) and call.args and _SQL.search(text_of(call.args[0])[:2000])):
            yield call.node


def _is_given(value: Node) -> bool:
    return value.type not in ("string", "none", "null") and ".email.lower()" not in text_of(value)


def _holds_email(call: Call) -> bool:
    """Whether one of the objects that it writes names the address; not the one that says which row."""
    if any(_EMAIL.match(k) for k in call.keywords):
        return True
    waiting = [(a, 0) for a in call.args if a.type in ("object", "dictionary")]
    first = call.args[0] if call.args else None
    while waiting:
        held, depth = waiting.pop()
        for child in held.named_children:
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            named = text_of(key or child).strip("'\"")
            writes = depth > 0 or held is not first or call.last == "update"
            if writes and _EMAIL.match(named) and child.type in ("pair", "shorthand_property_identifier"):
                return depth > 0 or len(call.args) > 1
            if value is not None and value.type in ("object", "dictionary") and named in ("data", "$set"):
                waiting.append((value, depth + 1))
    return False
