"""Keeps environment files out of git. Taking them out of it, and new values, are a person's work."""

from __future__ import annotations

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import append

IGNORED = (".env", ".env.*", "!.env.example")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The lines of .gitignore; the file itself stays for the developer who runs the app with it."""
    path = finding.primary.path
    if (file := bench.file(".gitignore")) is not None:
        known = {line.strip().lstrip("/") for line in file.text.splitlines()}
        lines = [line for line in IGNORED if line not in known]
        edit = append(file, "".join(f"{line}\n" for line in lines))
    else:
        lines = list(IGNORED)
        edit = Edit(path.__class__(".gitignore"), 0, 0, "".join(f"{line}\n" for line in lines).encode())
    if not lines:
        return Refusal(f".gitignore names it already: git rm --cached {path}, and replace every value")
    return Proposal(
        Text("Keep environment files out of git", "Garder les fichiers d'environnement hors de git"),
        (edit,),
        Safety.DISPLAY,
        Text(
            f"This alone closes nothing: run git rm --cached {path}, and replace every value where it was issued.",
            f"Cela seul ne ferme rien : lancer git rm --cached {path}, puis remplacer chaque valeur chez son émetteur.",
        ),
    )
