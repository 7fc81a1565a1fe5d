"""The calls that render a template, and what each hands to it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript, python
from vibeaudit.survey.code import Call, Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"render|[Tt]emplate|\.view\(|@Render|locals\b|context_processor")
_PYTHON = frozenset(
    "render_template render TemplateResponse render_to_string render_to_response template stream_template render_async"
    " render_template_async async_render_template jinja_template jinja2_template get_template".split()
)
_SCRIPT = frozenset("render view renderFile renderAsync viewAsync renderView renderToString".split())
_OURS = frozenset(
    "name template template_name request status_code status headers content_type media_type using".split()
)
_ENDING = re.compile(
    r"\.(html?|xhtml|jinja2?|j2|njk|nunjucks|twig|swig|ejs|eta|hbs|handlebars|mustache|pug|jade|dust|mako|tpl)$"
)
_GIVES = frozenset(
    ("template", "view", "view_config", "aiohttp_jinja2.template", "jinja2_template", "Render", "render_to")
)


@dataclass(frozen=True, slots=True)
class Given:
    """An expression of a module. `row`: it names the table whose rows are given."""

    module: Module
    node: Node
    row: bool = False


@dataclass
class Render:
    """A template by name, the values given by name, objects whose fields are values, and those spread among them."""

    template: str
    path: str = ""  # of the file that renders
    values: dict[str, list[Given]] = field(default_factory=dict)
    objects: list[Given] = field(default_factory=list)
    spreads: list[Given] = field(default_factory=list)


def stem(name: str) -> str:
    """A template's name without its ending and without `./`."""
    return _ENDING.sub("", posixpath.normpath(name.lstrip("/"))) if name else ""


def renders(project: Project) -> tuple[list[Render], Render]:
    """Every rendering with a known name, and the values that all templates see."""
    found: list[Render] = []
    everywhere = Render("")
    for module in project.hinted(_HINT, *python.LANGUAGES, *javascript.LANGUAGES):
        found += _of_calls(module)
        if module.kind == "python":
            found += _of_decorators(module)
            found += _of_classes(module)
            _of_processors(module, everywhere)
        else:
            _of_locals(module, everywhere)
    return found, everywhere


def _of_calls(module: Module) -> Iterator[Render]:
    names = _PYTHON if module.kind == "python" else _SCRIPT
    for call in module.calls:
        if call.last not in names:
            continue
        template, rest = _template(module, call)
        if not template:
            continue
        render = Render(stem(template), module.path)
        for node in rest:
            take(render, module, node)
        for key, node in call.keywords.items():
            if key == "context" and "render_template" not in call.last:
                take(render, module, node)
            elif key not in _OURS:
                render.values.setdefault(key, []).append(Given(module, node))
        yield render


def _template(module: Module, call: Call) -> tuple[str, tuple[Node, ...]]:
    """The template's name, and the arguments behind it."""
    for key in ("name", "template_name", "template"):
        if key in call.keywords and (named := _string(call.keywords[key])):
            return named, call.args
    for i, node in enumerate(call.args[:2]):
        if named := _string(node):
            return (named, call.args[i + 1 :]) if call.last != "get_template" else ("", ())
    if call.last in ("render", "render_async"):
        return _loaded(module, call), call.args
    return "", ()


def _string(node: Node) -> str:
    if node.type == "list" and node.named_children:
        node = node.named_children[0]
    said = python.string_of(node) if node.type in ("string", "concatenated_string") else ""
    said = said or (javascript.string_of(node) if node.type == "template_string" else "")
    if node.type == "string" and not said:
        said = javascript.string_of(node)
    return said if said and "{" not in said and "\n" not in said and len(said) < 200 and "<" not in said else ""


def _loaded(module: Module, call: Call) -> str:
    """The name in `env.get_template("x").render()`, also through a variable."""
    callee = call.node.child_by_field_name("function")
    holder = callee.child_by_field_name("object") if callee is not None else None
    if holder is not None and holder.type == "identifier":
        made = [a.value for a in module.assigns if a.targets == (text_of(holder),)]
        before = [v for v in made if v.start_byte < call.node.start_byte]
        holder = before[-1] if before else None
    inner = module.call_at(holder) if holder is not None else None
    if inner is None or inner.last not in ("get_template", "getTemplate", "select_template") or not inner.args:
        return ""
    return _string(inner.args[0])


