"""Components of React that run in the browser: whatever a page of the server hands them is sent along."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.code import Module
    from vibeaudit.survey.project import Project

_IN_BROWSER = re.compile(rb"\A\s*(?:(?://[^\n]*\n|/\*.*?\*/)\s*)*['\"]use client['\"]", re.DOTALL)
# what the framework's own server renders from a page, whatever library it imports
_SERVED = re.compile(r"(?:^|/)app/(?:.*/)?(?:page|layout|template|default)\.[cm]?[jt]sx?$")


def runs_in_browser(module: Module) -> bool:
    """Whether the file itself says so."""
    return _IN_BROWSER.match(module.file.data[:2000]) is not None


def is_server_page(module: Module) -> bool:
    """Whether the file is a page or layout that the server renders."""
    return _SERVED.search(module.path) is not None and not runs_in_browser(module)


def sent_to_browser(project: Project, module: Module, attribute: Node) -> bool:
    """`<UserList users={rows} />`, where the component runs in the browser and the page does not."""
    element = attribute.parent
    name = text_of(element.child_by_field_name("name")) if element is not None else ""
    entry = module.imports.get(name)
    target = project.target(module, entry.spec) if entry else None
    return target is not None and runs_in_browser(target) and not runs_in_browser(module)
