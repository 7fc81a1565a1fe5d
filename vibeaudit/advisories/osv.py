"""One OSV record, as published, into Advisories."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from vibeaudit.advisories import ECOSYSTEMS, Advisory, Range
from vibeaudit.advisories.cvss import base_score
from vibeaudit.advisories.versions import NotAVersion, key
from vibeaudit.model import Severity

_LABELS = {"low": Severity.LOW, "moderate": Severity.MEDIUM, "medium": Severity.MEDIUM}
_LABELS |= {"high": Severity.HIGH, "critical": Severity.CRITICAL, "none": Severity.INFO}
_MALWARE = re.compile(
    r"^(?:duplicate advisory: )?(?:embedded )?malicious (?:code|package|npm package|versions?)\b|\bis malware\b"
    r"|contains? (?:malware|malicious code|credential harvesting)|embedded mal(?:ware|icious)"
    r"|containing .{0,40}malware",
    re.IGNORECASE,
)
_UP_TO = re.compile(r"^\s*(<=?)\s*(\S+)\s*$")


def advisories(record: Any, source: str) -> Iterator[Advisory]:
    """One Advisory a package that the record names, in our ecosystems. Raises ValueError for what is no record."""
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        raise ValueError("not an OSV record")
    score, vector = scored([s for s in _list(record.get("severity")) if isinstance(s, dict)])
    specific = _table(record.get("database_specific"))
    aliases = tuple(sorted({a for a in _list(record.get("aliases")) if isinstance(a, str)} - {record["id"]}))
    summary = " ".join(str(record.get("summary") or record.get("details") or "").split())[:200]
    for (ecosystem, name), group in sorted(_by_package(record).items()):
        ranges = [r for affected in group for r in _ranges(ecosystem, affected)]
        versions = {v for affected in group for v in _list(affected.get("versions")) if isinstance(v, str)}
        label = _LABELS.get(str(specific.get("severity", "")).lower())
        yield Advisory(
            ecosystem=ecosystem,
            package=normal(ecosystem, name),
            id=record["id"],
            aliases=aliases,
            severity=label if label is not None else rated(score),
            score=score,
            vector=vector,
            summary=summary,
            published=str(record.get("published", ""))[:10],
            modified=str(record.get("modified", ""))[:10],
            ranges=tuple(dict.fromkeys(ranges)),
            versions=tuple(sorted(versions)),
            sources=(source,),
            withdrawn=bool(record.get("withdrawn")) or withdrawn(summary),
            malware=is_malware((record["id"], *aliases), summary),
        )


def normal(ecosystem: str, name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower() if ecosystem == "PyPI" else name


def is_malware(names: tuple[str, ...], summary: str) -> bool:
    return any(n.startswith("MAL-") for n in names) or bool(_MALWARE.search(summary))


def withdrawn(summary: str) -> bool:
    return summary.lower().startswith(("withdrawn", "duplicate advisory"))


def rated(score: float | None) -> Severity | None:
    """The label that CVSS gives a base score."""
    if score is None:
        return None
    steps = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM), (0.1, Severity.LOW))
    return next((label for least, label in steps if score >= least), Severity.INFO)


def labelled(text: str) -> Severity | None:
    return _LABELS.get(text.lower())


def scored(severities: list[dict[str, Any]]) -> tuple[float | None, str]:
    """The base score and vector of the first CVSS entry that we can compute (3.x before 4.0)."""
    vectors = [str(s.get("score", "")) for s in severities]
    for vector in vectors:
        if (score := base_score(vector)) is not None:
            return score, vector
    return None, next((v for v in vectors if v.startswith("CVSS:")), "")


def _by_package(record: dict[str, Any]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for affected in _list(record.get("affected")):
        package = _table(_table(affected).get("package"))
        ecosystem, name = str(package.get("ecosystem", "")), package.get("name")
        if ecosystem in ECOSYSTEMS and isinstance(name, str) and name:
            groups.setdefault((ecosystem, name), []).append(affected)
    return groups


def _ranges(ecosystem: str, affected: dict[str, Any]) -> Iterator[Range]:
    known = _UP_TO.match(str(_table(affected.get("database_specific")).get("last_known_affected_version_range", "")))
    for span in _list(affected.get("ranges")):
        if _table(span).get("type") not in {"SEMVER", "ECOSYSTEM"}:
            continue
        yield from _spans(_events(ecosystem, span), known)


def _spans(events: list[tuple[str, str]], known: re.Match[str] | None) -> Iterator[Range]:
    """Pair each introduction with what ends it. GitHub states the last known version apart when there is no fix."""
    start: str | None = None
    for kind, version in events:
        if kind == "introduced":
            start = version if start is None else start
        elif start is not None:
            yield Range(start, version if kind == "fixed" else "", version if kind == "last_affected" else "")
            start = None
    if start is not None:
        last = known[2] if known and known[1] == "<=" else ""
        yield Range(start, known[2] if known and known[1] == "<" else "", last)


def _events(ecosystem: str, span: dict[str, Any]) -> list[tuple[str, str]]:
    """(kind, version), in order of version. Unordered versions keep their place."""
    events = [
        (kind, str(version))
        for event in _list(span.get("events"))
        for kind, version in _table(event).items()
        if kind in {"introduced", "fixed", "last_affected"}
    ]
    rank = {"fixed": 0, "introduced": 1, "last_affected": 2}
    try:
        zero = [e for e in events if e[1] == "0"]
        rest = [e for e in events if e[1] != "0"]
        return zero + sorted(rest, key=lambda e: (key(ecosystem, e[1]), rank[e[0]]))
    except (NotAVersion, TypeError):
        return events


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
