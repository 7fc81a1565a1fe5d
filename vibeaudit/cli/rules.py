"""vibeaudit rules: what is looked for."""

from __future__ import annotations

import click

from vibeaudit.cli.options import LANGUAGES


@click.command()
@click.argument("rule_id", required=False)
@click.option("--lang", type=LANGUAGES, default="en", show_default=True)
def rules(rule_id: str | None, lang: str) -> None:
    """List all rules, or explain the one named RULE_ID."""
    from vibeaudit.errors import UsageError
    from vibeaudit.rules import load

    book = load()
    if rule_id is None:
        width = max(len(r.id) for r in book)
        for rule in sorted(book, key=lambda r: (r.pack, r.id)):
            click.echo(f"{rule.id:<{width}}  {rule.severity.label:<8}  {rule.pack:<12}  {rule.title.to(lang)}")
        return
    if rule_id not in book:
        raise UsageError(f"there is no rule {rule_id!r}", "vibeaudit rules lists them")
    rule = book[rule_id]
    click.echo(f"{rule.id} ({rule.pack}; {rule.severity.label}, {rule.confidence.label} confidence)")
    click.echo(f"\n{rule.title.to(lang)}\n\n{rule.risk.to(lang)}\n\n{rule.remedy.to(lang)}\n")
    click.echo(f"engine  {', '.join(rule.matchers)}")
    click.echo(f"weakness  {', '.join(f'CWE-{n}' for n in rule.cwe)}")
    click.echo(f"maps to  {', '.join(rule.taxonomy)}")
    for url in rule.references:
        click.echo(f"see  {url}")
