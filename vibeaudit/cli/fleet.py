"""vibeaudit fleet: the same audit over a list of targets."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from vibeaudit.cli.options import config_from, examining
from vibeaudit.cli.run import FOUND, finish, perform, target_shown
from vibeaudit.errors import UsageError, VibeauditError


@click.command()
@click.argument("targets", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="LIST")
@examining
def fleet(targets: Path, out: Path, quiet: bool, **words: Any) -> None:
    """Audit each target in LIST (one a line; # starts a comment), each into a folder of its own below OUT."""
    config = config_from(words)
    lines = [line.split("#", 1)[0].strip() for line in targets.read_text("utf-8").splitlines()]
    wanted = [line for line in lines if line]
    if not wanted:
        raise UsageError(f"{targets} names no target", "one target a line")
    worst = 0
    for number, target in enumerate(wanted, 1):
        place = out / f"{number:03d}-{_slug(target)}"
        try:
            code = finish(perform(target, config, place, quiet=quiet), config, place, quiet=True)
            click.echo(f"{['done', 'found', '', 'incomplete'][code]:<11} {target_shown(target)}  {place}")
        except VibeauditError as error:
            code = error.exit_code
            click.echo(f"{'failed':<11} {target_shown(target)}  {error.message}")
        worst = code if code == 2 or worst == 2 else max(worst, code) if FOUND not in (worst, code) else FOUND
    raise click.exceptions.Exit(2 if worst == 2 else worst)


def _slug(target: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", target_shown(target).rstrip("/").rsplit("/", 1)[-1]).strip("-.") or "app"
