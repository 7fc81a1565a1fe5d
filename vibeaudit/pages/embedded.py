"""Templates that stand in the code as text: `render_template_string(PAGE, ...)`, `Template("...").render(...)`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from vibeaudit.pages import braces
from vibeaudit.pages.page import Page
from vibeaudit.pages.places import places
from vibeaudit.pages.renders import Given, Render, stem, take
from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"render_template_string|\bTemplate\(|from_string\(")
_FROM_TEXT = frozenset(("render_template_string", "Template", "from_string"))


def embedded(project: Project, unescaped: bool) -> Iterator[tuple[Page, Render]]:
    """Each template that a Python file holds as a constant, and what it is rendered with. `unescaped`: environments
    that are set up by hand do not escape."""
    for module in project.hinted(_HINT, "python"):
        for call in module.calls:
            if call.last not in _FROM_TEXT or not call.args or (text := _constant(module, call.args[0])) is None:
                continue
            if call.last == "Template" and _spec(module, call) == "string":
                continue
            escaping = call.last == "render_template_string" or not (
                _spec(module, call) == "jinja2" or (call.last == "from_string" and unescaped)
            )
            if page := _page(module, text, escaping):
                yield page, _render(module, call, page.name)


def _spec(module: Module, call: Call) -> str:
    head = call.name.split(".")[0]
    return module.imports[head].spec.split(".")[0] if head in module.imports else ""


def _constant(module: Module, node: Node) -> Node | None:
    """The string without gaps that an expression is, or is the name of."""
    if node.type == "identifier":
        made = [a.value for a in module.assigns if a.targets == (text_of(node),)]
        node = made[0] if len(made) == 1 else node
    if node.type != "string" or any(c.type == "interpolation" for c in node.named_children):
        return None
    return node


def _page(module: Module, node: Node, escaping: bool) -> Page | None:
    content = [c for c in node.named_children if c.type == "string_content"]
    if not content:
        return None
    start, end = content[0].start_byte, content[-1].end_byte
    text = module.file.data[start:end].decode("latin-1")
    if "{{" not in text or not re.search(r"<\s*[a-zA-Z!]", text):
        return None
    holes, outputs, needs = braces.read(text, escaping)
    where = places(text, holes)
    moved = tuple(
        replace(o, start=o.start + start, end=o.end + start, place=where[o.start][0], element=where[o.start][1])
        for o in outputs
        if o.start in where
    )
    return Page(module.file, "jinja", moved, needs, f"{module.path}#{start}")


def _render(module: Module, call: Call, name: str) -> Render:
    render = Render(stem(name), module.path)
    given = [call] if call.last == "render_template_string" else list(_rendering(module, call))
    for one in given:
        for node in one.args[1:] if one is call else one.args:
            take(render, module, node)
        for key, value in one.keywords.items():
            render.values.setdefault(key, []).append(Given(module, value))
    return render


def _rendering(module: Module, made: Call) -> Iterator[Call]:
    """The calls of `render` on a template that a call makes, at once or through a name."""
    names = {t for a in module.assigns if _same(a.value, made.node) for t in a.targets}
    for call in module.calls:
        if call.last not in ("render", "render_async", "stream"):
            continue
        callee = call.node.child_by_field_name("function")
        receiver = callee.child_by_field_name("object") if callee is not None else None
        if receiver is not None and (_same(receiver, made.node) or text_of(receiver) in names):
            yield call


def _same(a: Node, b: Node) -> bool:
    return (a.start_byte, a.end_byte) == (b.start_byte, b.end_byte)
