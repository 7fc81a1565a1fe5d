"""Migrations that narrow what functions, views and buckets of the database give away."""

from __future__ import annotations

import re

from vibeaudit.model import AppModel, Finding, Location, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.migration import identifier, migration, table_name
from vibeaudit.survey.columns import editable_columns

RULES = (
    "database-function-runs-any-sql",
    "definer-function-callable-by-anyone",
    "definer-function-without-search-path",
    "public-bucket-for-private-files",
    "user-editable-rights",
    "view-skips-row-level-security",
)
_READS = re.compile(r"\b(?:from|join|into|update)\s+(?!select\b|lateral\b|unnest\b)([\w\"]+)(\.|\b)", re.IGNORECASE)
_FIXED = frozenset("id created_at inserted_at updated_at".split())

_TITLES = {
    "database-function-runs-any-sql": Text(
        "Let only the server call {name}", "Ne laisser que le serveur appeler {name}"
    ),
    "definer-function-callable-by-anyone": Text(
        "Let only the server call {name}", "Ne laisser que le serveur appeler {name}"
    ),
    "definer-function-without-search-path": Text("Fix where {name} looks up names", "Fixer où {name} cherche les noms"),
    "public-bucket-for-private-files": Text("Close the bucket {name}", "Fermer le bucket {name}"),
    "user-editable-rights": Text("Keep rights out of people's own hands", "Ne pas laisser chacun régler ses droits"),
    "view-skips-row-level-security": Text(
        "Let {name} obey row-level security", "Soumettre {name} à la sécurité par ligne"
    ),
}
_CHECKS = {
    "database-function-runs-any-sql": Text(
        "Calls from the browser stop; calls with the service role key keep working. Better still: replace the function "
        "by one query a question.",
        "Les appels depuis le navigateur cessent ; ceux avec la clé service_role continuent. Mieux : remplacer la "
        "fonction par une requête par question.",
    ),
    "definer-function-callable-by-anyone": Text(
        "Calls from the browser stop: move them to the server, or make the function ask auth.uid() whose row it is.",
        "Les appels depuis le navigateur cessent : les passer au serveur, ou faire vérifier auth.uid() à la fonction.",
    ),
    "definer-function-without-search-path": Text(
        "Call the function once: names without a schema must still be found.",
        "Appeler la fonction une fois : les noms sans schéma doivent encore être trouvés.",
    ),
    "public-bucket-for-private-files": Text(
        "Public links to these files stop working: show them by createSignedUrl, and add a policy for their owners.",
        "Les liens publics vers ces fichiers cessent : les montrer par createSignedUrl, et ajouter une règle pour "
        "leurs propriétaires.",
    ),
    "user-editable-rights": Text(
        "People change only the listed columns of their row; add the others that your profile page saves.",
        "Chacun ne modifie que les colonnes listées de sa ligne ; ajouter celles que la page de profil enregistre.",
    ),
    "view-skips-row-level-security": Text(
        "People see only the rows that the policies of the tables below allow: look at each page that reads this view.",
        "Chacun ne voit que les lignes permises par les règles des tables : vérifier chaque page qui lit cette vue.",
    ),
}


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """One statement or two in a migration of their own."""
    facts = dict(finding.facts)
    made = _statements(finding, facts, bench)
    if isinstance(made, Refusal):
        return made
    words, sql, at = made
    edit = migration(bench, at, words, sql)
    if edit is None:
        return Refusal("migrations are listed in a journal here: make one with the project's own tool")
    name = facts.get("bucket") or facts.get("function") or facts.get("table", "")
    title, check = _TITLES[finding.rule_id], _CHECKS[finding.rule_id]
    shown = Text(title.en.replace("{name}", name), title.fr.replace("{name}", name))
    return Proposal(shown, (edit,), Safety.UNSAFE, check)


def _statements(finding: Finding, facts: dict[str, str], bench: Bench) -> tuple[str, list[str], Location] | Refusal:
    if finding.rule_id == "public-bucket-for-private-files":
        name = facts["bucket"]
        sql = f"update storage.buckets set public = false where id = '{name.replace(chr(39), chr(39) * 2)}';"
        return f"close bucket {name}", [sql], finding.primary
    if finding.rule_id == "user-editable-rights":
        return _column_grants(finding, facts, bench.app)
    function = next((f for f in bench.app.database_functions if f.name == facts.get("function")), None)
    if function is None:
        return Refusal("it is not defined in a migration of this repository")
    called = table_name(function.name)
    if finding.rule_id == "view-skips-row-level-security":
        if function.kind != "view":
            return Refusal("a materialized view cannot obey row-level security: revoke select on it instead")
        sql = f"alter view {called} set (security_invoker = true);"
        return f"narrow {function.name}", [sql], function.location
    if _definitions(bench, function.name) > 1:
        return Refusal("several functions share this name: name the one by its arguments")
    if finding.rule_id == "definer-function-without-search-path":
        own = all(m[2] == "." for m in _READS.finditer(function.body)) and "execute" not in function.body.lower()
        path = "''" if own else "public, extensions, pg_temp"
        return f"fix path of {function.name}", [f"alter function {called} set search_path = {path};"], function.location
    sql = f"revoke execute on function {called} from public, anon, authenticated;"
    return f"revoke calls of {function.name}", [sql], function.location


def _definitions(bench: Bench, name: str) -> int:
    """How often a function of this name is created with other arguments."""
    made = re.compile(
        rf"\bcreate\s+(?:or\s+replace\s+)?function\s+(?:public\.)?\"?{re.escape(name)}\"?\s*(\([^)]*\))", re.IGNORECASE
    )
    return len({re.sub(r"\s+", " ", m[1].lower()) for f in bench.snapshot.of("sql") for m in made.finditer(f.text)})


def _column_grants(finding: Finding, facts: dict[str, str], app: AppModel) -> tuple[str, list[str], Location] | Refusal:
    table = next((t for t in app.tables if t.name == facts.get("table")), None)
    if table is None:
        return Refusal("the table is not defined in a migration of this repository")
    closed = {*editable_columns(table), *_FIXED, "user_id", "owner_id"}
    free = [identifier(c) for c in table.columns if c not in closed]
    where = table_name(table.name)
    sql = [f"revoke update on {where} from anon, authenticated;"]
    if free:
        sql.append(f"grant update ({', '.join(free)}) on {where} to authenticated;")
    return f"grant columns {table.name} {facts.get('policy', '')}", sql, finding.primary
