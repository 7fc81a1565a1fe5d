"""Fields of numbers that nothing bounds below, in schemas of zod, Joi, yup, vine and TypeBox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibeaudit.survey.code import text_of

if TYPE_CHECKING:
    from tree_sitter import Node

_SCHEMA = re.compile(
    r"^(?:z|zod|[jJ]oi|[yY]up|y|vine|v|t|Type)\.(?:coerce\.)?(?:number|int|integer|float|Number|Integer)\(|^z\.preprocess\(.*\bz\.number\("
)
_BOUND = re.compile(
    r"\.(?:min|positive|nonnegative|nonNegative|gt|gte|greater|moreThan|range|refine|superRefine|transform|pipe|valid|oneOf|custom|test|check)\("
    r"|\b(?:minimum|exclusiveMinimum)\b"
)


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