def take(render: Render, module: Module, node: Node) -> None:
    """Adds an argument that holds values: an object literal's entries, or the whole of something else."""
    if node.type in ("function_expression", "arrow_function", "function_declaration"):
        return
    for key, value in entries(node):
        if key:
            render.values.setdefault(key, []).append(Given(module, value))
        else:
            render.spreads.append(Given(module, value))
    if node.type not in ("object", "dictionary"):
        if node.type in ("list_splat", "dictionary_splat") and node.named_children:
            node = node.named_children[0]
        render.objects.append(Given(module, node))


def entries(node: Node) -> Iterator[tuple[str, Node]]:
    """The entries of an object or dict literal; those of a spread under an empty name."""
    if node.type not in ("object", "dictionary"):
        return
    for child in node.named_children:
        if child.type == "pair":
            key, value = child.child_by_field_name("key"), child.child_by_field_name("value")
            if key is not None and value is not None:
                said = text_of(key)
                yield said[1:-1] if said[:1] in "'\"" else said, value
        elif child.type == "shorthand_property_identifier":
            yield text_of(child), child
        elif child.type in ("spread_element", "dictionary_splat") and child.named_children:
            yield "", child.named_children[0]


def _of_decorators(module: Module) -> Iterator[Render]:
    """`@template("x.html")` above a function that returns the values."""
    for function in module.functions:
        for decorator in function.decorators:
            call = module.call_at(decorator)
            if call is None or not (call.name in _GIVES or call.last in _GIVES):
                continue
            name = next(
                (s for n in (*call.args, *call.keywords.values()) if (s := _string(n)) and _ENDING.search(s)), ""
            )
            if name:
                render = Render(stem(name), module.path)
                for node in returned(function.body):
                    take(render, module, node)
                yield render


def _of_classes(module: Module) -> Iterator[Render]:
    """Django's class-based views: `template_name`, and what `get_context_data` adds."""
    for klass in module.classes:
        named = [a for a in module.assigns_in(klass.node) if a.targets == ("template_name",)]
        template = _string(named[0].value) if named else ""
        if not template:
            continue
        render = Render(stem(template), module.path)
        for assign in module.assigns_in(klass.node):
            left = assign.node.child_by_field_name("left")
            if (
                left is not None
                and left.type == "subscript"
                and assign.targets[0] in ("context.[]", "ctx.[]", "data.[]")
            ):
                key = left.child_by_field_name("subscript")
                if key is not None and (said := python.string_of(key)):
                    render.values.setdefault(said, []).append(Given(module, assign.value))
            elif assign.targets == ("extra_context",):
                take(render, module, assign.value)
            elif assign.targets in (("queryset",), ("model",)):
                for name in ("object", "object_list", *_object_names(module, klass.node, assign.value)):
                    render.values.setdefault(name, []).append(Given(module, assign.value, row=True))
        yield render


def _object_names(module: Module, klass: Node, model: Node) -> list[str]:
    chosen = [python.string_of(a.value) for a in module.assigns_in(klass) if a.targets == ("context_object_name",)]
    bare = text_of(model).split(".")[0].lower()
    return [n for n in (*chosen, bare, f"{bare}_list") if n]


def returned(body: Node) -> Iterator[Node]:
    """What a function's own return statements give; a body without braces is what it gives."""
    if body.type not in ("block", "statement_block"):
        yield body
        return
    waiting = list(body.named_children)
    while waiting:
        node = waiting.pop()
        if node.type == "return_statement":
            yield from node.named_children[:1]
        elif node.type not in ("function_definition", "class_definition", "lambda") and "function" not in node.type:
            waiting += node.named_children


def _of_processors(module: Module, everywhere: Render) -> None:
    for function in module.functions:
        if any(text_of(d).endswith("context_processor") for d in function.decorators):
            for node in returned(function.body):
                take(everywhere, module, node)


def _of_locals(module: Module, everywhere: Render) -> None:
    """`res.locals.x = ...`, `app.locals.x = ...`."""
    for assign in module.assigns:
        parts = assign.targets[0].split(".") if assign.targets else []
        if len(parts) == 3 and parts[1] == "locals":
            everywhere.values.setdefault(parts[2], []).append(Given(module, assign.value))
