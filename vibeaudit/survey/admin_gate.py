"""The middleware of a Next.js app that lets every signed-in person into the pages for administrators."""

from __future__ import annotations

import re

from vibeaudit.model import AppModel, Location, Snapshot
from vibeaudit.source.file import SourceFile
from vibeaudit.survey.sign_ins import without_comments

_FILES = re.compile(r"^(?:[\w-]+/){0,3}(?:middleware|proxy)\.[cm]?[jt]s$")
_GATE = re.compile(
    r"""startsWith\(\s*['"`]/admin|(?:path|pathname)\w*\s*===?\s*['"`]/admin|['"`]/admin(?:\(\.\*\)|/:path\*)?['"`]"""
)
_KNOWS = re.compile(
    r"(?i)getUser\(|getSession\(|getToken\(|\bauth\(|auth\.protect|withAuth|cookies\b|session|\btoken\b|jwt"
)
_SORTS = re.compile(
    r"(?i)\brole|is_?admin(?!_?(?:route|path|page|url|area|section))|\badmins?\b(?!['\"`/(:])\s*(?:[.=)\]]|includes)"
    r"|permission|claims|metadata|sessionClaims|ADMIN_\w+|basic |allow_?list|\bhas\("
)
_PAGES = re.compile(r"(?:^|/)(?:app|pages)/(?:[^/]+/)*admin/")
_ROLES = re.compile(
    r"(?i)\brole\b|\broles\b|is_?admin|require_?admin|check_?admin|assert_?admin|verify_?admin|ensure_?admin|permission"
)


def admin_gate(snapshot: Snapshot, app: AppModel) -> Location | None:
    """Where the middleware asks only whether somebody is signed in. None when it, a page for administrators that runs
    on the server, or a route of theirs asks for a role."""
    scripts = list(snapshot.of("javascript", "typescript", "tsx"))
    gate = next((f for f in scripts if _FILES.search(str(f.path))), None)
    pages = [f for f in scripts if _PAGES.search(str(f.path)) and "/api/" not in f"/{f.path}"]
    if gate is None or not pages or any(_asks_role(f) for f in pages):
        return None
    if any("admin" in r.path and r.has("authorization") for r in app.routes):
        return None
    text = without_comments(gate.text)
    return _line(gate) if _KNOWS.search(text) and not _SORTS.search(text) else None


def _asks_role(page: SourceFile) -> bool:
    return _ROLES.search(page.text) is not None and "use client" not in page.text[:400]


def _line(gate: SourceFile) -> Location | None:
    for number, line in enumerate(gate.lines, 1):
        if _GATE.search(line) and not line.lstrip().startswith("//"):
            return gate.whole_line(number)
    return None
