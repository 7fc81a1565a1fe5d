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
_DEBUG = re.compile(rb"(?m)^[ \t]*DEBUG\s*=\s*True\b")


def unset_media(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """`static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT)`, which only acts while DEBUG is on, and views
    that always serve. Nothing where a settings file takes others in whose text we cannot see."""
    settings = [f for f in project.snapshot.of("python") if _SETTINGS.search(f.data)]
    if not settings or any(_NAMED.search(f.data) or _STORED_ELSEWHERE.search(f.data) for f in settings):
        return
    if any(re.search(rb"(?m)^[ \t]*MEDIA_ROOT\s*=", f.data) for f in project.snapshot.of("python")):
        return
    debug = any(_DEBUG.search(f.data) for f in settings)
    for call in module.calls:
        given = " ".join(text_of(a) for a in (*call.args, *call.keywords.values()))
        if "settings.MEDIA_ROOT" not in given:
            continue
        if (call.last == "static" and debug) or (call.last in ("re_path", "path", "url") and "serve" in given):
            yield "serves the folder that it runs in", call.node, "MEDIA_ROOT"
