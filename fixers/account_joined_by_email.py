"""Switches in code that open something, set to the careful value."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import remove_line
from vibeaudit.remedy.script_code import arguments, property_of, quote_of, value
from vibeaudit.remedy.syntax import enclosing, flagged, item, items, nodes, remove_item, replace, text
from vibeaudit.source import SourceFile

_NOTHING = Text("", "")


@dataclass(frozen=True, slots=True)
class _Switch:
    """`keys`: the properties that may be flagged. `new` takes {q} for the file's quote."""

    keys: tuple[str, ...]
    old: tuple[str, ...]
    new: str
    title: Text
    check: Text = _NOTHING


_SWITCHES = {
    "account-joined-by-email": _Switch(
        ("allowDangerousEmailAccountLinking",),
        ("true",),
        "false",
        Text("Join no accounts by mail address alone", "Ne pas joindre des comptes par la seule adresse"),
        Text(
            "People who signed up another way must now sign in that way first, and link the account from there.",
            "Les personnes inscrites autrement se connectent d'abord ainsi, puis lient le compte depuis là.",
        ),
    ),
    "build-errors-ignored": _Switch(
        ("ignoreBuildErrors",),
        ("true",),
        "false",
        Text("Let errors stop the build", "Laisser les erreurs arrêter la construction"),
        Text(
            "Run the build once: the errors that it hid come up now and want to be repaired.",
            "Lancer la construction une fois : les erreurs cachées apparaissent et sont à corriger.",
        ),
    ),
    "graphql-explorer-open": _Switch(
        ("introspection", "playground", "graphiql"),
        ("true",),
        "process.env.NODE_ENV !== {q}production{q}",
        Text("Show the schema in development only", "Ne montrer le schéma qu'en développement"),
        Text(
            "Tools that read the schema in production (code generators, monitors) need a copy of it.",
            "Les outils qui lisent le schéma en production (générateurs, surveillance) en demandent une copie.",
        ),
    ),
    "login-debug-on": _Switch(
        ("debug",),
        ("true",),
        "process.env.NODE_ENV === {q}development{q}",
        Text("Log the login's details in development only", "Ne journaliser la connexion qu'en développement"),
    ),
    "source-maps-public": _Switch(
        ("productionBrowserSourceMaps", "sourcemap", "sourceMap"),
        ("true",),
        "false",
        Text("Do not publish source maps", "Ne pas publier les source maps"),
        Text(
            "An error monitor needs them uploaded to it instead of published.",
            "Un outil de suivi d'erreurs doit les recevoir directement, non publiées.",
        ),
    ),
    "xml-reads-other-files": _Switch(
        ("noent", "dtdload", "dtdvalid", "processEntities"),
        ("true",),
        "false",
        Text("Let XML name no other files", "Ne pas laisser le XML nommer d'autres fichiers"),
        Text(
            "Documents with entities of their own come out without them: try one real document.",
            "Les documents avec leurs propres entités sortent sans elles : essayer un vrai document.",
        ),
    ),
    "security-headers-off": _Switch(
        ("contentSecurityPolicy",),
        ("false",),
        "",
        Text("Send a content security policy", "Envoyer une politique de sécurité du contenu"),
        Text(
            "Open each page with the console: scripts and images of other sites, and scripts inside the page, must be "
            "listed under contentSecurityPolicy.directives.",
            "Ouvrir chaque page avec la console : les scripts et images d'autres sites, et les scripts dans la page, "
            "doivent être listés sous contentSecurityPolicy.directives.",
        ),
    ),
    "certificate-check-off": _Switch(
        ("rejectUnauthorized", "strictSSL"),
        ("false",),
        "true",
        Text("Check certificates again", "Vérifier de nouveau les certificats"),
        Text(
            "A server with a certificate of its own must be named by `ca`: connect once where this runs.",
            "Un serveur avec son propre certificat doit être désigné par `ca` : se connecter une fois sur place.",
        ),
    ),
    "token-check-weakened": _Switch(
        ("ignoreExpiration",),
        ("true",),
        "false",
        Text("Check tokens in full", "Vérifier les jetons entièrement"),
        Text(
            "Tokens that ran out are refused now: the client must sign in again, or refresh.",
            "Les jetons expirés sont maintenant refusés : le client se reconnecte ou renouvelle.",
        ),
    ),
}
RULES = tuple(sorted(_SWITCHES))


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """One property of an object literal changes."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "pair", "call_expression", "new_expression", "assignment_expression")
    wanted = _SWITCHES[finding.rule_id]
    if node is None:
        return Refusal("the setting is written in a way that is not known here")
    if node.type == "assignment_expression":
        return _environment(file, node, wanted)
    if finding.rule_id == "token-check-weakened" and (edit := _no_none(file, node)) is not None:
        return Proposal(wanted.title, (edit,), Safety.SAFE)
    pairs = [node] if node.type == "pair" else [p for a in arguments(node) for p in nodes(a, "pair")]
    new = wanted.new.replace("{q}", quote_of(file))
    edits = tuple(e for p in pairs if (e := _set(file, p, wanted, new)) is not None)
    if not edits:
        return Refusal("the setting is written in a way that is not known here")
    return Proposal(wanted.title, edits, Safety.UNSAFE if wanted.check.en else Safety.SAFE, wanted.check)


def _set(file: SourceFile, pair: Node, wanted: _Switch, new: str) -> Edit | None:
    key = text(pair.child_by_field_name("key")).strip("'\"")
    old = pair.child_by_field_name("value")
    if key not in wanted.keys or old is None or text(old) not in wanted.old:
        return None
    holder = pair.parent
    if new or holder is None:
        return replace(file, old, new)
    call = holder.parent.parent if holder.parent is not None else None
    if len(items(holder)) == 1 and call is not None and arguments(call) == [holder]:
        return Edit(file.path, holder.start_byte, holder.end_byte, b"")
    return remove_item(file, holder, pair)


def _environment(file: SourceFile, node: Node, wanted: _Switch) -> Proposal | Refusal:
    """`process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"`: the whole statement goes."""
    statement = enclosing(node, "expression_statement")
    line = node.start_point[0]
    if statement is None or statement.start_point[0] != statement.end_point[0]:
        return Refusal("the setting is written in a way that is not known here")
    if file.line(line + 1).strip().rstrip(";") != text(node):
        return Refusal("the setting shares its line with other code")
    return Proposal(wanted.title, (remove_line(file, line + 1),), Safety.UNSAFE, wanted.check)


def _no_none(file: SourceFile, call: Node) -> Edit | None:
    """Take "none" out of the algorithms that a check accepts."""
    options = next((a for a in arguments(call) if a.type == "object"), None)
    listed = value(property_of(options, "algorithms")) if options is not None else None
    if listed is None or listed.type != "array" or len(items(listed)) < 2:
        return None
    gone = item(listed, lambda n: text(n).strip("'\"").lower() == "none")
    return remove_item(file, listed, gone) if gone is not None else None
