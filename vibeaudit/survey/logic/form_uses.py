"""What the app does with a form or a serializer of Django: whether strangers fill rows through it, or it only shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import Function, Klass, Module, text_of

if TYPE_CHECKING:
    from vibeaudit.survey.project import Project

_FOR_OTHERS = re.compile(
    r"(?i)admin|staff|read|list|detail|response|output|public|summary|nested|simple|mini|basic|login|token"
)
_WRITING = re.compile(
    r"^(?:ModelViewSet|(?:Create|Update|ListCreate|RetrieveUpdate(?:Destroy)?)APIView|(?:Create|Update)ModelMixin)$"
)
_FOR_FEW = re.compile(
    r"(?i)admin|staff|superuser|manager|DjangoModelPermissions|is_?owner_?of|role|permission_required"
)
_NAMES_COLUMNS = re.compile(r"\bdef create\(")
_HANDS_ON = re.compile(r"\*\*\w*(?:data|attrs)|super\(\w*(?:, self)?\)\.create")


def takes(project: Project, klass: Klass, said: str) -> bool:
    """Whether callers who are nobody in particular fill rows through this serializer."""
    if _FOR_OTHERS.search(klass.name) or (_NAMES_COLUMNS.search(said) and not _HANDS_ON.search(said)):
        return False  # or it writes the columns that it names
    used = re.compile(rf"\b{klass.name}\(\s*[^()]*\bdata\s*=\s*(?:self\.)?request\.")
    named = re.compile(rf"\bserializer_class\s*=\s*(?:\w+\.)?{klass.name}\b")
    for text, bases, few in _views(project, klass.name):
        if (used.search(text) or (named.search(text) and any(_WRITING.match(b) for b in bases))) and not few:
            return True
    return False


def fills(project: Project, klass: Klass) -> bool:
    """The same of a form: `Form(request.POST)`, or a view that names it."""
    used = re.compile(rf"\b{klass.name}\(\s*[^()]*(?:self\.)?request\.POST\b")
    named = re.compile(rf"\bform_class\s*=\s*(?:\w+\.)?{klass.name}\b")
    if re.search(r"(?i)admin|staff", klass.name):
        return False
    return any((used.search(t) or named.search(t)) and not few for t, _, few in _views(project, klass.name))


def only_shows(project: Project, klass: Klass) -> bool:
    """Whether a serializer is used, and never with what a caller sent."""
    made = re.compile(rf"\b{klass.name}\(")
    takes_data = re.compile(rf"\b{klass.name}\(\s*[^()]*\bdata\s*=")
    named = re.compile(rf"\bserializer_class\s*=\s*(?:\w+\.)?{klass.name}\b|return\s+(?:\w+\.)?{klass.name}\s*$", re.M)
    views = [(t, b) for t, b, _ in _views(project, klass.name) if made.search(t) or named.search(t)]
    return bool(views) and not any(takes_data.search(t) or named.search(t) for t, _ in views)


def _views(project: Project, name: str) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """(text, bases, whether only few may use it) of the classes and functions that name it."""
    hint = re.compile(rb"\b" + name.encode() + rb"\b")
    for module in project.hinted(hint, "python"):
        for view in module.classes:
            if name != view.name and name in (text := text_of(view.node)):
                yield text, tuple(b.split(".")[-1] for b in view.bases), bool(_FOR_FEW.search(text))
        for function in module.functions:
            if not function.owner and name in (text := text_of(function.node)):
                few = _FOR_FEW.search(text) or _FOR_FEW.search(_decorators(project, module, function))
                yield text, (), bool(few)


def _decorators(project: Project, module: Module, function: Function) -> str:
    """What the app's own decorators of a function say."""
    names = [re.sub(r"^@|\(.*", "", text_of(d), flags=re.DOTALL).strip() for d in function.decorators]
    found = [project.meaning(module, n) for n in names if re.fullmatch(r"[\w.]+", n)]
    nodes = [(f.function.node if f.function else f.value) for f in found if f is not None]
    return " ".join(text_of(n)[:2000] for n in nodes if n is not None)
