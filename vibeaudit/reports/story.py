"""What the report tells a founder, in the order in which it is told, before any markup."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vibeaudit.model import (
    Coverage,
    Finding,
    LeftOut,
    Location,
    Opinion,
    Outcome,
    Patch,
    Report,
    Rule,
    Severity,
    Status,
    Text,
)
from vibeaudit.reports import fixes
from vibeaudit.reports.verdict import assessed, unfinished, verdict
from vibeaudit.reports.visible import line
from vibeaudit.reports.words import Piece, Sentence, Words, told

FIRST = 5
PLACES = 40  # of one rule and severity that are written out; the rest is counted
LEFT_OUT = 12
TRACE = 30


@dataclass(frozen=True, slots=True)
class Check:
    """A line of the assurance ledger in plain words."""

    name: str
    status: str
    state: str
    looked_at: str
    reason: str
    left_out: tuple[LeftOut, ...]
    left_out_count: int


@dataclass(frozen=True, slots=True)
class Place:
    """One finding of a card."""

    finding: Finding
    title: Sentence
    seen_by: str
    fix: str
    patch: Patch | None
    trace: tuple[Location, ...]
    way: str  # what the trace is: "trace", or "also" for the other places of one secret
    opinion: Opinion | None


@dataclass(frozen=True, slots=True)
class Card:
    """The findings of one rule and severity: told once, listed with each of their places."""

    anchor: str
    rule_id: str
    severity: Severity
    title: Sentence
    risk: Sentence
    remedy: Sentence
    effort: str
    minutes: int
    cwe: tuple[int, ...]
    taxonomy: tuple[str, ...]
    references: tuple[str, ...]
    places: tuple[Place, ...]
    count: int
    repairs: int  # how often the work is done: a secret in many places is replaced once
    proven: int


_SECRETS = frozenset(("secrets",))


@dataclass(frozen=True, slots=True)
class _Known:
    """What else is known of findings, by fingerprint."""

    patches: dict[str, Patch]
    opinions: dict[str, Opinion]


@dataclass(frozen=True, slots=True)
class Story:
    """The parts that every format tells alike."""

    checks: tuple[Check, ...]
    assurance: str
    verdict: str
    headline: str
    reasons: tuple[str, ...]
    cards: tuple[Card, ...]
    first: tuple[Card, ...]
    total: str


def tell(report: Report, words: Words) -> Story:
    """The story of a report in one language."""
    cards = _cards(report, words)
    return Story(
        checks=tuple(_check(o, words) for o in report.outcomes),
        assurance=_assurance(report, words),
        verdict=verdict(report),
        headline=words(f"verdict.{verdict(report)}"),
        reasons=_reasons(report, words),
        cards=cards,
        first=_first(cards),
        total=_total(cards, words),
    )


def _check(outcome: Outcome, words: Words) -> Check:
    covered: Coverage = outcome.covered
    return Check(
        name=words.get(f"analyzer.{outcome.analyzer}", outcome.analyzer),
        status=outcome.status.value,
        state=words(f"status.{outcome.status.value}"),
        looked_at=words.units(covered.looked_at, covered.unit) if covered.looked_at else "",
        reason=words.reason(outcome.reason),
        left_out=tuple(LeftOut(e.what, words.reason(e.why)) for e in covered.left_out[:LEFT_OUT] if e.why),
        left_out_count=len(covered.left_out),
    )


def _assurance(report: Report, words: Words) -> str:
    done, total = sum(o.status is Status.RAN for o in report.outcomes), len(report.outcomes)
    if not total:
        return words("assessed.none")
    return words("assessed.all", n=total) if done == total else words("assessed.some", done=done, n=total)


def _reasons(report: Report, words: Words) -> tuple[str, ...]:
    kind, many = verdict(report), len(report.open_findings)
    if kind == "blocked":
        tally = [(s, sum(f.severity is s for f in report.open_findings)) for s in (Severity.CRITICAL, Severity.HIGH)]
        what = words.joined(words.count(f"verdict.{s.label}", n) for s, n in tally if n)
        incomplete = () if assessed(report) else (words("verdict.incomplete_too"),)
        return (words("verdict.blocked_why", what=what), *incomplete)
    if kind == "unanswered":
        return words("verdict.unanswered_why"), words("verdict.unanswered_more")
    if kind == "open-points":
        return (words("verdict.open-points_why", what=words.count("verdict.points", many)),)
    return (words("verdict.no-blocker_why"),)


def _cards(report: Report, words: Words) -> tuple[Card, ...]:
    """In the order of the findings; the worst first."""
    groups: dict[tuple[int, str], list[Finding]] = {}
    for finding in report.open_findings:
        groups.setdefault((-finding.severity, finding.rule_id), []).append(finding)
    order = {key: n for n, key in enumerate(groups)}
    known = _Known(fixes.by_finding(report.patches), {o.fingerprint: o for o in report.opinions})
    return tuple(
        _card(n, groups[key], report.rules.get(key[1]), known, words)
        for n, key in enumerate(sorted(groups, key=lambda k: (k[0], order[k])), start=1)
    )


def _card(n: int, findings: list[Finding], rule: Rule | None, known: _Known, words: Words) -> Card:
    head = findings[0]
    statuses = [fixes.status(known.patches.get(f.fingerprint)) for f in findings]
    empty = Text("", "")
    return Card(
        anchor=f"finding-{n}",
        rule_id=head.rule_id,
        severity=head.severity,
        title=title_of(head, rule, words),
        risk=told(rule.risk if rule else empty, head.facts, words.lang),
        remedy=told(rule.remedy if rule else empty, head.facts, words.lang),
        effort=words.effort(rule.effort) if rule else "",
        minutes=rule.effort.minutes if rule else 0,
        cwe=rule.cwe if rule else head.cwe,
        taxonomy=rule.taxonomy if rule else (),
        references=tuple(u for u in rule.references if _is_link(u)) if rule else (),
        places=tuple(_place(f, rule, known, words) for f in findings[:PLACES]),
        count=len(findings),
        repairs=len({_cause(f) for f in findings}),
        proven=statuses.count("verified"),
    )


def title_of(finding: Finding, rule: Rule | None, words: Words) -> Sentence:
    """The rule's title, filled; for a rule that is not ours, what it said."""
    return (
        told(rule.title, finding.facts, words.lang)
        if rule
        else (Piece(line(finding.message) or line(finding.rule_id)),)
    )


