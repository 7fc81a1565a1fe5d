"""Unpacks a tar archive with the filter that keeps its files inside the folder."""

from __future__ import annotations

from vibeaudit.model import Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.python_code import called, quote_of, set_keyword
from vibeaudit.remedy.syntax import flagged


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """filter="data", which Python 3.14 takes by itself."""
    file = bench.flagged(finding)
    call = flagged(file, finding, "call")
    if call is None or not called(call).endswith((".extractall", ".extract")):
        return Refusal("shutil.unpack_archive takes a filter for tar archives only: check which kinds may arrive")
    mark = quote_of(file)
    return Proposal(
        Text("Keep the archive's files inside the folder", "Garder les fichiers de l'archive dans le dossier"),
        (set_keyword(file, call, "filter", f"{mark}data{mark}"),),
        Safety.SAFE,
    )
