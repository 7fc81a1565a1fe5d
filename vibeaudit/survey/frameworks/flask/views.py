"""Flask's views: decorated functions, url rules, class views and RESTful resources."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import python
from vibeaudit.survey.classes import Lineage, definition, lineage
from vibeaudit.survey.code import Call, Function, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.frameworks.flask.scopes import Key, Scopes
from vibeaudit.survey.guards import decorators as python_guards

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_VERBS = ("get", "post", "put", "patch", "delete")
_NOWHERE = ("", "")


def of_module(project: Project, module: Module, scopes: Scopes) -> Iterator[Route]:
    """The routes that a module defines."""
    for function in module.functions:
        for number, decorator in enumerate(function.decorators):
            call = module.call_at(decorator)
            if call is not None and _is_route(call):
                yield from _decorated(project, module, function, number, call, scopes)
    for klass in module.classes:  # `@namespace.route('/x')` above a Resource, `@blueprint.route` above a MethodView
        for decorator in klass.decorators:
            call = module.call_at(decorator)
            key = scopes.key(project, module, call.name.rpartition(".")[0]) if call and call.last == "route" else None
            found = lineage(project, module, klass.name) if key else None
            if call is not None and key is not None and found is not None:
                for path in _paths(project, module, scopes, key, call.args):
                    yield from of_class(project, found, path, key, scopes)
    for call in module.calls:
        if call.last == "add_url_rule":
            yield from _rule(project, module, call, scopes)
        elif call.last == "add_route" and len(call.args) > 1 and _framework(module) == "sanic":
            yield from _sanic_rule(project, module, call, scopes)
        elif call.last != "add_url_rule" and "view_func" in call.keywords and call.args:
            yield from _helped(project, module, call, scopes)
        elif _RESOURCE.fullmatch(call.last) and len(call.args) > 1:
            yield from _resource(project, module, call, scopes)


_RESOURCE = re.compile(r"add_(?:\w+_)?resource|register_resource")


def _is_route(call: Call) -> bool:
    return call.last in ("route", "websocket") or (call.last in _VERBS and bool(call.args))


def _paths(project: Project, module: Module, scopes: Scopes, key: Key, rules: tuple[Node, ...]) -> list[str]:
    written = ("string", "concatenated_string", "identifier", "binary_operator", "attribute")
    rules = tuple(_scoped(module, rule) for rule in rules)
    said = [constant(project, module, rule) for rule in rules if rule.type in written]
    prefixes = scopes.prefixes(key) if key in scopes.found else [""]
    return [_joined(prefix, path) for prefix in prefixes for path in said or [""]]


def _scoped(module: Module, rule: Node) -> Node:
    """`scoped("/login")`: an app's helper that puts something before the path."""
    call = module.call_at(rule)
    return call.args[0] if call is not None and len(call.args) == 1 and not call.keywords else rule


def _joined(prefix: str, path: str) -> str:
    return re.sub(r"//+", "/", f"/{prefix}/{path}" if path else f"/{prefix}") if prefix or path != "/" else "/"


def _decorated(
    project: Project, module: Module, function: Function, number: int, call: Call, scopes: Scopes
) -> Iterator[Route]:
    holder, _, verb = call.name.rpartition(".")
    key = scopes.key(project, module, holder)
    if key is None:
        return
    # a decorator above the route's own does not stand before what the route runs
    inner = function.decorators[number + 1 :]
    own = [g for d in inner if not _routes(module, d) for g in python_guards.of_decorator(project, module, d)]
    exempt = python_guards.names_dotted(module, function.decorators)
    rules = call.args[:1] or tuple(n for n in [call.keywords.get("rule")] if n is not None)
    for path in _paths(project, module, scopes, key, rules):
        standing = _lifted(scopes.guards(key, path, _endpoint(scopes, key, function)), exempt)
        yield _built(project, module, call.node, _methods(verb, call), path, function, module, (*standing, *own))


def _routes(module: Module, decorator: Node) -> bool:
    call = module.call_at(decorator)
    return call is not None and _is_route(call)


