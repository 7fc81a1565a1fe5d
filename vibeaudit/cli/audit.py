"""vibeaudit audit: examine, report, and with --fix repair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vibeaudit.cli.options import config_from, examining
from vibeaudit.cli.run import finish, perform


@click.command()
@click.argument("target")
@examining
@click.option("--fix", is_flag=True, help="Write verified patches to OUT/patches/.")
@click.option("--run-tests", is_flag=True, help="With --fix: run the app's own tests in a sandbox, before and after.")
@click.option("--pr", is_flag=True, help="With --fix: push a branch and open pull requests.")
def audit(target: str, out: Path, quiet: bool, pr: bool, **words: Any) -> None:
    """Audit TARGET: a folder, a git URL, owner/name, or an archive.

    \b
    Exit codes: 0 nothing at or above --fail-on; 1 findings at or above it; 2 we could not do what was asked;
    3 the audit is incomplete and --strict was given.
    """
    config = config_from(words, fix=words["fix"] or pr, run_tests=words["run_tests"])
    report = perform(target, config, out, quiet=quiet)
    if pr:
        from vibeaudit.cli.pr import publish

        publish(out, quiet=quiet)
    raise click.exceptions.Exit(finish(report, config, out, quiet=quiet))
