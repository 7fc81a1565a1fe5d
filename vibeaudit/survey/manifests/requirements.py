"""requirements files: pins, ranges, extras, markers, hashes, URLs, includes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.model import LeftOut
from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Declared, Reading, own_code

_COMMENT = re.compile(r"(^|\s)#.*$")
_INCLUDE = re.compile(r"^(?:-r|--requirement|-c|--constraint)[\s=]*(?P<path>\S+)")
_EGG = re.compile(r"[#&]egg=(?P<name>[A-Za-z0-9._-]+)")
_OPTION = re.compile(r"\s--?(?:hash|config-settings?|global-option|no-binary|only-binary)\b.*$")
_LIKE_NAME = re.compile(r"^(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?P<spec>.*)$")


def read(file: SourceFile) -> Reading:
    """`-r` and `-c` end up in `includes`."""
    dev = bool(re.search(r"(^|[-_./])(dev|test|tests|lint|docs?)([-_./]|$)", str(file.path).lower()))
    declared: list[Declared] = []
    includes: list[str] = []
    left_out: list[LeftOut] = []
    for number, line in _logical_lines(file.lines):
        if match := _INCLUDE.match(line):
            includes.append(match["path"])
            continue
        line = re.sub(r"^(?:-e|--editable)[\s=]+", "", line)
        if line.startswith(("-", ".[")) or own_code(line) or line in {".", ""}:
            continue
        if one := parse(line, number, dev):
            declared.append(one)
        else:
            left_out.append(LeftOut(f"{file.path}:{number}", "not a requirement that can be read"))
    return Reading(tuple(declared), includes=tuple(includes), left_out=tuple(left_out))


def parse(text: str, line: int, dev: bool = False) -> Declared | None:
    """One requirement; None when it is none. A URL ends up in `spec`."""
    from packaging.requirements import InvalidRequirement, Requirement

    text = _OPTION.sub("", text).strip()
    if re.match(r"^(?:git|hg|svn|bzr)\+|^https?://", text):
        egg = _EGG.search(text)
        name = egg["name"] if egg else re.sub(r"(\.git|@[^/]*)?([#?].*)?$", "", text).rsplit("/", 1)[-1]
        return Declared("PyPI", _normal(name.split("@")[0]), text, line, dev)
    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError, ValueError):
        match = _LIKE_NAME.match(text)  # such as a pin to an invalid version
        if not match or (match["spec"] and match["spec"][0] not in "=<>!~;"):
            return None
        return Declared("PyPI", _normal(match["name"]), match["spec"].split(";")[0].strip(), line, dev)
    spec = requirement.url or ",".join(sorted(str(requirement.specifier).split(",")))
    return Declared("PyPI", _normal(requirement.name), spec, line, dev)


def _logical_lines(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Lines without comments, continuations joined, with the number of the first."""
    start, held = 0, ""
    for number, raw in enumerate(lines, 1):
        line = _COMMENT.sub("", raw)
        start = start or number
        if line.rstrip().endswith("\\") and len(held) < 20_000:
            held += line.rstrip()[:-1] + " "
            continue
        if text := (held + line).strip():
            yield start, text[:20_000]
        start, held = 0, ""
    if held.strip():
        yield start, held.strip()


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
