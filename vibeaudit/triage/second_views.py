"""Two rules, one place to mend: the lesser finding is told with the other, not beside it.

A file that is saved under the name that its sender gave it has mostly any type and any size. Whoever mends the one
stands before the other."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from vibeaudit.model import Finding


@dataclass(frozen=True, slots=True)
class _View:
    """The `lesser` rules go with the `greater` ones when they flag the same file at most so many lines away."""

    lesser: frozenset[str]
    greater: frozenset[str]
    lines: int = 0
    both: re.Pattern[str] | None = None  # what the lines of both must say


def _view(lesser: str, greater: str, lines: int = 0, both: str = "") -> _View:
    return _View(frozenset(lesser.split()), frozenset(greater.split()), lines, re.compile(both) if both else None)


_KINDS_OF_UPLOAD = "upload-of-any-type upload-of-any-type-in-served-folder"
_SECRETS = "secret-in-env-file guessable-signing-secret signed-token-committed hard-coded-secret secret-in-config-file"
# In this order: what is told with another finding takes along what was told with it.
_VIEWS = (
    _view(
        "upload-without-size-limit",
        f"{_KINDS_OF_UPLOAD} upload-keeps-callers-name yaml-loaded-with-objects xml-with-outside-entities",
        3,
    ),
    _view(_KINDS_OF_UPLOAD, "upload-keeps-callers-name", 3),
    _view(f"{_KINDS_OF_UPLOAD} upload-keeps-callers-name", "file-opened-by-caller-path file-path-from-request", 2),
    _view("encryption-key-in-code", "signing-key-in-code"),
    _view("env-file-committed", _SECRETS),
    _view("signed-token-committed", "secret-in-docker-image hard-coded-secret secret-in-config-file"),
    _view("hard-coded-password", "account-with-fixed-password"),
    _view("tools-served-without-authentication", "route-without-authentication"),
    _view("route-without-authentication", "personal-data-without-authentication"),
    _view("caller-named-by-plain-cookie", "caller-named-by-header"),
    _view("webhook-without-signature", "payment-notice-unsigned", 2),
    _view("whole-row-in-cookie-session", "whole-account-in-token"),
    _view("stored-text-in-system-prompt", "system-prompt-from-caller"),
    _view("mail-sent-without-rate-limit", "sign-in-without-rate-limit"),
    _view("amount-may-be-negative", "price-from-caller"),
    # Django sets most headers by itself: what is left is set beside the flags of its cookies
    _view("answers-without-browser-protections", "session-cookie-over-plain-http", 8, r"(?i)middleware"),
)
# What stands in a table, line below line: the accounts of a list, the two tokens that a browser keeps.
_IN_A_ROW = {"hard-coded-password": 2, "built-in-password": 2, "login-token-in-browser-storage": 1}
_IN_A_ROW |= {"code-run-from-text": 1, "password-column-in-answer": 1}


# the accounts that one script fills a new database with are made, and unmade, together
_SEEDS = re.compile(r"(?:^|/)(?:(?:seed|populate|init_?data|demo_?data)\w*|management/commands/\w+)\.py$")
_MADE_TOGETHER = "account-with-fixed-password"


def without_second_views(findings: Iterable[Finding]) -> list[Finding]:
    """Each place once: the greater finding, with the weaknesses of the lesser ones."""
    files: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        files[str(finding.primary.path)].append(finding)
    return [f for group in files.values() for f in _of_file(group)]


def _of_file(findings: list[Finding]) -> list[Finding]:
    kept = _in_a_row(findings)
    for view in _VIEWS:
        for lesser in [f for f in kept if f.rule_id in view.lesser]:
            near = [
                f for f in kept if f.rule_id in view.greater and f is not lesser and _apart(f, lesser) <= view.lines
            ]
            near = [f for f in near if view.both is None or all(view.both.search(x.snippet) for x in (f, lesser))]
            if near:
                greater = min(near, key=lambda f: (_apart(f, lesser), f.primary, f.rule_id))
                kept[kept.index(greater)] = _told_with(greater, lesser)
                kept.remove(lesser)
    return kept


def _in_a_row(findings: list[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    last: dict[str, tuple[int, Finding]] = {}  # the line that a row has come to, and its first finding
    for finding in sorted(findings, key=lambda f: (f.primary, f.rule_id)):
        line, first = last.get(finding.rule_id, (0, finding))
        apart = finding.primary.line - line
        together = finding.rule_id == _MADE_TOGETHER and _SEEDS.search(str(finding.primary.path)) is not None
        if first is not finding and together:
            kept[kept.index(first)] = joined = _told_with(first, finding)
            last[finding.rule_id] = (finding.primary.line, joined)
            continue
        if first is finding or apart > _IN_A_ROW.get(finding.rule_id, -1) or not _alike(first, finding):
            last[finding.rule_id] = (finding.primary.line, finding)
            kept.append(finding)
            continue
        joined = _told_with(first, finding)
        kept[kept.index(first)] = joined
        last[finding.rule_id] = (finding.primary.line, joined)
    return kept


# `{"name": "ann", "password": "..."}`: one account of several, written the same way
_ENTRY = re.compile(r"[{(][^{(]*?(?P<name>\w*pass\w*)['\"]?\s*[:=]", re.IGNORECASE)


def _alike(first: Finding, second: Finding) -> bool:
    """Whether two lines are entries of one table. Passwords under names of their own are changed one by one."""
    if "password" not in first.rule_id or "answer" in first.rule_id:
        return True
    entries = [_ENTRY.search(f.snippet) for f in (first, second)]
    return all(entries) and len({m["name"] for m in entries if m}) == 1


def _apart(first: Finding, second: Finding) -> int:
    return abs(first.primary.line - second.primary.line)


def _told_with(greater: Finding, lesser: Finding) -> Finding:
    return replace(
        greater,
        cwe=tuple(dict.fromkeys((*greater.cwe, *lesser.cwe))),
        severity=max(greater.severity, lesser.severity),
        confidence=max(greater.confidence, lesser.confidence),
    )
