"""Gathers native semgrep rules: from the rule book, and from a consultant's own files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from vibeaudit.errors import RuleError
from vibeaudit.model import Confidence, Effort, LeftOut, Rule, Severity, Text
from vibeaudit.rules import RuleBook, folder, read_yaml
from vibeaudit.source import SourceFile

CANARY = "vibeaudit-canary"
CANARY_CODE = "vibeaudit_canary(1)\n"
_CANARY_RULE = {
    "id": CANARY,
    "languages": ["python"],
    "message": "-",
    "severity": "INFO",
    "pattern": "vibeaudit_canary(...)",
}
# Keys of a matcher that are ours and not semgrep's.
_OURS = frozenset(("masks", "severity", "confidence", "needs", "in_files"))
# Data does not pass through a comparison, a number, or the index of a look-up.
_TAINT = {f"taint_assume_safe_{kind}": True for kind in ("booleans", "numbers", "indexes", "comparisons")}
_SUFFIXES = frozenset((".yaml", ".yml", ".json"))
_SEVERITIES = {
    "CRITICAL": Severity.CRITICAL,
    "ERROR": Severity.HIGH,
    "HIGH": Severity.HIGH,
    "WARNING": Severity.MEDIUM,
    "MEDIUM": Severity.MEDIUM,
    "LOW": Severity.LOW,
}
_CANONICAL = {
    "py": "python",
    "python2": "python",
    "python3": "python",
    "js": "javascript",
    "ts": "typescript",
    "none": "generic",
    "sh": "bash",
    "docker": "dockerfile",
    "tf": "terraform",
    "hcl": "terraform",
    "golang": "go",
    "rs": "rust",
    "kt": "kotlin",
    "cs": "csharp",
    "c#": "csharp",
    "c++": "cpp",
}


@dataclass(frozen=True, slots=True)
class Matcher:
    """One native rule. `key` is its id inside the run; `masks` names the metavariables that hold a secret.
    `consultant`: the finding's words are semgrep's message, not the rule's title.
    `severity` and `confidence` stand for the rule's own where this shape is worse or less sure.
    `needs`: a regular expression; without a file that holds it, the matcher has nothing to find. `in_files`: those that
    a file must all hold for the matcher to look at it, for shapes whose words semgrep itself finds in every file."""

    key: str
    rule: Rule
    native: Mapping[str, Any]
    masks: tuple[str, ...] = ()
    consultant: bool = False
    severity: Severity | None = None
    confidence: Confidence | None = None
    needs: str = ""
    in_files: tuple[str, ...] = ()


def worthwhile(wanted: Iterable[Matcher], files: Iterable[SourceFile]) -> tuple[Matcher, ...]:
    """The matchers that some file could concern: an app without a language model skips what is about one."""
    wanted = tuple(wanted)
    missing = {m.needs for m in wanted if m.needs}
    patterns = {need: re.compile(need.encode()) for need in missing}
    for file in files:
        missing -= {need for need in missing if file.holds(patterns[need])}
        if not missing:
            break
    return tuple(m for m in wanted if m.needs not in missing)


def matchers(book: RuleBook) -> tuple[Matcher, ...]:
    """The `semgrep:` matchers of the rule book; a rule may have several, for several languages."""
    made = []
    for rule in book.of("semgrep"):
        given = rule.matchers["semgrep"]
        for number, matcher in enumerate(given if isinstance(given, list) else [given]):
            made.append(_ours(rule, matcher, f"r{number}.{rule.id}"))
    return tuple(made)


def _ours(rule: Rule, matcher: Mapping[str, Any], key: str) -> Matcher:
    native = {k: _expanded(v) for k, v in matcher.items() if k not in _OURS}
    return Matcher(
        key,
        rule,
        {"options": _TAINT, **native} if native.get("mode") == "taint" else native,
        tuple(matcher.get("masks", ())),
        severity=Severity[matcher["severity"].upper()] if "severity" in matcher else None,
        confidence=Confidence[matcher["confidence"].upper()] if "confidence" in matcher else None,
        needs=str(matcher.get("needs", "")),
        in_files=tuple(_expanded([given] if isinstance(given := matcher.get("in_files", []), str) else given)),
    )


def _expanded(value: Any) -> Any:
    """The value with each list entry `use: name` replaced by the list in rulesets/<pack>/shared/name.yaml."""
    if isinstance(value, dict):
        return {k: _expanded(v) for k, v in value.items()}
    if not isinstance(value, list):
        return value
    entries: list[Any] = []
    for entry in value:
        used = entry.get("use") if isinstance(entry, dict) else None
        entries += _shared(used) if used else [_expanded(entry)]
    return entries


@lru_cache
def _shared(name: str) -> list[Any]:
    for path in sorted(folder("rulesets").glob(f"*/shared/{name}.yaml")):
        return list(_expanded(read_yaml(path.read_text("utf-8"))))
    raise RuleError(f"no rulesets/*/shared/{name}.yaml", "a matcher asks for it with `use:`")


def rules_file(wanted: Iterable[Matcher]) -> dict[str, Any]:
    """What semgrep reads: the matchers under their keys, and the canary."""
    fixed = {"message": "-", "severity": "INFO"}
    return {"rules": [*({**fixed, **m.native, "id": m.key} for m in wanted), _CANARY_RULE]}


def analyzers_of(wanted: Iterable[Matcher]) -> frozenset[str]:
    """The languages that the matchers speak, by semgrep's own names."""
    return frozenset(name for matcher in wanted for name in languages_of(matcher))