def _endpoint(scopes: Scopes, key: Key, function: Function) -> str:
    name = scopes.found[key].name
    return f"{name}.{function.name}" if name else function.name


def _lifted(standing: tuple[Guard, ...], names: tuple[str, ...]) -> tuple[Guard, ...]:
    """Without what `@csrf.exempt` and `@limiter.exempt` lift."""
    lifted = {"csrf" if "csrf" in n.lower() else "rate-limit" for n in names if n.endswith(("exempt", "csrf_exempt"))}
    return tuple(g for g in standing if g.kind not in lifted)


def _built(
    project: Project, module: Module, node: Node, methods: tuple[str, ...], path: str, function: Function, home: Module,
    guards: tuple[Guard, ...], name: str = "", parser: Node | None = None,
) -> Route:  # fmt: skip
    return entries.route(
        project,
        entries.Entry(
            _framework(module), methods, path, module, node, function, home, None, guards, name, parser=parser
        ),
    )


def _framework(module: Module) -> str:
    return "sanic" if re.search(rb"^[ \t]*from sanic", module.file.data, re.MULTILINE) else "flask"


def _methods(verb: str, call: Call) -> tuple[str, ...]:
    if verb in _VERBS:
        return (verb.upper(),)
    if verb == "websocket":
        return ("WEBSOCKET",)
    named = tuple(m.upper() for m in re.findall(r"['\"]([A-Za-z]+)['\"]", text_of(call.keywords.get("methods"))))
    return named or ("GET",)


def _rule(project: Project, module: Module, call: Call, scopes: Scopes) -> Iterator[Route]:
    """`app.add_url_rule('/x', view_func=f)`, with a function, `Cls.as_view('x')` or a name that holds one."""
    key = scopes.key(project, module, call.name.rpartition(".")[0])
    view = call.keywords.get("view_func") or (call.args[2] if len(call.args) > 2 else None)
    rule = call.args[0] if call.args else call.keywords.get("rule")
    if key is None or view is None or rule is None:
        return
    guards: tuple[Guard, ...] = ()
    inner = module.call_at(view)
    while inner is not None and inner.args and inner.last != "as_view":  # `login_required(view)`
        guards += python_guards.of_decorator(project, module, inner.node)
        view, inner = inner.args[0], module.call_at(inner.args[0])
    methods = _methods("", call) if "methods" in call.keywords else ()
    for path in _paths(project, module, scopes, key, (rule,)):
        yield from _viewed(project, module, call, view, path, methods, guards, key, scopes)


def _helped(project: Project, module: Module, call: Call, scopes: Scopes) -> Iterator[Route]:
    """`register_view(blueprint, routes=["/x", "/y"], view_func=f)`: a helper of the app's own that adds the rules."""
    key = scopes.key(project, module, python.dotted(call.args[0]))
    reached = project.function_called(module, call)
    if key is None or reached is None or "add_url_rule(" not in text_of(reached[1].body):
        return
    listed = [n for n in (*call.args[1:], *call.keywords.values()) if n.type in ("list", "tuple", "string")]
    rules = tuple(r for n in listed for r in ([n] if n.type == "string" else n.named_children))
    rules = tuple(r for r in rules if python.string_of(r).startswith("/"))
    methods = _methods("", call) if "methods" in call.keywords else ()
    for path in _paths(project, module, scopes, key, rules) if rules else ():
        yield from _viewed(project, module, call, call.keywords["view_func"], path, methods, (), key, scopes)


def _sanic_rule(project: Project, module: Module, call: Call, scopes: Scopes) -> Iterator[Route]:
    """Sanic's `app.add_route(View.as_view(), "/x")`, the view first."""
    if key := scopes.key(project, module, call.name.rpartition(".")[0]):
        methods = _methods("", call) if "methods" in call.keywords else ()
        for path in _paths(project, module, scopes, key, call.args[1:2]):
            yield from _viewed(project, module, call, call.args[0], path, methods, (), key, scopes)


