"""The hosts that Django answers for come from the environment."""

from __future__ import annotations

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.environment import name_in_sample
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import ensure_import, quote_of
from vibeaudit.remedy.syntax import flagged, items, remove_item, replace, text

NAME = "ALLOWED_HOSTS"


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """Where other hosts are listed, only the star goes."""
    file = bench.flagged(finding)
    node = flagged(file, finding, "assignment")
    listing = node.child_by_field_name("right") if node is not None else None
    if listing is None or listing.type != "list":
        return Refusal("the hosts are not a plain list")
    star = next((n for n in items(listing) if text(n).strip("'\"") == "*"), None)
    if star is not None and len(items(listing)) > 1:
        edits: tuple[Edit, ...] = (remove_item(file, listing, star),)
    else:
        mark = quote_of(file)
        read = f"os.environ.get({mark}{NAME}{mark}, {mark}localhost,127.0.0.1{mark}).split({mark},{mark})"
        sample = name_in_sample(bench, file.path, NAME, "www.example.com")
        edits = (replace(file, listing, read), *ensure_import(file, "import os"), *sample)
    return Proposal(
        Text("Answer only for the app's own hosts", "Ne répondre que pour les hôtes de l'application"),
        edits,
        Safety.UNSAFE,
        Text(
            f"Every domain that the app is reached by must be listed; set {NAME} where it is hosted.",
            f"Chaque domaine de l'application doit être listé ; définir {NAME} chez l'hébergeur.",
        ),
    )
