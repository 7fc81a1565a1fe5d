"""The nouns of vibeaudit/model/ to JSON values and back, whatever fields they grow."""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any

from vibeaudit.model import Confidence, Safety, Severity


def plain(value: Any) -> Any:
    """A noun as JSON values. Fields that hold their default are left out; sets are sorted; ranks become
    their labels."""
    if isinstance(value, Severity | Confidence | Safety):
        return value.label
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, str):
        return sound(value)
    if isinstance(value, PurePosixPath):
        return sound(str(value))
    if dataclasses.is_dataclass(value):
        kind = typing.cast("typing.Hashable", type(value))
        return {n: plain(v) for n, usual in _usual(kind) if (v := getattr(value, n)) != usual}
    if isinstance(value, Mapping):
        return {sound(str(k)): plain(v) for k, v in sorted(value.items())}
    if isinstance(value, frozenset | set):
        return sorted(plain(v) for v in value)
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    return value


def sound(text: str) -> str:
    """Text that UTF-8 can hold: bytes of a file name that are no text become `\\xNN`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def build(kind: Any, value: Any) -> Any:
    """A noun of type `kind` from what `plain` made. Raises ValueError when the value does not fit."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _optional(inner, value)
    if origin is tuple:
        return _tuple(inner, value)
    if origin is frozenset:
        return frozenset(build(inner[0], v) for v in _expect(value, list))
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return _enum(kind, value)
    if kind is PurePosixPath:
        return PurePosixPath(_expect(value, str))
    if dataclasses.is_dataclass(kind):
        return _noun(typing.cast("type[Any]", kind), _expect(value, dict))
    if kind is float and isinstance(value, int):
        return float(value)
    return _expect(value, kind)


@cache
def fields_of(kind: Any) -> dict[str, Any]:
    """The fields of a noun with their types."""
    noun = typing.cast("type[Any]", kind)
    hints = typing.get_type_hints(noun)
    return {f.name: hints[f.name] for f in dataclasses.fields(noun)}


def _noun(kind: type[Any], value: dict[str, Any]) -> Any:
    known: dict[str, Any] = fields_of(kind)  # type: ignore[arg-type]  # a class is hashable
    try:
        return kind(**{k: build(known[k], v) for k, v in value.items() if k in known})
    except TypeError as error:
        raise ValueError(str(error)) from error


def _optional(inner: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in inner:
        return None
    return build(next(i for i in inner if i is not type(None)), value)


def _tuple(inner: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
    items = _expect(value, list)
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(build(inner[0], v) for v in items)
    return tuple(build(k, v) for k, v in zip(inner, items, strict=True))


def _enum(kind: type[enum.Enum], value: Any) -> enum.Enum:
    if issubclass(kind, enum.IntEnum):
        try:
            return kind[_expect(value, str).upper()]
        except KeyError as error:
            raise ValueError(f"{value!r} is no {kind.__name__}") from error
    return kind(value)


def _expect(value: Any, kind: type) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"{str(value)[:60]!r} is no {getattr(kind, '__name__', kind)}")
    return value


@cache
def _usual(kind: Any) -> tuple[tuple[str, Any], ...]:
    """The fields of a noun, each with what it holds when nobody says otherwise."""
    return tuple((f.name, _default(f)) for f in dataclasses.fields(kind))


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return dataclasses.MISSING
