"""vibeaudit pr: proven patches become pull requests."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import click

from vibeaudit.cli.options import LANGUAGES


@click.command()
@click.argument("report_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--remote", metavar="URL", help="Where to push; by default where the audited code came from.")
@click.option("--repo", metavar="OWNER/NAME", help="The repository on GitHub; by default from the remote's address.")
@click.option("--unsafe", is_flag=True, help="Also patches that may change behaviour, as drafts.")
@click.option("--lang", type=LANGUAGES, default="en", show_default=True)
@click.option("--dry-run", is_flag=True, help="Show what would be pushed and opened; connect to nothing.")
@click.option("--quiet", "-q", is_flag=True)
def pr(
    report_dir: Path, remote: str | None, repo: str | None, unsafe: bool, lang: str, dry_run: bool, quiet: bool
) -> None:
    """Push a branch for each verified patch in REPORT_DIR and open a pull request on GitHub.

    Running it again updates what it opened and never opens twice. The token comes from GITHUB_TOKEN.
    """
    publish(report_dir, remote=remote, repo=repo, unsafe=unsafe, lang=lang, dry_run=dry_run, quiet=quiet)


def publish(
    report_dir: Path,
    *,
    remote: str | None = None,
    repo: str | None = None,
    unsafe: bool = False,
    lang: str = "en",
    dry_run: bool = False,
    quiet: bool = False,
) -> None:
    """What the command does. Raises VibeauditError when something is missing or refused."""
    from vibeaudit import egress
    from vibeaudit.acquire.clone import fetch
    from vibeaudit.acquire.target import Kind, read_target
    from vibeaudit.config import Config
    from vibeaudit.deliver import deliverable
    from vibeaudit.deliver.body import title
    from vibeaudit.deliver.forge import github, token
    from vibeaudit.deliver.github import open_pull_requests
    from vibeaudit.deliver.push import push
    from vibeaudit.deliver.series import commit_each
    from vibeaudit.errors import UsageError
    from vibeaudit.reports import load

    report = load(report_dir)
    patches = deliverable(report, unsafe=unsafe)
    if not patches:
        raise UsageError("no verified patch is ready to be sent", "audit with --fix; --unsafe takes more")
    if dry_run:
        for patch in patches:
            click.echo(f"vibeaudit/{patch.id}: {title(patch, lang)}")
        return
    origin = read_target(remote or report.snapshot.origin)
    if origin.kind is not Kind.GIT:
        raise UsageError("the audited code did not come from a git address", "give --remote URL")
    forge = (
        replace(github(origin.shown), repo=repo)
        if repo and origin.host
        else github(f"https://github.com/{repo}" if repo else origin.shown)
    )
    secret = token()
    door = egress.Door()
    with egress.guarded(door), tempfile.TemporaryDirectory(prefix="vibeaudit-pr-") as room:
        git_dir = Path(room) / "clone.git"
        with door.permit(origin.host or "localhost", "push"):
            fetch(origin, Config(), git_dir)
            base = report.snapshot.commit or "HEAD"
            made, failed = commit_each(git_dir, base, patches, stacked=False)
            pushed = push(git_dir, origin, made)
        with door.permit(forge.host, "pull requests"):
            opened = open_pull_requests(forge, secret, pushed, report, lang)
    for each in opened:
        click.echo(f"{each.state:<9}  {each.url or each.branch}")
    for lost in failed:
        if not quiet:
            click.echo(f"no longer applies: {lost.patch.id}: {lost.reason}", err=True)
