"""Django REST framework: function views, class views, viewsets, and their permission and throttle classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Parameter, Route
from vibeaudit.survey import effects as doing
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, definition, lineage, words_in
from vibeaudit.survey.code import Function, Module, text_of
from vibeaudit.survey.frameworks.django.permissions import of_lineage, of_names, of_node
from vibeaudit.survey.frameworks.django.settings import Settings
from vibeaudit.survey.guards import decorators as python_guards
from vibeaudit.survey.words import words

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_REST = re.compile(r"APIView$|ViewSet(?:Mixin)?$|^(?:List|Retrieve|Create|Destroy|Update)ModelMixin$|^ObtainAuthToken$")
ACTIONS = {  # action: (method, on one row)
    "list": ("GET", False),
    "create": ("POST", False),
    "retrieve": ("GET", True),
    "update": ("PUT", True),
    "partial_update": ("PATCH", True),
    "destroy": ("DELETE", True),
}
_WRITES = frozenset(("create", "update", "partial_update", "destroy"))
_GIVES = (  # what library bases offer
    (re.compile(r"^ModelViewSet$"), tuple(ACTIONS)),
    (re.compile(r"^ReadOnlyModelViewSet$"), ("list", "retrieve")),
    (re.compile(r"^List\w*(?:APIView|ModelMixin)$"), ("list",)),
    (re.compile(r"^(?:List)?Create\w*(?:APIView|ModelMixin)$|^ObtainAuthToken$"), ("create",)),
    (re.compile(r"^Retrieve\w*(?:APIView|ModelMixin)$"), ("retrieve",)),
    (re.compile(r"^(?:Retrieve)?Update\w*(?:APIView|ModelMixin)$"), ("update", "partial_update")),
    (re.compile(r"^(?:Retrieve|RetrieveUpdate)?Destroy\w*(?:APIView|ModelMixin)$"), ("destroy",)),
)
_HOOKS = ("get_queryset", "get_object", "perform_create", "perform_update", "perform_destroy")
_VERBS = ("get", "post", "put", "patch", "delete")
of_classes = of_node


def is_rest(found: Lineage) -> bool:
    return found.inherits(_REST)


def of_function(
    project: Project, home: Module, function: Function, methods: tuple[str, ...], settings: Settings
) -> tuple[Guard, ...]:
    """The guards of an `@api_view` function."""
    listed = _decorated(home, function, "permission_classes")
    own = of_node(project, home, listed, methods) if listed is not None else _default(project, settings, methods)
    throttled = _decorated(home, function, "throttle_classes")
    authenticators = _decorated(home, function, "authentication_classes")
    return (*own, *_throttles(home, throttled, settings), *_csrf(home, authenticators, settings, function.node))


def _decorated(home: Module, function: Function, name: str) -> Node | None:
    for decorator in function.decorators:
        call = home.call_at(decorator)
        if call is not None and call.last == name and call.args:
            return call.args[0]
    return None


def _default(project: Project, settings: Settings, methods: tuple[str, ...]) -> tuple[Guard, ...]:
    if settings.module is None or not settings.permissions:
        return ()
    return of_names(project, settings.module, settings.permissions, methods, "DEFAULT_PERMISSION_CLASSES")


def _throttles(home: Module, listed: Node | None, settings: Settings) -> tuple[Guard, ...]:
    if listed is None:
        return settings.throttles
    if not re.search(r"\w", text_of(listed)):
        return ()
    return (Guard("rate-limit", "decorator", "throttle_classes", home.file.locate(listed)),)


TOKENS = re.compile(
    r"^Token(?:Obtain|Refresh|Verify|Blacklist)\w*View$"
)  # of SimpleJWT: open, whatever the settings ask


def limits_of_tokens(found: Lineage, settings: Settings) -> tuple[Guard, ...]:
    """The throttles of the app's own class on top of a view that gives tokens."""
    if not found.inherits(TOKENS):
        return ()
    throttled = found.attribute("throttle_classes") or found.attribute("throttle_scope")
    return _throttles(found.home, throttled[1] if throttled else None, settings)


def _csrf(home: Module, listed: Node | None, settings: Settings, at: Node) -> tuple[Guard, ...]:
    """Session authentication asks for the CSRF token; a token in a header needs none, as no browser sends it alone."""
    named = tuple(re.findall(r"\w+", text_of(listed))) if listed is not None else settings.authenticators
    if any("Session" in n and "Exempt" not in n for n in named):
        return (Guard("csrf", "dependency", "SessionAuthentication", home.file.locate(definition(at))),)
    if named and not any(re.search(r"Session|Cookie|Exempt", n) for n in named):
        return (Guard("csrf", "dependency", named[-1], home.file.locate(definition(at))),)
    return ()


