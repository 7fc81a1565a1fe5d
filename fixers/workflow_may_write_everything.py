"""Gives a workflow's token the right to read and no other."""

from __future__ import annotations

import re

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import line_bytes, replace_span
from vibeaudit.source import SourceFile

RULES = ("workflow-default-permissions", "workflow-may-write-everything")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """`contents: read`, written as the file indents; what a job writes is listed for the reader."""
    file = bench.flagged(finding)
    start, line = line_bytes(file, finding.primary.line)
    edit: Edit
    if finding.rule_id == "workflow-default-permissions":
        edit = Edit(file.path, start, start, b"permissions:\n  contents: read\n\n")
    else:
        indent = re.match(rb"\s*", line)
        margin = (indent[0].decode() if indent else "") + "  "
        if not re.fullmatch(rb"\s*permissions:\s*[\"']?write-all[\"']?\s*(?:#.*)?", line):
            return Refusal("the permissions share their line with something else")
        at = start + line.index(b"permissions:") + len(b"permissions:")
        end = replace_span(file, finding.primary, "").end
        edit = Edit(file.path, at, end, f"\n{margin}contents: read".encode())
    needs = _writes(file)
    listed = ", ".join(needs)
    more_en = f" These steps look as if they write; give their job these: {listed}." if needs else ""
    more_fr = f" Ces étapes semblent écrire ; donner à leur tâche : {listed}." if needs else ""
    return Proposal(
        Text("Let the workflow's token read only", "Ne laisser le jeton du workflow que lire"),
        (edit,),
        Safety.UNSAFE,
        Text(
            "A job that pushes, comments, labels or publishes needs its own permissions block with exactly that right."
            + more_en,
            "Une tâche qui pousse, commente, étiquette ou publie demande son propre bloc permissions avec ce seul "
            "droit." + more_fr,
        ),
    )


_SIGNS = (
    (r"\bgh issue |issues\.(?:create|update|addLabels)|actions/(?:labeler|stale)", "issues: write"),
    (r"\bgh pr |pulls\.(?:create|update|merge)|create-pull-request", "pull-requests: write"),
    (r"\bgit push|\bgh release |softprops/action-gh-release|semantic-release", "contents: write"),
    (r"ghcr\.io|npm publish", "packages: write"),
    (r"id-token|configure-aws-credentials|google-github-actions/auth|azure/login|pypi-publish", "id-token: write"),
    (r"upload-sarif", "security-events: write"),
    (r"deploy-pages", "pages: write"),
)


def _writes(file: SourceFile) -> list[str]:
    return [right for sign, right in _SIGNS if re.search(sign, file.text)]
