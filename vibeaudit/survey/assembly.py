"""Puts the app model together from what each part of the survey found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from vibeaudit.model import AgentSetup, AppModel, LeftOut, Location, Package, Route, Snapshot, Table, Trace
from vibeaudit.survey import frameworks
from vibeaudit.survey.accesses import accesses
from vibeaudit.survey.accounts import account_steps
from vibeaudit.survey.agent_files import agent_files
from vibeaudit.survey.agent_setups import agent_setups
from vibeaudit.survey.client_files import client_files
from vibeaudit.survey.code_agents import code_agents
from vibeaudit.survey.logic import logic_steps
from vibeaudit.survey.migrations import replay
from vibeaudit.survey.migrations.database import Database
from vibeaudit.survey.model_calls import model_calls
from vibeaudit.survey.orm import tables
from vibeaudit.survey.packages import LOCKFILES, packages
from vibeaudit.survey.project import Project
from vibeaudit.survey.row_writes import row_writes
from vibeaudit.survey.servers import servers
from vibeaudit.survey.services import services
from vibeaudit.survey.session_starts import session_starts
from vibeaudit.survey.spoken_tables import spoken_tables
from vibeaudit.survey.stack import stack
from vibeaudit.survey.unread import unread_languages
from vibeaudit.survey.words import personal

T = TypeVar("T")


def assemble(snapshot: Snapshot) -> AppModel:
    """The whole model. A part that crashes costs itself, and is named in `left_out`."""
    project = Project(snapshot)
    lost: list[LeftOut] = []

    def part(name: str, work: Callable[[], T], otherwise: T) -> T:
        try:
            return work()
        except Exception as error:  # the audited code chose the input
            lost.append(LeftOut(f"survey: {name}", f"{type(error).__name__}: {error}"[:200]))
            return otherwise

    nothing: tuple[tuple[Package, ...], tuple[LeftOut, ...]] = ((), ())
    depends, unread = part("packages", lambda: packages(snapshot), nothing)
    routes: tuple[Route, ...] = part(
        "routes", lambda: tuple(sorted(frameworks.routes(project), key=_order)), tuple[Route, ...]()
    )
    database = part("migrations", lambda: replay(snapshot), Database())
    policies = tuple(sorted(database.policies.values(), key=lambda p: (p.location, p.table, p.name)))
    own = tuple(_with_policies(t, database) for _, t in sorted(database.tables.items()))
    modelled = part("models", lambda: tables(project), tuple[Table, ...]())
    modelled += part("statements", lambda: spoken_tables(project, (*own, *modelled)), tuple[Table, ...]())
    browser = part("client files", lambda: client_files(project), frozenset[str]())
    traces = part("agent files", lambda: agent_files(snapshot), tuple[Trace, ...]())
    return AppModel(
        stack=part("stack", lambda: stack(snapshot, depends, traces, LOCKFILES), AppModel().stack),
        routes=routes,
        tables=(*own, *modelled),
        accesses=part("accesses", lambda: accesses(project, routes), ()),
        row_writes=part("writes", lambda: row_writes(project), ()),
        personal_data=_personal((*own, *modelled)),
        model_calls=part("model calls", lambda: model_calls(project, browser), ()),
        agents=(
            *part("agents", lambda: agent_setups(snapshot, traces), tuple[AgentSetup, ...]()),
            *part("agents in code", lambda: code_agents(project), tuple[AgentSetup, ...]()),
        ),
        services=part("services", lambda: services(snapshot, depends), ()),
        packages=depends,
        client_files=browser,
        left_out=tuple(
            sorted(
                {*project.left_out, *database.left_out, *unread, *unread_languages(snapshot), *lost},
                key=lambda o: (o.what, o.why),
            )
        ),
        policies=policies,
        buckets=tuple(b for _, b in sorted(database.buckets.items())),
        account_steps=part("accounts", lambda: account_steps(project, routes, browser, (*own, *modelled)), ()),
        logic_steps=part("logic", lambda: logic_steps(project, browser), ()),
        database_functions=tuple(f for _, f in sorted(database.functions.items())),
        servers=part("servers", lambda: servers(project), ()),
        session_starts=part("session starts", lambda: session_starts(project, depends), ()),
    )


def _order(route: Route) -> tuple[str, int, str, str]:
    return (str(route.location.path), route.location.line, route.name, route.framework)


def _with_policies(table: Table, database: Database) -> Table:
    mine = sorted((p for p in database.policies.values() if p.table == table.name), key=lambda p: (p.location, p.name))
    return replace(table, policies=tuple((p.name, p.command, p.using or p.check, p.location) for p in mine))


def _personal(found: tuple[Table, ...]) -> tuple[tuple[str, Location], ...]:
    return tuple(sorted({(kind, t.location) for t in found for c in t.columns if (kind := personal(c))}))
