"""Makes vibeaudit/reports/schema/findings.schema.json from the nouns: `python -m tests.report_schema` writes it."""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from pathlib import Path, PurePosixPath
from typing import Any

from vibeaudit.model import (
    AppModel,
    Confidence,
    Edit,
    Effort,
    EgressEntry,
    InferenceEntry,
    LeftOut,
    Maps,
    Proof,
    Safety,
    Severity,
    Status,
    Suppression,
)
from vibeaudit.reports.document import SCHEMA, VERSION
from vibeaudit.reports.fixes import STATUSES
from vibeaudit.reports.nouns import fields_of

FILE = Path(__file__).parent.parent / "vibeaudit" / "reports" / "schema" / "findings.schema.json"

STRING: dict[str, Any] = {"type": "string"}
COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
FINGERPRINT: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
SEVERITIES = [s.label for s in Severity]
CONFIDENCES = [c.label for c in Confidence]


def schema() -> dict[str, Any]:
    nouns: dict[str, Any] = {}
    for noun in (AppModel, Maps, EgressEntry, InferenceEntry, LeftOut, Suppression, Proof, Effort):
        _define(noun, nouns)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA,
        "title": "findings.json of vibeaudit",
        "description": "What an audit found. Only generated_at and seconds depend on the clock.",
        **closed(
            {
                "schema": {"const": SCHEMA},
                "schema_version": {"const": VERSION},
                "tool": closed({"name": {"const": "vibeaudit"}, "version": STRING}),
                "version": STRING,
                "generated_at": STRING,
                "seconds": {"type": "number", "minimum": 0},
                "target": ref("target"),
                "summary": ref("summary"),
                "assurance": listed(ref("outcome")),
                "findings": listed(ref("finding")),
                "rules": {"type": "object", "additionalProperties": ref("rule")},
                "rules_asked": listed(STRING),
                "patches": listed(ref("patch")),
                "app": ref("AppModel"),
                "maps": ref("Maps"),
                "egress": listed(ref("EgressEntry")),
                "inference": listed(ref("InferenceEntry")),
                "sandboxed": BOOLEAN,
            }
        ),
        "$defs": {**_parts(), **nouns},
    }


def _parts() -> dict[str, Any]:
    point = closed({"line": COUNT, "column": COUNT})
    place = {"path": {"type": "string", "minLength": 1}, "start": ref("point"), "end": ref("point"), "note": STRING}
    return {
        "text": closed({"en": STRING, "fr": STRING}),
        "point": point,
        "place": closed(place),
        "left_out": closed({"count": COUNT, "first": listed(ref("LeftOut"))}),
        "target": closed(
            {
                "origin": STRING,
                "name": STRING,
                "commit": maybe(STRING),
                "files": COUNT,
                "left_out": ref("left_out"),
                "changed": maybe(listed(STRING)),
            }
        ),
        "summary": closed(
            {
                "by_severity": closed(dict.fromkeys(SEVERITIES, COUNT)),
                "open": COUNT,
                "suppressed": COUNT,
                "verdict": {"enum": ["blocked", "unanswered", "open-points", "no-blocker"]},
                "complete": BOOLEAN,
                "not_assessed": listed(STRING),
            }
        ),
        "outcome": closed(
            {
                "analyzer": STRING,
                "status": {"enum": [s.value for s in Status]},
                "reason": STRING,
                "unit": STRING,
                "looked_at": COUNT,
                "left_out": ref("left_out"),
            }
        ),
        "finding": _finding(place),
        "rule": _rule(),
        "patch": _patch(),
    }


def _finding(place: dict[str, Any]) -> dict[str, Any]:
    return closed(
        {
            "fingerprint": FINGERPRINT,
            "rule_id": STRING,
            "severity": {"enum": SEVERITIES},
            "confidence": {"enum": CONFIDENCES},
            "sources": listed(STRING),
            "cwe": listed(COUNT),
            "taxonomy": listed(STRING),
            "title": ref("text"),
            "risk": maybe(ref("text")),
            "remedy": maybe(ref("text")),
            "message": STRING,
            **place,
            "snippet": STRING,
            "trace": listed(ref("place")),
            "facts": {"type": "object", "additionalProperties": STRING},
            "anchor": STRING,
            "occurrence": COUNT,
            "notes": listed(STRING),
            "suppressed": maybe(ref("Suppression")),
            "fix": closed({"status": {"enum": list(STATUSES)}, "patch": maybe(STRING)}),
        }
    )


def _rule() -> dict[str, Any]:
    return closed(
        {
            "pack": STRING,
            "title": ref("text"),
            "risk": ref("text"),
            "remedy": ref("text"),
            "severity": {"enum": SEVERITIES},
            "confidence": {"enum": CONFIDENCES},
            "effort": ref("Effort"),
            "cwe": listed(COUNT),
            "taxonomy": listed(STRING),
            "references": listed(STRING),
            "engines": listed(STRING),
        }
    )


def _patch() -> dict[str, Any]:
    edit = closed({f.name: STRING if f.name in ("path", "text") else COUNT for f in dataclasses.fields(Edit)})
    proof: dict[str, Any] = {}
    _define(Proof, proof)
    proof["Proof"]["properties"]["verified"] = BOOLEAN
    proof["Proof"]["required"] = ["verified"]
    return closed(
        {
            "id": STRING,
            "rule_ids": {**listed(STRING), "minItems": 1},
            "title": ref("text"),
            "body": ref("text"),
            "safety": {"enum": [s.label for s in Safety]},
            "author": STRING,
            "status": {"enum": list(STATUSES)},
            "conflict": STRING,
            "fixes": listed(FINGERPRINT),
            "proof": proof["Proof"],
            "file": maybe({"type": "string", "pattern": r"^patches/(unverified/)?[A-Za-z0-9._-]+\.patch$"}),
            "diff": STRING,
            "edits": maybe(listed(edit)),
        }
    )


def closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(properties),
        "additionalProperties": False,
    }


def listed(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def maybe(kind: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [kind, {"type": "null"}]}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _define(noun: type, into: dict[str, Any]) -> dict[str, Any]:
    """A noun as `plain` writes it: fields that hold their default are left out."""
    if noun.__name__ not in into:
        into[noun.__name__] = {}
        fields = fields_of(noun)
        missing = dataclasses.MISSING
        needed = [
            f.name
            for f in dataclasses.fields(noun)
            if f.default is missing
            and f.default_factory is missing
            and not (noun is InferenceEntry and f.name == "seconds")
        ]
        shown = {k: _kind(v, into) for k, v in fields.items() if not (noun is InferenceEntry and k == "seconds")}
        into[noun.__name__] = {**closed(shown), "required": sorted(needed)}
    return ref(noun.__name__)


def _kind(kind: Any, into: dict[str, Any]) -> dict[str, Any]:
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [_kind(k, into) for k in inner]}
    if origin is tuple and inner[-1] is not Ellipsis:
        kinds = [_kind(k, into) for k in inner]
        return {"type": "array", "prefixItems": kinds, "items": False, "minItems": len(kinds)}
    if origin in (tuple, frozenset):
        return listed(_kind(inner[0], into))
    if dataclasses.is_dataclass(kind):
        return _define(typing.cast("type", kind), into)
    if isinstance(kind, type) and issubclass(kind, enum.IntEnum):
        return {"enum": [m.name.lower() for m in kind]}
    names = {
        str: "string",
        PurePosixPath: "string",
        int: "integer",
        float: "number",
        bool: "boolean",
        type(None): "null",
    }
    return {"type": names[kind]}


def text() -> str:
    return json.dumps(schema(), indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
