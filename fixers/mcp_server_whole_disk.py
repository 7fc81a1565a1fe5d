"""Narrow what a tool server reaches: its folder, its address, its database rights."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.documents import json_value
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import replace_span, spanned
from vibeaudit.remedy.syntax import add_item, enclosing, flagged, insert, items, node_at, remove_item, replace, text
from vibeaudit.source import SourceFile

RULES = ("mcp-postgres-not-read-only", "mcp-server-clear-text", "mcp-server-whole-disk", "mcp-supabase-unlimited")
_READ_ONLY = "postgres-mcp==0.3.0"  # its restricted mode parses each statement and refuses what writes

_TITLES = {
    "mcp-postgres-not-read-only": Text(
        "Use a database server that can only read", "Utiliser un serveur de base qui ne peut que lire"
    ),
    "mcp-server-clear-text": Text("Reach the tool server by https", "Joindre le serveur d'outils en https"),
    "mcp-server-whole-disk": Text(
        "Show the file server this project only", "Ne montrer que ce projet au serveur de fichiers"
    ),
    "mcp-supabase-unlimited": Text("Let the tool server read only", "Ne laisser le serveur d'outils que lire"),
}
_CHECKS = {
    "mcp-postgres-not-read-only": Text(
        "The tools have other names (execute_sql, list_schemas): start it once with uv installed, and give it a "
        "database user that may only read.",
        "Les outils changent de nom (execute_sql, list_schemas) : le démarrer une fois avec uv installé, et lui donner "
        "un utilisateur de base qui ne peut que lire.",
    ),
    "mcp-server-clear-text": Text(
        "Check that the server answers at the https address.", "Vérifier que le serveur répond à l'adresse https."
    ),
    "mcp-server-whole-disk": Text(
        "Add another folder only when the work of this project needs it.",
        "N'ajouter un autre dossier que si le travail de ce projet le demande.",
    ),
    "mcp-supabase-unlimited": Text(
        "Also add project_ref of a development project, so that the agent never reaches the customers' data.",
        "Ajouter aussi le project_ref d'un projet de développement, pour que l'agent n'atteigne jamais les données des "
        "clients.",
    ),
}


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The smallest change of the server's arguments or address."""
    file = bench.flagged(finding)
    written = spanned(file, finding.primary)
    edits: tuple[Edit, ...] = ()
    if finding.rule_id == "mcp-server-whole-disk":
        bare = written.strip("\"'")
        edits = (replace_span(file, finding.primary, written.replace(bare, ".")),) if bare else ()
    elif finding.rule_id == "mcp-server-clear-text":
        edits = (replace_span(file, finding.primary, written.replace("http://", "https://", 1)),)
    elif finding.rule_id == "mcp-supabase-unlimited":
        edits = _read_only(file, finding, written)
    elif file.language in ("json", "jsonc"):
        edits = _restricted(file, flagged(file, finding, "string"))
    if not edits:
        return Refusal("the server is started in a way that is not known here")
    return Proposal(_TITLES[finding.rule_id], edits, Safety.UNSAFE, _CHECKS[finding.rule_id])


def _read_only(file: SourceFile, finding: Finding, written: str) -> tuple[Edit, ...]:
    if "https://" in written:
        bare = written.strip("\"'")
        joined = f"{bare}{'&' if '?' in bare else '?'}read_only=true"
        return (replace_span(file, finding.primary, written.replace(bare, joined)),)
    pair = node_at(file, finding.primary, "pair")
    listing = pair.child_by_field_name("value") if pair is not None else None
    if listing is None or listing.type != "array" or not items(listing):
        return ()
    return (add_item(file, listing, '"--read-only"'),)


def _restricted(file: SourceFile, package: Node | None) -> tuple[Edit, ...]:
    """npx -y <package> <address> -> uvx postgres-mcp --access-mode=restricted <address>."""
    listing = enclosing(package, "array")
    server = enclosing(listing, "object")
    command = json_value(server, "command")
    if package is None or listing is None or command is None or text(command) != '"npx"':
        return ()
    edits = [replace(file, command, '"uvx"'), replace(file, package, f'"{_READ_ONLY}"')]
    yes = next((n for n in items(listing) if text(n) in ('"-y"', '"--yes"')), None)
    if yes is None or items(listing).index(package) != items(listing).index(yes) + 1:
        return ()
    between = file.data[package.end_byte : listing.end_byte].decode("utf-8", "replace")
    gap = re.match(r",(\s*)", between)
    mode = f',{gap[1] if gap else " "}"--access-mode=restricted"'
    return (*edits, remove_item(file, listing, yes), insert(file, package.end_byte, mode))
