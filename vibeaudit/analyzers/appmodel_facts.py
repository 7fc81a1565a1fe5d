"""What a rule of absence looks at, where it points, and the facts that fill its sentences."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast

from vibeaudit.maps.vendors import vendors
from vibeaudit.model import (
    Access,
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
    Snapshot,
    Table,
)
from vibeaudit.survey.admin_gate import admin_gate
from vibeaudit.survey.owned_tables import is_content, is_owned
from vibeaudit.survey.payment_notices import counted_again, paid_by_word, paid_whatever_sum
from vibeaudit.survey.servers import server_of
from vibeaudit.survey.whole_rows import whole_rows
from vibeaudit.survey.words import personal, words

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Subject:
    """One route, table, policy, bucket, function, service or agent, and the app around it. `shared` is what was worked
    out for all subjects of one audit, `answers` what was answered about this one."""

    kind: str
    thing: object
    app: AppModel
    snapshot: Snapshot
    shared: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
    answers: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def once(self, name: object, work: Callable[[], T]) -> T:
        """What is the same for every subject, worked out for the first that asks."""
        if name not in self.shared:
            self.shared[name] = work()
        return cast(T, self.shared[name])

    @property
    def route(self) -> Route:
        return self.thing if isinstance(self.thing, Route) else _NO_ROUTE

    @property
    def policy(self) -> Policy:
        return cast(Policy, self.thing)

    @property
    def bucket(self) -> Bucket:
        return cast(Bucket, self.thing)

    @property
    def function(self) -> DatabaseFunction:
        return cast(DatabaseFunction, self.thing)

    @property
    def service(self) -> Service:
        return cast(Service, self.thing)

    @property
    def agent(self) -> AgentSetup:
        return cast(AgentSetup, self.thing)

    @property
    def server(self) -> Server | None:
        """The server itself, or the one that a route belongs to."""
        if isinstance(self.thing, Route):
            return server_of(self.app.servers, self.thing)
        return self.thing if isinstance(self.thing, Server) else None

    @property
    def table(self) -> Table | None:
        """The table itself, or the one that a policy is about."""
        if isinstance(self.thing, Table):
            return self.thing
        if isinstance(self.thing, Policy):
            return next((t for t in self.app.tables if t.name == self.policy.table and t.rls is not None), None)
        return None

    @property
    def name(self) -> str:
        """What the finding is about; its fingerprint rests on it."""
        if isinstance(self.thing, Route):
            return self.thing.name
        if isinstance(self.thing, Policy):
            return f"{self.thing.table}: {self.thing.name}"
        if isinstance(self.thing, Service):
            return self.thing.vendor
        if isinstance(self.thing, AgentSetup):
            return f"{self.thing.product}: {', '.join(self.thing.tools)}"
        return str(getattr(self.thing, "name", "app"))

    @property
    def text(self) -> str:
        """The source of a route's handler."""
        body = self.route.body
        file = self.snapshot.file(body.path) if body else None
        if body is None or file is None:
            return ""
        return "\n".join(file.line(n) for n in range(body.line, min(body.end_line, body.line + 600) + 1))


_NO_ROUTE = Route("", (), "", "", Location(PurePosixPath(".")))


def spot(subject: Subject, flag: str) -> Location:
    """Where the finding points."""
    thing = subject.thing
    if flag == "model call" and (call := _model_call(subject)):
        return call
    if flag == "row" and (rows := told_rows(subject)):
        return replace(rows[0].location, end_line=rows[0].location.line, end_column=rows[0].location.column)
    if flag == "whole rows" and (whole := whole_rows(subject.snapshot, subject.app, subject.route, subject.text)):
        return whole[0][2]
    if flag == "paid" and (paid := paid_whatever_sum(subject.snapshot, subject.route, subject.text)):
        return paid
    if flag == "said to be paid" and (said := paid_by_word(subject.snapshot, subject.route, subject.text)):
        return said
    if flag == "added row" and (added := counted_again(subject.snapshot, subject.route, subject.text)):
        return added
    if flag == "headers" and isinstance(thing, Server):
        return thing.headers or thing.location
    if flag == "sessions" and isinstance(thing, Server):
        return thing.sessions or thing.location
    if flag == "allowed origin" and (allowed := any_origin(subject)):
        return allowed
    if flag in _WITHIN:
        return _line_within(subject, _WITHIN[flag])
    if flag == "row level security" and isinstance(thing, Table):
        return thing.rls_location or thing.location
    if isinstance(thing, Service):
        return next((at for at in thing.evidence if not is_sample(at)), thing.evidence[0])
    if isinstance(thing, AppModel):
        gate = admin_gate(subject.snapshot, thing) if flag == "admin gate" else None
        return gate or Location(PurePosixPath("."))
    return cast(Location, thing.location)  # type: ignore[attr-defined]


def _model_call(subject: Subject) -> Location | None:
    """The first model call inside the handler; None when a helper makes it."""
    body = subject.route.body
    if body is None:
        return None
    inside = (
        c.location
        for c in subject.app.model_calls
        if c.location.path == body.path and body.line <= c.location.line <= body.end_line
    )
    first = next(iter(sorted(inside)), None)
    return replace(first, end_line=first.line, end_column=first.column) if first else None


_ANY_ORIGIN = re.compile(r"""['"]Access-Control-Allow-Origin['"]\s*[:,]\s*['"]\*['"]""", re.IGNORECASE)


