"""What a call's arguments say, and parts of what they hold."""

from __future__ import annotations

from vibeaudit.flow.form import Call, Expr, Literal, Path
from vibeaudit.flow.phrases import kinds
from vibeaudit.flow.taint import Value


def literals(call: Call) -> str:
    return " ".join(a.text for a in call.args if isinstance(a, Literal) and a.text)


def keys(args: tuple[Expr, ...]) -> Path:
    """The names that literals at the start of arguments give."""
    found: list[str] = []
    for arg in args:
        if not isinstance(arg, Literal) or not 0 < len(arg.text) < 60:
            break
        found.append(arg.text)
    return tuple(found)


def name_read(call: Call) -> Path:
    """The name that a value is read by: `form.get("email")`, and not `db.query("select name from users")`."""
    first = call.args[0] if call.args else None
    if not isinstance(first, Literal) or not 0 < len(first.text) < 60 or "sql" in kinds(first.text):
        return ()
    return (first.text,)


def itself(value: Value) -> Value:
    """A value and its elements, without its named fields: options are no text."""
    return {p: m for p, m in value.items() if not p or p[0] == "*"}