def _viewed(
    project: Project, module: Module, call: Call, view: Node, path: str, methods: tuple[str, ...],
    guards: tuple[Guard, ...], key: Key, scopes: Scopes,
) -> Iterator[Route]:  # fmt: skip
    held = module.call_at(view)
    home = module
    if held is None:
        found = project.meaning(module, python.dotted(view))
        if found and found.function:
            own = python_guards.of_decorators(project, found.module, found.function.decorators)
            standing = scopes.guards(key, path, found.function.name)
            yield _built(
                project, module, call.node, methods or ("GET",), path, found.function, found.module,
                (*standing, *own, *guards),
            )  # fmt: skip
            return
        if found is None or found.value is None:
            return
        home, held = found.module, found.module.call_at(found.value)
    if held is not None and held.last == "as_view":
        owner = lineage(project, home, held.name.removesuffix(".as_view"))
        if owner is not None:
            yield from of_class(project, owner, path, key, scopes, methods, guards)


def _resource(project: Project, module: Module, call: Call, scopes: Scopes) -> Iterator[Route]:
    """Flask-RESTful's `api.add_resource(Cls, '/x', '/y')`."""
    found = lineage(project, module, python.dotted(call.args[0]))
    key = scopes.key(project, module, call.name.rpartition(".")[0]) or _NOWHERE
    if found is None:
        return
    for path in _paths(project, module, scopes, key, call.args[1:]):
        yield from of_class(project, found, path, key, scopes)


def of_class(
    project: Project, found: Lineage, path: str, key: Key, scopes: Scopes, methods: tuple[str, ...] = (),
    guards: tuple[Guard, ...] = (),
) -> Iterator[Route]:  # fmt: skip
    """The routes of a class view: one for each of its methods, or what `dispatch_request` does."""
    standing = scopes.guards(key, path, found.name) if key in scopes.found else ()
    for verb in _VERBS:
        method = found.method(verb)
        if method is None or (methods and verb.upper() not in methods):
            continue
        home, function = method
        own = (*_of_class(project, found, verb), *python_guards.of_decorators(project, home, function.decorators))
        parser = found.attribute("parser") or found.attribute("reqparse")
        kept = _lifted(standing, python_guards.names_dotted(home, function.decorators))
        yield _built(
            project, home, definition(function.node), (verb.upper(),), path, function, home, (*kept, *own, *guards),
            f"{found.name}.{verb}", found.klass.node if parser else _parser(home, function),
        )  # fmt: skip
    if dispatch := found.method("dispatch_request"):
        home, function = dispatch
        listed = found.attribute("methods")
        said = tuple(re.findall(r"['\"]([A-Z]+)['\"]", text_of(listed[1]))) if listed else ()
        own = _of_class(project, found, "")
        yield _built(
            project, home, definition(function.node), methods or said or ("GET",), path, function, home,
            (*standing, *own, *guards), found.name,
        )  # fmt: skip


def _parser(home: Module, function: Function) -> Node | None:
    """The text that declares a parser which the function asks: the module, when it says `parser.parse_args()`."""
    asked = re.search(r"\bparse_args\(", text_of(function.body))
    return home.file.tree.root_node if asked and home.file.tree is not None else None


def _of_class(project: Project, found: Lineage, verb: str) -> tuple[Guard, ...]:
    """`decorators`, `method_decorators` (a list, or lists by method) and decorators above the class."""
    guards: list[Guard] = []
    for name in ("decorators", "method_decorators"):
        listed = found.attribute(name)
        if listed is None:
            continue
        home, node = listed
        if node.type == "dictionary":
            for pair in node.named_children:
                value = pair.child_by_field_name("value")
                if text_of(pair.child_by_field_name("key")).strip("'\"") == verb and value is not None:
                    guards += python_guards.of_decorator(project, home, value)
        else:
            guards += python_guards.of_decorator(project, home, node)
    for module, klass in found.classes:
        guards += [
            g
            for d in klass.decorators
            if not _routes(module, d)
            for g in python_guards.of_decorator(project, module, d)
        ]
    return tuple(guards)
