"""Our own compact bundle: gzip JSON lines, the first about the sources, then one a package and advisory."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vibeaudit.advisories import ECOSYSTEMS, Advisory, Range, Source
from vibeaudit.advisories.osv import is_malware, labelled, normal, rated, withdrawn
from vibeaudit.errors import TargetError

FORMAT = "vibeaudit-adv/1"
MAX_BYTES = 1_000_000_000
MAX_LINE = 5_000_000


def sources(path: Path) -> tuple[Source, ...]:
    """What the first line says. Raises TargetError when it is not our format."""
    try:
        meta = json.loads(next(_lines(path)))
        if meta["format"] != FORMAT:
            raise ValueError(f"format {meta['format']!r}")
        return tuple(_source(entry) for entry in meta["sources"])
    except (StopIteration, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TargetError(
            f"{path.name} is not an advisory bundle: {error}", f"its first line must name {FORMAT}"
        ) from error


def read(path: Path) -> Iterator[Advisory]:
    """Its advisories; a broken row raises TargetError naming its line."""
    lines = _lines(path)
    next(lines, None)
    for number, line in enumerate(lines, 2):
        try:
            row = json.loads(line)
            if row["e"] in ECOSYSTEMS:
                yield _advisory(row)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise TargetError(f"{path.name}, line {number}: not an advisory ({type(error).__name__})") from error


def _advisory(row: dict[str, Any]) -> Advisory:
    aliases, summary = tuple(sorted({str(a) for a in row.get("a", [])} - {row["i"]})), str(row.get("t", ""))
    score = float(row["c"]) if "c" in row else None
    label = labelled(str(row.get("s", "")))
    return Advisory(
        ecosystem=row["e"],
        package=normal(row["e"], str(row["p"])),
        id=str(row["i"]),
        aliases=aliases,
        severity=label if label is not None else rated(score),
        score=score,
        vector=str(row.get("x", "")),
        summary=summary,
        published=str(row.get("d", "")),
        modified=str(row.get("m", "")),
        ranges=tuple(_range(*span) for span in row.get("r", [])),
        versions=tuple(sorted(str(v) for v in row.get("v", []))),
        fixed=tuple(sorted(str(v) for v in row.get("f", []))),
        sources=tuple(str(q) for q in row["q"]),
        incomplete=bool(row.get("u")),
        withdrawn=withdrawn(summary),
        malware=is_malware((str(row["i"]), *aliases), summary),
    )


def _range(introduced: str | None, fixed: str | None, last: str | None) -> Range:
    low = introduced or "0"
    return Range(low.lstrip(">="), fixed or "", last or "", low.startswith(">") and not low.startswith(">="))


def _source(entry: dict[str, Any]) -> Source:
    return Source(
        str(entry["id"]),
        str(entry["name"]),
        str(entry["licence"]),
        str(entry.get("as_of", "")),
        str(entry.get("rev", "")),
    )


def _lines(path: Path) -> Iterator[str]:
    """Lines of a gzip or plain file, with a cap on what they may unfold to."""
    total = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            while line := stream.readline(MAX_LINE):
                total += len(line)
                if total > MAX_BYTES:
                    raise TargetError(f"{path.name} unfolds to more than {MAX_BYTES // 1_000_000} MB")
                yield line.decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise TargetError(f"{path.name} cannot be read: {type(error).__name__}", "download it again") from error