def of_view(
    project: Project, found: Lineage, path: str, settings: Settings, actions: dict[str, str],
    outside: tuple[Guard, ...] = (),
) -> Iterator[Route]:  # fmt: skip
    """The routes of `Cls.as_view()`: by its methods, by the actions that are given, or by its generic bases."""
    made = set()
    named = actions or {verb: verb.upper() for verb in _VERBS}
    for name, verb in named.items():
        if method := found.method(name):
            made.add(verb)
            yield _route(project, found, method, (verb,), path, settings, name, outside)
    verbs = {a: actions.get(a, ACTIONS[a][0]) for a in _offered(found) if not actions or a in actions}
    for group in _groups(project, found, settings, [a for a, verb in verbs.items() if verb not in made]):
        for part in _parts(group, path):
            methods = tuple(dict.fromkeys(verbs[a] for a in part))
            yield _implicit(project, found, methods, path, settings, part, outside)


_JOINS = frozenset("register registration signup".split())


def _parts(actions: list[str], path: str) -> list[list[str]]:
    """The actions apart, where only one of them is what the path is for: who may join, may not see who has joined."""
    if "create" in actions and "list" in actions and words(path.rstrip("/").rpartition("/")[2]) & _JOINS:
        return [[a for a in actions if a != "list"], ["list"]]
    return [actions]


def of_viewset(
    project: Project, module: Module, node: Node, at: Node, path: str, settings: Settings
) -> Iterator[Route]:
    """The routes of a viewset that is registered with a router: its actions, on all rows and on one."""
    found = lineage(project, module, python.dotted(node))
    if found is None:
        yield entries.route(
            project, entries.Entry("django", ("ANY",), path, module, at, None, handler_name=text_of(node))
        )
        return
    row = f"{path}/<{python.string_of((found.attribute('lookup_field') or (None, None))[1]) or 'pk'}>"
    allowed = _allowed(found)
    written = {a: m for a in ACTIONS if (m := found.method(a)) and ACTIONS[a][0] in allowed}
    for action, method in written.items():
        verb, one = ACTIONS[action]
        yield _route(project, found, method, (verb,), row if one else path, settings, action)
    offered = [a for a in _offered(found) if a not in written and ACTIONS[a][0] in allowed]
    for one in (False, True):
        rest = [a for a in offered if ACTIONS[a][1] is one]
        for group in _groups(project, found, settings, rest):
            methods = tuple(ACTIONS[a][0] for a in group)
            yield _implicit(project, found, methods, row if one else path, settings, group)
    yield from _extra(project, found, path, row, settings)


def _extra(project: Project, found: Lineage, path: str, row: str, settings: Settings) -> Iterator[Route]:
    """Methods with `@action(detail=True, methods=['post'])`."""
    for module, klass in found.classes:
        for function in module.functions:
            if function.owner != klass.name or found.method(function.name) != (module, function):
                continue
            for decorator in function.decorators:
                call = module.call_at(decorator)
                if call is None or call.last not in ("action", "detail_route", "list_route"):
                    continue
                one = text_of(call.keywords.get("detail")) == "True" or call.last == "detail_route"
                methods = tuple(m.upper() for m in words_in(call.keywords.get("methods"))) or ("GET",)
                last = python.string_of(call.keywords.get("url_path")) or function.name
                where = f"{row if one else path}/{last}"
                listed = call.keywords.get("permission_classes")
                yield _route(project, found, (module, function), methods, where, settings, function.name, (), listed)


def _offered(found: Lineage) -> list[str]:
    offered = {a for pattern, actions in _GIVES if found.inherits(pattern) for a in actions}
    return [a for a in ACTIONS if a in offered]


def _allowed(found: Lineage) -> frozenset[str]:
    listed = found.attribute("http_method_names")
    said = {w.upper() for w in words_in(listed[1])} if listed else set()
    return frozenset(said) or frozenset(v for v, _ in ACTIONS.values())


def _groups(project: Project, found: Lineage, settings: Settings, actions: list[str]) -> list[list[str]]:
    """The actions that the library brings along, together where their guards are the same."""
    groups: dict[frozenset[str], list[str]] = {}
    for action in actions:
        kinds = frozenset(g.kind for g in _guards(project, found, (ACTIONS[action][0],), settings, action))
        groups.setdefault(kinds, []).append(action)
    return list(groups.values())


