"""findings.json and ledger.json: all that an audit gives, as data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vibeaudit.model import EgressEntry, Finding, Location, Outcome, Patch, Report, Rule, Text
from vibeaudit.redact import redact, strip_credentials
from vibeaudit.reports import fixes
from vibeaudit.reports.json_text import pieces
from vibeaudit.reports.nouns import plain, sound
from vibeaudit.reports.verdict import counts, unfinished, verdict
from vibeaudit.wording import fill

SCHEMA = "urn:vibeaudit:schema:findings:1"
VERSION = 1
SHORT = 12  # a text below this length holds no key
MAX_TEXT = 2000
LEFT_OUT = 500  # entries of a "left out" list that are written; the rest is counted


def findings_json(report: Report) -> str:
    """The text of findings.json: the same for the same findings, but for `generated_at` and `seconds`."""
    return "".join(pieces(findings_document(report)))


def ledger_json(report: Report) -> str:
    """The text of ledger.json."""
    return "".join(pieces(ledger_document(report)))


def findings_document(report: Report) -> dict[str, Any]:
    """What findings.json says. Its findings are made one by one, as they are asked for."""
    patches = fixes.by_finding(report.patches)
    used = {f.rule_id for f in report.findings} | {r for p in report.patches for r in p.rule_ids}
    return {
        "schema": SCHEMA,
        "schema_version": VERSION,
        "tool": {"name": "vibeaudit", "version": report.version},
        "version": report.version,
        "generated_at": report.generated_at,
        "seconds": report.seconds,
        "target": _target(report),
        "summary": _summary(report),
        "assurance": [_outcome(o) for o in report.outcomes],
        "findings": (_finding(f, report.rules.get(f.rule_id), patches.get(f.fingerprint)) for f in report.findings),
        "rules": {i: _rule(report.rules[i]) for i in sorted(used) if i in report.rules},
        "rules_asked": sorted(report.rules),
        "patches": [_patch(p) for p in report.patches],
        "app": shareable(plain(report.app)),
        "maps": shareable(plain(report.maps)),
        "egress": plain(egress(report)),
        "inference": [{k: v for k, v in plain(e).items() if k != "seconds"} for e in report.ledgers.inference],
        "sandboxed": report.ledgers.sandboxed,
    }


def ledger_document(report: Report) -> dict[str, Any]:
    """How each check ended and how long it took, who was reached, which model said what."""
    return {
        "schema": "urn:vibeaudit:schema:ledger:1",
        "schema_version": VERSION,
        "version": report.version,
        "generated_at": report.generated_at,
        "seconds": report.seconds,
        "target": _target(report),
        "complete": report.complete,
        "outcomes": [
            {**_outcome(o), "seconds": round(o.seconds, 3), "findings": len(o.findings)} for o in report.outcomes
        ],
        "egress": plain(egress(report)),
        "inference": [{**plain(e), "seconds": round(e.seconds, 3)} for e in report.ledgers.inference],
        "opinions": shareable(plain(report.opinions)),
        "sandboxed": report.ledgers.sandboxed,
        "engines": engines(),
    }


def engines() -> dict[str, str]:
    """The versions of the programs that did the work, as far as they are installed."""
    from importlib import metadata

    found = {}
    for name in ("ast-grep-py", "bandit", "litellm", "semgrep", "tree-sitter"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def both(text: Text, facts: tuple[tuple[str, str], ...] = ()) -> dict[str, str]:
    """A sentence in both languages, filled."""
    return {lang: sound(fill(text, facts, lang)) for lang in ("en", "fr")}


def shareable(value: Any) -> Any:
    """JSON values whose texts are bounded and hold no secret: the app model quotes code."""
    if isinstance(value, str):
        return value if len(value) < SHORT else redact(value)[:MAX_TEXT]
    if isinstance(value, dict):
        return {k: shareable(v) for k, v in value.items()}
    return [shareable(v) for v in value] if isinstance(value, list) else value


def egress(report: Report) -> tuple[EgressEntry, ...]:
    """The connections in a fixed order: which thread came first says nothing."""
    return tuple(sorted(report.ledgers.egress, key=lambda e: (not e.allowed, e.host, e.purpose)))


def file_count(report: Report) -> int:
    """How many files the app has, also when the report was loaded without them."""
    return sum(n for _, n in report.app.stack.languages) or len(report.snapshot.files)


def _target(report: Report) -> dict[str, Any]:
    snapshot = report.snapshot
    return {
        "origin": sound(strip_credentials(snapshot.origin)),
        "name": sound(snapshot.name),
        "commit": snapshot.commit,
        "files": file_count(report),
        "left_out": _left_out(snapshot.left_out),
        "changed": None if snapshot.changed is None else sorted(map(sound, snapshot.changed)),
    }


def _left_out(entries: tuple[Any, ...]) -> dict[str, Any]:
    return {"count": len(entries), "first": plain(entries[:LEFT_OUT])}


def _summary(report: Report) -> dict[str, Any]:
    return {
        "by_severity": counts(report.open_findings),
        "open": len(report.open_findings),
        "suppressed": len(report.findings) - len(report.open_findings),
        "verdict": verdict(report),
        "complete": report.complete,
        "not_assessed": sorted({o.analyzer for o in unfinished(report)}),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    covered = outcome.covered
    return {
        "analyzer": outcome.analyzer,
        "status": outcome.status.value,
        "reason": sound(outcome.reason),
        "unit": covered.unit,
        "looked_at": covered.looked_at,
        "left_out": _left_out(covered.left_out),
    }


def _finding(finding: Finding, rule: Rule | None, patch: Patch | None) -> dict[str, Any]:
    said = Text(finding.message, finding.message)
    return {
        "fingerprint": finding.fingerprint,
        "rule_id": finding.rule_id,
        "severity": finding.severity.label,
        "confidence": finding.confidence.label,
        "sources": sorted(finding.sources),
        "cwe": list(finding.cwe),
        "taxonomy": list(rule.taxonomy) if rule else [],
        "title": both(rule.title, finding.facts) if rule else both(said),
        "risk": both(rule.risk, finding.facts) if rule else None,
        "remedy": both(rule.remedy, finding.facts) if rule else None,
        "message": sound(finding.message),
        **_place(finding.primary),
        "snippet": sound(finding.snippet),
        "trace": [_place(r) for r in finding.related],
        "facts": {k: sound(v) for k, v in finding.facts},
        "anchor": sound(finding.anchor),
        "occurrence": finding.occurrence,
        "notes": [sound(n) for n in finding.notes],
        "suppressed": plain(finding.suppressed),
        "fix": {"status": fixes.status(patch), "patch": patch.id if patch else None},
    }


def _place(at: Location) -> dict[str, Any]:
    return {
        "path": sound(at.path.as_posix()),
        "start": {"line": at.line, "column": at.column},
        "end": {"line": at.end_line, "column": at.end_column},
        "note": sound(at.note),
    }


def _rule(rule: Rule) -> dict[str, Any]:
    texts: Mapping[str, Text] = {"title": rule.title, "risk": rule.risk, "remedy": rule.remedy}
    return {
        "pack": rule.pack,
        **{k: {"en": t.en, "fr": t.fr} for k, t in texts.items()},
        "severity": rule.severity.label,
        "confidence": rule.confidence.label,
        "effort": plain(rule.effort),
        "cwe": list(rule.cwe),
        "taxonomy": list(rule.taxonomy),
        "references": list(rule.references),
        "engines": sorted(rule.matchers),
    }


def _patch(patch: Patch) -> dict[str, Any]:
    shared = fixes.shareable_edits(patch)
    return {
        "id": patch.id,
        "rule_ids": sorted(patch.rule_ids),
        "title": both(patch.title),
        "body": both(patch.body),
        "safety": patch.safety.label,
        "author": patch.author,
        "status": fixes.status(patch),
        "conflict": sound(patch.conflict),
        "fixes": sorted(patch.fixes),
        "proof": {**plain(patch.proof), "verified": patch.proof.verified},
        "file": fixes.file_of(patch) or None,
        "diff": sound(fixes.shown_diff(patch)),
        "edits": [{**plain(e), "text": e.text.decode("utf-8")} for e in patch.edits] if shared else None,
    }
