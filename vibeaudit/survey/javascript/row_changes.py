"""Rows that a script fetches, changes field by field and saves, or fetches and removes: `review.text = x` before a
`review.save()`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_REMOVES = frozenset(("deleteOne", "remove", "destroy", "delete", "softRemove"))
_SAVES = frozenset(("save", "flush", "persistAndFlush"))
_MERGES = re.compile(r"^(?:Object\.assign|_\.(?:assign|merge|extend)|.*\.merge)$")
_REQUEST = re.compile(r"\b(?:req|request|ctx|c|event)\.(?:\w+\.)?(?:body|query|params|param)\b")


def change_of(module: Module, body: Node, fetched: Node, chosen: Collection[str]) -> str:
    """`update` or `delete` for what a body does to the row that `fetched` gives it; empty when it only reads. Fields
    that are counted up, or set to what the caller did not choose, are no change of the caller's."""
    name = _name_of(module, body, fetched)
    if not name:
        return ""
    calls = [c for c in module.calls_in(body) if c.node.start_byte > fetched.end_byte]
    for call in calls:
        given = [text_of(a) for a in call.args[:1]]
        if call.last in _REMOVES and (call.name == f"{name}.{call.last}" or (given == [name] and "." in call.name)):
            return "delete"
    if not any(c.last in _SAVES and (c.name == f"{name}.{c.last}" or name in _words(c.args)) for c in calls):
        return ""
    for call in calls:
        merged = _MERGES.match(call.name) and call.args and text_of(call.args[0]) == name
        if (merged or call.name == f"{name}.set") and _is_chosen(
            " ".join(map(text_of, call.args[1:] or call.args)), chosen
        ):
            return "update"
    for assign in module.assigns_in(body):
        value = text_of(assign.value)[:600]
        set_there = any(re.fullmatch(rf"{re.escape(name)}\.\w+", t) for t in assign.targets)
        if set_there and not re.search(rf"\b{re.escape(name)}\.", value) and _is_chosen(value, chosen):
            return "update"
    return ""


def _name_of(module: Module, body: Node, fetched: Node) -> str:
    for assign in module.assigns_in(body):
        inside = assign.value.start_byte <= fetched.start_byte and fetched.end_byte <= assign.value.end_byte
        if inside and len(assign.targets) == 1 and re.fullmatch(r"\w+", assign.targets[0]):
            return assign.targets[0]
    return ""


def _words(nodes: Collection[Node]) -> set[str]:
    return {w for n in nodes for w in re.findall(r"(?<![.\w])\w+", text_of(n)[:300])}


def _is_chosen(said: str, chosen: Collection[str]) -> bool:
    return _REQUEST.search(said) is not None or bool(set(re.findall(r"(?<![.\w])\w+", said)) & set(chosen))
