"""Every regular expression of ours, with where it stands and how it is asked."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from vibeaudit.rules import read_yaml

ROOT = Path(__file__).resolve().parent.parent
_ASKED = frozenset(("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"))
_KEYS = frozenset(
    """
    pattern regex mentions lacks needs in_files not_in_files says paths text_paths matches not_matches contains
    calls text_calls inside not_inside names fields property receiver request origin html ends writes keyword argument
    """.split()
)
_NOT_OURS = frozenset(("semgrep", "tests", "title", "risk", "remedy", "rotate", "references"))


@dataclasses.dataclass(frozen=True)
class Expression:
    """`way` is how it is asked: from where a text starts (match), of all of it (fullmatch), once or all along it."""

    where: str
    pattern: re.Pattern[Any]
    way: str


class _Something(str):
    """Stands for what only the running program knows."""

    def __call__(self, *_: object, **__: object) -> _Something:
        return self

    def __getattr__(self, _: str) -> _Something:
        return self

    def __getitem__(self, _: object) -> _Something:
        return self


class _Names(dict[str, Any]):
    def __missing__(self, _: str) -> Any:
        return _Something("name")


def everything() -> list[Expression]:
    """All of them, each once a way of asking."""
    found: dict[tuple[str | bytes, int, str], Expression] = {}
    for expression in (*_of_code(), *_of_rules()):
        found.setdefault((expression.pattern.pattern, expression.pattern.flags, expression.way), expression)
    return list(found.values())


def _of_code() -> Iterator[Expression]:
    for path in _modules():
        module = importlib.import_module(
            ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        )
        where = path.relative_to(ROOT).as_posix()
        for name, value in vars(module).items():
            for pattern in _held(value):
                if not name.startswith("__"):
                    yield from (Expression(f"{where} {name}", pattern, way) for way in _ways(path, name))
        yield from _written(path, where, vars(module))


def _modules() -> list[Path]:
    found = [p for room in ("vibeaudit", "fixers") for p in (ROOT / room).rglob("*.py")]
    return sorted(p for p in found if p.name != "__main__.py")


def _held(value: object, depth: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth > 4:
        return
    elif isinstance(value, tuple | list | set | frozenset):
        for item in value:
            yield from _held(item, depth + 1)
    elif isinstance(value, dict | MappingProxyType):
        for item in (*value, *value.values()):
            yield from _held(item, depth + 1)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from _held(getattr(value, field.name, None), depth + 1)


def _ways(path: Path, name: str) -> frozenset[str]:
    """How a name is asked in its module, or anywhere when others may import it; searching when nothing is known."""
    told = _asked_in(path).get(name, frozenset()) if name.startswith("_") else frozenset[str]()
    if not name.startswith("_"):
        told = frozenset().union(*(_asked_in(p).get(name, frozenset()) for p in _modules()))
    return frozenset(_way(t) for t in told) or frozenset(("search",))


def _way(method: str) -> str:
    return method if method in ("search", "match", "fullmatch") else "all"


@cache
def _asked_in(path: Path) -> dict[str, frozenset[str]]:
    found = defaultdict[str, set[str]](set)
    asked = set[int]()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.attr in _ASKED:
            found[node.value.id].add(node.attr)
            asked.add(id(node.value))
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and id(node) not in asked:
            found[node.id].add("search")  # handed on
    return {name: frozenset(methods) for name, methods in found.items()}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def _written(path: Path, where: str, names: dict[str, Any]) -> Iterator[Expression]:
    """What calls of `re` are given. Names that only the running program knows are taken as a word."""
    known = _Names(names)
    for node in ast.walk(_tree(path)):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in _ASKED | {"compile"}
            and node.args
        ):
            continue
        flags = [k.value for k in node.keywords if k.arg == "flags"]
        at = {"compile": 1, "sub": 4, "subn": 4, "split": 3}.get(node.func.attr, 2)
        flags = flags or node.args[at : at + 1]
        try:
            written = _value(node.args[0], known)
            pattern = re.compile(written, _value(flags[0], known) if flags else 0)
        except Exception:
            continue
        if not isinstance(written, _Something):
            yield Expression(f"{where}:{node.lineno}", pattern, _way_of_call(path, node))


def _way_of_call(path: Path, node: ast.Call) -> str:
    assert isinstance(node.func, ast.Attribute)
    if node.func.attr != "compile":
        return _way(node.func.attr)
    for other in ast.walk(_tree(path)):
        if isinstance(other, ast.Attribute) and other.value is node:
            return _way(other.attr)
        if isinstance(other, ast.Assign | ast.AnnAssign) and other.value is node:
            target = other.targets[0] if isinstance(other, ast.Assign) else other.target
            if isinstance(target, ast.Name):
                ways = _ways(path, target.id)
                return next((w for w in ("all", "search", "fullmatch", "match") if w in ways), "search")
    return "search"


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(node), "expression", "eval"), {"__builtins__": {}}, names)  # our own source


def _of_rules() -> Iterator[Expression]:
    for path in sorted((ROOT / "rulesets").rglob("*.yaml")):
        for key, text in _strings(read_yaml(path.read_text("utf-8")), ""):
            if key in _KEYS:
                try:
                    pattern = re.compile(text)
                except (re.error, OverflowError):
                    continue
                yield Expression(f"{path.relative_to(ROOT).as_posix()} {key}", pattern, "search")


def _strings(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name not in _NOT_OURS:
                yield from _strings(item, str(name))
