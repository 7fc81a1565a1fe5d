"""Links that are mailed to somebody and lead to whatever host the request named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.scenes import bare_text, home
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

_HOST = {
    "javascript": re.compile(
        r"\b(?:req|request|ctx|c)\.(?:req\.)?(?:get|header)\(\s*['\"](?:x-forwarded-)?host['\"]\s*\)"
        r"|\b(?:req|request|ctx)\.(?:hostname|host|origin)\b"
        r"|\bheaders(?:\(\))?\??\.(?:host|origin)\b|\bheaders(?:\(\))?\??\[\s*['\"](?:x-forwarded-host|host|origin)['\"]\s*\]"
        r"|\bheaders(?:\(\))?\)?\.get\(\s*['\"](?:x-forwarded-host|host|origin)['\"]\s*\)",
        re.IGNORECASE,
    ),
    "python": re.compile(
        r"\brequest\.(?:host_url|url_root|host|base_url|get_host\(\)|build_absolute_uri\()"
        r"|\bget_current_site\(\s*(?:self\.)?request\s*\)"
        r"|\brequest\.headers(?:\.get\(|\[)\s*['\"](?:X-Forwarded-)?Host['\"]"
        r"|\brequest\.META(?:\.get\(|\[)\s*['\"]HTTP_(?:X_FORWARDED_)?HOST['\"]",
        re.IGNORECASE,
    ),
}
HINT = re.compile(rb"(?i)['\"]host['\"]|\.host\b|hostname|host_url|url_root|base_url|get_host|absolute_uri|\borigin\b")
_ABSOLUTE = re.compile(r"://|protocol|scheme|host_url|url_root|base_url|absolute_uri|origin", re.IGNORECASE)
_MAILS = re.compile(
    r"(?i)(?:^|[._])(?:e?mail\w*|send_?\w*mail\w*|\w*mailer|transport\w*)(?:$|\.)|(?:^|\.)\w*(?:mail|Mail)$|\.emails\.send$"
    r"|EmailMessage|EmailMultiAlternatives|^Message$"
)
# the list of hosts that the app answers for decides
_CHECKED = re.compile(r"ALLOWED_?(?:HOSTS?|ORIGINS?)|allowed_?(?:hosts?|origins?)|trusted_?hosts?", re.IGNORECASE)
_MAX_STEPS = 4


def mailed_links(project: Project, module: Module) -> Iterator[Node]:
    """The expressions that build an address of the host that the caller named, in functions that mail it."""
    for assign in module.assigns:
        said = text_of(assign.value)
        if len(said) < 2_000 and _names_host(module, said) and not _function(assign.value):
            scene = home(module, assign.node)
            if scene is not None and _mailed(project, module, scene, assign.targets, assign.node.end_byte):
                yield assign.value
    for call in module.calls:
        if not _MAILS.search(call.name):
            continue
        for argument in call.args:
            if (
                _names_host(module, text_of(argument))
                and not _function(argument)
                and not _within_mail(module, call.node)
            ):
                yield argument


def _names_host(module: Module, said: str) -> bool:
    found = _HOST[module.kind].search(said)
    return found is not None and _ABSOLUTE.search(said) is not None and not _CHECKED.search(said)


def _function(node: Node) -> bool:
    return node.type in ("arrow_function", "function_expression", "lambda", "class")


def _within_mail(module: Module, node: Node) -> bool:
    """Whether the call stands in another mail's arguments, which is told already."""
    up = node.parent
    while up is not None:
        if up.type in ("call_expression", "call") and (call := module.call_at(up)) and _MAILS.search(call.name):
            return True
        up = up.parent
    return False


def _mailed(project: Project, module: Module, scene: Node, names: tuple[str, ...], after: int) -> bool:
    """Whether the name, or what is made of it, is handed to a call that mails."""
    if _CHECKED.search(bare_text(project, module, scene)):
        return False
    known = {n for n in names if n.isidentifier()}
    for _ in range(_MAX_STEPS):
        more = {
            t
            for a in module.assigns_in(scene)
            if a.node.start_byte >= after and not _function(a.value) and _speaks_of(text_of(a.value), known)
            for t in a.targets
            if t.isidentifier()
        }
        if more <= known:
            break
        known |= more
    return any(
        _MAILS.search(c.name) and any(_speaks_of(text_of(a), known) for a in (*c.args, *c.keywords.values()))
        for c in module.calls_in(scene)
        if c.node.start_byte >= after
    )


def _speaks_of(said: str, names: set[str]) -> bool:
    return bool(names & set(re.findall(r"[A-Za-z_$][\w$]*", said[:4_000])))
