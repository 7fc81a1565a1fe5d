"""Django's own views: functions and classes, and what guards each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python, python_guards
from vibeaudit.survey.classes import Lineage, definition, lineage, words_in
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.development import REASON
from vibeaudit.survey.frameworks.django import rest
from vibeaudit.survey.frameworks.django.settings import Settings
from vibeaudit.survey.frameworks.django.urls import Pattern
from vibeaudit.survey.words import kinds_by_name

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

VERBS = ("get", "post", "put", "patch", "delete")
_WRAPPERS = re.compile(r"as_view$")
_SIGNED_IN = re.compile(r"^PasswordChange(?:Done)?View$")  # Django's own: `login_required` stands in them
_FEED = re.compile(r"Feed$")
_GENERIC = (  # bases from outside the app: (name, methods, effects)
    (re.compile(r"CreateView$"), ("GET", "POST"), ("writes-store",)),
    (re.compile(r"UpdateView$"), ("GET", "POST"), ("reads-store", "writes-store")),
    (re.compile(r"DeleteView$"), ("GET", "POST"), ("reads-store", "writes-store")),
    (re.compile(r"FormView$"), ("GET", "POST"), ()),
    (re.compile(r"^PasswordChangeDoneView$"), ("GET",), ()),
    (re.compile(r"^PasswordChangeView$"), ("GET", "POST"), ("writes-store",)),
    (re.compile(r"^(?:Log[iI]nView|PasswordReset\w*View)$"), ("GET", "POST"), ("sets-session",)),
    (
        re.compile(r"^(?:TokenObtain\w*View|ObtainAuthToken|TokenRefresh\w*|TokenVerify\w*)$"),
        ("POST",),
        ("sets-session",),
    ),
    (re.compile(r"^LogoutView$"), ("GET", "POST"), ()),
    (re.compile(r"(?:List|Detail|Archive|Day|Month|Year)\w*View$"), ("GET",), ("reads-store",)),
    (re.compile(r"(?:Template|Redirect)View$"), ("GET",), ()),
)
_METHOD = re.compile(r"['\"](GET|POST|PUT|PATCH|DELETE)['\"]")
_ONLY = re.compile(
    r"request\.method\s*(?:!=\s*|not\s+in\s*[\[(]\s*)['\"](GET|POST|PUT|PATCH|DELETE)['\"]([^\n:]*):\s*\n?\s*(?P<then>[^\n]*)"
)
_ELSE = re.compile(r"method\s*==\s*['\"]GET['\"]\s*:\n.*?\n\s*(?:else|elif\b[^\n]*)\s*:", re.DOTALL)
_OBJECT = re.compile(
    r"get_object\(|self\.request\.user\s*==|==\s*self\.request\.user|\.(?:author|owner|user|created_by)\b"
)


@dataclass(frozen=True)
class Target:
    """What a pattern leads to, out of the decorators around it."""

    node: Node
    guards: tuple[Guard, ...] = ()
    names: tuple[str, ...] = ()


def of_pattern(project: Project, pattern: Pattern, settings: Settings) -> Iterator[Route]:
    """The routes of one line of an urls module."""
    if pattern.kind == "debug":
        inner = replace(pattern, kind="view")
        yield from (replace(r, public_reason=REASON) for r in of_pattern(project, inner, settings))
        return
    path = "/" + pattern.path.strip("/")
    if pattern.kind == "admin":
        yield _admin(project, pattern, path, settings)
        return
    if pattern.kind == "viewset":
        yield from rest.of_viewset(project, pattern.module, pattern.view, pattern.node, path, settings)
        return
    target = _unwrapped(project, pattern.module, pattern.view)
    call = pattern.module.call_at(target.node)
    if call is not None and call.last == "as_view":
        yield from _of_class(project, pattern, call, path, settings, target)
        return
    found = project.meaning(pattern.module, python.dotted(target.node))
    if found and found.function:
        yield _of_function(project, found.module, found.function, path, settings, target)
    elif (made := _instance(project, pattern.module, target.node)) is not None:
        yield _feed(project, made, path, settings, target)
    elif (found and found.name in found.module.by_class) or target.node.type == "lambda":
        yield _foreign(project, pattern, path, settings, target)
    elif (
        found
        and found.value is not None
        and found.value is not target.node
        and _WRAPPERS.search(_callee(found.module, found.value))
    ):
        inner = replace(pattern, module=found.module, view=found.value)  # `index = Index.as_view()`
        yield from of_pattern(project, inner, settings)
    else:
        yield _foreign(project, pattern, path, settings, target)


def _callee(module: Module, node: Node) -> str:
    call = module.call_at(node)
    return call.name if call else ""


def _unwrapped(project: Project, module: Module, node: Node) -> Target:
    guards: list[Guard] = []
    names: list[str] = []
    for _ in range(6):
        node = python.unwrap(node)
        call = module.call_at(node)
        if call is None or call.last == "as_view" or not call.args:
            break
        function = call.node.child_by_field_name("function")
        decorator = function if function is not None and function.type == "call" else None
        guards += python_guards.of_decorator(project, module, decorator if decorator is not None else call.node)
        names.append(call.last)
        node = call.args[0]
    return Target(node, tuple(guards), tuple(names))


def standing(settings: Settings, names: tuple[str, ...], methods: tuple[str, ...] = ()) -> tuple[Guard, ...]:
    """The guards of the middleware, without those that decorators lift."""
    kept = settings.standing
    if "csrf_exempt" in names:
        kept = tuple(g for g in kept if g.kind != "csrf")
    if "login_not_required" in names:
        kept = tuple(g for g in kept if g.name != "LoginRequiredMiddleware")
    return kept


def _admin(project: Project, pattern: Pattern, path: str, settings: Settings) -> Route:
    at = pattern.module.file.locate(pattern.node)
    own = [Guard(kind, "call", "admin.site", at) for kind in ("authentication", "authorization")]
    return entries.route(
        project,
        entries.Entry(
            "django", ("ANY",), path, pattern.module, pattern.node, None,
            guards=(*own, *standing(settings, ())), handler_name="admin.site",
        ),
    )  # fmt: skip


def _instance(project: Project, module: Module, node: Node) -> Lineage | None:
    """The app's class of which a view is an object, when it is a feed: `NotesFeed()`."""
    call = module.call_at(node)
    found = lineage(project, module, call.name) if call is not None and call.name else None
    return found if found is not None and found.inherits(_FEED) else None


