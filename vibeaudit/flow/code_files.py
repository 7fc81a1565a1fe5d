"""Files of code that are written: what somebody puts into a `.py` or a template is run when that is loaded."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from weakref import proxy

from vibeaudit.flow.form import Call, Expr, Join, Literal, Path, Record, Ref
from vibeaudit.flow.taint import Value, flat

if TYPE_CHECKING:
    from vibeaudit.flow.calls import Calls

SINK = "code-file"
_CODE = re.compile(r"\.(?:py|m?js|cjs|tsx?|jsx|php|sh|bash|bat|ps1|rb|pl|ejs|hbs|pug|njk|j2|jinja2?)$", re.IGNORECASE)
_TEMPLATE = re.compile(r"(?:^|[/\\])(?:templates|views)[/\\].*\.html?$", re.IGNORECASE)
_OPEN = frozenset(("open", "createWriteStream", "NamedTemporaryFile", "openSync"))
_WRITE_WHOLE = frozenset(("writeFile", "writeFileSync", "appendFile", "appendFileSync", "outputFile", "outputFileSync"))
_WRITE = frozenset(("write", "writelines", "end"))
_WRITE_PATH = frozenset(("write_text", "write_bytes"))
_JOINS = frozenset(("join", "resolve", "Path", "str", "normalize", "PurePath"))
_READS = frozenset(("r", "rb", "rt"))
_DEPTH = 4


class CodeFiles:
    """What one walk knows of paths: how each name's path ends, and which names are open files of code."""

    def __init__(self, calls: Calls) -> None:
        self._calls: Calls = proxy(calls)  # without a circle, a walk goes as soon as it has ended
        self._ends: dict[Path, str] = {}
        self._open: dict[Path, bool] = {}

    def assigned(self, target: Path, value: Expr) -> None:
        if isinstance(value, Call) and value.callee[-1] in _OPEN:
            self._open[target] = self._opens_code(value)
        elif end := self._end(value, 0):
            self._ends[target] = end
        else:
            self._ends.pop(target, None)

    def called(self, call: Call, args: list[Value]) -> None:
        """A call that writes a text into a file of code."""
        given = args[1:2] if call.callee[-1] in _WRITE_WHOLE else args[:1]
        for mark in flat(given[0]) if given and given[0] and self._to_code(call) else ():
            self._calls.hit(mark, SINK, "", call.at)

    def _to_code(self, call: Call) -> bool:
        name = call.callee[-1]
        if name in _WRITE_WHOLE:
            return self._is_code(call.args[0])
        if len(call.callee) < 2 or name not in (*_WRITE, *_WRITE_PATH):
            return False
        if name in _WRITE_PATH:
            return self._is_code(call.receiver or Ref(call.callee[:-1]))
        if isinstance(call.receiver, Call):
            return call.receiver.callee[-1] in _OPEN and self._opens_code(call.receiver)
        return self._open.get(call.callee[:-1], False)

    def _opens_code(self, call: Call) -> bool:
        mode = call.args[1] if len(call.args) > 1 else None
        if isinstance(mode, Literal) and mode.text in _READS:
            return False
        suffix = dict(call.named).get("suffix")
        return self._is_code(suffix if suffix is not None else call.args[0] if call.args else Literal())

    def _is_code(self, expr: Expr) -> bool:
        end = self._end(expr, 0)
        return _CODE.search(end) is not None or _TEMPLATE.search(end) is not None

    def _end(self, expr: Expr, depth: int) -> str:
        """How a path ends, as far as that is written out."""
        if depth > _DEPTH or isinstance(expr, Record):
            return ""
        if isinstance(expr, Literal):
            return expr.text
        if isinstance(expr, Ref):
            return self._ends.get(expr.path) or self._calls.constant(expr) or ""
        if isinstance(expr, Call) and expr.callee[-1] in _JOINS and expr.args:
            return self._all(expr.args[1:] or expr.args, depth, "/")
        return self._all(expr.parts, depth, "") if isinstance(expr, Join) and expr.text else ""

    def _all(self, parts: tuple[Expr, ...], depth: int, between: str) -> str:
        return between.join(self._end(p, depth + 1) or "*" for p in parts)