def _guards(
    project: Project, found: Lineage, methods: tuple[str, ...], settings: Settings, action: str,
    listed: Node | None = None,
) -> tuple[Guard, ...]:  # fmt: skip
    if listed is not None:
        own = of_node(project, found.home, listed, methods)
    else:
        said = of_lineage(project, found, methods, action)
        own = _default(project, settings, methods) if said is None else said
    throttled, authenticators = found.attribute("throttle_classes"), found.attribute("authentication_classes")
    scoped = found.attribute("throttle_scope")
    limits = _throttles(found.home, throttled[1] if throttled else scoped[1] if scoped else None, settings)
    csrf = _csrf(found.home, authenticators[1] if authenticators else None, settings, found.klass.node)
    decorated = [
        g
        for module, klass in found.classes
        for d in klass.decorators
        if python_guards.applies_to(module, d, methods[0].lower())
        for g in python_guards.of_decorator(project, module, d)
    ]
    for name in ("dispatch", "initial", "check_permissions"):
        if method := found.method(name):
            decorated += python_guards.of_decorators(project, method[0], method[1].decorators)
            decorated += guarding.in_function(project, *method).guards
    return (*own, *limits, *csrf, *decorated)


def _route(
    project: Project, found: Lineage, method: tuple[Module, Function], methods: tuple[str, ...], path: str,
    settings: Settings, action: str, outside: tuple[Guard, ...] = (), listed: Node | None = None,
) -> Route:  # fmt: skip
    home, function = method
    own = (
        *_guards(project, found, methods, settings, action, listed),
        *python_guards.of_decorators(project, home, function.decorators),
        *outside,
    )
    name = f"{found.name}.{function.name}"
    calls_super = action in _WRITES and re.search(
        r"super\(|self\.(?:create|update|destroy|perform_\w+)\(", text_of(function.body)
    )
    at, node = home, definition(function.node)
    if not function.decorators:  # who may call is said once, of the class
        at, node = found.home, definition(found.klass.node)
    return entries.route(
        project,
        entries.Entry(
            "django", methods, path, at, node, function, home, None, own, name,
            parameters=parameters(project, found.home, found.klass.node),
            effects=frozenset({"writes-store"}) if calls_super else frozenset(),
        ),
    )  # fmt: skip


def _implicit(
    project: Project, found: Lineage, methods: tuple[str, ...], path: str, settings: Settings, actions: list[str],
    outside: tuple[Guard, ...] = (),
) -> Route:  # fmt: skip
    node = found.klass.node
    own = (*_guards(project, found, methods, settings, actions[0]), *outside)
    effects = {"writes-store"} if _WRITES & set(actions) else set()
    effects |= {"reads-store"} if set(actions) - {"create"} else set()
    route = entries.route(
        project,
        entries.Entry(
            "django", methods, path, found.home, definition(node), None, found.home, node, (), found.name,
            parameters=parameters(project, found.home, node),
            public="login" if actions == ["create"] and _opens_account(project, found) else "",
        ),
    )  # fmt: skip
    for hook in _HOOKS:  # what other methods of the class do, these actions do not
        if (method := found.method(hook)) and (hook.rpartition("_")[2] in actions or not hook.startswith("perform")):
            effects |= doing.of_function(project, *method).effects
            own += guarding.in_function(project, *method).guards
    reason = "" if actions == ["list"] and route.public_reason == "login" else route.public_reason
    return replace(route, effects=frozenset(effects), guards=entries.joined(own), public_reason=reason)


def _opens_account(project: Project, found: Lineage) -> bool:
    """Whether the serializer of a view makes an account with a password of its own: a registration, under any path."""
    named = found.attribute("serializer_class")
    serializer = lineage(project, found.home, text_of(named[1])) if named is not None else None
    made = "\n".join(text_of(k.node)[:8000] for _, k in serializer.classes) if serializer is not None else ""
    return re.search(r"\b(?:create_user|set_password|make_password)\(", made) is not None


_SERIALIZER = re.compile(r"serializer_class\s*=\s*(\w+)|\b(\w+Serializer)\(\s*(?:\w+\s*,\s*)?data\s*=")


def parameters(project: Project, module: Module, node: Node) -> tuple[Parameter, ...]:
    """The fields of the serializers that take what a caller sends."""
    found = set()
    for m in _SERIALIZER.finditer(text_of(node)[:60_000]):
        serializer = lineage(project, module, m[1] or m[2])
        if serializer is None:
            continue
        text = text_of(serializer.klass.node)
        fields = re.search(r"\bfields\s*=\s*([\[(][^\])]*[\])])", text)
        hidden = set(re.findall(r"\w+", " ".join(re.findall(r"read_only_fields\s*=\s*[\[(]([^\])]*)", text))))
        hidden |= set(re.findall(r"^[ \t]+(\w+)\s*=[^\n]*read_only\s*=\s*True", text, re.MULTILINE))
        named = set(re.findall(r"['\"](\w+)['\"]", fields[1])) if fields else set()
        found |= {Parameter(n, "body") for n in named - hidden - {"id"}}
    return tuple(sorted(found, key=lambda p: p.name))
