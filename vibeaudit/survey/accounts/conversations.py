"""Logged values that carry more than their name says: what arrives at a socket, what a model answers, the answer to a
sign-in that holds the token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.log_words import about_signing_in
from vibeaudit.survey.accounts.scenes import bare_text, reached
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_SOCKETS = re.compile(rb"""['"](?:socket\.io|ws|@nestjs/websockets|websocket|sockjs)['"]""")
_RECEIVER = re.compile(r"(?i)(?:^|\.)\w*(?:socket|client|ws|conn|connection|peer)$")
_OWN_EVENTS = frozenset(
    "connection connect disconnect disconnecting error connect_error close open end ping pong".split()
)
_FUNCTIONS = frozenset(("arrow_function", "function_expression"))
_WORDS = re.compile(
    r"(?i)\w{0,60}(?:message|messages|msg|prompt|text|content|body|question|reply|answer|conversation|transcript)"
)
_ANSWER = re.compile(
    r"(?i)(?:\w+_)?(?:reply|answer|response_?text|completion|ai_?response|bot_?response|llm_?(?:response|output)"
    r"|model_?(?:response|output)|generated_?text|\w*Reply|\w*Answer)"
)
_ASKS_MODEL = re.compile(
    r"\.(?:completions|messages|responses)\.create\(|\bgenerate_?[cC]ontent(?:_stream|Stream)?\(|\bgenerateText\("
    r"|\bstreamText\(|\bsend_?[mM]essage\(|\bchat_?[cC]ompletion\("
)
_MODELS = re.compile(rb"(?i)openai|anthropic|generative-?ai|genai|gemini|langchain|llm|ollama|mistral|groq|cohere")
_STEPS = 4


def said_on_a_socket(module: Module, node: Node) -> bool:
    """Whether the value is what another person's browser sent as an event, or the words of it."""
    if module.kind != "javascript" or not _SOCKETS.search(module.file.data):
        return False
    taken = frozenset(_sent(module, node))
    if not taken:
        return False
    if text_of(node) in taken:
        return True
    own = text_of(node.child_by_field_name("property")) if node.type == "member_expression" else text_of(node)
    if not _WORDS.fullmatch(own):
        return False
    name = _root(node)
    for _ in range(_STEPS):
        if name in taken:
            return True
        given = [a.value for a in module.assigns if a.targets == (name,) and a.node.end_byte <= node.start_byte]
        if not given or _root(given[-1]) == name:
            return False
        name = _root(given[-1])
    return False


def answered_by_model(project: Project, module: Module, scene: Node, node: Node) -> bool:
    """Whether the name holds what a language model said to somebody."""
    if node.type != "identifier" or not _ANSWER.fullmatch(text_of(node)):
        return False
    given = [a.value for a in module.assigns_in(scene) if a.targets == (text_of(node),)]
    if not given:
        return False
    said = text_of(scene) if _MODELS.search(module.file.data) else ""
    if _ASKS_MODEL.search(said):
        return True
    return any(
        _MODELS.search(where.file.data) and _ASKS_MODEL.search(bare_text(project, where, body))
        for where, body in reached(project, module, given[-1])[1:]
    )


def holds_login_token(module: Module, scene: Node, node: Node) -> bool:
    """Whether the function takes a login token out of the very thing that it logs."""
    if node.type not in ("identifier", "member_expression", "attribute") or not about_signing_in(scene):
        return False
    held = rf"(?<![\w.]){re.escape(text_of(node))}[?!]?(?:\.data)?"
    token = r"(?:access|auth|refresh|jwt|id|session)?_?(?:[tT]oken|jwt)\b"
    return (
        re.search(rf"{held}(?:\??\.{token}|\[['\"]{token}['\"]\]|\.get\(['\"]{token}['\"])", text_of(scene)) is not None
    )


def _sent(module: Module, node: Node) -> Iterator[str]:
    """What the functions around the node that listen to a socket take first."""
    up = node.parent
    while up is not None:
        if up.type in _FUNCTIONS and up.parent is not None and up.parent.type == "arguments":
            call = module.call_at(up.parent.parent) if up.parent.parent is not None else None
            holder, _, last = call.name.rpartition(".") if call is not None else ("", "", "")
            event = javascript.string_of(call.args[0]) if call is not None and call.args else ""
            function = module.function_at(up)
            if (
                last == "on"
                and event
                and event not in _OWN_EVENTS
                and _RECEIVER.search(holder)
                and function is not None
            ):
                yield from (p.name for p in function.params[:1])
        up = up.parent


def _root(node: Node) -> str:
    """The name that an expression starts from: `data` of `(data.message || "").trim()`."""
    for _ in range(20):
        if node.type == "identifier":
            return text_of(node)
        inner = next((c for f in ("object", "function", "left") if (c := node.child_by_field_name(f))), None)
        if inner is None and node.type in ("parenthesized_expression", "await_expression", "non_null_expression"):
            inner = node.named_children[0] if node.named_children else None
        if inner is None:
            return ""
        node = inner
    return ""
