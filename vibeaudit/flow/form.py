"""The small form that Python, JavaScript and TypeScript are lowered to: functions of assignments, calls and
returns. Branches stand one after another; what a loop carries round is found by going over it twice."""

from __future__ import annotations

from dataclasses import dataclass, field

from vibeaudit.model import Location

Path = tuple[str, ...]  # ("req", "body", "name"); an index that is no constant is "*"


@dataclass(frozen=True, slots=True)
class Ref:
    """A name, or a field of one."""

    path: Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that nobody outside chooses."""


@dataclass(frozen=True, slots=True)
class Join:
    """A value made of others: concatenation, template, container, conditional."""

    parts: tuple[Expr, ...]
    text: bool = False  # its parts become one string


@dataclass(frozen=True, slots=True)
class Call:
    """`callee` is the called name as written; `receiver` what it is called on, when that is no plain name."""

    callee: Path
    args: tuple[Expr, ...]
    named: tuple[tuple[str, Expr], ...]
    at: Location
    receiver: Expr | None = None


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function written in place."""

    function: str  # its key in Module.functions


Expr = Ref | Literal | Join | Call | Lambda


@dataclass(frozen=True, slots=True)
class Assign:
    targets: tuple[Path, ...]
    value: Expr
    at: Location


@dataclass(frozen=True, slots=True)
class Do:
    value: Expr
    at: Location


@dataclass(frozen=True, slots=True)
class Return:
    value: Expr
    at: Location


Statement = Assign | Do | Return


@dataclass(slots=True)
class Function:
    """`key` is unique in its file: the name with those of what encloses it. `outer` is the enclosing key."""

    key: str
    parameters: tuple[str, ...]
    at: Location
    outer: str = ""
    decorators: tuple[str, ...] = ()
    body: list[Statement] = field(default_factory=list)


@dataclass(slots=True)
class Module:
    """One file. The function with the empty key is its top level. `imports` maps a local name to
    (module as written, name there or "*" for the whole module)."""

    path: str
    language: str
    functions: dict[str, Function] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
