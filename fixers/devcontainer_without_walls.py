"""Takes one entry that opens a wall out of a list of settings."""

from __future__ import annotations

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import remove_line, spanned
from vibeaudit.remedy.syntax import enclosing, flagged, items, node_at, remove_item
from vibeaudit.source import SourceFile

_HOST = Text(
    "Start the container once: what needed {entry} must get on without it, or get one narrow right instead.",
    "Démarrer le conteneur une fois : ce qui avait besoin de {entry} doit s'en passer ou recevoir un droit étroit.",
)
_AGENT = Text(
    "Add back only the exact commands and folders that people use all day.",
    "Ne rajouter que les commandes et dossiers exacts utilisés tous les jours.",
)
_TITLES = {
    "agent-reaches-outside-project": Text("Keep the agent inside the project", "Garder l'agent dans le projet"),
    "agent-hook-posts-outside": Text("Send nothing to {entry}", "Ne rien envoyer à {entry}"),
    "agent-hook-runs-remote-code": Text("Run no downloaded script", "Ne lancer aucun script téléchargé"),
    "compose-docker-socket": Text("Take the host's Docker away", "Retirer le Docker de l'hôte"),
    "cursor-any-command": Text("Let the agent ask before {entry}", "Faire demander l'agent avant {entry}"),
    "devcontainer-mounts-the-host": Text("Do not mount the host", "Ne pas monter l'hôte"),
    "devcontainer-without-walls": Text("Keep the container apart from its host", "Garder le conteneur à part"),
    "supabase-redirects-anywhere": Text(
        "Send people back to your own pages only", "Ne renvoyer les gens que vers vos pages"
    ),
}
_CHECKS = {
    "agent-hook-posts-outside": Text(
        "Nothing is sent there any more: ask whoever reads it whether they may.",
        "Rien n'y est plus envoyé : demander à qui le lit s'il en a le droit.",
    ),
    "agent-hook-runs-remote-code": Text(
        "Commit what the script did as a file of the project and call that.",
        "Mettre ce que faisait le script dans un fichier du projet et appeler celui-ci.",
    ),
    "supabase-redirects-anywhere": Text(
        "List the exact addresses of preview deployments that people sign in to.",
        "Lister les adresses exactes des aperçus où l'on se connecte.",
    ),
    "agent-reaches-outside-project": _AGENT,
    "cursor-any-command": _AGENT,
}
RULES = tuple(sorted(_TITLES))


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Remove the flagged entry (a whole hook or mount when it is an object) and leave the others as they are."""
    file = bench.flagged(finding)
    edit = _removed(file, finding)
    if edit is None:
        return Refusal("the entry does not stand in a list of its own")
    shown = spanned(file, finding.primary).strip("\"'")[:60]
    title, check = _TITLES[finding.rule_id], _CHECKS.get(finding.rule_id, _HOST)
    return Proposal(_filled(title, shown), (edit,), Safety.UNSAFE, _filled(check, shown))


def _removed(file: SourceFile, finding: Finding) -> Edit | None:
    if file.language == "yaml":
        return _yaml_entry(file, finding)
    node = flagged(file, finding, "string")
    listing = enclosing(node, "array")
    entry = node
    while entry is not None and entry.parent != listing:
        entry = entry.parent
    return remove_item(file, listing, entry) if listing is not None and entry is not None else None


def _yaml_entry(file: SourceFile, finding: Finding) -> Edit | None:
    """A scalar on a line of its own in a block list; the key goes too when nothing is left."""
    entry = enclosing(node_at(file, finding.primary, "plain_scalar", "double_quote_scalar"), "block_sequence_item")
    if entry is None or entry.parent is None or entry.start_point[0] != entry.end_point[0]:
        return None
    if len(items(entry.parent)) > 1:
        return remove_line(file, entry.start_point[0] + 1)
    pair = enclosing(entry, "block_mapping_pair")
    return _whole_lines(file, pair) if pair is not None and pair.start_point[0] < entry.start_point[0] else None


def _whole_lines(file: SourceFile, pair: Node) -> Edit:
    start = file.offset(pair.start_point[0] + 1)
    end = file.data.find(b"\n", pair.end_byte)
    return Edit(file.path, start, len(file.data) if end == -1 else end + 1, b"")


def _filled(words: Text, entry: str) -> Text:
    return Text(words.en.replace("{entry}", entry), words.fr.replace("{entry}", entry))
