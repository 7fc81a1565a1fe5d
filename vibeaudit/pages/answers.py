"""Handlers that put an HTML page together themselves: what they answer as text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.pages.renders import returned
from vibeaudit.pages.sinks import Sink
from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.model import Route

HINT = re.compile(rb"<\s*[a-zA-Z!]|Markup\(|mark_safe\(")
_RESPONSES = frozenset(
    ("HTMLResponse", "HttpResponse", "make_response", "Response", "Markup", "mark_safe", "SafeString")
)
_MARKS = frozenset(("Markup", "mark_safe", "SafeString"))
_SENDS = re.compile(r"^(?:res|response|reply|ctx|c)\.(?:[\w.]+\.)?(?:send|end|write|html)$|^(?:new\.)?Response$")
_TAG = re.compile(r"<\s*(?:[a-zA-Z][\w-]*[\s/>]|!doctype)", re.IGNORECASE)
_BUILT = frozenset(
    ("template_string", "binary_expression", "string", "binary_operator", "concatenated_string", "identifier")
)


def answers(module: Module, routes: dict[tuple[str, int], Route]) -> Iterator[Sink]:
    """The places of a module where text that holds tags becomes an answer."""
    for call in module.calls:
        if (value := _value(module, call)) is not None:
            yield Sink(call.last, call.node, value)
    if module.kind != "python":
        return
    for function in module.functions:
        first, last = function.node.start_point[0] + 1, function.body.start_point[0] + 1
        route = next((r for n in range(first, last + 1) if (r := routes.get((module.path, n)))), None)
        if route is None or not (route.framework in ("flask", "bottle") or _answers_html(function)):
            continue
        for node in returned(function.body):
            value = node.named_children[0] if node.type == "expression_list" and node.named_children else node
            if module.call_at(value) is None and _holds_tags(module, value):
                yield Sink("return", value, value)


def _answers_html(function: Function) -> bool:
    """`@app.get("/", response_class=HTMLResponse)`"""
    return any("response_class=HTMLResponse" in text_of(d).replace(" ", "") for d in function.decorators)


def _value(module: Module, call: Call) -> Node | None:
    if not call.args and "content" not in call.keywords:
        return None
    value = call.args[0] if call.args else call.keywords["content"]
    if module.kind == "python":
        if call.last not in _RESPONSES or (call.last not in _MARKS and not _holds_tags(module, value)):
            return None
        return value
    return value if _SENDS.match(call.name) and _holds_tags(module, value) else None


def _holds_tags(module: Module, value: Node) -> bool:
    """Whether the text, or one that its name stands for, has HTML tags in it."""
    if value.type not in _BUILT:
        return False
    if _TAG.search(text_of(value)[:20_000]):
        return True
    if value.type != "identifier":
        return False
    name = text_of(value)
    return any(_TAG.search(text_of(a.value)[:20_000]) for a in module.assigns if name in a.targets)
