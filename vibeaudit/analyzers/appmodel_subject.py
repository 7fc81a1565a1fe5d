"""What a rule of absence looks at: one thing of the app, and the app around it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast

from vibeaudit.model import (
    AgentSetup,
    AppModel,
    Bucket,
    DatabaseFunction,
    Location,
    Policy,
    Route,
    Server,
    Service,
    Snapshot,
    Table,
)
from vibeaudit.survey.servers import server_of

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

    def in_sql(self, pattern: re.Pattern[str]) -> bool:
        """Whether any SQL file of the app holds the pattern: a grant, a trigger."""
        return any(pattern.search(file.text) for file in self.snapshot.of("sql"))

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
