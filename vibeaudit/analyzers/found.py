"""Makes a Finding from a rule and a place: message filled, snippet redacted, anchor set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vibeaudit.model import Confidence, Finding, Location, Rule, Severity
from vibeaudit.redact import redact
from vibeaudit.source import SourceFile
from vibeaudit.wording import fill

MAX_SNIPPET_LINES = 5
MAX_SNIPPET_CHARS = 600
MAX_REDACTED_CHARS = 20_000
MAX_FACT_CHARS = 160


def found(
    rule: Rule,
    analyzer: str,
    file: SourceFile,
    at: Location,
    *,
    facts: Mapping[str, str] | None = None,
    related: tuple[Location, ...] = (),
    anchor: str = "",
    secrets: tuple[str, ...] = (),
    severity: Severity | None = None,
    confidence: Confidence | None = None,
) -> Finding:
    """A finding of `rule` at `at`. `secrets` are raw values on these lines, masked wherever they stand.
    `anchor` names what the finding is about (a route, a table); by default the flagged text itself."""
    told = {"file": str(file.path), **(facts or {})}
    clean = tuple(sorted((k, redact(v, secrets)[:MAX_FACT_CHARS]) for k, v in told.items()))
    return Finding(
        rule_id=rule.id,
        message=fill(rule.title, clean),
        severity=rule.severity if severity is None else severity,
        confidence=rule.confidence if confidence is None else confidence,
        primary=at,
        related=tuple(replace(r, note=redact(r.note, secrets)) for r in related),
        sources=frozenset({analyzer}),
        cwe=rule.cwe,
        facts=clean,
        anchor=redact(anchor, secrets) or _anchor(file, at, secrets),
        snippet=_snippet(file, at, secrets),
    )


def _snippet(file: SourceFile, at: Location, secrets: tuple[str, ...]) -> str:
    last = min(max(at.end_line, at.line), at.line + MAX_SNIPPET_LINES - 1)
    # A value that the cut would halve is not recognised any more: redact first, cut then.
    text = "\n".join(file.line(n)[:MAX_REDACTED_CHARS] for n in range(at.line, last + 1) if n > 0)
    return redact(text, secrets)[:MAX_SNIPPET_CHARS]


def _anchor(file: SourceFile, at: Location, secrets: tuple[str, ...]) -> str:
    """The flagged line without its white space, so that moving or re-indenting keeps the fingerprint. Redacted
    first: a URL's password is told by the space before its scheme."""
    return "".join(redact(file.line(at.line)[:MAX_REDACTED_CHARS], secrets).split())[:MAX_SNIPPET_CHARS]
