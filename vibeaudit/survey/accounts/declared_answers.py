"""Passwords and their like among the fields that a FastAPI operation declares to answer with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Route
from vibeaudit.survey.accounts.schemas import declared
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Call, Klass, Module, text_of
from vibeaudit.survey.handlers import handler_of, node_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SECRET = re.compile(
    r"(?:\w+_)?(?:password|passwd|pwd)(?:_?(?:hash|digest))?|hashed_?password|pass_?hash|(?:password_?)?salt"
    r"|(?:totp|otp|mfa|two_?factor)_?secret|(?:reset|recovery|verification)_?token|cvv2?|cvc|card_?number|ssn",
    re.IGNORECASE,
)
_SAYS_ABOUT = re.compile(
    r"(?i)^(?:has|is|must|needs?|require[sd]?|change|forgot|last|no)_|_(?:at|on|date|set|strength)$"
)
_KEPT_BACK = re.compile(r"\bSecretStr\b|\bClassVar\b|\bMapped\[|\bexclude\s*=\s*True|\bbool\b|\bdatetime\b")
_NAME = re.compile(r"\b(?:\w+\.)*[A-Z]\w*[a-z]\w*")
_MAX_DEPTH = 3


def declared_secrets(project: Project, route: Route) -> Iterator[tuple[Module, Node]]:
    """The field of the schema; for a table that is answered as it is, the place that names it."""
    module = project.module(str(route.location.path)) if route.framework == "fastapi" else None
    node = node_of(module, route.location) if module is not None else None
    call = module.call_at(node) if module is not None and node is not None else None
    if module is None or call is None or "exclude" in text_of(call.keywords.get("response_model_exclude")):
        return
    model = call.keywords.get("response_model")
    handler = handler_of(project, route)
    if model is not None:
        sent = _sent(project, *handler) if handler is not None else set()
        for home, field in _fields(project, module, text_of(model), 0):
            if not _left_out(call, field):
                # what people are asked for and what they are told share the field: the answer is what is wrong
                yield (module, model) if home is None or field.start_byte in sent else (home, field)
        return
    if handler is not None:
        home, body = handler
        inner = body.child_by_field_name("definition") or body
        for place, field in _fields(project, home, text_of(inner.child_by_field_name("return_type")), 0):
            if place is not None:
                yield place, field


def _sent(project: Project, module: Module, body: Node) -> set[int]:
    """Where the fields begin that the models of a handler's parameters declare."""
    function = module.function_at(body)
    kinds = " ".join(p.type for p in function.params) if function is not None else ""
    return {field.start_byte for _, field in _fields(project, module, kinds, 0)}


def _left_out(call: Call, field: Node) -> bool:
    asked = "".join(text_of(v) for k, v in call.keywords.items() if k.startswith("response_model_"))
    return text_of(field.child_by_field_name("left")) in asked or "response_model_include" in call.keywords


def _fields(project: Project, module: Module, said: str, depth: int) -> Iterator[tuple[Module | None, Node]]:
    """The first such field of each model that a type names; without a module when the model is a table."""
    for name in dict.fromkeys(_NAME.findall(said)) if depth <= _MAX_DEPTH else ():
        line = lineage(project, module, name)
        seen: set[str] = set()
        for home, klass in line.classes if line else ():
            table = re.search(r"\btable\s*=\s*True", " ".join(klass.bases)) is not None
            for field in declared(klass):
                named, kind = text_of(field.child_by_field_name("left")), text_of(field.child_by_field_name("type"))
                if named in seen:
                    continue
                seen.add(named)
                if _is_shown(klass, field, named):
                    yield (None if table else home), field
                elif not table and name.rpartition(".")[2] not in kind:
                    yield from _fields(project, home, kind, depth + 1)


def _is_shown(klass: Klass, field: Node, named: str) -> bool:
    if _SECRET.fullmatch(named) is None or _SAYS_ABOUT.search(named) or _KEPT_BACK.search(text_of(field)):
        return False
    whole = text_of(klass.node)[:8000]
    return re.search(rf"(?:field_serializer|exclude\w*['\"]?\s*[:=])[^\n]*['\"]{named}['\"]", whole) is None
