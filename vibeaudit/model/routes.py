"""How an app is entered: its routes, what stands before them, the servers that answer."""

from __future__ import annotations

from dataclasses import dataclass

from vibeaudit.model.findings import Location


@dataclass(frozen=True, slots=True)
class Guard:
    """What stands between a caller and a handler.

    `kind`: authentication, authorization, csrf, rate-limit, signature, validation, cors.
    `how`: decorator, middleware, dependency, early-return, call, matcher, sign-in (the form itself)."""

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
    `by_header` says that callers are known by a header alone, which no page of another site can send.
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
    by_header: bool = False

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
