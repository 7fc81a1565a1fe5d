"""The nouns that every stage takes and gives. Frozen, slotted, without I/O."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vibeaudit.source.file import SourceFile


class Severity(enum.IntEnum):
    """How bad it is for the app's owner if someone uses it. Ordered."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        return self.name.lower()


class Confidence(enum.IntEnum):
    """How sure we are that the finding is real. Ordered; independent of severity."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Safety(enum.IntEnum):
    """What a patch may change. SAFE never changes behaviour for legitimate use; DISPLAY is advice."""

    DISPLAY = 0
    UNSAFE = 1
    SAFE = 2

    @property
    def label(self) -> str:
        return self.name.lower()


class Status(enum.StrEnum):
    """How a check ended."""

    RAN = "ran"
    PARTIAL = "partial"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence in the languages that we speak. `{name}` is filled from a finding's facts."""

    en: str
    fr: str

    def to(self, lang: str) -> str:
        return self.fr if lang == "fr" else self.en


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A span of a file: POSIX path below the audited root, lines and columns from 1, end inclusive of
    the line and exclusive of the column. Line 0 means the file as a whole."""

    path: PurePosixPath
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Effort:
    """What the repair costs: minutes of work, and who does it (developer, admin, founder)."""

    minutes: int
    who: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One hole that we look for. `matchers` maps an engine's name to what it needs; mostly one entry."""

    id: str
    pack: str
    title: Text
    risk: Text
    remedy: Text
    severity: Severity
    confidence: Confidence
    effort: Effort
    cwe: tuple[int, ...]
    taxonomy: tuple[str, ...]
    references: tuple[str, ...]
    matchers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Suppression:
    """Somebody decided not to act on a finding. Kept and counted, never dropped."""

    by: str  # "inline", "config" or "baseline"
    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One hole at one place.

    `facts` fill the `{name}` gaps of the rule's texts and never hold a raw secret. `anchor` is what the
    fingerprint rests on instead of a line number: the flagged text, or a name such as a route or a table;
    when empty, triage fills it with the flagged line. `occurrence` tells equal anchors apart, in file order.
    """

    rule_id: str
    message: str
    severity: Severity
    confidence: Confidence
    primary: Location
    related: tuple[Location, ...] = ()
    sources: frozenset[str] = frozenset()
    cwe: tuple[int, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    anchor: str = ""
    occurrence: int = 0
    snippet: str = ""  # the flagged lines, redacted
    notes: tuple[str, ...] = ()  # why triage or the reviewer changed or doubts something
    suppressed: Suppression | None = None

    @property
    def fingerprint(self) -> str:
        """32 hex digits that survive moved lines and other folders, but not another file or other code."""
        key = "\0".join((self.rule_id, str(self.primary.path), self.anchor, str(self.occurrence)))
        return hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that a check did not look at, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a check looked at: `looked_at` counts `unit`s (files, packages, routes)."""

    unit: str = "files"
    looked_at: int = 0
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one analyzer ended. A line of the assurance ledger."""

    analyzer: str
    status: Status
    findings: tuple[Finding, ...] = ()
    reason: str = ""
    covered: Coverage = Coverage()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace bytes `start` to `end` of the audited file by `text`. `start == end == 0` on a missing file
    creates it."""

    path: PurePosixPath
    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Proof:
    """What was shown of a patch. `tests` is passed, failed, none or not-run; `reason` says why not."""

    parses: bool = False
    gone: bool = False
    new_findings: tuple[str, ...] = ()
    tests: str = "none"
    reason: str = ""
    sandbox: str = ""
    commands: tuple[str, ...] = ()

    @property
    def verified(self) -> bool:
        return self.parses and self.gone and not self.new_findings and self.tests != "failed"


