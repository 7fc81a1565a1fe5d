"""Asks the app model what is missing: rules with `check:`, as data.

check:
  each: route                       # what is looked at, one by one
  where: [changes state, not public by design]   # named predicates, all of which hold
  lacks: authentication             # for routes: no guard of this kind
  flag: model call                  # where to point, when not at the thing itself
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vibeaudit.analyzers import Context
from vibeaudit.analyzers.appmodel_facts import facts_of
from vibeaudit.analyzers.appmodel_spots import spot
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.found import found
from vibeaudit.analyzers.predicates import holds, known
from vibeaudit.errors import RuleError
from vibeaudit.model import Coverage, Finding, LeftOut, Outcome, Rule, Status
from vibeaudit.source.languages import UNREAD

KINDS = (
    "route",
    "table",
    "policy",
    "bucket",
    "function",
    "service",
    "agent",
    "server",
    "session start",
    "app",
    "account step",
    "logic step",
)
LACKING = (
    "authentication",
    "partial-authentication",
    "authorization",
    "rate-limit",
    "signature",
    "csrf",
    "validation",
    "public-key",
)


def analyze(context: Context) -> Outcome:
    """One finding for each thing that a rule describes. PARTIAL when the survey left files out."""
    shared: dict[object, Any] = {}
    subjects = {kind: tuple(_subjects(context, kind, shared)) for kind in KINDS}
    findings: list[Finding] = []
    for rule in context.rules.of("check"):
        check = checked(rule)
        for subject in subjects[check["each"]]:
            if _matches(check, subject) and (finding := _finding(rule, check, subject, context)):
                findings.append(finding)
    lost = tuple(o for o in context.app.left_out if _ours(o))
    covered = Coverage(
        "routes, tables, policies, services and agents", sum(len(s) for s in subjects.values()) - 1, lost
    )
    unread = [o.what for o in lost if o.what in UNREAD.values()]
    others = len(lost) - len(unread)
    reasons = [f"{others} parts of the app could not be surveyed"] if others else []
    reasons += [f"no analyzer reads the {', '.join(unread)} code"] if unread else []
    reason = "; ".join(reasons)
    return Outcome("appmodel", Status.PARTIAL if lost else Status.RAN, _sorted(findings), reason, covered)


def checked(rule: Rule) -> dict[str, Any]:
    """The rule's check, with lists and strings normalised. Raises RuleError when it says what nobody knows."""
    raw = rule.matchers["check"]
    check = {
        "each": raw["each"],
        "where": list(raw.get("where", ())),
        "lacks": raw.get("lacks", ()),
        "flag": raw.get("flag", ""),
    }
    check["lacks"] = (check["lacks"],) if isinstance(check["lacks"], str) else tuple(check["lacks"])
    if check["each"] not in KINDS:
        raise RuleError(f"{rule.id}: cannot look at each {check['each']}", f"one of {', '.join(KINDS)}")
    for name in check["where"]:
        if not known(check["each"], name):
            raise RuleError(f"{rule.id}: no predicate of a {check['each']} is called {name!r}")
    if unknown := set(check["lacks"]) - set(LACKING):
        raise RuleError(f"{rule.id}: nothing can lack {', '.join(sorted(unknown))}")
    if unknown := set(raw) - {"each", "where", "lacks", "flag"}:
        raise RuleError(f"{rule.id}: check has unknown fields: {', '.join(sorted(unknown))}")
    return check


def _ours(left_out: LeftOut) -> bool:
    about_packages = left_out.why.endswith("packages are not assessed")
    return not about_packages and not left_out.what.endswith((".txt", ".lock", "lock.json", "lock.yaml", ".toml"))


def _subjects(context: Context, kind: str, shared: dict[object, Any]) -> Iterable[Subject]:
    app = context.app
    things: dict[str, tuple[object, ...]] = {
        "route": app.routes,
        "table": app.tables,
        "policy": app.policies,
        "bucket": app.buckets,
        "function": app.database_functions,
        "service": app.services,
        "agent": app.agents,
        "server": app.servers,
        "session start": app.session_starts,
        "app": (app,),
        "account step": app.account_steps,
        "logic step": app.logic_steps,
    }
    return (Subject(kind, thing, app, context.snapshot, shared) for thing in things[kind])


def _matches(check: dict[str, Any], subject: Subject) -> bool:
    if any(subject.route.has(kind) for kind in check["lacks"]):
        return False
    return all(holds(name, subject) for name in check["where"])


def _finding(rule: Rule, check: dict[str, Any], subject: Subject, context: Context) -> Finding | None:
    at = spot(subject, check["flag"])
    file = context.snapshot.file(at.path)
    if file is None:
        return None
    facts = facts_of(subject, check["lacks"][0] if check["lacks"] else "")
    return found(rule, "appmodel", file, at, facts=facts, anchor=subject.name)


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    """In order of place, one for each rule and place."""
    unique: dict[tuple[str, int, str, str], Finding] = {}
    for f in findings:
        # a class that answers several paths is one hole; statements of SQL may share a line
        name = f.anchor if f.primary.path.suffix == ".sql" or not f.primary.line else ""
        unique.setdefault((str(f.primary.path), f.primary.line, f.rule_id, name), f)
    return tuple(unique[k] for k in sorted(unique))
