"""What rules may ask of Nest's routes that take files."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibeaudit.analyzers.appmodel_subject import Subject
from vibeaudit.analyzers.predicates import predicate
from vibeaudit.survey.accounts.scenes import bare_text, reached
from vibeaudit.survey.code import Call, Module, text_of
from vibeaudit.survey.handlers import handler_of
from vibeaudit.survey.whole_rows import project_of

_TAKES = re.compile(r"^(?:Any|\w*)?Files?(?:Fields)?Interceptor$")
_ASKS_TYPE = re.compile(
    r"mimetype|mime_?type|FileType|fileFilter|(?i:allowed|accepted|permitted|supported)_?\w*|isImage|sharp\(|file-type|magic|extname"
    r"|\.endsWith\(|\.(?:ext|extension)\b|ParseFile\w*|validat\w*File|File\w*Valid"
)
_READS_ROWS = re.compile(
    r"(?i)csv|xlsx|excel|workbook|JSON\.parse|pdf-?parse|mammoth|papaparse|vision|ocr|transcri|whisper|buffer\.toString\("
)
_KEEPS = re.compile(
    r"\.buffer\b|\.path\b|\.filename\b|putObject|PutObjectCommand|writeFile|createWriteStream|upload\w*\(|\.upload\b|\.location\b"
)
_FILTERED = re.compile(rb"MulterModule\.register\w*\([\s\S]{0,1500}?fileFilter")
_LANGUAGES = ("javascript", "typescript", "tsx")


@predicate("route", "keeps files of any type")
def _(s: Subject) -> bool:
    """Neither the interceptor nor a pipe nor any function on the way looks at what kind of file it is."""
    if s.route.framework != "nest" or not any(p.source == "file" for p in s.route.parameters):
        return False
    project = project_of(s.snapshot)
    handler = handler_of(project, s.route)
    if handler is None or project.says(_FILTERED, *_LANGUAGES):
        return False
    module, body = handler
    function = module.function_at(body)
    marks = " ".join(text_of(d) for d in function.decorators) if function is not None else ""
    if not any(_is_bare(c) for c in _interceptors(module, s)):
        return False
    said = " ".join(bare_text(project, m, n) for m, n in reached(project, module, body))
    texts = f"{marks} {said}"
    return not _ASKS_TYPE.search(texts) and not _READS_ROWS.search(texts) and _KEEPS.search(said) is not None


def _interceptors(module: Module, s: Subject) -> Iterator[Call]:
    """The interceptors that stand before the handler."""
    body = s.route.body
    for call in module.calls if body is not None else ():
        line = call.node.start_point[0] + 1
        if _TAKES.match(call.last) and body is not None and body.line - 20 <= line <= body.line:
            yield call


def _is_bare(call: Call) -> bool:
    """Whether it is given no settings, or an object of settings that neither filters nor names files on the disk."""
    last = call.args[-1] if call.args else None
    if last is None or last.type in ("string", "number", "array"):
        return True
    said = text_of(last)
    return last.type == "object" and not re.search(r"fileFilter|originalname|\.\.\.", said)
