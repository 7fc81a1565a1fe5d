"""A Report again, from what a report folder holds. The audited code is not needed, and not there."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

from vibeaudit.errors import UsageError
from vibeaudit.model import (
    AppModel,
    Confidence,
    Coverage,
    Edit,
    Effort,
    EgressEntry,
    Finding,
    InferenceEntry,
    Ledgers,
    LeftOut,
    Location,
    Maps,
    Opinion,
    Outcome,
    Patch,
    Proof,
    Report,
    Rule,
    Safety,
    Severity,
    Snapshot,
    Status,
    Suppression,
    Text,
)
from vibeaudit.reports.document import VERSION
from vibeaudit.reports.folder import END_OF_HEADER, PATCH_FILE
from vibeaudit.reports.nouns import build

MAX_BYTES = 500_000_000


def load(folder: Path) -> Report:
    """The report that `write` put into `folder`, its snapshot without files. Raises UsageError."""
    document = _read(folder / "findings.json")
    ledger = _read(folder / "ledger.json") if (folder / "ledger.json").is_file() else {}
    if document.get("schema_version") != VERSION:
        raise UsageError(
            f"{folder}/findings.json was written by another version of vibeaudit", "audit the app again with this one"
        )
    try:
        return _report(document, ledger, folder)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UsageError(f"{folder}/findings.json is damaged: {error}", "audit the app again") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"{path} is too large to read")
        data = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read", "name a folder that `vibeaudit audit` wrote") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON", "audit the app again") from error
    if not isinstance(data, dict):
        raise UsageError(f"{path} is not a report", "name a folder that `vibeaudit audit` wrote")
    return data


def _report(document: dict[str, Any], ledger: dict[str, Any], folder: Path) -> Report:
    rules = {i: _rule(i, r) for i, r in document["rules"].items()}
    return Report(
        snapshot=_snapshot(document["target"]),
        app=build(AppModel, document["app"]),
        maps=build(Maps, document["maps"]),
        outcomes=_outcomes(document["assurance"], ledger.get("outcomes", [])),
        findings=tuple(_finding(f) for f in document["findings"]),
        patches=tuple(_patch(p, folder) for p in document["patches"]),
        rules={i: rules.get(i) or _named(i) for i in document["rules_asked"]},
        ledgers=_ledgers(document, ledger),
        opinions=build(tuple[Opinion, ...], ledger.get("opinions", [])),
        version=build(str, document["version"]),
        generated_at=build(str, document["generated_at"]),
        seconds=build(float, document["seconds"]),
    )


def _snapshot(target: dict[str, Any]) -> Snapshot:
    return Snapshot(
        root=Path(),
        origin=build(str, target["origin"]),
        name=build(str, target["name"]),
        commit=build(str | None, target["commit"]),
        files=(),
        left_out=_left_out(target["left_out"]),
        changed=build(frozenset[str] | None, target["changed"]),
    )


def _left_out(entry: dict[str, Any]) -> tuple[LeftOut, ...]:
    """The list as it was, those that were only counted standing as unnamed ones."""
    known: tuple[LeftOut, ...] = build(tuple[LeftOut, ...], entry["first"])
    more: int = build(int, entry["count"]) - len(known)
    return known + (LeftOut("…", ""),) * max(0, more)


def _outcomes(assurance: list[dict[str, Any]], timed: list[dict[str, Any]]) -> tuple[Outcome, ...]:
    seconds = [build(float, t.get("seconds", 0.0)) for t in timed]
    return tuple(
        Outcome(
            analyzer=build(str, o["analyzer"]),
            status=Status(o["status"]),
            reason=build(str, o["reason"]),
            covered=Coverage(build(str, o["unit"]), build(int, o["looked_at"]), _left_out(o["left_out"])),
            seconds=seconds[n] if n < len(seconds) else 0.0,
        )
        for n, o in enumerate(assurance)
    )


def _ledgers(document: dict[str, Any], ledger: dict[str, Any]) -> Ledgers:
    timed = [e.get("seconds", 0.0) for e in ledger.get("inference", [])]
    entries = [{**e, "seconds": timed[n] if n < len(timed) else 0.0} for n, e in enumerate(document["inference"])]
    return Ledgers(
        build(tuple[EgressEntry, ...], document["egress"]),
        build(tuple[InferenceEntry, ...], entries),
        build(bool, document["sandboxed"]),
    )


def _finding(data: dict[str, Any]) -> Finding:
    return Finding(
        rule_id=build(str, data["rule_id"]),
        message=build(str, data["message"]),
        severity=build(Severity, data["severity"]),
        confidence=build(Confidence, data["confidence"]),
        primary=_place(data),
        related=tuple(_place(t) for t in data["trace"]),
        sources=build(frozenset[str], data["sources"]),
        cwe=build(tuple[int, ...], data["cwe"]),
        facts=tuple(sorted((k, build(str, v)) for k, v in data["facts"].items())),
        anchor=build(str, data["anchor"]),
        occurrence=build(int, data["occurrence"]),
        snippet=build(str, data["snippet"]),
        notes=build(tuple[str, ...], data["notes"]),
        suppressed=build(Suppression | None, data["suppressed"]),
    )


def _place(data: dict[str, Any]) -> Location:
    return Location(
        path=PurePosixPath(build(str, data["path"])),
        line=build(int, data["start"]["line"]),
        column=build(int, data["start"]["column"]),
        end_line=build(int, data["end"]["line"]),
        end_column=build(int, data["end"]["column"]),
        note=build(str, data["note"]),
    )


def _rule(rule_id: str, data: dict[str, Any]) -> Rule:
    return Rule(
        id=rule_id,
        pack=build(str, data["pack"]),
        title=_text(data["title"]),
        risk=_text(data["risk"]),
        remedy=_text(data["remedy"]),
        severity=build(Severity, data["severity"]),
        confidence=build(Confidence, data["confidence"]),
        effort=build(Effort, data["effort"]),
        cwe=build(tuple[int, ...], data["cwe"]),
        taxonomy=build(tuple[str, ...], data["taxonomy"]),
        references=build(tuple[str, ...], data["references"]),
        matchers={build(str, e): {} for e in data["engines"]},
    )


def _named(rule_id: str) -> Rule:
    """A rule that was asked and found nothing: the report only counts it."""
    name = Text(rule_id, rule_id)
    return Rule(rule_id, "", name, name, name, Severity.INFO, Confidence.LOW, Effort(0, ""), (), (), (), {})


def _text(data: dict[str, Any]) -> Text:
    return Text(build(str, data["en"]), build(str, data["fr"]))


def _patch(data: dict[str, Any], folder: Path) -> Patch:
    proof = {k: v for k, v in data["proof"].items() if k != "verified"}
    edits = [
        Edit(PurePosixPath(e["path"]), build(int, e.get("start", 0)), build(int, e.get("end", 0)), e["text"].encode())
        for e in data["edits"] or ()
    ]
    return Patch(
        rule_ids=build(tuple[str, ...], data["rule_ids"]),
        title=_text(data["title"]),
        safety=build(Safety, data["safety"]),
        author=build(str, data["author"]),
        edits=tuple(edits),
        fixes=build(frozenset[str], data["fixes"]),
        diff=_diff(data, folder),
        body=_text(data["body"]),
        proof=build(Proof, proof),
        conflict=build(str, data["conflict"]),
    )


def _diff(data: dict[str, Any], folder: Path) -> str:
    """The patch file's own diff where it still lies there; else the printed one, whose secrets are masked."""
    name = str(data["file"] or "")
    file = folder / name
    if not PATCH_FILE.fullmatch(name) or file.is_symlink() or file.parent.is_symlink() or not file.is_file():
        return str(build(str, data["diff"]))
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    return text.partition(END_OF_HEADER)[2] or text