def languages_of(matcher: Matcher) -> frozenset[str]:
    """The languages that one matcher speaks."""
    names = (str(name).lower() for name in _names(matcher.native.get("languages")))
    return frozenset(_CANONICAL.get(name, name) for name in names)


def consultant_rules(paths: Sequence[Path]) -> tuple[tuple[Matcher, ...], tuple[LeftOut, ...]]:
    """The rules below `paths` (files or folders), and what could not be read, with the reason."""
    made: list[Matcher] = []
    refused: list[LeftOut] = []
    for path in _files(paths, refused):
        try:
            entries = read_yaml(path.read_text("utf-8"))["rules"]
            if not isinstance(entries, list):
                raise TypeError("its `rules` is no list")
        except (OSError, UnicodeError, ValueError, KeyError, TypeError, RecursionError, yaml.YAMLError) as error:
            why = "it has no `rules`" if isinstance(error, KeyError) else " ".join(str(error).split())[:200]
            refused.append(LeftOut(f"rules file {path.name}", why))
            continue
        for number, entry in enumerate(entries):
            try:
                made.append(_consultant(entry, f"c{len(made)}"))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                refused.append(LeftOut(f"rule {number + 1} of {path.name}", f"it lacks {error}"[:200]))
    return tuple(made), tuple(refused)


def _files(paths: Sequence[Path], refused: list[LeftOut]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in _SUFFIXES and ".test." not in p.name)
        elif path.is_file():
            found.append(path)
        else:
            refused.append(LeftOut(f"rules file {path.name}", "there is no such file or folder"))
    return found


def _consultant(entry: Mapping[str, Any], key: str) -> Matcher:
    rule_id, message, languages = str(entry["id"]), str(entry["message"]), entry["languages"]
    if not isinstance(languages, list):
        raise TypeError("a list of languages")
    metadata = entry.get("metadata") or {}
    shown = Text(" ".join(message.split()), " ".join(message.split()))
    fix = str(metadata.get("remediation", "")) or "See the rule's own description."
    rule = Rule(
        id=rule_id,
        pack="consultant",
        title=Text(rule_id, rule_id),
        risk=shown,
        remedy=Text(fix, fix),
        severity=_SEVERITIES.get(str(entry.get("severity", "WARNING")).upper(), Severity.LOW),
        confidence=_confidence(metadata.get("confidence")),
        effort=Effort(30, "developer"),
        cwe=_numbers(metadata.get("cwe")),
        taxonomy=(),
        references=tuple(str(r) for r in _names(metadata.get("references"))),
        matchers={"semgrep": entry},
    )
    return Matcher(key, rule, {k: v for k, v in entry.items() if k != "metadata"}, consultant=True)


def _confidence(value: object) -> Confidence:
    name = str(value).upper()
    return Confidence[name] if name in Confidence.__members__ else Confidence.MEDIUM


def _numbers(value: object) -> tuple[int, ...]:
    """CWE numbers out of "CWE-89: ..." or a list of such."""
    found = (re.search(r"CWE-(\d{1,5})", str(text), re.IGNORECASE) for text in _names(value))
    return tuple(int(m[1]) for m in found if m)


def _names(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value is not None else []