def _feed(project: Project, found: Lineage, path: str, settings: Settings, target: Target) -> Route:
    guards = (*standing(settings, target.names), *target.guards)
    node = found.klass.node
    return entries.route(
        project,
        entries.Entry(
            "django", ("GET",), path, found.home, definition(node), None, found.home, node, guards, found.name,
            effects=frozenset(("reads-store",)),
        ),
    )  # fmt: skip


def _foreign(project: Project, pattern: Pattern, path: str, settings: Settings, target: Target) -> Route:
    """A view that comes from a library, or a lambda: what we know of it is its name."""
    call = pattern.module.call_at(target.node)
    name = python.dotted(target.node).removesuffix(".as_view")
    known = next((g for g in _GENERIC if g[0].search(name.rsplit(".", 1)[-1])), None)
    methods: tuple[str, ...] = known[1] if known else ("ANY",)
    if "obtain_auth_token" in name or "obtain_jwt_token" in name:
        known, methods = _GENERIC[7], ("POST",)
    node = target.node if target.node.type == "lambda" else None
    guards = (*standing(settings, target.names), *target.guards)
    if _SIGNED_IN.match(last := name.rsplit(".", 1)[-1]):
        guards += (Guard("authentication", "decorator", last, pattern.module.file.locate(pattern.node)),)
    if call is not None and "permission_classes" in call.keywords:
        guards += rest.of_classes(project, pattern.module, call.keywords["permission_classes"], methods)
    return entries.route(
        project,
        entries.Entry(
            "django", methods, path, pattern.module, pattern.node, None, None, node, guards, name or "lambda",
            effects=frozenset(known[2]) if known else frozenset(),
        ),
    )  # fmt: skip


