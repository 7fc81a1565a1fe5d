"""Moves a dependency to the first release that closes all of its known holes, in the manifest."""

from __future__ import annotations

import re

from vibeaudit.model import Edit, Finding, Safety, Text
from vibeaudit.remedy.fixer import Bench, Proposal, Refusal
from vibeaudit.remedy.lines import line_bytes
from vibeaudit.source import SourceFile

RULES = (
    "known-critical-release",
    "malicious-release",
    "next-middleware-bypass",
    "react-server-components-rce",
    "vulnerable-dependency",
)
_INSTALL = {
    "package.json": "npm install",
    "requirements": "pip install -r",
    "pyproject.toml": "uv lock / poetry lock",
    "Pipfile": "pipenv lock",
}
# name, operator and version; one bound only.
_REQUIREMENT = re.compile(
    r"^(?P<before>[\s\"']*{name}\s*(?:\[[^\]]*\])?\s*)(?P<operator>===?|~=|>=)?\s*(?P<version>v?\d[\w.+!-]*)?(?P<after>[^,]*)$"
)
_VALUE = re.compile(r"(?P<before>[\"'](?:\^|~|>=|==|=|v)?\s*)(?P<version>\d[\w.+-]*)(?P<after>[\"'])")


def propose(finding: Finding, bench: Bench) -> Proposal | Refusal:
    """The range keeps its operator. What a lockfile pins is only advice, for the lockfile must be made anew."""
    facts = dict(finding.facts)
    package, fixed = facts["package"], facts.get("fixed_version", "")
    if not fixed:
        return Refusal(f"no release of {package} closes this: replace or remove it")
    if facts.get("direct") != "yes":
        return Refusal(f"another package asks for {package}: update that one, or override the version")
    file = bench.flagged(finding)
    kind = next((k for k in _INSTALL if k in file.path.name), "requirements" if file.path.suffix == ".txt" else "")
    if not kind:
        return Refusal("the version stands in a lockfile, which the package manager must make anew")
    edit = _edit(file, finding.primary.line, package, fixed)
    if isinstance(edit, Refusal):
        return edit
    locked = any(p.path != file.path for p in finding.related)
    command = _INSTALL[kind] + (f" {file.path.name}" if kind == "requirements" else "")
    return Proposal(
        Text(f"Move {package} from {facts['version']} to {fixed}", f"Passer {package} de {facts['version']} à {fixed}"),
        (edit,),
        Safety.DISPLAY if locked else Safety.UNSAFE,
        Text(
            f"Run {command}, then the tests"
            + (": the lockfile still pins the old release until then." if locked else "; read the release notes."),
            f"Lancer {command}, puis les tests"
            + (" : d'ici là le fichier de verrouillage impose l'ancienne version." if locked else " ; lire les notes."),
        ),
    )


def _edit(file: SourceFile, line: int, package: str, fixed: str) -> Edit | Refusal:
    start, raw = line_bytes(file, line)
    shown = raw.decode("utf-8", "replace")
    if "--hash" in shown or shown.rstrip().endswith("\\"):
        return Refusal("the entry is locked by hashes: let pip-compile or uv make the file anew")
    name = "[-_.]+".join(re.escape(piece) for piece in re.split(r"[-_.]+", package))
    keyed = re.search(rf"^\s*[\"']?{name}[\"']?\s*[:=]\s*(?!=)", shown, re.IGNORECASE)
    if keyed:
        found = _VALUE.search(shown, keyed.end())
        new = fixed
    else:
        pattern = re.compile(_REQUIREMENT.pattern.replace("{name}", name), re.IGNORECASE)
        found = pattern.match(shown.rstrip().rstrip(","))
        if found is not None and found["version"] is None and found["operator"] is None:
            at = start + len(shown[: found.end("before")].rstrip().encode())
            return Edit(file.path, at, at, f">={fixed}".encode())
        new = fixed
    if found is None or found["version"] is None:
        return Refusal("the range has several bounds")
    at = start + len(shown[: found.start("version")].encode())
    return Edit(file.path, at, at + len(found["version"].encode()), new.encode())
