"""Dependencies: known holes and hostile releases in installed versions, and careless ways of asking for packages.

Without an advisory database the app's packages are *not assessed*, and the outcome says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from vibeaudit.advisories import default_path
from vibeaudit.advisories.database import Database
from vibeaudit.advisories.matching import Group, Match, match
from vibeaudit.advisories.noted import note
from vibeaudit.advisories.osv import normal
from vibeaudit.advisories.versions import NotAVersion
from vibeaudit.analyzers import Context
from vibeaudit.analyzers.dependency_curated import Speakers, curated
from vibeaudit.analyzers.dependency_manifests import CHECKS, in_test_data
from vibeaudit.analyzers.found import found
from vibeaudit.errors import TargetError
from vibeaudit.model import Coverage, Finding, LeftOut, Location, Outcome, Package, Rule, Severity, Status
from vibeaudit.survey.manifests import from_url
from vibeaudit.survey.packages import combined, read_all

NAME = "dependencies"
IMPORT = "run: vibeaudit advisories update, or vibeaudit advisories import PATH"
MAX_NOTES = 40


@dataclass(frozen=True, slots=True)
class _Told:
    """What the advisories say about one package at one place."""

    package: Package
    match: Match


def analyze(context: Context) -> Outcome:
    readings, unread = read_all(context.snapshot)
    packages = context.app.packages or combined(readings)
    database, missing = _database(context)
    left_out: list[LeftOut] = list(unread)
    findings: list[Finding] = []
    rules = context.rules.of("advisory")
    for rule in rules:
        if check := rule.matchers["advisory"].get("check"):
            findings += CHECKS[check](rule, context.snapshot, readings, packages)
    versioned = tuple(r for r in rules if "check" not in r.matchers["advisory"])
    try:
        told, unassessed = _ask(packages, versioned, database) if versioned else ([], [])
    finally:
        sources = _sources(database)
        if database:
            database.close()
    findings += _told(Speakers.of(versioned), told, context)
    wants_database = any("database" in r.matchers["advisory"] for r in rules)
    left_out += unassessed if database or not wants_database else _not_assessed(packages, missing)
    looked_at = len({(p.ecosystem, p.name, p.version) for p in packages if p.version}) if database else 0
    covered = Coverage("packages", looked_at, tuple(sorted(left_out, key=lambda one: (one.what, one.why))))
    status, reason = _verdict(wants_database, bool(database), missing, covered, rules, sources)
    return Outcome(NAME, status, tuple(sorted(findings, key=_order)), reason, covered)


def _verdict(
    wanted: bool, opened: bool, missing: str, covered: Coverage, rules: tuple[Rule, ...], sources: str
) -> tuple[Status, str]:
    if wanted and not opened:
        others = any("check" in r.matchers["advisory"] or "packages" in r.matchers["advisory"] for r in rules)
        said = f"known vulnerabilities were NOT assessed: {missing}; {IMPORT}"
        return (Status.PARTIAL if others else Status.SKIPPED), said
    if covered.left_out:
        what = f"{len(covered.left_out)} entries could not be assessed in full, each is listed"
        return Status.PARTIAL, f"{what}; {sources}" if sources else what
    return Status.RAN, sources


def _database(context: Context) -> tuple[Database | None, str]:
    """The database, or why there is none."""
    if not any("database" in r.matchers["advisory"] for r in context.rules.of("advisory")):
        return None, ""
    path: Path = context.config.advisories or default_path()
    try:
        return Database(path), ""
    except TargetError as error:
        # The path is this machine's; the outcome must not depend on it.
        return None, "there is no advisory database" if not path.exists() else error.message.replace(
            str(path), path.name
        )


def _sources(database: Database | None) -> str:
    if database is None:
        return ""
    return "advisories up to " + ", ".join(f"{day} ({eco})" for eco, day in database.newest().items())


def _not_assessed(packages: tuple[Package, ...], why: str) -> list[LeftOut]:
    return [LeftOut(f"{p.ecosystem}:{p.name}@{p.version or p.spec or '?'}", why) for p in _each_once(packages)]


def _each_once(packages: Iterable[Package]) -> list[Package]:
    return list({(p.ecosystem, p.name, p.version, p.spec if not p.version else ""): p for p in packages}.values())


def _ask(
    packages: tuple[Package, ...], rules: tuple[Rule, ...], database: Database | None
) -> tuple[list[_Told], list[LeftOut]]:
    """Match every package of a known version; the others are left out with the reason."""
    known_here = curated(rules)
    answers: dict[tuple[str, str, str], Match] = {}
    told: list[_Told] = []
    left_out: dict[tuple[str, str], LeftOut] = {}
    unsure: dict[str, list[str]] = {}
    for package in packages:
        what = f"{package.ecosystem}:{package.name}@{package.version or package.spec[:100] or 'any'}"
        if not package.version:
            left_out[what, ""] = LeftOut(what, _why_unversioned(package))
            continue
        key = (package.ecosystem, normal(package.ecosystem, package.name), package.version)
        if key not in answers:
            known = known_here.get(key[:2], ()) + (database.of(*key[:2]) if database else ())
            try:
                answers[key] = match(known, package.version)
            except NotAVersion:
                left_out[what, ""] = LeftOut(what, "its version cannot be ordered")
                answers[key] = Match()
            if answers[key].unsure:
                unsure[what] = list(answers[key].unsure)
        if answers[key].groups:
            told.append(_Told(package, answers[key]))
    doubts = [
        LeftOut(what, f"the database may lack affected versions of {', '.join(ids[:5])}")
        for what, ids in sorted(unsure.items())
    ]
    return told, [*left_out.values(), *doubts]


def _why_unversioned(package: Package) -> str:
    if from_url(package.spec):
        return "comes from a URL, for which there are no advisories"
    return "no lockfile or exact pin says which version is installed"


def _told(speakers: Speakers, told: list[_Told], context: Context) -> Iterator[Finding]:
    """One finding a rule, package, version and file: one bump closes all of its advisories."""
    by_id = {r.id: r for r in speakers.rules}
    places: dict[tuple[str, str, str, str], list[_Told]] = {}
    for one in sorted(told, key=lambda t: (_is_dev(t.package), t.package.location)):
        key = (one.package.ecosystem, one.package.name, one.package.version, str(one.package.location.path))
        places.setdefault(key, []).append(one)
    for first, *others in places.values():
        also = tuple(replace(o.package.location, note="asked for here too") for o in others)
        shares: dict[str, list[Group]] = {}
        for group in first.match.groups:
            shares.setdefault(speakers.owner(group, first.package, context.snapshot), []).append(group)
        for rule_id, groups in shares.items():
            if rule_id:
                yield from _finding(by_id[rule_id], first, tuple(groups), also, context)


def _is_dev(package: Package) -> bool:
    """Whether only people who develop or test the app install it."""
    return package.dev or in_test_data(package.location.path)


def _finding(
    rule: Rule, one: _Told, groups: tuple[Group, ...], also: tuple[Location, ...], context: Context
) -> Iterator[Finding]:
    package, fixed = one.package, one.match.fixed
    file = context.snapshot.file(package.location.path)
    if file is None:
        return
    worst = max((g.severity if g.severity is not None else Severity.MEDIUM for g in groups), default=rule.severity)
    severity = worst if rule.matchers["advisory"].get("database") == "vulnerable" else rule.severity
    notes = [note(g) for g in groups[:MAX_NOTES]]
    if _is_dev(package) and rule.matchers["advisory"].get("database") != "malware" and severity > Severity.LOW:
        severity = Severity(severity - 1)
        notes.append(
            "one step lower: a development dependency" if package.dev else "one step lower: below a test folder"
        )
    if not package.direct:
        notes.append("installed because another package asks for it")
    if any(g.incomplete for g in groups):
        notes.append("the database may lack some affected versions of these advisories")
    facts = {
        "package": package.name,
        "version": package.version,
        "ecosystem": package.ecosystem,
        "count": str(len(groups)),
        "advisories": _listed(groups),
        "worst": groups[0].id,
        "fixed": fixed or "@no-fixed-version",
        "fixed_version": fixed,
        "spec": package.spec,
        "manifest": str(package.location.path),
        "direct": "yes" if package.direct else "no",
    }
    related = (
        (replace(package.locked_at, note="the installed version"),) if package.locked_at and package.direct else ()
    )
    anchor = f"{package.ecosystem}:{package.name}@{package.version}"
    made = found(
        rule, NAME, file, package.location, facts=facts, related=(*related, *also), anchor=anchor, severity=severity
    )
    yield replace(made, notes=tuple(notes))


def _listed(groups: tuple[Group, ...]) -> str:
    """The advisories' ids, as many as fit into a sentence."""
    shown = [g.id for g in groups[:5]]
    rest = len(groups) - len(shown)
    return ", ".join(shown) + (f" (+{rest})" if rest else "")


def _order(f: Finding) -> tuple[str, Location, str]:
    return f.rule_id, f.primary, f.anchor
