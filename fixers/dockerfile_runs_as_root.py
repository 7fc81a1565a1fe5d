"""Starts the container as a user without rights, and keeps .env files out of the image."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import append, line_bytes, replace_span
from vibeaudit.source import SourceFile

RULES = ("dockerfile-copies-env-file", "dockerfile-runs-as-root")
# The user that an official image brings with it; "nobody" is in every Linux.
_USERS = {"node": "node", "denoland/deno": "deno", "oven/bun": "bun", "postgres": "postgres", "redis": "redis"}
_FROM = re.compile(r"^[ \t]*FROM\s+(?:--\S+\s+)*(\S+)", re.IGNORECASE | re.MULTILINE)


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """USER before the command that starts; .dockerignore beside the Dockerfile."""
    file = bench.flagged(finding)
    return _ignored(finding, file, bench) if finding.rule_id == "dockerfile-copies-env-file" else _user(finding, file)


def _user(finding: Finding, file: SourceFile) -> Proposal | Refusal:
    images = _FROM.findall(file.text)
    if not images:
        return Refusal("the image that this one builds on is not known")
    name = _USERS.get(re.sub(r"^docker\.io/(?:library/)?", "", images[-1]).split(":")[0].split("@")[0], "nobody")
    edit: Edit
    if dict(finding.facts).get("key") == "last-user":
        edit = replace_span(file, finding.primary, name)
    else:
        start, line = line_bytes(file, finding.primary.line)
        if not re.match(rb"(?i)\s*(?:CMD|ENTRYPOINT)\b", line):
            return Refusal("the start command goes over several lines")
        edit = Edit(file.path, start, start, f"USER {name}\n".encode())
    return Proposal(
        Text(f"Start the container as {name}", f"Démarrer le conteneur en tant que {name}"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Build and start it once: folders that the app writes must belong to this user (COPY --chown, or a "
            "volume), and ports below 1024 need a higher number.",
            "Le construire et le démarrer une fois : les dossiers où l'application écrit doivent appartenir à cet "
            "utilisateur (COPY --chown, ou un volume), et les ports sous 1024 demandent un numéro plus haut.",
        ),
    )


def _ignored(finding: Finding, file: SourceFile, bench: Bench) -> Proposal | Refusal:
    if dict(finding.facts).get("value", "").startswith(".env"):
        return Refusal("the file is copied by its name: give its values when the container starts, and drop the line")
    beside = file.path.parent / ".dockerignore"
    known = bench.file(beside)
    lines = ".env\n.env.*\n!.env.example\n"
    if bench.file(PurePosixPath(f"{file.path}.dockerignore")) is not None:
        return Refusal("this Dockerfile has its own ignore file: add .env* there")
    edit = append(known, lines) if known is not None else Edit(beside, 0, 0, lines.encode())
    return Proposal(
        Text("Keep .env files out of the image", "Garder les fichiers .env hors de l'image"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "Give the values when the container starts (--env-file, or the host's settings), and make new ones where "
            "an image with the old ones was pushed.",
            "Donner les valeurs au démarrage du conteneur (--env-file, ou les réglages de l'hébergeur), et les changer "
            "si une image avec les anciennes a été publiée.",
        ),
    )
