"""Lays a rule's fixture out as a project: marks blanked, fake secrets grown, repaired twins left out."""

from __future__ import annotations

import hashlib
import re
import string
import zlib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "fixtures"
_MARK = re.compile(r"(?:^|[^\w-])(?P<kind>ruleid|ok|todoruleid|todook): ?(?P<ids>[a-z0-9-]+(?:, ?[a-z0-9-]+)*)")
_FAKE = re.compile(r"⟪(?P<kind>[a-z0-9]+):(?P<count>\d+)(?:@(?P<place>\d+))?⟫")
_ALPHABETS = {
    "alnum": string.ascii_letters + string.digits,
    "x": "x",
    "alpha": string.ascii_letters,
    "base58": "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
    "lower": string.ascii_lowercase,
    "loweralnum": string.ascii_lowercase + string.digits,
    "upper": string.ascii_uppercase,
    "upperalnum": string.ascii_uppercase + string.digits,
    "base32": string.ascii_uppercase + "234567",
    "hex": "0123456789abcdef",
    "digits": string.digits,
    "base64url": string.ascii_letters + string.digits + "-_",
    "base64": string.ascii_letters + string.digits + "+/",
}


@dataclass(frozen=True)
class Mark:
    """`line` is the one below the mark, where the finding must stand (or must not)."""

    rule_id: str
    path: str
    line: int


@dataclass(frozen=True)
class Project:
    """Bad and safe places of one laid-out fixture."""

    root: Path
    bad: frozenset[Mark]
    safe: frozenset[Mark]


def cases(rule_id: str) -> list[Path]:
    """The roots of a rule's fixture: its `case-*` folders, or the folder itself."""
    folder = FIXTURES / rule_id
    apart = sorted(folder.glob("case-*"))
    beside = {p.name for p in folder.glob("*")} - {p.name for p in apart} - {"README.md"} if apart else set()
    assert not beside, f"nobody tests what lies beside the cases of {rule_id}: {', '.join(sorted(beside))}"
    return apart or ([folder] if folder.is_dir() else [])


def lay_out(source: Path, target: Path) -> Project:
    """Copy a fixture to `target` as the audited party would have it."""
    bad: set[Mark] = set()
    safe: set[Mark] = set()
    for path in sorted(p for p in source.rglob("*") if p.is_file() and not _is_twin(p)):
        relative = path.relative_to(source)
        text, marks = blank(path.read_text("utf-8"), relative.as_posix())
        for kind, mark in marks:
            {"ruleid": bad, "ok": safe, "todook": bad}.get(kind, safe).add(mark)
        (target / relative).parent.mkdir(parents=True, exist_ok=True)
        (target / relative).write_text(grow(text, relative.as_posix()), "utf-8")
    return Project(target, frozenset(bad), frozenset(safe))


def blank(text: str, path: str) -> tuple[str, list[tuple[str, Mark]]]:
    """The text with each marked line emptied, and the marks. Several marks may stand above one line."""
    marks: list[tuple[str, Mark]] = []
    waiting: list[tuple[str, str]] = []
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if found := _MARK.search(line):
            waiting += [(found["kind"], i.strip()) for i in found["ids"].split(",")]
            lines[number - 1] = ""
        elif waiting:
            marks += [(kind, Mark(rule_id, path, number)) for kind, rule_id in waiting]
            waiting = []
    return "\n".join(lines), marks


def grow(text: str, path: str) -> str:
    """Each ⟪alphabet:length⟫ becomes that many random-looking characters, the same in every run. So a
    fixture holds no string that a push protection takes for a live key. ⟪alphabet:length@3⟫ in a repaired twin
    is the sample's fourth."""
    counter = iter(range(10_000))
    return _FAKE.sub(lambda m: _random(m["kind"], int(m["count"]), f"{path}#{m['place'] or next(counter)}"), text)


def _random(kind: str, count: int, seed: str) -> str:
    if kind == "crc62":  # that many characters, and six more that are their checksum, as GitHub and npm do
        body = _random("alnum", count, seed)
        return body + _base62(zlib.crc32(body.encode())).rjust(6, "0")
    alphabet = _ALPHABETS[kind]
    stream = b"".join(hashlib.sha256(f"{seed}/{i}".encode()).digest() for i in range(count // 32 + 1))
    return "".join(alphabet[b % len(alphabet)] for b in stream[:count])


def _base62(number: int) -> str:
    digits = string.digits + string.ascii_uppercase + string.ascii_lowercase
    return _base62(number // 62) + digits[number % 62] if number else ""


def _is_twin(path: Path) -> bool:
    return ".fixed" in path.suffixes or path.name.endswith(".fixed")


def fixed_twin(path: Path) -> Path:
    """Where the repaired version of a fixture's file lies: `app.py` -> `app.fixed.py`, `.env` -> `.env.fixed`."""
    return path.with_name(f"{path.stem}.fixed{path.suffix}") if path.suffix else path.with_name(path.name + ".fixed")
