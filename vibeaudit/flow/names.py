"""Names: what one holds, whether it is a source, and what it is called by its import or its object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibeaudit.flow.entering import Entering
from vibeaudit.flow.form import Call, Expr, Function, Module, Path, Ref
from vibeaudit.flow.sessions import SESSION, field_of
from vibeaudit.flow.taint import NOTHING, Mark, Value, put, take, together, whole
from vibeaudit.flow.vocabulary import PLAIN_TEXT, Vocabulary
from vibeaudit.model import Location

if TYPE_CHECKING:
    from vibeaudit.flow.engine import Engine, Key

_BOUND_FIELDS = frozenset(
    ("Integer", "Float", "Decimal", "Boolean", "Date", "DateTime", "Time", "Select", "Radio", "File", "MultipleFile",
     "SelectMultiple", "QuerySelect", "FieldList", "FormField")
)  # fmt: skip
_OWN_PATHS = frozenset(("path", "originalUrl"))
_UPLOADED = frozenset({"django-file"})
_ROOTED = frozenset({"rooted"})  # a path of this site, which a route has matched


class Names(Entering):
    """What a walk does at a name. `state` is the walk's."""

    def __init__(self, engine: Engine, module: Module, function: Function, words: Vocabulary) -> None:
        super().__init__(engine, module, function, words)
        self.trust = engine.trust(module, function)  # labels of all that comes with the request

    def read(self, path: Path, at: Location | None = None) -> Value:
        """What a name or a field of one holds. A source, when its name says so."""
        held = take(self.state.get(path[0], NOTHING), path[1:])
        if len(path) > 1 and path[-1] in self.engine.program.classes.getters:
            found = self.engine.program.resolve(self.module, self.function, path)
            if found is not None and found[1].is_getter:
                place = at or self.nowhere
                given = take(self.state.get(path[0], NOTHING), path[1:-1])
                return self.enter(Call(("*",), (), (), place), found, [], {}, given)
        if path[0] in ("self", "this") and len(path) > 1 and (owner := self.owner()):
            held = together((held, take(self.engine.fields_of(owner, self.key), path[1:])))
        if "session" in path[:2] and (field := self.in_session(path)) is not None:
            held = together((held, take(self.engine.fields_of(SESSION, self.key), field)))
        known = {m.source for m in held.get((), ())}
        if at is not None and known <= {"", "request"} and (mark := self.source(path, at)) and mark.source not in known:
            held = together((held, whole((mark,))))
        return held

    def in_session(self, path: Path) -> Path | None:
        """What is read of the session of who is calling, or written to it; None for another thing."""
        return field_of(self.names(path)) if "session" in path[:2] else None

    def source(self, path: Path, at: Location) -> Mark | None:
        """The mark of what a caller chose, when a name says that it is that."""
        kind, rest = self.words.source_of(self.names(path))
        if kind is None:
            return self._form_field(path, at)
        trust = self.trust | _UPLOADED if "FILES" in path[:3] and self.module.language == "python" else self.trust
        mark = Mark(kind.name, -1, "", (at,), kind.clean | trust).within(rest)
        return mark.cleaned(_ROOTED) if not rest and path[-1] in _OWN_PATHS else mark

    def _form_field(self, path: Path, at: Location) -> Mark | None:
        """`form.host.data`, of a form of WTForms: a text, unless the field is of a kind that takes no free text."""
        if len(path) != 3 or path[2] != "data" or self.module.language != "python":
            return None
        kind, _ = self.engine.program.kind_of(self.module, self.function, path)
        if not (path[0].lower().endswith("form") or (kind and kind[-1].endswith("Form"))):
            return None
        found = self.engine.program.class_named(self.module, self.function, kind) if kind else None
        declared = found[1].types.get(path[1:2], ()) if found is not None else ()
        if declared and declared[-1].removesuffix("Field") in _BOUND_FIELDS:
            return None
        return Mark("form-field", -1, "", (at,), PLAIN_TEXT | self.trust, field=path[1:2])

    def custom(self, name: Path, at: Location) -> Value:
        """What a function is given by custom: an error, or what a model fills in."""
        kind = self.words.called_source((name,))
        return whole((Mark(kind.name, -1, "", (at,)),)) if kind is not None else NOTHING

    def names(self, path: Path) -> tuple[Path, ...]:
        """A name as written, as its import says, and as a handler's first parameter is commonly called."""
        found = self.engine.program.names(self.module, path)
        if len(path) > 1:
            found = (*found, *self._made_by(path))
        alias = self.engine.aliases.get(self.key, {}).get(path[0]) if path else None
        return (*found, (alias, *path[1:])) if alias and alias != path[0] else found

    def _made_by(self, path: Path) -> tuple[Path, ...]:
        """A name by what its object was made by: `session.get` where `session = requests.Session()`."""
        program = self.engine.program
        kind, rest = program.kind_of(self.module, self.function, path)
        if not kind or self.module.imports.get(kind[0]) is None:
            return ()
        return tuple(n for n in program.names(self.module, (*kind, *rest)) if n != path)

    def owner(self) -> Key | None:
        """The class that `self` and `this` belong to."""
        key = self.engine.program.classes.owner(self.module, self.function)
        return (self.module.path, key) if key else None

    def constant(self, expr: Expr) -> str | None:
        """The text that a name holds for good."""
        return self.engine.program.constant(self.module, self.function, expr.path) if isinstance(expr, Ref) else None

    def clean(self, path: Path, labels: frozenset[str]) -> None:
        """The name, and what lies below it, is known to be safe in these ways."""
        if mark := self.source(path, self.nowhere):  # a part of the request itself was looked at
            self.state[path[0]] = put(self.state.get(path[0], NOTHING), path[1:], whole((mark,)))
        held = self.state.get(path[0])
        if not held:
            return
        root, found = path[1:], take(held, path[1:])
        cleaned = {(*root, *p): tuple(m.cleaned(labels) for m in marks) for p, marks in found.items()}
        self.state[path[0]] = {**held, **cleaned}
