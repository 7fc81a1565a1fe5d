"""The small form that Python, JavaScript and TypeScript are lowered to: functions of assignments, calls, branches
and returns."""

from __future__ import annotations

from dataclasses import dataclass, field

from vibeaudit.model import Location

Path = tuple[str, ...]  # ("req", "body", "name"); an index that is no constant is "*"
ANY_FIELD: Path = ("*any field*",)  # among a class's constants: it takes fields that it does not list
CHECKED_FIELD = "*checked field*"  # with a field's name, among them: a decorator asks which kind of value it is


@dataclass(frozen=True, slots=True)
class Ref:
    """A name, or a field of one."""

    path: Path


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that nobody outside chooses. `text` is what it says, when it is a string."""

    text: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A value made of others: concatenation, template, list, conditional."""

    parts: tuple[Expr, ...]
    text: bool = False  # its parts become one string


PLACE = "#"  # before the number of a value among several that a function returns


@dataclass(frozen=True, slots=True)
class Record:
    """An object or dict literal, field by field; `spread` is what it takes over whole."""

    fields: tuple[tuple[str, Expr], ...]
    spread: tuple[Expr, ...] = ()
    spans: tuple[Location, ...] = ()  # where the fields' values stand


@dataclass(frozen=True, slots=True)
class Call:
    """`callee` is the called name as written; `receiver` what it is called on, when that is no plain name.
    `spans` are where the arguments stand, named ones last."""

    callee: Path
    args: tuple[Expr, ...]
    named: tuple[tuple[str, Expr], ...]
    at: Location
    receiver: Expr | None = None
    spans: tuple[Location, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A field of what an expression gives: `(await req.json()).name`."""

    of: Expr
    path: Path


@dataclass(frozen=True, slots=True)
class Lambda:
    """A function written in place."""

    function: str  # its key in Module.functions


@dataclass(frozen=True, slots=True)
class Fact:
    """What a condition tells of a value: a label such as "allow-list". It holds only when nobody outside chooses
    `against`; `callee` is the app's own function that told it."""

    path: Path
    label: str
    against: Path = ()
    callee: Path = ()


@dataclass(frozen=True, slots=True)
class Test:
    """What is known when a condition holds, and when it does not."""

    holds: frozenset[Fact] = frozenset()
    fails: frozenset[Fact] = frozenset()


@dataclass(frozen=True, slots=True)
class Choice:
    """`test ? then : orelse`."""

    test: Test
    then: Expr
    orelse: Expr


Expr = Ref | Literal | Join | Record | Call | Field | Lambda | Choice


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
    test: Test = Test()


@dataclass(frozen=True, slots=True)
class Leave:
    """The rest of the block is not reached: raise, throw, break, continue. `loop` says that it goes on after the
    innermost loop, or with its next round."""

    at: Location
    loop: bool = False


@dataclass(frozen=True, slots=True)
class If:
    test: Test
    then: list[Statement]
    orelse: list[Statement]
    at: Location


@dataclass(frozen=True, slots=True)
class Loop:
    """Runs any number of times, also none. `once` is a block that may be left early: a switch."""

    body: list[Statement]
    at: Location
    once: bool = False


@dataclass(frozen=True, slots=True)
class Try:
    body: list[Statement]
    handlers: list[list[Statement]]
    at: Location


Statement = Assign | Do | Return | Leave | If | Loop | Try


@dataclass(slots=True)
class Function:
    """`key` is unique in its file: the name with those of what encloses it. `outer` is the enclosing key. `types` maps
    a name to the class that it holds an object of; `constants` a name to the text that it holds. `bases` are what a
    class inherits from; `is_getter` says that its name is read as a field is; `own_this` that it has a `this` of its
    own; `rest` and `named_rest` are the parameters that take all further arguments; `gives` is the type that it
    declares to return, as written."""

    key: str
    parameters: tuple[str, ...]
    at: Location
    outer: str = ""
    decorators: tuple[str, ...] = ()
    body: list[Statement] = field(default_factory=list)
    is_class: bool = False
    is_getter: bool = False
    own_this: bool = False
    bases: tuple[Path, ...] = ()
    rest: str = ""
    named_rest: str = ""
    gives: str = ""
    first_line: int = 0  # with its decorators
    types: dict[Path, Path] = field(default_factory=dict)
    constants: dict[Path, str] = field(default_factory=dict)


@dataclass(slots=True)
class Module:
    """One file. The function with the empty key is its top level. `imports` maps a local name to
    (module as written, name there or "*" for the whole module); `exports` an exported name to a local one; `passed_on`
    holds the modules whose every export is exported again."""

    path: str
    language: str
    functions: dict[str, Function] = field(default_factory=dict)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    exports: dict[str, str] = field(default_factory=dict)
    passed_on: list[str] = field(default_factory=list)
