"""A migration that puts an owner's policy in the place of one that lets too many people in."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Policy, Safety, Table, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.migration import migration, quoted_name, statement_at, table_name
from vibeaudit.remedy.row_owner import owner_condition, owner_policies
from vibeaudit.survey.sql import Statement

RULES = (
    "policy-for-any-signed-in-user",
    "policy-lets-everyone-write",
    "policy-shows-personal-data",
    "policy-trusts-user-metadata",
    "storage-policy-without-owner",
)
_RIGHTS = re.compile(r"role|plan|credits?|balance|is_admin|tier", re.IGNORECASE)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Drop the policy and write the narrow one; where no column names the owner, that is a person's decision."""
    facts = dict(finding.facts)
    policy = next(
        (p for p in bench.app.policies if (p.table, p.name) == (facts.get("table"), facts.get("policy"))), None
    )
    if policy is None:
        return Refusal("the policy is not defined in a migration of this repository")
    made = _replacement(finding, policy, bench)
    if isinstance(made, Refusal):
        return made
    same = [p for p in bench.app.policies if _allows(p) == _allows(policy)]
    drops = [f"drop policy if exists {quoted_name(p.name)} on {table_name(p.table)};" for p in same]
    edit = migration(bench, policy.location, f"replace policy {policy.table} {policy.name}", [*drops, *made])
    if edit is None:
        return Refusal("migrations are listed in a journal here: make one with the project's own tool")
    return Proposal(_words(finding.rule_id, policy), (edit,), Safety.UNSAFE, _check(finding.rule_id, policy))


def _allows(policy: Policy) -> tuple[str, str, str, str]:
    return (policy.table, policy.command, policy.using, policy.check)


def _replacement(finding: Finding, policy: Policy, bench: Bench) -> list[str] | Refusal:
    found = statement_at(bench, policy.location)
    file = bench.file(policy.location.path)
    if found is None or file is None:
        return Refusal("the policy's statement was not found")
    written = _source(found, file.text)
    if finding.rule_id == "policy-trusts-user-metadata":
        return [written.replace("raw_user_meta_data", "raw_app_meta_data").replace("user_metadata", "app_metadata")]
    if finding.rule_id == "storage-policy-without-owner":
        return _own_folder(policy, written)
    table = next((t for t in bench.app.tables if t.name == policy.table), None)
    condition = owner_condition(bench, table) or _own_row(bench, table) if table is not None else ""
    if table is None or not condition:
        return Refusal(f"no column of {policy.table} says whose row it is: who may is for a person to decide")
    if any(_RIGHTS.search(c) for c in table.columns) and policy.command in ("all", "update"):
        return Refusal(f"{policy.table} holds columns that decide rights: owners must not change all of their row")
    several = sum((p.table, p.command) == (policy.table, policy.command) for p in bench.app.policies) > 1
    return owner_policies(table, condition, (policy.command,), replaces=several)


def _own_row(bench: Bench, table: Table | None) -> str:
    """profiles.id is its user's id, by a policy that says so already."""
    if table is None or "id" not in table.columns:
        return ""
    own = re.compile(r"auth\.uid\(\)\)?\s*=\s*(?:\w+\.)?id$|^(?:\w+\.)?id\s*=\s*\(?(?:select )?auth\.uid\(\)")
    known = any(p.table == table.name and own.search(p.using or p.check) for p in bench.app.policies)
    return "(select auth.uid()) = id" if known else ""


def _own_folder(policy: Policy, written: str) -> list[str] | Refusal:
    """Files lie in a folder named after their user, as the platform's own examples have it."""
    condition = " and (storage.foldername(name))[1] = (select auth.uid())::text"
    parts = re.findall(r"\b(?:using|check)\s*\(", written, re.IGNORECASE)
    end = written.rstrip(";").rstrip()
    if len(parts) != 1 or not end.endswith(")"):
        return Refusal("the policy has several conditions")
    made = f"{end[:-1].rstrip()}{condition});"
    roles = re.search(r"\bto\s+(?:public|anon)\b", made, re.IGNORECASE)
    if roles:
        made = made[: roles.start()] + "to authenticated" + made[roles.end() :]
    return [made]


def _source(statement: Statement, text: str) -> str:
    last = statement.tokens[-1]
    return text[statement.start : last.start + len(last.text)] + ";"


def _words(rule_id: str, policy: Policy) -> Text:
    if rule_id == "policy-trusts-user-metadata":
        return Text(
            "Decide rights by what only the server writes", "Décider des droits sur ce que seul le serveur écrit"
        )
    if rule_id == "storage-policy-without-owner":
        return Text("Let people write only in their own folder", "Ne laisser écrire que dans son propre dossier")
    return Text(
        f"Give {policy.table} to the owner of each row", f"Réserver chaque ligne de {policy.table} à sa personne"
    )


def _check(rule_id: str, policy: Policy) -> Text:
    if rule_id == "policy-trusts-user-metadata":
        return Text(
            "Copy the roles of today's administrators to app_metadata with the server's key before this runs, or they "
            "lose their rights.",
            "Copier avant, avec la clé du serveur, les rôles des administrateurs actuels dans app_metadata, sinon ils "
            "perdent leurs droits.",
        )
    if rule_id == "storage-policy-without-owner":
        return Text(
            "Upload each file to a folder named by the user's id (`${user.id}/file.pdf`); files that lie elsewhere "
            "can no longer be replaced or removed by people.",
            "Déposer chaque fichier dans un dossier nommé par l'identifiant (`${user.id}/fichier.pdf`) ; ceux qui sont "
            "ailleurs ne peuvent plus être remplacés ni supprimés par les gens.",
        )
    return Text(
        f"Only owners {policy.command} rows of {policy.table} from now on: pages that show or change rows of others "
        "need a policy of their own.",
        f"Seuls les propriétaires accèdent ({policy.command}) aux lignes de {policy.table} : les pages qui montrent ou "
        "changent celles des autres demandent une règle à elles.",
    )
