"""What a Django project's settings put before every view."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding
from vibeaudit.survey.classes import lineage, words_in
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HINT = re.compile(rb"INSTALLED_APPS|MIDDLEWARE|REST_FRAMEWORK")
_LESS_LIKELY = re.compile(r"(local|dev\w*|test\w*|ci|example|sample)\.py$")


@dataclass(frozen=True)
class Settings:
    """`standing` guards come from middleware; the rest are the defaults of the REST framework."""

    path: str = ""
    standing: tuple[Guard, ...] = ()
    permissions: tuple[str, ...] = ()
    authenticators: tuple[str, ...] = ("SessionAuthentication", "BasicAuthentication")
    throttles: tuple[Guard, ...] = ()
    module: Module | None = field(default=None, compare=False)


@dataclass(frozen=True)
class AllSettings:
    found: tuple[Settings, ...] = ()

    def near(self, path: str) -> Settings:
        """The settings of the project that a file belongs to: those that share most of its folders."""
        own = path.split("/")[:-1]

        def shared(settings: Settings) -> tuple[int, bool, int]:
            folders = settings.path.split("/")[:-1]
            same = next((i for i, (a, b) in enumerate(zip(own, folders, strict=False)) if a != b), -1)
            common = min(len(own), len(folders)) if same == -1 else same
            return (common, not _LESS_LIKELY.search(settings.path), -len(folders))

        return max(self.found, key=shared, default=Settings())


def settings_of(project: Project) -> AllSettings:
    """Every settings module of the repository."""
    found = []
    for module in project.hinted(_HINT, "python"):
        if {"MIDDLEWARE", "MIDDLEWARE_CLASSES", "REST_FRAMEWORK", "INSTALLED_APPS"} & module.values.keys():
            found.append(_read(project, module))
    return AllSettings(tuple(found))


def _read(project: Project, module: Module) -> Settings:
    listed = module.values.get("MIDDLEWARE") or module.values.get("MIDDLEWARE_CLASSES")
    rest = module.values.get("REST_FRAMEWORK")
    permissions, authenticators = (
        _entry(rest, "DEFAULT_PERMISSION_CLASSES"),
        _entry(rest, "DEFAULT_AUTHENTICATION_CLASSES"),
    )
    throttles = _entry(rest, "DEFAULT_THROTTLE_CLASSES")
    limits: tuple[Guard, ...] = ()
    if throttles is not None and words_in(throttles):
        limits = (Guard("rate-limit", "middleware", "DEFAULT_THROTTLE_CLASSES", module.file.locate(throttles)),)
    return Settings(
        module.path,
        tuple(_standing(project, module, listed)),
        words_in(permissions),
        tuple(a.rsplit(".", 1)[-1] for a in words_in(authenticators))
        if authenticators is not None
        else Settings.authenticators,
        limits,
        module,
    )


def _entry(node: Node | None, key: str) -> Node | None:
    """The value under a key of a dictionary literal."""
    if node is None or node.type != "dictionary":
        return None
    for pair in node.named_children:
        if text_of(pair.child_by_field_name("key")).strip("'\"") == key:
            return pair.child_by_field_name("value")
    return None


def _standing(project: Project, module: Module, listed: Node | None) -> list[Guard]:
    if listed is None:
        return []
    at, found = module.file.locate(listed), list[Guard]()
    for name in words_in(listed):
        last = name.rsplit(".", 1)[-1]
        if last == "CsrfViewMiddleware":
            found.append(Guard("csrf", "middleware", last, at))
        elif last in ("LoginRequiredMiddleware", "LoginRequiredMiddlewareMixin"):
            found.append(Guard("authentication", "middleware", last, at))
        elif last == "RatelimitMiddleware":
            continue
        else:
            found += [g for g in _own(project, module, name) if g.kind != "validation"]
    return found


def _own(project: Project, module: Module, name: str) -> list[Guard]:
    """The guards in a middleware of the app itself. One that looks at the path guards some views only, unless it
    names those that are let through."""
    spec, _, last = name.rpartition(".")
    target = project.target(module, spec) if spec else None
    if target is None:
        return []
    above = lineage(project, target, last)
    at, found = (
        module.file.locate(module.values.get("MIDDLEWARE") or module.values["MIDDLEWARE_CLASSES"]),
        list[Guard](),
    )
    bodies = [above.method(m) for m in ("__call__", "process_request", "process_view")] if above else []
    if above is None and last in target.by_name:
        bodies = [(target, target.by_name[last])]
    for home, function in (b for b in bodies if b is not None):
        text = text_of(function.body)
        partial = re.search(r"\.path\b|path_info|resolve\(", text) and not re.search(
            r"\bnot\s+in\b|exempt|public|open|allow|login|skip|\bnot\s+\w*path", text, re.IGNORECASE
        )
        if not partial:
            found += [
                Guard(g.kind, "middleware", last, at) for g in guarding.in_function(project, home, function).guards
            ]
    return found
