"""What became of a finding: is there a patch, is it proven, which file holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vibeaudit.model import Patch, Safety
from vibeaudit.redact import redact

STATUSES = ("none", "available", "verified", "conflict")
MAX_EDIT_BYTES = 200_000


def ready(patch: Patch) -> bool:
    """Whether a patch is proven and may be applied as it is."""
    return patch.proof.verified and not patch.conflict and bool(patch.diff) and patch.safety is not Safety.DISPLAY


def status(patch: Patch | None) -> str:
    """One of STATUSES. `available` is advice: written down, not proven."""
    if patch is None:
        return "none"
    if patch.conflict:
        return "conflict"
    return "verified" if ready(patch) else "available"


def by_finding(patches: Iterable[Patch]) -> dict[str, Patch]:
    """From fingerprint to the best patch that closes it."""
    best: dict[str, Patch] = {}
    for patch in patches:
        for fingerprint in patch.fixes:
            known = best.get(fingerprint)
            if known is None or STATUSES.index(status(patch)) % 3 > STATUSES.index(status(known)) % 3:
                best[fingerprint] = patch
    return best


def file_of(patch: Patch) -> str:
    """Where the patch lies below the report's folder; empty when there is nothing to apply."""
    if not patch.diff or patch.conflict:
        return ""
    name = re.sub(r"[^A-Za-z0-9._-]", "-", patch.id).strip(".-")[:120] or "patch"
    return f"patches/{name}.patch" if ready(patch) else f"patches/unverified/{name}.patch"


def shown_diff(patch: Patch) -> str:
    """The diff as it may be printed: secrets that it removes from the code are masked."""
    return redact(patch.diff)


def shareable_edits(patch: Patch) -> bool:
    """Whether the patch's edits may stand in a report: they are text, bounded, and write no secret."""
    texts = [e.text for e in patch.edits]
    if sum(map(len, texts)) > MAX_EDIT_BYTES:
        return False
    try:
        return all(redact(decoded) == decoded for decoded in (t.decode("utf-8") for t in texts))
    except UnicodeDecodeError:
        return False
