"""Which advisories speak of an installed package, and which version closes them all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vibeaudit.advisories import Advisory
from vibeaudit.advisories.versions import NotAVersion, affects, is_prerelease, key, same_line
from vibeaudit.model import Severity


@dataclass(frozen=True, slots=True)
class Group:
    """Advisories that share an alias: one hole, told several times. The first speaks for them."""

    members: tuple[Advisory, ...]

    @property
    def id(self) -> str:
        """The name that people search for: a CVE where there is one."""
        names = sorted(n for m in self.members for n in m.names)
        return next((n for n in names if n.startswith("CVE-")), self.members[0].id)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({n for m in self.members for n in m.names}))

    @property
    def severity(self) -> Severity | None:
        known = [m.severity for m in self.members if m.severity is not None]
        return max(known) if known else None

    @property
    def score(self) -> float | None:
        return max((m.score for m in self.members if m.score is not None), default=None)

    @property
    def vector(self) -> str:
        return next((m.vector for m in self.members if m.vector), "")

    @property
    def summary(self) -> str:
        return next((m.summary for m in self.members if m.summary), "")

    @property
    def malware(self) -> bool:
        return any(m.malware for m in self.members)

    @property
    def incomplete(self) -> bool:
        return all(m.incomplete for m in self.members)


@dataclass(frozen=True, slots=True)
class Match:
    """What is known about one version. `unsure`: advisories about the package whose incomplete ranges do not
    name this version. `fixed` closes all groups, or is empty when no such version is known."""

    groups: tuple[Group, ...] = ()
    fixed: str = ""
    unsure: tuple[str, ...] = ()


def match(advisories: Iterable[Advisory], version: str) -> Match:
    """Raises NotAVersion when the version cannot be ordered."""
    known = tuple(advisories)
    if not known:
        return Match()
    key(known[0].ecosystem, version)
    hits = tuple(a for a in known if affects(a, version))
    named = {n for h in hits for n in h.names}
    unsure = tuple(a.id for a in known if a.incomplete and not a.names & named)
    return Match(grouped(hits), fix(known, hits, version), unsure)


def grouped(advisories: Iterable[Advisory]) -> tuple[Group, ...]:
    """Merge by shared names, transitively; most severe first."""
    groups: list[tuple[set[str], list[Advisory]]] = []
    for one in sorted(advisories, key=lambda a: a.id):
        names, members = set(one.names), [one]
        for other in [g for g in groups if g[0] & names]:
            groups.remove(other)
            names |= other[0]
            members += other[1]
        groups.append((names, members))
    made = [Group(tuple(sorted(members, key=lambda a: a.id))) for _, members in groups]
    return tuple(sorted(made, key=lambda g: (-(Severity.MEDIUM if g.severity is None else g.severity), g.id)))


def fix(known: tuple[Advisory, ...], hits: tuple[Advisory, ...], version: str) -> str:
    """The lowest version that is not older, that no known advisory speaks of, and that some advisory names as a
    repair; in the same major line when there is one. Empty when none is known."""
    if not hits:
        return ""
    ecosystem = known[0].ecosystem
    candidates = _later(
        {r.fixed for a in known for r in a.ranges} | {f for a in known for f in a.fixed}, ecosystem, version
    )
    clean = [c for c in candidates if not any(affects(a, c) for a in known)]
    if not is_prerelease(ecosystem, version):
        clean = [c for c in clean if not is_prerelease(ecosystem, c)] or clean
    return next((c for c in clean if same_line(ecosystem, c, version)), clean[0] if clean else "")


def _later(names: Iterable[str], ecosystem: str, version: str) -> list[str]:
    at, found = key(ecosystem, version), []
    for name in sorted(n for n in names if n):
        try:
            if key(ecosystem, name) > at:
                found.append(name)
        except NotAVersion:
            continue
    return sorted(found, key=lambda n: key(ecosystem, n))