def _of_function(
    project: Project, home: Module, function: Function, path: str, settings: Settings, target: Target
) -> Route:
    names = (*target.names, *python_guards.names(home, function.decorators))
    own = list(python_guards.of_decorators(project, home, function.decorators))
    methods = _methods(project, home, function, names)
    if "api_view" in names:
        own += rest.of_function(project, home, function, methods, settings)
    else:
        own += (*standing(settings, names), *_dispatched(project, home, function))
    return entries.route(
        project,
        entries.Entry(
            "django", methods, path, home, definition(function.node), function, home, None, (*own, *target.guards),
            parameters=rest.parameters(project, home, function.node),
        ),
    )  # fmt: skip


def _dispatched(project: Project, home: Module, function: Function) -> Iterator[Guard]:
    """The guards that every view has to which a view hands its request: `return create_note(request)`."""
    common: dict[str, Guard] | None = None
    for call in home.calls_in(function.body):
        above = call.node.parent
        if above is None or above.type != "return_statement" or not call.args or text_of(call.args[0]) != "request":
            continue
        reached = project.function_called(home, call)
        if reached is None:
            if call.last not in ("render", "redirect"):
                return
            continue
        own = python_guards.of_decorators(project, reached[0], reached[1].decorators)
        found = {g.kind: g for g in (*own, *guarding.in_function(project, *reached).stopping)}
        common = found if common is None else {k: g for k, g in common.items() if k in found}
    yield from (common or {}).values()


def _methods(project: Project, home: Module, function: Function, names: tuple[str, ...]) -> tuple[str, ...]:
    """What a view function answers: as its decorators say, else as its body does."""
    for decorator in function.decorators:
        call = home.call_at(decorator)
        name = call.last if call else python.dotted(decorator).rsplit(".", 1)[-1]
        if name in ("api_view", "require_http_methods"):
            said = words_in(call.args[0]) if call and call.args else ("GET",)
            return tuple(m.upper() for m in said) or ("GET",)
    for name, methods in (("require_POST", ("POST",)), ("require_GET", ("GET",)), ("require_safe", ("GET", "HEAD"))):
        if name in names:
            return methods
    body = text_of(function.body)
    if "request.method" not in body:
        body += _handed_on(project, home, function)
    only = _ONLY.search(body)
    if only and re.search(r"NotAllowed|405|400|BadRequest|raise", only["then"]):
        return tuple(dict.fromkeys((only[1], *_METHOD.findall(only[2]))))
    said = tuple(
        dict.fromkeys(re.findall(r"method\s*(?:==|!=|in)\s*[\[(]?\s*['\"](GET|POST|PUT|PATCH|DELETE)['\"]", body))
    )
    if not said:
        return ("ANY",)
    if said == ("GET",) and _ELSE.search(body):
        said = ("GET", "POST")
    return tuple(m for m in ("GET", "POST", "PUT", "PATCH", "DELETE") if m in said or m == "GET")


def _handed_on(project: Project, home: Module, function: Function) -> str:
    """The bodies of the app's functions that get the request whole: `return edit_form(request, note)`."""
    found = []
    for call in home.calls_in(function.body):
        if call.args and text_of(call.args[0]) == "request" and (reached := project.function_called(home, call)):
            found.append("\n" + text_of(reached[1].body))
    return "".join(found[:8])


