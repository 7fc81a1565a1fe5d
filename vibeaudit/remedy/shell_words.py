"""A shell command with holes, split into the arguments that the shell would have passed."""

from __future__ import annotations

import re

from vibeaudit.remedy.python_text import Hole, Template

Word = list["str | Hole"]
_SHELL_ONLY = re.compile(r"[|&;<>()$`*?\[\]~#!{}\\\n]")
_BUILT_IN = frozenset(
    ". : alias bg cd command eval exec exit export fg hash set shift source test trap type ulimit umask unset".split()
)
_SEVERAL = re.compile(
    r"(?i)(?:^|[._])(?:\w*(?:args?|arguments|options|opts|flags|cmd|command|extra|params|files|paths))$"
)


class NeedsShell(ValueError):
    """The command uses what only a shell has; the message says what."""


def words(found: Template) -> list[Word]:
    """The command's arguments. Raises NeedsShell."""
    made: list[Word] = []
    current: Word | None = None
    quote = ""
    for part in found.parts:
        if isinstance(part, Hole):
            if part.formatted:
                raise NeedsShell("a value is formatted on its way into the command")
            if not quote and _SEVERAL.search(part.expression):
                raise NeedsShell(f"{part.expression[:60]} may hold several arguments, which the shell splits")
            current = [] if current is None else current
            current.append(part)
            continue
        for char in part.text.replace("%%", "%") if part.style == "%" else part.text:
            if quote and char == quote:
                quote = ""
            elif not quote and char in "'\"":
                quote, current = char, [] if current is None else current
            elif not quote and char.isspace() and char != "\n":
                made += [current] if current is not None else []
                current = None
            elif char in "\\`$" or (not quote and _SHELL_ONLY.match(char)):
                raise NeedsShell(f"the command uses the shell's own {char!r}")
            else:
                current = [] if current is None else current
                if current and isinstance(current[-1], str):
                    current[-1] += char
                else:
                    current.append(char)
    if quote:
        raise NeedsShell("a quote is never closed")
    made += [current] if current is not None else []
    _check_program(made)
    return made


def _check_program(made: list[Word]) -> None:
    first = made[0] if made else []
    if not first or any(isinstance(p, Hole) for p in first):
        raise NeedsShell("which program runs is decided by a value: choose it from a fixed list")
    program = "".join(p for p in first if isinstance(p, str))
    if program in _BUILT_IN or "=" in program:
        raise NeedsShell(f"{program[:40]} is the shell's own")
