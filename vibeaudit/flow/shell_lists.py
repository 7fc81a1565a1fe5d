"""Commands that are put together in a list: `args = ["sh", "-c"]`, `args.append(command)`, `subprocess.run(args)`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import proxy

from vibeaudit.flow.form import Call, Expr, Join, Literal, Path, Ref
from vibeaudit.flow.lowering import SHELL, SHELL_FLAG
from vibeaudit.flow.taint import Value, flat

if TYPE_CHECKING:
    from vibeaudit.flow.calls import Calls

_RUN = frozenset(
    ("run", "call", "check_call", "check_output", "Popen", "create_subprocess_exec", "spawn", "spawnSync", "execFile",
     "execFileSync", "execa")
)  # fmt: skip
_GROWS = frozenset(("append", "extend", "push"))


class ShellLists:
    """The texts that one walk has seen in each list, and the runs of those that name a shell."""

    def __init__(self, calls: Calls) -> None:
        self._calls: Calls = proxy(calls)  # without a circle, a walk goes as soon as it has ended
        self._said: dict[Path, list[str]] = {}

    def assigned(self, target: Path, value: Expr) -> None:
        if isinstance(value, Join) and not value.text:
            self._said[target] = [_text(p) for p in value.parts]
        elif isinstance(value, Literal) and not value.text and target not in self._said:
            self._said[target] = []

    def called(self, call: Call, args: list[Value]) -> None:
        name = call.callee[-1]
        if name in _GROWS and len(call.callee) > 1:
            self._said.setdefault(call.callee[:-1], []).extend(t for a in call.args for t in _texts(a))
        if name not in _RUN:
            return
        for number, arg in enumerate(call.args[:2]):
            if not isinstance(arg, Ref) or not (listed := self._said.get(arg.path)):
                continue
            said = [*(_text(a) for a in call.args[:number]), *listed]
            if _names_shell(said):
                for mark in flat(args[number]):
                    self._calls.hit(mark, "os-command", "", call.spans[number] if number < len(call.spans) else call.at)


def _text(expr: Expr) -> str:
    return expr.text if isinstance(expr, Literal) else ""


def _texts(expr: Expr) -> list[str]:
    return [_text(p) for p in expr.parts] if isinstance(expr, Join) and not expr.text else [_text(expr)]


def _names_shell(said: list[str]) -> bool:
    """Whether a shell is named, and behind it the flag that makes it run a text."""
    after = next((said[n + 1 :] for n, t in enumerate(said) if SHELL.fullmatch(t)), [])
    return any(SHELL_FLAG.fullmatch(t) for t in after)