def _of_class(
    project: Project, pattern: Pattern, call: Call, path: str, settings: Settings, target: Target
) -> Iterator[Route]:
    function = call.node.child_by_field_name("function")
    owner = function.child_by_field_name("object") if function is not None else None
    found = lineage(project, pattern.module, python.dotted(owner))
    if found is None:
        yield _foreign(project, pattern, path, settings, target)
        return
    if rest.is_rest(found):
        actions = _actions(call)
        yield from rest.of_view(project, found, path, settings, actions, target.guards)
        return
    made = False
    for verb in VERBS:
        if method := found.method(verb):
            made = True
            yield _method_route(project, found, method, (verb.upper(),), path, settings, target)
    if not made:
        yield _generic_route(project, found, path, settings, target)


def _actions(call: Call) -> dict[str, str]:
    """`as_view({'get': 'list'})` -> {action: METHOD}."""
    if not call.args or call.args[0].type != "dictionary":
        return {}
    pairs = re.findall(r"['\"](\w+)['\"]\s*:\s*['\"](\w+)['\"]", text_of(call.args[0]))
    return {action: verb.upper() for verb, action in pairs}


def _method_route(
    project: Project, found: Lineage, method: tuple[Module, Function], methods: tuple[str, ...], path: str,
    settings: Settings, target: Target,
) -> Route:  # fmt: skip
    home, function = method
    own = (
        *of_class(project, found, methods[0].lower(), settings, target),
        *python_guards.of_decorators(project, home, function.decorators),
        *target.guards,
    )
    return entries.route(
        project,
        entries.Entry("django", methods, path, home, definition(function.node), function, home, None, own, found.name),
    )


def _generic_route(project: Project, found: Lineage, path: str, settings: Settings, target: Target) -> Route:
    known = next((g for g in _GENERIC if found.inherits(g[0])), None)
    methods = known[1] if known else ("ANY",)
    own = (*of_class(project, found, "post", settings, target), *target.guards)
    node = found.klass.node
    return entries.route(
        project,
        entries.Entry(
            "django", methods, path, found.home, definition(node), None, found.home, node, own, found.name,
            effects=frozenset(known[2]) if known else frozenset(),
        ),
    )  # fmt: skip


def of_class(
    project: Project, found: Lineage, method: str, settings: Settings, target: Target | None = None
) -> tuple[Guard, ...]:
    """The guards of a class-based view for one method: decorators, mixins, `dispatch`, the middleware."""
    names = list(target.names) if target else []
    own: list[Guard] = []
    for module, klass in found.classes:
        covering = [d for d in klass.decorators if python_guards.applies_to(module, d, method)]
        names += python_guards.names(module, covering)
        own += python_guards.of_decorators(project, module, covering)
    for name in ("dispatch", "setup", "initial"):
        if dispatch := found.method(name):
            home, function = dispatch
            names += python_guards.names(home, function.decorators)
            own += python_guards.of_decorators(project, home, function.decorators)
            own += guarding.in_function(project, home, function).guards
    own += _mixins(found)
    if found.inherits(_SIGNED_IN):
        own.append(
            Guard(
                "authentication",
                "decorator",
                "PasswordChangeView",
                found.home.file.locate(definition(found.klass.node)),
            )
        )
    return (*own, *standing(settings, tuple(names)))


def _mixins(found: Lineage) -> Iterator[Guard]:
    at = found.home.file.locate(definition(found.klass.node))
    for base in found.foreign:
        last = base.rsplit(".", 1)[-1]
        if last == "UserPassesTestMixin":
            test = found.method("test_func")
            said = text_of(test[1].body) if test else ""
            yield Guard("authentication", "decorator", last, at)
            if not re.fullmatch(r"\s*return\s+(?:self\.)?request\.user\.is_authenticated\s*", said):
                yield Guard("authorization", "decorator", last, at)
        elif last in ("AccessMixin",):
            continue
        elif last.endswith(("Mixin", "RequiredMixin", "Required")):
            for kind in kinds_by_name(last):
                yield Guard(kind, "decorator", last, at)
