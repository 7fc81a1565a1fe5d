"""vibeaudit advisories: the local database of known vulnerable and malicious packages."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click

from vibeaudit.advisories import VARIABLE

OLD_DAYS = 30
_DB = click.option(
    "--db", type=click.Path(path_type=Path), envvar=VARIABLE, help="Another place for the database.", show_envvar=True
)


@click.group()
def advisories() -> None:
    """Keep the local database of known vulnerable and malicious packages.

    An audit asks this database and nobody else. Without one it says that packages were not assessed.
    """


@advisories.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@_DB
@click.option("--quiet", "-q", is_flag=True, help="Say nothing.")
def import_(path: Path, db: Path | None, quiet: bool) -> None:
    """Add advisories from PATH: a bundle (.jsonl.gz), an OSV archive (all.zip), a folder or one OSV .json file."""
    from vibeaudit.advisories import default_path
    from vibeaudit.advisories.importing import import_from

    count = import_from(path, db or default_path())
    if not quiet:
        click.echo(f"read {count:,} advisories from {path.name}", err=True)
        _say(db)


@advisories.command()
@_DB
@click.option("--from", "base", metavar="URL", help="A mirror laid out like OSV's bucket: URL/ECOSYSTEM/all.zip.")
@click.option("--offline", is_flag=True, help="Refuse every connection but to this machine.")
@click.option("--quiet", "-q", is_flag=True, help="Say nothing.")
def update(db: Path | None, base: str | None, offline: bool, quiet: bool) -> None:
    """Download OSV's advisories for PyPI and npm and add them. Nothing about any project is sent."""
    from vibeaudit.advisories import default_path, download
    from vibeaudit.egress import Door, guarded

    door = Door(offline)
    with guarded(door):
        counts = download.update(db or default_path(), door, base or download.OSV)
    if not quiet:
        for ecosystem, count in counts.items():
            click.echo(f"read {count:,} advisories for {ecosystem}", err=True)
        _say(db)


@advisories.command()
@_DB
def status(db: Path | None) -> None:
    """Say what the database holds, where it came from and how old it is."""
    _say(db)


def _say(db: Path | None) -> None:
    from vibeaudit.advisories import status as state_of
    from vibeaudit.errors import TargetError

    state = state_of(db)
    if not state.count:
        raise TargetError(f"there is no advisory database at {state.path}", "run: vibeaudit advisories update")
    click.echo(f"{state.path}: {state.count:,} advisories, last import {state.imported}")
    newest = dict(state.newest)
    for ecosystem, count in state.counts:
        day = newest.get(ecosystem, "")
        click.echo(f"  {ecosystem:<6} {count:>9,}  up to {day or 'an unknown day'}{_age(day)}")
    for source in state.sources:
        dated = f", as of {source.as_of}" if source.as_of else ""
        click.echo(f"  from {source.name} ({source.licence}{dated})")
    for ecosystem, _ in state.counts:
        if (days := _days(newest.get(ecosystem, ""))) is None or days > OLD_DAYS:
            age = "of unknown age" if days is None else f"{days} days old"
            click.echo(f"warning: the {ecosystem} advisories are {age}; run: vibeaudit advisories update", err=True)


def _age(day: str) -> str:
    days = _days(day)
    return "" if days is None else f" ({days} days ago)"


def _days(day: str) -> int | None:
    try:
        return (datetime.now(UTC).date() - date.fromisoformat(day)).days
    except ValueError:
        return None
