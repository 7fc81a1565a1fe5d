"""Whose text a call gives: the app's own functions one call deep, methods of lists, stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.pages import words
from vibeaudit.pages.origin_names import Frame, Names
from vibeaudit.pages.origins import Origin, keeps_only, known, reads
from vibeaudit.pages.page import Path
from vibeaudit.pages.renders import returned
from vibeaudit.survey.code import Call, Function, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass
class Calls(Names):
    """Judges what calls give."""

    def _known(self, module: Module, node: Node) -> Origin | None:
        """What an expression's own words say."""
        return known(module, node)

    def _call(self, module: Module, node: Node, path: Path, frame: Frame | None, depth: int) -> Origin:
        call = module.call_at(node)
        if call is None:
            return Origin.UNKNOWN
        if words.own_call(call.name):
            return Origin.OWN
        if (told := self._known(module, node)) is not None:
            return told
        if reads(module, call):
            return Origin.STORED
        callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        receiver = callee.child_by_field_name("object") if callee is not None else None
        if call.last in ("then", "catch", "finally") and receiver is not None:
            return self.of(module, receiver, path, frame, depth + 1)
        if call.last in ("map", "flatMap", "reduce") and receiver is not None and call.args:
            return self._mapped(module, call, receiver, path, frame, depth)
        if call.last in ("filter", "sort", "toSorted", "slice", "reverse", "find") and receiver is not None:
            return self.of(module, receiver, path, frame, depth + 1)
        if call.name == "locals" and path:
            return self._look_up(module, node, path[0], path[1:], frame, depth + 1)
        if call.name == "dict" and call.keywords:
            return self._keywords(module, call, path, frame, depth)
        if reached := self.project.function_called(module, call):
            return self._returned(module, call, reached, path, frame, depth)
        return self._foreign(module, call, receiver, path, frame, depth)

    def _foreign(
        self, module: Module, call: Call, receiver: Node | None, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        """What a call of code that is not the app's makes of what it is given."""
        if call.last == "get" and receiver is not None and call.args:
            said = text_of(call.args[0])
            return self.of(module, receiver, (said[1:-1] if said[:1] in "'\"" else "[]", *path), frame, depth + 1)
        if call.last in ("sub", "replace", "replaceAll") and keeps_only(call):
            return Origin.OWN
        if call.last in words.PASSES:
            library = receiver is not None and text_of(receiver) in module.imports
            parts = [n for n in (None if library else receiver, *call.args) if n is not None]
            inner = path if call.last in ("assign", "toObject", "copy", "dict") else ("[]", *path[1:]) if path else ()
            origin = self._worst(module, parts, inner, frame, depth)
            as_json = origin is Origin.UNKNOWN and call.last in ("stringify", "dumps")
            return Origin.OWN if as_json else origin
        return Origin.UNKNOWN

    def _mapped(
        self, module: Module, call: Call, receiver: Node, path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        """What `list.map(row => ...)` makes of each element."""
        inner = path[1:] if path[:1] == ("[]",) else path
        function = module.function_at(call.args[0])
        if function is None:
            meant = self.project.meaning(module, text_of(call.args[0]))
            if meant is None or meant.function is None:
                return self.of(module, receiver, path, frame, depth + 1)
            module, function = meant.module, meant.function
            given = {p.name: (module, receiver, frame) for p in function.params[:1]}
            frame = Frame(function, given)
        return max((self.of(module, n, inner, frame, depth + 1) for n in returned(function.body)), default=Origin.OWN)

    def _keywords(self, module: Module, call: Call, path: Path, frame: Frame | None, depth: int) -> Origin:
        chosen = [v for k, v in call.keywords.items() if not path or k == path[0]]
        return self._worst(module, chosen, path[1:], frame, depth)

    def _returned(
        self, module: Module, call: Call, reached: tuple[Module, Function], path: Path, frame: Frame | None, depth: int
    ) -> Origin:
        other, function = reached
        names = [p.name for p in function.params if p.name not in ("self", "cls")]
        given = {n: (module, a, frame) for n, a in zip(names, call.args, strict=False)}
        given |= {n: (module, a, frame) for n, a in call.keywords.items()}
        inner = Frame(function, given)
        return max((self.of(other, n, path, inner, depth + 2) for n in returned(function.body)), default=Origin.OWN)

    def _worst(self, module: Module, nodes: list[Node], path: Path, frame: Frame | None, depth: int) -> Origin:
        return max((self.of(module, n, path, frame, depth + 1) for n in nodes), default=Origin.OWN)