@dataclass(frozen=True, slots=True)
class Patch:
    """Edits that close findings (named by fingerprint). `author` is "fixer" or "model"."""

    rule_ids: tuple[str, ...]
    title: Text
    safety: Safety
    author: str
    edits: tuple[Edit, ...]
    fixes: frozenset[str]
    diff: str = ""
    body: Text = Text("", "")
    proof: Proof = Proof()
    conflict: str = ""  # why it was held back, when it was

    @property
    def id(self) -> str:
        """A short name from its root cause that survives a second run."""
        key = "\0".join((*sorted(self.rule_ids), *sorted(self.fixes)))
        return f"{sorted(self.rule_ids)[0]}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A read-only view of one commit or of a working tree. `origin` is what the person typed, without
    credentials; `files` are sorted by path; `left_out` says what exists but is not looked at."""

    root: Path
    origin: str
    name: str
    commit: str | None
    files: tuple[SourceFile, ...]
    left_out: tuple[LeftOut, ...] = ()
    links: tuple[tuple[PurePosixPath, str], ...] = ()  # symlinks, and where they point
    by_path: Mapping[str, SourceFile] = field(default_factory=dict)
    git_dir: Path | None = None  # a git directory of our own over the audited objects, when there is history
    changed: frozenset[str] | None = None  # with --diff: the paths that changed since the base

    def file(self, path: str | PurePosixPath) -> SourceFile | None:
        return self.by_path.get(str(path))

    def of(self, *languages: str) -> Iterator[SourceFile]:
        """The files in any of these languages, in path order."""
        return (f for f in self.files if f.language in languages)


# ---- what the app is -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Trace:
    """Something recognised by a trace it left: a builder, a framework, an agent product."""

    kind: str  # "builder", "framework", "agent-config"
    name: str
    evidence: Location


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands between a caller and a handler.

    `kind`: authentication, authorization, csrf, rate-limit, signature, validation, cors.
    `how`: decorator, middleware, dependency, early-return, call, matcher."""

    kind: str
    how: str
    name: str
    location: Location


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that the caller chooses. `source`: path, query, body, form, header, cookie, file."""

    name: str
    source: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """An entry point. `effects` are what its handler can do, by name: reads-store, writes-store,
    calls-model, sends-mail, takes-payment, runs-command, writes-file, calls-service, sets-session.
    `public_reason` is non-empty when it is public by design (health, login, verified webhook...)."""

    framework: str
    methods: tuple[str, ...]
    path: str
    handler: str
    location: Location  # where the handler starts
    guards: tuple[Guard, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    effects: frozenset[str] = frozenset()
    personal_data: frozenset[str] = frozenset()
    public_reason: str = ""
    body: Location | None = None  # the handler's whole span

    def has(self, kind: str) -> bool:
        return any(g.kind == kind for g in self.guards)

    @property
    def name(self) -> str:
        return f"{'|'.join(self.methods)} {self.path}"


@dataclass(frozen=True, slots=True)
class Server:
    """What answers requests: one app of a framework, one settings file of Django, one page that a bundler serves.

    `root` is the folder whose files belong to it; `family` is python or script. `traits` say what its code does:
    keeps-session, signs-in, encrypts-cookies, reads-cookie, checks-forgery, same-site, reads-forms,
    opens-credentials, limits-frames, sets-policy, forces-https. `headers` is where its own code first sets one
    of the last three, `sessions` where it sets up sessions."""

    framework: str
    family: str
    root: str
    location: Location
    traits: frozenset[str] = frozenset()
    headers: Location | None = None
    sessions: Location | None = None

    @property
    def name(self) -> str:
        return f"{self.framework} {self.location.path}"


@dataclass(frozen=True, slots=True)
class AccountStep:
    """Something that the app does with accounts and should not. `kind` is one of the kinds that
    `survey/accounts/steps.py` gives; `said` is what it tells or does, when a sentence can use it."""

    kind: str
    location: Location
    said: str = ""

    @property
    def name(self) -> str:
        return self.kind


@dataclass(frozen=True, slots=True)
class LogicStep:
    """A place where the app's own logic can be turned against it. `kind` is one of those that `survey/logic/` gives;
    `said` names what it is about: a cookie, a column, a path."""

    kind: str
    location: Location
    said: str = ""

    @property
    def name(self) -> str:
        return f"{self.kind} {self.said}"


@dataclass(frozen=True, slots=True)
class SessionStart:
    """Where the session is told who is signed in. `renews`: the visitor gets a new session number there."""

    framework: str
    name: str
    location: Location
    renews: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table, collection or bucket as the repository defines it. `rls` is None where it does not apply."""

    store: str  # supabase, postgres, sqlite, prisma, firestore...
    name: str
    columns: tuple[str, ...]
    location: Location
    rls: bool | None = None
    policies: tuple[tuple[str, str, str, Location], ...] = ()  # (name, command, condition, where)
    rls_location: Location | None = None  # the statement that last set it


