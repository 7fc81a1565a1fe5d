"""A Report as files and text: HTML, Markdown, JSON, SARIF, CycloneDX, terminal; in English and French.

Imports of what renders are lazy, so that the command line starts fast.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from vibeaudit.errors import UsageError
from vibeaudit.model import Report

FORMATS = ("html", "md", "json", "sarif", "cyclonedx", "terminal", "github", "summary")
LANGUAGES = ("en", "fr")

__all__ = ["FORMATS", "LANGUAGES", "load", "render", "write"]


def write(report: Report, out: Path, lang: str = "en") -> tuple[Path, ...]:
    """Write the report folder: findings.json, findings.sarif, report.html, report.md, ledger.json,
    sbom.cdx.json and patches/*.patch (proven ones; advice goes to patches/unverified/). Raises UsageError."""
    from vibeaudit.reports import fixes
    from vibeaudit.reports.document import findings_document, ledger_json
    from vibeaudit.reports.folder import patch_file, write_all
    from vibeaudit.reports.json_text import pieces

    files: dict[str, Callable[[], Iterable[bytes]]] = {
        "findings.json": lambda: (piece.encode() for piece in pieces(findings_document(report))),
        **{name: partial(_rendered, report, form, lang) for name, form in _FILES.items()},
        "ledger.json": lambda: (ledger_json(report).encode(),),
    }
    for patch in report.patches:
        if name := fixes.file_of(patch):
            files[name] = partial(lambda patch: (patch_file(patch, lang),), patch)
    return write_all(out, files)


def render(report: Report, format: str, lang: str = "en") -> str:
    """The report in one of FORMATS. Raises UsageError for another."""
    if lang not in LANGUAGES:
        raise UsageError(f"no reports in {lang!r}", f"languages: {', '.join(LANGUAGES)}")
    match format:
        case "html":
            from vibeaudit.reports.html import render as made
        case "md":
            from vibeaudit.reports.markdown import render as made
        case "sarif":
            from vibeaudit.reports.sarif import render as made
        case "terminal":
            from vibeaudit.reports.terminal import render as made
        case "github":
            from vibeaudit.reports.github import commands as made
        case "summary":
            from vibeaudit.reports.github import summary as made
        case "json":
            from vibeaudit.reports.document import findings_json

            return findings_json(report)
        case "cyclonedx":
            from vibeaudit.reports import cyclonedx

            return cyclonedx.render(report)
        case _:
            raise UsageError(f"no format called {format!r}", f"formats: {', '.join(FORMATS)}")
    return made(report, lang)


def load(folder: Path) -> Report:
    """The report that `write` put into `folder`, without the audited code. Raises UsageError."""
    from vibeaudit.reports.restore import load as restored

    return restored(folder)


def _rendered(report: Report, form: str, lang: str) -> tuple[bytes]:
    return (render(report, form, lang).encode(),)


_FILES = {
    "findings.sarif": "sarif",
    "report.html": "html",
    "report.md": "md",
    "sbom.cdx.json": "cyclonedx",
}
