"""Gives a call the limit that it lacks: a size, a number of steps, an end, a cost."""

from __future__ import annotations

import re

from tree_sitter import Node

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.script_code import LANGUAGES, arguments, property_of, quote_of, set_property, value
from vibeaudit.remedy.syntax import add_item, flagged, remove_item, replace, text
from vibeaudit.source import SourceFile

_TITLES = {
    "agent-steps-unbounded": Text("Stop the agent after twenty steps", "Arrêter l'agent après vingt étapes"),
    "login-token-never-expires": Text("Let login tokens end after an hour", "Faire expirer les jetons en une heure"),
    "password-hashed-fast": Text("Hash passwords with a higher cost", "Hacher les mots de passe à un coût plus haut"),
    "upload-without-size-limit": Text("Refuse uploads above 10 MB", "Refuser les envois de plus de 10 Mo"),
    "project-folder-served": Text("Do not serve hidden files", "Ne pas servir les fichiers cachés"),
    "window-message-to-anyone": Text("Send the message to this site only", "N'envoyer le message qu'à ce site"),
}
_CHECKS = {
    "agent-steps-unbounded": Text(
        "Tasks that need more than twenty steps end early: raise the number knowingly.",
        "Les tâches de plus de vingt étapes s'arrêtent avant : augmenter le nombre en connaissance de cause.",
    ),
    "login-token-never-expires": Text(
        "People sign in again after an hour unless the app refreshes the token.",
        "Les gens se reconnectent après une heure, sauf si l'application renouvelle le jeton.",
    ),
    "upload-without-size-limit": Text(
        "Set the number to the largest file that people truly send, and answer the error with status 413.",
        "Mettre la taille du plus grand fichier vraiment envoyé, et répondre 413 à l'erreur.",
    ),
    "project-folder-served": Text(
        "Check that no page loads a file whose name starts with a dot (.well-known stays needed for certificates).",
        "Vérifier qu'aucune page ne charge un fichier commençant par un point (.well-known sert aux certificats).",
    ),
    "window-message-to-anyone": Text(
        "When the receiving window belongs to another site, write that site's address instead.",
        "Si la fenêtre destinataire est d'un autre site, écrire l'adresse de ce site à la place.",
    ),
}
RULES = tuple(sorted(_TITLES))


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """One argument or property is added or set."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "call_expression", "pair")
    edit = _EDITS[finding.rule_id](file, node) if node is not None and file.language in LANGUAGES else None
    if edit is None and finding.rule_id == "password-hashed-fast":
        return Refusal(
            "stored passwords carry this hash: move to bcrypt or scrypt, and hash each anew at its next login"
        )
    if edit is None:
        return Refusal("the limit belongs to a call that is put together elsewhere")
    check = _CHECKS.get(finding.rule_id)
    return Proposal(_TITLES[finding.rule_id], (edit,), Safety.UNSAFE if check else Safety.SAFE, check or Text("", ""))


def _steps(file: SourceFile, node: Node) -> Edit | None:
    target = value(node) if node.type == "pair" else next(iter(arguments(node)), None)
    return replace(file, target, "20") if target is not None else None


def _ends(file: SourceFile, node: Node) -> Edit | None:
    given = arguments(node)
    quote = quote_of(file)
    listing = node.child_by_field_name("arguments")
    if len(given) == 2 and listing is not None:
        return add_item(file, listing, f"{{ expiresIn: {quote}1h{quote} }}")
    if len(given) == 3 and given[2].type == "object":
        return set_property(file, given[2], "expiresIn", f"{quote}1h{quote}")
    return None


def _cost(file: SourceFile, node: Node) -> Edit | None:
    """bcrypt keeps the cost in each hash, so old ones still match."""
    given = arguments(node)
    name = text(node.child_by_field_name("function"))
    if "bcrypt" not in name.lower() or len(given) < 2 or not re.fullmatch(r"\d+", text(given[1])):
        return None
    return replace(file, given[1], "12")


def _size(file: SourceFile, node: Node) -> Edit | None:
    given = arguments(node)
    limits = "{ fileSize: 10 * 1024 * 1024 }"
    listing = node.child_by_field_name("arguments")
    if not given and listing is not None:
        return add_item(file, listing, f"{{ limits: {limits} }}")
    if len(given) != 1 or given[0].type != "object":
        return None
    known = value(property_of(given[0], "limits"))
    if known is not None:
        return set_property(file, known, "fileSize", "10 * 1024 * 1024") if known.type == "object" else None
    return set_property(file, given[0], "limits", limits)


def _hidden(file: SourceFile, node: Node) -> Edit | None:
    options = next((a for a in arguments(node) if a.type == "object"), None)
    pair = property_of(options, "dotfiles") if options is not None else None
    if options is None or pair is None or text(value(pair)).strip("'\"") != "allow":
        return None
    listing = node.child_by_field_name("arguments")
    if len(options.named_children) == 1 and listing is not None:
        return remove_item(file, listing, options)
    return remove_item(file, options, pair)


def _own_site(file: SourceFile, node: Node) -> Edit | None:
    given = arguments(node)
    if len(given) < 2 or text(given[1]).strip("'\"") != "*":
        return None
    return replace(file, given[1], "window.location.origin")


_EDITS = {
    "agent-steps-unbounded": _steps,
    "login-token-never-expires": _ends,
    "password-hashed-fast": _cost,
    "project-folder-served": _hidden,
    "upload-without-size-limit": _size,
    "window-message-to-anyone": _own_site,
}
