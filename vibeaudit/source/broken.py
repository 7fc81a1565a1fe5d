"""Python that is not Python: over it the parser that mends as it goes can take any amount of memory."""

from __future__ import annotations

import ast
import symtable
import sys
import warnings
from collections.abc import Callable
from functools import partial

from vibeaudit.process import run

_SMALL = 1_000  # bytes, below which no text takes much
_FEW_LINES = 15
_SECONDS = 20.0
_MEMORY = 600_000_000  # bytes of addresses; a large file that parses takes a tenth
_TRIAL = (
    "import sys, tree_sitter_python as p; from tree_sitter import Language, Parser;"
    " Parser(Language(p.language())).parse(sys.stdin.buffer.read())"
)


def bearable(data: bytes, known: Callable[[], bool] | None = None) -> bool:
    """Whether tree-sitter may be given this Python. Five thousand bytes of stray operators in a block take gigabytes,
    and the library cannot be stopped: what the language's own parser refuses is tried in a process of its own.
    `known` tells whether it refuses."""
    if len(data) < _SMALL or data.count(b"\n") < _FEW_LINES or (known or partial(is_python, data))():
        return True
    done = run([sys.executable, "-I", "-c", _TRIAL], timeout=_SECONDS, memory=_MEMORY, stdin=data)
    return not done.timed_out and 0 <= done.code < 128  # 1: could not be tried, above: ended by a signal


def is_python(data: bytes) -> bool:
    """Whether the language's own parser takes the bytes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            symtable.symtable(data, "<app>", "exec")  # type: ignore[arg-type]  # parses as `ast` does, without its objects
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return _parses(data)
    return True


def _parses(data: bytes) -> bool:
    """Whether only the names are wrong: `nonlocal` outside of a function."""
    try:
        ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
