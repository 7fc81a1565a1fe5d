"""What the audited app is, in all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from vibeaudit.model.database import Access, Bucket, DatabaseFunction, Policy, RowWrite, Table
from vibeaudit.model.findings import LeftOut, Location
from vibeaudit.model.routes import AccountStep, LogicStep, Route, Server, SessionStart


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """Something recognised by a trace it left: a builder, a framework, an agent product."""

    kind: str  # "builder", "framework", "agent-config"
    name: str
    evidence: Location


@dataclass(frozen=True, slots=True)
class ModelCall:
    """A call to a language model: vendor, what it is called with, where."""

    vendor: str
    model: str
    location: Location
    in_browser: bool = False


@dataclass(frozen=True, slots=True)
class AgentSetup:
    """An AI agent that works on or in this app. `origin`: config, code, ci, skill.
    `capabilities`: run, read, write, delete, network, send, pay, query. `approval`: always, some, never."""

    product: str
    origin: str
    location: Location
    capabilities: frozenset[str] = frozenset()
    tools: tuple[str, ...] = ()
    approval: str = "always"


@dataclass(frozen=True, slots=True)
class Service:
    """A third party that the app talks to. Facts of law come from the vendor list, by name."""

    vendor: str
    category: str
    evidence: tuple[Location, ...]
    hosts: tuple[str, ...] = ()
    region: str = ""  # as configured in the code; empty when nothing says


@dataclass(frozen=True, slots=True)
class Package:
    """A dependency. `version` is exact from a lockfile, else empty and `spec` holds the range."""

    ecosystem: str  # "PyPI" or "npm"
    name: str
    version: str
    location: Location
    spec: str = ""
    direct: bool = True
    dev: bool = False
    locked: bool = False
    locked_at: Location | None = None  # its line in the lockfile


@dataclass(frozen=True, slots=True)
class Stack:
    languages: tuple[tuple[str, int], ...] = ()  # (language, files)
    builders: tuple[Trace, ...] = ()
    frameworks: tuple[Trace, ...] = ()
    agent_configs: tuple[Trace, ...] = ()
    manifests: tuple[PurePosixPath, ...] = ()
    lockfiles: tuple[PurePosixPath, ...] = ()


@dataclass(frozen=True, slots=True)
class AppModel:
    """What this app is, worked out from its trees."""

    stack: Stack = Stack()
    routes: tuple[Route, ...] = ()
    tables: tuple[Table, ...] = ()
    accesses: tuple[Access, ...] = ()
    row_writes: tuple[RowWrite, ...] = ()
    personal_data: tuple[tuple[str, Location], ...] = ()  # (kind such as email, where defined)
    model_calls: tuple[ModelCall, ...] = ()
    agents: tuple[AgentSetup, ...] = ()
    services: tuple[Service, ...] = ()
    packages: tuple[Package, ...] = ()
    client_files: frozenset[str] = frozenset()  # JS/TS modules that reach the browser bundle
    left_out: tuple[LeftOut, ...] = ()
    policies: tuple[Policy, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    database_functions: tuple[DatabaseFunction, ...] = ()
    servers: tuple[Server, ...] = ()
    session_starts: tuple[SessionStart, ...] = ()
    account_steps: tuple[AccountStep, ...] = ()
    logic_steps: tuple[LogicStep, ...] = ()
