"""Copies the snapshot's files under neutral names for semgrep, and lists them in each language that is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vibeaudit.analyzers.semgrep_files import chooser
from vibeaudit.analyzers.semgrep_rules import CANARY_CODE, Matcher, analyzers_of
from vibeaudit.model import LeftOut, Snapshot
from vibeaudit.source import SourceFile

MAX_BYTES = 1_000_000  # semgrep needs up to 1.5 GB for a megabyte of dense code
_ANY_TEXT = ("generic", "regex")
_BY_LANGUAGE = {
    "python": "python",
    "javascript": "javascript",
    "typescript": "typescript",
    "tsx": "typescript",
    "json": "json",
    "yaml": "yaml",
    "html": "html",
    "vue": "vue",
    "xml": "xml",
    "bash": "bash",
    "dockerfile": "dockerfile",
    "hcl": "terraform",
}
_BY_SUFFIX = {
    ".go": "go",
    ".java": "java",
    ".kt": "kotlin",
    ".rb": "ruby",
    ".php": "php",
    ".rs": "rust",
    ".cs": "csharp",
    ".c": "c",
    ".h": "c",
    ".cpp": "cpp",
    ".cc": "cpp",
    ".swift": "swift",
    ".scala": "scala",
    ".lua": "lua",
    ".ex": "elixir",
    ".exs": "elixir",
    ".dart": "dart",
    ".sol": "solidity",
    ".clj": "clojure",
    ".proto": "proto",
    ".jl": "julia",
    ".r": "r",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The target list in semgrep's own format; which copy is which file; what is too big to be one. `seen` counts the
    files that were looked at, those included whose words leave no rule anything to find."""

    targets: list[Any]
    files: Mapping[str, SourceFile]
    left_out: tuple[LeftOut, ...]
    seen: int


def lay_out(snapshot: Snapshot, wanted: Sequence[Matcher], work: Path) -> Plan:
    """Copy what a rule could match into `work`. Copies, since a file may exist in memory only, and since its
    name may hold anything."""
    analyzers, choose, seen = analyzers_of(wanted), chooser(wanted), 0
    targets: list[Any] = []
    files: dict[str, SourceFile] = {}
    left_out: list[LeftOut] = []
    (work / "files").mkdir()
    for number, file in enumerate(snapshot.files):
        asked = [a for a in _spoken(file) if a in analyzers]
        if not asked:
            continue
        if len(file.data) > MAX_BYTES:
            left_out.append(LeftOut(str(file.path), f"larger than {MAX_BYTES:,} bytes"))
            continue
        if asked[0] in _ANY_TEXT and b"\0" in file.data[:8000]:
            continue
        seen += 1
        shown = {a: folders for a in asked if (folders := choose.shown(file, a)) is not None}
        if not shown:
            continue
        copy = f"files/{number}{_suffix(file)}"
        (work / copy).write_bytes(file.data)
        files[copy] = file
        targets += [_target(copy, f"{folders}/{file.path}", a) for a, folders in shown.items()]
    (work / "canary.py").write_text(CANARY_CODE)
    targets.append(_target("canary.py", "/canary.py", "python"))
    return Plan(["Targets", targets], files, tuple(left_out), seen)


def _spoken(file: SourceFile) -> Iterator[str]:
    name = _BY_LANGUAGE.get(file.language) or _BY_SUFFIX.get(file.path.suffix.lower())
    if name:
        yield name
    yield from _ANY_TEXT


def _target(copy: str, path: str, analyzer: str) -> list[Any]:
    """`fpath` is read; `ppath` is what a rule's `paths:` filters see."""
    shown = path.encode("utf-8", "replace").decode("utf-8")
    return ["CodeTarget", {"path": {"fpath": copy, "ppath": shown}, "analyzer": analyzer, "products": ["sast"]}]


def _suffix(file: SourceFile) -> str:
    suffix = file.path.suffix.lower()
    return suffix if suffix[1:].isalnum() and suffix.isascii() else ""
