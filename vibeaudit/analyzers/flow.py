"""Flow rules: data from a source that reaches a sink and was not made safe on its way."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.flow_bodies import read_from_flat_form
from vibeaudit.analyzers.flow_places import place
from vibeaudit.analyzers.found import found
from vibeaudit.flow.vocabulary import vocabulary
from vibeaudit.model import Coverage, Finding, Flow, Location, Outcome, Rule, Status

NEAR_ROWS = 5  # lines
_LANGUAGES = {"python": ("python",), "script": ("javascript", "typescript", "tsx")}


def analyze(context: Context) -> Outcome:
    """A finding for each sink that a rule's source reaches, at the sink, with the way as its trace."""
    flows = context.flows
    findings = [
        _finding(rule, at, flow, context)
        for rule in context.rules.of("flow")
        for at, flow in _asked(rule, context).items()
    ]
    status = Status.PARTIAL if flows.left_out else Status.RAN
    reason = f"{len(flows.left_out)} files were not followed to the end" if flows.left_out else ""
    covered = Coverage("files", flows.looked_at, flows.left_out)
    return Outcome("flow", status, tuple(findings), reason, covered)


def _asked(rule: Rule, context: Context) -> dict[Location, Flow]:
    """One flow a place: the one with the shortest way."""
    given = rule.matchers["flow"]
    shortest: dict[Location, Flow] = {}
    apart = 0
    for asked in given if isinstance(given, list) else (given,):
        apart = max(apart, int(str(asked.get("apart", 0))))
        for flow in _of_kind(asked, context):
            at = place(str(asked.get("at", "")), flow, context)
            if at is None or not _shows(str(asked.get("shows", "")), at, context):
                continue
            if at not in shortest or len(flow.steps) < len(shortest[at].steps):
                shortest[at] = flow
    return _one_a_row(shortest, apart)


def _shows(pattern: str, at: Location, context: Context) -> bool:
    """Whether the code at a place, or the line above, says what a rule asks for."""
    file = context.snapshot.file(at.path)
    if not pattern or file is None:
        return not pattern
    return re.search(pattern, "\n".join(file.lines[max(0, at.line - 2) : at.end_line])) is not None


def _one_a_row(flows: dict[Location, Flow], apart: int) -> dict[Location, Flow]:
    """Columns of one kind that are written next to each other are one hole; so is what lies less than `apart` lines
    from the one before."""
    kept: dict[Location, Flow] = {}
    columns = {c.sink for c in vocabulary("python").columns}
    last: dict[tuple[str, str, str], int] = {}
    for at in sorted(flows):
        flow = flows[at]
        place = (str(at.path), flow.function, flow.sink)
        least = NEAR_ROWS if flow.sink in columns else apart
        if at.line - last.get(place, -least) >= least:
            kept[at] = flow
        last[place] = at.line
    return kept


def _of_kind(asked: dict[str, object], context: Context) -> Iterator[Flow]:
    sources, sinks, unless, needed = (_names(asked, k) for k in ("from", "to", "unless", "with"))
    languages = _LANGUAGES.get(str(asked.get("in", "")))
    for flow in context.flows.flows:
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


def _names(asked: dict[str, object], key: str) -> set[str]:
    value = asked.get(key, [])
    return {value} if isinstance(value, str) else {str(v) for v in value} if isinstance(value, list) else set()


def _finding(rule: Rule, at: Location, flow: Flow, context: Context) -> Finding:
    file = context.snapshot.file(at.path)
    assert file is not None  # _asked looked
    return found(rule, "flow", file, at, related=flow.steps, facts={"source": flow.source})
