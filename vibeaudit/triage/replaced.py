"""Whether a setting that stands in the code is replaced by the module that production loads."""

from __future__ import annotations

import re

from vibeaudit.model import Finding, Snapshot

_NAME = re.compile(r"^[ \t]*([A-Z][A-Z0-9_]*)[ \t]*(?::[^=\n]+)?=(?!=)")
_LITERAL = re.compile(r"[rbuf]{0,2}['\"][^'\"\n]*['\"]\s*(?:#.*)?$")


def is_replaced(finding: Finding, snapshot: Snapshot) -> bool:
    """Whether a module beside this one takes all of it (`from .base import *`), and then gives the name a value that
    does not stand in the code: read from a file, from the environment, or drawn by lot."""
    at = finding.primary
    file = snapshot.file(at.path)
    if file is None or file.language != "python" or (named := _NAME.match(file.line(at.line))) is None:
        return False
    takes = re.compile(rf"^[ \t]*from\s+(?:\.|[\w.]*\.){re.escape(at.path.stem)}\s+import\s+\*", re.MULTILINE)
    gives = re.compile(rf"^[ \t]*{named[1]}[ \t]*=(?!=)[ \t]*(.*)$", re.MULTILINE)
    for other in snapshot.of("python"):
        if other.path.parent == at.path.parent and other.path != at.path and takes.search(other.text):
            values = gives.findall(other.text)
            if values and not any(_LITERAL.match(v.strip()) for v in values):
                return True
    return False
