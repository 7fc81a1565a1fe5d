"""What handlers of scripts put into the session that nobody should find there: a typed password, a whole account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.scenes import bare_text, home
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"\bflash\(|\bsession\b")
PASSWORD_KEPT, ACCOUNT_KEPT = "keeps a typed password in the session", "keeps a whole account in the session"
_PASSWORD = re.compile(r"(?:\w*_)?(?:password|passwd|pwd)|(?:confirm|new|old|current)_?[pP]assword", re.IGNORECASE)
_TYPED = re.compile(r"(?:\w+\.)*(?:password\w*|passwd|pwd|\w+Password)", re.ASCII)
_SESSION = re.compile(r"(?:req|request|ctx)\.session\.\w+")
_READS = re.compile(r"\.(?:findOne|findById|findByPk|findUnique|findFirst|findOneBy)\(")
_NARROWED = re.compile(
    r"\.select\(|\.lean\(|\bselect\s*:|\bomit\s*:|\battributes\s*:|\bprojection\s*:|toJSON\(|toObject\("
)
_CHECKS_PASSWORD = re.compile(
    r"\.(?:compare|compareSync|verify)\([^;\n]*passw|\b\w*(?:check|verify|compare|valid)\w*[pP]assword\w*\(",
    re.IGNORECASE,
)
_IN_COOKIE = re.compile(rb"cookie-session|iron-session|client-sessions")


def kept_in_session(project: Project, module: Module) -> Iterator[tuple[str, Node]]:
    """The first of each kind in a handler."""
    told: set[tuple[str, int]] = set()
    for kind, node in sorted((*_flashed(module), *_whole(project, module)), key=lambda f: f[1].start_byte):
        scene = home(module, node)
        at = (kind, scene.start_byte if scene is not None else -1)
        if at not in told:
            told.add(at)
            yield kind, node


def _flashed(module: Module) -> Iterator[tuple[str, Node]]:
    """`req.flash("password", password)`: what connect-flash is given lies in the session."""
    for call in module.calls:
        if call.last != "flash" or len(call.args) < 2 or call.name not in ("req.flash", "request.flash", "ctx.flash"):
            continue
        if _PASSWORD.fullmatch(javascript.string_of(call.args[0])) and _TYPED.fullmatch(text_of(call.args[1])):
            yield PASSWORD_KEPT, call.node


def _whole(project: Project, module: Module) -> Iterator[tuple[str, Node]]:
    """`req.session.user = user`, where the row was read with its password to compare it."""
    if _IN_COOKIE.search(module.file.data):
        return
    for assign in module.assigns:
        target = assign.targets[0] if len(assign.targets) == 1 else ""
        if assign.value.type != "identifier" or not _SESSION.fullmatch(target):
            continue
        scene = home(module, assign.node)
        text = bare_text(project, module, scene) if scene is not None else ""
        name = text_of(assign.value)
        if not _CHECKS_PASSWORD.search(text) or re.search(rf"\bdelete {name}\.|\b{name}\.\w+\s*=\s*undefined", text):
            continue
        if scene is not None and _is_row(module, scene, assign.node, name):
            yield ACCOUNT_KEPT, assign.node


def _is_row(module: Module, scene: Node, place: Node, name: str) -> bool:
    """Whether a name is the row of a query: awaited, or handed to the callback around the place."""
    given = [a for a in module.assigns_in(scene) if a.targets == (name,) and a.node.start_byte < place.start_byte]
    if given:
        said = text_of(given[-1].value)[:600]
        return _READS.search(said) is not None and not _NARROWED.search(said)
    up = place.parent
    while up is not None and up.start_byte >= scene.start_byte:
        function = module.function_at(up) if up.type in ("arrow_function", "function_expression") else None
        if function is not None and any(p.name == name for p in function.params):
            outer = up.parent.parent if up.parent is not None else None
            said = text_of(outer)[: up.start_byte - outer.start_byte] if outer is not None else ""
            return _READS.search(said) is not None and not _NARROWED.search(said)
        up = up.parent
    return False