def _cause(finding: Finding) -> str:
    return finding.anchor.rpartition(":")[2] if finding.sources == _SECRETS else finding.fingerprint


def _place(finding: Finding, rule: Rule | None, known: _Known, words: Words) -> Place:
    patch = known.patches.get(finding.fingerprint)
    return Place(
        finding=finding,
        title=title_of(finding, rule, words),
        seen_by=", ".join(words.get(f"analyzer.{s}", s) for s in sorted(finding.sources)),
        fix=fixes.status(patch),
        patch=patch,
        trace=finding.related[:TRACE],
        way="also" if finding.sources == _SECRETS else "trace",
        opinion=known.opinions.get(finding.fingerprint),
    )


def _is_link(url: str) -> bool:
    return url.startswith("https://") and url.isascii() and url.isprintable() and not set(url) & set(" <>\"'`()|\\")


def _first(cards: Iterable[Card]) -> tuple[Card, ...]:
    """What pays most: the worst first, and among these what we are sure of."""
    worth = [c for c in cards if c.severity > Severity.INFO]
    ranked = sorted(worth, key=lambda c: (-c.severity, -max(p.finding.confidence for p in c.places)))
    return tuple(ranked[:FIRST])


def _total(cards: tuple[Card, ...], words: Words) -> str:
    urgent = [c for c in cards if c.severity >= Severity.HIGH and c.minutes]
    if not urgent:
        return ""
    time = words.minutes(sum(c.minutes * c.repairs for c in urgent))
    return words("first.total", time=time, done=sum(c.proven for c in urgent), n=sum(c.count for c in urgent))


def missing(report: Report, words: Words) -> tuple[Check, ...]:
    """The checks that did not run to their end."""
    return tuple(_check(o, words) for o in unfinished(report))
