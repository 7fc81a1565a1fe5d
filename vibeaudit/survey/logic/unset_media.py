"""Uploads that Django serves out of a folder that no setting names: it is the one that the app was started in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"settings\.MEDIA_ROOT")
_NAMED = re.compile(rb"\bMEDIA_ROOT['\"]?\s*[:=]|[\"']MEDIA_ROOT[\"']|import \*|django_heroku")
_SETTINGS = re.compile(rb"\bROOT_URLCONF\s*=")
_STORED_ELSEWHERE = re.compile(rb"(?m)^[ \t]*(?:DEFAULT_FILE_STORAGE|STORAGES)\s*=")
_SET = re.compile(rb"(?m)^[ \t]*MEDIA_ROOT\s*=")
_DEBUG = re.compile(rb"(?m)^[ \t]*DEBUG\s*=\s*True\b")


def unset_media(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """`static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)`, which only acts while DEBUG is on, and views
    that always serve. Nothing where a settings file takes others in whose text we cannot see."""
    unset, debug = project.once("unset media", lambda: _unset(project))
    if not unset:
        return
    for call in module.calls:
        given = " ".join(text_of(a) for a in (*call.args, *call.keywords.values()))
        if "settings.MEDIA_ROOT" not in given:
            continue
        if (call.last == "static" and debug) or (call.last in ("re_path", "path", "url") and "serve" in given):
            yield "serves the folder that it runs in", call.node, "MEDIA_ROOT"


def _unset(project: Project) -> tuple[bool, bool]:
    """Whether the settings are there and leave the folder unset, and whether they turn debugging on."""
    settings = [f for f in project.snapshot.of("python") if f.holds(_SETTINGS)]
    if not settings or any(f.holds(_NAMED) or f.holds(_STORED_ELSEWHERE) for f in settings):
        return False, False
    if any(f.holds(_SET) for f in project.snapshot.of("python")):
        return False, False
    return True, any(f.holds(_DEBUG) for f in settings)
