"""Proves a patch: applied to a copy, it parses, its findings are gone, and nothing new appeared."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from vibeaudit.model import Finding, Patch, Proof, Snapshot
from vibeaudit.remedy.edits import apply
from vibeaudit.source import SourceFile
from vibeaudit.source.trees import parse
from vibeaudit.survey.sql import unclosed

# (patched snapshot, the paths that changed) -> all findings that the patched app has.
Examine = Callable[[Snapshot, frozenset[str]], tuple[Finding, ...]]
_Place = tuple[str, str]  # rule id, path


class Verifier:
    """Compares the audit of each patched copy with the audit before."""

    def __init__(self, snapshot: Snapshot, before: tuple[Finding, ...], examine: Examine) -> None:
        self._snapshot = snapshot
        self._before = before
        self._examine = examine

    def proven(self, patch: Patch) -> Patch:
        """The patch with its proof. Raises EditConflict when its edits do not fit."""
        changed = apply(patch.edits, self._snapshot)
        if broken := self._broken(changed):
            return replace(patch, proof=Proof(reason=f"{broken} would no longer parse"))
        with tempfile.TemporaryDirectory(prefix="vibeaudit-patched-") as room:
            copy = patched(self._snapshot, changed, Path(room))
            after = self._examine(copy, frozenset(map(str, changed)))
        before = _count(self._before)
        counted = _count(after)
        expected = Counter(f.rule_id for f in self._before if f.fingerprint in patch.fixes)
        gone = all(self._shrank(rule_id, n, before, counted, patch) for rule_id, n in expected.items())
        new = sorted({rule for (rule, path), n in counted.items() if n > before[(rule, path)]})
        reason = "" if gone else "the finding is still there"
        return replace(patch, proof=Proof(parses=True, gone=gone, new_findings=tuple(new), reason=reason))

    def _shrank(self, rule_id: str, by: int, before: Counter[_Place], after: Counter[_Place], patch: Patch) -> bool:
        paths = {str(f.primary.path) for f in self._before if f.rule_id == rule_id and f.fingerprint in patch.fixes}
        return sum(before[(rule_id, p)] - after[(rule_id, p)] for p in paths) >= by

    def _broken(self, changed: dict[PurePosixPath, bytes]) -> str:
        """The first file that has more syntax errors than before."""
        for path, data in changed.items():
            old = self._snapshot.file(path)
            new = SourceFile(path, data=data)
            if _errors(new) > (_errors(old) if old else 0):
                return str(path)
        return ""


def patched(snapshot: Snapshot, changed: dict[PurePosixPath, bytes], room: Path) -> Snapshot:
    """The snapshot with these files' new bytes, which lie below `room`. Untouched files are shared."""
    files = dict(snapshot.by_path)
    for path, data in changed.items():
        disk = room / path
        disk.parent.mkdir(parents=True, exist_ok=True)
        disk.write_bytes(data)
        files[str(path)] = SourceFile(path, disk)
    ordered = tuple(sorted(files.values(), key=lambda f: f.path))
    return replace(snapshot, files=ordered, by_path=files)


def _count(findings: tuple[Finding, ...]) -> Counter[_Place]:
    return Counter((f.rule_id, str(f.primary.path)) for f in findings)


def _errors(file: SourceFile) -> int:
    """Syntax errors in a file's tree; 0 for a language without a grammar. No grammar takes all of SQL, so there it
    is what is never closed."""
    if file.language == "sql":
        return unclosed(file.text)
    tree = parse(file.data, file.language)
    if tree is None or not tree.root_node.has_error:
        return 0
    count, nodes = 0, [tree.root_node]
    while nodes:
        node = nodes.pop()
        count += node.is_error or node.is_missing
        nodes += [c for c in node.children if c.has_error or c.is_missing]
    return count
