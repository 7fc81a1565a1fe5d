"""What an app renders its pages with, and whether that escapes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vibeaudit.pages.dialects import Engines
from vibeaudit.pages.renders import entries
from vibeaudit.survey import javascript, python
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_PYTHON_WEB = re.compile(
    rb"^[ \t]*(?:from|import)\s+(?:flask|django|jinja2|fastapi|starlette|tornado|bottle|aiohttp|sanic|quart|pyramid)",
    re.M,
)
_SCRIPT_BRACES = re.compile(rb"[\"'](?:nunjucks|swig|swig-templates|twig|liquidjs|express-nunjucks)[\"']")
_SCRIPT_MUSTACHES = re.compile(
    rb"[\"'](?:hbs|handlebars|express-handlebars|mustache|mustache-express|hogan\.js|express-hbs)[\"']"
)
_SETTING = re.compile(rb"autoescape|noEscape|auto_escape|jinja_env|Environment\(")
_CONFIGURES = frozenset(
    "setDefaults configure Environment Swig engine renderer nunjucks expressNunjucks viewEngine compile".split()
)


_ESCAPING_CALLS = re.compile(rb"\brender_template\(|TemplateResponse\(|from django")
_FLASK = re.compile(rb"^[ \t]*from flask import[^\n]*|\bflask\.render_template\b|\brender_template\(", re.M)
_DJANGO = re.compile(rb"^[ \t]*(?:from|import) (?:django|starlette|fastapi)\b", re.M)
_ENDINGS_OF_FLASK = (".html", ".htm", ".xml", ".xhtml", ".svg")


@dataclass(frozen=True, slots=True)
class Setting:
    """Where an app switches escaping off, and for which template language."""

    dialect: str
    module: Module
    node: Node


def engines_of(project: Project) -> Engines:
    """The engines of an app, from its imports and settings."""
    plain = ""
    pythons = list(project.sources("python"))
    if any(f.holds(_PYTHON_WEB) for f in pythons):
        plain = "jinja"
    else:
        scripts = list(project.sources(*javascript.LANGUAGES))
        if any(f.holds(_SCRIPT_BRACES) for f in scripts):
            plain = "jinja"
        elif any(f.holds(_SCRIPT_MUSTACHES) for f in scripts):
            plain = "handlebars"
    off = {s.dialect for s in settings(project)}
    if not any(f.holds(_ESCAPING_CALLS) for f in pythons) and any(_bare_environment(m) for m in _hinted(project)):
        off.add("jinja")
    flask = any(f.holds(_FLASK) for f in pythons) and not any(f.holds(_DJANGO) for f in pythons)
    return Engines(plain, frozenset(off), _ENDINGS_OF_FLASK if flask else ())


def settings(project: Project) -> Iterator[Setting]:
    """The settings that switch escaping off for all templates."""
    for module in _hinted(project):
        if module.kind == "python":
            yield from _python_off(module)
        else:
            yield from _script_off(module)


def _hinted(project: Project) -> Iterator[Module]:
    return project.hinted(_SETTING, *python.LANGUAGES, *javascript.LANGUAGES)


def _python_off(module: Module) -> Iterator[Setting]:
    for assign in module.assigns:
        if assign.targets == ("TEMPLATES",):
            for pair in _pairs(assign.value):
                key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                if python.string_of(key) == "autoescape" and text_of(value) == "False":
                    yield Setting("jinja", module, pair)


def _pairs(node: Node) -> Iterator[Node]:
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if inner.type == "pair":
            yield inner
        waiting += inner.named_children


def _bare_environment(module: Module) -> bool:
    """Whether Jinja2 is set up by hand and does not escape."""
    for assign in module.assigns:
        if assign.targets[:1] and assign.targets[0].endswith("jinja_env.autoescape"):
            return text_of(assign.value) == "False"
    if b"get_template" not in module.file.data and b"from_string" not in module.file.data:
        return False
    for call in module.calls if module.kind == "python" else ():
        if call.last == "Environment" and ("jinja2" in call.name or "Environment" in module.imports):
            given = call.keywords.get("autoescape")
            splat = any(a.type == "dictionary_splat" for a in call.args)
            return text_of(given) == "False" if given is not None else not splat
    return False


def _script_off(module: Module) -> Iterator[Setting]:
    for call in module.calls:
        if call.last not in _CONFIGURES:
            continue
        for node in call.args:
            for key, value in entries(node):
                if key in ("autoescape", "autoEscape") and text_of(value) == "false":
                    yield Setting("jinja", module, _entry(value))
                elif key == "noEscape" and text_of(value) == "true":
                    yield Setting("handlebars", module, _entry(value))


def _entry(value: Node) -> Node:
    return value.parent if value.parent is not None and value.parent.type == "pair" else value
