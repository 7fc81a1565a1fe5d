"""findings.sarif: SARIF 2.1.0, as code scanning services and editors read it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from vibeaudit.model import Confidence, Finding, Location, Outcome, Patch, Report, Rule, Severity, Status
from vibeaudit.redact import strip_credentials
from vibeaudit.reports import fixes
from vibeaudit.reports.json_text import pieces
from vibeaudit.reports.nouns import sound
from vibeaudit.reports.verdict import unfinished
from vibeaudit.reports.visible import block, line
from vibeaudit.reports.words import Words
from vibeaudit.wording import fill

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_SCORES = {  # the bands in which code scanning shows critical, high, medium and low
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.INFO: "1.0",
}
_NOTICES = {Status.FAILED: "error", Status.PARTIAL: "warning", Status.SKIPPED: "warning"}
_RANKS = {Confidence.HIGH: 5.0, Confidence.MEDIUM: 0.0, Confidence.LOW: -5.0}


def render(report: Report, lang: str = "en") -> str:
    """The log of one run. Its messages are in `lang`."""
    return "".join(pieces(log(report, lang)))


def log(report: Report, lang: str) -> dict[str, Any]:
    words = Words(lang)
    worst = _worst(report.findings)
    ids = sorted(worst)
    patches = fixes.by_finding(report.patches)
    compared = any(_known(f) for f in report.findings)
    run = {
        "tool": {"driver": _driver(report, words, [_rule(i, report.rules.get(i), worst[i], words) for i in ids])},
        "automationDetails": {"id": "vibeaudit/"},
        "columnKind": "unicodeCodePoints",
        "language": lang,
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": words("sarif.root")}}},
        "invocations": [_invocation(report, words)],
        "results": [_result(f, ids, report, patches.get(f.fingerprint), compared, lang) for f in report.findings],
        **_provenance(report),
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _worst(findings: Sequence[Finding]) -> dict[str, Finding]:
    """For each rule that found something, its most severe finding."""
    worst: dict[str, Finding] = {}
    for finding in findings:
        known = worst.get(finding.rule_id)
        if known is None or finding.severity > known.severity:
            worst[finding.rule_id] = finding
    return worst


def _driver(report: Report, words: Words, rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "vibeaudit",
        "version": report.version,
        "semanticVersion": report.version,
        "language": words.lang,
        "rules": rules,
        "notifications": [{"id": s.value, "shortDescription": {"text": words(f"status.{s.value}")}} for s in _NOTICES],
    }


def _rule(rule_id: str, rule: Rule | None, worst: Finding, words: Words) -> dict[str, Any]:
    """A rule with what a reader needs. One that is not ours (a consultant's own) has its id and message."""
    severity = max(rule.severity, worst.severity) if rule else worst.severity
    confidence = rule.confidence if rule else worst.confidence
    title, risk, remedy = (fill(t, (), words.lang) for t in (rule.title, rule.risk, rule.remedy)) if rule else ("",) * 3
    title = title or line(worst.message) or rule_id
    links = [u for u in rule.references if u.startswith("https://")] if rule else []
    return {
        "id": sound(line(rule_id)),
        "shortDescription": {"text": title},
        "fullDescription": {"text": risk or title},
        "help": _help(title, risk, remedy, links, words),
        **({"helpUri": quote(links[0], safe=":/?#[]@!$&'()*+,;=%~")} if links else {}),
        "defaultConfiguration": {"level": _LEVELS[severity]},
        "properties": {
            "tags": ["security", *(f"external/cwe/cwe-{n}" for n in (rule.cwe if rule else worst.cwe)), *_tags(rule)],
            "precision": confidence.label,
            "problem.severity": {"note": "recommendation"}.get(_LEVELS[severity], _LEVELS[severity]),
            "security-severity": _SCORES[severity],
        },
    }


def _tags(rule: Rule | None) -> list[str]:
    return [t for t in dict.fromkeys((*rule.taxonomy, rule.pack)) if t] if rule else []


def _help(title: str, risk: str, remedy: str, links: list[str], words: Words) -> dict[str, str]:
    from vibeaudit.reports.markdown import escape

    parts = [(words("finding.risk"), risk), (words("finding.remedy"), remedy)]
    told = [(k, v) for k, v in parts if v]
    text = "\n\n".join(f"{k}: {v}" for k, v in told)
    marked = "\n\n".join(f"**{k}** {escape(v)}" for k, v in told)
    listed = "\n".join(f"- <{u}>" for u in links if not set(u) & set("<> "))
    return {"text": text or title, "markdown": "\n\n".join(p for p in (marked, listed) if p) or escape(title)}


def _result(
    finding: Finding, ids: list[str], report: Report, patch: Patch | None, compared: bool, lang: str
) -> dict[str, Any]:
    rule = report.rules.get(finding.rule_id)
    result: dict[str, Any] = {
        "ruleId": sound(line(finding.rule_id)),
        "ruleIndex": ids.index(finding.rule_id),
        "level": "none" if finding.severity is Severity.INFO else _LEVELS[finding.severity],
        "kind": "informational" if finding.severity is Severity.INFO else "fail",
        "rank": float(_SCORES[finding.severity]) * 10 + _RANKS[finding.confidence],
        "message": {"text": line(_message(finding, rule, lang), 1000) or finding.rule_id},
        "locations": [_location(finding.primary, finding.snippet)],
        "partialFingerprints": {"vibeaudit/v1": finding.fingerprint},
        "properties": {
            "severity": finding.severity.label,
            "confidence": finding.confidence.label,
            "cwe": [f"CWE-{n}" for n in finding.cwe],
            "sources": sorted(finding.sources),
            "notes": [line(n) for n in finding.notes],
            "fix": fixes.status(patch),
        },
    }
    if finding.related:
        result["codeFlows"] = [_code_flow(finding)]
    if finding.suppressed:
        kind = "inSource" if finding.suppressed.by == "inline" else "external"
        reason = line(finding.suppressed.reason)
        result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": reason}]
    if compared:
        result["baselineState"] = "unchanged" if _known(finding) else "new"
    if patch and fixes.ready(patch) and patch.edits and fixes.shareable_edits(patch):
        result["fixes"] = [_fix(patch, lang)]
    return result


def _known(finding: Finding) -> bool:
    """Whether an earlier audit, or the commit that a change starts from, had it already."""
    return finding.suppressed is not None and finding.suppressed.by in ("baseline", "base")


def _message(finding: Finding, rule: Rule | None, lang: str) -> str:
    if rule is None:
        return finding.message
    return f"{fill(rule.title, finding.facts, lang)}. {fill(rule.risk, finding.facts, lang)}"


def _code_flow(finding: Finding) -> dict[str, Any]:
    """The trace, ending where the finding is."""
    steps = list(finding.related)
    if (steps[-1].path, steps[-1].line) != (finding.primary.path, finding.primary.line):
        steps.append(finding.primary)
    return {"threadFlows": [{"locations": [{"location": _location(s)} for s in steps]}]}


def _location(at: Location, snippet: str = "") -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(at.path), "uriBaseId": "SRCROOT"}}
    if at.line > 0:
        physical["region"] = _region(at)
        if snippet:
            physical["region"]["snippet"] = {"text": block(snippet)}
    said = {"message": {"text": line(at.note)}} if line(at.note) else {}
    return {"physicalLocation": physical, **said}


