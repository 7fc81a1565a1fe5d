"""The facts that fill the sentences of a finding about the app."""

from __future__ import annotations

from collections import defaultdict

from vibeaudit.analyzers.appmodel_rows import told_rows
from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.maps.vendors import vendors
from vibeaudit.model import (
    AccountStep,
    AgentSetup,
    AppModel,
    Bucket,
    DatabaseFunction,
    Location,
    LogicStep,
    Policy,
    Route,
    Server,
    Service,
    Table,
)
from vibeaudit.survey.columns import editable_columns, inside_columns, kept_from_owner
from vibeaudit.survey.whole_rows import whole_rows
from vibeaudit.survey.words import personal, words


def facts_of(subject: Subject, lacking: str) -> dict[str, str]:
    """The facts for the sentences."""
    thing = subject.thing
    if isinstance(thing, Route):
        return _of_route(subject, lacking)
    if isinstance(thing, Service):
        return _of_service(thing)
    facts = {"name": subject.name}
    if isinstance(thing, Policy):
        facts |= {"policy": thing.name, "command": f"@command-{thing.command}", "table": thing.table}
    if isinstance(thing, AgentSetup):
        facts |= {"agent": thing.product, "tools": ", ".join(thing.tools)}
    if isinstance(thing, Server):
        facts["framework"] = thing.framework
    if isinstance(thing, (AccountStep, LogicStep)):
        facts |= {"said": thing.said, "name": thing.said or thing.name}
    if isinstance(thing, Bucket):
        facts["bucket"] = thing.name
    if isinstance(thing, DatabaseFunction):
        facts["function"] = thing.name
    if (table := subject.table) is not None:
        facts |= {
            "table": table.name,
            "data": _kinds(frozenset(k for c in table.columns if (k := personal(c)))),
            "column": _editable(table),
            "inside": next(iter((*kept_from_owner(table), *inside_columns(table))), ""),
        }
    return facts


def _of_route(subject: Subject, lacking: str) -> dict[str, str]:
    route = subject.route
    name = (
        f"{route.path}()"
        if route.methods == ("ACTION",)
        else "|".join(m for m in route.methods if m != "ANY") + f" {route.path}"
    )
    whole = whole_rows(subject.snapshot, subject.app, route, subject.text)
    return {
        "column": whole[0][1] if whole else "",
        "route": name.strip(),
        "method": route.methods[0],
        "effect": " ".join(f"@{e}" for e in sorted(route.effects)) or "@answers",
        "neighbour": _neighbour(subject, lacking),
        "data": _kinds(route.personal_data or _of_rows(subject, whole)),
        "table": next(iter(sorted(a.table for a in told_rows(subject))), ""),
        "framework": route.framework,
    }


def _of_rows(subject: Subject, whole: tuple[tuple[str, str, Location], ...]) -> frozenset[str]:
    """The kinds of personal data in tables that are answered whole."""
    named = {table.lower().removesuffix("s") for table, _, _ in whole}
    tables = (t for t in subject.app.tables if t.name.lower().removesuffix("s") in named)
    return frozenset(kind for t in tables for c in t.columns if (kind := personal(c)))


def _neighbour(subject: Subject, lacking: str) -> str:
    """Another route of the app that has the guard: of the same file before others, the nearest path first."""
    route = subject.route
    having = subject.once(("routes with", lacking), lambda: _with_guard(subject.app, lacking))
    near = having.get(str(route.location.path), ())
    others = [r for r in near if r is not route] or [r for rs in having.values() for r in rs if r is not route]
    if not others:
        return "@no-neighbour"
    mine = words(route.path)
    best = min(
        others,
        key=lambda r: (
            r.location.path != route.location.path,
            r.framework != route.framework,
            -len(mine & words(r.path)),
            r.path,
            r.name,
        ),
    )
    return f"{best.path}()" if best.methods == ("ACTION",) else best.name


def _with_guard(app: AppModel, kind: str) -> dict[str, list[Route]]:
    """The routes that have a guard of this kind, by file."""
    having: dict[str, list[Route]] = defaultdict(list)
    for route in app.routes:
        if kind and route.has(kind):
            having[str(route.location.path)].append(route)
    return having


def _kinds(kinds: frozenset[str]) -> str:
    return " ".join(f"@data-{k.replace(' ', '-')}" for k in sorted(kinds)) or "@data-none"


def _editable(table: Table) -> str:
    return next(iter(editable_columns(table)), "")


def _of_service(service: Service) -> dict[str, str]:
    vendor = vendors()[service.vendor]
    return {
        "vendor": service.vendor,
        "country": f"@country-{vendor.jurisdiction.split('|')[0].lower()}",
        "data": vendor.data_types,
        "how": vendor.eu_how or "@no-eu-way",
        "alternative": vendor.alternative or "@no-alternative",
    }
