"""Files: what a regular expression needs is looked for before it runs, and changes no answer."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest

from vibeaudit.source import SourceFile
from vibeaudit.source.literals import literals, parts


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\b(?:Flask|FastAPI)\(", {"lask", "astapi"}),
        (r"[pP]rocedure\b", {"procedure"}),
        (r"(?i)passw|\bpwd\b", {"passw", "pwd"}),
        (r"(?:session)+\s*=", {"session"}),
        (r"(?:session)?=", set()),
        (r"(?!session)\w+", set()),
        (r"select\s+\*\s+from", {"select"}),
        (r"csrf|csrf-sync", {"csrf"}),
        (r"ab|express", set()),
        (r"étage", {"tage"}),
    ],
)
def test_the_words_that_a_pattern_needs(pattern: str, words: set[str]) -> None:
    assert {word.decode() for word in literals(re.compile(pattern))} == words


@pytest.mark.parametrize(
    ("pattern", "alternatives"),
    [
        (b"(?i)passw|\\bpwd\\b", [b"passw", b"\\bpwd\\b"]),
        (b"(?:a|b)|[|]|\\|", [b"(?:a|b)", b"[|]", b"\\|"]),
        (b"(a)\\1|b", [b"(a)\\1|b"]),
    ],
)
def test_the_alternatives_of_a_pattern(pattern: bytes, alternatives: list[bytes]) -> None:
    assert [part.pattern.pattern for part in parts(re.compile(pattern))] == alternatives


@pytest.mark.parametrize(
    "data",
    [
        b"app = Flask(__name__)",
        b"app = FLASK()",
        b"nothing",
        "app = Flask()".encode("utf-16"),
        "ſession = 1".encode(),
        "SE\u017f\u017fION".encode(),
        b"session\xff",
        b"seats -= 1; a|b = [x]",
    ],
)
@pytest.mark.parametrize(
    "pattern",
    [
        r"\bFlask\(",
        r"(?i)session",
        r"(?i)flask",
        r"=\s*1",
        r"(?i)wallet|\w ?-= ?\w|\bqty\b",
        r"(?i)wallet|[A-F]LASK",
        r"wallet|(?:a|b)\|b|none",
        r"wallet|[|(]b|\|",
        r"(?i)(?-i:flask)|wallet",
        r"(\w)\1|wallet",
    ],
)
def test_a_file_holds_what_the_pattern_alone_would_find(data: bytes, pattern: str) -> None:
    file = SourceFile(PurePosixPath("a.py"), data=data)
    assert file.holds(re.compile(pattern)) == bool(re.search(pattern, file.text))
    assert file.holds(re.compile(pattern.encode())) == bool(re.search(pattern.encode(), data))
