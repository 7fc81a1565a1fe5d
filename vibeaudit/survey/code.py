"""What one Python or JavaScript file says, in one form: functions, calls, assignments, branches, names."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.source import SourceFile


def text_of(node: Node | None) -> str:
    """The node's source text."""
    return "" if node is None or node.text is None else node.text.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Call:
    """`name` is the dotted callee without arguments (`supabase.from.insert`); keywords are Python's."""

    name: str
    args: tuple[Node, ...]
    keywords: Mapping[str, Node]
    node: Node
    last: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "last", self.name.rpartition(".")[2])

    __hash__ = object.__hash__  # what is remembered of a call is of this very one


@dataclass(frozen=True, slots=True)
class Param:
    name: str
    type: str = ""
    type_node: Node | None = None
    default: Node | None = None


@dataclass(frozen=True, slots=True)
class Function:
    """`path` is its file. `node` spans decorators too when it has some."""

    path: str
    name: str
    node: Node
    body: Node
    params: tuple[Param, ...] = ()
    decorators: tuple[Node, ...] = ()
    owner: str = ""  # the class that it is a method of

    @property
    def key(self) -> tuple[str, int]:
        return (self.path, self.node.start_byte)


@dataclass(frozen=True, slots=True)
class Assign:
    targets: tuple[str, ...]
    value: Node
    node: Node


@dataclass(frozen=True, slots=True)
class Branch:
    condition: Node
    then: Node
    otherwise: tuple[Node, ...]
    node: Node


@dataclass(frozen=True, slots=True)
class Import:
    """Local name -> exported `name` ("default", or "*" for the module itself) of the module `spec`."""

    spec: str
    name: str


@dataclass(frozen=True, slots=True)
class Klass:
    """A class: its bases as written, its decorators, its span."""

    name: str
    bases: tuple[str, ...]
    node: Node
    decorators: tuple[Node, ...] = ()


@dataclass
class Module:
    """One file's facts, each list in order of position."""

    file: SourceFile
    kind: str  # "python" or "javascript"
    calls: list[Call] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    assigns: list[Assign] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    classes: list[Klass] = field(default_factory=list)
    imports: dict[str, Import] = field(default_factory=dict)
    exports: dict[str, str | Import | Node] = field(default_factory=dict)
    star_exports: list[str] = field(default_factory=list)
    comments: list[Node] = field(default_factory=list)  # those of scripts
    error: bool = False
    touches: dict[Call, object] = field(default_factory=dict)  # what calls do to stores, as far as somebody asked
    reached: dict[Call, object] = field(default_factory=dict)  # the functions that they reach

    @cached_property
    def path(self) -> str:
        return str(self.file.path)

    @cached_property
    def by_name(self) -> dict[str, Function]:
        """The first function of each name; methods of classes as Class.method too."""
        found: dict[str, Function] = {}
        for f in self.functions:
            if f.name and not f.owner:
                found.setdefault(f.name, f)
            elif f.owner:
                found.setdefault(f"{f.owner}.{f.name}", f)
        return found

    @cached_property
    def values(self) -> dict[str, Node]:
        """What each name is first assigned."""
        found: dict[str, Node] = {}
        for a in self.assigns:
            for target in a.targets:
                found.setdefault(target, a.value)
        return found

    @cached_property
    def assigned(self) -> dict[str, list[Assign]]:
        """The assignments that give a name its whole value, in order."""
        found: dict[str, list[Assign]] = {}
        for a in self.assigns:
            if len(a.targets) == 1:
                found.setdefault(a.targets[0], []).append(a)
        return found

    @cached_property
    def by_class(self) -> dict[str, Klass]:
        return {k.name: k for k in reversed(self.classes)}

    @cached_property
    def _call_starts(self) -> list[int]:
        return [c.node.start_byte for c in self.calls]

    @cached_property
    def _assign_starts(self) -> list[int]:
        return [a.node.start_byte for a in self.assigns]

    @cached_property
    def _branch_starts(self) -> list[int]:
        return [b.node.start_byte for b in self.branches]

    @cached_property
    def _by_start(self) -> dict[tuple[int, int], Function]:
        return {(f.body.start_byte, f.body.end_byte): f for f in self.functions} | {
            (f.node.start_byte, f.node.end_byte): f for f in self.functions
        }

    @cached_property
    def homes(self) -> dict[int, Node | None]:
        """The function that whatever stands at or in a node belongs to, as far as somebody asked, by the node's id."""
        return {}

    @cached_property
    def _call_by_span(self) -> dict[tuple[int, int], Call]:
        return {(c.node.start_byte, c.node.end_byte): c for c in self.calls}

    def calls_in(self, node: Node) -> list[Call]:
        return self.calls[slice(*_range(self._call_starts, node))]

    def assigns_in(self, node: Node) -> list[Assign]:
        return self.assigns[slice(*_range(self._assign_starts, node))]

    def branches_in(self, node: Node) -> list[Branch]:
        return self.branches[slice(*_range(self._branch_starts, node))]

    @cached_property
    def _comment_starts(self) -> list[int]:
        return [c.start_byte for c in self.comments]

    def code_in(self, node: Node) -> str:
        """The node's text without its comments: what they say is not done."""
        inside = self.comments[slice(*_range(self._comment_starts, node))]
        if not inside or node.text is None:
            return text_of(node)
        kept, at = [], 0
        for comment in inside:
            kept.append(node.text[at : comment.start_byte - node.start_byte])
            at = comment.end_byte - node.start_byte
        return b" ".join((*kept, node.text[at:])).decode("utf-8", "replace")

    def function_at(self, node: Node) -> Function | None:
        """The function that this very node is."""
        return self._by_start.get((node.start_byte, node.end_byte))

    def call_at(self, node: Node) -> Call | None:
        """The call that this very node is."""
        return self._call_by_span.get((node.start_byte, node.end_byte))


def _range(starts: list[int], node: Node) -> tuple[int, int]:
    return bisect.bisect_left(starts, node.start_byte), bisect.bisect_left(starts, node.end_byte)
