"""Fastify's autoload: hooks of a folder's `autohooks` file stand before the routes of the folder and those below."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from vibeaudit.model import Guard
from vibeaudit.survey import guards as guarding

if TYPE_CHECKING:
    from vibeaudit.survey.code import Module
    from vibeaudit.survey.project import Project

_SUFFIXES = (".ts", ".js", ".mjs", ".cjs")
_BEFORE = ("onRequest", "preHandler", "preValidation", "preParsing")


def of_folders(project: Project, module: Module) -> tuple[Guard, ...]:
    """The guards of the autohooks around a module; none when no folder has such a file."""
    found: list[Guard] = []
    for folder in PurePosixPath(module.path).parents:
        for suffix in _SUFFIXES:
            path = str(folder / f"autohooks{suffix}")
            hooks = project.module(path) if path in project.snapshot.by_path else None
            if hooks is None or path == module.path:
                continue
            for call in hooks.calls:
                if (
                    call.last == "addHook"
                    and len(call.args) > 1
                    and any(n in _name(call.args[0].text) for n in _BEFORE)
                ):
                    found += guarding.of_expression(project, hooks, call.args[1], "middleware")
    return tuple(found)


def _name(text: bytes | None) -> str:
    return (text or b"").decode("utf-8", "replace")
