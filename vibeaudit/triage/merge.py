"""One finding where several analyzers, or several rules, saw one hole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace

from vibeaudit.model import Confidence, Finding

# A password in the code, a known one, a weak one: one credential, whichever rule names it. Likewise what runs: a
# tool that a model may use and a text that becomes code are one line. A line of the log is mended as a whole.
_FAMILY = {
    259: 798,
    321: 798,
    521: 798,
    1391: 798,
    1392: 798,
    1393: 798,
    77: 94,
    78: 94,
    88: 94,
    95: 94,
    96: 94,
    117: 532,
}
_WHOLE_LINE = frozenset((532,))


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """Join findings of one rule on overlapping lines, then findings of kindred rules on one line."""
    by_rule: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=_place):
        group = by_rule[(finding.rule_id, str(finding.primary.path))]
        if group and _same_place(group[-1], finding):
            group[-1] = _join(group[-1], finding)
        else:
            group.append(finding)
    return _merge_kindred([f for group in by_rule.values() for f in group])


def number(findings: Iterable[Finding]) -> list[Finding]:
    """Tell findings of one rule with one anchor in one file apart, in the file's order."""
    count: Counter[tuple[str, str, str]] = Counter()
    numbered = []
    for finding in sorted(findings, key=_place):
        key = (finding.rule_id, str(finding.primary.path), finding.anchor)
        numbered.append(replace(finding, occurrence=count[key]))
        count[key] += 1
    return numbered


def _merge_kindred(findings: list[Finding]) -> list[Finding]:
    """Two rules that name the same weakness at the same line, seen by different analyzers, saw one hole."""
    by_place: dict[tuple[str, int, int], list[int]] = defaultdict(list)  # where in `kept`
    kept: list[Finding] = []
    for finding in sorted(findings, key=lambda f: (*_rank(f), _place(f))):
        main = _FAMILY.get(finding.cwe[0], finding.cwe[0]) if finding.cwe else 0
        place = by_place[(str(finding.primary.path), finding.primary.line, main)]
        twins = (n for n in place if main in _WHOLE_LINE or (main and not kept[n].sources & finding.sources))
        at = next(twins, None)
        if at is None:
            place.append(len(kept))
            kept.append(finding)
        else:
            twin = kept[at]
            joined = _join(twin, finding)
            if main in _WHOLE_LINE:  # what it shows, and what it lets callers write
                joined = replace(joined, cwe=tuple(dict.fromkeys((*joined.cwe, *twin.cwe, *finding.cwe))))
            kept[at] = joined
    return kept


def _join(first: Finding, second: Finding) -> Finding:
    """The better of two sightings, with the sources of both. Two independent engines make it surer."""
    better, other = sorted((first, second), key=_rank)
    sources = first.sources | second.sources
    agreed = len(sources) > max(len(first.sources), len(second.sources))
    confidence = max(first.confidence, second.confidence)
    # Data flow knows the way, the others the statement, the earliest line of which is where a person starts to read.
    place = min(first, second, key=lambda f: (f.sources == {"flow"}, f.primary.line, f.primary.column, _rank(f)))
    return replace(
        better,
        primary=place.primary,
        anchor=place.anchor,
        snippet=place.snippet,
        sources=sources,
        severity=max(first.severity, second.severity),
        confidence=Confidence(min(confidence + 1, Confidence.HIGH)) if agreed else confidence,
        related=better.related or other.related,
        facts=tuple(sorted({**dict(other.facts), **dict(better.facts)}.items())),
        notes=tuple(dict.fromkeys((*better.notes, *other.notes))),
    )


def _rank(finding: Finding) -> tuple[int, int, int, str, str]:
    return (-finding.severity, -finding.confidence, -len(finding.related), finding.rule_id, min(finding.sources))


def _place(finding: Finding) -> tuple[object, ...]:
    p = finding.primary
    return (str(p.path), p.line, p.column, p.end_line, p.end_column, finding.rule_id, finding.anchor, finding.message)


def _same_place(first: Finding, second: Finding) -> bool:
    """Whether two findings of one rule in one file lie on the same lines. Engines disagree on columns; but two
    spans of one engine that do not touch are two holes."""
    a, b = first.primary, second.primary
    if first.sources == second.sources:
        return (a.line, a.column, a.end_line, a.end_column) == (b.line, b.column, b.end_line, b.end_column)
    return b.line <= max(a.line, a.end_line) and a.line <= max(b.line, b.end_line)
