"""Reads semgrep's answer: findings with their trace, what it could not look at, whether the canary sang."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vibeaudit.analyzers.found import found
from vibeaudit.analyzers.semgrep_rules import CANARY, Matcher
from vibeaudit.analyzers.semgrep_targets import Plan
from vibeaudit.model import Finding, LeftOut, Location, Rule
from vibeaudit.redact import redact
from vibeaudit.source import SourceFile
from vibeaudit.wording import gaps

MAX_STEPS = 20
MAX_NOTE = 120
MAX_MESSAGE = 600


@dataclass(frozen=True, slots=True)
class Reading:
    """`broken` is why the answer as a whole cannot be used."""

    findings: tuple[Finding, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    canary: bool = False
    broken: str = ""


def read(answer: bytes, wanted: Sequence[Matcher], plan: Plan) -> Reading:
    """The findings by place and rule, one per rule and line."""
    text = answer.decode("utf-8", "replace")
    try:
        data = json.loads(text[text.index("{") :])
        results, errors, scanned = data["results"], data["errors"], frozenset(data["paths"]["scanned"])
    except (ValueError, KeyError, TypeError) as error:
        return Reading(broken=f"semgrep's answer could not be read: {error}"[:200])
    by_key = {m.key: m for m in wanted}
    made: dict[tuple[str, str, int], Finding] = {}
    for result in sorted(results, key=_order):
        matcher, file = by_key.get(result["check_id"]), plan.files.get(result["path"])
        if matcher and file:
            finding = _finding(result, matcher, file, plan)
            made.setdefault((finding.rule_id, str(file.path), finding.primary.line), finding)
    unread = [LeftOut(str(f.path), "semgrep did not read it") for c, f in plan.files.items() if c not in scanned]
    return Reading(
        findings=tuple(sorted(made.values(), key=lambda f: (f.primary, f.rule_id))),
        left_out=(*unread, *_left_out(errors, by_key, plan)),
        canary=any(r["check_id"] == CANARY and r["path"] == "canary.py" for r in results),
    )


def _order(result: Mapping[str, Any]) -> tuple[str, str, int, int, str]:
    return result["path"], result["check_id"], *_span(result), json.dumps(result["extra"], sort_keys=True)


def _span(place: Mapping[str, Any]) -> tuple[int, int]:
    return int(place["start"]["offset"]), int(place["end"]["offset"])


def _finding(result: Mapping[str, Any], matcher: Matcher, file: SourceFile, plan: Plan) -> Finding:
    extra = result["extra"]
    named = {name: str(m.get("abstract_content", "")) for name, m in extra.get("metavars", {}).items()}
    secrets = tuple(v.strip("\"'") for name in matcher.masks if (v := named.get(name, "")))
    finding = found(
        matcher.rule,
        "semgrep",
        file,
        file.at(*_span(result)),
        facts=_facts(matcher.rule, named),
        related=_trace(extra.get("dataflow_trace") or {}, plan),
        secrets=secrets,
        severity=matcher.severity,
        confidence=matcher.confidence,
    )
    if not matcher.consultant:
        return finding
    return replace(finding, message=redact(" ".join(str(extra.get("message", "")).split()))[:MAX_MESSAGE])


def _facts(rule: Rule, named: Mapping[str, str]) -> dict[str, str]:
    """What a rule's sentences ask for: `{name}` is the metavariable $NAME."""
    asked = gaps(rule.title) | gaps(rule.risk) | gaps(rule.remedy)
    return {name: " ".join(named[f"${name.upper()}"].split()) for name in sorted(asked) if f"${name.upper()}" in named}


def _trace(trace: Mapping[str, Any], plan: Plan) -> tuple[Location, ...]:
    """The way of the data, source first, without the sink's own repetition of a place."""
    steps: list[Location] = []
    middle = [(v["location"], str(v["content"])) for v in trace.get("intermediate_vars") or ()]
    for place, content in (*_ends(trace.get("taint_source")), *middle, *_ends(trace.get("taint_sink"))):
        file = plan.files.get(place["path"])
        if file and (step := file.at(*_span(place), " ".join(content.split())[:MAX_NOTE])) not in steps:
            steps.append(step)
    return tuple(steps[: MAX_STEPS - 1] + steps[-1:]) if len(steps) > MAX_STEPS else tuple(steps)


def _ends(end: Any) -> Iterator[tuple[Mapping[str, Any], str]]:
    """A source or a sink: a place in this function, or a call whose inner way follows."""
    if not isinstance(end, list) or len(end) != 2:
        return
    kind, value = end
    if kind == "CliLoc":
        yield value[0], str(value[1])
    elif kind == "CliCall":
        yield value[0][0], str(value[0][1])
        yield from _ends(value[2])


def _left_out(errors: Sequence[Mapping[str, Any]], by_key: Mapping[str, Matcher], plan: Plan) -> list[LeftOut]:
    return [LeftOut(*_what_and_why(error, by_key, plan)) for error in errors]


def _what_and_why(error: Mapping[str, Any], by_key: Mapping[str, Matcher], plan: Plan) -> tuple[str, str]:
    kind = error["error_type"][0] if isinstance(error["error_type"], list) else str(error["error_type"])
    matcher = by_key.get(str(error.get("rule_id", "")))
    place = error.get("location") or {}
    file = plan.files.get(str(place.get("path", "")))
    said = " ".join(str(error.get("message", "")).split())[:160]
    if file is None:
        return f"rule {matcher.rule.id}" if matcher else "semgrep", said or kind
    lines = f"lines {place['start']['line']} to {place['end']['line']}"
    if kind == "PartialParsing":
        return str(file.path), f"{lines} are not valid {file.language}"
    if kind == "Timeout":
        return str(file.path), f"the rule {matcher.rule.id if matcher else '?'} ran out of time"
    return str(file.path), redact(f"{kind}: {said}" if said else kind)
