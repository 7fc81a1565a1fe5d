"""vibeaudit fix: audit, prove patches, and apply the safe ones where asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from vibeaudit.cli.options import config_from, examining
from vibeaudit.cli.run import finish, perform


@click.command()
@click.argument("target")
@examining
@click.option("--run-tests", is_flag=True, help="Run the app's own tests in a sandbox, before and after.")
@click.option("--branch", metavar="NAME", help="Commit the verified patches, one a root cause, on a new branch.")
@click.option("--unsafe", is_flag=True, help="With --branch: also the patches that may change behaviour.")
def fix(target: str, out: Path, quiet: bool, branch: str | None, unsafe: bool, **words: Any) -> None:
    """Audit TARGET and write verified patches to OUT/patches/.

    With --branch, TARGET must be a local git checkout; its working tree is not touched.
    """
    config = config_from(words, fix=True, run_tests=words["run_tests"])
    report = perform(target, config, out, quiet=quiet)
    if branch:
        from vibeaudit.deliver.commits import commit_patches

        made, failed = commit_patches(Path(target), report, branch, unsafe=unsafe)
        click.echo(f"{len(made)} commits on {branch}", err=True)
        for lost in failed:
            click.echo(f"not committed: {lost.patch.id}: {lost.reason}", err=True)
    raise click.exceptions.Exit(finish(report, config, out, quiet=quiet))
