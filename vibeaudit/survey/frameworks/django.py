"""Django and Django REST framework: urlpatterns, views, their decorators, mixins and permission classes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.model import Guard, Route
from vibeaudit.survey import entry as entries
from vibeaudit.survey import guards as guarding
from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Function, Klass, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"urlpatterns|DefaultRouter|SimpleRouter")
_VERBS = ("get", "post", "put", "patch", "delete")
_ACTIONS = {
    "list": "GET",
    "retrieve": "GET",
    "create": "POST",
    "update": "PUT",
    "partial_update": "PATCH",
    "destroy": "DELETE",
}
_MODEL_VIEWSET = re.compile(r"ModelViewSet|CreateAPIView|UpdateAPIView|DestroyAPIView|ListCreate\w+|RetrieveUpdate\w+")
_OPEN = re.compile(r"\bAllowAny\b|permission_classes\s*=\s*[\[(]\s*[\])]")


def routes(project: Project) -> Iterator[Route]:
    """The routes of each urls module, with the prefixes of the `include`s that lead to it."""
    modules = tuple(project.hinted(_HINT, "python"))
    prefixes = _prefixes(project, modules)
    default = _default_permission(project)
    for module in modules:
        for call in module.calls:
            prefix = prefixes.get(module.path, "")
            if call.name in ("path", "re_path", "url") and len(call.args) > 1:
                yield from _path(project, module, call, prefix, default)
            elif call.last == "register" and len(call.args) > 1 and "router" in call.name.lower():
                path = f"{prefix}/{python.string_of(call.args[0])}"
                yield from _class(project, module, call.args[1], path, call.node, default)


def _prefixes(project: Project, modules: tuple[Module, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for module in modules:
        for call in module.calls:
            inner = module.call_at(call.args[1]) if call.name in ("path", "re_path") and len(call.args) > 1 else None
            if inner and inner.name == "include" and inner.args and (spec := python.string_of(inner.args[0])):
                target = project.target(module, spec)
                if target:
                    found[target.path] = "/" + python.string_of(call.args[0]).strip("^$/")
    return found


def _default_permission(project: Project) -> tuple[Guard, ...]:
    for file in project.sources("python"):
        found = re.search(rb"DEFAULT_PERMISSION_CLASSES['\"]\s*:\s*[\[(]([^\])]*)", file.data)
        if "settings" not in str(file.path) or not found or b"AllowAny" in found[1] or b"ReadOnly" in found[1]:
            continue
        if b"Is" in found[1]:
            return (Guard("authentication", "middleware", "DEFAULT_PERMISSION_CLASSES", file.at(found.start())),)
    return ()


def _path(project: Project, module: Module, call: Call, prefix: str, default: tuple[Guard, ...]) -> Iterator[Route]:
    path = prefix + "/" + re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", python.string_of(call.args[0])).strip("^$/")
    target = python.unwrap(call.args[1])
    inner = module.call_at(target)
    if inner and inner.last == "include":
        return
    if inner and inner.name.endswith(".as_view"):
        function = inner.node.child_by_field_name("function")
        owner = function.child_by_field_name("object") if function is not None else None
        if owner is not None:
            yield from _class(project, module, owner, path, call.node, default)
        return
    guards: tuple[Guard, ...] = ()
    if inner and inner.args:  # path('x', login_required(view))
        guards = guarding.of_expression(project, module, target, "decorator")
        target = inner.args[0]
    found = project.meaning(module, python.dotted(target))
    if found and found.function:
        yield _view(project, found.module, found.function, path, guards, default)


def _view(
    project: Project, home: Module, function: Function, path: str, guards: tuple[Guard, ...], default: tuple[Guard, ...]
) -> Route:
    own = [g for d in function.decorators for g in guarding.of_expression(project, home, d, "decorator")]
    decorated = " ".join(text_of(d) for d in function.decorators)
    methods = tuple(
        dict.fromkeys(re.findall(r"['\"](GET|POST|PUT|PATCH|DELETE)['\"]", decorated + text_of(function.body)))
    )
    if "require_POST" in decorated:
        methods = ("POST",)
    if "api_view" in decorated and not re.search(r"permission_classes", decorated):
        own += default
    if re.search(r"permission_classes\(\s*\[[^\]]*Is\w+", decorated):
        own.append(Guard("authentication", "decorator", "permission_classes", home.file.locate(function.node)))
    if re.search(r"IsAdminUser|staff_member_required|user_passes_test|permission_required", decorated):
        own.append(Guard("authorization", "decorator", "permission_classes", home.file.locate(function.node)))
        own.append(Guard("authentication", "decorator", "permission_classes", home.file.locate(function.node)))
    return entries.route(
        project,
        entries.Entry(
            "django", methods or ("ANY",), path, home, _def_line(function), function, home, None, (*guards, *own)
        ),
    )


def _def_line(function: Function) -> Node:
    """The `def` line, below the decorators."""
    definition = function.node.child_by_field_name("definition")
    return definition if definition is not None else function.node


def _class(
    project: Project, module: Module, node: Node, path: str, at: Node, default: tuple[Guard, ...]
) -> Iterator[Route]:
    found = project.meaning(module, python.dotted(node))
    home = found.module if found else module
    name = found.name if found else python.dotted(node)
    klass = home.by_class.get(name)
    if klass is None:
        return
    guards = _of_class(project, home, klass, default)
    made = False
    for method in (*_VERBS, *_ACTIONS):
        if function := home.by_name.get(f"{name}.{method}"):
            made = True
            verb = _ACTIONS.get(method, method.upper())
            own = [g for d in function.decorators for g in guarding.of_expression(project, home, d, "decorator")]
            yield entries.route(
                project,
                entries.Entry(
                    "django", (verb,), path, home, _def_line(function), function, home, None, (*guards, *own)
                ),
            )
    if not made and _MODEL_VIEWSET.search(" ".join(klass.bases)):
        route = entries.route(
            project, entries.Entry("django", ("ANY",), path, home, klass.node, None, home, klass.node, guards, name)
        )
        from dataclasses import replace

        yield replace(route, effects=route.effects | {"writes-store", "reads-store"})


def _of_class(project: Project, home: Module, klass: Klass, default: tuple[Guard, ...]) -> tuple[Guard, ...]:
    text, bases, at = text_of(klass.node), " ".join(klass.bases), home.file.locate(klass.node)
    found = [g for d in klass.decorators for g in guarding.of_expression(project, home, d, "decorator")]
    if re.search(r"LoginRequired|AccessMixin", bases):
        found.append(Guard("authentication", "decorator", "LoginRequiredMixin", at))
    if re.search(r"PermissionRequired|UserPassesTest|StaffRequired|SuperUser", bases):
        found += [Guard(k, "decorator", "PermissionRequiredMixin", at) for k in ("authentication", "authorization")]
    listed = re.search(r"permission_classes\s*=\s*[\[(]([^\])]*)", text)
    if listed and re.search(r"\w", listed[1]) and "AllowAny" not in listed[1] and "ReadOnly" not in listed[1]:
        found.append(Guard("authentication", "decorator", "permission_classes", at))
        if "Admin" in listed[1] or "Owner" in listed[1]:
            found.append(Guard("authorization", "decorator", "permission_classes", at))
    elif not listed and re.search(r"APIView|ViewSet|generics\.|ListAPI|CreateAPI", bases):
        found += default
    return tuple(found)
