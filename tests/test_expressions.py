"""Our own regular expressions, over files that want to keep them busy. benchmarks/expressions.py measures each."""

from __future__ import annotations

import re

from tests.expressions import everything

_INTO_OTHER_LINES = re.compile(r"(?<![\\\[(])\^\(?\\s[*+](?!\$)")


def test_a_search_line_by_line_does_not_read_the_empty_lines_below_anew_for_each() -> None:
    """`^\\s*` of many lines takes in line ends: from each of n empty lines it would run through all that follow."""
    found = everything()
    slow = [e.where for e in found if e.pattern.flags & re.MULTILINE and _INTO_OTHER_LINES.search(_text(e.pattern))]
    assert len(found) > 2000
    assert slow == []


def _text(pattern: re.Pattern[str] | re.Pattern[bytes]) -> str:
    written = pattern.pattern
    return written if isinstance(written, str) else written.decode("latin-1")
