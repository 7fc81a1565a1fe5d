"""Writes docs/rule-list.md and docs/cli.md from the rules and the commands themselves: `make docs`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from vibeaudit.cli import cli
from vibeaudit.model import Rule
from vibeaudit.remedy.fixer import fixers
from vibeaudit.rules import load

HERE = Path(__file__).resolve().parent
_WIDTH = 100
_NOTE = "<!-- Written by docs/generate.py. Run `make docs` after a change. -->\n"


def pages() -> dict[str, str]:
    """The generated pages: file name -> text."""
    return {"rule-list.md": rule_list(), "cli.md": command_line()}


def rule_list() -> str:
    """Every rule, by pack."""
    rules = sorted(load(), key=lambda r: (r.pack, r.id))
    repaired = fixers()
    packs = [(pack, list(group)) for pack, group in groupby(rules, key=lambda r: r.pack)]
    lines = [_NOTE, "# All rules\n"]
    lines.append(f"{len(rules)} rules, {sum(r.id in repaired for r in rules)} of them with a fixer.")
    lines.append("`vibeaudit rules ID` prints one in full. How to write one: [rules.md](rules.md).\n")
    lines += ["| pack | rules | with a fixer |", "|---|--:|--:|"]
    for pack, group in packs:
        lines.append(f"| [{pack}](#{pack}) | {len(group)} | {sum(r.id in repaired for r in group)} |")
    for pack, group in packs:
        lines += [f"\n## {pack}\n", "| rule | what it says | severity | confidence | engines | CWE | maps to | fixer |"]
        lines.append("|---|---|---|---|---|---|---|---|")
        lines += [_row(rule, rule.id in repaired) for rule in group]
    return "\n".join(lines) + "\n"


def _row(rule: Rule, repaired: bool) -> str:
    cells = (
        f"`{rule.id}`",
        rule.title.en.replace("|", "\\|").replace("<", "&lt;"),
        rule.severity.label,
        rule.confidence.label,
        ", ".join(rule.matchers),
        ", ".join(map(str, rule.cwe)),
        ", ".join(rule.taxonomy),
        "yes" if repaired else "",
    )
    return f"| {' | '.join(cells)} |"


def command_line() -> str:
    """Each command's own help."""
    lines = [_NOTE, "# The command line\n"]
    lines.append("`vibeaudit COMMAND --help` prints the same. Settings and exit codes: [settings.md](settings.md).")
    for context in commands():
        help_text = context.command.get_help(context)
        lines += [f"\n## {context.command_path}\n", "```text", help_text.rstrip(), "```"]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[click.Context]:
    """The program and its commands, groups before what they hold."""
    yield from _below(
        click.Context(
            cli,
            info_name="vibeaudit",
            terminal_width=_WIDTH,
            max_content_width=_WIDTH,
            help_option_names=["-h", "--help"],
        )
    )


def _below(context: click.Context) -> Iterator[click.Context]:
    yield context
    group = context.command
    if isinstance(group, click.Group):
        for name in group.list_commands(context):
            if (command := group.get_command(context, name)) is not None:
                yield from _below(click.Context(command, info_name=name, parent=context))


def main() -> None:
    """Write the pages that changed."""
    for name, text in pages().items():
        path = HERE / name
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            click.echo(f"wrote docs/{name}")


if __name__ == "__main__":
    main()
