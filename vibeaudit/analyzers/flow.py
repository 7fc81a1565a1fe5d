"""Flow rules: data from a source that reaches a sink and was not made safe on its way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.flow_bodies import listed_by_validators, read_from_flat_form
from vibeaudit.analyzers.flow_places import place
from vibeaudit.analyzers.found import found
from vibeaudit.flow.vocabulary import vocabulary
from vibeaudit.model import Confidence, Coverage, Finding, Flow, Location, Outcome, Rule, Severity, Status

NEAR_ROWS = 5  # lines
Asked = dict[str, object]  # one flow matcher of a rule
_LANGUAGES = {"python": ("python",), "script": ("javascript", "typescript", "tsx")}


def analyze(context: Context) -> Outcome:
    """A finding for each sink that a rule's source reaches, at the sink, with the way as its trace."""
    flows = context.flows
    findings = [
        _finding(rule, at, flow, asked, context)
        for rule in context.rules.of("flow")
        for at, (flow, asked) in _asked(rule, context).items()
    ]
    status = Status.PARTIAL if flows.left_out else Status.RAN
    reason = f"{len(flows.left_out)} files were not followed to the end" if flows.left_out else ""
    covered = Coverage("files", flows.looked_at, flows.left_out)
    return Outcome("flow", status, tuple(findings), reason, covered)


def _asked(rule: Rule, context: Context) -> dict[Location, tuple[Flow, Asked]]:
    """One flow a place, and who asked for it: the one with the shortest way. A matcher that is less sure of it than
    the rule comes after the others."""
    given = rule.matchers["flow"]
    shortest: dict[Location, tuple[Flow, Asked]] = {}
    apart = 0
    for asked in given if isinstance(given, list) else (given,):
        apart = max(apart, int(str(asked.get("apart", 0))))
        for flow in _of_kind(asked, context):
            at = place(str(asked.get("at", "")), flow, context)
            if at is None or not _shows(str(asked.get("shows", "")), at, context):
                continue
            if at not in shortest or _rank(flow, asked) < _rank(*shortest[at]):
                shortest[at] = (flow, asked)
    return _one_a_row(shortest, apart)


def _rank(flow: Flow, asked: Asked) -> tuple[bool, int]:
    return "confidence" in asked, len(flow.steps)


def _shows(pattern: str, at: Location, context: Context) -> bool:
    """Whether the code at a place, or the line above, says what a rule asks for."""
    file = context.snapshot.file(at.path)
    if not pattern or file is None:
        return not pattern
    return re.search(pattern, "\n".join(file.lines[max(0, at.line - 2) : at.end_line])) is not None


def _one_a_row(flows: dict[Location, tuple[Flow, Asked]], apart: int) -> dict[Location, tuple[Flow, Asked]]:
    """Columns of one kind that are written next to each other are one hole; so is what lies less than `apart` lines
    from the one before."""
    kept: dict[Location, tuple[Flow, Asked]] = {}
    handed: set[tuple[object, object]] = set()
    columns = {c.sink for c in vocabulary("python").columns}
    last: dict[tuple[str, str, str], int] = {}
    for at in sorted(flows):
        flow, _ = flows[at]
        sent_by = (at.path, flow.steps[-1].path)
        if flow.sink == "answer" and sent_by[0] != sent_by[1]:  # a helper answers for a whole file of handlers
            if sent_by in handed:
                continue
            handed.add(sent_by)
        told = flow.field if flow.sink == "nosql-filter" else ""  # two fields of one filter are two things to mend
        place = (str(at.path), flow.function, told if apart else flow.sink)
        least = NEAR_ROWS if flow.sink in columns else apart
        if at.line - last.get(place, -least) >= least:
            kept[at] = flows[at]
        last[place] = at.line
    return kept


def _of_kind(asked: Asked, context: Context) -> Iterator[Flow]:
    sources, sinks, unless, needed = (_names(asked, k) for k in ("from", "to", "unless", "with"))
    if asked.get("unlisted") and not listed_by_validators(context):
        unless -= {"validated"}
    languages = _LANGUAGES.get(str(asked.get("in", "")))
    for flow in (*context.flows.flows, *context.flows.open_ends):
        if flow.sink not in sinks or unless & set(flow.sanitized_by) or not needed <= set(flow.sanitized_by):
            continue
        file = context.snapshot.file(flow.steps[-1].path)
        if file is None or (languages and file.language not in languages):
            continue
        if asked.get("nested") and read_from_flat_form(flow, context):
            continue
        besides = str(asked.get("besides", ""))
        if besides and re.search(besides, f"{flow.function} {flow.steps[-1].path}"):
            continue
        named = str(asked.get("not_read_as", ""))
        if named and re.search(named, flow.field):
            continue
        if vocabulary(file.language).meant(flow.source, flow.field, sources):
            yield flow


def _names(asked: Asked, key: str) -> set[str]:
    value = asked.get(key, [])
    return {value} if isinstance(value, str) else {str(v) for v in value} if isinstance(value, list) else set()


def _finding(rule: Rule, at: Location, flow: Flow, asked: Asked, context: Context) -> Finding:
    """`severity` and `confidence` of a matcher stand for the rule's own."""
    file = context.snapshot.file(at.path)
    assert file is not None  # _asked looked
    return found(
        rule,
        "flow",
        file,
        at,
        related=flow.steps,
        facts={"source": flow.source},
        severity=Severity[str(asked["severity"]).upper()] if "severity" in asked else None,
        confidence=Confidence[str(asked["confidence"]).upper()] if "confidence" in asked else None,
    )
