"""A migration that turns row-level security on, with policies for the row's owner where a column names one."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.migration import migration, table_name
from vibeaudit.remedy.row_owner import owner_condition, owner_policies, server_policy

RULES = ("row-level-security-without-policy", "table-without-row-level-security")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Row-level security where it is off; policies where there are none."""
    return _written_down(finding, bench) if finding.rule_id == RULES[0] else _turned_on(finding, bench)


def _written_down(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Without a policy only the server gets in: a policy that says just that changes nothing, and tells the next
    reader that it is meant."""
    table = next((t for t in bench.app.tables if t.name == dict(finding.facts).get("table") and t.rls), None)
    if table is None:
        return Refusal("the table is not defined in a migration of this repository")
    if owner_condition(bench, table):
        return Refusal("its rows belong to people: whether they may read or change them is for a person to decide")
    edit = migration(bench, table.location, f"close table {table.name}", server_policy(table))
    if edit is None:
        return Refusal("migrations are listed in a journal here: make one with the project's own tool")
    return Proposal(
        Text(f"Write down that only the server uses {table.name}", f"Écrire que seul le serveur utilise {table.name}"),
        (edit,),
        Safety.SAFE,
    )


def _turned_on(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """A table of its own migration; columns that decide rights stay read-only for people."""
    facts = dict(finding.facts)
    table = next((t for t in bench.app.tables if t.name == facts.get("table") and t.rls is False), None)
    if table is None:
        return Refusal("the table is not defined in a migration of this repository")
    condition = owner_condition(bench, table)
    sql = [f"alter table {table_name(table.name)} enable row level security;"]
    known = any(p.table == table.name for p in bench.app.policies)
    if condition and not known:
        read_only = ("select",) if facts.get("column") else ("select", "insert", "update", "delete")
        sql += owner_policies(table, condition, read_only)
    elif not known:
        sql += server_policy(table)
    edit = migration(bench, table.location, f"close table {table.name}", sql)
    if edit is None:
        return Refusal("migrations are listed in a journal here: make one with the project's own tool")
    return Proposal(
        Text(f"Turn on row-level security for {table.name}", f"Activer la sécurité par ligne sur {table.name}"),
        (edit,),
        Safety.UNSAFE,
        _check(table.name, bool(condition), known=known, rights=facts.get("column", "")),
    )


def _check(name: str, owned: bool, *, known: bool, rights: str) -> Text:
    if known:
        return Text(
            f"The policies that {name} has already come into force: read each as if it were new.",
            f"Les règles que {name} possède déjà prennent effet : relire chacune comme si elle était nouvelle.",
        )
    if not owned:
        return Text(
            f"No column says whose row it is, so nobody but the server reads {name} until somebody writes policies: "
            "do that in the same migration if a page shows this table.",
            f"Aucune colonne ne dit à qui est la ligne : personne sauf le serveur ne lit {name} avant que des règles "
            "soient écrites, à faire dans la même migration si une page affiche cette table.",
        )
    if rights:
        return Text(
            f"People only read their own row of {name}, because {rights} decides what they may do: write through the "
            "server.",
            f"Chacun lit seulement sa ligne de {name}, car {rights} décide de ses droits : écrire par le serveur.",
        )
    return Text(
        f"From now on people see and change only their own rows of {name}. Pages that show rows of others (teams, "
        "public lists, an administrator) need a policy of their own.",
        f"Chacun ne voit et ne modifie plus que ses lignes de {name}. Les pages qui montrent celles des autres "
        "(équipes, listes publiques, administration) demandent une règle à elles.",
    )
