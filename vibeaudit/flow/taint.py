"""Marks on values: where a value came from, what it went through, and how marks lie in the fields of a value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vibeaudit.flow.form import Path
from vibeaudit.model import Location

MAX_MARKS = 10  # different origins that one value is followed for
MAX_STEPS = 12
MAX_FIELDS = 24  # of one value
MAX_FIELD_DEPTH = 3
THIS = 90  # the number of `this` among a function's parameters
OBJECT = frozenset({"object"})  # a label of what is certainly no text
FUNCTION = -2  # a mark of this number says that the value is the function `owner`


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a value came from: a named source, or a field of a parameter of the function `owner` (then `source` is
    empty). `field` of a source is the last name that it was read by ("email"). `clean` says what made or found it safe,
    `says` which kinds of text it became a part of."""

    source: str
    parameter: int
    owner: str
    steps: tuple[Location, ...]
    clean: frozenset[str] = frozenset()
    says: frozenset[str] = frozenset()
    field: Path = ()

    def on(self, at: Location) -> Mark:
        if len(self.steps) >= MAX_STEPS or (self.steps and same_line(self.steps[-1], at)):
            return self
        return replace(self, steps=(*self.steps, at))

    def cleaned(self, labels: frozenset[str]) -> Mark:
        return self if labels <= self.clean else replace(self, clean=self.clean | labels)

    def within(self, path: Path) -> Mark:
        """The mark of a field of what this one marks. Of a source, the last name is kept."""
        clean = self.clean - OBJECT
        if self.source:
            name = next((p for p in reversed(path) if p != "*"), "")
            if not _LISTED.isdisjoint(path):
                return replace(self, field=(name,), clean=self.clean | {"validation-errors"})
            if name == "name" and "django-file" in clean:  # which Django strips of its folders
                clean |= {"file-name-only"}
            changed = name and (self.field, self.clean) != ((name,), clean)
            return replace(self, field=(name,), clean=clean) if changed else self
        if not path or len(self.field) >= MAX_FIELD_DEPTH:
            return self
        return replace(self, field=(*self.field, *path)[:MAX_FIELD_DEPTH], clean=clean)


_LISTED = frozenset(("errors", "issues", "flatten", "fieldErrors"))  # what a validator says of its input
Marks = tuple[Mark, ...]
Value = dict[Path, Marks]  # by field; () is the value as a whole
NOTHING: Value = {}


def same_line(first: Location, second: Location) -> bool:
    return (first.line, first.path) == (second.line, second.path)


def shape(value: Value) -> frozenset[object]:
    """A value without the ways that its marks took."""
    return frozenset(
        (p, m.source, m.parameter, m.owner, m.field, m.clean, m.says) for p, marks in value.items() for m in marks
    )


def union(many: Iterable[Marks]) -> Marks:
    """All marks, one an origin and a state, the first way found kept."""
    lists = [m for m in many if m]
    if len(lists) < 2:
        return lists[0] if lists else ()
    kept: dict[tuple[object, ...], Mark] = {}
    for marks in lists:
        for mark in marks:
            kept.setdefault((mark.source, mark.parameter, mark.owner, mark.field, mark.clean, mark.says), mark)
    found = list(kept.values())
    return tuple(found if len(found) <= MAX_MARKS else sorted(found, key=lambda m: m.parameter == FUNCTION)[:MAX_MARKS])


def flat(value: Value) -> Marks:
    return union(value.values())


def tainted(value: Value) -> Marks:
    """All marks but those of functions."""
    return tuple(m for m in flat(value) if m.parameter != FUNCTION)


def whole(marks: Marks) -> Value:
    return {(): marks} if marks else NOTHING


def together(values: Iterable[Value]) -> Value:
    """Any of these values."""
    found = [v for v in values if v]
    if len(found) < 2:
        return found[0] if found else NOTHING
    merged: Value = {}
    for value in found:
        for path, marks in value.items():
            merged[path] = union((merged.get(path, ()), marks))
    return merged if len(merged) <= MAX_FIELDS else whole(flat(merged))


def meet(first: Value, second: Value) -> Value:
    """What two branches leave: a field written in one only still holds the whole's marks in the other."""
    if first is second or first == second:
        return first
    merged: Value = {}
    for path in {**first, **second}:
        one = first[path] if path in first else take(first, path).get((), ())
        two = second[path] if path in second else take(second, path).get((), ())
        merged[path] = union((one, two))
    return merged if len(merged) <= MAX_FIELDS else whole(flat(merged))


def take(value: Value, path: Path) -> Value:
    """A field of a value: what was written to it or above it last, and all that lies below."""
    if not path or not value:
        return value
    above: Path | None = None
    loose: list[Marks] = []
    found: Value = {}
    for held, marks in value.items():
        if not _fits(held, path):
            continue
        if len(held) > len(path):
            found[held[len(path) :]] = marks
        elif "*" in held or "*" in path[: len(held)]:
            loose.append(tuple(m.within(path[len(held) :]) for m in marks))
        elif above is None or len(held) > len(above):
            above = held
    if above is not None:
        loose.append(tuple(m.within(path[len(above) :]) for m in value[above]))
    if marks := union(loose):
        found[()] = marks
    return found


def put(value: Value, path: Path, given: Value) -> Value:
    """The value with one field overwritten. Which element of a list is overwritten is not known."""
    path = path[:MAX_FIELD_DEPTH]
    if "*" in path:
        changed = dict(value)
        for rest, marks in given.items():
            changed[(*path, *rest)] = union((changed.get((*path, *rest), ()), marks))
    else:
        changed = {p: m for p, m in value.items() if p[: len(path)] != path}
        changed[path] = given.get((), ())  # also when empty: it hides the marks of the whole
        for rest, marks in given.items():
            changed[(*path, *rest)[:MAX_FIELD_DEPTH]] = marks
    return changed if len(changed) <= MAX_FIELDS else whole(flat(changed))


def _fits(first: Path, second: Path) -> bool:
    return all(a == b or a == "*" or b == "*" for a, b in zip(first, second, strict=False))
