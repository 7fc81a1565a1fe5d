"""vibeaudit report: show an audit again, in another form or language."""

from __future__ import annotations

from pathlib import Path

import click

from vibeaudit.cli.options import LANGUAGES

FORMATS = ("terminal", "html", "md", "json", "sarif", "cyclonedx", "github", "summary")


@click.command()
@click.argument("report_dir", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="terminal", show_default=True)
@click.option("--lang", type=LANGUAGES, default="en", show_default=True)
def report(report_dir: Path, form: str, lang: str) -> None:
    """Print the report in REPORT_DIR once more, without auditing again."""
    from vibeaudit.reports import load, render

    click.echo(render(load(report_dir), form, lang), nl=False)
