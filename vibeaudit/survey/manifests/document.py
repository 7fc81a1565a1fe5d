"""JSON, YAML and TOML of unknown origin, with the lines on which their keys stand."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

from vibeaudit.source import SourceFile
from vibeaudit.survey.manifests import Unreadable

MAX_NESTING = 200
# Possessive and with an optional end, so that hostile text costs linear time.
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|//[^\n]*|/\*(?:[^*]|\*(?!/))*+(?:\*/)?')
_TRAILING = re.compile(r'("(?:[^"\\\n]|\\.)*+"?)|,(?=\s*[}\]])')
_TOKEN = re.compile(rb'"(?:[^"\\\n]|\\.)*+"?(\s*:)?|[{}\[\]]')
_INDENT = re.compile(r"^[ \t?-]{400,}", re.MULTILINE)
_BRACKET = re.compile(r"[\[\]{}]")


def read_json(file: SourceFile) -> dict[str, Any]:
    """The object that a JSON file holds."""
    text = file.text
    try:
        return _table(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not valid JSON: {_short(error)}") from error


def read_jsonc(file: SourceFile) -> dict[str, Any]:
    """JSON with comments and trailing commas."""
    strict = _TRAILING.sub(lambda m: m[1] or "", plain(file.text))
    try:
        return _table(json.loads(strict))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not valid JSON: {_short(error)}") from error


def plain(text: str) -> str:
    """JSON without its comments, line for line."""
    return _COMMENT.sub(lambda m: m[1] or "\n" * m.group().count("\n"), text)


def read_toml(file: SourceFile) -> dict[str, Any]:
    try:
        return tomllib.loads(file.text.replace("\r\n", "\n"))
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not valid TOML: {_short(error)}") from error


def read_yaml_nodes(file: SourceFile) -> Any:
    """The root node of a YAML document, which knows its lines. Aliases stay shared, so nothing explodes."""
    import yaml

    text = file.text
    if _INDENT.search(text) or _is_deep(text):  # the C composer recurses until the process dies
        raise Unreadable("nested too deeply")
    try:
        return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise Unreadable(f"not valid YAML: {_short(error)}") from error


def _is_deep(text: str) -> bool:
    depth = 0
    for match in _BRACKET.finditer(text):
        depth = depth + 1 if match.group() in "[{" else max(0, depth - 1)
        if depth > MAX_NESTING:
            return True
    return False


def pairs(node: Any) -> list[tuple[str, Any, int]]:
    """Key, value node and 1-based line of a YAML mapping; nothing for another node."""
    if getattr(node, "id", "") != "mapping":
        return []
    return [(k.value, v, k.start_mark.line + 1) for k, v in node.value if isinstance(k.value, str)]


def child(node: Any, key: str) -> Any:
    """The value node below a key of a YAML mapping, or None."""
    return next((v for k, v, _ in pairs(node) if k == key), None)


def scalar(node: Any) -> str:
    """A YAML scalar's text, or nothing."""
    return node.value if getattr(node, "id", "") == "scalar" and isinstance(node.value, str) else ""


def items(node: Any) -> list[Any]:
    return list(node.value) if getattr(node, "id", "") == "sequence" else []


def json_lines(file: SourceFile, depth: int) -> dict[tuple[str, ...], int]:
    """The 1-based line of each key of a JSON object, by its path, down to `depth` keys."""
    found: dict[tuple[str, ...], int] = {}
    path: list[str] = []
    line, at, nesting, in_array = 1, 0, 0, 0
    data = plain(file.text).encode("utf-8", "replace")
    key, key_line = "", 0
    for match in _TOKEN.finditer(data):
        line, at = line + data.count(b"\n", at, match.start()), match.start()
        token = match.group()
        if match[1] is not None:
            key, key_line = _unquoted(token[: -len(match[1])]), line
            if nesting <= depth and not in_array:
                found.setdefault((*path, key), key_line)
        elif token == b"{":
            nesting += 1
            if nesting > 1 and not in_array:
                path.append(key)
        elif token == b"}":
            nesting -= 1
            if path and not in_array:
                path.pop()
        elif token == b"[":
            in_array += 1
        elif token == b"]":
            in_array = max(0, in_array - 1)
    return found


def table(value: Any) -> dict[str, Any]:
    """The value when it is a table with text keys, else an empty one."""
    return {k: v for k, v in value.items() if isinstance(k, str)} if isinstance(value, dict) else {}


def rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _unquoted(token: bytes) -> str:
    try:
        return str(json.loads(token))
    except ValueError:
        return token.strip(b'"').decode("utf-8", "replace")


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Unreadable("not an object at its top")
    return value


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
