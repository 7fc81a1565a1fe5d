"""What a Next.js middleware guards: its checks, and the paths that they apply to."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey.code import Import, Module, text_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_FILES = re.compile(r"^(?:[\w-]+/){0,3}(?:middleware|proxy)\.[cm]?[jt]s$")
_STRINGS = re.compile(r"['\"`]([^'\"`\n]+)['\"`]")
_PREFIX = re.compile(r"(!?)\s*[\w.]*(?:path|pathname)\w*\??\.startsWith\(\s*['\"]([^'\"]+)['\"]")
_PASSES = re.compile(r"\s*\)\s*\)\s*\{?\s*return\s*(?:;|\n|\}|NextResponse\.next|(?:await\s+)?next\()")
_EQUALS = re.compile(r"(?:path|pathname)\w*\s*(===?|!==?)\s*['\"]([^'\"]+)['\"]")
_LIST = re.compile(
    r"(?P<not>!?)\s*(?P<name>\w*(?:[pP]ublic|[pP]rotected|[aA]uth|[uU]nprotected|[aA]llowed|PUBLIC"
    r"|PROTECTED)\w*(?:[rR]outes?|[pP]aths?|ROUTES?|PATHS?|[pP]ages?)?)\.(?:some|includes|find|every)\("
)


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """`matchers` are the middleware's own (empty: every path); then paths let through and paths guarded."""

    standing: tuple[Guard, ...] = ()
    matchers: tuple[str, ...] = ()
    open_paths: tuple[str, ...] = ()
    guarded_paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, project: Project) -> Gatekeeper:
        """The app's middleware; without one, a gatekeeper that guards nothing."""
        for file in project.snapshot.of("javascript", "typescript"):
            if _FILES.search(str(file.path)) and (module := project.module(str(file.path))):
                return _read(project, module, ("middleware", "proxy", "default"))
        return cls()

    @classmethod
    def read(cls, project: Project, module: Module, names: tuple[str, ...]) -> Gatekeeper:
        """What a file of middleware guards, by what it exports under these names."""
        return _read(project, module, names)

    def guards(self, path: str) -> tuple[Guard, ...]:
        """The guards that a request for this path meets in the middleware."""
        if not self.standing or (self.matchers and not any(_matches(m, path) for m in self.matchers)):
            return ()
        if self.guarded_paths and not any(_matches(p, path) for p in self.guarded_paths):
            return ()
        return () if any(_matches(p, path) for p in self.open_paths) else self.standing


def _read(project: Project, module: Module, names: tuple[str, ...]) -> Gatekeeper:
    text = module.file.text
    found: list[Guard] = []
    whole = ""
    for name in names:
        target = module.exports.get(name)
        if target is None:
            continue
        if isinstance(target, Import):
            if re.search(r"next-auth/middleware|next-auth$|@kinde|@auth0|@workos", target.spec):
                found.append(Guard("authentication", "matcher", target.spec, module.file.at(0)))
            continue
        whole, guards = _checks(project, module, target if isinstance(target, str) else "", target)
        found += guards
    if re.search(r"export\s*\{\s*(default|auth as middleware|auth as proxy)[^}]*\}\s*from", text):
        found.append(Guard("authentication", "matcher", "next-auth", module.file.at(0)))
    opened, guarded = _paths(text, whole)
    unique = tuple({(g.kind): replace(g, how="matcher") for g in found if g.kind != "validation"}.values())
    return Gatekeeper(unique, _config(text), opened, guarded)


