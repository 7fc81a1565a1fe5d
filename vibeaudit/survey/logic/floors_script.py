"""Fields of numbers in scripts that nothing bounds below: of classes with decorators, of zod, Joi, yup and TypeBox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_COUNTS = frozenset(("IsNumber", "IsInt", "IsDecimal", "IsNumberString"))
# what else may stand above such a field without saying how small it may be
_NEUTRAL = re.compile(
    r"^(?:IsNotEmpty|IsOptional|IsDefined|Type|ApiProperty\w*|Expose|Field|Max|IsString|IsEmpty|ValidateIf|Transform)$"
)
_DECORATOR = re.compile(r"@(?:\w+\.)?(\w+)")
_SCHEMA = re.compile(
    r"^(?:z|zod|[jJ]oi|[yY]up|y|vine|v|t|Type)\.(?:coerce\.)?(?:number|int|integer|float|Number|Integer)\(|^z\.preprocess\(.*\bz\.number\("
)
_BOUND = re.compile(
    r"\.(?:min|positive|nonnegative|nonNegative|gt|gte|greater|moreThan|range|refine|superRefine|transform|pipe|valid|oneOf|custom|test|check)\("
    r"|\b(?:minimum|exclusiveMinimum)\b"
)


def members(klass: Node) -> Iterator[tuple[str, Node]]:
    """The fields of a class that is checked by its decorators: a number, and no least one."""
    body = klass.child_by_field_name("body")
    above: list[str] = []
    for child in body.named_children if body is not None else ():
        if child.type == "decorator":
            above += _DECORATOR.findall(text_of(child))[:1]
            continue
        if child.type == "public_field_definition":
            inside = [_DECORATOR.findall(text_of(d))[:1] for d in child.named_children if d.type == "decorator"]
            said = {*above, *(n for names in inside for n in names)}
            name = child.child_by_field_name("name")
            if name is not None and said & _COUNTS and all(n in _COUNTS or _NEUTRAL.match(n) for n in said):
                yield text_of(name), name
        if child.type != "comment":
            above = []


def numbers(root: Node) -> Iterator[list[tuple[str, Node]]]:
    """For each statement of a file, the fields of its schemas that take any number."""
    for statement in root.named_children:
        found = []
        waiting = [statement]
        while waiting:
            node = waiting.pop()
            if node.type == "pair":
                key, value = node.child_by_field_name("key"), node.child_by_field_name("value")
                said = " ".join(text_of(value).split())
                if key is not None and _SCHEMA.match(said) and not _BOUND.search(said):
                    found.append((text_of(key).strip("'\""), key))
            waiting += reversed(node.named_children)
        yield found
