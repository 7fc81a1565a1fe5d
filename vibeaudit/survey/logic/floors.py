"""Quantities, amounts and prices that a schema of a body takes as any number, below zero too. Forms of Python:
`bounds.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.accounts.schemas import declared
from vibeaudit.survey.classes import lineage
from vibeaudit.survey.code import Klass, Module, text_of
from vibeaudit.survey.logic.floors_script import numbers

if TYPE_CHECKING:
    from tree_sitter import Node

    from vibeaudit.survey.project import Project

HINT = re.compile(
    rb"(?i)quantit|\bqty\b|amount|price|stock|\bunits\b|\bseats\b|\bguests\b|\bnights\b|\btickets\b|\bbid\b"
)
_NUMBER = re.compile(
    r"(?i)(?:(?:unit|base|sale|total|order|item|ticket|product)_?)?(?:quantity|quantities|qty|amount|price|stock|units|seats"
    r"|guests|nights|tickets|bid)(?:_?(?:cents|kes|usd|eur|in_?cents|count))?"
)
_PRICE = re.compile(r"(?i)price")
_PYDANTIC = re.compile(r"^(?:BaseModel|SQLModel|Schema|Struct)$")
_PLAIN = re.compile(r"(?:Optional\[)?(?:int|float|Decimal|decimal\.Decimal)\]?(?:\s*\|\s*None)?|Union\[int, float\]")
_BOUND = re.compile(
    r"\b(?:gt|ge|min_value|min|minimum|choices|validate|default_factory|read_only|disabled)\s*=(?!=)"
    r"|NumberRange|MinValue|Positive|NonNegative|Range\("
)
_ANSWERS = re.compile(r"(?i)response|out(?:put)?$|read$|^show|result|indb$|public$|details?$|summary|stats|report")


def floors(project: Project, module: Module) -> Iterator[tuple[str, Node, str]]:
    """The first such field of each class or schema, if no code of the app looks whether it is below one."""
    of_module = _python(project, module) if module.kind == "python" else _script(module)
    for fields in of_module:
        open_ones = [(n, node) for n, node in fields if _NUMBER.fullmatch(n) and not _looked_at(project, n)]
        if any(not _PRICE.search(n) for n, _ in open_ones):  # a price alone is what the shop itself asks
            yield "takes a number without bounds", open_ones[0][1], open_ones[0][0]


def _python(project: Project, module: Module) -> Iterator[list[tuple[str, Node]]]:
    for klass in module.classes:
        line = lineage(project, module, klass.name)
        if line is None:
            continue
        said = text_of(klass.node)
        if line.inherits(_PYDANTIC) and not _ANSWERS.search(klass.name) and _taken(project, klass.name):
            yield [(n, node) for n, node in _typed(klass) if not _judged(said, n)]


def _typed(klass: Klass) -> Iterator[tuple[str, Node]]:
    for field in declared(klass):
        typed = text_of(field.child_by_field_name("type"))
        if _PLAIN.fullmatch(typed) and not _BOUND.search(text_of(field.child_by_field_name("right"))):
            yield text_of(field.child_by_field_name("left")), field


def _judged(said: str, name: str) -> bool:
    """Whether a method of the class compares the field with a number, or is a validator made for it."""
    made = rf"(?:validator|validates)\([^)]*['\"](?:{name}|\*)['\"]"
    return re.search(rf"(?s){made}|def (?:clean|validate)_{name}\b.{{0,200}}?[<>]=?\s*\d", said) is not None


def _taken(project: Project, name: str) -> bool:
    """Whether a function takes such an object, or a field of one that a function takes."""
    key = ("schemas", "taken")
    if key not in project.memory:
        project.memory[key] = _all_taken(project)
    return name in project.memory[key]  # type: ignore[operator]


_HANDLES = re.compile(r"\.(?:post|put|patch|api_route|route|mutation|tool)\b|api_view")
_NAMES = re.compile(r"\b[A-Z]\w*")


def _all_taken(project: Project) -> frozenset[str]:
    """By the types of what handlers take, their fields' types, and the classes above them."""
    modules = list(project.hinted(re.compile(rb"fastapi|FastAPI|APIRouter|ninja|litestar|flask"), "python"))
    waiting = {
        name
        for module in modules
        for function in module.functions
        if any(_HANDLES.search(text_of(d)) for d in function.decorators)
        for param in function.params
        for name in _NAMES.findall(param.type)
    }
    homes = {k.name: (m, k) for m in project.hinted(re.compile(rb"\bclass \w+\("), "python") for k in m.classes}
    taken: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in taken or name not in homes:
            continue
        taken.add(name)
        klass = homes[name][1]
        within = " ".join((*klass.bases, *(text_of(f.child_by_field_name("type")) for f in declared(klass))))
        waiting.update(_NAMES.findall(within))
    return frozenset(taken)


def _script(module: Module) -> Iterator[list[tuple[str, Node]]]:
    if re.search(r"\.(?:test|spec|stories)\.|/(?:seed|migrations?)/", module.path):
        return
    if module.file.tree is not None and not any(
        i.spec.startswith(("ai", "@ai-sdk", "openai")) for i in module.imports.values()
    ):
        yield from numbers(module.file.tree.root_node)


def _looked_at(project: Project, name: str) -> bool:
    """Whether code of the app or of its database compares something of that name with nought or one."""
    key = ("floor", name)
    if key not in project.memory:
        asks = re.compile(
            rb"(?i)\b%(n)s\b['\"\]`)]*\s*(?:<=?|>=?)\s*[01]\b|[01]\s*(?:<=?|>=?)\s*[\w.\[\"'$]*\b%(n)s\b|(?:\babs|[mM]ath\.(?:abs|max))\([^()\n]*\b%(n)s\b"
            % {b"n": name.encode()}
        )
        files = project.snapshot.of("python", "sql", "javascript", "typescript")
        project.memory[key] = any(f.holds(asks) for f in files)
    return bool(project.memory[key])
