"""The local advisory database: what is known about published packages, held on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from vibeaudit.model import Severity

VARIABLE = "VIBEAUDIT_ADVISORIES"
ECOSYSTEMS = ("PyPI", "npm")


@dataclass(frozen=True, slots=True)
class Range:
    """Affected from `introduced` ("0": from the first; `after`: but not that one itself) up to before `fixed`,
    or up to and with `last_affected`; without either, every later version."""

    introduced: str
    fixed: str = ""
    last_affected: str = ""
    after: bool = False


@dataclass(frozen=True, slots=True)
class Advisory:
    """One advisory about one package. `incomplete`: its ranges may lack some affected versions.
    `malware`: the release itself is hostile."""

    ecosystem: str
    package: str
    id: str
    aliases: tuple[str, ...] = ()
    severity: Severity | None = None
    score: float | None = None
    vector: str = ""
    summary: str = ""
    published: str = ""
    modified: str = ""
    ranges: tuple[Range, ...] = ()
    versions: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    incomplete: bool = False
    withdrawn: bool = False
    malware: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset((self.id, *self.aliases))


@dataclass(frozen=True, slots=True)
class Source:
    """Where advisories came from, under which licence, and of which day they are."""

    id: str
    name: str
    licence: str
    as_of: str = ""  # YYYY-MM-DD
    revision: str = ""


def default_path() -> Path:
    """The user's own database: `VIBEAUDIT_ADVISORIES`, else below the user's data folder."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    import platformdirs

    return Path(platformdirs.user_data_dir("vibeaudit", appauthor=False)) / "advisories.sqlite3"


@dataclass(frozen=True, slots=True)
class State:
    """What the local database holds. `count` is 0 when there is none."""

    path: Path
    count: int = 0
    counts: tuple[tuple[str, int], ...] = ()  # by ecosystem
    newest: tuple[tuple[str, str], ...] = ()  # by ecosystem: the day of the latest advisory, YYYY-MM-DD
    sources: tuple[Source, ...] = ()
    imported: str = ""


def status(path: Path | None = None) -> State:
    """The state of the database at `path`, or of the user's own. Raises TargetError for a broken one."""
    from vibeaudit.advisories.database import Database

    path = path or default_path()
    if not path.exists():
        return State(path)
    with Database(path) as database:
        counts = database.counts()
        return State(
            path,
            sum(counts.values()),
            tuple(counts.items()),
            tuple(database.newest().items()),
            database.sources(),
            database.imported(),
        )