@dataclass(frozen=True, slots=True)
class Policy:
    """A row-level security policy. `command`: all, select, insert, update, delete. Empty `roles` means everyone.
    `using` and `check` are the conditions as written, in lower case, white space folded."""

    table: str
    name: str
    command: str
    roles: tuple[str, ...]
    using: str
    check: str
    location: Location
    permissive: bool = True


@dataclass(frozen=True, slots=True)
class Bucket:
    """A place for files, as the repository defines it."""

    store: str
    name: str
    public: bool
    location: Location


@dataclass(frozen=True, slots=True)
class DatabaseFunction:
    """A function or view that lives in the database. `kind`: function, view, materialized view.
    `revoked`: the roles that may not call it. `body` is its text."""

    kind: str
    name: str
    definer: bool
    search_path: bool
    body: str
    location: Location
    returns: str = ""
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Access:
    """One read or write of a table. `bound`: caller (owner filter), id (an id the caller chooses), none.
    `body` is the span of the handler that leads to it, when it stands in another function. `all_rows`: a read of many
    rows, the same for every caller. `names_owner`: the statement itself has a column that says whose a row is."""

    table: str
    verb: str
    bound: str
    location: Location
    body: Location | None = None
    all_rows: bool = False
    names_owner: bool = False


@dataclass(frozen=True, slots=True, order=True)
class RowWrite:
    """A call that writes rows, whoever makes it. `verb`: insert or update. `statement` is its SQL, if it has one."""

    location: Location
    table: str
    verb: str
    statement: str = ""


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


# ---- where data goes ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flow:
    """Data from a named source to a named sink. `steps` hold the way, source first, sink last. `field` is the name by
    which the source was read, when it is known ("email" of `req.body.email`)."""

    source: str
    sink: str
    steps: tuple[Location, ...]
    sanitized_by: tuple[str, ...] = ()
    function: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Flows:
    flows: tuple[Flow, ...] = ()
    looked_at: int = 0
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class ApiRow:
    """One row of the API table. `verdict`: guarded, public-by-design, open."""

    route: Route
    verdict: str


@dataclass(frozen=True, slots=True)
class DataRow:
    """A third party that data goes to, with its legal home."""

    service: Service
    jurisdiction: str
    eu_option: str
    eu_how: str
    cloud_act: str
    alternative: str
    data_types: str
    confidence: str


@dataclass(frozen=True, slots=True)
class AgentRow:
    """What one agent may do, and whether anybody is asked."""

    agent: AgentSetup
    untrusted_inputs: tuple[str, ...] = ()
    dangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Maps:
    api_table: tuple[ApiRow, ...] = ()
    data_map: tuple[DataRow, ...] = ()
    agent_graph: tuple[AgentRow, ...] = ()


# ---- what is handed over -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EgressEntry:
    """A connection that was opened or refused: to whom, by which part, for what."""

    host: str
    purpose: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the local model thinks of one finding. It changes nothing; its quotes were found in the file.
    `verdict` is confirmed, doubtful or unsure."""

    fingerprint: str
    verdict: str
    reason: str
    quotes: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InferenceEntry:
    """A call to the reviewer's model. Hashes are SHA-256, hex."""

    model: str
    prompt_sha256: str
    reply_sha256: str
    parameters: tuple[tuple[str, str], ...]
    seconds: float
    result: str  # "used", "rejected: why", "failed: why"


@dataclass(frozen=True, slots=True)
class Ledgers:
    egress: tuple[EgressEntry, ...] = ()
    inference: tuple[InferenceEntry, ...] = ()
    sandboxed: bool = False  # children ran in a network namespace without any interface


@dataclass(frozen=True, slots=True)
class Report:
    """All that an audit gives. `findings` are sorted, most urgent first, suppressed ones last."""

    snapshot: Snapshot
    app: AppModel
    maps: Maps
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    patches: tuple[Patch, ...]
    rules: Mapping[str, Rule]
    ledgers: Ledgers
    version: str
    opinions: tuple[Opinion, ...] = ()
    generated_at: str = ""  # RFC 3339; a named time field
    seconds: float = 0.0  # a named time field

    @property
    def open_findings(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.suppressed is None)

    @property
    def complete(self) -> bool:
        """True only when every check of every part ran."""
        return all(o.status is Status.RAN for o in self.outcomes)
