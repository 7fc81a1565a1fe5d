"""The API table of a folder, in a form that tests can compare."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from vibeaudit.model import AppModel, Snapshot
from vibeaudit.source import SourceFile
from vibeaudit.survey import survey

SAMPLES = Path(__file__).parent.parent / "fixtures" / "route-without-authentication"


def app_of(root: Path) -> AppModel:
    """The app model of a folder."""
    files = tuple(
        SourceFile(PurePosixPath(p.relative_to(root).as_posix()), data=p.read_bytes())
        for p in sorted(root.rglob("*"))
        if p.is_file() and ".fixed." not in p.name
    )
    return survey(Snapshot(root, "test", "test", None, files, by_path={str(f.path): f for f in files}))


def table(root: Path) -> dict[str, str]:
    """Each route by name, with the kinds of its guards."""
    return {r.name: " ".join(sorted({g.kind for g in r.guards})) for r in app_of(root).routes}


def taken(root: Path) -> dict[str, set[tuple[str, str]]]:
    """Each route by name, with (source, name) of what it takes from its caller."""
    return {r.name: {(p.source, p.name) for p in r.parameters} for r in app_of(root).routes}
