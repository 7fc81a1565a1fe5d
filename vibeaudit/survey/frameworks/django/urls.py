"""The patterns of urls modules, followed through `include`, lists, routers and sums of these."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.survey import python
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.constants import constant
from vibeaudit.survey.development import only_in_development

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_MAX_DEPTH = 8
# urls modules of libraries that hold a sign-in without a limit of its own, and its address there
SIGN_INS = {"django.contrib.auth.urls": "login", "dj_rest_auth.urls": "login", "djoser.urls.jwt": "jwt/create"}
_PATHS = ("path", "re_path", "url")


@dataclass(frozen=True)
class Pattern:
    """One line of an urls module. `view` is what it leads to; `kind`: view, debug (a view of debug mode alone), viewset
    (a router's line), admin, or sign-in (of a library's urls)."""

    module: Module
    path: str
    view: Node
    node: Node
    kind: str = "view"


def roots(project: Project, modules: tuple[Module, ...]) -> list[Module]:
    """The urls modules that none of the others includes; all of them when they include each other."""
    included = set()
    for module in modules:
        for call in module.calls:
            if call.last == "include" and call.args and (target := _included(project, module, call.args[0])):
                included.add(target.path)
    return [m for m in modules if m.path not in included] or list(modules)


def walk(project: Project, module: Module) -> Iterator[Pattern]:
    """All patterns below an urls module."""
    yield from _of_name(project, module, "urlpatterns", "", 0)


def _of_name(project: Project, module: Module, name: str, prefix: str, depth: int) -> Iterator[Pattern]:
    if depth > _MAX_DEPTH:
        return
    for assign in module.assigns:
        if name in assign.targets:
            yield from _of_node(project, module, assign.value, prefix, depth)
    for value in _added(module, name):
        yield from _of_node(project, module, value, prefix, depth)


def _added(module: Module, name: str) -> Iterator[Node]:
    """`urlpatterns += [...]`, `urlpatterns.append(...)` and `.extend([...])`."""
    root = module.file.tree.root_node if module.file.tree else None
    waiting = list(root.named_children) if root is not None else []
    while waiting:
        node = waiting.pop(0)
        if node.type in ("if_statement", "block", "else_clause", "try_statement", "expression_statement"):
            waiting = list(node.named_children) + waiting
        elif node.type == "augmented_assignment" and text_of(node.child_by_field_name("left")) == name:
            right = node.child_by_field_name("right")
            if right is not None:
                yield right
    for call in module.calls:
        if call.name in (f"{name}.append", f"{name}.extend", f"{name}.insert") and call.args:
            yield call.args[-1]


def _of_node(project: Project, module: Module, node: Node, prefix: str, depth: int) -> Iterator[Pattern]:
    node = python.unwrap(node)
    call = module.call_at(node)
    if depth > _MAX_DEPTH:
        return
    if node.type in ("list", "tuple", "binary_operator", "list_splat", "conditional_expression"):
        for child in node.named_children:
            yield from _of_node(project, module, child, prefix, depth)
    elif call is not None and call.last in _PATHS and len(call.args) > 1:
        yield from _of_path(project, module, call, prefix, depth)
    elif call is not None and call.last in ("i18n_patterns", "patterns", "format_suffix_patterns"):
        for argument in call.args:
            yield from _of_node(project, module, argument, prefix, depth)
    elif node.type == "attribute" and text_of(node).endswith(".urls"):
        yield from _of_router(project, module, text_of(node).removesuffix(".urls"), prefix)
    elif node.type == "identifier":
        name = text_of(node)
        if name in module.values:
            yield from _of_name(project, module, name, prefix, depth + 1)
        elif (found := project.meaning(module, name)) and found.value is not None:
            yield from _of_node(project, found.module, found.value, prefix, depth + 1)


def _of_path(project: Project, module: Module, call: Call, prefix: str, depth: int) -> Iterator[Pattern]:
    path = prefix + _readable(_written(project, module, call.args[0]), call.last)
    target = python.unwrap(call.args[1])
    inner = module.call_at(target)
    if target.type == "attribute" and text_of(target).endswith("site.urls"):
        yield Pattern(module, path, target, call.node, "admin")
    elif target.type == "attribute" and text_of(target).endswith(".urls"):
        yield from _of_router(project, module, text_of(target).removesuffix(".urls"), path)
    elif inner is not None and inner.last in ("include", "decorator_include") and inner.args:
        yield from _of_include(project, module, inner.args[-1 if inner.last != "include" else 0], path, depth)
    else:
        yield Pattern(module, path, target, call.node, "debug" if only_in_development(call.node) else "view")


def _of_include(project: Project, module: Module, argument: Node, path: str, depth: int) -> Iterator[Pattern]:
    if argument.type == "tuple" and argument.named_children:
        argument = argument.named_children[0]
    if target := _included(project, module, argument):
        yield from _of_name(project, target, "urlpatterns", path, depth + 1)
    elif (last := SIGN_INS.get(python.string_of(argument))) is not None:
        yield Pattern(module, f"{path.rstrip('/')}/{last}", argument, argument, "sign-in")
    else:
        yield from _of_node(project, module, argument, path, depth + 1)


def _included(project: Project, module: Module, argument: Node) -> Module | None:
    """The urls module that an `include` names, as a string or as an imported module."""
    if argument.type == "tuple" and argument.named_children:
        argument = argument.named_children[0]
    if spec := python.string_of(argument):
        return project.target(module, spec)
    if argument.type not in ("identifier", "attribute"):
        return None
    found = project.meaning(module, python.dotted(argument))
    return found.module if found and found.name == "*" else None


def _of_router(project: Project, module: Module, name: str, prefix: str) -> Iterator[Pattern]:
    """The lines that were registered with a router, wherever it was made. Names are matched by their last part."""
    if name.endswith("site"):
        yield from ()
        return
    home, own = module, name
    found = project.meaning(module, name)
    if found is not None and found.module is not module:
        home, own = found.module, found.name
    for call in home.calls:
        holder, _, verb = call.name.rpartition(".")
        if verb != "register" or holder not in (own, name) or len(call.args) < 2:
            continue
        path = f"{prefix.rstrip('/')}/{_readable(python.string_of(call.args[0]), 're_path')}".replace("//", "/")
        yield Pattern(home, path, call.args[1], call.node, "viewset")
    for call in home.calls:  # `router.registry.extend(other.registry)`
        if call.name == f"{own}.registry.extend" and call.args:
            other = text_of(call.args[0]).removesuffix(".registry")
            if other != own:
                yield from _of_router(project, home, other, prefix)


def _written(project: Project, module: Module, node: Node) -> str:
    """A pattern's text, with the constants that it names: `f"{prefix}admin/"`."""
    named = re.findall(r"\{(\w+)\}", text_of(node)) if node.type == "string" and text_of(node)[:1] in "fF" else []
    known = named and all(n in module.values and module.values[n].type == "string" for n in named)
    return constant(project, module, node) if known else python.string_of(node)


_GROUP = re.compile(r"\(\?P<(\w+)>")


def _readable(pattern: str, kind: str) -> str:
    """A pattern with its named groups as `<name>`, and without the marks of a regular expression."""
    if kind == "path":
        return pattern
    out, at = "", 0
    while m := _GROUP.search(pattern, at):
        depth, end = 1, m.end()
        while end < len(pattern) and depth:
            depth += {"(": 1, ")": -1}.get(pattern[end], 0)
            end += 1
        out, at = out + pattern[at : m.start()] + f"<{m[1]}>", end
    text = out + pattern[at:]
    return re.sub(r"[\^$]|\\(?=[./-])|/\?(?=$)|\?(?=$)", "", text)