def any_origin(subject: Subject) -> Location | None:
    """The first line of a route's file that lets every site read the answers."""
    file = subject.snapshot.file(subject.route.body.path) if subject.route.body else None
    for number, line in enumerate(file.lines, 1) if file else ():
        if _ANY_ORIGIN.search(line):
            return Location(subject.route.location.path, number, 1, number, len(line) + 1)
    return None


_WITHIN = {
    "dynamic statement": re.compile(r"^\s*(return query )?execute\b", re.IGNORECASE),
    "security definer": re.compile(r"\bsecurity\s+definer\b", re.IGNORECASE),
}


def _line_within(subject: Subject, pattern: re.Pattern[str]) -> Location:
    """The first matching line of a database function; else its first line."""
    at = subject.function.location
    file = subject.snapshot.file(at.path)
    for number in range(at.line, at.line + 200):
        if file is not None and pattern.search(file.line(number)):
            return Location(at.path, number, 1, number, len(file.line(number)) + 1)
    return at


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


_SAMPLE = re.compile(r"\.env\b.*[._-](example|sample|template|dist)\b|(example|sample|template)\.env$", re.IGNORECASE)


def is_sample(at: Location) -> bool:
    """Whether a place is in a sample of the environment file: it names what may be used, not what is."""
    return _SAMPLE.search(at.path.name) is not None


_OWNER = re.compile(
    r"^(user_?id|owner_?id|author_?id|account_?id|created_?by|owner|tenant_?id|org(anization)?_?id|team_?id"
    r"|workspace_?id|customer_?id|profile_?id|user)$",
    re.IGNORECASE,
)


def accesses_of(subject: Subject) -> list[Access]:
    """The reads and writes of a route's handler, and of what it calls."""
    body = subject.route.body
    if body is None:
        return []
    by_file, by_body = subject.once("accesses", lambda: _indexed(subject.app))
    inside = {n for n, a in by_file[str(body.path)] if body.line <= a.location.line <= body.end_line}
    return [subject.app.accesses[n] for n in sorted(inside | by_body[body])]


def _indexed(app: AppModel) -> tuple[dict[str, list[tuple[int, Access]]], dict[Location | None, set[int]]]:
    """The numbers of the accesses by their file, and by the handler that reaches them."""
    by_file: dict[str, list[tuple[int, Access]]] = defaultdict(list)
    by_body: dict[Location | None, set[int]] = defaultdict(set)
    for number, access in enumerate(app.accesses):
        by_file[str(access.location.path)].append((number, access))
        by_body[access.body].add(number)
    return by_file, by_body


def unbound(subject: Subject) -> list[Access]:
    """The rows that a handler takes by an id of the caller, from tables whose rows belong to somebody."""
    app = subject.app
    return [
        a
        for a in accesses_of(subject)
        if a.bound == "id"
        and (a.names_owner or is_owned(app, a.table))
        and not (a.verb == "read" and is_content(a.table))
    ]


_NEAR = 10  # lines
_CHANGING = frozenset(("writes-store", "writes-file", "sends-mail", "takes-payment"))


def told_rows(subject: Subject) -> list[Access]:
    """The rows that are worth a finding: all of them, but for a route that is said to be open to everybody, where only
    those tell something new that stand away from it."""
    rows, route = unbound(subject), subject.route
    if route.has("authentication") or not _said_open(subject):
        return rows
    at = route.location
    return [a for a in rows if a.location.path != at.path or a.location.line - at.line > _NEAR]


def _said_open(subject: Subject) -> bool:
    route = subject.route
    if not set(route.methods) <= {"GET", "HEAD"}:
        return bool(route.effects & _CHANGING)
    return bool(route.personal_data - {"password"})


def owner_column(table: Table) -> str:
    """The column that names a row's owner, if any."""
    return next((c for c in table.columns if _OWNER.match(c)), "")


def _kinds(kinds: frozenset[str]) -> str:
    return " ".join(f"@data-{k.replace(' ', '-')}" for k in sorted(kinds)) or "@data-none"


_EDITABLE = re.compile(
    r"^(role|roles|is_?admin|admin|is_?staff|is_?superuser|is_?pro|is_?premium|credits?|balance|plan|plan_id"
    r"|tier|subscription\w*|permissions?|verified|is_verified|account_type|tokens_left|quota)$"
)


# in other tables a role is who spoke in a chat, or what a person does in a film
_PEOPLE = frozenset(
    "user users profile profiles account accounts member members membership memberships people person staff employee"
    " employees customer customers role roles admin admins".split()
)


def _editable(table: Table) -> str:
    return next(iter(editable_columns(table)), "")


def editable_columns(table: Table) -> tuple[str, ...]:
    """The columns that decide what their row's user may do or have."""
    people = bool(words(table.name) & _PEOPLE)
    return tuple(c for c in table.columns if _EDITABLE.match(c) and (people or not c.startswith("role")))


_EU = frozenset("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE NO IS LI".split())


def in_eu(jurisdiction: str) -> bool:
    """Whether every country of a vendor lies in the European Economic Area (or the vendor is the app's owner)."""
    return all(j in _EU or j == "self-host" for j in jurisdiction.split("|"))


def _of_service(service: Service) -> dict[str, str]:
    vendor = vendors()[service.vendor]
    return {
        "vendor": service.vendor,
        "country": f"@country-{vendor.jurisdiction.split('|')[0].lower()}",
        "data": vendor.data_types,
        "how": vendor.eu_how or "@no-eu-way",
        "alternative": vendor.alternative or "@no-alternative",
    }
