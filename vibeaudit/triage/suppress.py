"""Decisions not to act: inline comments, settings, a baseline. Suppressed findings are kept and counted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from vibeaudit.config import Ignore
from vibeaudit.model import Finding, Snapshot, Suppression

_INLINE = re.compile(r"vibeaudit:\s*ignore\[(?P<ids>[\w\-, ]+)\]\s*(?P<reason>.*)")
_COMMENT_ENDS = re.compile(r"\s*(?:\*/|-->|\*/\}|#\})\s*$")


def suppress(finding: Finding, snapshot: Snapshot, ignores: Iterable[Ignore], baseline: frozenset[str]) -> Finding:
    """The finding, marked when somebody decided not to act on it. An inline comment without a reason does not
    count, and the finding says so."""
    if finding.fingerprint in baseline:
        return replace(finding, suppressed=Suppression("baseline", "known since the baseline"))
    for ignore in ignores:
        if ignore.rule in (finding.rule_id, "*") and _below(str(finding.primary.path), ignore.paths):
            return replace(finding, suppressed=Suppression("config", ignore.reason))
    reason = _inline(finding, snapshot)
    if reason is None:
        return finding
    if not reason:
        return replace(finding, notes=(*finding.notes, "@ignore-without-reason"))
    return replace(finding, suppressed=Suppression("inline", reason[:200]))


def _inline(finding: Finding, snapshot: Snapshot) -> str | None:
    """The reason given on the flagged line or the one above; None when there is no such comment."""
    file = snapshot.file(finding.primary.path)
    if file is None:
        return None
    for line in (finding.primary.line, finding.primary.line - 1):
        if (found := _INLINE.search(file.line(line))) and finding.rule_id in re.split(r"[,\s]+", found["ids"].strip()):
            return _COMMENT_ENDS.sub("", found["reason"]).strip()
    return None


def _below(path: str, globs: tuple[str, ...]) -> bool:
    import pathspec

    return pathspec.GitIgnoreSpec.from_lines(globs).match_file(path)
