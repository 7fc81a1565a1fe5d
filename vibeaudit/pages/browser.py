"""Whose text a value is in the browser: the page's address, another window, the server, a function's caller."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.analyzers.pattern_origins import ORIGINS
from vibeaudit.pages import served, words
from vibeaudit.pages.inline import FILLED
from vibeaudit.pages.origin_judge import Judge
from vibeaudit.pages.origin_names import Frame
from vibeaudit.pages.origins import Origin
from vibeaudit.pages.page import Path, last_name
from vibeaudit.survey.code import Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_ANSWER = re.compile(
    r"^(?:window\.)?(?:fetch|axios|ky|\$http|superagent|\$\.(?:get|post|ajax|getJSON)|jQuery\.(?:get|post|ajax|getJSON))\b"
)
_STORED = re.compile(r"(?:window\.)?(?:localStorage|sessionStorage)\b|\w+\.(?:responseText|responseXML|response)$")
_FIELD = re.compile(r"\.(?:value|innerText|textContent|innerHTML|outerHTML)$|\.(?:val|text|html)\(\)$")
_EVENTS = re.compile(r"^(?:on|once|addListener|subscribe|onmessage|onSnapshot|listen)$")
_SELF = re.compile(r"^(?:document\.(?:cookie|title|baseURI)|window\.innerWidth|performance|navigator)\b")


@dataclass
class BrowserJudge(Judge):
    """A judge of scripts that run in the visitor's browser. `fields`: whether a field of what another side sent was
    met, and not only all of it, as when a server answers with a piece of a page."""

    fields: bool = False

    def start(self, module: Module, node: Node, path: Path, leading: bool = False) -> Origin:
        self.fields = node.type in ("binary_expression", "template_string")
        return super().start(module, node, path, leading)

    def _answered(self, path: Path) -> Origin:
        self.fields = self.fields or bool(path)
        return Origin.STORED

    def _known(self, module: Module, node: Node) -> Origin | None:
        text = text_of(node)[:300]
        if ORIGINS["browser-input"].match(text):
            return Origin.CALLER
        if ORIGINS["model-output"].match(text) or _STORED.match(text):
            return Origin.STORED
        if _SELF.match(text):
            return Origin.OWN
        if _FIELD.search(text):
            return Origin.UNKNOWN if text.endswith((".value", ".val()")) else Origin.OWN
        call = module.call_at(node)
        if call is not None and _ANSWER.match(call.name):
            return Origin.STORED
        awaited = node.parent is not None and node.parent.type == "await_expression"
        if call is not None and awaited and _reader(call.name) and not self.project.function_called(module, call):
            return Origin.STORED
        return None

    def of(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        if node.type == "identifier" and text_of(node) == FILLED:
            return Origin.OWN if words.number_like(last_name(path)) else Origin.STORED
        if node.type == "string" and text_of(node)[1:-1].strip() == FILLED and path:
            return Origin.STORED
        found = super().of(module, node, path, frame, depth)
        if found >= Origin.STORED:
            self.fields = self.fields or bool(path) or node.type in ("binary_expression", "template_string")
        if (
            found is Origin.STORED
            and node.type == "member_expression"
            and (words.number_like(_field(node)) or served.is_own(self.project, _field(node)))
        ):
            return Origin.OWN
        return found

    def _nobodys(self, name: str, path: Path) -> Origin:
        if not path and words.markup_like(name):
            return Origin.UNKNOWN
        return Origin.LIKELY if words.prose_like(last_name((name, *path))) else Origin.UNKNOWN

    def _parameter(
        self, module: Module, function: Function, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        if frame is not None and frame.function.key == function.key and name in frame.given:
            return super()._parameter(module, function, name, path, frame, depth)
        given = self._callback(module, function, name, path, frame, depth)
        if given is not Origin.UNKNOWN:
            return given
        return self._by_callers(module, function, name, path, depth)

    def _by_callers(self, module: Module, function: Function, name: str, path: Path, depth: int) -> Origin:
        """The worst of what the module itself calls a function with."""
        index = next((i for i, p in enumerate(function.params) if p.name == name), -1)
        if not function.name or index < 0:
            return self._nobodys(name, path)
        found: list[Origin] = []
        for call in module.calls:
            if call.name == function.name or call.name == f"this.{function.name}":
                found.append(
                    self.of(module, call.args[index], path, None, depth + 2) if index < len(call.args) else Origin.OWN
                )
            elif index == 0 and any(a.type == "identifier" and text_of(a) == function.name for a in call.args):
                found.append(self._handed(module, call.node, path, depth))
        return max(found) if found else self._nobodys(name, path)

    def _handed(self, module: Module, call_node: Node, path: Path, depth: int) -> Origin:
        """What a call gives to the function that it was handed: `fetch(...).then(show)`."""
        call = module.call_at(call_node)
        callee = call_node.child_by_field_name("function")
        receiver = callee.child_by_field_name("object") if callee is not None else None
        if call is None or receiver is None:
            return Origin.UNKNOWN
        inner = path if call.last == "then" else ("[]", *path)
        return (
            self.of(module, receiver, inner, None, depth + 2)
            if call.last in ("then", "map", "forEach")
            else Origin.UNKNOWN
        )

    def _callback(
        self, module: Module, function: Function, name: str, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        parent = function.node.parent
        if parent is not None and parent.type == "assignment_expression":
            left = text_of(parent.child_by_field_name("left"))
            if left.endswith(".onmessage") and path[:1] == ("data",):
                return Origin.STORED
        if parent is not None and parent.type in ("pair", "object") and _answers(module, parent):
            return self._answered(path)
        call = (
            module.call_at(parent.parent)
            if parent is not None and parent.type == "arguments" and parent.parent
            else None
        )
        if call is not None and call.last == "addEventListener":
            message = bool(call.args) and text_of(call.args[0])[1:-1] == "message"
            return Origin.CALLER if message and path[:1] == ("data",) else Origin.UNKNOWN
        if (
            call is not None
            and _EVENTS.match(call.last)
            and re.search(r"socket|io\b|ws|channel|pubsub|stream|firebase|db", call.name, re.I)
        ):
            return Origin.STORED
        if call is not None and _ANSWER.match(call.name) and call.last not in ("catch", "fail", "then"):
            return self._answered(path)
        found = super()._callback(module, function, name, path, frame, depth)
        if found is Origin.STORED and call is not None and not _ANSWER.match(call.name):
            return Origin.UNKNOWN if call.last in ("each", "all", "querySelectorAll") else found
        return found


def _field(node: Node) -> str:
    return text_of(node.child_by_field_name("property"))


def _reader(name: str) -> bool:
    return bool(
        re.search(r"(?:^|\.)(?:get|find|load|fetch|list|search|query|read|request|api\w*|call|post)[A-Z_]?\w*$", name)
    )


def _answers(module: Module, pair: Node) -> bool:
    """Whether a function is the `success` of an `$.ajax({...})`."""
    key = text_of(pair.child_by_field_name("key")) if pair.type == "pair" else ""
    holder = pair.parent if pair.type == "pair" else pair
    arguments = holder.parent if holder is not None else None
    call = (
        module.call_at(arguments.parent)
        if arguments is not None and arguments.type == "arguments" and arguments.parent
        else None
    )
    return call is not None and bool(_ANSWER.match(call.name)) and key in ("success", "complete", "")
