"""Pages that a server renders: what their address says is handed to them as a parameter."""

from __future__ import annotations

import re

from vibeaudit.flow.form import Do, Function, Literal, Module

_APP = re.compile(r"(?:^|/)app/(?:.*/)?(?:page|layout|template|default|opengraph-image)\.[cm]?[jt]sx?$")
_PAGES = re.compile(r"(?:^|/)pages/(?!api/)(?:.*/)?[^/]+\.[cm]?[jt]sx?$")
_OF_APP = frozenset(("generateMetadata", "generateViewport"))
_OF_PAGES = frozenset(("getServerSideProps", "getInitialProps"))
_WORDS = frozenset({"plain-text"})
IN_APP = {"params": _WORDS, "searchParams": frozenset[str]()}
IN_PAGES = {"params": _WORDS, "query": frozenset[str]()}


def from_address(module: Module, function: Function) -> dict[str, frozenset[str]]:
    """The fields of a function's first parameter that a page's address fills, with what is known of each; none for
    what runs in the browser, where the address is the visitor's own."""
    name = function.key
    if not name or "." in name:
        return {}
    if _APP.search(module.path) and not _in_browser(module):
        return IN_APP if name in _OF_APP or module.exports.get("default", "default") == name else {}
    return IN_PAGES if _PAGES.search(module.path) and name in _OF_PAGES else {}


def _in_browser(module: Module) -> bool:
    first = next(iter(module.functions[""].body), None)
    return isinstance(first, Do) and isinstance(first.value, Literal) and first.value.text == "use client"
