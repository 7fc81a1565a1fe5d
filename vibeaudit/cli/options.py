"""Options that several commands share, and the Config that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from vibeaudit.config import Config
from vibeaudit.errors import UsageError
from vibeaudit.model import Severity

Command = TypeVar("Command", bound=Callable[..., Any])
SEVERITIES = click.Choice([s.label for s in reversed(Severity)])
LANGUAGES = click.Choice(["en", "fr"])


def examining(command: Command) -> Command:
    """The options of every command that examines an app."""
    for option in reversed(
        (
            click.option("--out", type=click.Path(path_type=Path), default=Path("vibeaudit-report"), show_default=True,
                         help="Where the report goes."),
            click.option("--llm", default="auto", show_default=True, metavar="off|auto|MODEL",
                         help="The local reviewer: auto uses a model only if one answers on loopback."),
            click.option("--diff", metavar="BASE", help="Only findings that are new since this commit or branch."),
            click.option("--baseline", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                         help="Leave out what this earlier findings.json already holds."),
            click.option("--fail-on", type=SEVERITIES, help="Exit 1 when a finding is at least this severe."),
            click.option("--strict", is_flag=True, help="Exit 3 when some check did not run in full."),
            click.option("--lang", type=LANGUAGES, default="en", show_default=True, help="The report's language."),
            click.option("--offline", is_flag=True, help="Refuse every connection, the clone's too."),
            click.option("--rules", "own_rules", multiple=True, type=click.Path(exists=True, path_type=Path),
                         help="Semgrep rules of your own: a file or a folder. Repeatable."),
            click.option("--exclude", multiple=True, metavar="GLOB", help="Paths to leave out, as in .gitignore."),
            click.option("--disable", multiple=True, metavar="RULE", help="A rule not to run. Repeatable."),
            click.option("--only", multiple=True, metavar="RULE", help="Run this rule alone. Repeatable."),
            click.option("--db", type=click.Path(exists=True, path_type=Path), help="Another advisory database."),
            click.option("--no-cache", is_flag=True, help="Work everything out anew."),
            click.option("--quiet", "-q", is_flag=True, help="No progress, no summary."),
        )
    ):  # fmt: skip
        command = option(command)
    return command


def config_from(words: dict[str, Any], **more: Any) -> Config:
    """The settings that the options say. Raises UsageError for a rule that does not exist."""
    from vibeaudit.rules import load

    unknown = [r for r in (*words["only"], *words["disable"]) if r not in load()]
    if unknown:
        raise UsageError(f"there is no rule {unknown[0]!r}", "vibeaudit rules lists them")
    fail_on = Severity[words["fail_on"].upper()] if words["fail_on"] else None
    return Config(
        llm=words["llm"],
        offline=words["offline"],
        lang=words["lang"],
        fail_on=fail_on,
        strict=words["strict"],
        diff=words["diff"],
        baseline=words["baseline"],
        rules=tuple(words["own_rules"]),
        exclude=tuple(words["exclude"]),
        disabled=tuple(words["disable"]),
        only=tuple(words["only"]),
        advisories=words["db"],
        cache=not words["no_cache"],
        **more,
    )
