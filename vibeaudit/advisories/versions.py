"""Orders versions as the package managers do: PEP 440 for PyPI, Semantic Versioning for npm."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from vibeaudit.advisories import Advisory, Range

_SEMVER = re.compile(
    r"^[=v\s]*(\d{1,16})(?:\.(\d{1,16}|[xX*]))?(?:\.(\d{1,16}|[xX*]))?((?:\.\d{1,16})*)"
    r"(?P<pre>-[0-9A-Za-z][0-9A-Za-z.-]*|[A-Za-z][0-9A-Za-z.-]*)?(?:\+[0-9A-Za-z.-]*)?\s*$",
    re.ASCII,
)
_NUMBERS = re.compile(r"^v?(\d{1,16}(?:\.\d{1,16})+)[-.][0-9A-Za-z]", re.ASCII)
MAX_VERSION = 256  # characters


class NotAVersion(ValueError):
    """It cannot be ordered."""


@lru_cache(maxsize=65_536)
def key(ecosystem: str, version: str) -> Any:
    """Something that orders versions of one ecosystem. Raises NotAVersion."""
    if len(version) > MAX_VERSION:
        raise NotAVersion(version[:MAX_VERSION])
    return _pep440(version) if ecosystem == "PyPI" else _semver(version)


def affects(advisory: Advisory, version: str) -> bool:
    """Whether the advisory speaks of this version. Raises NotAVersion when that cannot be told."""
    at = key(advisory.ecosystem, version)
    if version in advisory.versions:
        return True
    for one in advisory.versions:
        try:
            if key(advisory.ecosystem, one) == at:
                return True
        except NotAVersion:
            continue
    return any(contains(advisory.ecosystem, r, version) for r in advisory.ranges)


def contains(ecosystem: str, span: Range, version: str) -> bool:
    """Whether a range holds a version. A bound that is no version is read as the widest range: better a
    false alarm than a false all-clear."""
    at = key(ecosystem, version)
    low, fixed, last = (_bound(ecosystem, b) for b in (span.introduced, span.fixed, span.last_affected))
    if low is not None and (at < low or (span.after and at == low)):
        return False
    if fixed is not None and at >= fixed:
        return False
    return last is None or at <= last


def same_line(ecosystem: str, one: str, other: str) -> bool:
    """Whether two versions share their major number (for 0.x in npm, also their minor one)."""
    return _line(ecosystem, one) == _line(ecosystem, other)


def is_prerelease(ecosystem: str, version: str) -> bool:
    at = key(ecosystem, version)
    return bool(at.is_prerelease) if ecosystem == "PyPI" else at[3] == 0


def _bound(ecosystem: str, bound: str) -> Any:
    if not bound or bound == "0":
        return None
    try:
        return key(ecosystem, bound)
    except NotAVersion:  # "2.6.0-NA" and "2.6.0-cu124" stand in published advisories
        match = _NUMBERS.match(bound)
        return key(ecosystem, match[1]) if match else None


def _pep440(version: str) -> Any:
    from packaging.version import InvalidVersion, Version

    try:
        return Version(Version(version).public)  # 1.0+cu118 is 1.0, built otherwise
    except (InvalidVersion, ValueError) as error:
        raise NotAVersion(version) from error


def _semver(version: str) -> tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]:
    match = _SEMVER.match(version)
    if not match:
        raise NotAVersion(version)
    major, minor, patch = (int(n) if n and n.isdigit() else 0 for n in match.group(1, 2, 3))
    pre = match["pre"]
    if pre is None:
        return (major, minor, patch, 1, ())
    return (major, minor, patch, 0, tuple(_identifier(part) for part in pre.removeprefix("-").split(".")))


def _identifier(part: str) -> tuple[int, int, str]:
    """Numbers come before words, and are compared as numbers."""
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def _line(ecosystem: str, version: str) -> tuple[int, ...]:
    at = key(ecosystem, version)
    if ecosystem == "PyPI":
        return (at.epoch, at.major)
    return (at[0],) if at[0] else (0, at[1])