def _checks(project: Project, module: Module, name: str, target: object) -> tuple[str, list[Guard]]:
    """The guards in the middleware's body, or in the callback of the wrapper that it is made with."""
    from vibeaudit.survey.frameworks.express.handlers import handler_of

    function = module.by_name.get(name) if name else None
    value = module.values.get(name) if name else target
    if function is None and value is not None and not isinstance(value, str | Import):
        call = module.call_at(value)  # type: ignore[arg-type]
        _, function, _ = handler_of(project, module, value)  # type: ignore[arg-type]
        if call and re.search(r"^(withAuth|authMiddleware|auth|NextAuth\.auth)$", call.name) and function is None:
            return text_of(call.node), [Guard("authentication", "matcher", call.name, module.file.locate(call.node))]
    if function is None:
        return "", []
    reading = guarding.in_function(project, module, function)
    guards = list(reading.guards)
    body = text_of(function.body)
    if re.search(r"auth\(?\)?\.protect\(|\.protect\(\)|redirectToSignIn", body):
        guards.append(Guard("authentication", "matcher", "auth.protect", module.file.locate(function.body)))
    for call in module.calls_in(function.body):  # the checks may stand in a helper: its paths count too
        if called := project.function_called(module, call):
            body += "\n" + text_of(called[1].body)
    return body, guards


def _config(text: str) -> tuple[str, ...]:
    found = re.search(r"\bmatcher\s*:\s*(\[.*?\]|['\"`][^'\"`]+['\"`])", text, re.DOTALL)
    return (
        tuple(
            s for s in _STRINGS.findall(re.sub(r"^[ \t]*//.*$", "", found[1], flags=re.MULTILINE)) if s.startswith("/")
        )
        if found
        else ()
    )


def _paths(text: str, body: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    opened: set[str] = set()
    guarded: set[str] = set()
    for m in re.finditer(r"const\s+(\w+)\s*=\s*createRouteMatcher\(\s*\[(.*?)\]", text, re.DOTALL):
        named = set(_STRINGS.findall(m[2]))
        (opened if re.search(rf"!\s*{m[1]}\(", body) else guarded).update(named)
    for m in re.finditer(r"\b(?:publicRoutes|ignoredRoutes)\s*:\s*\[(.*?)\]", text, re.DOTALL):  # Clerk
        opened.update(_STRINGS.findall(m[1]))
    for m in _PREFIX.finditer(body):
        elsewhere = m[1] and _PASSES.match(body, m.end())  # `if (!path.startsWith('/team')) return;`
        (opened if m[1] and not elsewhere else guarded).add(m[2] + "(.*)")
    for m in _LIST.finditer(body):
        names = re.search(
            rf"(?:const|let)\s+{m['name']}\s*(?::[^=]+)?=\s*(?:new Set\()?\[(.*?)\]", text + body, re.DOTALL
        )
        if names:
            listed = {s + "(.*)" if m["name"] else s for s in _STRINGS.findall(names[1])}
            public = re.search(r"public|unprotected|allowed", m["name"], re.IGNORECASE)
            (opened if public else guarded).update(listed)
    for m in _EQUALS.finditer(body):
        if m[1].startswith("!"):
            opened.add(m[2])
    if re.search(r"return\s+NextResponse\.next\(\)", body) and opened == set():
        early = re.findall(r"if\s*\(([^{}]*startsWith[^{}]*)\)\s*\{?\s*return\s+NextResponse\.next", body)
        for condition in early:
            early_paths = {p + "(.*)" for _, p in _PREFIX.findall(condition)}
            opened |= early_paths
            guarded -= early_paths
    return tuple(sorted(opened)), tuple(sorted(guarded - opened))


def _matches(pattern: str, path: str) -> bool:
    """A path-to-regexp pattern as Next.js and Clerk take it, on a route's path."""
    shape = re.sub(r"/:(\w+)\*", r"(?:/.*)?", pattern)
    shape = re.sub(r"/:(\w+)\+", r"/.+", shape)
    shape = re.sub(r":(\w+)", r"[^/]+", shape)
    if "(?!" not in shape and len(shape) < 300:
        shape = re.sub(r"(?<![.\])])\*", ".*", shape)
    try:
        return re.fullmatch(shape[:500], path) is not None
    except re.error:
        return True
