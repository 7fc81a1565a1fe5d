"""Byte edits: put together, checked for overlap, applied in the file's own line endings, shown as a diff."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from vibeaudit.model import Edit, Patch, Snapshot

NOTHING = b"\\ No newline at end of file\n"


class EditConflict(ValueError):
    """Two edits want the same bytes, or an edit does not fit its file."""


def combine(patches: Iterable[Patch], snapshot: Snapshot) -> dict[PurePosixPath, bytes]:
    """The new bytes of each file that these patches touch. Equal edits count once (two patches may add one
    import). Raises EditConflict."""
    return apply((edit for patch in patches for edit in patch.edits), snapshot)


def apply(edits: Iterable[Edit], snapshot: Snapshot) -> dict[PurePosixPath, bytes]:
    """The new bytes of each file touched. Raises EditConflict for an overlap or a span outside the file."""
    by_path: dict[PurePosixPath, list[Edit]] = defaultdict(list)
    for edit in edits:
        if edit not in by_path[edit.path]:
            by_path[edit.path].append(edit)
    result = {}
    for path, wanted in sorted(by_path.items()):
        if path.is_absolute() or ".." in path.parts:
            raise EditConflict(f"{path} lies outside the app")
        file = snapshot.file(path)
        result[path] = splice(file.data if file else b"", wanted)
    return result


def splice(data: bytes, edits: list[Edit]) -> bytes:
    """The data with the edits' texts in place, newlines as the data has them."""
    pieces, at = [], 0
    newline = b"\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else b"\n"
    for edit in sorted(edits, key=lambda e: (e.start, e.end)):
        if edit.start < at:
            raise EditConflict(f"two edits of {edit.path} overlap")
        if not 0 <= edit.start <= edit.end <= len(data):
            raise EditConflict(f"an edit lies outside {edit.path}")
        pieces += [data[at : edit.start], edit.text.replace(b"\r\n", b"\n").replace(b"\n", newline)]
        at = edit.end
    return b"".join((*pieces, data[at:]))


def diff_of(changed: Mapping[PurePosixPath, bytes], snapshot: Snapshot) -> str:
    """A diff that `git apply` takes. Bytes that are not UTF-8 come through as surrogates."""
    parts = []
    for path, after in sorted(changed.items()):
        file = snapshot.file(path)
        before = file.data if file else b""
        if before != after:
            parts.append(_file_diff(_quoted(path), before, after, new=file is None))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _file_diff(path: str, before: bytes, after: bytes, *, new: bool) -> bytes:
    head = f"diff --git {_side('a', path)} {_side('b', path)}\n" + ("new file mode 100644\n" if new else "")
    names = (b"/dev/null" if new else _side("a", path).encode(), _side("b", path).encode())
    body = difflib.diff_bytes(difflib.unified_diff, _lines(before), _lines(after), *names)
    out = [head.encode()]
    for line in body:
        out.append(line if line.endswith(b"\n") else line + b"\n" + NOTHING)
    return b"".join(out)


def _lines(data: bytes) -> list[bytes]:
    pieces = data.split(b"\n")
    return [p + b"\n" for p in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


def _quoted(path: PurePosixPath) -> str:
    """As git quotes names with control characters, quotes or backslashes."""
    text = str(path)
    if all(c.isprintable() and c not in '"\\' for c in text):
        return text
    return '"' + "".join(c if 32 <= ord(c) < 127 and c not in '"\\' else _octal(c) for c in text) + '"'


def _side(side: str, path: str) -> str:
    return f'"{side}/{path[1:]}' if path.startswith('"') else f"{side}/{path}"


def _octal(char: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in char.encode())