def _region(at: Location) -> dict[str, Any]:
    region = {"startLine": at.line}
    if at.column > 0:
        region["startColumn"] = at.column
    if at.end_line >= at.line:
        region["endLine"] = at.end_line
        if at.column > 0 and (at.end_line > at.line or at.end_column > at.column) and at.end_column > 0:
            region["endColumn"] = at.end_column
    return region


def _uri(path: PurePosixPath) -> str:
    return quote(path.as_posix().encode("utf-8", "surrogateescape"), safe="/")


def _fix(patch: Patch, lang: str) -> dict[str, Any]:
    changes = []
    for path in sorted({e.path for e in patch.edits}):
        replaced = [
            {
                "deletedRegion": {"byteOffset": e.start, "byteLength": e.end - e.start},
                "insertedContent": {"text": e.text.decode("utf-8")},
            }
            for e in patch.edits
            if e.path == path
        ]
        changes.append({"artifactLocation": {"uri": _uri(path), "uriBaseId": "SRCROOT"}, "replacements": replaced})
    return {"description": {"text": line(patch.title.to(lang))}, "artifactChanges": changes}


def _invocation(report: Report, words: Words) -> dict[str, Any]:
    """Successful only when no check failed; each check that did not run in full says so."""
    failed = not report.outcomes or any(o.status is Status.FAILED for o in report.outcomes)
    ended = report.generated_at.removesuffix("+00:00")
    return {
        "executionSuccessful": not failed,
        "toolExecutionNotifications": [_notice(o, words) for o in unfinished(report)],
        **({"endTimeUtc": f"{ended}Z"} if ended and ended != report.generated_at else {}),
    }


def _notice(outcome: Outcome, words: Words) -> dict[str, Any]:
    name = words.get(f"analyzer.{outcome.analyzer}", outcome.analyzer)
    said = f"{name}: {words(f'status.{outcome.status.value}')}"
    reason = line(outcome.reason, 1000)
    return {
        "level": _NOTICES[outcome.status],
        "message": {"text": f"{said}. {reason}" if reason else said},
        "descriptor": {"id": outcome.status.value},
        "properties": {"analyzer": outcome.analyzer, "leftOut": len(outcome.covered.left_out)},
    }


def _provenance(report: Report) -> dict[str, Any]:
    origin = strip_credentials(report.snapshot.origin)
    if not origin.startswith("https://") or not report.snapshot.commit:
        return {}
    uri = quote(sound(origin), safe=":/?#[]@!$&'()*+,;=%~")
    return {"versionControlProvenance": [{"repositoryUri": uri, "revisionId": report.snapshot.commit}]}
