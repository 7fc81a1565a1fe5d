"""A value beside a name, in whatever syntax: code, JSON, YAML, TOML, env files, compose lists, Dockerfiles, XML.

Every pattern is matched at a keyword's place and bounded, so that no text makes it slow.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vibeaudit.analyzers.secret_text import MAX_LINE_FOR_NAMES, Readable

_QUOTED = r"""[rbufRBUF]{0,2}(?:"(?P<d>[^"\n\r]{1,512})"|'(?P<s>[^'\n\r]{1,512})'|`(?P<b>[^`\n\r]{1,512})`)"""
_WRAPPED = (
    r"(?:(?:Field|SecretStr|String|Secret|str|bytes|Buffer\.from|Fernet|base64\.b64decode|b64decode|atob|"
    r"new\s+TextEncoder\(\)\.encode)\(\s{0,4}(?:default\s?=\s?)?)?"
)
_CODE = re.compile(
    r"[\w\-]{0,40}+[\"'`]?[\])]{0,2}!?\s{0,10}"
    r"(?:(?P<set>(?::\s{0,4}[A-Za-z][\w.\[\]<>| ]{0,40}?)?\s{0,4}(?:=(?![=>])|:=|[?+]=|=>)|:(?![:=]))"
    r"|(?P<compare>===?|!==?|\.equals\()|(?P<comma>,)|(?P<fallback>\|\|=?|\?\?=?|\bor\b|\?:))"
    rf"\s{{0,20}}{_WRAPPED}{_QUOTED}"
)
_LINE = re.compile(
    r"[\w.\-]{0,40}+[ \t]{0,8}(?:=|:(?=[ \t]))[ \t]{0,20}"
    r"(?P<v>[^\s\"'#`\[{&*|>][^\s#]{0,600})(?=[ \t]*(?:\s#[^\n]*)?\r?(?:\n|\Z|\\))"
)
_SHELL = re.compile(r"\w{0,40}+=(?P<v>[^\s\"'$`;|&<>()][^\s\"'`;|&<>()]{2,600})(?=[\s;&|]|\Z)")
_DOCKER = re.compile(r"\w{0,40}+[= ](?P<v>[^\s\"'$\\=][^\s\"'\\]{2,600})(?=\s|\Z)")
_HEADER = re.compile(r"[\w\-]{0,40}+:[ ]{1,4}(?P<v>[^\s\"'`$<{}]{12,600})(?=[\"'`])")
_XML = re.compile(r"[\w.\-]{0,40}+>\s{0,8}(?P<v>[^<>\s]{3,512})\s{0,8}</")
_BY_LANGUAGE = {
    "dotenv": (_CODE, _LINE),
    "yaml": (_CODE, _LINE),
    "ini": (_CODE, _LINE),
    "text": (_CODE, _LINE),
    "toml": (_CODE,),
    "bash": (_CODE, _SHELL, _HEADER),
    "dockerfile": (_CODE, _DOCKER),
    "xml": (_XML, _CODE),
}
_SHELLS = frozenset(("bash", "make", "dockerfile", "text", "yaml", "python"))  # where `backticks` are no quotes
_LOOKS_UP = re.compile(
    r"""(?ix)(?:getenv|environ\.get|environ\.setdefault|\benv|\benv\.(?:str|get)|\bconfig|config\.get|\bget(?:Env|_env)?(?:OrDefault)?|
    setHeader|headers\.(?:set|append)|\.set|\.header|\.append|define|_env)\s{0,2}\(\s{0,4}["'`][\w\-.]*$"""
)
_OF_ENVIRONMENT = re.compile(r"^[\w.]*\benv(?:iron)?\.(?=\w)")
_NAME_BEFORE = re.compile(r"(?<![\w\-.$])[\w\-.$]*\Z")


@dataclass(frozen=True, slots=True)
class Assignment:
    """`how`: set, fallback (used when the environment gives none) or compare. The span is the value's."""

    name: str
    how: str
    start: int
    end: int
    quoted: bool


def assignment_at(text: Readable, start: int, end: int) -> Assignment | None:
    """What is assigned to the name that holds the keyword between `start` and `end`."""
    for pattern in _BY_LANGUAGE.get(text.file.language, (_CODE, _HEADER)):
        if (match := pattern.match(text.text, end)) and (found := _assignment(text, match, start, end)):
            return found
    return None


def _assignment(text: Readable, match: re.Match[str], start: int, end: int) -> Assignment | None:
    group = next((g for g in ("d", "s", "b", "v") if g in match.re.groupindex and match[g] is not None), None)
    if group is None:
        return None
    first, last = text.line_span(start)
    if last - first > MAX_LINE_FOR_NAMES:
        return None
    before = text.text[max(first, start - 80) : start]
    how = _how(match, before)
    named = _NAME_BEFORE.search(before)
    rest = re.match(r"[\w\-]*", text.text[end : end + 40])
    name = (named[0] if named else "") + text.text[start:end] + (rest[0] if rest else "")
    start_at, end_at = match.span(group)
    end_at = start_at + len(match[group].rstrip())  # a notebook's closing quote lost its backslash to a space
    if group == "b" and text.file.language in _SHELLS:
        return None  # what a command prints
    if match.re is _HEADER and not re.search(r"[\"'`][\w\-]*$", before):
        return None
    return Assignment(_OF_ENVIRONMENT.sub("", name).strip("-."), how, start_at, end_at, group != "v") if how else None


def _how(match: re.Match[str], before: str) -> str:
    kinds = match.re.groupindex
    if "set" not in kinds or match["set"] is not None:
        return "set"
    if match["compare"] is not None:
        return "compare"
    if match["fallback"] is not None:
        return "fallback"
    if not _LOOKS_UP.search(before):
        return ""
    return "set" if re.search(r"(?i)(?:header|append|set|define)\s*\(\s*[\"'`][\w\-.]*$", before) else "fallback"
