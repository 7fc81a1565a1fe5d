"""Apps whose pages open accounts with a service themselves: there, nothing but the page and the service's own least
length (six, at Supabase and Firebase) asks anything of a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey import javascript
from vibeaudit.survey.accounts.lengths import AT_LEAST, ENOUGH, STRONG
from vibeaudit.survey.accounts.scenes import node_in
from vibeaudit.survey.code import Module, text_of

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(rb"(?i)passw\w*(?:\.trim\(\))?\.length\s*[<>]")
_OPENS = re.compile(rb"\.auth\.signUp\(|\bcreateUserWithEmailAndPassword\(")
_OPENS_HERE = re.compile(r"(?i)sign_?up|register|createUser|updatePassword|updateUser")
_OWN_SERVER = re.compile(rb"\b(?:bcrypt|argon2|scrypt|password_hash)\b")


def short_in_page(project: Project, module: Module) -> Iterator[tuple[str, Node]]:
    """Where the first of the pages takes fewer characters than enough, and no server of the app is asked."""
    if module.file.tree is None or not _opens_accounts(project):
        return
    root = module.file.tree.root_node
    text = text_of(root)
    if STRONG.search(text) or not _OPENS_HERE.search(text):
        return
    found = [(int(m["n"]), m.start("n")) for m in AT_LEAST[0].finditer(text)]
    if not found or not 1 < max(found)[0] < ENOUGH:
        return
    if project.memory.setdefault(("browser passwords", "told"), module.path) == module.path:
        yield "takes a short password", node_in(root, text, min(at for n, at in found if n == max(found)[0]))


def _opens_accounts(project: Project) -> bool:
    pages = (*javascript.LANGUAGES, "vue", "svelte", "html")
    return project.says(_OPENS, *pages) and not project.says(_OWN_SERVER, *pages)
